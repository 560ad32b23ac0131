//! Tasks: one per conversation and kind. A conversation that never gave reason for one costs nothing here.

mod merge;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use domain::access::Tenant;
use domain::analysis::Span;
use domain::conversation::Named;
use domain::facts::Revision;
use domain::failure::Failure;
use domain::ids::TaskId;
use domain::task::{Task, TaskDraft, TaskEvent, TaskKind, TaskPriority, TaskState};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::conversations::{Reading, Standing, Written};
use crate::item::{self, Reader, TTL, TYPE, Unreadable, b, corrupt, n, s, ttl};
use crate::keys::{self, GSI1PK, GSI1SK, TaskKey};
use crate::meter::{self, Purpose, item_size, write_units};
use crate::sdk::{Attributes, condition, failure};
use crate::{Store, pause};
use merge::{Context, merge, with_state};

const TAG: &str = "task.1";
const WHAT: &str = "task";
const ATTEMPTS: u32 = 20;

const REV: &str = "rev";
const PACKED: &str = "p";

/// Which tasks to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskScope {
    /// All.
    All,
    /// Those on which somebody still has to act.
    Open,
    /// Those that are done, dismissed or resolved.
    Closed,
}

/// What one analysis asks for.
#[derive(Clone, Copy)]
pub struct Drafts<'a> {
    /// The conversation.
    pub conversation_id: &'a str,
    /// What [`Store::put_conversation`] said of it.
    pub written: &'a Written,
    /// The tasks it gives reason for; at most one of a kind.
    pub drafts: &'a [TaskDraft],
    /// The conversation's assignee.
    pub owner: Option<&'a Named>,
    /// When the tasks may be forgotten.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for Drafts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Drafts").field("drafts", &self.drafts.len()).finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
struct Packed {
    conversation_id: String,
    kind: TaskKind,
    priority: TaskPriority,
    title: String,
    reasons: Vec<String>,
    evidence_at: Timestamp,
    due_at: Option<Timestamp>,
    evidence: Vec<Span>,
    owner: Option<(String, Option<String>)>,
    state: TaskState,
    created_at: Timestamp,
    updated_at: Timestamp,
    history: Vec<TaskEvent>,
    /// The revision of the conversation whose analysis was merged last: (generation, version, batch's high and low half).
    revision: (u32, i64, u64, u64),
}

/// A task as stored: with its change counter and the revision of the analysis that it knows.
#[derive(Clone)]
struct Stored {
    task: Task,
    rev: u64,
    revision: Revision,
}

impl Store {
    /// Merges what an analysis asks for with the tasks there are; the tasks that changed. Without drafts now or ever, makes no call.
    ///
    /// Analyses of several versions may come here in any order, or at once; the newest version decides. Two things see to it: every task
    /// remembers the newest revision that was here, even one that left it as it was; and who made a task looks afterwards whether a newer
    /// version was stored meanwhile, which may have been here before there was anything to leave a mark on.
    pub async fn put_drafts(&self, tenant: &Tenant, drafts: Drafts<'_>, now: Timestamp) -> Result<Vec<Task>, Failure> {
        let Drafts { conversation_id, written, owner, .. } = drafts;
        let context = Context { conversation_id, owner, now };
        // All kinds that ever were, the drafts' included: the conversation's item remembers them.
        let mut known: Vec<Stored> = Vec::new();
        if !written.first && !written.task_kinds.is_empty() {
            let ids: Vec<TaskId> = written.task_kinds.iter().map(|kind| TaskId::of(conversation_id, *kind)).collect();
            known = self.stored_tasks(tenant, &ids, Reading::Consistent).await?;
        }
        let (mut changed, mut made) = (Vec::new(), Vec::new());
        for kind in &written.task_kinds {
            let draft = drafts.drafts.iter().find(|draft| draft.kind == *kind);
            let mut existing = known.iter().find(|stored| stored.task.draft.kind == *kind).cloned();
            for attempt in 0..=ATTEMPTS {
                let before = existing.as_ref();
                if before.is_some_and(|stored| stored.revision > written.revision) {
                    break; // a later analysis was here before us
                }
                let merged = merge(before.map(|stored| &stored.task), draft, context);
                let seen = before.filter(|stored| stored.revision < written.revision).map(|stored| stored.task.clone());
                let Some(task) = merged.clone().or(seen) else { break };
                let next = Stored { task, rev: before.map_or(0, |stored| stored.rev) + 1, revision: written.revision };
                match self.write_task(tenant, before, &next, Some(drafts.expires_at)).await? {
                    Ok(()) => {
                        if before.is_none() {
                            made.push(next);
                        }
                        changed.extend(merged);
                        break;
                    }
                    Err(stored) => existing = stored,
                }
                if attempt == ATTEMPTS {
                    return Err(Failure::Conflict { what: WHAT });
                }
                pause(attempt.min(3)).await;
            }
        }
        if changed.is_empty() {
            return Ok(changed);
        }
        match self.standing(tenant, conversation_id, written.revision).await? {
            Standing::Current => {}
            // If the newer analysis wants a task, it makes it, or has written over ours already.
            Standing::Superseded => {
                for task in &made {
                    if self.delete_task_as_made(tenant, task).await? {
                        changed.retain(|changed| changed.id != task.task.id);
                    }
                }
            }
            // A deletion between the conversation's write and ours did not see the tasks that we made.
            Standing::Deleted => {
                self.delete_tasks(tenant, conversation_id, &written.task_kinds).await?;
                changed.clear();
            }
        }
        Ok(changed)
    }

    /// Changes a task's state on behalf of a person; the task as it is then, or `None` when there is none of that id. A task that is in
    /// that state already (or open, for `Reopened`) is left as it is.
    pub async fn transition(
        &self,
        tenant: &Tenant,
        id: &TaskId,
        to: TaskState,
        by: &str,
        now: Timestamp,
    ) -> Result<Option<Task>, Failure> {
        let mut existing = self.stored_task(tenant, id).await?;
        for attempt in 0..ATTEMPTS {
            let Some(stored) = existing else { return Ok(None) };
            if stored.task.state == to || (to == TaskState::Reopened && stored.task.state.is_open()) {
                return Ok(Some(stored.task));
            }
            let task = with_state(&stored.task, to, by, now);
            let next = Stored { task, rev: stored.rev + 1, revision: stored.revision };
            match self.write_task(tenant, Some(&stored), &next, None).await? {
                Ok(()) => return Ok(Some(next.task)),
                Err(other) => existing = other,
            }
            pause(attempt.min(3)).await;
        }
        Err(Failure::Conflict { what: WHAT })
    }

    /// What the index says of the tenant's tasks: open ones first, then by priority, then by what is due first.
    pub async fn task_keys(&self, tenant: &Tenant, scope: TaskScope) -> Result<Vec<TaskKey>, Failure> {
        let prefix = match scope {
            TaskScope::All => None,
            TaskScope::Open => Some(keys::OPEN),
            TaskScope::Closed => Some(keys::CLOSED),
        };
        let items = self.query_index(keys::task_index(tenant), prefix, Purpose::Tasks).await?;
        let parse = |item: &Attributes| match item.get(GSI1SK) {
            Some(AttributeValue::S(key)) => TaskKey::parse(key).ok_or(Unreadable::Attribute(GSI1SK)),
            _ => Err(Unreadable::Attribute(GSI1SK)),
        };
        items.iter().map(|item| parse(item).map_err(corrupt(WHAT))).collect()
    }

    /// The tasks of those ids that exist, in the order of `ids`.
    pub async fn tasks(&self, tenant: &Tenant, ids: &[TaskId]) -> Result<Vec<Task>, Failure> {
        let mut found = self.stored_tasks(tenant, ids, Reading::Eventual).await?;
        let take = |id: &TaskId| {
            let at = found.iter().position(|stored| stored.task.id == *id)?;
            Some(found.swap_remove(at).task)
        };
        Ok(ids.iter().filter_map(take).collect())
    }

    /// The task of that id, read consistently.
    pub async fn task(&self, tenant: &Tenant, id: &TaskId) -> Result<Option<Task>, Failure> {
        Ok(self.stored_task(tenant, id).await?.map(|stored| stored.task))
    }

    async fn stored_task(&self, tenant: &Tenant, id: &TaskId) -> Result<Option<Stored>, Failure> {
        let output = self
            .client()
            .get_item()
            .table_name(self.main())
            .set_key(Some(item::key(&keys::task(tenant, id))))
            .consistent_read(true)
            .send()
            .await
            .map_err(failure)?;
        self.meter().read(Purpose::Tasks, meter::consistent_halves(output.item().map_or(0, item_size)));
        output.item().map(|item| parse(item).map_err(corrupt(WHAT))).transpose()
    }

    async fn stored_tasks(&self, tenant: &Tenant, ids: &[TaskId], reading: Reading) -> Result<Vec<Stored>, Failure> {
        let unique: std::collections::BTreeSet<&TaskId> = ids.iter().collect();
        let keys = unique.into_iter().map(|id| item::key(&keys::task(tenant, id))).collect();
        let items = self.batch_get(keys, reading, Purpose::Tasks).await?;
        items.iter().map(|item| parse(item).map_err(corrupt(WHAT))).collect()
    }

    /// Writes `next` if `before` is still what is stored; else what is stored.
    async fn write_task(
        &self,
        tenant: &Tenant,
        before: Option<&Stored>,
        next: &Stored,
        expires_at: Option<Timestamp>,
    ) -> Result<Result<(), Option<Stored>>, Failure> {
        let key = item::key(&keys::task(tenant, &next.task.id));
        let mut values: Attributes = [
            (":ty", s(TAG)),
            (":p", b(item::packed(&print(next)).map_err(corrupt(WHAT))?)),
            (":rev", n(next.rev)),
            (":pk", s(keys::task_index(tenant))),
            (":sk", s(TaskKey::of(&next.task).print())),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        let size = item_size(&key) + item_size(&values) + 20;
        let mut units = write_units(size) + 1;
        if before.is_some_and(|before| TaskKey::of(&before.task) == TaskKey::of(&next.task)) {
            units -= 1;
        } else if before.is_some() {
            units += 1;
        }
        let mut expression = format!("SET {TYPE} = :ty, {PACKED} = :p, {REV} = :rev, {GSI1PK} = :pk, {GSI1SK} = :sk");
        let mut request = self.client().update_item().table_name(self.main()).set_key(Some(key));
        if let Some(at) = expires_at {
            expression.push_str(", #ttl = :ttl");
            values.insert(":ttl".to_owned(), ttl(at));
            request = request.expression_attribute_names("#ttl", TTL);
        }
        if let Some(before) = before {
            values.insert(":before".to_owned(), n(before.rev));
        }
        let request = request
            .update_expression(expression)
            .condition_expression(if before.is_some() { "rev = :before" } else { "attribute_not_exists(PK)" })
            .set_expression_attribute_values(Some(values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match condition(request.send().await)? {
            Ok(_) => {
                self.meter().wrote(Purpose::Tasks, units);
                Ok(Ok(()))
            }
            Err(stored) => {
                self.meter().wrote(Purpose::Tasks, write_units(item_size(&stored)));
                let stored = if stored.is_empty() { None } else { Some(parse(&stored).map_err(corrupt(WHAT))?) };
                Ok(Err(stored))
            }
        }
    }

    /// Deletes a task unless anybody has written it since it was made; whether it did.
    async fn delete_task_as_made(&self, tenant: &Tenant, made: &Stored) -> Result<bool, Failure> {
        let request = self
            .client()
            .delete_item()
            .table_name(self.main())
            .set_key(Some(item::key(&keys::task(tenant, &made.task.id))))
            .condition_expression(format!("{REV} = :rev AND {PACKED} = :p"))
            .expression_attribute_values(":rev", n(made.rev))
            .expression_attribute_values(":p", b(item::packed(&print(made)).map_err(corrupt(WHAT))?));
        self.meter().wrote(Purpose::Tasks, 2);
        Ok(condition(request.send().await)?.is_ok())
    }

    pub(crate) async fn delete_tasks(
        &self,
        tenant: &Tenant,
        conversation_id: &str,
        kinds: &[TaskKind],
    ) -> Result<(), Failure> {
        for kind in kinds {
            let key = keys::task(tenant, &TaskId::of(conversation_id, *kind));
            let request = self.client().delete_item().table_name(self.main()).set_key(Some(item::key(&key)));
            request.send().await.map_err(failure)?;
            self.meter().wrote(Purpose::Tasks, 2);
        }
        Ok(())
    }
}

fn print(stored: &Stored) -> Packed {
    let Stored { task, revision, .. } = stored;
    let half = |part: u128| u64::try_from(part & u128::from(u64::MAX)).unwrap_or_default();
    Packed {
        conversation_id: task.conversation_id.clone(),
        kind: task.draft.kind,
        priority: task.draft.priority,
        title: task.draft.title.clone(),
        reasons: task.draft.reasons.clone(),
        evidence_at: task.draft.evidence_at,
        due_at: task.draft.due_at,
        evidence: task.draft.evidence.clone(),
        owner: task.owner.as_ref().map(|owner| (owner.id.clone(), owner.name.clone())),
        state: task.state,
        created_at: task.created_at,
        updated_at: task.updated_at,
        history: task.history.clone(),
        revision: (revision.generation, revision.version, half(revision.batch >> 64), half(revision.batch)),
    }
}

fn parse(item: &Attributes) -> Result<Stored, Unreadable> {
    let reader = Reader::new(item, TAG)?;
    let packed: Packed = reader.packed(PACKED)?;
    let (generation, version, high, low) = packed.revision;
    let task = Task {
        id: TaskId::of(&packed.conversation_id, packed.kind),
        conversation_id: packed.conversation_id,
        draft: TaskDraft {
            kind: packed.kind,
            priority: packed.priority,
            title: packed.title,
            reasons: packed.reasons,
            evidence_at: packed.evidence_at,
            due_at: packed.due_at,
            evidence: packed.evidence,
        },
        owner: packed.owner.map(|(id, name)| Named { id, name }),
        state: packed.state,
        created_at: packed.created_at,
        updated_at: packed.updated_at,
        history: packed.history,
    };
    let batch = (u128::from(high) << 64) | u128::from(low);
    Ok(Stored { task, rev: reader.number(REV)?, revision: Revision { generation, version, batch } })
}
