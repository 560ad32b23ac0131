//! Interviews with experts: who is asked what, by which agent, and what came of it.
//!
//! | to find | look in |
//! |---|---|
//! | what a request may hold | `plan.rs`, `agent.rs`, `variable.rs`, `event.rs` |
//! | what the agent says to what it hears | `conductor.rs`, its words in `phrases.rs` |
//! | how calls, turns and late events become a transcript and a status | `session.rs` |
//! | lists, search, counts | `rows.rs` |

/// `Debug` that shows nothing, for what holds people's words.
macro_rules! redacted {
    ($($type:ident),+) => { $(
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($type), "(…)"))
            }
        }
    )+ };
}

pub mod agent;
pub mod analysis;
pub mod conductor;
pub mod event;
mod ids;
pub mod link;
pub mod phrases;
pub mod plan;
pub mod rows;
pub mod session;
pub mod template;
pub mod variable;

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use crate::conversation::words;
use analysis::InterviewAnalysis;
pub use ids::{AgentGroupId, AgentId, InterviewId, Platform, SessionId};
use plan::Plan;
use session::SessionStatus;

words! {
    /// Kind of interview.
    InterviewType {
        /// In depth.
        Full => "FULL_INTERVIEW",
        /// Short, to find out whether an expert fits.
        Vetting => "VETTING_INTERVIEW",
    }
}

words! {
    /// Where an interview stands.
    InterviewStatus {
        /// It has no time yet.
        NotScheduled => "NOT_SCHEDULED",
        /// It is to take place.
        Scheduled => "SCHEDULED",
        /// The expert is being called.
        Dialing => "DIALING",
        /// It takes place.
        InProgress => "IN_PROGRESS",
        /// It is over.
        Completed => "COMPLETED",
    }
}

impl InterviewStatus {
    /// The status of an interview that does not take place now: as stated, else by whether it has a time.
    pub fn planned(stated: Option<Self>, scheduled_at: Option<Timestamp>) -> Self {
        let derived = if scheduled_at.is_some() { Self::Scheduled } else { Self::NotScheduled };
        stated.unwrap_or(derived)
    }

    /// Whether it takes place now; being called counts.
    pub fn is_running(self) -> bool {
        matches!(self, Self::Dialing | Self::InProgress)
    }

    /// Whether its plan may still be changed.
    pub fn is_open(self) -> bool {
        matches!(self, Self::NotScheduled | Self::Scheduled)
    }
}

/// A running interview in which nothing happens for so long counts as abandoned.
pub const ABANDONED_AFTER: SignedDuration = SignedDuration::from_mins(5);
/// Sessions an interview may have.
pub const MAX_SESSIONS: usize = 20;

/// An interview.
#[derive(Clone, PartialEq)]
pub struct Interview {
    /// Its id.
    pub id: InterviewId,
    /// What is to be asked, and whom.
    pub plan: Plan,
    /// Where it stands.
    pub status: InterviewStatus,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its plan was changed last.
    pub updated_at: Timestamp,
    /// When something was said last.
    pub last_activity_at: Option<Timestamp>,
    /// When it was completed.
    pub completed_at: Option<Timestamp>,
    /// Whether the expert said anything in the session that completed it; `None` until then.
    pub success: Option<bool>,
    /// What was made of it; `None` until it is analysed.
    pub analysis: Option<InterviewAnalysis>,
    /// Rises with every change of the plan.
    pub revision: u64,
}

impl fmt::Debug for Interview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interview").field("id", &self.id).field("status", &self.status).finish_non_exhaustive()
    }
}

impl Interview {
    /// A new interview.
    pub fn new(id: InterviewId, plan: Plan, now: Timestamp) -> Self {
        Self {
            id,
            status: plan.status(),
            plan,
            created_at: now,
            updated_at: now,
            last_activity_at: None,
            completed_at: None,
            success: None,
            analysis: None,
            revision: 1,
        }
    }

    /// The status after one of its sessions came to stand so. What is completed stays completed.
    pub fn after(&self, session: SessionStatus) -> InterviewStatus {
        match session {
            _ if self.status == InterviewStatus::Completed => InterviewStatus::Completed,
            SessionStatus::Dialing => InterviewStatus::Dialing,
            SessionStatus::InProgress => InterviewStatus::InProgress,
            SessionStatus::Completed => InterviewStatus::Completed,
            // The call failed: the interview is still to take place.
            SessionStatus::Failed => self.plan.status(),
            SessionStatus::Abandoned => self.status,
        }
    }

    /// Whether it runs and nothing happened for [`ABANDONED_AFTER`].
    pub fn is_abandoned(&self, now: Timestamp) -> bool {
        let last = self.last_activity_at.unwrap_or(self.updated_at);
        self.status.is_running() && now.duration_since(last) >= ABANDONED_AFTER
    }
}
