//! What became of the conversations of one accepted request.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::conversation::words;
use crate::ids::BatchId;

words! {
    /// What became of one conversation of a batch.
    Outcome {
        /// Stored and scored.
        Analyzed => "analyzed",
        /// Stored and counted as volume, but not scored; the reason says why.
        NotScored => "not_scored",
        /// A newer version was already stored.
        Stale => "stale",
        /// The very same version and content was already stored.
        Unchanged => "unchanged",
        /// Could not be analysed; the reason says why.
        Failed => "failed",
    }
}

/// The outcome of one conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConversationOutcome {
    /// The caller's id.
    pub id: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, for `not_scored` and `failed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A batch, from acceptance to analysis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Its id.
    pub id: BatchId,
    /// Conversations accepted.
    pub accepted: u32,
    /// When the request was accepted.
    pub received_at: Timestamp,
    /// When the analysis finished; `None` while queued.
    pub finished_at: Option<Timestamp>,
    /// Outcomes in the order of the request; empty while queued.
    pub outcomes: Vec<ConversationOutcome>,
    /// The analysis gave up after the last delivery; the message is in the dead-letter queue.
    pub dead_lettered: bool,
}
