//! `GET /api/webhooks/deliveries`

use api::auth::ReadWebhooks;
use api::page::{DEFAULT_LIMIT, MAX_LIMIT, Position, Walk, cursor, position};
use api::problem::ProblemBody;
use api::{Can, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::access::Tenant;
use domain::fault::Fault;
use domain::webhooks::delivery::DeliveryState;
use domain::webhooks::{Delivery, DeliveryId, EndpointId, EventKind};
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use store::DeliveryKey;
use utoipa::ToSchema;

use crate::Deps;
use crate::delivery_body::DeliveryBody;

/// Deliveries that one request looks at, at most: a filter that few pass ends in a short page and a cursor, not in a long wait.
const MAX_LOOKED_AT: usize = 1_000;
/// Deliveries that are read at a time.
const STRIDE: u16 = 100;

/// A page of deliveries.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryPage {
    /// Newest first. A page may be short, or empty, and still have a next one.
    data: Vec<DeliveryBody>,
    /// Send it with the same filters for the next page; `null` on the last.
    next_cursor: Option<String>,
}

/// List deliveries
///
/// Of the last 30 days, newest first.
#[utoipa::path(
    get,
    path = "/api/webhooks/deliveries",
    tag = "Webhooks",
    params(
        ("endpoint_id" = Option<String>, Query, description = "One endpoint"),
        ("state" = Option<DeliveryState>, Query, description = "One or several, separated by commas"),
        ("event" = Option<EventKind>, Query, description = "One or several, separated by commas"),
        ("date_preset" = Option<domain::time_range::DatePreset>, Query, description = "Named period of `created_at`"),
        ("date_from" = Option<String>, Query, description = "Date or RFC 3339 time; included"),
        ("date_to" = Option<String>, Query, description = "Date, whole day included, or RFC 3339 time, excluded"),
        ("timezone" = Option<String>, Query, description = "IANA zone of dates and presets; the tenant's if missing"),
        ("limit" = Option<u64>, Query, description = "Deliveries of a page, 1–100 (25)"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page of deliveries", body = DeliveryPage),
        (status = 422, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["webhooks-read"]))
)]
pub(crate) async fn list_deliveries(
    State(deps): State<Deps>,
    can: Can<ReadWebhooks>,
    mut query: Query,
) -> Result<Response, Problem> {
    let tenant = can.tenant();
    let settings = deps.store.tenant(tenant).await?.map(|record| record.settings).unwrap_or_default();
    let endpoint = query.one("endpoint_id");
    let endpoint = endpoint.and_then(|id| {
        let parsed = EndpointId::parse(&id);
        if parsed.is_none() {
            query.fault("endpoint_id", "is not the id of an endpoint");
        }
        parsed
    });
    let states = query.words("state", DeliveryState::parse, DeliveryState::WORDS);
    let events = query.words("event", EventKind::parse, EventKind::WORDS);
    let (period, _) = query.period(can.now(), &settings.zone(), settings.week_start.into());
    let limit = query.number("limit", 1..=MAX_LIMIT).unwrap_or(DEFAULT_LIMIT);
    let after = query.one("cursor");
    query.finish()?;

    let filters = format!("{endpoint:?} {states:?} {events:?} {period:?}");
    let walk = Walk::new(tenant.as_str(), "deliveries", &filters);
    let after = after.as_deref().map(|text| position(&walk, text).ok_or_else(foreign_cursor)).transpose()?;
    let limit = usize::try_from(limit).unwrap_or(1);
    let wanted = |delivery: &Delivery| {
        (states.is_empty() || states.contains(&delivery.state))
            && (events.is_empty() || events.contains(&delivery.kind))
    };
    let failed = |state: &DeliveryState| *state == DeliveryState::Failed;
    let scope = Scope {
        failed: states.is_empty() || states.iter().any(failed),
        others: states.is_empty() || !states.iter().all(failed),
        from: period.from.unwrap_or(Timestamp::MIN),
    };
    let mut before = after.map_or_else(|| before(period.to), |position| position.id);
    let (mut data, mut looked_at, mut more) = (Vec::new(), 0, true);
    while data.len() < limit && looked_at < MAX_LOOKED_AT && more {
        let keys = keys(&deps, tenant, &scope, &before).await?;
        more = keys.len() == usize::from(STRIDE);
        let ids: Vec<DeliveryId> = keys.iter().map(|key| key.id.clone()).collect();
        let of_endpoint: Vec<DeliveryId> =
            ids.into_iter().filter(|id| endpoint.is_none_or(|endpoint| id.endpoint == endpoint)).collect();
        let found = deps.store.deliveries(tenant, &of_endpoint).await?;
        for key in &keys {
            if data.len() == limit {
                more = true;
                break;
            }
            looked_at += 1;
            before = key.sort_text();
            if let Some(delivery) = found.iter().find(|delivery| delivery.id == key.id && wanted(delivery)) {
                data.push(DeliveryBody::of(delivery));
            }
        }
    }
    let next_cursor = more.then(|| cursor(&walk, Position { key: 0, id: before }));
    reply::json(StatusCode::OK, &DeliveryPage { data, next_cursor })
}

/// Which parts of the index are walked, and how far back.
pub(crate) struct Scope {
    pub(crate) failed: bool,
    pub(crate) others: bool,
    pub(crate) from: Timestamp,
}

/// Where a walk begins that ends its period at `to`.
pub(crate) fn before(to: Option<Timestamp>) -> String {
    to.map_or_else(|| "~".to_owned(), DeliveryKey::until)
}

/// The next [`STRIDE`] keys of the parts together, newest first.
pub(crate) async fn keys(
    deps: &Deps,
    tenant: &Tenant,
    scope: &Scope,
    before: &str,
) -> Result<Vec<DeliveryKey>, Problem> {
    let mut keys = Vec::new();
    for failed in [true, false] {
        if (failed && scope.failed) || (!failed && scope.others) {
            keys.extend(deps.store.delivery_keys(tenant, failed, scope.from, before, STRIDE).await?);
        }
    }
    keys.sort_by_key(|key| std::cmp::Reverse(key.sort_text()));
    keys.dedup();
    keys.truncate(usize::from(STRIDE));
    Ok(keys)
}

fn foreign_cursor() -> Problem {
    let detail = "is not a cursor of this list with these filters; begin again without one";
    Problem::invalid(vec![Fault::new("cursor", detail)])
}
