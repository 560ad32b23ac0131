//! `GET /expert/{asset}`

use std::sync::LazyLock;

use api::{Path, Problem};
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, StatusCode};

use crate::cached;

const SCRIPT: &[u8] = include_bytes!("../assets/expert.js");
/// The script's name, as the page links it.
const NAME: &str = "page.js";

static TAG: LazyLock<String> = LazyLock::new(|| cached::etag(SCRIPT));

/// The script of the expert's page
#[utoipa::path(
    get,
    path = "/expert/{asset}",
    operation_id = "get_expert_asset",
    tag = "Expert",
    params(("asset" = String, Path, description = "Name of the file, as the page links it.")),
    responses(
        (status = 200, description = "The file.", content_type = "text/javascript", body = String),
        (status = 404, description = "There is no such file.", content_type = "application/problem+json",
         body = api::problem::ProblemBody),
    )
)]
pub(crate) async fn get_expert_asset(Path(asset): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    if asset != NAME {
        return Err(Problem::not_found());
    }
    let common = [(ETAG, TAG.as_str()), (CACHE_CONTROL, "no-cache")];
    if cached::unchanged(&headers, &TAG) {
        return Ok(cached::respond(StatusCode::NOT_MODIFIED, common, ()));
    }
    let script = [
        (CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    Ok(cached::respond(StatusCode::OK, common.into_iter().chain(script), SCRIPT))
}
