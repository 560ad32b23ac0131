//! `GET /api/webhooks/deliveries/{id}`

use std::collections::HashMap;

use api::auth::ReadWebhooks;
use api::problem::ProblemBody;
use api::{Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::delivery_body::{AttemptBody, DeliveryBody};
use crate::{Deps, delivery_id};

/// A delivery in full.
#[derive(Serialize, ToSchema)]
pub(crate) struct FullDeliveryBody {
    #[serde(flatten)]
    delivery: DeliveryBody,
    /// Oldest first, the newest fifty.
    attempts: Vec<AttemptBody>,
    /// The body as it is sent, byte for byte.
    body: String,
}

/// Get a delivery with its attempts
#[utoipa::path(
    get,
    path = "/api/webhooks/deliveries/{id}",
    tag = "Webhooks",
    params(("id" = String, Path, description = "The delivery's id")),
    responses(
        (status = 200, description = "The delivery", body = FullDeliveryBody),
        (status = 404, description = "No such delivery of this tenant", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["webhooks-read"]))
)]
pub(crate) async fn get_delivery(
    State(deps): State<Deps>,
    can: Can<ReadWebhooks>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
) -> Result<Response, Problem> {
    query.finish()?;
    let delivery = deps.store.delivery(can.tenant(), &delivery_id(&path)?).await?.ok_or_else(Problem::not_found)?;
    let attempts = delivery.attempts.iter().map(AttemptBody::of).collect();
    let body = String::from_utf8_lossy(&delivery.body).into_owned();
    reply::json(StatusCode::OK, &FullDeliveryBody { delivery: DeliveryBody::of(&delivery), attempts, body })
}
