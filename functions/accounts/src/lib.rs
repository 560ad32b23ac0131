//! Tenants, API keys and settings: administration by direct invocation, the rest by HTTP.

mod administer;
mod api_keys;
mod get_me;
mod new_key;
mod settings;

use api::Edge;
use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, patch};
use jiff::Timestamp;
use runtime::clock::NoRandomness;
use ulid::Ulid;
use utoipa::OpenApi;

pub use administer::administer;

/// What the handlers work with.
#[derive(Clone, Debug)]
pub struct Deps {
    /// Authentication, limits, idempotency, clock.
    pub edge: Edge,
    /// The tables.
    pub store: store::Store,
    /// Makes new ids.
    pub new_ulid: fn(Timestamp) -> Result<Ulid, NoRandomness>,
    /// Makes tokens.
    pub random: fn() -> Result<[u8; 30], NoRandomness>,
    /// Makes tenants' secrets.
    pub random_secret: fn() -> Result<[u8; 32], NoRandomness>,
}

impl FromRef<Deps> for Edge {
    fn from_ref(deps: &Deps) -> Self {
        deps.edge.clone()
    }
}

/// The route table.
pub fn router(deps: Deps) -> Router {
    let routes = Router::new()
        .route("/api/auth/me", get(get_me::get_me))
        .route("/api/api-keys", get(api_keys::list_api_keys).post(api_keys::create_api_key))
        .route("/api/api-keys/{id}", patch(api_keys::rename_api_key).delete(api_keys::revoke_api_key))
        .route("/api/public/{tenant}/settings", get(settings::get_settings).put(settings::put_settings))
        .with_state(deps);
    api::edge::finish(routes)
}

/// This function's part of the OpenAPI document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

#[derive(OpenApi)]
#[openapi(
    paths(
        get_me::get_me,
        api_keys::list_api_keys,
        api_keys::create_api_key,
        api_keys::rename_api_key,
        api_keys::revoke_api_key,
        settings::get_settings,
        settings::put_settings
    ),
    components(schemas(api::problem::ProblemBody))
)]
struct Document;
