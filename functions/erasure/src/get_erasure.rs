//! `GET /api/public/{tenant}/erasures/{id}`

use std::collections::HashMap;

use api::auth::Erase;
use api::problem::ProblemBody;
use api::{Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::ids::ErasureId;
use http::StatusCode;

use crate::Deps;
use crate::receipt::Receipt;

/// Follow an erasure
///
/// Receipts are kept for a year.
#[utoipa::path(
    get,
    path = "/api/public/{tenant}/erasures/{id}",
    tag = "Erasure",
    params(
        ("tenant" = String, Path, description = "The key's tenant"),
        ("id" = String, Path, description = "As answered by the erasure"),
    ),
    responses(
        (status = 200, description = "The receipt", body = Receipt),
        (status = 404, description = "No such erasure of this tenant", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["erasure-create"]))
)]
pub(crate) async fn get_erasure(
    State(deps): State<Deps>,
    can: Can<Erase>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
) -> Result<Response, Problem> {
    query.finish()?;
    let id = path.get("id").and_then(|id| ErasureId::parse(id)).ok_or_else(Problem::not_found)?;
    let erasure = deps.store.erasure(can.tenant(), id).await?.ok_or_else(Problem::not_found)?;
    reply::json(StatusCode::OK, &Receipt::of(can.tenant(), &erasure))
}
