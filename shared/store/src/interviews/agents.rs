//! Agents: what they are now, every version they ever had, and which is the default for a type of interview.

use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValue, TransactWriteItem};
use domain::access::Tenant;
use domain::failure::Failure;
use domain::interviews::agent::{Agent, AgentConfiguration, AgentVersion};
use domain::interviews::{AgentGroupId, InterviewType};

use super::id_of;
use crate::Store;
use crate::api_keys::unexpected;
use crate::item::{self, Reader, TYPE, Unreadable, b, corrupt, n, s};
use crate::keys::{self, DEFAULT_AGENTS, SK};
use crate::meter::{Purpose, item_size, write_units};
use crate::sdk::{Attributes, condition, failure};

const TAG: &str = "agent.1";
const VERSION_TAG: &str = "agent_version.1";
const DEFAULTS_TAG: &str = "default_agents.1";
const WHAT: &str = "agent";

const VERSION: &str = "v";
const ACTIVE: &str = "active";
const CREATED: &str = "created_at";
const UPDATED: &str = "updated_at";
const CONFIGURATION: &str = "p";

/// A tenant's agents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentList {
    /// The tenant's own, deleted ones too, oldest first.
    pub agents: Vec<Agent>,
    /// The defaults that the tenant set.
    pub defaults: Vec<(InterviewType, AgentGroupId)>,
}

impl Store {
    /// The tenant's own agents, read consistently.
    pub async fn agents(&self, tenant: &Tenant) -> Result<AgentList, Failure> {
        let mut list = AgentList::default();
        for item in self.partition_items(keys::agents(tenant), None, Purpose::Interviews).await? {
            if matches!(item.get(SK), Some(AttributeValue::S(sk)) if sk == DEFAULT_AGENTS) {
                list.defaults = parse_defaults(&item).map_err(corrupt("default agents"))?;
            } else {
                list.agents.push(parse(&item).map_err(corrupt(WHAT))?);
            }
        }
        Ok(list)
    }

    /// The versions of an agent, oldest first.
    pub async fn agent_versions(&self, tenant: &Tenant, group: AgentGroupId) -> Result<Vec<AgentVersion>, Failure> {
        let partition = keys::agent_versions(tenant, group);
        let items = self.partition_items(partition, None, Purpose::Interviews).await?;
        items.iter().map(|item| parse_version(item).map_err(corrupt(WHAT))).collect()
    }

    /// Stores an agent's new version: its first, or the one after the stored one. `Conflict` when another one came first.
    pub async fn put_agent(&self, tenant: &Tenant, agent: &Agent) -> Result<(), Failure> {
        let configuration = item::packed(&agent.configuration).map_err(corrupt(WHAT))?;
        let mut now = item::key(&keys::agent(tenant, agent.group));
        for (name, value) in [
            (TYPE, s(TAG)),
            (VERSION, n(agent.version)),
            (ACTIVE, AttributeValue::Bool(agent.is_active)),
            (CREATED, s(agent.created_at.to_string())),
            (UPDATED, s(agent.updated_at.to_string())),
            (CONFIGURATION, b(configuration.clone())),
        ] {
            now.insert(name.to_owned(), value);
        }
        let mut version = item::key(&keys::agent_version(tenant, agent.group, agent.version));
        for (name, value) in [
            (TYPE, s(VERSION_TAG)),
            (VERSION, n(agent.version)),
            (CREATED, s(agent.updated_at.to_string())),
            (CONFIGURATION, b(configuration)),
        ] {
            version.insert(name.to_owned(), value);
        }
        let units = write_units(item_size(&now)) + write_units(item_size(&version));
        let now = Put::builder().table_name(self.main()).set_item(Some(now));
        let now = if agent.version == 1 {
            now.condition_expression("attribute_not_exists(PK)")
        } else {
            now.condition_expression(format!("{VERSION} = :before AND {ACTIVE} = :yes"))
                .expression_attribute_values(":before", n(agent.version - 1))
                .expression_attribute_values(":yes", AttributeValue::Bool(true))
        };
        let version = Put::builder().table_name(self.main()).set_item(Some(version));
        let items = [now, version.condition_expression("attribute_not_exists(PK)")];
        let mut writes = Vec::new();
        for put in items {
            writes.push(TransactWriteItem::builder().put(put.build().map_err(unexpected)?).build());
        }
        self.transact(writes, units, Purpose::Interviews, WHAT).await
    }

    /// Marks an agent as deleted; the agent as it is then, or `None` when there is none. Doing it again changes nothing.
    pub async fn deactivate_agent(&self, tenant: &Tenant, group: AgentGroupId) -> Result<Option<Agent>, Failure> {
        let request = self
            .client()
            .update_item()
            .table_name(self.main())
            .set_key(Some(item::key(&keys::agent(tenant, group))))
            .update_expression(format!("SET {ACTIVE} = :no"))
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_values(":no", AttributeValue::Bool(false))
            .return_values(ReturnValue::AllNew);
        let Ok(output) = condition(request.send().await)? else { return Ok(None) };
        let item = output.attributes.unwrap_or_default();
        self.meter().wrote(Purpose::Interviews, write_units(item_size(&item)));
        parse(&item).map(Some).map_err(corrupt(WHAT))
    }

    /// Makes an agent the default for its type of interview.
    pub async fn set_default_agent(
        &self,
        tenant: &Tenant,
        interview_type: InterviewType,
        group: AgentGroupId,
    ) -> Result<(), Failure> {
        self.meter().wrote(Purpose::Interviews, 1);
        let request = self
            .client()
            .update_item()
            .table_name(self.main())
            .set_key(Some(item::key(&keys::default_agents(tenant))))
            .update_expression(format!("SET {TYPE} = :tag, #type = :group"))
            .expression_attribute_names("#type", interview_type.as_str())
            .expression_attribute_values(":tag", s(DEFAULTS_TAG))
            .expression_attribute_values(":group", s(group.to_string()));
        request.send().await.map(|_| ()).map_err(failure)
    }
}

fn parse(item: &Attributes) -> Result<Agent, Unreadable> {
    let reader = Reader::new(item, TAG)?;
    let configuration: AgentConfiguration = reader.packed(CONFIGURATION)?;
    let Some(AttributeValue::Bool(is_active)) = item.get(ACTIVE) else { return Err(Unreadable::Attribute(ACTIVE)) };
    Ok(Agent {
        group: id_of(item, AgentGroupId::parse)?,
        configuration,
        version: reader.number(VERSION)?,
        is_active: *is_active,
        is_system: false,
        created_at: reader.time(CREATED)?,
        updated_at: reader.time(UPDATED)?,
    })
}

fn parse_version(item: &Attributes) -> Result<AgentVersion, Unreadable> {
    let reader = Reader::new(item, VERSION_TAG)?;
    Ok(AgentVersion {
        version: reader.number(VERSION)?,
        configuration: reader.packed(CONFIGURATION)?,
        created_at: reader.time(CREATED)?,
    })
}

fn parse_defaults(item: &Attributes) -> Result<Vec<(InterviewType, AgentGroupId)>, Unreadable> {
    let reader = Reader::new(item, DEFAULTS_TAG)?;
    let mut defaults = Vec::new();
    for interview_type in InterviewType::ALL {
        if let Some(group) = reader.text_opt(interview_type.as_str())? {
            let group = AgentGroupId::parse(group).ok_or(Unreadable::Attribute(DEFAULT_AGENTS))?;
            defaults.push((*interview_type, group));
        }
    }
    Ok(defaults)
}
