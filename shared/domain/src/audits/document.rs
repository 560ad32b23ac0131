//! What an audit found, as it is filed: canonical JSON (fields in this order, no white space, numbers with at most three decimals), so
//! that its SHA-256 proves it unchanged.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rubric::Rubric;
use crate::analysis::Severity;
use crate::conversation::words;

/// Name and version of the format.
pub const FORMAT: &str = "hark.audit.1";
/// Conversations in each of the two lists of extremes.
pub const EXTREMES: usize = 10;
/// What stands in the place of everything about an erased conversation.
pub const ERASED: &str = "erased";

words! {
    /// How a check came out for a conversation.
    Verdict {
        /// It was kept.
        Pass => "pass",
        /// It was broken.
        Fail => "fail",
        /// It is not about this conversation, or could not be judged in it.
        NotApplicable => "not_applicable",
    }
}

/// An audit, complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Document {
    /// [`FORMAT`].
    pub format: String,
    /// The audit.
    pub audit_id: String,
    /// The tenant.
    pub tenant: String,
    /// When it was asked for, RFC 3339.
    pub requested_at: String,
    /// What it is about.
    pub scope: Scope,
    /// Personal data in quotes are masked.
    pub masked: bool,
    /// Version of the analyser and of the rules that judged.
    pub engine: String,
    /// The rubric as it was when the audit was asked for.
    pub rubric: Rubric,
    /// Conversations by what became of them.
    pub conversations: Counts,
    /// The whole: 100 × weight of the passed ÷ weight of the passed and failed; `null` when nothing applied.
    pub score: Option<f64>,
    /// By check, in the rubric's order.
    pub checks: Vec<CheckScore>,
    /// By agent or bot; `null` where nobody could be named.
    pub agents: Vec<GroupScore>,
    /// By team.
    pub teams: Vec<GroupScore>,
    /// By channel.
    pub channels: Vec<GroupScore>,
    /// Against the newest earlier audit of the same rubric; `null` when there is none.
    pub change: Option<Change>,
    /// The ten with the lowest score, critical failures first.
    pub worst: Vec<Judged>,
    /// The ten with the highest score, most checks first.
    pub best: Vec<Judged>,
    /// Conversations whose words were taken out after the audit.
    pub erased: u32,
    /// Every conversation, by id. Last, so that all the rest can be read without it.
    pub findings: Vec<Judged>,
}

/// Period, filters and sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Scope {
    /// First instant, RFC 3339; `null` = open.
    pub from: Option<String>,
    /// First instant after it.
    pub to: Option<String>,
    /// Filters as they were asked for.
    #[schema(value_type = Object)]
    pub filters: serde_json::Value,
    /// Conversations to be drawn; `null` = all.
    pub sample: Option<u32>,
    /// What the draw depends on.
    pub seed: u64,
}

/// How many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Counts {
    /// In the period, by the filters.
    pub matched: u32,
    /// Drawn (all of them without a sample).
    pub selected: u32,
    /// Judged.
    pub audited: u32,
    /// Deleted, or past retention, between the beginning of the audit and their turn.
    pub gone: u32,
}

/// How a check came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CheckScore {
    /// The check.
    pub check: String,
    /// What people call it.
    pub title: String,
    /// How bad a failure is.
    pub severity: Severity,
    /// Its weight.
    pub weight: f64,
    /// Conversations that kept it.
    pub passed: u32,
    /// Conversations that broke it.
    pub failed: u32,
    /// Conversations it is not about.
    pub not_applicable: u32,
    /// 100 × passed ÷ (passed + failed); `null` when it never applied.
    pub score: Option<f64>,
}

/// How a part of the conversations came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GroupScore {
    /// Id of the agent or team, or the channel.
    pub id: Option<String>,
    /// Conversations with a finding.
    pub conversations: u32,
    /// Checks kept.
    pub passed: u32,
    /// Checks broken.
    pub failed: u32,
    /// Checks of critical severity broken.
    pub critical: u32,
    /// As the document's score.
    pub score: Option<f64>,
}

/// Against an earlier audit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// The earlier audit.
    pub audit_id: String,
    /// Version of its rubric; only checks of the same name are compared.
    pub rubric_version: u32,
    /// Score then.
    pub score_before: Option<f64>,
    /// Score now less score then; `null` when one of them is.
    pub difference: Option<f64>,
    /// By check.
    pub checks: Vec<CheckChange>,
}

/// A check against an earlier audit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CheckChange {
    /// The check.
    pub check: String,
    /// Score then.
    pub score_before: Option<f64>,
    /// Now less then.
    pub difference: Option<f64>,
}

/// A conversation with its findings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Judged {
    /// The conversation.
    pub conversation_uid: String,
    /// When it began, RFC 3339.
    pub created_at: String,
    /// Its team.
    pub team_id: Option<String>,
    /// Its channel.
    pub channel_type: Option<String>,
    /// As the document's score.
    pub score: Option<f64>,
    /// Checks kept or broken, in the rubric's order.
    pub findings: Vec<Finding>,
    /// Checks that are not about it, with the reason.
    pub not_applicable: Vec<Passed>,
}

/// A check that does not apply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Passed {
    /// The check.
    pub check: String,
    /// Why, as a code.
    pub reason: String,
}

/// A check that was kept or broken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// The check.
    pub check: String,
    /// Kept or broken.
    pub verdict: Verdict,
    /// Why, as a code: `said`, `absent`, `late`, …
    pub reason: String,
    /// The agent or bot that it is counted for.
    pub agent_id: Option<String>,
    /// The words it rests on.
    pub evidence: Vec<Quote>,
    /// Where something was looked for and not found.
    pub looked_in: Option<LookedIn>,
    /// What was measured, in seconds, where a time was.
    pub seconds: Option<u64>,
}

/// Messages in which something was looked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LookedIn {
    /// How many.
    pub messages: u32,
    /// Their ids, the first twenty.
    pub message_ids: Vec<String>,
}

/// A stretch of a message.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Quote {
    /// The message.
    pub message_id: String,
    /// First Unicode scalar value of the stored body.
    pub start: u32,
    /// One past the last.
    pub end: u32,
    /// That slice of the body; personal data are masked, scalar for scalar, where the document says so.
    pub quote: String,
}

impl std::fmt::Debug for Quote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Quote({}..{})", self.start, self.end)
    }
}

impl Document {
    /// Takes everything out that points at these conversations or quotes them; how many there were. Verdicts and scores stay: they
    /// are about the team.
    pub fn erase(&mut self, is_erased: impl Fn(&str) -> bool) -> u32 {
        let mut count = 0;
        for judged in &mut self.findings {
            if judged.erase(&is_erased) {
                count += 1;
            }
        }
        for judged in self.worst.iter_mut().chain(&mut self.best) {
            judged.erase(&is_erased);
        }
        self.erased += count;
        count
    }
}

impl Judged {
    fn erase(&mut self, is_erased: impl Fn(&str) -> bool) -> bool {
        if self.conversation_uid == ERASED || !is_erased(&self.conversation_uid) {
            return false;
        }
        ERASED.clone_into(&mut self.conversation_uid);
        // The day is enough to place it in the period.
        self.created_at.truncate(10);
        for finding in &mut self.findings {
            finding.evidence.clear();
            if let Some(looked) = &mut finding.looked_in {
                looked.message_ids.clear();
            }
        }
        true
    }
}
