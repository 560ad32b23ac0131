//! portal: the API document, its reference pages, health, and the answer to every path that no other function has.
//! No store, no key: everything it answers with is in the binary, and nothing of it is read before somebody asks.

mod cached;
mod default;
mod get_docs;
mod get_docs_asset;
mod get_expert_asset;
mod get_expert_page;
mod get_health;
mod get_openapi;
mod routes;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::routing::{any, get};
use utoipa::OpenApi;

/// The function's routes.
pub fn router() -> Router {
    let routes = Router::new()
        .route("/openapi.json", get(get_openapi::get_openapi))
        .route("/docs", get(get_docs::get_docs))
        .route("/docs/{asset}", get(get_docs_asset::get_docs_asset))
        .route("/expert", get(get_expert_page::get_expert_page))
        .route("/expert/{asset}", get(get_expert_asset::get_expert_asset))
        .route("/health", get(get_health::get_health))
        .route("/", any(default::default))
        .route("/{*path}", any(default::default));
    api::edge::finish(routes)
}

/// This function's part of the API document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Portal::openapi()
}

#[derive(OpenApi)]
#[openapi(paths(
    get_openapi::get_openapi,
    get_docs::get_docs,
    get_docs_asset::get_docs_asset,
    get_expert_page::get_expert_page,
    get_expert_asset::get_expert_asset,
    get_health::get_health
))]
struct Portal;
