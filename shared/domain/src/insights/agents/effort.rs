//! `agent-effort`: messages, reply times, complexity; and the durations of whole conversations.

use serde::Serialize;
use utoipa::ToSchema;

use super::{AgentHead, AgentReport, AgentsAcc, Durations, Needs, agent_rows, count};
use crate::analysis::round3;
use crate::insights::arithmetic::{Average, Sum, float};
use crate::insights::context::Context;
use crate::insights::report::Table;

/// An agent's effort.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct EffortRow {
    #[serde(flatten)]
    #[expect(missing_docs, reason = "documented at its type")]
    pub agent: AgentHead,
    /// Public messages.
    pub messages: u64,
    /// Messages a conversation.
    pub messages_per_conversation: Option<f64>,
    /// Words of new text.
    pub words: u64,
    /// Replies whose time is known.
    pub replies: u64,
    /// Median reply time in seconds (nearest rank), wall clock.
    pub reply_median_seconds: Option<u64>,
    /// 90th percentile.
    pub reply_p90_seconds: Option<u64>,
    /// Complexity of the conversations, 0–100.
    pub complexity: Average,
    /// Customer effort in them, 0–100.
    pub customer_effort: Average,
}
agent_rows!(EffortRow);

/// A mean duration, by the wall clock and within business hours.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct MeanDuration {
    /// Mean seconds, wall clock; `null` without data.
    pub seconds: Option<f64>,
    /// Mean seconds within the tenant's business hours (the same when it has set none).
    pub business_seconds: Option<f64>,
    /// Conversations.
    pub n: u64,
}

/// All conversations of the period together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct EffortTotals {
    /// Lines.
    pub agents: u64,
    /// Conversations of the period in which an agent or bot with an id wrote.
    pub conversations: u64,
    /// Earliest unanswered customer message → first public reply of a person. Bots, system and notes never count.
    pub first_response_human: MeanDuration,
    /// The same to the first reply of a bot.
    pub first_response_bot: MeanDuration,
    /// Beginning → last closing.
    pub resolution: MeanDuration,
    /// First message of a person → last closing: without the bot's time.
    pub resolution_human: MeanDuration,
    /// First → last message of people, or closing.
    pub handle_human: MeanDuration,
    /// The bot's part.
    pub handle_bot: MeanDuration,
    /// Conversations in which the customer waits for an answer.
    pub waiting: u64,
}

fn mean([wall, business]: [Sum; 2]) -> MeanDuration {
    MeanDuration { seconds: wall.mean(), business_seconds: business.mean(), n: wall.n }
}

fn totals(agents: u64, conversations: u64, durations: &Durations) -> EffortTotals {
    let [first_response_human, first_response_bot, resolution, resolution_human, handle_human, handle_bot] =
        durations.sums.map(mean);
    EffortTotals {
        agents,
        conversations,
        first_response_human,
        first_response_bot,
        resolution,
        resolution_human,
        handle_human,
        handle_bot,
        waiting: durations.waiting,
    }
}

/// The report.
#[derive(Debug)]
pub struct AgentEffort;

impl AgentReport for AgentEffort {
    type Row = EffortRow;
    type Totals = EffortTotals;
    const NAME: &'static str = "agent-effort";
    const NEEDS: Needs = Needs { replies: true, durations: true, ..Needs::NONE };

    fn finish(acc: AgentsAcc, context: &Context) -> Table<EffortRow, EffortTotals> {
        let (conversations, durations) = (acc.conversations, acc.durations.clone());
        let rows: Vec<EffortRow> = acc
            .agents()
            .map(|(head, agent)| EffortRow {
                messages: agent.messages,
                messages_per_conversation: (agent.conversations > 0)
                    .then(|| round3(float(agent.messages) / float(agent.conversations))),
                words: agent.words,
                replies: agent.replies.n(),
                reply_median_seconds: agent.replies.percentile(50),
                reply_p90_seconds: agent.replies.percentile(90),
                complexity: agent.complexity.average(),
                customer_effort: agent.effort.average(),
                agent: head.with(agent.uids, context),
            })
            .collect();
        Table { totals: totals(count(rows.len()), conversations, &durations), rows }
    }
}
