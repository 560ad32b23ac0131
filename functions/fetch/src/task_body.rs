//! A task as callers see it.

use api::Problem;
use domain::access::Tenant;
use domain::analysis::Evidence;
use domain::conversation::{Conversation, Named};
use domain::task::{Task, TaskEvent, TaskKind, TaskPriority, TaskState};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::get_conversation::text_of;

/// Something to be acted on.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaskBody {
    #[schema(example = "tsk_3C9T4V0M6Z8R1Q5X7Y2N4B6D8F")]
    id: String,
    conversation_uid: String,
    kind: TaskKind,
    priority: TaskPriority,
    state: TaskState,
    /// Made of labels only, without customer text.
    title: String,
    /// Reason codes, most important first.
    reasons: Vec<String>,
    owner: Option<Named>,
    due_at: Option<String>,
    created_at: String,
    updated_at: String,
    /// Changes of state, oldest first.
    history: Vec<TaskEvent>,
    /// What it rests on.
    evidence: Vec<Evidence>,
}

/// The bodies of tasks, each with quotes from its conversation.
pub(crate) async fn bodies(deps: &Deps, tenant: &Tenant, tasks: Vec<Task>) -> Result<Vec<TaskBody>, Problem> {
    let ids: Vec<String> = tasks.iter().map(|task| task.conversation_id.clone()).collect();
    let stored = deps.store.conversations(tenant, &ids).await?;
    let texts = futures_util::future::try_join_all(stored.iter().map(|stored| text_of(deps, tenant, stored))).await?;
    let text = |id: &str| texts.iter().flatten().find(|conversation| conversation.id == id);
    Ok(tasks
        .into_iter()
        .map(|task| {
            let conversation = text(&task.conversation_id);
            body(task, conversation)
        })
        .collect())
}

fn body(task: Task, conversation: Option<&Conversation>) -> TaskBody {
    let draft = task.draft;
    TaskBody {
        id: task.id.to_string(),
        conversation_uid: task.conversation_id,
        kind: draft.kind,
        priority: draft.priority,
        state: task.state,
        title: draft.title,
        reasons: draft.reasons,
        owner: task.owner,
        due_at: draft.due_at.map(|at| at.to_string()),
        created_at: task.created_at.to_string(),
        updated_at: task.updated_at.to_string(),
        history: task.history,
        evidence: draft.evidence.iter().filter_map(|span| crate::evidence::of_span(*span, conversation?)).collect(),
    }
}
