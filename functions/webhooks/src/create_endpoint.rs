//! `POST /api/webhooks/endpoints`

use api::auth::WriteWebhooks;
use api::idempotency::KeepInstead;
use api::problem::{Code, ProblemBody};
use api::{Body, Can, Problem, Query, idempotency, reply};
use axum::extract::State;
use axum::response::Response;
use domain::webhooks::endpoint::{Method, Secrets};
use domain::webhooks::{Endpoint, EndpointId, EventKind, Owner};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::endpoint_body::{EndpointBody, SecretBody, read};
use crate::{Deps, new_secret, no_randomness};

/// Endpoints a tenant may have.
const MAX_ENDPOINTS: usize = 20;

/// An endpoint to be made.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct CreateEndpointRequest {
    /// `https`, and of the public internet.
    #[schema(max_length = 2048, example = "https://hooks.acme.com/hark")]
    url: String,
    events: Vec<EventKind>,
    #[schema(max_length = 200)]
    description: Option<String>,
    /// At most 20 custom headers, sent with each message.
    #[schema(value_type = Option<Object>)]
    headers: Option<()>,
}

/// A new endpoint with its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewEndpointBody {
    #[serde(flatten)]
    endpoint: EndpointBody,
    #[serde(flatten)]
    secret: SecretBody,
}

/// Create a webhook endpoint
///
/// Messages are signed by the Standard Webhooks specification; the secret is shown once. Mass events may be missed during the first minute.
#[utoipa::path(
    post,
    path = "/api/webhooks/endpoints",
    tag = "Webhooks",
    params(("Idempotency-Key" = Option<String>, Header, description = "Replays the first answer for 24 hours")),
    request_body = CreateEndpointRequest,
    responses(
        (status = 201, description = "The endpoint with its secret", body = NewEndpointBody),
        (status = 400, description = "There are twenty endpoints already", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["webhooks-write"]))
)]
pub(crate) async fn create_endpoint(
    State(deps): State<Deps>,
    can: Can<WriteWebhooks>,
    query: Query,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    let create = Box::pin(create(&deps, &can, &body));
    idempotency::once(&deps.edge, &can.access, &headers, "POST webhooks/endpoints", &body.0, create).await
}

async fn create(deps: &Deps, can: &Can<WriteWebhooks>, body: &Body) -> Result<Response, Problem> {
    let (fields, warnings) = read(body, can.now(), &deps.outbound, true).await?;
    let (Some(address), Some(events)) = (fields.address, fields.events) else { return Err(Problem::invalid(vec![])) };
    if deps.store.endpoints(can.tenant(), &Owner::Tenant).await?.len() >= MAX_ENDPOINTS {
        return Err(Problem::new(Code::Refused, format!("The tenant has {MAX_ENDPOINTS} endpoints already.")));
    }
    let secret = new_secret(deps)?;
    let shown = secret.reveal();
    let endpoint = Endpoint {
        id: EndpointId::new((deps.new_ulid)(can.now()).map_err(no_randomness)?),
        owner: Owner::Tenant,
        address,
        method: Method::Post,
        headers: fields.headers.unwrap_or_default(),
        description: fields.description.filter(|text| !text.is_empty()),
        events,
        secrets: Some(Secrets { current: secret, previous: None }),
        disabled: None,
        failing_since: None,
        created_at: can.now(),
        revision: 1,
    };
    deps.store.create_endpoint(can.tenant(), &endpoint).await?;
    let secret = SecretBody { secret: None, previous_valid_until: None, warnings };
    let mut answer = NewEndpointBody { endpoint: EndpointBody::of(&endpoint), secret };
    let without_secret = serde_json::to_vec(&answer).unwrap_or_default();
    answer.secret.secret = Some(shown);
    let mut response = reply::json(StatusCode::CREATED, &answer)?;
    response.extensions_mut().insert(KeepInstead(without_secret));
    Ok(response)
}
