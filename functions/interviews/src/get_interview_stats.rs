//! `GET /api/interviews/stats`

use api::auth::ReadInterviews;
use api::{Can, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::interviews::rows::Stats;
use http::StatusCode;

use crate::Deps;

/// Count interviews by status
#[utoipa::path(
    get,
    path = "/api/interviews/stats",
    tag = "Interviews",
    responses((status = 200, description = "The counts", body = Stats)),
    security(("bearer" = ["interviews-read"]))
)]
pub(crate) async fn get_interview_stats(
    State(deps): State<Deps>,
    can: Can<ReadInterviews>,
    query: Query,
) -> Result<Response, Problem> {
    query.finish()?;
    let interviews = deps.store.interviews(can.tenant()).await?;
    reply::json(StatusCode::OK, &Stats::of(&interviews, can.now()))
}
