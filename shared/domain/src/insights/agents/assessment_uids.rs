//! `agent-assessment-conversation-uids`: the conversations behind an agent's figures, newest first.

use std::cmp::Reverse;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{AgentKind, CREATED, Skilled, count, place};
use crate::analysis::DetectionKind;
use crate::facts::FactRow;
use crate::insights::context::Context;
use crate::insights::report::{Report, Row, Table};

/// One assessment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct AssessmentRow {
    /// The conversation.
    pub conversation_uid: String,
    /// When it began.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub created_at: Option<Timestamp>,
    /// The agent or bot.
    pub agent_id: String,
    /// Person or bot.
    pub kind: Option<AgentKind>,
    /// Skills shown, 0–100.
    pub skills: Skilled<Option<f64>>,
    /// Detections in it.
    pub detections: Vec<DetectionKind>,
}

impl Row for AssessmentRow {}

/// All pages together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct AssessmentTotals {
    /// Assessments that match, on all pages.
    pub total: u64,
    /// Different conversations among them.
    pub conversations: u64,
}

/// Newest first; ties by conversation, agent and kind.
type Key = (Reverse<Timestamp>, String, String, AgentKind);

/// What a line shows beside its key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    skills: [Option<f64>; 6],
    detections: Vec<DetectionKind>,
}

/// The report.
#[derive(Debug)]
pub struct AgentAssessmentConversationUids;

impl Report for AgentAssessmentConversationUids {
    type Acc = Vec<(Key, Shown)>;
    type Row = AssessmentRow;
    type Totals = AssessmentTotals;
    const NAME: &'static str = "agent-assessment-conversation-uids";
    const BASIS: &'static str = CREATED;

    fn fold(acc: &mut Self::Acc, id: &str, row: &FactRow, _: bool, context: &Context) {
        for facts in row.agents.iter().filter(|facts| context.wants(&facts.id, facts.kind)) {
            let judged = |skill| facts.skills.get(place(skill)).is_some_and(Option::is_some);
            let kinds = DetectionKind::ALL.iter().zip(facts.detections).filter(|(_, found)| *found > 0);
            let detections: Vec<DetectionKind> = kinds.map(|(kind, _)| *kind).collect();
            let wanted =
                context.skill.is_none_or(judged) && context.detection.is_none_or(|kind| detections.contains(&kind));
            if wanted {
                let key = (Reverse(row.created_at), id.to_owned(), facts.id.clone(), facts.kind);
                acc.push((key, Shown { skills: facts.skills, detections }));
            }
        }
    }

    fn merge(into: &mut Self::Acc, from: Self::Acc) {
        into.extend(from);
    }

    fn finish(mut acc: Self::Acc, _: &Context) -> Table<AssessmentRow, AssessmentTotals> {
        acc.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let rows: Vec<AssessmentRow> = acc
            .into_iter()
            .map(|((Reverse(created_at), conversation_uid, agent_id, kind), shown)| AssessmentRow {
                conversation_uid,
                created_at: Some(created_at),
                agent_id,
                kind: Some(kind),
                skills: Skilled::from(shown.skills),
                detections: shown.detections,
            })
            .collect();
        let mut uids: Vec<&str> = rows.iter().map(|row| row.conversation_uid.as_str()).collect();
        uids.sort_unstable();
        uids.dedup();
        Table { totals: AssessmentTotals { total: count(rows.len()), conversations: count(uids.len()) }, rows }
    }
}
