//! `PATCH /api/public/{tenant}/tasks/{id}`

use std::collections::HashMap;

use api::auth::UpdateTasks;
use api::problem::ProblemBody;
use api::{Body, Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::fault::Fault;
use domain::ids::TaskId;
use domain::reader::{At, word};
use domain::task::TaskState;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::task_body::{TaskBody, bodies};

/// What a person decides about a task.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct UpdateTaskRequest {
    /// `done`, `dismissed` or `reopened`.
    #[schema(example = "done")]
    state: String,
}

/// A task after it was changed.
#[derive(Serialize, ToSchema)]
pub(crate) struct UpdatedTaskBody {
    #[serde(flatten)]
    task: TaskBody,
    /// Fields of the request that are not known and were ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Fault>,
}

const STATES: &[&str] = &["done", "dismissed", "reopened"];

/// Change a task's state
///
/// The change and the key that made it go into the task's history. Saying the same again changes nothing.
#[utoipa::path(
    patch,
    path = "/api/public/{tenant}/tasks/{id}",
    tag = "Tasks",
    params(
        ("tenant" = String, Path, description = "The key's tenant"),
        ("id" = String, Path, description = "The task's id"),
    ),
    request_body = UpdateTaskRequest,
    responses(
        (status = 200, description = "The task as it is now", body = UpdatedTaskBody),
        (status = 404, description = "No such task of this tenant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["tasks-update"]))
)]
pub(crate) async fn update_task(
    State(deps): State<Deps>,
    can: Can<UpdateTasks>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
    body: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    let (state, warnings) = body.read(false, can.now(), |value, reader| {
        let mut map = reader.object(value, &At::ROOT)?;
        let state = reader.required(&mut map, &At::ROOT, "state", |value, at, reader| {
            let parse = |text: &str| TaskState::parse(text).filter(|state| STATES.contains(&state.as_str()));
            word(&value, at, reader, parse, STATES)
        });
        reader.leftovers(&At::ROOT, &map, &["state"]);
        state
    })?;
    let id = path.get("id").and_then(|id| TaskId::parse(id)).ok_or_else(Problem::not_found)?;
    let by = can.access.principal.key.to_string();
    let task = deps.store.transition(can.tenant(), &id, state, &by, can.now()).await?.ok_or_else(Problem::not_found)?;
    let mut bodies = bodies(&deps, can.tenant(), vec![task]).await?;
    let task = bodies.pop().ok_or_else(Problem::not_found)?;
    reply::json(StatusCode::OK, &UpdatedTaskBody { task, warnings })
}
