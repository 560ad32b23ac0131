//! `GET /api/public/{tenant}/rubrics`

use api::auth::ReadAudits;
use api::{Can, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::audits::rubric::Rubric;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;

/// Rubrics that an audit may be asked for by.
#[derive(Serialize, ToSchema)]
pub(crate) struct RubricList {
    /// The ready ones, then the tenant's own, in the order of the settings: at most 23.
    data: Vec<Rubric>,
}

/// List rubrics
///
/// The ready ones and those of the settings, each check with what it can and cannot see. Copy a ready one into the settings under
/// another name to change it.
#[utoipa::path(
    get,
    path = "/api/public/{tenant}/rubrics",
    tag = "Audits",
    params(("tenant" = String, Path, description = "The key's tenant")),
    responses((status = 200, description = "The rubrics", body = RubricList)),
    security(("bearer" = ["audits-read"]))
)]
pub(crate) async fn list_rubrics(
    State(deps): State<Deps>,
    can: Can<ReadAudits>,
    query: Query,
) -> Result<Response, Problem> {
    query.finish()?;
    let settings = deps.store.tenant(can.tenant()).await?.map(|record| record.settings).unwrap_or_default();
    let data = compliance::ready().iter().cloned().chain(settings.rubrics).collect();
    reply::json(StatusCode::OK, &RubricList { data })
}
