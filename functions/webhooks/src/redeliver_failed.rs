//! `POST /api/webhooks/deliveries/redeliver`

use api::auth::WriteWebhooks;
use api::problem::ProblemBody;
use api::{Body, Can, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::fault::Fault;
use domain::reader::{At, any_time};
use domain::webhooks::{DeliveryId, EndpointId, Owner};
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::list_deliveries::{Scope, before, keys};
use crate::redeliver::again;

/// Deliveries that one request redelivers.
const MAX_REDELIVERED: usize = 100;
/// Deliveries that one request looks at.
const MAX_LOOKED_AT: usize = 1_000;

/// Which failed deliveries are to be sent again.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct RedeliverRequest {
    /// Made at this time or later.
    #[schema(format = DateTime)]
    from: String,
    /// Made before this time; now if missing.
    #[schema(format = DateTime)]
    to: Option<String>,
    /// One endpoint of the tenant; all if missing.
    endpoint_id: Option<String>,
}

/// What is sent again.
#[derive(Serialize, ToSchema)]
pub(crate) struct RedeliveredBody {
    /// Deliveries that are due now.
    redelivered: usize,
    /// Failed deliveries whose endpoint is disabled or gone: they stay as they are.
    skipped: usize,
    /// Send the request again, with this as `to`, for the rest; `null` when there is none.
    next_to: Option<String>,
    /// Fields of the request that are not known and were ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Fault>,
}

/// Redeliver what failed
///
/// Every failed delivery of a period, newest first, at most a hundred a request.
#[utoipa::path(
    post,
    path = "/api/webhooks/deliveries/redeliver",
    tag = "Webhooks",
    request_body = RedeliverRequest,
    responses(
        (status = 202, description = "How many are sent again", body = RedeliveredBody),
        (status = 422, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["webhooks-write"]))
)]
pub(crate) async fn redeliver_failed(
    State(deps): State<Deps>,
    can: Can<WriteWebhooks>,
    query: Query,
    body: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    let tenant = can.tenant();
    let ((from, to, endpoint), warnings) = read(&body, can.now())?;
    let endpoints = deps.store.endpoints(tenant, &Owner::Tenant).await?;
    let open: Vec<EndpointId> = endpoints.iter().filter(|one| one.disabled.is_none()).map(|one| one.id).collect();
    let scope = Scope { failed: true, others: false, from };
    let (mut before, mut redelivered, mut skipped, mut looked_at, mut next_to) = (before(Some(to)), 0, 0, 0, None);
    'walk: loop {
        let keys = keys(&deps, tenant, &scope, &before).await?;
        let Some(last) = keys.last() else { break };
        before = last.sort_text();
        let ids: Vec<DeliveryId> = keys.iter().map(|key| key.id.clone()).collect();
        for delivery in deps.store.deliveries(tenant, &ids).await? {
            if endpoint.is_some_and(|endpoint| delivery.id.endpoint != endpoint) {
                continue;
            }
            if redelivered == MAX_REDELIVERED {
                // Everything made at that very time is looked at again: what was redelivered is no longer failed.
                next_to = delivery.created_at.checked_add(jiff::SignedDuration::from_millis(1)).ok();
                break 'walk;
            }
            let is_open = match &delivery.owner {
                Owner::Tenant => open.contains(&delivery.id.endpoint),
                interview @ Owner::Interview(_) => {
                    let endpoint = deps.store.endpoint(tenant, interview, delivery.id.endpoint).await?;
                    endpoint.is_some_and(|endpoint| endpoint.disabled.is_none())
                }
            };
            if is_open {
                again(&deps, tenant, &delivery, can.now()).await?;
                redelivered += 1;
            } else {
                skipped += 1;
            }
        }
        looked_at += keys.len();
        if looked_at >= MAX_LOOKED_AT {
            next_to = Some(last.created_at);
            break;
        }
    }
    let next_to = next_to.map(|at| at.to_string());
    reply::json(StatusCode::ACCEPTED, &RedeliveredBody { redelivered, skipped, next_to, warnings })
}

type Window = (Timestamp, Timestamp, Option<EndpointId>);

fn read(body: &Body, now: Timestamp) -> Result<(Window, Vec<Fault>), Problem> {
    body.read(false, now, |value, reader| {
        let at = &At::ROOT;
        let mut map = reader.object(value, at)?;
        let from = reader.required(&mut map, at, "from", any_time);
        // What is made while this is worked on has not failed yet.
        let to = reader.optional(&mut map, at, "to", any_time).unwrap_or(now);
        let endpoint = reader.optional(&mut map, at, "endpoint_id", |value, at, reader| {
            reader.some(value.as_str().and_then(EndpointId::parse), at, "must be the id of an endpoint")
        });
        reader.leftovers(at, &map, &["from", "to", "endpoint_id"]);
        if from.is_some_and(|from| from >= to) {
            reader.fault(&at.field("from"), "must be before to");
        }
        Some((from?, to, endpoint))
    })
}
