//! `DELETE /api/variables/{id}`

use std::collections::HashMap;

use api::auth::WriteVariables;
use api::problem::{Code, ProblemBody};
use api::{Can, Path, Problem, Query};
use axum::extract::State;
use http::StatusCode;

use crate::Deps;
use crate::variable_body::{users, variable_id};

/// Delete a variable
///
/// Refused while agents use it; the answer names them.
#[utoipa::path(
    delete,
    path = "/api/variables/{id}",
    tag = "Variables",
    params(("id" = String, Path, description = "The variable's id")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 400, description = "`VARIABLE_IN_USE`, with the agents", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such variable of this tenant", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["variables-write"]))
)]
pub(crate) async fn delete_variable(
    State(deps): State<Deps>,
    can: Can<WriteVariables>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
) -> Result<StatusCode, Problem> {
    query.finish()?;
    let (tenant, id) = (can.tenant(), variable_id(&path)?);
    let variable = deps.store.variable(tenant, &id).await?.ok_or_else(Problem::not_found)?;
    let agents = users(&variable, &deps.store.agents(tenant).await?.agents);
    if !agents.is_empty() {
        let detail = format!("{} agents use the variable; change them first.", agents.len());
        return Err(Problem::new(Code::VariableInUse, detail).with_agents(agents));
    }
    deps.store.delete_variable(tenant, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
