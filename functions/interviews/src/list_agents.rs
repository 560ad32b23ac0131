//! `GET /api/agents`

use api::auth::ReadAgents;
use api::{Can, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::interviews::Platform;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::agent_body::AgentBody;
use crate::catalog::Loaded;

/// The account's agents.
#[derive(Serialize, ToSchema)]
pub(crate) struct AgentList {
    data: Vec<AgentBody>,
}

/// List agents
///
/// Those of every account first, then the account's own; without deleted ones. Each is there for the phone and for the web.
#[utoipa::path(
    get,
    path = "/api/agents",
    tag = "Agents",
    responses((status = 200, description = "The agents", body = AgentList)),
    security(("bearer" = ["agents-read"]))
)]
pub(crate) async fn list_agents(
    State(deps): State<Deps>,
    can: Can<ReadAgents>,
    query: Query,
) -> Result<Response, Problem> {
    query.finish()?;
    let loaded = Loaded::of(&deps.store, can.tenant()).await?;
    let active = loaded.agents.iter().filter(|agent| agent.is_active);
    let both = |agent| Platform::ALL.iter().map(move |platform| (agent, *platform));
    let data = active.flat_map(both).map(|(agent, platform)| AgentBody::of(agent, platform, &loaded)).collect();
    reply::json(StatusCode::OK, &AgentList { data })
}
