//! What is known of a customer, for chatbots: history, the running session, a ready prompt.

mod asked;
mod get_history;
mod get_prompt;
mod get_realtime;

use api::Edge;
use axum::Router;
use axum::extract::FromRef;
use axum::routing::get;
use utoipa::OpenApi;

/// What the handlers work with.
#[derive(Clone, Debug)]
pub struct Deps {
    /// Authentication, limits, clock.
    pub edge: Edge,
    /// The tables.
    pub store: store::Store,
}

impl FromRef<Deps> for Edge {
    fn from_ref(deps: &Deps) -> Self {
        deps.edge.clone()
    }
}

/// The route table.
pub fn router(deps: Deps) -> Router {
    let routes = Router::new()
        .route("/context/history/{customerId}", get(get_history::get_history))
        .route("/context/realtime/{sessionId}", get(get_realtime::get_realtime))
        .route("/context/prompt/{customerId}", get(get_prompt::get_prompt))
        .with_state(deps);
    api::edge::finish(routes)
}

/// This function's part of the OpenAPI document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

#[derive(OpenApi)]
#[openapi(
    paths(get_history::get_history, get_realtime::get_realtime, get_prompt::get_prompt),
    components(schemas(api::problem::ProblemBody))
)]
struct Document;
