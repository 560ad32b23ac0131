//! How what an analysis asks for meets what people have done. Pure.

use domain::conversation::Named;
use domain::task::{MAX_HISTORY, Task, TaskDraft, TaskEvent, TaskState};
use jiff::Timestamp;

/// By whom a change of state by the analysis is signed.
pub(crate) const ANALYSIS: &str = "analysis";

/// What stands behind a draft besides the draft itself.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) conversation_id: &'a str,
    pub(crate) owner: Option<&'a Named>,
    pub(crate) now: Timestamp,
}

/// The task to be stored, or `None` when nothing changes. `draft` is `None` when the analysis gives no reason for the task.
///
/// - asked for the first time → open
/// - open and asked for again → what the analysis says is renewed
/// - open and no longer asked for → resolved
/// - resolved and asked for again → reopened
/// - done or dismissed, and asked for on evidence newer than that → reopened; on the same evidence → left closed
pub(crate) fn merge(existing: Option<&Task>, draft: Option<&TaskDraft>, context: Context<'_>) -> Option<Task> {
    let Context { conversation_id, owner, now } = context;
    match (existing, draft) {
        (None, None) => None,
        (None, Some(draft)) => Some(Task {
            id: domain::ids::TaskId::of(conversation_id, draft.kind),
            conversation_id: conversation_id.to_owned(),
            draft: draft.clone(),
            owner: owner.cloned(),
            state: TaskState::Open,
            created_at: now,
            updated_at: now,
            history: vec![TaskEvent { state: TaskState::Open, at: now, by: ANALYSIS.to_owned() }],
        }),
        (Some(task), None) => task.state.is_open().then(|| with_state(task, TaskState::Resolved, ANALYSIS, now)),
        (Some(task), Some(draft)) => {
            let reopens = match task.state {
                TaskState::Open | TaskState::Reopened => false,
                TaskState::Resolved => true,
                TaskState::Done | TaskState::Dismissed => {
                    let closed_at = task.history.last().map_or(task.updated_at, |event| event.at);
                    draft.evidence_at > closed_at
                }
            };
            if !reopens && task.draft == *draft && task.owner.as_ref() == owner {
                return None;
            }
            let state = if reopens { TaskState::Reopened } else { task.state };
            let mut task = if reopens { with_state(task, state, ANALYSIS, now) } else { task.clone() };
            task.draft = draft.clone();
            task.owner = owner.cloned();
            task.updated_at = now;
            Some(task)
        }
    }
}

/// The task in another state, remembered in its history.
pub(crate) fn with_state(task: &Task, state: TaskState, by: &str, now: Timestamp) -> Task {
    let mut task = task.clone();
    task.state = state;
    task.updated_at = now;
    task.history.push(TaskEvent { state, at: now, by: by.to_owned() });
    let oldest = task.history.len().saturating_sub(MAX_HISTORY);
    task.history.drain(..oldest);
    task
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::task::{TaskKind, TaskPriority};
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn draft(evidence: i64) -> TaskDraft {
        TaskDraft {
            kind: TaskKind::ChurnRisk,
            priority: TaskPriority::High,
            title: "Customer may leave".into(),
            reasons: vec!["cancellation_intent".into()],
            evidence_at: at(evidence),
            due_at: None,
            evidence: vec![],
        }
    }

    fn context(now: i64) -> Context<'static> {
        Context { conversation_id: "c", owner: None, now: at(now) }
    }

    #[test]
    fn asked_for_it_is_open_and_asked_again_nothing_changes() {
        let task = merge(None, Some(&draft(0)), context(10)).unwrap();
        assert_eq!((task.state, task.history.len()), (TaskState::Open, 1));
        assert_eq!(merge(Some(&task), Some(&draft(0)), context(20)), None);
        assert_eq!(merge(None, None, context(20)), None);
    }

    #[test]
    fn an_open_task_follows_the_analysis() {
        let task = merge(None, Some(&draft(0)), context(10)).unwrap();
        let urgent = TaskDraft { priority: TaskPriority::Urgent, ..draft(5) };
        let renewed = merge(Some(&task), Some(&urgent), context(20)).unwrap();
        assert_eq!((renewed.state, renewed.created_at, renewed.updated_at), (TaskState::Open, at(10), at(20)));
        assert_eq!((renewed.draft.clone(), renewed.history.len()), (urgent, 1));
        let resolved = merge(Some(&renewed), None, context(30)).unwrap();
        assert_eq!((resolved.state, resolved.history.len()), (TaskState::Resolved, 2));
        assert_eq!(merge(Some(&resolved), None, context(40)), None);
        assert_eq!(merge(Some(&resolved), Some(&draft(0)), context(50)).unwrap().state, TaskState::Reopened);
    }

    #[test]
    fn what_a_person_closed_stays_closed_until_there_is_newer_evidence() {
        let task = merge(None, Some(&draft(0)), context(10)).unwrap();
        for closed in [TaskState::Done, TaskState::Dismissed] {
            let closed = with_state(&task, closed, "key_1", at(100));
            assert_eq!(merge(Some(&closed), Some(&draft(0)), context(200)), None);
            assert_eq!(merge(Some(&closed), None, context(200)), None);
            let same_evidence = TaskDraft { priority: TaskPriority::Low, ..draft(100) };
            assert_eq!(merge(Some(&closed), Some(&same_evidence), context(200)).unwrap().state, closed.state);
            let reopened = merge(Some(&closed), Some(&draft(101)), context(200)).unwrap();
            assert_eq!(reopened.state, TaskState::Reopened);
            assert_eq!(reopened.history.last().unwrap().by, ANALYSIS);
        }
    }

    proptest! {
        #[test]
        fn merging_twice_is_merging_once(evidence in proptest::option::of(0_i64..300), closed in 0_usize..5) {
            let task = merge(None, Some(&draft(0)), context(10)).unwrap();
            let task = with_state(&task, TaskState::ALL[closed], "key_1", at(100));
            let draft = evidence.map(draft);
            if let Some(merged) = merge(Some(&task), draft.as_ref(), context(200)) {
                prop_assert_eq!(merge(Some(&merged), draft.as_ref(), context(300)), None);
            }
        }

        #[test]
        fn history_is_bounded(changes in 0_usize..60) {
            let mut task = merge(None, Some(&draft(0)), context(10)).unwrap();
            for i in 0..changes {
                task = with_state(&task, TaskState::ALL[i % 5], "key_1", at(100));
            }
            prop_assert!(task.history.len() <= MAX_HISTORY);
        }
    }
}
