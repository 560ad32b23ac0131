//! `GET /api/public/{tenant}/contacts/{id}/export`

use std::collections::HashMap;

use api::auth::Erase;
use api::page::{Position, Walk, cursor, position};
use api::problem::ProblemBody;
use api::{Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::access::Tenant;
use domain::analysis::ConversationAnalysis;
use domain::context::answers::Intent;
use domain::context::session::Kept;
use domain::context::{EventType, SupportKind};
use domain::conversation::Conversation;
use domain::failure::Failure;
use domain::fault::Fault;
use http::StatusCode;
use serde::Serialize;
use store::{ContactDigest, Detail, StoredConversation, StoredLog, overflowed_detail};
use utoipa::ToSchema;

use crate::Deps;

/// Most conversations or sessions of a page.
const MAX_PAGE: u64 = 25;
/// Conversations or sessions of a page when the caller does not say.
const DEFAULT_PAGE: u64 = 10;
/// Bytes of JSON after which a page ends early, so that an answer stays below Lambda's 6 MB.
const PAGE_BYTES: usize = 2_000_000;

/// A page of what is stored of a person: first the conversations, oldest first, then the sessions.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExportBody {
    contact_id: String,
    conversations: Vec<ExportedConversation>,
    sessions: Vec<ExportedSession>,
    /// Send it as `cursor` for the next page; `null` on the last.
    next_cursor: Option<String>,
}

/// A conversation as it was pushed, and what was made of it.
#[derive(Serialize, ToSchema)]
struct ExportedConversation {
    id: String,
    /// As pushed; `null` when its text is past retention, or when it is too large for a page: then read it in parts by
    /// `GET …/conversations/{id}`.
    conversation: Option<Conversation>,
    /// What the analysis says of it.
    analysis: Option<ConversationAnalysis>,
}

/// A session of behaviour events.
#[derive(Serialize, ToSchema)]
struct ExportedSession {
    /// `null` for events that belong to no session.
    session_id: Option<String>,
    first_at: String,
    last_at: String,
    /// Steps of the journey that were reached.
    reached: Vec<String>,
    /// Pages seen last, newest first.
    pages: Vec<Intent>,
    /// Every event that is kept.
    events: Vec<ExportedEvent>,
}

/// An event as it is kept.
#[derive(Serialize, ToSchema)]
struct ExportedEvent {
    r#type: EventType,
    occurred_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_secs: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    article_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    helpful: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rating: Option<u8>,
}

/// Hand over a person's data
///
/// What is stored of the contact, as JSON (data portability). Page by page: follow `next_cursor` to the end.
#[utoipa::path(
    get,
    path = "/api/public/{tenant}/contacts/{id}/export",
    tag = "Erasure",
    params(
        ("tenant" = String, Path, description = "The key's tenant"),
        ("id" = String, Path, description = "The `contact.id` of conversations, the `customer_id` of events"),
        ("limit" = Option<u64>, Query, description = "Conversations or sessions of a page, 1–25 (10)"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page of the data", body = ExportBody),
        (status = 404, description = "Nothing is stored of such a contact of this tenant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["erasure-create"]))
)]
pub(crate) async fn export_contact(
    State(deps): State<Deps>,
    can: Can<Erase>,
    Path(path): Path<HashMap<String, String>>,
    mut query: Query,
) -> Result<Response, Problem> {
    let limit = query.number("limit", 1..=MAX_PAGE).unwrap_or(DEFAULT_PAGE);
    let limit = usize::try_from(limit).unwrap_or(1);
    let after = query.one("cursor");
    query.finish()?;
    let tenant = can.tenant();
    let id = path.get("id").ok_or_else(Problem::not_found)?;
    let contact = deps.store.contact_key(tenant).await?.ok_or_else(Problem::not_found)?.contact(id);
    let walk = Walk::new(tenant.as_str(), "export", id);
    let foreign = || Problem::invalid(vec![Fault::new("cursor", "is not a cursor of this export")]);
    let after = after.map(|text| position(&walk, &text).ok_or_else(foreign)).transpose()?;

    let mut page = Page { deps: &deps, tenant, contact: &contact, limit, bytes: 0 };
    let (mut conversations, mut sessions) = (Vec::new(), Vec::new());
    let mut next = None;
    let begun = after.as_ref();
    if begun.is_none_or(|at| at.key != SESSIONS) {
        (conversations, next) = page.conversations(begun).await?;
    }
    if next.is_none() && conversations.len() < limit {
        let after = begun.filter(|at| at.key == SESSIONS).map(|at| at.id.as_str());
        (sessions, next) = page.sessions(after, limit - conversations.len()).await?;
    } else if next.is_none() && deps.store.count_sessions(tenant, &contact).await? > 0 {
        next = Some(Position { key: SESSIONS, id: String::new() });
    }
    if conversations.is_empty() && sessions.is_empty() && begun.is_none() {
        return Err(Problem::not_found());
    }
    let next_cursor = next.map(|position| cursor(&walk, position));
    reply::json(StatusCode::OK, &ExportBody { contact_id: id.clone(), conversations, sessions, next_cursor })
}

/// Key of a position among the sessions; among the conversations it is when one was created, in microseconds.
const SESSIONS: i64 = i64::MAX;

struct Page<'a> {
    deps: &'a Deps,
    tenant: &'a Tenant,
    contact: &'a ContactDigest,
    limit: usize,
    bytes: usize,
}

impl Page<'_> {
    /// Whether something of that length still fits; the first thing always does.
    fn takes(&mut self, length: usize) -> bool {
        let first = self.bytes == 0;
        self.bytes += length.max(1);
        first || self.bytes <= PAGE_BYTES
    }

    async fn conversations(
        &mut self,
        after: Option<&Position>,
    ) -> Result<(Vec<ExportedConversation>, Option<Position>), Failure> {
        let found = self.deps.store.conversations_of_contact(self.tenant, self.contact).await?;
        let places = found.into_iter().map(|(created, id)| Position { key: created.as_microsecond(), id });
        let mut left: Vec<Position> = places.filter(|place| after.is_none_or(|after| place > after)).collect();
        left.sort();
        let more = left.len() > self.limit;
        left.truncate(self.limit);
        let ids: Vec<String> = left.iter().map(|place| place.id.clone()).collect();
        let stored = self.deps.store.conversations(self.tenant, &ids).await?;
        let (mut exported, mut last) = (Vec::new(), after.cloned());
        for place in left {
            if let Some(stored) = stored.iter().find(|stored| stored.id == place.id) {
                let (one, length) = self.conversation(stored).await?;
                if !self.takes(length) {
                    return Ok((exported, last));
                }
                exported.push(one);
            }
            last = Some(place);
        }
        Ok((exported, last.filter(|_| more)))
    }

    /// A conversation and about how long it is as JSON.
    async fn conversation(&self, stored: &StoredConversation) -> Result<(ExportedConversation, usize), Failure> {
        let Self { deps, tenant, .. } = self;
        let raw = &stored.raw;
        let frame = deps.blobs.get_raw_range(tenant, &raw.key, raw.offset, raw.length).await?;
        let json = frame.map(|frame| blobs::raw::json(&frame)).transpose()?.filter(|json| json.len() <= PAGE_BYTES);
        let length = json.as_ref().map_or(0, Vec::len);
        let conversation = json.map(|json| serde_json::from_slice(&json));
        let conversation = conversation
            .transpose()
            .map_err(|error| Failure::Corrupt { what: "conversation", source: Box::new(error) })?;
        let analysis = match &stored.detail {
            Detail::Inline(analysis) => Some((**analysis).clone()),
            Detail::Overflow { key } => {
                let bytes = deps.blobs.get_overflow(tenant, key).await?;
                bytes.map(|bytes| overflowed_detail(&bytes)).transpose()?
            }
        };
        Ok((ExportedConversation { id: stored.id.clone(), conversation, analysis }, length))
    }

    async fn sessions(
        &mut self,
        after: Option<&str>,
        most: usize,
    ) -> Result<(Vec<ExportedSession>, Option<Position>), Failure> {
        let mut logs = self.deps.store.logs_of_customer(self.tenant, self.contact, after, most + 1).await?;
        let more = logs.len() > most;
        logs.truncate(most);
        let (mut exported, mut last) = (Vec::new(), after.map(str::to_owned));
        for log in logs {
            let place = log.place();
            // About a hundred bytes an event.
            if !self.takes(usize::try_from(log.session.events).unwrap_or(0) * 100) {
                // The page may be full of conversations: then the next begins with the first session.
                return Ok((exported, Some(Position { key: SESSIONS, id: last.unwrap_or_default() })));
            }
            exported.push(session(log));
            last = Some(place);
        }
        Ok((exported, last.filter(|_| more).map(|id| Position { key: SESSIONS, id })))
    }
}

fn session(stored: StoredLog) -> ExportedSession {
    let events = stored.log.kept().map(event).collect();
    let session = stored.session;
    ExportedSession {
        session_id: session.session_id,
        first_at: session.first_at.to_string(),
        last_at: session.last_at.to_string(),
        reached: session.reached.into_iter().collect(),
        pages: session.pages.into_iter().map(Intent::of).collect(),
        events,
    }
}

fn event(kept: Kept) -> ExportedEvent {
    let (article_id, helpful, rating) = match kept.support {
        Some(SupportKind::ArticleView(article)) => (Some(article.id), None, None),
        Some(SupportKind::ArticleFeedback { article, helpful }) => (Some(article.id), Some(helpful), None),
        Some(SupportKind::CsatResponse { rating }) => (None, None, rating),
        Some(SupportKind::EmailBounce | SupportKind::EmailComplaint) | None => (None, None, None),
    };
    ExportedEvent {
        r#type: kept.event_type,
        occurred_at: kept.at.to_string(),
        duration_secs: kept.duration_ms.map(|time| f64::from(time) / 1000.0),
        article_id,
        helpful,
        rating,
    }
}
