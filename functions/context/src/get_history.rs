//! `GET /context/history/{customerId}`

use std::collections::HashMap;

use api::auth::ReadContext;
use api::problem::ProblemBody;
use api::{Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::context::answers::{History, history};
use http::StatusCode;

use crate::Deps;
use crate::asked::{self, Asked};

/// A customer's history
///
/// What the customer's newest sessions say together, and the pages that were seen. A session belongs to the time range when its last event
/// does. A known customer without events in the range has an empty list; an unknown one is 404.
#[utoipa::path(
    get,
    path = "/context/history/{customerId}",
    tag = "Context",
    params(
        ("customerId" = String, Path, description = "The `customer_id` of events, the `contact.id` of conversations"),
        ("limit" = Option<u64>, Query, description = "Most intents, 1–100 (10)"),
        ("time_range" = Option<String>, Query, description = "Hours, days or weeks: `24h`, `7d`, `4w`; everything that is kept if missing"),
        ("sessions_limit" = Option<u64>, Query, description = "Most sessions to analyze, those that began last, 1–100 (50)"),
    ),
    responses(
        (status = 200, description = "The history", body = History),
        (status = 400, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such customer of this tenant", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["context-read"]))
)]
pub(crate) async fn get_history(
    State(deps): State<Deps>,
    can: Can<ReadContext>,
    Path(path): Path<HashMap<String, String>>,
    mut query: Query,
) -> Result<Response, Problem> {
    let asked = Asked::of(&mut query, can.now());
    asked::finish(query)?;
    let tenant = can.tenant();
    let id = path.get("customerId").ok_or_else(Problem::not_found)?;
    let contact = asked::contact(&deps, tenant, id).await?;
    let sessions = asked::sessions(&deps, tenant, &contact, &asked).await?.ok_or_else(Problem::not_found)?;
    reply::json(StatusCode::OK, &history(id, &sessions, asked.since, asked.limit, can.now()))
}
