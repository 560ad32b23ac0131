//! `GET /expert`

use std::sync::LazyLock;

use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, StatusCode};

use crate::cached;

pub(crate) const PAGE: &[u8] = include_bytes!("../assets/expert.html");

/// Scripts and requests only from and to this very host: the secret of the link can go nowhere else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static TAG: LazyLock<String> = LazyLock::new(|| cached::etag(PAGE));

/// The page on which an expert answers
///
/// Opened by an expert's link, whose secret stands behind `#` and never reaches a server's log. Works on a phone, without a key.
#[utoipa::path(
    get,
    path = "/expert",
    operation_id = "get_expert_page",
    tag = "Expert",
    responses((status = 200, description = "The page.", content_type = "text/html", body = String))
)]
pub(crate) async fn get_expert_page(headers: HeaderMap) -> Response {
    let common = [(ETAG, TAG.as_str()), (CACHE_CONTROL, "no-cache")];
    if cached::unchanged(&headers, &TAG) {
        return cached::respond(StatusCode::NOT_MODIFIED, common, ());
    }
    let page = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    cached::respond(StatusCode::OK, common.into_iter().chain(page), PAGE)
}
