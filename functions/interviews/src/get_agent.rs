//! `GET /api/agents/{id}`

use std::collections::HashMap;

use api::auth::ReadAgents;
use api::problem::ProblemBody;
use api::{Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::agent_body::{AgentBody, AgentVersionBody, named};
use crate::catalog::Loaded;

/// An agent with its history.
#[derive(Serialize, ToSchema)]
pub(crate) struct AgentDetail {
    #[serde(flatten)]
    agent: AgentBody,
    /// Every version, newest first.
    versions: Vec<AgentVersionBody>,
}

/// Read an agent
///
/// With every version it ever had. Deleted ones too.
#[utoipa::path(
    get,
    path = "/api/agents/{id}",
    tag = "Agents",
    params(("id" = String, Path, description = "The agent's id")),
    responses(
        (status = 200, description = "The agent", body = AgentDetail),
        (status = 404, description = "No such agent of this tenant", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["agents-read"]))
)]
pub(crate) async fn get_agent(
    State(deps): State<Deps>,
    can: Can<ReadAgents>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
) -> Result<Response, Problem> {
    query.finish()?;
    let loaded = Loaded::of(&deps.store, can.tenant()).await?;
    let (id, agent) = named(&path, &loaded)?;
    let versions = deps.store.agent_versions(can.tenant(), id.group).await?;
    let versions = versions.into_iter().rev().map(AgentVersionBody::from).collect();
    reply::json(StatusCode::OK, &AgentDetail { agent: AgentBody::of(agent, id.platform, &loaded), versions })
}
