//! The consumer of the analysis queue: a batch of conversations in, their analyses, insights, facts and tasks out.

mod analyze_batch;
mod continue_reanalysis;
mod gather;

use std::sync::LazyLock;

use analyze_batch::analyze_batch;
use continue_reanalysis::continue_reanalysis;
pub use gather::KnownMatters;
use jiff::Timestamp;
use queue::{AnalyzeBatch, ContinueReanalysis};
use runtime::log::chain;
use runtime::sqs::{Message, Redeliver};

/// What the handler works with.
#[derive(Debug)]
pub struct Deps {
    /// The `main` table.
    pub store: store::Store,
    /// The bucket.
    pub blobs: blobs::Blobs,
    /// Where those hear of it who want to be told.
    pub webhooks_queue: queue::Queue,
    /// The queue that this function consumes: a re-analysis sends itself on.
    pub queue: queue::Queue,
    /// The analyser; its rules are compiled with the first batch, not before the first poll.
    pub engine: LazyLock<engine::Engine>,
    /// What conversations were about so far.
    pub matters: KnownMatters,
    /// Deliveries after which a message goes to the dead-letter queue.
    pub max_receive_count: u32,
    /// The clock.
    pub clock: fn() -> Timestamp,
}

/// Does what a message asks for.
pub async fn consume(deps: &Deps, message: Message) -> Result<(), Redeliver> {
    let error = match AnalyzeBatch::parse(&message.body) {
        Ok(batch) => return analyze_batch(deps, &batch, message.receive_count).await,
        Err(error) => error,
    };
    if let Ok(next) = ContinueReanalysis::parse(&message.body) {
        return continue_reanalysis(deps, &next, message.receive_count).await;
    }
    tracing::error!(error = chain(&error), "the message cannot be read; it goes to the dead-letter queue");
    Err(Redeliver)
}
