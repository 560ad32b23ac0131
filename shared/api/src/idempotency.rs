//! `Idempotency-Key`: the same key with the same body gets the first answer again for 24 hours; with another body, or while the first
//! is in progress, 409. Failures are not kept, so that a caller may try again.

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::access::{IdempotencyState, MAX_STORED_ANSWER, StoredAnswer};
use domain::fault::Fault;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};

use crate::auth::Access;
use crate::edge::Edge;
use crate::problem::{Code, Problem};

/// Name of the header; it may be sent on every POST that creates.
pub const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// Longest key, in characters.
pub const MAX_KEY: usize = 255;

/// Put into a response's extensions when its body holds a secret that must not be kept: this body is replayed instead.
#[derive(Clone, Debug)]
pub struct KeepInstead(pub Vec<u8>);

/// Runs `create` once per idempotency key, or each time when the caller sent none. `scope` names the route.
pub async fn once<F>(
    edge: &Edge,
    access: &Access,
    headers: &HeaderMap,
    scope: &str,
    body: &[u8],
    create: F,
) -> Result<Response, Problem>
where
    F: Future<Output = Result<Response, Problem>>,
{
    let Some(key) = headers.get(HEADER) else { return create.await };
    let key = key.to_str().ok().filter(|key| (1..=MAX_KEY).contains(&key.len())).ok_or_else(|| {
        let detail = format!("must have 1–{MAX_KEY} visible ASCII characters");
        Problem::invalid(vec![Fault::new("Idempotency-Key", detail)])
    })?;
    let tenant = &access.principal.tenant;
    let fingerprint = URL_SAFE_NO_PAD.encode(Sha256::digest(body));
    match edge.gate.begin(tenant, scope, key, &fingerprint, access.now).await? {
        IdempotencyState::Fresh => {}
        IdempotencyState::Replay(answer) => return Ok(replay(answer)),
        IdempotencyState::InProgress => {
            let detail = "The first request with this key has not been answered yet.";
            return Err(Problem::new(Code::IdempotencyInProgress, detail).retry_after(1_000));
        }
        IdempotencyState::Mismatch => {
            return Err(Problem::new(Code::IdempotencyKeyReused, "This key was used with another body."));
        }
    }
    let created = create.await;
    let (result, answer) = match created {
        Ok(response) => {
            let (response, answer) = kept(response).await;
            (Ok(response), answer)
        }
        Err(problem) => (Err(problem), None),
    };
    // Should this fail, the key frees itself after a minute: the work is done and the caller must hear of it.
    if let Err(failure) = edge.gate.finish(tenant, scope, key, answer.as_ref(), access.now).await {
        tracing::warn!(error = %failure, "the idempotency key could not be finished");
    }
    result
}

/// The response and a copy of it; none when it is too large to keep.
async fn kept(response: Response) -> (Response, Option<StoredAnswer>) {
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let text = |name: HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let kept = parts.extensions.get::<KeepInstead>().map_or_else(|| bytes.to_vec(), |instead| instead.0.clone());
    let answer = (kept.len() <= MAX_STORED_ANSWER).then(|| StoredAnswer {
        status: parts.status.as_u16(),
        content_type: text(header::CONTENT_TYPE).unwrap_or_default(),
        location: text(header::LOCATION),
        body: kept,
    });
    (Response::from_parts(parts, bytes.into()), answer)
}

fn replay(answer: StoredAnswer) -> Response {
    let mut response = Response::new(answer.body.into());
    *response.status_mut() = http::StatusCode::from_u16(answer.status).unwrap_or(http::StatusCode::OK);
    let headers = response.headers_mut();
    headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    for (name, value) in [(header::CONTENT_TYPE, Some(answer.content_type)), (header::LOCATION, answer.location)] {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            headers.insert(name, value);
        }
    }
    response
}
