//! Analysed conversations and tasks out.

mod conversation_body;
mod evidence;
mod fetch_conversations;
mod filters;
mod get_conversation;
mod list_tasks;
mod task_body;
mod update_task;

use api::Edge;
use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, patch, post};
use utoipa::OpenApi;

/// What the handlers work with.
#[derive(Clone, Debug)]
pub struct Deps {
    /// Authentication, limits, clock.
    pub edge: Edge,
    /// The tables.
    pub store: store::Store,
    /// The bucket.
    pub blobs: blobs::Blobs,
}

impl FromRef<Deps> for Edge {
    fn from_ref(deps: &Deps) -> Self {
        deps.edge.clone()
    }
}

/// The route table.
pub fn router(deps: Deps) -> Router {
    let routes = Router::new()
        .route("/api/public/{tenant}/conversations/fetch", post(fetch_conversations::fetch_conversations))
        .route("/api/public/{tenant}/conversations/{id}", get(get_conversation::get_conversation))
        .route("/api/public/{tenant}/tasks", get(list_tasks::list_tasks))
        .route("/api/public/{tenant}/tasks/{id}", patch(update_task::update_task))
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
        fetch_conversations::fetch_conversations,
        get_conversation::get_conversation,
        list_tasks::list_tasks,
        update_task::update_task
    ),
    components(schemas(api::problem::ProblemBody, domain::analysis::ConversationAnalysis))
)]
struct Document;
