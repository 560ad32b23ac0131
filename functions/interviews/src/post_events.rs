//! `POST /api/interviews/{id}/sessions/{session_id}/events`

use std::collections::HashMap;

use api::auth::WriteInterviews;
use api::problem::{Code, ProblemBody};
use api::{Body, Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::access::Tenant;
use domain::failure::Failure;
use domain::fault::Fault;
use domain::interviews::event::{Event, read_events};
use domain::interviews::session::{Session, SessionStatus, Turn};
use domain::interviews::{InterviewId, InterviewStatus, Platform, SessionId};
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use store::SessionChange;
use utoipa::ToSchema;

use crate::Deps;
use crate::conduct::analyse;
use crate::interview_body::{interview_id, session_id};

/// Events of one session may come in several requests at once.
const ATTEMPTS: u32 = 8;

/// Events of a call.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct PostEventsRequest {
    #[schema(min_items = 1, max_items = 100)]
    events: Vec<CallEvent>,
}

/// An event of a call.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct CallEvent {
    /// `transcript` or `status`.
    r#type: String,
    /// Unique within the session; needed for `transcript`. The first event of an id counts.
    id: Option<String>,
    /// `transcript`: who speaks, `agent` or `expert`.
    speaker: Option<String>,
    /// `transcript`: what was said; 1–10,000 characters.
    text: Option<String>,
    /// `transcript`: seconds since the call began, 0–86,400.
    timestamp_secs: Option<f64>,
    /// `status`: `DIALING`, `IN_PROGRESS`, `COMPLETED` or `FAILED`.
    status: Option<String>,
}

/// What the events led to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventsTaken {
    session_id: String,
    status: SessionStatus,
    /// Transcript events that were new.
    recorded: usize,
    /// Transcript events that were known already.
    repeated: usize,
    /// Fields of the request that are not known and were ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Fault>,
}

/// Post events of a call
///
/// In any order and as often as need be: the same events come to the same session. Words that come after the end still join the
/// transcript, and the interview is analysed again.
#[utoipa::path(
    post,
    path = "/api/interviews/{id}/sessions/{session_id}/events",
    tag = "Interviews",
    params(
        ("id" = String, Path, description = "The interview's id"),
        ("session_id" = String, Path, description = "The session's id"),
    ),
    request_body = PostEventsRequest,
    responses(
        (status = 200, description = "What the events led to", body = EventsTaken),
        (status = 404, description = "No such session of this tenant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Not a phone session, or it is full", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["interviews-write"]))
)]
pub(crate) async fn post_events(
    State(deps): State<Deps>,
    can: Can<WriteInterviews>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
    body: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    let (tenant, now) = (can.tenant(), can.now());
    let (interview, id) = (interview_id(&path)?, session_id(&path)?);
    let stored = deps.store.session(tenant, interview, id).await?.ok_or_else(Problem::not_found)?;
    let (events, warnings) = body.read(false, now, read_events)?;
    if stored.platform == Platform::Web {
        return Err(Problem::new(Code::Conflict, "Hark conducts this session; post the expert's answers to messages."));
    }
    let said: Vec<Turn> = events.iter().filter_map(Event::turn).cloned().collect();
    if !said.is_empty() && !stored.has_room() {
        return Err(Problem::new(Code::Conflict, "The session's transcript is full."));
    }
    let sent = said.len();
    let new = deps.store.record_turns(tenant, interview, id, said).await?;
    let session = merge(&deps, tenant, (interview, id), &events, &new, now).await?;
    let answer = EventsTaken {
        session_id: id.to_string(),
        status: session.status,
        recorded: new.len(),
        repeated: sent - new.len(),
        warnings,
    };
    reply::json(StatusCode::OK, &answer)
}

/// Brings session and interview up to the events, whose words are recorded, and asks for the analysis where one is due.
async fn merge(
    deps: &Deps,
    tenant: &Tenant,
    (interview, id): (InterviewId, SessionId),
    events: &[Event],
    new: &[Turn],
    now: Timestamp,
) -> Result<Session, Problem> {
    for _ in 0..ATTEMPTS {
        let before = deps.store.session(tenant, interview, id).await?.ok_or_else(Problem::not_found)?;
        let stored = deps.store.interview(tenant, interview).await?.ok_or_else(Problem::not_found)?;
        let mut after = before.heard(events, new, now);
        if after.status != before.status && after.status.is_over() {
            // Counted again at the end, in case a request was cut short between its words and its counts.
            after = after.counted(&deps.store.turns(tenant, interview, id).await?);
        }
        let over = stored.status == InterviewStatus::Completed;
        let status = (!over && before.status != SessionStatus::Abandoned).then(|| stored.after(after.status));
        if !new.is_empty() || after.status != before.status {
            let change = SessionChange { interview, session: &after, turn: None, replaced: None, status, at: now };
            match deps.store.write_session(tenant, change).await {
                Ok(()) => {}
                Err(Failure::Conflict { .. }) => continue,
                Err(failure) => return Err(failure.into()),
            }
        }
        let completed = over || status == Some(InterviewStatus::Completed);
        if completed && (stored.analysis.is_none() || !new.is_empty()) {
            analyse(deps, tenant, interview).await?;
        }
        return Ok(after);
    }
    Err(Failure::Conflict { what: "session" }.into())
}
