//! `agent-capability-profile`: the six skills as shown.

use serde::Serialize;
use utoipa::ToSchema;

use super::{AgentHead, AgentReport, AgentTotals, AgentsAcc, Needs, SkillAcc, Skilled, agent_rows, count};
use crate::analysis::round3;
use crate::insights::context::Context;
use crate::insights::report::Table;

/// One skill of an agent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct SkillProfile {
    /// Mean, 0–100.
    pub mean: Option<f64>,
    /// Standard deviation between conversations.
    pub spread: Option<f64>,
    /// Conversations in which it could be judged.
    pub n: u64,
    /// Mean of the later half of the period minus mean of the earlier; `null` unless both have data.
    pub trend: Option<f64>,
    /// The conversation that shows it best.
    pub best: Option<String>,
    /// The one that shows it least.
    pub weakest: Option<String>,
}

/// An agent's skills.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct CapabilityRow {
    #[serde(flatten)]
    #[expect(missing_docs, reason = "documented at its type")]
    pub agent: AgentHead,
    /// By skill.
    pub skills: Skilled<SkillProfile>,
}
agent_rows!(CapabilityRow);

fn profile(skill: &SkillAcc) -> SkillProfile {
    let trend =
        skill.later.exact_mean().zip(skill.earlier.exact_mean()).map(|(later, earlier)| round3(later - earlier));
    SkillProfile {
        mean: skill.shown.mean(),
        spread: skill.shown.deviation(),
        n: skill.shown.n,
        trend,
        best: skill.best.first(),
        weakest: skill.weakest.first(),
    }
}

/// The report.
#[derive(Debug)]
pub struct AgentCapabilityProfile;

impl AgentReport for AgentCapabilityProfile {
    type Row = CapabilityRow;
    type Totals = AgentTotals;
    const NAME: &'static str = "agent-capability-profile";
    const NEEDS: Needs = Needs { skills: true, ..Needs::NONE };

    fn finish(acc: AgentsAcc, context: &Context) -> Table<CapabilityRow, AgentTotals> {
        let conversations = acc.conversations;
        let rows: Vec<CapabilityRow> = acc
            .agents()
            .map(|(head, agent)| CapabilityRow {
                agent: head.with(agent.uids, context),
                skills: Skilled::from(agent.skills.each_ref().map(profile)),
            })
            .collect();
        Table { totals: AgentTotals { agents: count(rows.len()), conversations }, rows }
    }
}
