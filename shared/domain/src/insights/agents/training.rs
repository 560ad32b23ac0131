//! `agent-training-recommendations`: the skill gaps that cost most, one line an agent and skill.

use serde::Serialize;
use utoipa::ToSchema;

use super::{AgentHead, AgentKind, AgentReport, AgentsAcc, Needs, SkillAcc, agent_rows, count};
use crate::analysis::round3;
use crate::conversation::words;
use crate::insights::arithmetic::{Average, fixed};
use crate::insights::context::{Context, Skill};
use crate::insights::growth::recommendations::{Impact, stable_id};
use crate::insights::report::Table;

words! {
    /// What to do about a gap.
    TrainingAction {
        /// Train the person.
        Coach => "coach",
        /// Change what the bot aims at or how it answers.
        ChangeGoal => "change_goal",
        /// Give the bot more to know.
        ExtendKnowledge => "extend_knowledge",
    }
}

/// Fewest conversations with a gap that make a recommendation.
pub const LEAST: u64 = 3;
/// Smallest mean gap, in points, that makes one.
pub const LEAST_GAP: f64 = 5.0;

/// One recommendation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct TrainingRow {
    /// Stable: the same agent and skill always have the same id.
    pub id: String,
    /// 1 = first.
    pub rank: u64,
    #[serde(flatten)]
    #[expect(missing_docs, reason = "documented at its type")]
    pub agent: AgentHead,
    /// The skill.
    pub skill: Option<Skill>,
    /// What to do.
    pub action: Option<TrainingAction>,
    /// How much it matters: points × conversations over all recommendations.
    pub priority: Option<Impact>,
    /// In one line.
    pub title: String,
    /// The figures behind it.
    pub why: String,
    /// Conversations in which the skill was below what they asked for.
    pub affected: u64,
    /// Mean gap in those, in points.
    pub mean_gap: f64,
    /// Sum of the gaps: gap × volume.
    pub impact: f64,
    /// pCSAT where the level was missed.
    pub pcsat_missed: Average,
    /// pCSAT where it was reached: what may be expected.
    pub pcsat_met: Average,
    /// Conversations with the largest gaps.
    pub evidence: Vec<String>,
}
agent_rows!(TrainingRow);

/// All recommendations together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct TrainingTotals {
    /// Lines.
    pub recommendations: u64,
    /// Agents and bots with at least one.
    pub agents: u64,
    /// Agents and bots on the roster.
    pub roster: u64,
}

/// The report.
#[derive(Debug)]
pub struct AgentTrainingRecommendations;

impl AgentReport for AgentTrainingRecommendations {
    type Row = TrainingRow;
    type Totals = TrainingTotals;
    const NAME: &'static str = "agent-training-recommendations";
    const NEEDS: Needs = Needs { skills: true, ..Needs::NONE };

    fn finish(acc: AgentsAcc, context: &Context) -> Table<TrainingRow, TrainingTotals> {
        let (mut rows, mut roster) = (Vec::new(), 0);
        for (head, agent) in acc.agents() {
            roster += 1;
            let head = head.with(agent.uids, context);
            for (skill, gap) in Skill::ALL.iter().zip(&agent.skills) {
                rows.extend(recommend(&head, *skill, gap));
            }
        }
        // Whole thousandths of points, so that the order has no ties but equal ones; the id settles those.
        rows.sort_by(|a, b| fixed(b.impact).cmp(&fixed(a.impact)).then_with(|| a.id.cmp(&b.id)));
        let all: f64 = rows.iter().map(|row| row.impact).sum();
        let mut agents: Vec<(String, Option<AgentKind>)> =
            rows.iter().map(|row| (row.agent.agent_id.clone(), row.agent.kind)).collect();
        agents.sort();
        agents.dedup();
        for (rank, row) in (1..).zip(&mut rows) {
            row.rank = rank;
            row.priority = Some(Impact::of_share(row.impact / all));
        }
        let totals = TrainingTotals { recommendations: count(rows.len()), agents: count(agents.len()), roster };
        Table { totals, rows }
    }
}

fn recommend(head: &AgentHead, skill: Skill, gap: &SkillAcc) -> Option<TrainingRow> {
    let kind = head.kind?;
    let impact = gap.shortfall.total();
    let mean_gap = round3(impact / crate::insights::arithmetic::float(gap.missed.max(1)));
    if gap.missed < LEAST || mean_gap < LEAST_GAP {
        return None;
    }
    let name = skill.as_str().replace('_', " ");
    let (action, title) = match (kind, skill) {
        (AgentKind::Human, _) => (TrainingAction::Coach, format!("Coach on {name}")),
        (AgentKind::Bot, Skill::DepthOfKnowledge) => {
            (TrainingAction::ExtendKnowledge, "Extend the bot's knowledge".to_owned())
        }
        (AgentKind::Bot, _) => (TrainingAction::ChangeGoal, format!("Change the bot's goal for {name}")),
    };
    let why = format!(
        "In {} of {} conversations {name} was below what they asked for, by {mean_gap} points on average.",
        gap.missed, gap.required.n
    );
    Some(TrainingRow {
        id: stable_id("trn", &[kind.as_str(), &head.agent_id, skill.as_str()]),
        rank: 0,
        agent: head.clone(),
        skill: Some(skill),
        action: Some(action),
        priority: None,
        title,
        why,
        affected: gap.missed,
        mean_gap,
        impact,
        pcsat_missed: gap.pcsat_missed.average(),
        pcsat_met: gap.pcsat_met.average(),
        evidence: gap.worst.ids(),
    })
}
