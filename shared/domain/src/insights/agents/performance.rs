//! `agent-performance-score`: one number from 0 to 100, how it comes about and how sure it is.
//!
//! Four parts between 0 and 1 (pCSAT, no detections, low customer effort, resolved), joined by the tenant's weights over the parts that
//! have data. `score` is that, drawn to the mean of all agents of the same kind as if each had [`PRIOR`] conversations more at that mean.

use serde::Serialize;
use utoipa::ToSchema;

use super::{AgentAcc, AgentHead, AgentKind, AgentReport, AgentTotals, AgentsAcc, Needs, agent_rows, count, outcome};
use crate::analysis::round3;
use crate::facts::{AgentFacts, FactRow};
use crate::insights::arithmetic::float;
use crate::insights::context::Context;
use crate::insights::report::{Table, settled};
use crate::settings::ScoreWeights;

/// Conversations at the team's mean that every agent is credited with.
pub const PRIOR: u64 = 10;

/// One part of the score.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct ScorePart {
    /// 0–100; `null` without data.
    pub value: Option<f64>,
    /// Its weight among the parts with data, 0–1.
    pub weight: f64,
    /// Conversations with data.
    pub n: u64,
}

/// The four parts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct ScoreParts {
    /// Predicted satisfaction: 1 is 0, 5 is 100.
    pub pcsat: ScorePart,
    /// 100 − detections per 100 conversations.
    pub detections: ScorePart,
    /// 100 − customer effort.
    pub effort: ScorePart,
    /// Share resolved of those that ended.
    pub resolution: ScorePart,
}

/// An agent's score.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct PerformanceRow {
    #[serde(flatten)]
    #[expect(missing_docs, reason = "documented at its type")]
    pub agent: AgentHead,
    /// 0–100, drawn to the mean of the agents of the same kind; `null` without data.
    pub score: Option<f64>,
    /// 0–100, of the agent's own conversations only.
    pub raw_score: Option<f64>,
    /// Mean of all agents of the same kind.
    pub team_score: Option<f64>,
    /// Lower end of the 95 % interval; `null` below two conversations.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// What the raw score is made of.
    pub parts: ScoreParts,
}
agent_rows!(PerformanceRow);

fn unit(value: f64) -> f64 {
    value.clamp(0.0, 1.0)
}

/// Σ weight · part / Σ weight over the parts with data, 0–100.
fn joined(parts: [Option<f64>; 4], weights: [f64; 4]) -> Option<f64> {
    let (mut sum, mut all) = (0.0, 0.0);
    for (part, weight) in parts.into_iter().zip(weights) {
        if let Some(part) = part {
            sum += weight * part;
            all += weight;
        }
    }
    (all > 0.0).then(|| 100.0 * sum / all)
}

fn array(weights: ScoreWeights) -> [f64; 4] {
    [weights.pcsat, weights.detections, weights.effort, weights.resolution]
}

/// The score of one conversation for one agent; `None` when it is not scored.
pub fn composite(facts: &AgentFacts, row: &FactRow, weights: ScoreWeights) -> Option<f64> {
    if row.not_scored.is_some() {
        return None;
    }
    let clean = facts.detections.iter().all(|found| *found == 0);
    let parts = [
        row.pcsat.map(|pcsat| unit((pcsat - 1.0) / 4.0)),
        Some(if clean { 1.0 } else { 0.0 }),
        row.effort.map(|effort| unit(1.0 - effort / 100.0)),
        settled(outcome(facts.kind, row)).map(|resolved| if resolved { 1.0 } else { 0.0 }),
    ];
    joined(parts, array(weights))
}

fn parts(agent: &AgentAcc) -> [Option<f64>; 4] {
    let found: u64 = agent.detections.iter().map(|(count, _)| count).sum();
    let handled = agent.conversations;
    let resolved = agent.resolved;
    [
        agent.pcsat.exact_mean().map(|mean| unit((mean - 1.0) / 4.0)),
        (handled > 0).then(|| unit(1.0 - float(found) / float(handled))),
        agent.effort.exact_mean().map(|mean| unit(1.0 - mean / 100.0)),
        (resolved.of > 0).then(|| float(resolved.hits) / float(resolved.of)),
    ]
}

/// The report.
#[derive(Debug)]
pub struct AgentPerformanceScore;

impl AgentReport for AgentPerformanceScore {
    type Row = PerformanceRow;
    type Totals = AgentTotals;
    const NAME: &'static str = "agent-performance-score";
    const NEEDS: Needs = Needs { composite: true, ..Needs::NONE };

    fn finish(acc: AgentsAcc, context: &Context) -> Table<PerformanceRow, AgentTotals> {
        let weights = array(context.weights);
        let conversations = acc.conversations;
        let agents: Vec<(AgentHead, AgentAcc)> = acc.agents().collect();
        let team = |kind: AgentKind| {
            let mut all = AgentAcc::default();
            for (_, agent) in agents.iter().filter(|(head, _)| head.kind == Some(kind)) {
                all.merge(agent.clone());
            }
            joined(parts(&all), weights)
        };
        let teams = [team(AgentKind::Human), team(AgentKind::Bot)];
        let rows: Vec<PerformanceRow> = agents
            .into_iter()
            .map(|(head, agent)| {
                let [human, bot] = teams;
                let team = if head.kind == Some(AgentKind::Bot) { bot } else { human };
                row(head.with(agent.uids.clone(), context), &agent, team, weights)
            })
            .collect();
        Table { totals: AgentTotals { agents: count(rows.len()), conversations }, rows }
    }
}

fn row(head: AgentHead, agent: &AgentAcc, team: Option<f64>, weights: [f64; 4]) -> PerformanceRow {
    let parts = parts(agent);
    let raw = joined(parts, weights);
    let (n, prior) = (float(agent.conversations), float(PRIOR));
    let score = raw.zip(team).map(|(raw, team)| (n * raw + prior * team) / (n + prior));
    let spread = agent.composite.exact_variance().filter(|_| agent.composite.n >= 2);
    let half = spread.map(|variance| 1.96 * (variance / (float(agent.composite.n) + prior)).sqrt());
    let end = |sign: f64| score.zip(half).map(|(score, half)| round3((score + sign * half).clamp(0.0, 100.0)));
    let all: f64 = parts.iter().zip(weights).filter(|(part, _)| part.is_some()).map(|(_, weight)| weight).sum();
    let [pcsat, detections, effort, resolution] = parts;
    let [of_pcsat, of_detections, of_effort, of_resolution] = weights;
    let part = |value: Option<f64>, weight: f64, n: u64| ScorePart {
        value: value.map(|value| round3(value * 100.0)),
        weight: if value.is_some() && all > 0.0 { round3(weight / all) } else { 0.0 },
        n,
    };
    PerformanceRow {
        agent: head,
        score: score.map(round3),
        raw_score: raw.map(round3),
        team_score: team.map(round3),
        low: end(-1.0),
        high: end(1.0),
        parts: ScoreParts {
            pcsat: part(pcsat, of_pcsat, agent.pcsat.n),
            detections: part(detections, of_detections, agent.conversations),
            effort: part(effort, of_effort, agent.effort.n),
            resolution: part(resolution, of_resolution, agent.resolved.of),
        },
    }
}
