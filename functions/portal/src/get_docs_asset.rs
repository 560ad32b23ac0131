//! `GET /docs/{asset}`

use api::{Code, Path, Problem};
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, StatusCode};

use crate::cached;

/// The viewer's name, which has its version, and its gzip; `assets/README.md` says where it comes from.
pub(crate) const VIEWER: &str = "scalar-1.72.1.js";
pub(crate) const VIEWER_ZIPPED: &[u8] = include_bytes!("../assets/scalar-1.72.1.js.gz");

/// A file of the reference pages
///
/// Its name has its version, so it may be kept for ever.
#[utoipa::path(
    get,
    path = "/docs/{asset}",
    operation_id = "get_docs_asset",
    tag = "Portal",
    params(("asset" = String, Path, description = "Name of the file, as the page links it.")),
    responses(
        (status = 200, description = "The file.", content_type = "text/javascript", body = String),
        (status = 404, description = "There is no such file.", content_type = "application/problem+json",
         body = api::problem::ProblemBody),
    )
)]
pub(crate) async fn get_docs_asset(Path(asset): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    if asset != VIEWER {
        return Err(Problem::not_found());
    }
    let common = [
        (CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (VARY, "accept-encoding"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    if cached::accepts_gzip(&headers) {
        let zipped = common.into_iter().chain([(CONTENT_ENCODING, "gzip")]);
        return Ok(cached::respond(StatusCode::OK, zipped, VIEWER_ZIPPED));
    }
    let text = cached::unzipped(VIEWER_ZIPPED).map_err(|error| {
        tracing::error!(error = %error, "the viewer cannot be decompressed");
        Problem::new(Code::Internal, "The fault is ours and was logged.")
    })?;
    Ok(cached::respond(StatusCode::OK, common, text))
}
