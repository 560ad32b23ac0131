//! Conversations in: accepted, made durable, queued; batches followed; conversations deleted, or analysed again.

mod accept_conversations;
mod create_reanalysis;
mod delete_conversation;
mod get_batch;
mod get_reanalysis;
mod reanalysis_body;

use api::{Edge, Problem};
use axum::Router;
use axum::extract::FromRef;
use axum::routing::{delete, get, post};
use jiff::Timestamp;
use ulid::Ulid;
use utoipa::OpenApi;

/// What the handlers work with.
#[derive(Clone, Debug)]
pub struct Deps {
    /// Authentication, limits, idempotency, clock.
    pub edge: Edge,
    /// The tables.
    pub store: store::Store,
    /// The bucket.
    pub blobs: blobs::Blobs,
    /// The queue to the analysis.
    pub queue: queue::Queue,
    /// Where those hear of a deletion who want to be told.
    pub webhooks_queue: queue::Queue,
    /// The queue of audits, which hold words of conversations.
    pub audit_queue: queue::Queue,
    /// Makes new ids.
    pub new_ulid: fn(Timestamp) -> Result<Ulid, runtime::clock::NoRandomness>,
}

impl FromRef<Deps> for Edge {
    fn from_ref(deps: &Deps) -> Self {
        deps.edge.clone()
    }
}

/// The route table.
pub fn router(deps: Deps) -> Router {
    let routes = Router::new()
        .route("/api/public/{tenant}/conversations", post(accept_conversations::accept_conversations))
        .route("/api/public/{tenant}/conversations/{id}", delete(delete_conversation::delete_conversation))
        .route("/api/public/{tenant}/batches/{batch_id}", get(get_batch::get_batch))
        .route("/api/public/{tenant}/reanalyses", post(create_reanalysis::create_reanalysis))
        .route("/api/public/{tenant}/reanalyses/{id}", get(get_reanalysis::get_reanalysis))
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
        accept_conversations::accept_conversations,
        delete_conversation::delete_conversation,
        get_batch::get_batch,
        create_reanalysis::create_reanalysis,
        get_reanalysis::get_reanalysis
    ),
    components(schemas(domain::conversation::Conversation, api::problem::ProblemBody))
)]
struct Document;

/// A new id, or the problem that there is no randomness to make one.
fn new_ulid(deps: &Deps, now: Timestamp) -> Result<Ulid, Problem> {
    Ok((deps.new_ulid)(now)
        .map_err(|error| domain::failure::Failure::Unexpected { service: "randomness", source: Box::new(error) })?)
}
