//! Which conversations a list or a report speaks of: one predicate, built once per request.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::analysis::{AgentKind, ChurnLevel, Sentiment, Severity, Temperature};
use crate::conversation::{Priority, Status};
use crate::facts::FactRow;
use crate::time_range::TimeRange;

/// A conjunction: every field that is set must match; within a field any of its values will do. An empty list asks nothing.
///
/// As JSON it has the names by which callers ask for it, and no period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// Period of `created_at`.
    #[serde(skip)]
    pub period: TimeRange,
    /// The conversation's id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conversation_uids: Vec<String>,
    /// Emotional intensity.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub temperatures: Vec<Temperature>,
    /// Impact.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub severities: Vec<Severity>,
    /// Channel.
    #[serde(rename = "channel_type", skip_serializing_if = "Vec::is_empty")]
    pub channel_types: Vec<String>,
    /// State in the caller's system.
    #[serde(rename = "ticket_status", skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<Status>,
    /// Priority in the caller's system.
    #[serde(rename = "priority", skip_serializing_if = "Vec::is_empty")]
    pub priorities: Vec<Priority>,
    /// A person or a bot took part.
    #[serde(rename = "agent_participant_type", skip_serializing_if = "Vec::is_empty")]
    pub participants: Vec<AgentKind>,
    /// One of these agents or bots took part, or has it assigned.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub agent_ids: Vec<String>,
    /// Team it is assigned to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub team_ids: Vec<String>,
    /// The customer.
    #[serde(rename = "contact_id", skip_serializing_if = "Vec::is_empty")]
    pub contact_ids: Vec<String>,
    /// The customer's account.
    #[serde(rename = "account_id", skip_serializing_if = "Vec::is_empty")]
    pub account_ids: Vec<String>,
    /// The caller's label, or the name of a topic found by the analysis.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Language of the customer's text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
    /// Overall sentiment.
    #[serde(rename = "sentiment", skip_serializing_if = "Vec::is_empty")]
    pub sentiments: Vec<Sentiment>,
    /// Churn level.
    #[serde(rename = "churn_level", skip_serializing_if = "Vec::is_empty")]
    pub churn_levels: Vec<ChurnLevel>,
    /// Whether an intervention is required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intervention_required: Option<bool>,
    /// Custom field → values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub custom: BTreeMap<String, Vec<String>>,
}

fn any<T: PartialEq>(wanted: &[T], found: Option<&T>) -> bool {
    wanted.is_empty() || found.is_some_and(|found| wanted.contains(found))
}

impl Filter {
    /// Whether the conversation belongs.
    pub fn matches(&self, id: &str, row: &FactRow) -> bool {
        self.period.contains(row.created_at)
            && (self.conversation_uids.is_empty() || self.conversation_uids.iter().any(|wanted| wanted == id))
            && any(&self.temperatures, row.temperature.as_ref())
            && any(&self.severities, row.severity.as_ref())
            && any(&self.channel_types, row.channel_type.as_ref())
            && any(&self.statuses, row.status.as_ref())
            && any(&self.priorities, row.priority.as_ref())
            && (self.participants.is_empty() || self.participants.iter().any(|kind| took_part(*kind, row)))
            && (self.agent_ids.is_empty() || self.agent_ids.iter().any(|agent| has_agent(agent, row)))
            && any(&self.team_ids, row.team_id.as_ref())
            && any(&self.contact_ids, row.contact_id.as_ref())
            && any(&self.account_ids, row.account_id.as_ref())
            && (self.tags.is_empty() || self.tags.iter().any(|tag| has_tag(tag, row)))
            && any(&self.languages, row.language.as_ref())
            && any(&self.sentiments, row.sentiment.map(|(label, _)| label).as_ref())
            && any(&self.churn_levels, row.churn.map(|(level, _)| level).as_ref())
            && self.intervention_required.is_none_or(|wanted| wanted == row.intervention.is_some())
            && self
                .custom
                .iter()
                .all(|(field, values)| row.custom.iter().any(|(name, value)| name == field && values.contains(value)))
    }
}

/// By messages, not by named agents: an unnamed bot took part as well.
fn took_part(kind: AgentKind, row: &FactRow) -> bool {
    match kind {
        AgentKind::Human => row.agent_messages > 0,
        AgentKind::Bot => row.bot_messages > 0,
    }
}

fn has_agent(agent: &str, row: &FactRow) -> bool {
    row.assignee_id.as_deref() == Some(agent) || row.agents.iter().any(|facts| facts.id == agent)
}

fn has_tag(tag: &str, row: &FactRow) -> bool {
    row.tags.iter().any(|name| name == tag) || row.topics.iter().any(|(_, _, name, _)| name == tag)
}
