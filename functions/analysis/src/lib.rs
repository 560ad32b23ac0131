//! The consumer of the analysis queue: a batch of conversations in, their analyses, facts and tasks out.

mod analyze_batch;

use std::sync::LazyLock;

pub use analyze_batch::analyze_batch;
use jiff::Timestamp;

/// What the handler works with.
#[derive(Debug)]
pub struct Deps {
    /// The `main` table.
    pub store: store::Store,
    /// The bucket.
    pub blobs: blobs::Blobs,
    /// Where those hear of it who want to be told.
    pub webhooks_queue: queue::Queue,
    /// The analyser; its rules are compiled with the first batch, not before the first poll.
    pub engine: LazyLock<engine::Engine>,
    /// Deliveries after which a message goes to the dead-letter queue.
    pub max_receive_count: u32,
    /// The clock.
    pub clock: fn() -> Timestamp,
}
