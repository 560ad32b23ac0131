//! `agent-detection-rates`: overrides, inconsistencies and corrections per 100 conversations handled.

use serde::Serialize;
use utoipa::ToSchema;

use super::{AgentHead, AgentReport, AgentTotals, AgentsAcc, Needs, agent_rows, count};
use crate::analysis::round3;
use crate::insights::arithmetic::float;
use crate::insights::context::Context;
use crate::insights::report::Table;

/// How often something was detected.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct DetectionRate {
    /// `100 × numerator / denominator`; `null` without conversations.
    pub per_100: Option<f64>,
    /// Detections.
    pub numerator: u64,
    /// Conversations handled.
    pub denominator: u64,
    /// Conversations with at least one.
    pub conversations: u64,
}

/// An agent's detections.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct DetectionRow {
    #[serde(flatten)]
    #[expect(missing_docs, reason = "documented at its type")]
    pub agent: AgentHead,
    /// A person replaces a bot's or a colleague's answer.
    pub r#override: DetectionRate,
    /// Two answers contradict each other.
    pub inconsistency: DetectionRate,
    /// An own answer is put right.
    pub correction: DetectionRate,
}
agent_rows!(DetectionRow);

/// The report.
#[derive(Debug)]
pub struct AgentDetectionRates;

impl AgentReport for AgentDetectionRates {
    type Row = DetectionRow;
    type Totals = AgentTotals;
    const NAME: &'static str = "agent-detection-rates";
    const NEEDS: Needs = Needs::NONE;

    fn finish(acc: AgentsAcc, context: &Context) -> Table<DetectionRow, AgentTotals> {
        let conversations = acc.conversations;
        let rows: Vec<DetectionRow> = acc
            .agents()
            .map(|(head, agent)| {
                let handled = agent.conversations;
                let [r#override, inconsistency, correction] =
                    agent.detections.map(|(found, conversations)| DetectionRate {
                        per_100: (handled > 0).then(|| round3(100.0 * float(found) / float(handled))),
                        numerator: found,
                        denominator: handled,
                        conversations,
                    });
                DetectionRow { agent: head.with(agent.uids, context), r#override, inconsistency, correction }
            })
            .collect();
        Table { totals: AgentTotals { agents: count(rows.len()), conversations }, rows }
    }
}
