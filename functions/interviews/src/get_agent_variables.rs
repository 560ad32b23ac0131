//! `GET /api/agents/{id}/variables`

use std::collections::HashMap;

use api::auth::ReadAgents;
use api::problem::ProblemBody;
use api::{Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::interviews::agent::SYSTEM_VARIABLES;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::agent_body::named;
use crate::catalog::Loaded;

/// The variables of an agent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AgentVariables {
    agent_id: String,
    /// By name.
    variables: Vec<AgentVariable>,
}

/// A variable that an agent uses.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AgentVariable {
    name: String,
    /// `system`: Hark fills it in; `custom`: the account defines it; `undefined`: nobody does, and it is left out.
    source: &'static str,
    display_name: Option<String>,
    description: Option<String>,
    /// Every new interview must give a value.
    is_required: bool,
    /// The value where an interview gives none.
    default_value: Option<String>,
}

/// List the variables in what an agent says
#[utoipa::path(
    get,
    path = "/api/agents/{id}/variables",
    tag = "Agents",
    params(("id" = String, Path, description = "The agent's id")),
    responses(
        (status = 200, description = "The variables", body = AgentVariables),
        (status = 404, description = "No such agent of this tenant", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["agents-read"]))
)]
pub(crate) async fn get_agent_variables(
    State(deps): State<Deps>,
    can: Can<ReadAgents>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
) -> Result<Response, Problem> {
    query.finish()?;
    let loaded = Loaded::of(&deps.store, can.tenant()).await?;
    let (id, agent) = named(&path, &loaded)?;
    let variables = agent.variables().into_iter().map(|name| described(name, &loaded)).collect();
    reply::json(StatusCode::OK, &AgentVariables { agent_id: id.to_string(), variables })
}

fn described(name: &str, loaded: &Loaded) -> AgentVariable {
    let bare = |source, description: Option<&str>| AgentVariable {
        name: name.to_owned(),
        source,
        display_name: None,
        description: description.map(str::to_owned),
        is_required: false,
        default_value: None,
    };
    if let Some((_, description)) = SYSTEM_VARIABLES.iter().find(|(system, _)| *system == name) {
        return bare("system", Some(description));
    }
    match loaded.variables.iter().find(|variable| variable.name == name) {
        None => bare("undefined", None),
        Some(variable) => AgentVariable {
            display_name: Some(variable.display_name.clone()),
            is_required: variable.is_required,
            default_value: variable.default_value.clone(),
            ..bare("custom", variable.description.as_deref())
        },
    }
}
