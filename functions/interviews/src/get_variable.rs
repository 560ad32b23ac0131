//! `GET /api/variables/{id}`

use std::collections::HashMap;

use api::auth::ReadVariables;
use api::problem::{ProblemBody, UsingAgent};
use api::{Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::variable_body::{VariableBody, users, variable_id};

/// A variable and who uses it.
#[derive(Serialize, ToSchema)]
pub(crate) struct VariableDetail {
    #[serde(flatten)]
    variable: VariableBody,
    usage: Usage,
}

/// Who uses a variable.
#[derive(Serialize, ToSchema)]
pub(crate) struct Usage {
    /// Agents.
    count: usize,
    agents: Vec<UsingAgent>,
}

/// Read a variable and who uses it
#[utoipa::path(
    get,
    path = "/api/variables/{id}",
    tag = "Variables",
    params(("id" = String, Path, description = "The variable's id")),
    responses(
        (status = 200, description = "The variable", body = VariableDetail),
        (status = 404, description = "No such variable of this tenant", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["variables-read"]))
)]
pub(crate) async fn get_variable(
    State(deps): State<Deps>,
    can: Can<ReadVariables>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
) -> Result<Response, Problem> {
    query.finish()?;
    let tenant = can.tenant();
    let variable = deps.store.variable(tenant, &variable_id(&path)?).await?.ok_or_else(Problem::not_found)?;
    let agents = users(&variable, &deps.store.agents(tenant).await?.agents);
    let usage = Usage { count: agents.len(), agents };
    reply::json(StatusCode::OK, &VariableDetail { variable: VariableBody::of(variable, Vec::new()), usage })
}
