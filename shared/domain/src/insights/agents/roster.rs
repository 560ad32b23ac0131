//! `agent-roster`: who worked, how much, how well.

use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use utoipa::ToSchema;

use super::{AgentHead, AgentReport, AgentsAcc, Needs, agent_rows, count};
use crate::conversation::words;
use crate::insights::arithmetic::{Average, Rate};
use crate::insights::context::Context;
use crate::insights::report::Table;

words! {
    /// Whether an agent still works.
    AgentState {
        /// Wrote within the last 30 days of the period.
        Active => "active",
        /// Did not.
        Former => "former",
        /// Has conversations assigned and never wrote.
        Unknown => "unknown",
    }
}

/// An agent with its base figures.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct RosterRow {
    #[serde(flatten)]
    #[expect(missing_docs, reason = "documented at its type")]
    pub agent: AgentHead,
    /// Whether it still works.
    pub state: Option<AgentState>,
    /// Conversations assigned to it.
    pub assigned: u64,
    /// Public messages.
    pub messages: u64,
    /// Channels it wrote on.
    pub channels: Vec<String>,
    /// Its first message in these conversations.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub first_active_at: Option<Timestamp>,
    /// Its last message in these conversations.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_active_at: Option<Timestamp>,
    /// Predicted satisfaction, 1–5.
    pub pcsat: Average,
    /// Resolved, of those that ended: by the human outcome for a person, by the bot's for a bot.
    pub resolved: Rate,
}
agent_rows!(RosterRow);

/// All agents together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct RosterTotals {
    /// Lines.
    pub agents: u64,
    /// Conversations of the period in which an agent or bot with an id wrote.
    pub conversations: u64,
    /// Conversations whose last closing falls into the period, whenever they began (up to 90 days before it).
    pub resolutions: ResolutionTotals,
}

/// Closings, told apart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct ResolutionTotals {
    /// Closings of these conversations, those before a reopening included.
    pub events: u64,
    /// Times they were opened again.
    pub reopened: u64,
    /// Conversations.
    pub conversations: u64,
    /// Different contacts.
    pub contacts: u64,
}

/// The report.
#[derive(Debug)]
pub struct AgentRoster;

impl AgentReport for AgentRoster {
    type Row = RosterRow;
    type Totals = RosterTotals;
    const NAME: &'static str = "agent-roster";
    const BASIS: &'static str = "A conversation belongs to the period in which it began (created_at); `totals.resolutions` belongs to the period of the last closing, on conversations begun up to 90 days before the period.";
    const NEEDS: Needs = Needs { closings: true, ..Needs::NONE };

    fn finish(acc: AgentsAcc, context: &Context) -> Table<RosterRow, RosterTotals> {
        let horizon = context.horizon();
        let recent = horizon.checked_sub((30 * 24).hours()).unwrap_or(Timestamp::MIN);
        let closings = &acc.closings;
        let resolutions = ResolutionTotals {
            events: closings.events,
            reopened: closings.reopened,
            conversations: closings.conversations,
            contacts: count(closings.contacts.len()),
        };
        let conversations = acc.conversations;
        let mut rows = Vec::new();
        for (id, person) in acc.people {
            let silent = person.human.is_none() && person.bot.is_none();
            if silent {
                // An assignee without a message has no kind: it belongs unless the caller asks for others or for a kind.
                let filter = &context.filter;
                let asked = filter.agent_ids.is_empty() || filter.agent_ids.contains(&id);
                if asked && filter.participants.is_empty() {
                    let seen_in = person.assigned_latest.map(|(_, id)| id);
                    let agent = AgentHead { agent_id: id, seen_in, ..AgentHead::default() };
                    let agent = agent.with(super::Uids::default(), context);
                    let state = Some(AgentState::Unknown);
                    rows.push(RosterRow { agent, state, assigned: person.assigned, ..RosterRow::default() });
                }
                continue;
            }
            let mut assigned = person.assigned;
            let both = [(super::AgentKind::Human, person.human), (super::AgentKind::Bot, person.bot)];
            for (kind, agent) in both.into_iter().filter_map(|(kind, agent)| Some((kind, agent?))) {
                let head = AgentHead::of(&id, kind, &agent).with(agent.uids, context);
                let active = agent.last.is_some_and(|last| last >= recent);
                rows.push(RosterRow {
                    agent: head,
                    state: Some(if active { AgentState::Active } else { AgentState::Former }),
                    // Assigned conversations name an id only; they stand with the person where both are there.
                    assigned: std::mem::take(&mut assigned),
                    messages: agent.messages,
                    channels: agent.channels.into_iter().collect(),
                    first_active_at: agent.first,
                    last_active_at: agent.last,
                    pcsat: agent.pcsat.average(),
                    resolved: agent.resolved.rate(),
                });
            }
        }
        Table { totals: RosterTotals { agents: count(rows.len()), conversations, resolutions }, rows }
    }
}
