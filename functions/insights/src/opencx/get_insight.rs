//! `GET /insights/{id}`

use std::collections::{BTreeSet, HashMap};

use api::auth::ReadInsights;
use api::problem::ProblemBody;
use api::{Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::analysis::Sentiment;
use domain::insights::opencx::{InsightStatus, Session, SessionStatus, sessions_of};
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::insight_body::{InsightBody, body, state, wanted_words};
use super::{Gathered, words};
use crate::Deps;

/// Conversations of a page.
const PAGE: usize = 50;
/// Largest page number.
const LAST: u64 = (1 << 53) - 1;

/// An insight with the conversations that it rests on.
#[derive(Serialize, ToSchema)]
pub(crate) struct InsightDetail {
    #[serde(flatten)]
    insight: InsightBody,
    status: InsightStatus,
    /// Beginning of the latest conversation, when the insight is open again because of it.
    #[schema(value_type = Option<String>, format = DateTime)]
    reopened_at: Option<Timestamp>,
    /// Numbers of insights that turned out to be about the same matter; their ids lead here.
    absorbed_numbers: BTreeSet<u32>,
    sessions: SessionPage,
}

/// Conversations of an insight, latest beginning first.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionPage {
    data: Vec<SessionBody>,
    /// The page that this is, from 1.
    page: u64,
    /// Conversations on all pages.
    total: usize,
    #[serde(rename = "totalPages")]
    total_pages: usize,
}

/// A conversation of an insight.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionBody {
    conversation_uid: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    status: Option<SessionStatus>,
    sentiment: Option<Sentiment>,
    channel_type: Option<String>,
    language: Option<String>,
    contact_id: Option<String>,
    /// What the customer came with: the sentence by which it was gathered.
    issue: Option<String>,
    /// Likeness to the middle of the insight, 0–1.
    likeness: f64,
}

/// Get an insight with its conversations
///
/// The id of an insight that another one absorbed gives that other one.
#[utoipa::path(
    get,
    path = "/insights/{id}",
    tag = "Insights",
    params(
        ("id" = String, Path, description = "The insight's id"),
        ("page" = Option<u64>, Query, description = "Page of conversations, 50 each, from 1"),
    ),
    responses(
        (status = 200, description = "The insight", body = InsightDetail),
        (status = 404, description = "No such insight of this tenant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["insights-read"]))
)]
pub(crate) async fn get_insight(
    State(deps): State<Deps>,
    can: Can<ReadInsights>,
    Path(path): Path<HashMap<String, String>>,
    mut query: Query,
) -> Result<Response, Problem> {
    let page = query.number("page", 1..=LAST).unwrap_or(1);
    query.finish()?;
    let tenant = can.tenant();
    let gathered = Gathered::read(&deps, tenant).await?;
    let insight = gathered.find(tenant, path.get("id").map_or("", String::as_str))?;
    let sessions = sessions_of(&gathered.sessions, &gathered.known.merges, insight.number);
    let (total, total_pages) = (sessions.len(), sessions.len().div_ceil(PAGE));
    let skipped = usize::try_from(page - 1).ok().and_then(|pages| pages.checked_mul(PAGE)).unwrap_or(total);
    let listed: Vec<&Session> = sessions.into_iter().skip(skipped).take(PAGE).collect();
    let mut ids = wanted_words(&gathered, &insight);
    ids.extend(listed.iter().map(|(id, _, _)| id.clone()));
    let words = words(&deps, tenant, &ids).await?;
    let state = state(&gathered, &insight);
    let detail = InsightDetail {
        insight: body(tenant, &gathered, &insight, &words, can.now()),
        status: state.status(&insight),
        reopened_at: state.reopened_at(&insight),
        absorbed_numbers: insight.absorbed,
        sessions: SessionPage {
            data: listed.into_iter().map(|session| session_body(session, &words)).collect(),
            page,
            total,
            total_pages,
        },
    };
    reply::json(StatusCode::OK, &detail)
}

fn session_body((id, _, row): &Session, words: &HashMap<String, String>) -> SessionBody {
    let likeness = row.matter.map_or(0.0, |placed| f64::from(placed.likeness) / 255.0);
    SessionBody {
        conversation_uid: id.clone(),
        created_at: row.created_at,
        status: SessionStatus::of(row),
        sentiment: row.sentiment.map(|(label, _)| label),
        channel_type: row.channel_type.clone(),
        language: row.language.clone(),
        contact_id: row.contact_id.clone(),
        issue: words.get(id).cloned(),
        likeness: domain::analysis::round3(likeness),
    }
}
