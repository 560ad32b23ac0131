//! The HTTP edge that every function shares: who calls, what is asked, how it is refused. Knows axum and `domain`, never AWS.
//!
//! A handler's signature tells everything: `Can<Ability>` (who), [`Path`], [`Query`] and [`Body`] (what), `Result<_, Problem>`.
#![warn(missing_docs)]

pub mod auth;
pub mod edge;
pub mod extract;
pub mod idempotency;
pub mod page;
pub mod problem;
pub mod query;
pub mod reply;

pub use auth::{Access, Can};
pub use edge::Edge;
pub use extract::{Body, JsonOrLines, Path};
pub use problem::{Code, Problem};
pub use query::Query;
