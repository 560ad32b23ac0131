//! What a plan may refer to, and what an agent needs to speak.

use api::Problem;
use domain::access::Tenant;
use domain::failure::Failure;
use domain::interviews::agent::Agent;
use domain::interviews::conductor::Script;
use domain::interviews::plan::{Catalog, Plan};
use domain::interviews::variable::Variable;
use domain::interviews::{AgentGroupId, InterviewType};
use domain::webhooks::Network;
use store::Store;

/// A tenant's agents and variables.
pub(crate) struct Loaded {
    /// The tenant's own and those of all tenants, deleted ones too.
    pub(crate) agents: Vec<Agent>,
    defaults: Vec<(InterviewType, AgentGroupId)>,
    pub(crate) variables: Vec<Variable>,
}

impl Loaded {
    pub(crate) async fn of(store: &Store, tenant: &Tenant) -> Result<Self, Failure> {
        let list = store.agents(tenant).await?;
        let agents = Agent::systems().into_iter().chain(list.agents).collect();
        Ok(Self { agents, defaults: list.defaults, variables: store.variables(tenant).await? })
    }

    pub(crate) fn catalog(&self, network: Network) -> Catalog<'_> {
        Catalog { variables: &self.variables, agents: &self.agents, network }
    }

    /// The agent of that group.
    pub(crate) fn agent(&self, group: AgentGroupId) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.group == group)
    }

    /// The default for a type: the one that the tenant set, as long as it is there; else that of all tenants.
    pub(crate) fn default_for(&self, interview_type: InterviewType) -> AgentGroupId {
        let set = self.defaults.iter().find(|(kind, _)| *kind == interview_type).map(|(_, group)| *group);
        let usable = set.filter(|group| self.agent(*group).is_some_and(|agent| agent.is_active));
        usable.unwrap_or_else(|| Agent::system(interview_type).group)
    }

    /// Whether an agent is the default for its type.
    pub(crate) fn is_default(&self, agent: &Agent) -> bool {
        self.default_for(agent.configuration.interview_type) == agent.group
    }

    /// What the plan's agent will say. An agent that was deleted since goes on with the interviews it was given.
    pub(crate) fn script(&self, plan: &Plan, client: &str) -> Result<Script, Problem> {
        let group = plan.agent_group.unwrap_or_else(|| self.default_for(plan.interview_type));
        let agent = self.agent(group).ok_or_else(Problem::not_found)?;
        let value = |name: &str| plan.value(name, client, &self.variables);
        Ok(Script::new(&agent.configuration, &plan.questions, value))
    }
}
