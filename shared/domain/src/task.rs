//! What must be acted on: one open task per conversation and kind.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::analysis::Span;
use crate::conversation::{Named, words};
use crate::ids::TaskId;

words! {
    /// Why a task exists.
    TaskKind {
        /// The conversation needs a person now.
        Intervention => "intervention",
        /// Something is going wrong.
        EarlyWarning => "early_warning",
        /// The customer wrote last and nobody answered.
        UnansweredMessage => "unanswered_message",
        /// The team promised something and has not done it.
        PromiseNotKept => "promise_not_kept",
        /// The customer may leave.
        ChurnRisk => "churn_risk",
    }
}

words! {
    /// How soon a task should be done; `urgent` first.
    TaskPriority {
        /// First.
        Urgent => "urgent",
        /// Today.
        High => "high",
        /// This week.
        Medium => "medium",
        /// When there is time.
        Low => "low",
    }
}

words! {
    /// Where a task stands.
    TaskState {
        /// To be done.
        Open => "open",
        /// Done by a person.
        Done => "done",
        /// Not worth doing, said a person.
        Dismissed => "dismissed",
        /// Put back by a person, or by new evidence after it was done or dismissed.
        Reopened => "reopened",
        /// The conversation no longer gives a reason for it.
        Resolved => "resolved",
    }
}

impl TaskState {
    /// Whether somebody still has to act.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Reopened)
    }
}

/// A task as one analysis of its conversation asks for it; the store merges it with what people have done to it.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskDraft {
    /// Why it exists.
    pub kind: TaskKind,
    /// How soon.
    pub priority: TaskPriority,
    /// Fixed text for the list, made of labels only: no customer text.
    pub title: String,
    /// Reason codes, such as churn signals or the warning's kind, most important first.
    pub reasons: Vec<String>,
    /// The time of the newest message that gives reason for it. New evidence after a person closed the task reopens it.
    pub evidence_at: Timestamp,
    /// When it should be done.
    pub due_at: Option<Timestamp>,
    /// What it rests on.
    pub evidence: Vec<Span>,
}

/// A task with its history.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Same conversation and kind, same id.
    pub id: TaskId,
    /// The conversation.
    pub conversation_id: String,
    /// What the latest analysis says of it.
    pub draft: TaskDraft,
    /// Who should do it: the conversation's assignee.
    pub owner: Option<Named>,
    /// Where it stands.
    pub state: TaskState,
    /// When it was first asked for.
    pub created_at: Timestamp,
    /// When anything about it changed last.
    pub updated_at: Timestamp,
    /// Changes of state, oldest first; the newest [`MAX_HISTORY`].
    pub history: Vec<TaskEvent>,
}

/// Most changes of state that a task remembers.
pub const MAX_HISTORY: usize = 20;

/// A change of state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TaskEvent {
    /// The state that began.
    pub state: TaskState,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who: `analysis`, or the id of the API key.
    pub by: String,
}
