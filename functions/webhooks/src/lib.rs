//! Webhook endpoints, their secrets, and the log of what was delivered. What is sent is sent by `delivery`.

mod create_endpoint;
mod delete_endpoint;
mod delivery_body;
mod endpoint_body;
mod get_delivery;
mod get_endpoint;
mod list_deliveries;
mod list_endpoints;
mod redeliver;
mod redeliver_failed;
mod rotate_notification_secret;
mod rotate_secret;
mod test_endpoint;
mod update_endpoint;

use std::collections::HashMap;

use api::{Edge, Problem};
use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, post};
use create_endpoint::create_endpoint;
use delete_endpoint::delete_endpoint;
use domain::access::Tenant;
use domain::failure::Failure;
use domain::webhooks::endpoint::Secret;
use domain::webhooks::{DeliveryId, Endpoint, EndpointId, Owner};
use get_delivery::get_delivery;
use get_endpoint::get_endpoint;
use jiff::Timestamp;
use list_deliveries::list_deliveries;
use list_endpoints::list_endpoints;
use redeliver::redeliver;
use redeliver_failed::redeliver_failed;
use rotate_notification_secret::rotate_notification_secret;
use rotate_secret::rotate_secret;
use runtime::clock::NoRandomness;
use test_endpoint::test_endpoint;
use ulid::Ulid;
use update_endpoint::update_endpoint;
use utoipa::OpenApi;

/// What the handlers work with.
#[derive(Clone, Debug)]
pub struct Deps {
    /// Authentication, limits, idempotency, clock.
    pub edge: Edge,
    /// The tables.
    pub store: store::Store,
    /// Looks up and checks addresses; nothing is called from here.
    pub outbound: outbound::Outbound,
    /// Where tests of endpoints are announced.
    pub webhooks_queue: queue::Queue,
    /// Where redeliveries wait beside other second attempts.
    pub retries_queue: queue::Queue,
    /// Makes new ids.
    pub new_ulid: fn(Timestamp) -> Result<Ulid, NoRandomness>,
    /// Makes secrets.
    pub random_secret: fn() -> Result<[u8; 32], NoRandomness>,
}

impl FromRef<Deps> for Edge {
    fn from_ref(deps: &Deps) -> Self {
        deps.edge.clone()
    }
}

/// The route table.
pub fn router(deps: Deps) -> Router {
    let routes = Router::new()
        .route("/api/webhooks/endpoints", get(list_endpoints).post(create_endpoint))
        .route("/api/webhooks/endpoints/{id}", get(get_endpoint).patch(update_endpoint).delete(delete_endpoint))
        .route("/api/webhooks/endpoints/{id}/rotate-secret", post(rotate_secret))
        .route("/api/webhooks/endpoints/{id}/test", post(test_endpoint))
        .route("/api/webhooks/notifications/rotate-secret", post(rotate_notification_secret))
        .route("/api/webhooks/deliveries", get(list_deliveries))
        .route("/api/webhooks/deliveries/redeliver", post(redeliver_failed))
        .route("/api/webhooks/deliveries/{id}", get(get_delivery))
        .route("/api/webhooks/deliveries/{id}/redeliver", post(redeliver))
        .with_state(deps);
    api::edge::finish(routes)
}

/// This function's part of the OpenAPI document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

#[derive(OpenApi)]
#[openapi(
    paths(
        list_endpoints::list_endpoints,
        create_endpoint::create_endpoint,
        get_endpoint::get_endpoint,
        update_endpoint::update_endpoint,
        delete_endpoint::delete_endpoint,
        rotate_secret::rotate_secret,
        test_endpoint::test_endpoint,
        rotate_notification_secret::rotate_notification_secret,
        list_deliveries::list_deliveries,
        redeliver_failed::redeliver_failed,
        get_delivery::get_delivery,
        redeliver::redeliver
    ),
    components(schemas(api::problem::ProblemBody))
)]
struct Document;

/// The tenant's own endpoint that the path names.
async fn endpoint_of(deps: &Deps, tenant: &Tenant, path: &HashMap<String, String>) -> Result<Endpoint, Problem> {
    let id = path.get("id").and_then(|id| EndpointId::parse(id)).ok_or_else(Problem::not_found)?;
    deps.store.endpoint(tenant, &Owner::Tenant, id).await?.ok_or_else(Problem::not_found)
}

/// The delivery's id that the path names.
fn delivery_id(path: &HashMap<String, String>) -> Result<DeliveryId, Problem> {
    path.get("id").and_then(|id| DeliveryId::parse(id)).ok_or_else(Problem::not_found)
}

fn new_secret(deps: &Deps) -> Result<Secret, Problem> {
    Ok(Secret((deps.random_secret)().map_err(no_randomness)?))
}

fn no_randomness(error: NoRandomness) -> Failure {
    Failure::Unexpected { service: "randomness", source: Box::new(error) }
}
