//! The consumer of the queue of audits: an audit step by step, and erasures in those that are filed.
//!
//! A message is one step: 0 chooses the conversations, 1, 2, … judge a part of them each, the last writes the documents. Every step
//! leaves what it made under a name of its own (the first counts), says how far the audit has come, and sends the next; so it may be
//! killed anywhere and repeated, and the documents are the same.

mod audit_work;
mod erase_evidence;
mod file_documents;
mod judge_part;
mod plan;

pub use audit_work::audit_work;
use domain::failure::Failure;
use jiff::Timestamp;

/// Conversations of one part: some seconds of work.
pub const CHUNK: usize = 200;

/// What the handler works with.
#[derive(Debug)]
pub struct Deps {
    /// The `main` table.
    pub store: store::Store,
    /// The bucket.
    pub blobs: blobs::Blobs,
    /// The queue of audits.
    pub queue: queue::Queue,
    /// Where those hear of a completed audit who want to be told.
    pub webhooks_queue: queue::Queue,
    /// Deliveries after which a message goes to the dead-letter queue.
    pub max_receive_count: u32,
    /// Conversations of one part, for audits that are planned here; the plan remembers it.
    pub chunk: usize,
    /// Conversations that one audit judges at most.
    pub most: u32,
    /// The clock.
    pub clock: fn() -> Timestamp,
}

fn missing(what: &'static str) -> Failure {
    Failure::Unexpected { service: "auditor", source: format!("the {what} is not there").into() }
}

fn unreadable(source: serde_json::Error) -> Failure {
    Failure::Corrupt { what: "audit object", source: Box::new(source) }
}
