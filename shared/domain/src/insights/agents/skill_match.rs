//! `agent-skill-match`: what the conversations asked for against what the agent showed.

use serde::Serialize;
use utoipa::ToSchema;

use super::{AgentHead, AgentReport, AgentTotals, AgentsAcc, Needs, SkillAcc, Skilled, agent_rows, count};
use crate::analysis::round3;
use crate::insights::arithmetic::Sum;
use crate::insights::context::Context;
use crate::insights::report::Table;

/// One skill, required and shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct SkillMatch {
    /// Mean level that the conversations asked for, 0–100.
    pub required: Option<f64>,
    /// Mean level shown in the same conversations.
    pub shown: Option<f64>,
    /// `required − shown`; negative when the agent has more than is asked for.
    pub gap: Option<f64>,
    /// Conversations in which both are known.
    pub n: u64,
    /// Conversations in which the level was missed.
    pub missed: u64,
}

/// How well an agent fits the conversations it gets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct SkillMatchRow {
    #[serde(flatten)]
    #[expect(missing_docs, reason = "documented at its type")]
    pub agent: AgentHead,
    /// 100 − mean shortfall over all judged skills; a surplus in one does not make up for a lack in another.
    pub r#match: Option<f64>,
    /// By skill.
    pub skills: Skilled<SkillMatch>,
}
agent_rows!(SkillMatchRow);

fn matched(skill: &SkillAcc) -> SkillMatch {
    let (required, shown) = (skill.required, skill.matched);
    SkillMatch {
        required: required.mean(),
        shown: shown.mean(),
        gap: required.exact_mean().zip(shown.exact_mean()).map(|(required, shown)| round3(required - shown)),
        n: required.n,
        missed: skill.missed,
    }
}

/// The report.
#[derive(Debug)]
pub struct AgentSkillMatch;

impl AgentReport for AgentSkillMatch {
    type Row = SkillMatchRow;
    type Totals = AgentTotals;
    const NAME: &'static str = "agent-skill-match";
    const NEEDS: Needs = Needs { skills: true, ..Needs::NONE };

    fn finish(acc: AgentsAcc, context: &Context) -> Table<SkillMatchRow, AgentTotals> {
        let conversations = acc.conversations;
        let rows: Vec<SkillMatchRow> = acc
            .agents()
            .map(|(head, agent)| {
                let mut shortfall = Sum::default();
                agent.skills.iter().for_each(|skill| shortfall.merge(skill.shortfall));
                SkillMatchRow {
                    agent: head.with(agent.uids, context),
                    r#match: shortfall.exact_mean().map(|mean| round3((100.0 - mean).clamp(0.0, 100.0))),
                    skills: Skilled::from(agent.skills.each_ref().map(matched)),
                }
            })
            .collect();
        Table { totals: AgentTotals { agents: count(rows.len()), conversations }, rows }
    }
}
