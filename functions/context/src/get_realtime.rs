//! `GET /context/realtime/{sessionId}`

use std::collections::HashMap;

use api::auth::ReadContext;
use api::problem::ProblemBody;
use api::{Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::context::answers::{Realtime, realtime};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest as _, Sha256};

use crate::{Deps, asked};

/// A session as it stands
///
/// An event is visible from the moment at which its push was answered. There is no stream: Lambda behind this API answers whole
/// responses only. Ask every 5 seconds and send the `ETag` back as `If-None-Match`: as long as nothing changed the answer is 304 without
/// a body, at the price of one read.
#[utoipa::path(
    get,
    path = "/context/realtime/{sessionId}",
    tag = "Context",
    params(
        ("sessionId" = String, Path, description = "The `session_id` of events"),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of the answer before"),
    ),
    responses(
        (status = 200, description = "The session", body = Realtime),
        (status = 304, description = "Nothing changed since the answer with that `ETag`"),
        (status = 400, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such session of this tenant", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["context-read"]))
)]
pub(crate) async fn get_realtime(
    State(deps): State<Deps>,
    can: Can<ReadContext>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    asked::finish(query)?;
    let tenant = can.tenant();
    let id = path.get("sessionId").ok_or_else(Problem::not_found)?;
    let key = deps.store.contact_key(tenant).await?.ok_or_else(Problem::not_found)?;
    let sessions = deps.store.sessions_of_id(tenant, &key, id).await?;
    let answer = realtime(id, &sessions, can.now()).ok_or_else(Problem::not_found)?;
    let tag = tag(&answer);
    let mut response = if names(&headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        reply::json(StatusCode::OK, &answer)?
    };
    if let Ok(value) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, value);
    }
    Ok(response)
}

/// Of what is said, not of what is stored: a session that falls silent changes without an event.
fn tag(answer: &Realtime) -> String {
    let digest = Sha256::digest(serde_json::to_vec(answer).unwrap_or_default());
    format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest.get(..12).unwrap_or_default()))
}

/// Whether `If-None-Match` names the tag, by weak comparison (RFC 9110, 13.1.2).
fn names(headers: &HeaderMap, tag: &str) -> bool {
    let lists = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut named = lists.flat_map(|list| list.split(',')).map(str::trim);
    named.any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_weakly_and_in_lists() {
        let with =
            |value: &'static str| HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(value))]);
        for (value, expected) in
            [("\"a\"", true), ("W/\"a\"", true), ("\"b\", \"a\"", true), ("*", true), ("\"b\"", false), ("a", false)]
        {
            assert_eq!(names(&with(value), "\"a\""), expected, "{value}");
        }
        assert!(!names(&HeaderMap::new(), "\"a\""));
    }
}
