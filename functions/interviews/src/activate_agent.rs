//! `POST /api/agents/{id}/activate`

use std::collections::HashMap;

use api::auth::WriteAgents;
use api::problem::{Code, ProblemBody};
use api::{Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use crate::Deps;
use crate::agent_body::{AgentPair, named};
use crate::catalog::Loaded;

/// Make an agent the default for its type
///
/// On the phone and on the web. Activating every account's agent undoes it.
#[utoipa::path(
    post,
    path = "/api/agents/{id}/activate",
    tag = "Agents",
    params(("id" = String, Path, description = "The agent's id")),
    responses(
        (status = 200, description = "The two agents", body = AgentPair),
        (status = 404, description = "No such agent of this tenant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The agent is deleted", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["agents-write"]))
)]
pub(crate) async fn activate_agent(
    State(deps): State<Deps>,
    can: Can<WriteAgents>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
) -> Result<Response, Problem> {
    query.finish()?;
    let tenant = can.tenant();
    let loaded = Loaded::of(&deps.store, tenant).await?;
    let (id, agent) = named(&path, &loaded)?;
    if !agent.is_active {
        return Err(Problem::new(Code::Conflict, "The agent is deleted."));
    }
    deps.store.set_default_agent(tenant, agent.configuration.interview_type, id.group).await?;
    let loaded = Loaded::of(&deps.store, tenant).await?;
    let (_, agent) = named(&path, &loaded)?;
    reply::json(StatusCode::OK, &AgentPair::of(agent, &loaded, Vec::new()))
}
