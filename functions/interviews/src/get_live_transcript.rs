//! `GET /api/interviews/{id}/live-transcript`

use std::collections::HashMap;

use api::auth::ReadInterviews;
use api::problem::{Code, ProblemBody};
use api::{Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::interviews::InterviewStatus;
use domain::interviews::session::{Entry, primary, transcript};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::interview_body::interview_id;

/// What was said so far.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LiveTranscript {
    interview_id: String,
    status: InterviewStatus,
    session_id: Option<String>,
    events: Vec<Entry>,
}

/// Follow a running interview
///
/// While it is in progress, and after its completion until it is analysed; `400` else.
#[utoipa::path(
    get,
    path = "/api/interviews/{id}/live-transcript",
    tag = "Interviews",
    params(("id" = String, Path, description = "The interview's id")),
    responses(
        (status = 200, description = "What was said so far", body = LiveTranscript),
        (status = 400, description = "The interview is not in progress", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such interview of this tenant", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["interviews-read"]))
)]
pub(crate) async fn get_live_transcript(
    State(deps): State<Deps>,
    can: Can<ReadInterviews>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
) -> Result<Response, Problem> {
    query.finish()?;
    let (tenant, id) = (can.tenant(), interview_id(&path)?);
    let interview = deps.store.interview(tenant, id).await?.ok_or_else(Problem::not_found)?;
    let processing = interview.status == InterviewStatus::Completed && interview.analysis.is_none();
    if !interview.status.is_running() && !processing {
        return Err(Problem::new(Code::InterviewNotInProgress, "The interview is not in progress."));
    }
    let sessions = deps.store.sessions(tenant, id).await?;
    let session = primary(&sessions).map(|session| session.id);
    let events = match session {
        Some(session) => transcript(deps.store.turns(tenant, id, session).await?),
        None => Vec::new(),
    };
    let answer = LiveTranscript {
        interview_id: id.to_string(),
        status: interview.status,
        session_id: session.map(|session| session.to_string()),
        events,
    };
    reply::json(StatusCode::OK, &answer)
}
