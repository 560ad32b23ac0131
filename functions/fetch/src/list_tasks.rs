//! `GET /api/public/{tenant}/tasks`

use api::auth::ReadTasks;
use api::page::{DEFAULT_LIMIT, MAX_LIMIT, Position, Walk, cursor};
use api::problem::ProblemBody;
use api::{Can, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::ids::TaskId;
use domain::task::{TaskKind, TaskPriority, TaskState};
use http::StatusCode;
use serde::Serialize;
use store::TaskKey;
use store::TaskScope;
use utoipa::ToSchema;

use crate::Deps;
use crate::task_body::{TaskBody, bodies};

/// A page of tasks.
#[derive(Serialize, ToSchema)]
pub(crate) struct TaskPage {
    data: Vec<TaskBody>,
    /// Send it with the same filters for the next page; `null` on the last.
    next_cursor: Option<String>,
    /// Tasks that match, on all pages.
    total: usize,
    /// Tasks that match, by kind.
    by_kind: Vec<KindCount>,
}

/// Tasks of one kind.
#[derive(Serialize, ToSchema)]
pub(crate) struct KindCount {
    kind: TaskKind,
    count: usize,
}

/// List tasks
///
/// Open ones first, by priority, then by what is due first.
#[utoipa::path(
    get,
    path = "/api/public/{tenant}/tasks",
    tag = "Tasks",
    params(
        ("tenant" = String, Path, description = "The key's tenant"),
        ("kind" = Option<TaskKind>, Query, description = "One or several, separated by commas"),
        ("priority" = Option<TaskPriority>, Query, description = "One or several, separated by commas"),
        ("state" = Option<TaskState>, Query, description = "One or several, separated by commas; open and reopened if missing"),
        ("agent" = Option<String>, Query, description = "Id of the owner"),
        ("date_preset" = Option<domain::time_range::DatePreset>, Query, description = "Named period of `created_at`"),
        ("date_from" = Option<String>, Query, description = "Date or RFC 3339 time; included"),
        ("date_to" = Option<String>, Query, description = "Date, whole day included, or RFC 3339 time, excluded"),
        ("timezone" = Option<String>, Query, description = "IANA zone of dates and presets; the tenant's if missing"),
        ("limit" = Option<u64>, Query, description = "Tasks of a page, 1–100 (25)"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page of tasks", body = TaskPage),
        (status = 422, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["tasks-read"]))
)]
pub(crate) async fn list_tasks(
    State(deps): State<Deps>,
    can: Can<ReadTasks>,
    mut query: Query,
) -> Result<Response, Problem> {
    let tenant = can.tenant();
    let settings = deps.store.tenant(tenant).await?.map(|record| record.settings).unwrap_or_default();
    let kinds = query.words("kind", TaskKind::parse, TaskKind::WORDS);
    let priorities = query.words("priority", TaskPriority::parse, TaskPriority::WORDS);
    let mut states = query.words("state", TaskState::parse, TaskState::WORDS);
    let agent = query.one("agent");
    let (period, _) = query.period(can.now(), &settings.zone(), settings.week_start.into());
    let limit = query.number("limit", 1..=MAX_LIMIT).unwrap_or(DEFAULT_LIMIT);
    if states.is_empty() {
        states = vec![TaskState::Open, TaskState::Reopened];
    }
    let filters = format!("{kinds:?} {priorities:?} {states:?} {agent:?} {period:?}");
    let walk = Walk::new(tenant.as_str(), "tasks", &filters);
    let after = query.cursor(&walk);
    query.finish()?;

    let scope = match (states.iter().all(|state| state.is_open()), states.iter().any(|state| state.is_open())) {
        (true, _) => TaskScope::Open,
        (_, false) => TaskScope::Closed,
        _ => TaskScope::All,
    };
    let wanted = |key: &TaskKey| {
        states.contains(&key.state)
            && (kinds.is_empty() || kinds.contains(&key.kind))
            && (priorities.is_empty() || priorities.contains(&key.priority))
            && agent.as_deref().is_none_or(|agent| key.is_owned_by(agent))
            && period.contains(key.created_at)
    };
    // The index hands the keys over in the order of the list.
    let keys: Vec<TaskKey> = deps.store.task_keys(tenant, scope).await?.into_iter().filter(wanted).collect();
    let limit = usize::try_from(limit).unwrap_or(1);
    let rest: Vec<&TaskKey> = match &after {
        Some(after) => keys.iter().filter(|key| key.sort_text() > after.id).take(limit + 1).collect(),
        None => keys.iter().take(limit + 1).collect(),
    };
    let page: Vec<TaskId> = rest.iter().take(limit).map(|key| key.id.clone()).collect();
    let next_cursor = match rest.get(limit) {
        Some(_) => rest.get(limit - 1).map(|last| cursor(&walk, Position { key: 0, id: last.sort_text() })),
        None => None,
    };
    let by_kind = TaskKind::ALL
        .iter()
        .map(|kind| KindCount { kind: *kind, count: keys.iter().filter(|key| key.kind == *kind).count() })
        .filter(|count| count.count > 0)
        .collect();
    let data = bodies(&deps, tenant, deps.store.tasks(tenant, &page).await?).await?;
    reply::json(StatusCode::OK, &TaskPage { data, next_cursor, total: keys.len(), by_kind })
}
