use domain::conversation::Named;
use domain::ids::TaskId;
use domain::task::{TaskDraft, TaskKind, TaskPriority, TaskState};
use store::{Drafts, Purpose, TaskScope, Written};

use crate::world::{World, analysed, at, batch, contact_key, conversation, draft, expiry, tenant, ulid, written};

const JUNE: &str = "2026-06-03T10:00:00Z";
const NOW: &str = "2026-11-25T10:00:00Z";

fn ann() -> Named {
    Named { id: "ann#1".into(), name: Some("Ann".into()) }
}

struct Case {
    world: World,
    owner: Named,
}

impl Case {
    async fn new() -> Self {
        Self { world: World::new().await, owner: ann() }
    }

    /// Stores a version of the conversation that asks for these tasks.
    async fn store(&self, minute: i64, drafts: &[TaskDraft]) -> Written {
        let mut version = conversation("c-1", at(JUNE), 2);
        version.updated_at = Some(at(JUNE) + jiff::SignedDuration::from_mins(minute));
        let new = analysed(&version, batch(minute.unsigned_abs()), u8::try_from(minute).unwrap(), drafts);
        written(self.world.store.put_conversation(&tenant("demo"), &contact_key(), &new).await.unwrap())
    }

    async fn merge(&self, written: &Written, drafts: &[TaskDraft]) -> Vec<domain::task::Task> {
        let drafts = Drafts { conversation_id: "c-1", written, drafts, owner: Some(&self.owner), expires_at: expiry() };
        self.world.store.put_drafts(&tenant("demo"), drafts, at(NOW)).await.unwrap()
    }

    async fn task(&self, kind: TaskKind) -> Option<domain::task::Task> {
        self.world.store.task(&tenant("demo"), &TaskId::of("c-1", kind)).await.unwrap()
    }
}

#[tokio::test]
async fn a_conversation_without_tasks_costs_nothing() {
    let case = Case::new().await;
    let written = case.store(0, &[]).await;
    assert_eq!(case.merge(&written, &[]).await, []);
    assert_eq!(case.world.store.meter().of(Purpose::Tasks).calls, 0);
    assert_eq!(case.world.store.meter().of(Purpose::Conversations).calls, 1);
}

#[tokio::test]
async fn tasks_are_listed_from_the_index_alone() {
    let case = Case::new().await;
    let demo = tenant("demo");
    let drafts = [
        TaskDraft { priority: TaskPriority::Low, ..draft(TaskKind::ChurnRisk, at(JUNE)) },
        TaskDraft { priority: TaskPriority::Urgent, ..draft(TaskKind::Intervention, at(JUNE)) },
    ];
    let written = case.store(0, &drafts).await;
    assert_eq!(case.merge(&written, &drafts).await.len(), 2);
    let keys = case.world.store.task_keys(&demo, TaskScope::All).await.unwrap();
    assert_eq!(keys.iter().map(|key| key.priority).collect::<Vec<_>>(), [TaskPriority::Urgent, TaskPriority::Low]);
    assert!(keys.iter().all(|key| key.is_owned_by("ann#1") && !key.is_owned_by("ann") && key.created_at == at(NOW)));
    assert_eq!(case.world.store.task_keys(&tenant("demo-2"), TaskScope::All).await.unwrap(), []);

    let ids: Vec<TaskId> = keys.into_iter().map(|key| key.id).collect();
    let tasks = case.world.store.tasks(&demo, &ids).await.unwrap();
    assert_eq!(
        tasks.iter().map(|task| task.draft.kind).collect::<Vec<_>>(),
        [TaskKind::Intervention, TaskKind::ChurnRisk]
    );
    assert_eq!(tasks[1].draft, drafts[0]);
    assert_eq!(tasks[1].owner, Some(ann()));
    assert_eq!(tasks[1].conversation_id, "c-1");

    case.world.store.transition(&demo, &ids[0], TaskState::Done, "key_1", at(NOW)).await.unwrap();
    let open = case.world.store.task_keys(&demo, TaskScope::Open).await.unwrap();
    let closed = case.world.store.task_keys(&demo, TaskScope::Closed).await.unwrap();
    assert_eq!((open.len(), closed.len()), (1, 1));
    assert_eq!((closed[0].state, closed[0].kind), (TaskState::Done, TaskKind::Intervention));
}

#[tokio::test]
async fn redelivery_writes_nothing_and_gone_reasons_resolve() {
    let case = Case::new().await;
    let drafts = [draft(TaskKind::ChurnRisk, at(JUNE))];
    let first = case.store(0, &drafts).await;
    case.merge(&first, &drafts).await;
    let again = case.store(0, &drafts).await;
    let before = case.world.store.meter().of(Purpose::Tasks);
    assert_eq!(case.merge(&again, &drafts).await, []);
    assert_eq!(case.world.store.meter().of(Purpose::Tasks).since(&before).write_units, 0);

    let later = case.store(5, &[]).await;
    assert_eq!(later.task_kinds, [TaskKind::ChurnRisk]);
    assert_eq!(case.merge(&later, &[]).await[0].state, TaskState::Resolved);
    // The older analysis comes once more, after the newer one: it changes nothing.
    assert_eq!(case.merge(&first, &drafts).await, []);
    assert_eq!(case.task(TaskKind::ChurnRisk).await.unwrap().state, TaskState::Resolved);
}

#[tokio::test]
async fn an_older_analysis_that_comes_late_makes_no_task_that_the_newest_gives_no_reason_for() {
    let case = Case::new().await;
    let drafts = [draft(TaskKind::ChurnRisk, at(JUNE))];
    let older = case.store(0, &drafts).await;
    let newer = case.store(5, &[]).await;
    // The newer one is here first, and there is nothing yet that it could resolve.
    assert_eq!(newer.task_kinds, [TaskKind::ChurnRisk]);
    assert_eq!(case.merge(&newer, &[]).await, []);
    assert_eq!(case.merge(&older, &drafts).await, []);
    assert_eq!(case.task(TaskKind::ChurnRisk).await, None);
}

#[tokio::test]
async fn a_newer_analysis_that_leaves_a_task_as_it_is_still_comes_before_an_older_one() {
    let case = Case::new().await;
    let drafts = [draft(TaskKind::ChurnRisk, at(JUNE))];
    let other = [TaskDraft { priority: TaskPriority::Low, title: "Something else".into(), ..drafts[0].clone() }];
    let first = case.store(0, &drafts).await;
    assert_eq!(case.merge(&first, &drafts).await.len(), 1);
    let second = case.store(5, &other).await;
    let third = case.store(9, &drafts).await;
    // It asks for what is there, so nothing changes but that it was here.
    assert_eq!(case.merge(&third, &drafts).await, []);
    assert_eq!(case.merge(&second, &other).await, []);
    assert_eq!(case.task(TaskKind::ChurnRisk).await.unwrap().draft, drafts[0]);
}

#[tokio::test]
async fn a_closed_task_is_not_reopened_by_an_older_analysis_than_the_one_that_left_it_closed() {
    let case = Case::new().await;
    let drafts = [draft(TaskKind::ChurnRisk, at(JUNE))];
    let first = case.store(0, &drafts).await;
    case.merge(&first, &drafts).await;
    let second = case.store(3, &[]).await;
    assert_eq!(case.merge(&second, &[]).await[0].state, TaskState::Resolved);
    let third = case.store(5, &drafts).await;
    let fourth = case.store(9, &[]).await;
    assert_eq!(case.merge(&fourth, &[]).await, []);
    assert_eq!(case.merge(&third, &drafts).await, []);
    assert_eq!(case.task(TaskKind::ChurnRisk).await.unwrap().state, TaskState::Resolved);
}

#[tokio::test]
async fn a_crash_between_conversation_and_tasks_is_healed_by_redelivery() {
    let case = Case::new().await;
    let drafts = [draft(TaskKind::ChurnRisk, at(JUNE)), draft(TaskKind::Intervention, at(JUNE))];
    case.store(0, &drafts).await; // and here the process died
    let again = case.store(0, &drafts).await;
    assert!(!again.first);
    assert_eq!(case.merge(&again, &drafts).await.len(), 2);
}

#[tokio::test]
async fn a_persons_word_is_kept_unless_there_is_newer_evidence() {
    let case = Case::new().await;
    let demo = tenant("demo");
    let id = TaskId::of("c-1", TaskKind::ChurnRisk);
    let drafts = [draft(TaskKind::ChurnRisk, at(JUNE))];
    let first = case.store(0, &drafts).await;
    case.merge(&first, &drafts).await;
    let done = case.world.store.transition(&demo, &id, TaskState::Done, "key_1", at(NOW)).await.unwrap().unwrap();
    assert_eq!((done.state, done.history.len()), (TaskState::Done, 2));
    assert_eq!(done.history[1].by, "key_1");
    // Saying it again changes nothing.
    let again = case.world.store.transition(&demo, &id, TaskState::Done, "key_2", at(NOW)).await.unwrap().unwrap();
    assert_eq!(again, done);

    let second = case.store(1, &drafts).await;
    case.merge(&second, &drafts).await;
    assert_eq!(case.task(TaskKind::ChurnRisk).await.unwrap().state, TaskState::Done);
    let newer = [draft(TaskKind::ChurnRisk, at("2026-11-26T00:00:00Z"))];
    let third = case.store(2, &newer).await;
    assert_eq!(case.merge(&third, &newer).await[0].state, TaskState::Reopened);
    let unknown = TaskId::of("c-9", TaskKind::ChurnRisk);
    let unknown = case.world.store.transition(&demo, &unknown, TaskState::Done, "key_1", at(NOW)).await.unwrap();
    assert_eq!(unknown, None);
    assert_eq!(case.world.items(&case.world.main).await, 2);
}

/// People and analyses change one task at the same time: nobody's change is lost.
#[tokio::test]
async fn no_concurrent_change_is_lost() {
    let case = Case::new().await;
    let demo = tenant("demo");
    let id = TaskId::of("c-1", TaskKind::ChurnRisk);
    let drafts = [draft(TaskKind::ChurnRisk, at(JUNE))];
    let first = case.store(0, &drafts).await;
    case.merge(&first, &drafts).await;
    let mut calls = tokio::task::JoinSet::new();
    for i in 0..8 {
        let (store, demo, id) = (case.world.other_process(), demo.clone(), id.clone());
        let to = if i % 2 == 0 { TaskState::Done } else { TaskState::Dismissed };
        calls.spawn(async move { store.transition(&demo, &id, to, &format!("key_{i}"), at(NOW)).await.unwrap() });
    }
    let mut seen = Vec::new();
    while let Some(task) = calls.join_next().await {
        seen.extend(task.unwrap().unwrap().history.last().map(|event| event.by.clone()));
    }
    let task = case.task(TaskKind::ChurnRisk).await.unwrap();
    // Whoever was answered stands in the history.
    for by in seen {
        assert!(task.history.iter().any(|event| event.by == by), "{by} is lost: {:?}", task.history);
    }
}

#[tokio::test]
async fn deleting_a_conversation_deletes_its_tasks_even_if_they_come_late() {
    let case = Case::new().await;
    let demo = tenant("demo");
    let drafts = [draft(TaskKind::ChurnRisk, at(JUNE)), draft(TaskKind::Intervention, at(JUNE))];
    let first = case.store(0, &drafts).await;
    case.merge(&first, &drafts[..1]).await;
    case.world.store.delete_conversation(&demo, "c-1", ulid(50)).await.unwrap().unwrap();
    assert_eq!(case.world.store.task_keys(&demo, TaskScope::All).await.unwrap(), []);
    // The analysis had stored the conversation before the deletion, and comes with its tasks only now.
    assert_eq!(case.merge(&first, &drafts).await, []);
    assert_eq!(case.world.store.task_keys(&demo, TaskScope::All).await.unwrap(), []);
    assert_eq!(case.world.items(&case.world.main).await, 1, "the tombstone");
}
