//! Compliance audits as pure functions: a rubric and a conversation in, findings out; findings in, a document out.
//!
//! ```text
//! Auditor::new(rubric)            its phrases compiled, once per chunk
//!   .judge(conversation, ..)      one conversation -> Judgement, with quotes as they were written and masked
//! assemble(header, judgements)    -> Document
//! canonical(document), page(..)   -> the bytes that are filed
//! ```
//!
//! No clock, no randomness, no input or output: the same rubric and conversation give the same bytes on every machine.
#![warn(missing_docs)]

mod assemble;
#[cfg(test)]
mod fixture;
mod judge;
mod page;
mod phrase;
mod reading;
mod ready;

pub use assemble::{Canonical, Header, assemble, canonical, head, sha256};
pub use judge::{Auditor, Judgement};
pub use page::page;
pub use ready::{find, ready};

/// Version of the rules: rises whenever the same rubric and conversation may give another finding.
pub const VERSION: &str = "1.0.0";
