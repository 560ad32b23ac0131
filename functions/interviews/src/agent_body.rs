//! Agents as they are sent.

use std::collections::HashMap;

use api::Problem;
use domain::fault::Fault;
use domain::interviews::agent::{Agent, AgentConfiguration, AgentVersion};
use domain::interviews::variable::is_system;
use domain::interviews::{AgentId, InterviewType, Platform};
use serde::Serialize;
use utoipa::ToSchema;

use crate::catalog::Loaded;

/// What a caller says of an agent.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct AgentRequest {
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    #[schema(max_length = 1000)]
    description: Option<String>,
    interview_type: InterviewType,
    /// Language of what the agent says by itself (`en`): en, es, fr, de, it, pt, pl, hi, zh, ko, ru, nl, tr, sv, id, fil, ja, uk, el, cs, fi,
    /// ro, da, bg, ms, sk, hr, ar, ta, vi, hu or no.
    language: Option<String>,
    /// What the agent greets the expert with, `{{variables}}` included. It is said as it stands.
    #[schema(min_length = 1, max_length = 20000)]
    prompt: String,
    /// What it says at the end; the language's own words if missing.
    #[schema(min_length = 1, max_length = 20000)]
    closing: Option<String>,
}

/// An agent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AgentBody {
    id: String,
    /// The phone and the web agent of one configuration share it; interviews name it.
    agent_group_id: String,
    platform: Platform,
    name: String,
    description: Option<String>,
    interview_type: InterviewType,
    language: String,
    prompt: String,
    closing: Option<String>,
    /// Rises by one with every change.
    version: u32,
    /// `false` once it is deleted.
    is_active: bool,
    /// It conducts interviews of its type that name no agent.
    is_default: bool,
    /// Every account has it; it cannot be changed.
    is_system: bool,
    created_at: String,
    updated_at: String,
}

/// A version in an agent's history.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AgentVersionBody {
    version: u32,
    name: String,
    description: Option<String>,
    language: String,
    prompt: String,
    closing: Option<String>,
    created_at: String,
}

/// A configuration's two agents.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AgentPair {
    agent_group_id: String,
    /// Phone and web.
    agents: Vec<AgentBody>,
    /// Fields that are not known, and variables that nobody defined: they are left out of what the agent says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Fault>,
}

impl AgentBody {
    pub(crate) fn of(agent: &Agent, platform: Platform, loaded: &Loaded) -> Self {
        let AgentConfiguration { name, description, interview_type, language, prompt, closing } =
            agent.configuration.clone();
        Self {
            id: agent.group.on(platform).to_string(),
            agent_group_id: agent.group.to_string(),
            platform,
            name,
            description,
            interview_type,
            language,
            prompt,
            closing,
            version: agent.version,
            is_active: agent.is_active,
            is_default: loaded.is_default(agent),
            is_system: agent.is_system,
            created_at: agent.created_at.to_string(),
            updated_at: agent.updated_at.to_string(),
        }
    }
}

impl From<AgentVersion> for AgentVersionBody {
    fn from(version: AgentVersion) -> Self {
        let AgentConfiguration { name, description, language, prompt, closing, .. } = version.configuration;
        let created_at = version.created_at.to_string();
        Self { version: version.version, name, description, language, prompt, closing, created_at }
    }
}

impl AgentPair {
    pub(crate) fn of(agent: &Agent, loaded: &Loaded, mut warnings: Vec<Fault>) -> Self {
        let known = |name: &str| is_system(name) || loaded.variables.iter().any(|variable| variable.name == name);
        for name in agent.variables().into_iter().filter(|name| !known(name)) {
            let detail = format!("uses {{{{{name}}}}}, which is no variable: it is left out of what the agent says");
            warnings.push(Fault::new("/prompt", detail));
        }
        let agents = Platform::ALL.iter().map(|platform| AgentBody::of(agent, *platform, loaded)).collect();
        Self { agent_group_id: agent.group.to_string(), agents, warnings }
    }
}

/// The path's agent: its id, and what is known of it.
pub(crate) fn named<'a>(path: &HashMap<String, String>, loaded: &'a Loaded) -> Result<(AgentId, &'a Agent), Problem> {
    let id = path.get("id").and_then(|id| AgentId::parse(id)).ok_or_else(Problem::not_found)?;
    let agent = loaded.agent(id.group).ok_or_else(Problem::not_found)?;
    Ok((id, agent))
}
