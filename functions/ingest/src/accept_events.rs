//! `POST /api/public/{tenant}/events`
//!
//! Events are written before the answer, not queued. A request is a few conditional writes, so that there is nothing to gain by a queue; and
//! without one an event is visible at once, a failure is the caller's to repeat (which is harmless), no copy waits anywhere
//! when a person is erased, and nothing is delivered late.

use api::auth::PushEvents;
use api::problem::{Code, ProblemBody};
use api::{Can, JsonOrLines, Problem, Query, idempotency, reply};
use axum::extract::State;
use axum::response::Response;
use domain::context::EventType;
use domain::context::intake::{self, Unreadable};
use domain::fault::Fault;
use http::{HeaderMap, StatusCode};
use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;

/// The request, for the document only: bodies are read by `domain::context::intake`, which names every fault.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct EventsRequest {
    /// 1–500 events.
    #[schema(min_items = 1, max_items = 500)]
    events: Vec<EventBody>,
}

/// An event. Which of the later fields belong to it is decided by its type; others are named in `warnings`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct EventBody {
    /// The caller's id, unique within the customer's session; sending an event again changes nothing.
    #[schema(min_length = 1, max_length = 256)]
    id: String,
    r#type: EventType,
    /// When it happened: at most a day ahead of our clock.
    #[schema(value_type = String, format = DateTime)]
    occurred_at: Timestamp,
    /// The id that conversations have as `contact.id`.
    #[schema(min_length = 1, max_length = 256)]
    customer_id: String,
    /// Required for `page_view`, `purchase`, `registration` and `session_end`.
    #[schema(min_length = 1, max_length = 256)]
    session_id: Option<String>,
    /// `page_view`, required there: an address or a path.
    #[schema(max_length = 2048)]
    url: Option<String>,
    /// `page_view`: name of what the page shows.
    #[schema(max_length = 300)]
    name: Option<String>,
    /// `page_view`: its category.
    #[schema(max_length = 100)]
    category: Option<String>,
    /// `page_view`: its price.
    #[schema(minimum = 0)]
    price_amount: Option<f64>,
    /// `page_view`: the price's currency, ISO 4217.
    price_cur: Option<String>,
    /// `page_view`: how long it was looked at, where that was measured; else until the next event of the session.
    #[schema(minimum = 0, maximum = 86400)]
    duration_secs: Option<f64>,
    /// `article_view` and `article_feedback`, required there.
    #[schema(max_length = 256)]
    article_id: Option<String>,
    /// `article_view` and `article_feedback`: the article's title.
    #[schema(max_length = 300)]
    title: Option<String>,
    /// `article_view` and `article_feedback`: the article's short name in addresses.
    #[schema(max_length = 300)]
    slug: Option<String>,
    /// `article_feedback`, required there.
    helpful: Option<bool>,
    /// `csat_response`: 1–5; left out when the survey was answered without a rating.
    #[schema(minimum = 1, maximum = 5)]
    rating: Option<u8>,
}

/// What was taken in. It is stored and visible.
#[derive(Serialize, ToSchema)]
pub(crate) struct AcceptedEvents {
    /// Events stored.
    accepted: u32,
    /// Events that were stored already.
    duplicates: u32,
    /// Events left out because their session holds 10,000 already.
    not_kept: u32,
    /// What was accepted but not kept, such as unknown fields; once per kind of place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Fault>,
}

/// Push behaviour events
///
/// 1–500 events as JSON, or one a line as `application/x-ndjson`. All or nothing: one invalid event refuses the request with every fault named.
/// Events may come late, in any order and again. `/context/realtime` shows them at once.
#[utoipa::path(
    post,
    path = "/api/public/{tenant}/events",
    tag = "Ingest",
    params(
        ("tenant" = String, Path, description = "The key's tenant"),
        ("Idempotency-Key" = Option<String>, Header, description = "Replays the first answer for 24 hours; events are idempotent by id without it"),
    ),
    request_body = EventsRequest,
    responses(
        (status = 202, description = "Accepted and stored", body = AcceptedEvents),
        (status = 400, description = "Not JSON or not UTF-8", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The idempotency key is in use or was used for another body", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "More than 6 MiB", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Declared neither as JSON nor as JSON lines", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["events-create"]))
)]
pub(crate) async fn accept_events(
    State(deps): State<Deps>,
    can: Can<PushEvents>,
    query: Query,
    headers: HeaderMap,
    body: JsonOrLines,
) -> Result<Response, Problem> {
    query.finish()?;
    let accept = Box::pin(accept(&deps, &can, &body));
    idempotency::once(&deps.edge, &can.access, &headers, "POST events", body.bytes(), accept).await
}

async fn accept(deps: &Deps, can: &Can<PushEvents>, body: &JsonOrLines) -> Result<Response, Problem> {
    let intake = match body {
        JsonOrLines::Json(bytes) => intake::read_json(bytes, can.now()),
        JsonOrLines::Lines(bytes) => intake::read_lines(bytes, can.now()),
    };
    let intake = intake.map_err(|unreadable| match unreadable {
        Unreadable::Invalid(faults) => Problem::invalid(faults),
        malformed => Problem::new(Code::MalformedBody, format!("{malformed}.")),
    })?;
    let tenant = can.tenant();
    let record = deps.store.tenant(tenant).await?.ok_or_else(Problem::not_found)?;
    let kept = (i64::from(record.settings.retention_days) * 24).hours();
    let expires_at = can.now().checked_add(kept).unwrap_or(Timestamp::MAX);
    let (key, events) = (&record.contact_key, &intake.events);
    // The rows of reports first: should it end between the two, the caller repeats the request, and the sessions must not call the
    // events known before their rows are there.
    deps.store.put_support_events(tenant, key, events, expires_at).await?;
    let taken = deps.store.put_events(tenant, key, events, &record.settings.journey, (can.now(), expires_at)).await?;
    let answer = AcceptedEvents {
        accepted: taken.accepted,
        duplicates: taken.duplicates,
        not_kept: taken.not_kept,
        warnings: intake.warnings,
    };
    reply::json(StatusCode::ACCEPTED, &answer)
}
