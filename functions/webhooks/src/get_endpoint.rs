//! `GET /api/webhooks/endpoints/{id}`

use std::collections::HashMap;

use api::auth::ReadWebhooks;
use api::problem::ProblemBody;
use api::{Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use crate::endpoint_body::EndpointBody;
use crate::{Deps, endpoint_of};

/// Get a webhook endpoint
#[utoipa::path(
    get,
    path = "/api/webhooks/endpoints/{id}",
    tag = "Webhooks",
    params(("id" = String, Path, description = "The endpoint's id")),
    responses(
        (status = 200, description = "The endpoint", body = EndpointBody),
        (status = 404, description = "No such endpoint of this tenant", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["webhooks-read"]))
)]
pub(crate) async fn get_endpoint(
    State(deps): State<Deps>,
    can: Can<ReadWebhooks>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
) -> Result<Response, Problem> {
    query.finish()?;
    let endpoint = endpoint_of(&deps, can.tenant(), &path).await?;
    reply::json(StatusCode::OK, &EndpointBody::of(&endpoint))
}
