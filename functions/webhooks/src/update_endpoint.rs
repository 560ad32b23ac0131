//! `PATCH /api/webhooks/endpoints/{id}`

use std::collections::HashMap;

use api::auth::WriteWebhooks;
use api::problem::ProblemBody;
use api::{Body, Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::fault::Fault;
use domain::webhooks::endpoint::{Disabled, DisabledReason};
use domain::webhooks::{Endpoint, EventKind};
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::endpoint_body::{EndpointBody, Fields, read};
use crate::{Deps, endpoint_of};

/// What is to change; what is left out stays.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct UpdateEndpointRequest {
    #[schema(max_length = 2048)]
    url: Option<String>,
    events: Option<Vec<EventKind>>,
    /// Empty removes it.
    #[schema(max_length = 200)]
    description: Option<String>,
    /// All of them: those left out are removed.
    #[schema(value_type = Option<Object>)]
    headers: Option<()>,
    /// `true` also forgives what failed.
    enabled: Option<bool>,
}

/// An endpoint after it was changed.
#[derive(Serialize, ToSchema)]
pub(crate) struct UpdatedEndpointBody {
    #[serde(flatten)]
    endpoint: EndpointBody,
    /// Fields of the request that are not known and were ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Fault>,
}

/// Change a webhook endpoint
///
/// Messages that wait go to the new URL.
#[utoipa::path(
    patch,
    path = "/api/webhooks/endpoints/{id}",
    tag = "Webhooks",
    params(("id" = String, Path, description = "The endpoint's id")),
    request_body = UpdateEndpointRequest,
    responses(
        (status = 200, description = "The endpoint as it is now", body = UpdatedEndpointBody),
        (status = 404, description = "No such endpoint of this tenant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Somebody else changed it", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["webhooks-write"]))
)]
pub(crate) async fn update_endpoint(
    State(deps): State<Deps>,
    can: Can<WriteWebhooks>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
    body: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    let (fields, warnings) = read(&body, can.now(), &deps.outbound, false).await?;
    let endpoint = changed(endpoint_of(&deps, can.tenant(), &path).await?, fields, can.now());
    let endpoint = deps.store.update_endpoint(can.tenant(), &endpoint).await?;
    reply::json(StatusCode::OK, &UpdatedEndpointBody { endpoint: EndpointBody::of(&endpoint), warnings })
}

fn changed(mut endpoint: Endpoint, fields: Fields, now: Timestamp) -> Endpoint {
    if let Some(address) = fields.address {
        // The failures were the old address's.
        endpoint.failing_since = endpoint.failing_since.filter(|_| endpoint.address == address);
        endpoint.address = address;
    }
    if let Some(events) = fields.events {
        endpoint.events = events;
    }
    if let Some(description) = fields.description {
        endpoint.description = Some(description).filter(|text| !text.is_empty());
    }
    if let Some(headers) = fields.headers {
        endpoint.headers = headers;
    }
    match (fields.enabled, endpoint.disabled) {
        (Some(true), _) => (endpoint.disabled, endpoint.failing_since) = (None, None),
        (Some(false), None) => endpoint.disabled = Some(Disabled { reason: DisabledReason::ByCaller, at: now }),
        _ => {}
    }
    endpoint
}
