//! `POST /api/webhooks/deliveries/{id}/redeliver`

use std::collections::HashMap;

use api::auth::WriteWebhooks;
use api::problem::{Code, ProblemBody};
use api::{Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::access::Tenant;
use domain::webhooks::Delivery;
use http::StatusCode;
use jiff::Timestamp;
use queue::Deliver;

use crate::delivery_body::DeliveryBody;
use crate::{Deps, delivery_id};

/// Redeliver a message
///
/// Whatever became of it: the same body under the same `webhook-id`, with the whole schedule before it.
#[utoipa::path(
    post,
    path = "/api/webhooks/deliveries/{id}/redeliver",
    tag = "Webhooks",
    params(("id" = String, Path, description = "The delivery's id")),
    responses(
        (status = 202, description = "The delivery, due now", body = DeliveryBody),
        (status = 404, description = "No such delivery of this tenant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Its endpoint is disabled or gone, or an attempt is being made", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["webhooks-write"]))
)]
pub(crate) async fn redeliver(
    State(deps): State<Deps>,
    can: Can<WriteWebhooks>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
) -> Result<Response, Problem> {
    query.finish()?;
    let tenant = can.tenant();
    let delivery = deps.store.delivery(tenant, &delivery_id(&path)?).await?.ok_or_else(Problem::not_found)?;
    let endpoint = deps.store.endpoint(tenant, &delivery.owner, delivery.id.endpoint).await?;
    if endpoint.is_none_or(|endpoint| endpoint.disabled.is_some()) {
        return Err(Problem::new(Code::Conflict, "The endpoint is disabled or gone."));
    }
    let again = again(&deps, tenant, &delivery, can.now()).await?;
    reply::json(StatusCode::ACCEPTED, &DeliveryBody::of(&again))
}

/// Makes a delivery due and queues its attempt. Written first: a crash between leaves a delivery that is due and can be asked for again.
pub(crate) async fn again(
    deps: &Deps,
    tenant: &Tenant,
    delivery: &Delivery,
    now: Timestamp,
) -> Result<Delivery, Problem> {
    let again = delivery.again(now);
    deps.store.update_delivery(tenant, &again).await?;
    let deliver = Deliver { tenant: tenant.clone(), delivery: again.id.clone(), made: again.made, retry: true };
    deps.retries_queue.send(&deliver).await?;
    Ok(again)
}
