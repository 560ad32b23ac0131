//! `agent-volume-assessments`: load against quality.

use serde::Serialize;
use utoipa::ToSchema;

use super::{AgentAcc, AgentHead, AgentReport, AgentTotals, AgentsAcc, Needs, agent_rows, count};
use crate::analysis::round3;
use crate::insights::arithmetic::{Average, Counts, Rate, Sum, float};
use crate::insights::context::Context;
use crate::insights::report::Table;

/// An agent's load and quality.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct VolumeRow {
    #[serde(flatten)]
    #[expect(missing_docs, reason = "documented at its type")]
    pub agent: AgentHead,
    /// Local days with at least one conversation.
    pub active_days: u64,
    /// Conversations a day on those.
    pub per_active_day: Option<f64>,
    /// Sum of the customers' effort.
    pub total_effort: f64,
    /// Mean customer effort, 0–100.
    pub effort: Average,
    /// Mean complexity, 0–100.
    pub complexity: Average,
    /// Variance of complexity.
    pub complexity_variance: Option<f64>,
    /// pCSAT over all.
    pub pcsat: Average,
    /// pCSAT on days with more conversations than the agent's median day.
    pub pcsat_busy_days: Average,
    /// pCSAT on the other days.
    pub pcsat_other_days: Average,
    /// Resolved, of those that ended.
    pub resolved: Rate,
}
agent_rows!(VolumeRow);

fn by_load(agent: &AgentAcc) -> (Sum, Sum) {
    let mut loads = Counts::default();
    agent.days.values().for_each(|(conversations, _)| loads.add(*conversations));
    let median = loads.percentile(50).unwrap_or(0);
    let (mut busy, mut other) = (Sum::default(), Sum::default());
    for (conversations, pcsat) in agent.days.values() {
        if *conversations > median { &mut busy } else { &mut other }.merge(*pcsat);
    }
    (busy, other)
}

/// The report.
#[derive(Debug)]
pub struct AgentVolumeAssessments;

impl AgentReport for AgentVolumeAssessments {
    type Row = VolumeRow;
    type Totals = AgentTotals;
    const NAME: &'static str = "agent-volume-assessments";
    const NEEDS: Needs = Needs { days: true, ..Needs::NONE };

    fn finish(acc: AgentsAcc, context: &Context) -> Table<VolumeRow, AgentTotals> {
        let conversations = acc.conversations;
        let rows: Vec<VolumeRow> = acc
            .agents()
            .map(|(head, agent)| {
                let (busy, other) = by_load(&agent);
                let days = count(agent.days.len());
                VolumeRow {
                    active_days: days,
                    per_active_day: (days > 0).then(|| round3(float(agent.conversations) / float(days))),
                    total_effort: agent.effort.total(),
                    effort: agent.effort.average(),
                    complexity: agent.complexity.average(),
                    complexity_variance: agent.complexity.variance(),
                    pcsat: agent.pcsat.average(),
                    pcsat_busy_days: busy.average(),
                    pcsat_other_days: other.average(),
                    resolved: agent.resolved.rate(),
                    agent: head.with(agent.uids, context),
                }
            })
            .collect();
        Table { totals: AgentTotals { agents: count(rows.len()), conversations }, rows }
    }
}
