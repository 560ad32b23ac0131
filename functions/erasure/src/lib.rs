//! What takes out, and hands over, what is stored of somebody: a conversation deleted, a person erased, a person's data exported.
//!
//! An erasure is asked for by HTTP and carried out by the function's own queue, step by step. Its beginning marks the person, so that what was
//! accepted before and is still on its way is not stored any more; its end is a look, once nothing can be on its way, that finds nothing.

mod delete_contact;
mod delete_conversation;
mod erase_contact;
mod erase_conversation;
mod export_contact;
mod get_erasure;
mod receipt;

use api::{Edge, Problem};
use axum::Router;
use axum::extract::FromRef;
use axum::routing::{delete, get};
use jiff::Timestamp;
use ulid::Ulid;
use utoipa::OpenApi;

pub use erase_contact::erase_contact;

/// What the handlers work with.
#[derive(Clone, Debug)]
pub struct Deps {
    /// Authentication, limits, clock.
    pub edge: Edge,
    /// The tables.
    pub store: store::Store,
    /// The bucket.
    pub blobs: blobs::Blobs,
    /// The function's own queue.
    pub queue: queue::Queue,
    /// Where those hear of a deletion who want to be told.
    pub webhooks_queue: queue::Queue,
    /// The queue of audits, which hold words of conversations.
    pub audit_queue: queue::Queue,
    /// Seconds after which nothing that was accepted before an erasure can still be at work: the longest that any function may run.
    pub settle_seconds: u32,
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
        .route("/api/public/{tenant}/conversations/{id}", delete(delete_conversation::delete_conversation))
        .route("/api/public/{tenant}/contacts/{id}", delete(delete_contact::delete_contact))
        .route("/api/public/{tenant}/contacts/{id}/export", get(export_contact::export_contact))
        .route("/api/public/{tenant}/erasures/{id}", get(get_erasure::get_erasure))
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
        delete_conversation::delete_conversation,
        delete_contact::delete_contact,
        export_contact::export_contact,
        get_erasure::get_erasure
    ),
    components(schemas(api::problem::ProblemBody))
)]
struct Document;

/// A new id, or the problem that there is no randomness to make one.
fn new_ulid(deps: &Deps, now: Timestamp) -> Result<Ulid, Problem> {
    Ok((deps.new_ulid)(now)
        .map_err(|error| domain::failure::Failure::Unexpected { service: "randomness", source: Box::new(error) })?)
}
