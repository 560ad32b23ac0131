//! A conversation as a row of a list; the head of its detail too.

use domain::analysis::{
    ChurnLevel, ConversationAnalysis, NotScored, ResolutionState, Sentiment, Severity, Temperature, WarningKind,
};
use domain::conversation::{Named, Priority, Status};
use domain::facts::FactRow;
use domain::task::TaskPriority;
use serde::Serialize;
use serde_json::Value;
use store::StoredConversation;
use utoipa::ToSchema;

/// An analysed conversation without its messages.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConversationBody {
    /// The caller's id.
    pub(crate) conversation_uid: String,
    created_at: String,
    /// Newest message.
    last_activity_at: String,
    closed_at: Option<String>,
    status: Option<Status>,
    priority: Option<Priority>,
    subject: Option<String>,
    channel_type: Option<String>,
    channel_id: Option<String>,
    contact: Option<Named>,
    account: Option<Named>,
    assignee: Option<Named>,
    team: Option<Named>,
    /// Agents and bots that wrote.
    agents: Vec<Named>,
    /// The caller's labels.
    labels: Vec<String>,
    #[schema(value_type = Object)]
    custom: Value,
    /// Messages in the conversation, internal notes included.
    message_count: u32,
    /// Messages the analysis has read.
    analyzed_messages: Option<u32>,
    /// Whether there are messages that the analysis has not read.
    stale: Option<bool>,
    /// Why the conversation is not scored; `null` when it is.
    not_scored: Option<NotScored>,
    language: Option<String>,
    sentiment: Option<SentimentBody>,
    temperature: Option<Temperature>,
    severity: Option<Severity>,
    /// Predicted satisfaction, 1–5.
    pcsat: Option<f64>,
    /// Latest real rating, 1–5.
    csat: Option<u8>,
    churn_risk: Option<ChurnBody>,
    early_warnings: Vec<WarningKind>,
    intervention: InterventionBody,
    /// Topics found by the analysis.
    tags: Vec<TopicBody>,
    contact_reason: Option<String>,
    resolution: Option<ResolutionState>,
    /// First human reply, in seconds.
    first_response_seconds: Option<u64>,
    /// Customer effort, 0–100.
    effort: Option<f64>,
    /// Issue and outcome, extracted.
    summary: Option<String>,
    /// What the labels rest on, with `include: ["evidence"]`: the analysis in full.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ConversationAnalysis>)]
    pub(crate) analysis: Option<Value>,
}

/// Sentiment over the conversation.
#[derive(Serialize, ToSchema)]
pub(crate) struct SentimentBody {
    label: Sentiment,
    /// −1..1.
    overall: f64,
}

/// Churn risk.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChurnBody {
    level: ChurnLevel,
    /// 0–1.
    score: f64,
}

/// Whether a person must act.
#[derive(Serialize, ToSchema)]
pub(crate) struct InterventionBody {
    required: bool,
    priority: Option<TaskPriority>,
}

/// A topic.
#[derive(Serialize, ToSchema)]
pub(crate) struct TopicBody {
    kind: domain::settings::TagKind,
    area: String,
    name: String,
    polarity: domain::analysis::Polarity,
}

impl ConversationBody {
    /// The row of a stored conversation. `analysis` is there unless it overflowed and was not read.
    pub(crate) fn of(stored: &StoredConversation, analysis: Option<&ConversationAnalysis>) -> Self {
        let facts: &FactRow = &stored.facts;
        let names = &stored.names;
        let with_name =
            |id: &Option<String>, name: &Option<String>| id.clone().map(|id| Named { id, name: name.clone() });
        let agent = |id: &String| {
            let name = names.agents.iter().find(|(known, _)| known == id).map(|(_, name)| name.clone());
            Named { id: id.clone(), name }
        };
        let custom = facts.custom.iter().map(|(name, value)| (name.clone(), Value::from(value.clone()))).collect();
        Self {
            conversation_uid: stored.id.clone(),
            created_at: facts.created_at.to_string(),
            last_activity_at: facts.last_activity_at.to_string(),
            closed_at: facts.last_closed_at.map(|at| at.to_string()),
            status: facts.status,
            priority: facts.priority,
            subject: stored.subject.clone(),
            channel_type: facts.channel_type.clone(),
            channel_id: facts.channel_id.clone(),
            contact: with_name(&facts.contact_id, &names.contact),
            account: with_name(&facts.account_id, &names.account),
            assignee: with_name(&facts.assignee_id, &names.assignee),
            team: with_name(&facts.team_id, &names.team),
            agents: facts.agents.iter().map(|facts| agent(&facts.id)).collect(),
            labels: facts.tags.clone(),
            custom: Value::Object(custom),
            message_count: stored.message_count,
            analyzed_messages: analysis.map(|analysis| analysis.analyzed_messages),
            stale: analysis.map(|analysis| analysis.analyzed_messages < stored.message_count),
            not_scored: facts.not_scored,
            language: facts.language.clone(),
            sentiment: facts.sentiment.map(|(label, overall)| SentimentBody { label, overall }),
            temperature: facts.temperature,
            severity: facts.severity,
            pcsat: facts.pcsat,
            csat: facts.csat.last().map(|(rating, _)| *rating),
            churn_risk: facts.churn.map(|(level, score)| ChurnBody { level, score }),
            early_warnings: facts.warnings.clone(),
            intervention: InterventionBody { required: facts.intervention.is_some(), priority: facts.intervention },
            tags: facts
                .topics
                .iter()
                .map(|(kind, area, name, polarity)| TopicBody {
                    kind: *kind,
                    area: area.clone(),
                    name: name.clone(),
                    polarity: *polarity,
                })
                .collect(),
            contact_reason: facts.contact_reason.clone(),
            resolution: facts.resolution,
            first_response_seconds: facts.first_response_human.map(|(seconds, _)| seconds),
            effort: facts.effort,
            summary: stored.summary.clone(),
            analysis: None,
        }
    }
}
