//! `agent-contribution`: what each agent adds to growth, shared help and satisfaction.
//!
//! A conversation is led by one agent: its assignee if that agent wrote, else who wrote most (ties to the smaller id, a person before a
//! bot). Growth and satisfaction count for the lead only, so that the lines add up to the team; shared help counts for who shared it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AgentHead, AgentKind, CREATED, agent_rows, count, newest};
use crate::analysis::round3;
use crate::facts::{AgentFacts, FactRow};
use crate::insights::arithmetic::{Rate, Sum, float, merge_maps, rate};
use crate::insights::context::Context;
use crate::insights::report::{Report, Table, Uids};

/// One agent's share.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct ContributionRow {
    #[serde(flatten)]
    #[expect(missing_docs, reason = "documented at its type")]
    pub agent: AgentHead,
    /// Conversations led, of all that are led by somebody.
    pub led: Rate,
    /// Growth opportunities in those, of the team's.
    pub growth: Rate,
    /// Growth opportunities that the agent's volume alone would give.
    pub growth_expected: f64,
    /// Help volunteered by the agent, of the team's.
    pub information_shares: Rate,
    /// Help that the agent's volume alone would give.
    pub information_shares_expected: f64,
    /// Σ (pCSAT − team mean) over the conversations led: above 0 = lifts the team.
    pub pcsat_points: Option<f64>,
    /// Conversations led that have a pCSAT.
    pub pcsat_n: u64,
}
agent_rows!(ContributionRow);

/// The team.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct ContributionTotals {
    /// Lines.
    pub agents: u64,
    /// Conversations led by somebody: the lines add up to it unless the caller asks for certain agents.
    pub led: u64,
    /// Growth opportunities in them.
    pub growth: u64,
    /// Help volunteered in all conversations of the period, by unnamed authors too.
    pub information_shares: u64,
    /// Mean pCSAT of those led.
    pub pcsat: Option<f64>,
}

/// One agent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ContributorAcc {
    wrote: u64,
    led: u64,
    growth: u64,
    shares: u64,
    pcsat: Sum,
    latest: Option<(jiff::Timestamp, String)>,
    uids: Uids,
}

/// The team and everybody in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ContributionAcc {
    people: BTreeMap<(String, AgentKind), ContributorAcc>,
    led: u64,
    growth: u64,
    shares: u64,
    pcsat: Sum,
}

/// Who leads a conversation.
pub fn lead(row: &FactRow) -> Option<&AgentFacts> {
    let rank = |facts: &&AgentFacts| {
        let assigned = row.assignee_id.as_deref() == Some(facts.id.as_str());
        (std::cmp::Reverse(assigned), std::cmp::Reverse(facts.messages), facts.id.clone(), facts.kind)
    };
    row.agents.iter().min_by_key(rank)
}

/// Help that this agent volunteered. A share names an id: where a person and a bot have the same, it is the person's.
fn shared(facts: &AgentFacts, row: &FactRow) -> u64 {
    let twin = row.agents.iter().any(|other| other.id == facts.id && other.kind < facts.kind);
    let own = row.shares.iter().filter(|(id, _)| id.as_deref() == Some(facts.id.as_str()) && !twin);
    count(own.count())
}

/// The report.
#[derive(Debug)]
pub struct AgentContribution;

impl Report for AgentContribution {
    type Acc = ContributionAcc;
    type Row = ContributionRow;
    type Totals = ContributionTotals;
    const NAME: &'static str = "agent-contribution";
    const BASIS: &'static str = CREATED;

    fn fold(acc: &mut ContributionAcc, id: &str, row: &FactRow, _: bool, context: &Context) {
        acc.shares += count(row.shares.len());
        let growth = count(row.growth.len());
        let lead = lead(row);
        if lead.is_some() {
            acc.led += 1;
            acc.growth += growth;
            acc.pcsat.add(row.pcsat);
        }
        for facts in row.agents.iter().filter(|facts| context.wants(&facts.id, facts.kind)) {
            let agent = acc.people.entry((facts.id.clone(), facts.kind)).or_default();
            agent.wrote += 1;
            agent.shares += shared(facts, row);
            newest(&mut agent.latest, Some((facts.last_at, id.to_owned())));
            agent.uids.add(id, context);
            if lead.is_some_and(|lead| std::ptr::eq(lead, facts)) {
                agent.led += 1;
                agent.growth += growth;
                agent.pcsat.add(row.pcsat);
            }
        }
    }

    fn merge(into: &mut ContributionAcc, from: ContributionAcc) {
        into.led += from.led;
        into.growth += from.growth;
        into.shares += from.shares;
        into.pcsat.merge(from.pcsat);
        merge_maps(&mut into.people, from.people, |into, from| {
            into.wrote += from.wrote;
            into.led += from.led;
            into.growth += from.growth;
            into.shares += from.shares;
            into.pcsat.merge(from.pcsat);
            newest(&mut into.latest, from.latest);
            into.uids.merge(from.uids);
        });
    }

    fn finish(acc: ContributionAcc, context: &Context) -> Table<ContributionRow, ContributionTotals> {
        let team = acc.pcsat.exact_mean();
        let expected =
            |led: u64, all: u64| if acc.led == 0 { 0.0 } else { round3(float(led) / float(acc.led) * float(all)) };
        let (led, growth, shares) = (acc.led, acc.growth, acc.shares);
        let rows: Vec<ContributionRow> = acc
            .people
            .into_iter()
            .map(|((agent_id, kind), agent)| ContributionRow {
                led: rate(agent.led, led),
                growth: rate(agent.growth, growth),
                growth_expected: expected(agent.led, growth),
                information_shares: rate(agent.shares, shares),
                information_shares_expected: expected(agent.led, shares),
                pcsat_points: team
                    .zip(agent.pcsat.exact_mean())
                    .map(|(team, own)| round3((own - team) * float(agent.pcsat.n))),
                pcsat_n: agent.pcsat.n,
                agent: AgentHead {
                    agent_id,
                    kind: Some(kind),
                    n: agent.wrote,
                    conversation_uids: agent.uids.shown(context),
                    seen_in: agent.latest.map(|(_, id)| id),
                    name: None,
                },
            })
            .collect();
        let totals = ContributionTotals {
            agents: count(rows.len()),
            led,
            growth,
            information_shares: shares,
            pcsat: acc.pcsat.mean(),
        };
        Table { totals, rows }
    }
}
