//! `DELETE /api/agents/{id}`

use std::collections::HashMap;

use api::auth::WriteAgents;
use api::problem::{Code, ProblemBody};
use api::{Can, Path, Problem, Query};
use axum::extract::State;
use http::StatusCode;

use crate::Deps;
use crate::agent_body::named;
use crate::catalog::Loaded;

/// Delete an agent
///
/// Both the phone and the web agent become inactive; nothing is removed. Interviews that name it can still be conducted; if it was a
/// default, the account's type falls back to every account's agent.
#[utoipa::path(
    delete,
    path = "/api/agents/{id}",
    tag = "Agents",
    params(("id" = String, Path, description = "The agent's id")),
    responses(
        (status = 204, description = "Inactive"),
        (status = 404, description = "No such agent of this tenant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Every account's agent", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["agents-write"]))
)]
pub(crate) async fn delete_agent(
    State(deps): State<Deps>,
    can: Can<WriteAgents>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
) -> Result<StatusCode, Problem> {
    query.finish()?;
    let loaded = Loaded::of(&deps.store, can.tenant()).await?;
    let (id, agent) = named(&path, &loaded)?;
    if agent.is_system {
        return Err(Problem::new(Code::Conflict, "Every account has this agent; it cannot be deleted."));
    }
    deps.store.deactivate_agent(can.tenant(), id.group).await?.ok_or_else(Problem::not_found)?;
    Ok(StatusCode::NO_CONTENT)
}
