//! An audit as callers see it.

use domain::audits::{Audit, AuditState, FailureReason, MAX_CONVERSATIONS, Origin};
use serde::Serialize;
use utoipa::ToSchema;

/// An audit.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditBody {
    #[schema(example = "aud_01KAXQ4Z7M3V8R0C5T6Y9B2N1D")]
    id: String,
    state: AuditState,
    failure: Option<FailureBody>,
    /// Asked for by a caller, or by the schedule.
    origin: Origin,
    rubric: RubricName,
    period: PeriodBody,
    created_at: String,
    finished_at: Option<String>,
    progress: Progress,
    /// 100 × weight of the checks kept ÷ weight of those kept and broken; `null` while running, and when nothing applied.
    score: Option<f64>,
    /// Checks kept; `null` while running.
    passed: Option<u32>,
    /// Checks broken; `null` while running.
    failed: Option<u32>,
    /// Checks of critical severity broken; `null` while running.
    critical: Option<u32>,
}

/// Why an audit could not be done.
#[derive(Serialize, ToSchema)]
pub(crate) struct FailureBody {
    code: FailureReason,
    /// What happened and what to do.
    detail: String,
}

/// A version of a rubric.
#[derive(Serialize, ToSchema)]
pub(crate) struct RubricName {
    #[schema(example = "general_support")]
    name: String,
    version: u32,
}

/// A half-open period.
#[derive(Serialize, ToSchema)]
pub(crate) struct PeriodBody {
    from: Option<String>,
    to: Option<String>,
}

/// How far an audit has come.
#[derive(Serialize, ToSchema)]
pub(crate) struct Progress {
    /// Conversations in the period, by the filters; 0 until they are counted.
    matched: u32,
    /// Conversations to be judged.
    selected: u32,
    /// Conversations whose turn has come.
    done: u32,
}

impl AuditBody {
    pub(crate) fn of(audit: &Audit) -> Self {
        let result = audit.result.as_ref().filter(|_| audit.state == AuditState::Completed);
        Self {
            id: audit.id.to_string(),
            state: audit.state,
            failure: audit.failure.map(|code| FailureBody { code, detail: detail(code) }),
            origin: audit.origin,
            rubric: RubricName { name: audit.rubric.clone(), version: audit.rubric_version },
            period: PeriodBody {
                from: audit.period.from.map(|at| at.to_string()),
                to: audit.period.to.map(|at| at.to_string()),
            },
            created_at: audit.created_at.to_string(),
            finished_at: audit.finished_at.map(|at| at.to_string()),
            progress: Progress { matched: audit.matched, selected: audit.selected, done: audit.done },
            score: result.and_then(|result| result.score),
            passed: result.map(|result| result.passed),
            failed: result.map(|result| result.failed),
            critical: result.map(|result| result.critical),
        }
    }
}

fn detail(reason: FailureReason) -> String {
    match reason {
        FailureReason::TooManyConversations => format!(
            "More than {MAX_CONVERSATIONS} conversations match. Narrow the period or the filters, or ask for a sample."
        ),
        FailureReason::Internal => "The fault is ours and was logged. Ask for the audit again.".to_owned(),
    }
}
