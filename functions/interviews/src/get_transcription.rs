//! `GET /api/interviews/{id}/transcription`

use std::collections::HashMap;

use api::auth::ReadInterviews;
use api::problem::ProblemBody;
use api::{Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::interviews::session::{Entry, primary, transcript};
use http::StatusCode;

use crate::Deps;
use crate::interview_body::interview_id;

/// Read the transcript of the primary session
///
/// An empty array before anything was said.
#[utoipa::path(
    get,
    path = "/api/interviews/{id}/transcription",
    tag = "Interviews",
    params(("id" = String, Path, description = "The interview's id")),
    responses(
        (status = 200, description = "What was said, in order", body = Vec<Entry>),
        (status = 404, description = "No such interview of this tenant", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["interviews-read"]))
)]
pub(crate) async fn get_transcription(
    State(deps): State<Deps>,
    can: Can<ReadInterviews>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
) -> Result<Response, Problem> {
    query.finish()?;
    let (tenant, id) = (can.tenant(), interview_id(&path)?);
    deps.store.interview(tenant, id).await?.ok_or_else(Problem::not_found)?;
    let sessions = deps.store.sessions(tenant, id).await?;
    let said = match primary(&sessions) {
        Some(session) => transcript(deps.store.turns(tenant, id, session.id).await?),
        None => Vec::new(),
    };
    reply::json(StatusCode::OK, &said)
}
