//! How an adapter (store, blobs, queue) fails, in words that know neither AWS nor HTTP.

use std::error::Error;

/// The cause underneath a [`Failure`]; logged once at the edge, never shown to a caller.
pub type Source = Box<dyn Error + Send + Sync + 'static>;

/// What went wrong while talking to something outside the process.
///
/// Absence is not a failure: adapters return `Option` for it.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Somebody else changed the same thing first; reading again and retrying may succeed.
    #[error("{what} was changed by another request")]
    Conflict {
        /// The thing that both requests wanted to change.
        what: &'static str,
    },
    /// The service did not answer, or asked us to slow down. Retrying later may succeed.
    #[error("{service} is unavailable")]
    Unavailable {
        /// Name of the service.
        service: &'static str,
        /// The adapter's own error.
        #[source]
        source: Source,
    },
    /// What was stored cannot be understood. Retrying cannot help.
    #[error("stored {what} cannot be read")]
    Corrupt {
        /// The kind of thing that was read.
        what: &'static str,
        /// Why it could not be read.
        #[source]
        source: Source,
    },
    /// Anything else. Retrying is not expected to help.
    #[error("{service} failed unexpectedly")]
    Unexpected {
        /// Name of the service.
        service: &'static str,
        /// The adapter's own error.
        #[source]
        source: Source,
    },
}

impl Failure {
    /// Whether the same call may succeed later without anything being changed.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Conflict { .. } | Self::Unavailable { .. })
    }
}
