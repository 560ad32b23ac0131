//! `GET /api/public/{tenant}/reanalyses/{id}`

use std::collections::HashMap;

use api::auth::ReadSettings;
use api::problem::ProblemBody;
use api::{Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::ids::ReanalysisId;
use http::StatusCode;

use crate::Deps;
use crate::reanalysis_body::ReanalysisBody;

/// Follow a re-analysis
#[utoipa::path(
    get,
    path = "/api/public/{tenant}/reanalyses/{id}",
    tag = "Ingest",
    params(
        ("tenant" = String, Path, description = "The key's tenant"),
        ("id" = String, Path, description = "As answered when it was started; kept for 90 days"),
    ),
    responses(
        (status = 200, description = "How far it is", body = ReanalysisBody),
        (status = 404, description = "No such re-analysis of this tenant", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["settings-read"]))
)]
pub(crate) async fn get_reanalysis(
    State(deps): State<Deps>,
    can: Can<ReadSettings>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
) -> Result<Response, Problem> {
    query.finish()?;
    let id = path.get("id").and_then(|id| ReanalysisId::parse(id)).ok_or_else(Problem::not_found)?;
    let job = deps.store.reanalysis(can.tenant(), id).await?.ok_or_else(Problem::not_found)?;
    reply::json(StatusCode::OK, &ReanalysisBody::of(can.tenant().as_str(), &job))
}
