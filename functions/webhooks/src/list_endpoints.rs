//! `GET /api/webhooks/endpoints`

use api::auth::ReadWebhooks;
use api::{Can, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::webhooks::Owner;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::endpoint_body::EndpointBody;

/// A list of endpoints.
#[derive(Serialize, ToSchema)]
pub(crate) struct EndpointList {
    /// Oldest first; at most twenty.
    data: Vec<EndpointBody>,
}

/// List webhook endpoints
#[utoipa::path(
    get,
    path = "/api/webhooks/endpoints",
    tag = "Webhooks",
    responses((status = 200, description = "The tenant's endpoints", body = EndpointList)),
    security(("bearer" = ["webhooks-read"]))
)]
pub(crate) async fn list_endpoints(
    State(deps): State<Deps>,
    can: Can<ReadWebhooks>,
    query: Query,
) -> Result<Response, Problem> {
    query.finish()?;
    let endpoints = deps.store.endpoints(can.tenant(), &Owner::Tenant).await?;
    reply::json(StatusCode::OK, &EndpointList { data: endpoints.iter().map(EndpointBody::of).collect() })
}
