//! `GET /api/variables`

use api::auth::ReadVariables;
use api::{Can, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::variable_body::VariableBody;

/// The account's variables.
#[derive(Serialize, ToSchema)]
pub(crate) struct VariableList {
    /// By name.
    data: Vec<VariableBody>,
}

/// List variables
#[utoipa::path(
    get,
    path = "/api/variables",
    tag = "Variables",
    responses((status = 200, description = "The variables", body = VariableList)),
    security(("bearer" = ["variables-read"]))
)]
pub(crate) async fn list_variables(
    State(deps): State<Deps>,
    can: Can<ReadVariables>,
    query: Query,
) -> Result<Response, Problem> {
    query.finish()?;
    let variables = deps.store.variables(can.tenant()).await?;
    let data = variables.into_iter().map(|variable| VariableBody::of(variable, Vec::new())).collect();
    reply::json(StatusCode::OK, &VariableList { data })
}
