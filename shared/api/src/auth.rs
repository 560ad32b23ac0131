//! Who calls: a token becomes a tenant, within the tenant's rate limit, for an ability that the handler names in its signature.

use std::collections::HashMap;
use std::marker::PhantomData;

use axum::extract::{FromRef, FromRequestParts};
use domain::access::{Ability, Principal, RateClass, RateDecision, Tenant, Token};
use http::HeaderMap;
use http::request::Parts;
use jiff::Timestamp;

use crate::edge::{Edge, RateSlot};
use crate::problem::{Code, Problem};

/// What a route demands of its caller.
pub trait Demand: Send + Sync + 'static {
    /// The ability the key must have; `None` = any valid key.
    const ABILITY: Option<Ability>;
    /// The limit the request counts against.
    const CLASS: RateClass = RateClass::Read;
}

macro_rules! demands {
    ($($(#[$doc:meta])* $name:ident: $ability:expr, $class:ident;)+) => {
        $($(#[$doc])* #[derive(Debug)] pub struct $name;
        impl Demand for $name {
            const ABILITY: Option<Ability> = $ability;
            const CLASS: RateClass = RateClass::$class;
        })+
    };
}

demands! {
    /// Any valid key.
    AnyKey: None, Read;
    /// Push conversations; counts against the strict ingest limit.
    PushConversations: Some(Ability::ConversationIngestionCreate), Ingest;
    /// Follow batches, delete a conversation.
    ManageConversations: Some(Ability::ConversationIngestionCreate), Read;
    /// Push behaviour events.
    PushEvents: Some(Ability::EventsCreate), Read;
    /// Read visitor context.
    ReadContext: Some(Ability::ContextRead), Read;
    /// Erase a person, follow the erasure, hand over a person's data.
    Erase: Some(Ability::ErasureCreate), Read;
    /// Read conversations.
    ReadConversations: Some(Ability::ConversationsRead), Read;
    /// List tasks.
    ReadTasks: Some(Ability::TasksRead), Read;
    /// Change tasks.
    UpdateTasks: Some(Ability::TasksUpdate), Read;
    /// Read reports and insights.
    ReadInsights: Some(Ability::InsightsRead), Read;
    /// Resolve, archive, reopen or assign an insight.
    UpdateInsights: Some(Ability::InsightsUpdate), Read;
    /// Read webhook endpoints and deliveries.
    ReadWebhooks: Some(Ability::WebhooksRead), Read;
    /// Create and change webhook endpoints, redeliver.
    WriteWebhooks: Some(Ability::WebhooksWrite), Read;
    /// Read audits.
    ReadAudits: Some(Ability::AuditsRead), Read;
    /// Start and delete audits.
    CreateAudits: Some(Ability::AuditsCreate), Read;
    /// Read interviews.
    ReadInterviews: Some(Ability::InterviewsRead), Read;
    /// Create, conduct and change interviews.
    WriteInterviews: Some(Ability::InterviewsWrite), Read;
    /// Read interview agents.
    ReadAgents: Some(Ability::AgentsRead), Read;
    /// Create and change interview agents.
    WriteAgents: Some(Ability::AgentsWrite), Read;
    /// Read interview variables.
    ReadVariables: Some(Ability::VariablesRead), Read;
    /// Create and change interview variables.
    WriteVariables: Some(Ability::VariablesWrite), Read;
    /// List API keys.
    ReadApiKeys: Some(Ability::ApiKeysRead), Read;
    /// Create, rename and revoke API keys.
    WriteApiKeys: Some(Ability::ApiKeysWrite), Read;
    /// Read settings.
    ReadSettings: Some(Ability::SettingsRead), Read;
    /// Change settings.
    WriteSettings: Some(Ability::SettingsWrite), Read;
}

/// An authenticated, admitted caller who may do what `D` demands.
#[derive(Clone, Debug)]
pub struct Can<D> {
    /// Who, for whom, and when.
    pub access: Access,
    demand: PhantomData<D>,
}

/// Who calls, for whom, and the time that this request counts as now.
#[derive(Clone, Debug)]
pub struct Access {
    /// The caller.
    pub principal: Principal,
    /// The time of the request, read once.
    pub now: Timestamp,
}

impl<D> Can<D> {
    /// The tenant to hand to the store.
    pub fn tenant(&self) -> &Tenant {
        &self.access.principal.tenant
    }

    /// The time of the request.
    pub fn now(&self) -> Timestamp {
        self.access.now
    }
}

impl<D, S> FromRequestParts<S> for Can<D>
where
    D: Demand,
    Edge: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let edge = Edge::from_ref(state);
        let now = (edge.clock)();
        let principal = authenticate(&edge, &parts.headers, now).await?;

        let decision = edge.gate.take(&principal.tenant, D::CLASS, now).await?;
        if let Some(slot) = parts.extensions.get::<RateSlot>() {
            slot.set(D::CLASS, decision);
        }
        if !decision.allowed {
            return Err(rate_limited(&decision));
        }
        // Not found before forbidden: what a key lacks must not reveal what another tenant has.
        let named = path_parameters(parts, state).await;
        if !addresses(&named, principal.tenant.as_str()) {
            return Err(Problem::not_found());
        }
        if let Some(ability) = D::ABILITY.filter(|ability| !principal.abilities.allow(*ability)) {
            let detail = format!("The key needs the ability {}.", ability.as_str());
            return Err(Problem::new(Code::MissingAbility, detail));
        }
        Ok(Self { access: Access { principal, now }, demand: PhantomData })
    }
}

async fn authenticate(edge: &Edge, headers: &HeaderMap, now: Timestamp) -> Result<Principal, Problem> {
    let sent = presented(headers).ok_or_else(|| Problem::unauthenticated(Code::MissingToken))?;
    let invalid = || Problem::unauthenticated(Code::InvalidToken);
    let token = Token::parse(sent).ok_or_else(invalid)?;
    let record = edge.gate.key(&token.hash()).await?.ok_or_else(invalid)?;
    record.principal(now).ok_or_else(invalid)
}

/// The token as sent; an unreadable `Authorization` header counts as an invalid token, not as a missing one.
pub fn presented(headers: &HeaderMap) -> Option<&str> {
    if let Some(value) = headers.get(http::header::AUTHORIZATION) {
        let value = value.to_str().unwrap_or_default();
        let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
        return Some(if scheme.eq_ignore_ascii_case("bearer") { token.trim() } else { "" });
    }
    headers.get("x-api-key").map(|value| value.to_str().unwrap_or_default().trim())
}

/// Whether a path speaks of this tenant: it names no tenant, or this one, or (the Isara seed's form
/// `/public/{id}/conversations/{id}`) repeats the id of the thing where the tenant would stand.
fn addresses(named: &HashMap<String, String>, tenant: &str) -> bool {
    named.get("tenant").is_none_or(|name| name == tenant || named.get("id") == Some(name))
}

#[expect(clippy::disallowed_types, reason = "the wrapper around axum's Path")]
async fn path_parameters<S: Send + Sync>(parts: &mut Parts, state: &S) -> HashMap<String, String> {
    let path = axum::extract::Path::<HashMap<String, String>>::from_request_parts(parts, state).await;
    path.map(|axum::extract::Path(named)| named).unwrap_or_default()
}

/// The refusal of a request that the limiter does not let pass.
pub fn rate_limited(decision: &RateDecision) -> Problem {
    let detail = format!("At most {} requests in {} seconds.", decision.limit, decision.window_seconds);
    Problem::new(Code::RateLimited, detail).retry_after(decision.retry_after_ms)
}
