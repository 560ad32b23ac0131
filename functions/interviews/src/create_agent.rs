//! `POST /api/agents`

use api::auth::WriteAgents;
use api::problem::{Code, ProblemBody};
use api::{Body, Can, Problem, Query, idempotency, reply};
use axum::extract::State;
use axum::response::Response;
use domain::interviews::AgentGroupId;
use domain::interviews::agent::{self, Agent, MAX_AGENTS};
use http::{HeaderMap, StatusCode};

use crate::Deps;
use crate::agent_body::{AgentPair, AgentRequest};
use crate::catalog::Loaded;

/// Create an agent
///
/// One for the phone and one for the web, of the same configuration.
#[utoipa::path(
    post,
    path = "/api/agents",
    tag = "Agents",
    params(("Idempotency-Key" = Option<String>, Header, description = "Replays the first answer for 24 hours")),
    request_body = AgentRequest,
    responses(
        (status = 202, description = "The two agents", body = AgentPair),
        (status = 409, description = "The account has 200 agents", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["agents-write"]))
)]
pub(crate) async fn create_agent(
    State(deps): State<Deps>,
    can: Can<WriteAgents>,
    query: Query,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    let create = Box::pin(create(&deps, &can, &body));
    idempotency::once(&deps.edge, &can.access, &headers, "POST agents", &body.0, create).await
}

async fn create(deps: &Deps, can: &Can<WriteAgents>, body: &Body) -> Result<Response, Problem> {
    let (tenant, now) = (can.tenant(), can.now());
    let (configuration, warnings) = body.read(false, now, |value, reader| agent::read(value, reader, None))?;
    let loaded = Loaded::of(&deps.store, tenant).await?;
    if loaded.agents.iter().filter(|agent| !agent.is_system).count() >= MAX_AGENTS {
        return Err(Problem::new(Code::Conflict, format!("An account may have {MAX_AGENTS} agents.")));
    }
    let agent = Agent {
        group: AgentGroupId::new(crate::new_ulid(deps, now)?),
        configuration,
        version: 1,
        is_active: true,
        is_system: false,
        created_at: now,
        updated_at: now,
    };
    deps.store.put_agent(tenant, &agent).await?;
    reply::json(StatusCode::ACCEPTED, &AgentPair::of(&agent, &loaded, warnings))
}
