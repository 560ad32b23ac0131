//! What Hark is about, as plain data and pure functions.
//!
//! Nothing here knows AWS, HTTP, the environment, the clock or randomness: times and new ids come in as arguments.
#![warn(missing_docs)]

pub mod access;
pub mod analysis;
pub mod audits;
pub mod batch;
pub mod context;
pub mod conversation;
pub mod facts;
pub mod failure;
pub mod fault;
pub mod ids;
pub mod insights;
pub mod interviews;
pub mod matter;
pub mod reader;
pub mod reanalysis;
pub mod redaction;
pub mod settings;
pub mod task;
pub mod time;
pub mod time_range;
pub mod webhooks;
