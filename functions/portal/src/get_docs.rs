//! `GET /docs`

use std::sync::LazyLock;

use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, StatusCode};

use crate::cached;

pub(crate) const PAGE: &[u8] = include_bytes!("../assets/docs.html");

/// Scripts and requests only from and to this very host, so that the page works behind a closed network and a token typed into it
/// goes nowhere else. Inline styles are the viewer's way to style itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:; \
                      font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

static TAG: LazyLock<String> = LazyLock::new(|| cached::etag(PAGE));

/// The reference pages
///
/// This document for people: every operation, its fields, and a form to try it.
#[utoipa::path(
    get,
    path = "/docs",
    operation_id = "get_docs",
    tag = "Portal",
    responses((status = 200, description = "The page.", content_type = "text/html", body = String))
)]
pub(crate) async fn get_docs(headers: HeaderMap) -> Response {
    // The page names the viewer's version: it must never be older than the deployment.
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
