//! `GET /api/public/{tenant}/conversations/{id}`, also as the seed writes it: `/api/public/{id}/conversations/{id}`

use std::collections::HashMap;

use api::auth::ReadConversations;
use api::page::{DEFAULT_LIMIT, MAX_LIMIT, Position, Walk, cursor, position};
use api::problem::ProblemBody;
use api::{Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::access::Tenant;
use domain::analysis::ConversationAnalysis;
use domain::conversation::{Conversation, Message};
use domain::failure::Failure;
use domain::fault::Fault;
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use store::{Detail, StoredConversation, overflowed_detail};
use utoipa::ToSchema;

use crate::Deps;
use crate::conversation_body::ConversationBody;
use crate::evidence;

/// Bytes of bodies after which a page of messages ends early, so that an answer stays well below Lambda's 6 MB.
const PAGE_BYTES: usize = 2_000_000;
/// Parts of a detail that may be asked for.
const PARTS: &[&str] = &["messages", "exchanges", "assessments", "evidence"];

/// A conversation with its analysis.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConversationDetail {
    #[serde(flatten)]
    head: ConversationBody,
    /// A page of messages, oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<MessagePage>,
}

/// A page of messages.
#[derive(Serialize, ToSchema)]
pub(crate) struct MessagePage {
    #[schema(value_type = Vec<Message>)]
    data: Vec<Message>,
    /// Send it as `cursor` for the next page; `null` on the last.
    next_cursor: Option<String>,
    /// Messages in the conversation.
    total: usize,
}

/// Read a conversation with its analysis
///
/// Everything is included unless `include` names parts. Messages are paged; their bodies are returned as they were pushed, and evidence
/// points into them.
#[utoipa::path(
    get,
    path = "/api/public/{tenant}/conversations/{id}",
    tag = "Conversations",
    params(
        ("tenant" = String, Path, description = "The key's tenant, or the conversation's id once more"),
        ("id" = String, Path, description = "The conversation's id"),
        ("include" = Option<String>, Query, description = "Comma-separated: messages, exchanges, assessments, evidence; all if missing"),
        ("limit" = Option<u64>, Query, description = "Messages of a page, 1–100 (25)"),
        ("cursor" = Option<String>, Query, description = "`messages.next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "The conversation", body = ConversationDetail),
        (status = 404, description = "No such conversation of this tenant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["conversations-read"]))
)]
pub(crate) async fn get_conversation(
    State(deps): State<Deps>,
    can: Can<ReadConversations>,
    Path(path): Path<HashMap<String, String>>,
    mut query: Query,
) -> Result<Response, Problem> {
    let named = query.words("include", |word| PARTS.iter().copied().find(|part| *part == word), PARTS);
    let included = |part: &str| named.is_empty() || named.contains(&part);
    let limit = query.number("limit", 1..=MAX_LIMIT).unwrap_or(DEFAULT_LIMIT);
    let after = query.one("cursor");
    query.finish()?;
    let tenant = can.tenant();
    let id = path.get("id").ok_or_else(Problem::not_found)?;
    let stored = deps.store.conversation(tenant, id).await?.ok_or_else(Problem::not_found)?;
    let analysis = analysis_of(&deps, tenant, &stored).await?;
    let conversation = text_of(&deps, tenant, &stored).await?;

    let mut head = ConversationBody::of(&stored, analysis.as_ref());
    head.analysis = analysis.map(|analysis| {
        let mut value = evidence::resolved(&analysis, conversation.as_ref());
        if let Value::Object(map) = &mut value {
            for part in ["exchanges", "assessments"] {
                if !included(part) {
                    map.remove(part);
                }
            }
        }
        if !included("evidence") {
            evidence::without_evidence(&mut value);
        }
        value
    });
    let messages = if included("messages") {
        let messages = conversation.map(|conversation| conversation.messages).unwrap_or_default();
        Some(page(messages, &Walk::new(tenant.as_str(), "messages", id), after.as_deref(), limit)?)
    } else {
        None
    };
    reply::json(StatusCode::OK, &ConversationDetail { head, messages })
}

/// A page of messages by position: their order is fixed within a version of the conversation.
fn page(messages: Vec<Message>, walk: &Walk, after: Option<&str>, limit: u64) -> Result<MessagePage, Problem> {
    let foreign = || Problem::invalid(vec![Fault::new("cursor", "is not a cursor of this conversation's messages")]);
    let skipped = match after {
        Some(text) => position(walk, text).map(|at| at.key).ok_or_else(foreign)?,
        None => 0,
    };
    let total = messages.len();
    let skipped = usize::try_from(skipped).unwrap_or(0);
    let mut bytes = 0;
    let data: Vec<Message> = messages
        .into_iter()
        .skip(skipped)
        .take(usize::try_from(limit).unwrap_or(1))
        .take_while(|message| {
            let first = bytes == 0;
            bytes += message.body.len().max(1);
            first || bytes <= PAGE_BYTES
        })
        .collect();
    let seen = skipped + data.len();
    let next_cursor =
        (seen < total).then(|| cursor(walk, Position { key: i64::try_from(seen).unwrap_or(0), id: String::new() }));
    Ok(MessagePage { data, next_cursor, total })
}

/// The analysis of a stored conversation; `None` when it overflowed and its object is gone.
pub(crate) async fn analysis_of(
    deps: &Deps,
    tenant: &Tenant,
    stored: &StoredConversation,
) -> Result<Option<ConversationAnalysis>, Failure> {
    match &stored.detail {
        Detail::Inline(analysis) => Ok(Some((**analysis).clone())),
        Detail::Overflow { key } => {
            let bytes = deps.blobs.get_overflow(tenant, key).await?;
            bytes.map(|bytes| overflowed_detail(&bytes)).transpose()
        }
    }
}

/// The conversation as it was pushed; `None` when its object is past retention.
pub(crate) async fn text_of(
    deps: &Deps,
    tenant: &Tenant,
    stored: &StoredConversation,
) -> Result<Option<Conversation>, Failure> {
    let raw = &stored.raw;
    let frame = deps.blobs.get_raw_range(tenant, &raw.key, raw.offset, raw.length).await?;
    frame.map(|frame| blobs::raw::decode(&frame)).transpose()
}
