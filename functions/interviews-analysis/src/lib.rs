//! The consumer of the interviews queue: a completed interview in, its transcripts and its analysis out, and word of it to whoever
//! wants to be told.

mod analyze_interview;

pub use analyze_interview::analyze_interview;
use jiff::Timestamp;

/// What the handler works with.
#[derive(Debug)]
pub struct Deps {
    /// The `main` table.
    pub store: store::Store,
    /// The bucket.
    pub blobs: blobs::Blobs,
    /// The queue of events that webhooks tell.
    pub webhooks_queue: queue::Queue,
    /// The clock.
    pub clock: fn() -> Timestamp,
}
