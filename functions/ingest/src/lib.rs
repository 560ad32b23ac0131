//! Conversations in: accepted, made durable, queued; batches followed; conversations analysed again. Behaviour events in: stored.

mod accept_conversations;
mod accept_events;
mod create_reanalysis;
mod get_batch;
mod get_reanalysis;
mod reanalysis_body;

use api::{Edge, Problem};
use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, post};
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
        .route("/api/public/{tenant}/events", post(accept_events::accept_events))
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
        accept_events::accept_events,
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
