//! What is around every handler: request id, problem documents, rate-limit headers, no caching.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use domain::access::{Gate, RateClass, RateDecision};
use domain::ids::RequestId;
use http::{HeaderName, HeaderValue, StatusCode, header};
use jiff::Timestamp;

use crate::problem::{Code, Problem};

/// What the extractors need of the function: the gate and the clock.
#[derive(Clone)]
pub struct Edge {
    /// Tokens, limits and idempotency keys.
    pub gate: Arc<dyn Gate>,
    /// The clock, read once per request.
    pub clock: fn() -> Timestamp,
}

impl std::fmt::Debug for Edge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Edge")
    }
}

/// Where the extractor leaves the limiter's decision for the response's headers.
#[derive(Clone, Debug, Default)]
pub(crate) struct RateSlot(Arc<Mutex<Option<(RateClass, RateDecision)>>>);

impl RateSlot {
    pub(crate) fn set(&self, class: RateClass, decision: RateDecision) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((class, decision));
    }

    fn get(&self) -> Option<(RateClass, RateDecision)> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Finishes a function's router: fallbacks and the layer around every handler. Each function's `router(deps)` ends with this.
pub fn finish(routes: Router) -> Router {
    routes
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async || {
            Problem::new(Code::MethodNotAllowed, "See the Allow header for the methods of this path.")
        })
        .layer(from_fn(around))
}

async fn around(mut request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let slot = RateSlot::default();
    request.extensions_mut().insert(slot.clone());
    let response = next.run(request).await;
    let mut response = match response.extensions().get::<Arc<Problem>>().cloned() {
        Some(problem) => document(&problem, &id, response),
        // axum's own refusals (a path that is not UTF-8) are plain text; say it our way.
        None if is_foreign_refusal(&response) => refused(&id, response.status()),
        None => response,
    };
    let headers = response.headers_mut();
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Some((class, decision)) = slot.get() {
        rate_headers(headers, class, &decision);
    }
    response
}

/// The response with the problem's document as its body, its status and headers kept.
fn document(problem: &Problem, id: &str, response: Response) -> Response {
    let (mut parts, _) = response.into_parts();
    let body = serde_json::to_vec(&problem.body(id)).unwrap_or_default();
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, body.into())
}

fn is_foreign_refusal(response: &Response) -> bool {
    let refusal = response.status().is_client_error() || response.status().is_server_error();
    let content_type = response.headers().get(header::CONTENT_TYPE);
    refusal && content_type.is_none_or(|value| value.as_bytes().starts_with(b"text/plain"))
}

fn refused(id: &str, status: StatusCode) -> Response {
    let problem = match status {
        StatusCode::BAD_REQUEST => Problem::new(Code::Refused, "The path or its parameters cannot be read."),
        status if status.is_client_error() => Problem::not_found(),
        _ => Problem::new(Code::Internal, "The fault is ours and was logged."),
    };
    let response = problem.into_response();
    match response.extensions().get::<Arc<Problem>>().cloned() {
        Some(problem) => document(&problem, id, response),
        None => response,
    }
}

/// `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers.
fn rate_headers(headers: &mut http::HeaderMap, class: RateClass, decision: &RateDecision) {
    let name = match class {
        RateClass::Ingest => "ingest",
        RateClass::Read => "read",
    };
    let policy = format!("\"{name}\";q={};w={}", decision.limit, decision.window_seconds);
    let state = format!("\"{name}\";r={};t={}", decision.remaining, decision.reset_ms.div_ceil(1000));
    for (header, value) in [("ratelimit-policy", policy), ("ratelimit", state)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(header), value);
        }
    }
}
