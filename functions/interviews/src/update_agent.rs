//! `PATCH` and `PUT /api/agents/{id}`

use std::collections::HashMap;

use api::auth::WriteAgents;
use api::problem::{Code, ProblemBody};
use api::{Body, Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::interviews::agent::{self, Agent};
use http::StatusCode;

use crate::Deps;
use crate::agent_body::{AgentPair, AgentRequest, named};
use crate::catalog::Loaded;

/// Change an agent
///
/// Makes a new version of both the phone and the web agent; the history keeps the one before. Fields that are missing stay. Sessions
/// that have begun keep their words.
#[utoipa::path(
    patch,
    path = "/api/agents/{id}",
    tag = "Agents",
    params(("id" = String, Path, description = "The agent's id")),
    request_body = AgentRequest,
    responses(
        (status = 200, description = "The two agents as they are now", body = AgentPair),
        (status = 404, description = "No such agent of this tenant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Every account's agent, a deleted one, or somebody else changed it", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["agents-write"]))
)]
pub(crate) async fn update_agent(
    State(deps): State<Deps>,
    can: Can<WriteAgents>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
    body: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    change(&deps, &can, &path, &body, false).await
}

/// Replace an agent
///
/// Makes a new version of both the phone and the web agent; the history keeps the one before. A field that is missing takes its default.
#[utoipa::path(
    put,
    path = "/api/agents/{id}",
    tag = "Agents",
    params(("id" = String, Path, description = "The agent's id")),
    request_body = AgentRequest,
    responses(
        (status = 200, description = "The two agents as they are now", body = AgentPair),
        (status = 404, description = "No such agent of this tenant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Every account's agent, a deleted one, or somebody else changed it", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["agents-write"]))
)]
pub(crate) async fn replace_agent(
    State(deps): State<Deps>,
    can: Can<WriteAgents>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
    body: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    change(&deps, &can, &path, &body, true).await
}

async fn change(
    deps: &Deps,
    can: &Can<WriteAgents>,
    path: &HashMap<String, String>,
    body: &Body,
    whole: bool,
) -> Result<Response, Problem> {
    let loaded = Loaded::of(&deps.store, can.tenant()).await?;
    let (_, before) = named(path, &loaded)?;
    let base = (!whole).then_some(&before.configuration);
    let (configuration, warnings) = body.read(false, can.now(), |value, reader| agent::read(value, reader, base))?;
    unchangeable(before)?;
    if configuration.interview_type != before.configuration.interview_type {
        return Err(Problem::new(Code::Conflict, "An agent's type cannot be changed; make another agent."));
    }
    let after = Agent { configuration, version: before.version + 1, updated_at: can.now(), ..before.clone() };
    deps.store.put_agent(can.tenant(), &after).await?;
    reply::json(StatusCode::OK, &AgentPair::of(&after, &loaded, warnings))
}

/// Refuses what is every account's or deleted.
pub(crate) fn unchangeable(agent: &Agent) -> Result<(), Problem> {
    if agent.is_system {
        return Err(Problem::new(Code::Conflict, "Every account has this agent; make one of your own instead."));
    }
    if !agent.is_active {
        return Err(Problem::new(Code::Conflict, "The agent is deleted."));
    }
    Ok(())
}
