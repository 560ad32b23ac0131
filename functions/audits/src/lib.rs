//! Compliance audits: asked for, followed, read, deleted; and, by the schedule, started where they recur. The work itself is `auditor`'s.

mod audit_body;
mod create_audit;
mod delete_audit;
mod get_audit;
mod list_audits;
mod list_rubrics;
mod start_due;

use api::{Edge, Problem};
use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, post};
use jiff::Timestamp;
use ulid::Ulid;
use utoipa::OpenApi;

pub use start_due::{Command, Started, start_due};

/// What the handlers work with.
#[derive(Clone, Debug)]
pub struct Deps {
    /// Authentication, limits, idempotency, clock.
    pub edge: Edge,
    /// The tables.
    pub store: store::Store,
    /// The bucket.
    pub blobs: blobs::Blobs,
    /// The queue of audits.
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
        .route("/api/public/{tenant}/audits", post(create_audit::create_audit).get(list_audits::list_audits))
        .route("/api/public/{tenant}/audits/{id}", get(get_audit::get_audit).delete(delete_audit::delete_audit))
        .route("/api/public/{tenant}/rubrics", get(list_rubrics::list_rubrics))
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
        create_audit::create_audit,
        list_audits::list_audits,
        get_audit::get_audit,
        delete_audit::delete_audit,
        list_rubrics::list_rubrics
    ),
    components(schemas(api::problem::ProblemBody))
)]
struct Document;

/// A new id, or the problem that there is no randomness to make one.
fn new_ulid(deps: &Deps, now: Timestamp) -> Result<Ulid, Problem> {
    Ok((deps.new_ulid)(now)
        .map_err(|error| domain::failure::Failure::Unexpected { service: "randomness", source: Box::new(error) })?)
}
