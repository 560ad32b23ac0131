//! What is made of a completed interview.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where words stand in a transcript.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// The session.
    pub session_id: String,
    /// The entry of its transcript.
    pub entry_id: String,
    /// First character, counted in Unicode scalar values.
    pub start: u32,
    /// Character behind the last one.
    pub end: u32,
}

/// A notable sentence of the expert.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Quote {
    /// The words, verbatim.
    pub quote: String,
    /// Why they are notable: the question they answer and what is in them.
    pub context: String,
    /// Seconds since the session began.
    pub timestamp_secs: f64,
    /// Where they stand.
    pub evidence: Evidence,
}

/// What is made of a completed interview.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct InterviewAnalysis {
    /// The expert's most telling sentences in their order; `None` when the expert said nothing.
    pub summary: Option<String>,
    /// Where the summary's sentences stand.
    pub summary_evidence: Vec<Evidence>,
    /// Notable sentences in their order.
    pub quotes: Vec<Quote>,
    /// When it was made.
    pub generated_at: Timestamp,
}

redacted!(Evidence, Quote, InterviewAnalysis);
