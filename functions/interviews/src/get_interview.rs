//! `GET /api/interviews/{id}`

use std::collections::HashMap;

use api::auth::ReadInterviews;
use api::problem::ProblemBody;
use api::{Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use crate::Deps;
use crate::interview_body::{InterviewBody, interview_id, sessions};

/// Read an interview
///
/// With its sessions, links to their media, and the analysis, whose fields are `null` until it is made.
#[utoipa::path(
    get,
    path = "/api/interviews/{id}",
    tag = "Interviews",
    params(("id" = String, Path, description = "The interview's id")),
    responses(
        (status = 200, description = "The interview", body = InterviewBody),
        (status = 404, description = "No such interview of this tenant", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["interviews-read"]))
)]
pub(crate) async fn get_interview(
    State(deps): State<Deps>,
    can: Can<ReadInterviews>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
) -> Result<Response, Problem> {
    query.finish()?;
    let (tenant, id, now) = (can.tenant(), interview_id(&path)?, can.now());
    let interview = deps.store.interview(tenant, id).await?.ok_or_else(Problem::not_found)?;
    let stored = deps.store.sessions(tenant, id).await?;
    let sessions = sessions(&deps.blobs, tenant, &interview, &stored, now).await?;
    let notifications = deps.store.notifications(tenant, &id.to_string()).await?;
    reply::json(StatusCode::OK, &InterviewBody::of(&interview, sessions, &notifications, Vec::new(), now))
}
