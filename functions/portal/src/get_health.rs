//! `GET /health`

use api::Problem;
use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

/// That the API answers, and which version of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct HealthBody {
    /// Always `ok`: whoever reads it was answered.
    #[schema(example = "ok")]
    status: &'static str,
    /// Version of the service.
    #[schema(example = "0.0.0")]
    version: &'static str,
}

/// Whether the API answers
///
/// Asks no store: it says that the API is reachable, not that everything behind it is well.
#[utoipa::path(
    get,
    path = "/health",
    operation_id = "get_health",
    tag = "Portal",
    responses((status = 200, description = "It answers.", body = HealthBody))
)]
pub(crate) async fn get_health() -> Result<Response, Problem> {
    api::reply::json(StatusCode::OK, &HealthBody { status: "ok", version: env!("CARGO_PKG_VERSION") })
}
