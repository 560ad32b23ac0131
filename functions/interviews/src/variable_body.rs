//! Variables as they are sent.

use std::collections::HashMap;

use api::Problem;
use api::problem::UsingAgent;
use domain::fault::Fault;
use domain::interviews::agent::Agent;
use domain::interviews::variable::{Variable, VariableId};
use serde::Serialize;
use utoipa::ToSchema;

/// A variable.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VariableBody {
    id: String,
    /// As written between double braces in an agent's texts.
    #[schema(example = "company_background")]
    name: String,
    display_name: String,
    description: Option<String>,
    /// Every new interview must give a value.
    is_required: bool,
    /// The value where an interview gives none.
    default_value: Option<String>,
    created_at: String,
    updated_at: String,
    /// Fields of the request that are not known and were ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Fault>,
}

impl VariableBody {
    pub(crate) fn of(variable: Variable, warnings: Vec<Fault>) -> Self {
        Self {
            id: variable.id().as_str().to_owned(),
            name: variable.name,
            display_name: variable.display_name,
            description: variable.description,
            is_required: variable.is_required,
            default_value: variable.default_value,
            created_at: variable.created_at.to_string(),
            updated_at: variable.updated_at.to_string(),
            warnings,
        }
    }
}

/// The agents that use a variable; deleted ones do not count.
pub(crate) fn users(variable: &Variable, agents: &[Agent]) -> Vec<UsingAgent> {
    let active = variable.users(agents).into_iter().filter(|agent| agent.is_active);
    let told =
        |agent: &Agent| UsingAgent { agent_group_id: agent.group.to_string(), name: agent.configuration.name.clone() };
    active.map(told).collect()
}

/// The path's variable, or nothing there.
pub(crate) fn variable_id(path: &HashMap<String, String>) -> Result<VariableId, Problem> {
    path.get("id").and_then(|id| VariableId::parse(id)).ok_or_else(Problem::not_found)
}
