//! `POST /api/public/{tenant}/conversations/fetch`

use std::cmp::Ordering;

use api::auth::ReadConversations;
use api::page::{Position, Walk, cursor, position};
use api::problem::ProblemBody;
use api::{Body, Can, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::access::Tenant;
use domain::facts::filter::Filter;
use domain::facts::{FactRow, latest};
use domain::failure::Failure;
use domain::fault::Fault;
use futures_util::{StreamExt, TryStreamExt, stream};
use http::StatusCode;
use jiff::civil::Date;
use serde::Serialize;
use store::StoredConversation;
use utoipa::ToSchema;

use crate::Deps;
use crate::conversation_body::ConversationBody;
use crate::filters::{self, FetchConversationsRequest, FetchRequest, SortBy};
use crate::get_conversation::{analysis_of, text_of};

/// Rows whose text is read at the same time.
const CONCURRENT_READS: usize = 16;

/// Bytes of evidence after which a page ends early, so that an answer stays well below Lambda's 6 MB.
const PAGE_BYTES: usize = 3_000_000;

/// A page of conversations.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConversationPage {
    data: Vec<ConversationBody>,
    /// Send it with the same filters for the next page; `null` on the last.
    next_cursor: Option<String>,
    /// Conversations that match, on all pages.
    total: usize,
    /// Fields of the request that are not known and were ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Fault>,
}

/// List analysed conversations
///
/// Filters are joined by AND, the values of one by OR. Rows hold no messages; see the detail for those.
#[utoipa::path(
    post,
    path = "/api/public/{tenant}/conversations/fetch",
    tag = "Conversations",
    params(("tenant" = String, Path, description = "The key's tenant")),
    request_body(content = FetchConversationsRequest, description = "May be empty"),
    responses(
        (status = 200, description = "A page, newest first unless sorted otherwise", body = ConversationPage),
        (status = 422, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["conversations-read"]))
)]
pub(crate) async fn fetch_conversations(
    State(deps): State<Deps>,
    can: Can<ReadConversations>,
    query: Query,
    body: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    let tenant = can.tenant();
    let settings = deps.store.tenant(tenant).await?.map(|record| record.settings).unwrap_or_default();
    let (request, warnings) =
        body.read(true, can.now(), |value, reader| filters::read(value, reader, &settings, can.now()))?;
    let walk = Walk::new(tenant.as_str(), "conversations", &request.walk);
    let after = request.cursor.as_deref().map(|text| position(&walk, text).ok_or_else(foreign_cursor)).transpose()?;

    let mut rows: Vec<Position> = matching(&deps, tenant, &request.filter)
        .await?
        .into_iter()
        .map(|(id, facts)| Position { key: sort_key(&facts, request.sort), id })
        .collect();
    let total = rows.len();
    let order = |a: &Position, b: &Position| if request.descending { b.cmp(a) } else { a.cmp(b) };
    rows.sort_unstable_by(order);
    if let Some(after) = &after {
        rows.retain(|row| order(row, after) == Ordering::Greater);
    }
    let mut more = rows.len() > request.limit;
    rows.truncate(request.limit);

    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    let stored = deps.store.conversations(tenant, &ids).await?;
    let mut data: Vec<ConversationBody> = stream::iter(stored)
        .map(|stored| row(&deps, tenant, stored, &request))
        .buffered(CONCURRENT_READS)
        .try_collect()
        .await?;
    let fitting = fitting(&data);
    if fitting < data.len() {
        data.truncate(fitting);
        let last = data.last().map(|row| row.conversation_uid.clone());
        let end = rows.iter().position(|row| Some(&row.id) == last.as_ref()).map_or(0, |at| at + 1);
        rows.truncate(end);
        more = true;
    }
    let next_cursor = rows.last().filter(|_| more).map(|last| cursor(&walk, last.clone()));
    reply::json(StatusCode::OK, &ConversationPage { data, next_cursor, total, warnings })
}

/// Rows that fit into an answer, at least one. Only evidence makes rows large.
fn fitting(data: &[ConversationBody]) -> usize {
    let mut bytes = 0;
    let fits = data.iter().take_while(|row| {
        bytes += row.analysis.as_ref().map_or(0, |analysis| analysis.to_string().len());
        bytes <= PAGE_BYTES
    });
    fits.count().max(1)
}

/// Conversations that match: from the facts of the period's days, or straight by id when ids are asked for.
async fn matching(deps: &Deps, tenant: &Tenant, filter: &Filter) -> Result<Vec<(String, FactRow)>, Failure> {
    let rows: Vec<(String, FactRow)> = if filter.conversation_uids.is_empty() {
        let first = filter.period.from.map_or(Date::MIN, store::day_of);
        let last = filter.period.to.map_or(Date::MAX, store::day_of);
        latest(deps.store.entries(tenant, first, last).await?)
    } else {
        let stored = deps.store.conversations(tenant, &filter.conversation_uids).await?;
        let rows: std::collections::BTreeMap<_, _> =
            stored.into_iter().map(|stored| (stored.id, stored.facts)).collect();
        rows.into_iter().collect()
    };
    Ok(rows.into_iter().filter(|(id, facts)| filter.matches(id, facts)).collect())
}

/// The sort value; conversations without one stand below all others.
fn sort_key(facts: &FactRow, sort: SortBy) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "scores are small")]
    let scaled = |score: Option<f64>| score.map_or(i64::MIN, |score| (score * 1000.0).round() as i64);
    match sort {
        SortBy::CreatedAt => facts.created_at.as_microsecond(),
        SortBy::LastActivityAt => facts.last_activity_at.as_microsecond(),
        SortBy::Pcsat => scaled(facts.pcsat),
        SortBy::ChurnRisk => scaled(facts.churn.map(|(_, score)| score)),
        SortBy::Severity => {
            let rank = |severity| domain::analysis::Severity::ALL.iter().position(|other| *other == severity);
            facts.severity.and_then(rank).and_then(|rank| i64::try_from(rank).ok()).unwrap_or(i64::MIN)
        }
    }
}

async fn row(
    deps: &Deps,
    tenant: &Tenant,
    stored: StoredConversation,
    request: &FetchRequest,
) -> Result<ConversationBody, Failure> {
    let analysis = analysis_of(deps, tenant, &stored).await?;
    let mut body = ConversationBody::of(&stored, analysis.as_ref());
    if let Some(analysis) = analysis.filter(|_| request.evidence) {
        let conversation = text_of(deps, tenant, &stored).await?;
        body.analysis = Some(crate::evidence::resolved(&analysis, conversation.as_ref()));
    }
    Ok(body)
}

/// The cursor is not one of this walk.
pub(crate) fn foreign_cursor() -> Problem {
    let detail = "is not a cursor of this list with these filters; begin again without one";
    Problem::invalid(vec![Fault::new("/cursor", detail)])
}
