//! `GET /openapi.json`

use std::sync::LazyLock;

use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, VARY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, StatusCode};

use crate::cached;

/// The API document as committed; `make openapi` writes it from the code.
pub(crate) const DOCUMENT: &[u8] = include_bytes!("../openapi.json");

/// It changes with deployments only: five minutes without asking, then a question that is answered with 304.
const CACHE: &str = "public, max-age=300, must-revalidate";

static TAG: LazyLock<String> = LazyLock::new(|| cached::etag(DOCUMENT));
static ZIPPED: LazyLock<Option<Vec<u8>>> = LazyLock::new(|| cached::zipped(DOCUMENT).ok());

/// The API document
///
/// This document, in OpenAPI 3.1.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "get_openapi",
    tag = "Portal",
    params(("If-None-Match" = Option<String>, Header, description = "`ETag` of the document that you have.")),
    responses(
        (status = 200, description = "The document.", content_type = "application/json", body = Object,
         headers(("ETag" = String, description = "Changes when the document does."))),
        (status = 304, description = "You have it already."),
    )
)]
pub(crate) async fn get_openapi(headers: HeaderMap) -> Response {
    let common =
        [(ETAG, TAG.as_str()), (CACHE_CONTROL, CACHE), (VARY, "accept-encoding"), (X_CONTENT_TYPE_OPTIONS, "nosniff")];
    if cached::unchanged(&headers, &TAG) {
        return cached::respond(StatusCode::NOT_MODIFIED, common, ());
    }
    let common = common.into_iter().chain([(CONTENT_TYPE, "application/json")]);
    match cached::accepts_gzip(&headers).then(|| ZIPPED.as_deref()).flatten() {
        Some(zipped) => cached::respond(StatusCode::OK, common.chain([(CONTENT_ENCODING, "gzip")]), zipped),
        None => cached::respond(StatusCode::OK, common, DOCUMENT),
    }
}
