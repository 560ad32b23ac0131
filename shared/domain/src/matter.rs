//! What gathering remembers: a tenant's log of matters, appended to by every batch that teaches it something.
//!
//! The log is the only state of gathering. How many conversations an insight has is not in it: that is folded from their fact rows
//! ([`crate::facts::Placed`]).

use jiff::Timestamp;

/// What one batch added to a tenant's log. A page is never changed; two batches cannot add the same one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatterPage {
    /// Its place in the log, from 1.
    pub sequence: u64,
    /// The number that the next new matter gets.
    pub next: u32,
    /// When it was written.
    pub written_at: Timestamp,
    /// What is known of some matters from here on.
    pub entries: Vec<MatterEntry>,
}

/// What is known of one matter; a later entry replaces an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatterEntry {
    /// Its number, which is its insight's.
    pub number: u32,
    /// Texts that it learnt from.
    pub learned: u32,
    /// Its middle (`language::Signature::write`); empty when it was absorbed.
    pub centre: Vec<u8>,
    /// The older matter that absorbed it.
    pub into: Option<u32>,
}
