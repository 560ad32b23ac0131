//! `GET /context/prompt/{customerId}`

use std::collections::HashMap;

use api::auth::ReadContext;
use api::problem::ProblemBody;
use api::{Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::context::answers::{HistoryStats, Intent, history};
use domain::context::prompt::{self, Action, DEFAULT_TOKENS, MAX_TOKENS, MIN_TOKENS, Support};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::asked::{self, Asked};

/// Support conversations that are looked at: the newest.
const CONVERSATIONS: i32 = 20;

/// A prompt, and what it was made of.
#[derive(Serialize, ToSchema)]
pub(crate) struct PromptBody {
    #[serde(rename = "customerId")]
    customer_id: String,
    /// The prompt, to be put before the chatbot's conversation. What others wrote stands in it as quoted data.
    prompt: String,
    /// Its estimated length: a token for four ASCII characters, one for every other character.
    tokens: u64,
    /// Actions and data that had no room.
    left_out: usize,
    /// What the tenant's rules (`settings.next_best_actions`) advise, in their order.
    next_best_actions: Vec<Action>,
    /// As in the history.
    stats: HistoryStats,
    /// As in the history.
    intents: Vec<Intent>,
    /// What the customer's support conversations say.
    support: Support,
}

/// A ready prompt with next-best actions
///
/// History and support conversations of the customer as a prompt within `max_tokens`: actions first, then data by how much it matters.
#[utoipa::path(
    get,
    path = "/context/prompt/{customerId}",
    tag = "Context",
    params(
        ("customerId" = String, Path, description = "The `customer_id` of events, the `contact.id` of conversations"),
        ("max_tokens" = Option<u64>, Query, description = "Longest prompt, in estimated tokens, 150–8000 (800)"),
        ("limit" = Option<u64>, Query, description = "Most intents, 1–100 (10)"),
        ("time_range" = Option<String>, Query, description = "Hours, days or weeks: `24h`, `7d`, `4w`; everything that is kept if missing"),
        ("sessions_limit" = Option<u64>, Query, description = "Most sessions to analyze, those that began last, 1–100 (50)"),
    ),
    responses(
        (status = 200, description = "The prompt", body = PromptBody),
        (status = 400, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such customer of this tenant", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["context-read"]))
)]
pub(crate) async fn get_prompt(
    State(deps): State<Deps>,
    can: Can<ReadContext>,
    Path(path): Path<HashMap<String, String>>,
    mut query: Query,
) -> Result<Response, Problem> {
    let asked = Asked::of(&mut query, can.now());
    let budget = query.number("max_tokens", MIN_TOKENS..=MAX_TOKENS).unwrap_or(DEFAULT_TOKENS);
    asked::finish(query)?;
    let tenant = can.tenant();
    let id = path.get("customerId").ok_or_else(Problem::not_found)?;
    let contact = asked::contact(&deps, tenant, id).await?;
    let (record, sessions, conversations) = tokio::try_join!(
        deps.store.tenant(tenant),
        deps.store.sessions_of_customer(tenant, &contact, asked.sessions),
        deps.store.newest_of_contact(tenant, &contact, CONVERSATIONS),
    )?;
    if sessions.is_empty() && conversations.is_empty() {
        return Err(Problem::not_found());
    }
    let rules = record.ok_or_else(Problem::not_found)?.settings.next_best_actions;
    let history = history(id, &sessions, asked.since, asked.limit, can.now());
    let support = Support::of(conversations.iter().map(|one| (one.id.as_str(), &one.facts, one.summary.as_deref())));
    let actions = prompt::actions(&rules, &history.stats, &history.intents, &support);
    let prompt = prompt::write(&history.stats, &history.intents, &support, &actions, budget);
    let body = PromptBody {
        customer_id: history.customer_id,
        prompt: prompt.text,
        tokens: prompt.tokens,
        left_out: prompt.left_out,
        next_best_actions: actions,
        stats: history.stats,
        intents: history.intents,
        support,
    };
    reply::json(StatusCode::OK, &body)
}
