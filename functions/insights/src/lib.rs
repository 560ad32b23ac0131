//! Reports: what the analysed conversations of a period come to.

mod answer;
mod conversation_insights;
mod csv;
mod query;
mod reports;
#[cfg(test)]
mod tests;

use api::Edge;
use axum::extract::FromRef;

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

pub use reports::{openapi, router};
