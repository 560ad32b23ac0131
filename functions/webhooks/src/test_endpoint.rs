//! `POST /api/webhooks/endpoints/{id}/test`

use std::collections::HashMap;

use api::auth::WriteWebhooks;
use api::problem::{Code, ProblemBody};
use api::{Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::webhooks::{DeliveryId, Event, EventKind, MessageId, Owner};
use http::StatusCode;
use queue::Announce;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Deps, endpoint_of};

/// A test on its way.
#[derive(Serialize, ToSchema)]
pub(crate) struct TestBody {
    /// The `webhook-id` that the endpoint will see.
    #[schema(example = "msg_3C9T4V0M6Z8R1Q5X7Y2N4B6D8F")]
    message_id: String,
    /// Where its attempts can be looked up in a moment.
    delivery_id: String,
}

/// Send a test to a webhook endpoint
///
/// An event of type `endpoint.test`, signed and tried again like any other.
#[utoipa::path(
    post,
    path = "/api/webhooks/endpoints/{id}/test",
    tag = "Webhooks",
    params(("id" = String, Path, description = "The endpoint's id")),
    responses(
        (status = 202, description = "On its way", body = TestBody),
        (status = 404, description = "No such endpoint of this tenant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The endpoint is disabled", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["webhooks-write"]))
)]
pub(crate) async fn test_endpoint(
    State(deps): State<Deps>,
    can: Can<WriteWebhooks>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
) -> Result<Response, Problem> {
    query.finish()?;
    let endpoint = endpoint_of(&deps, can.tenant(), &path).await?;
    if endpoint.disabled.is_some() {
        return Err(Problem::new(Code::Conflict, "The endpoint is disabled; enable it first."));
    }
    let subject = endpoint.id.to_string();
    let message = MessageId::of(EventKind::EndpointTest, &subject, can.now(), &Owner::Tenant);
    let event = Event::EndpointTest { endpoint_id: subject };
    let announce = Announce { tenant: can.tenant().clone(), event, occurred_at: can.now() };
    deps.webhooks_queue.send(&announce).await?;
    let message_id = message.to_string();
    let delivery_id = DeliveryId { message, endpoint: endpoint.id }.to_string();
    reply::json(StatusCode::ACCEPTED, &TestBody { message_id, delivery_id })
}
