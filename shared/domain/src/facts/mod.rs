//! The fact row: what reports need of one conversation, and nothing else. No customer text.

pub mod block;
pub mod filter;
pub mod filter_body;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::analysis::{
    AgentKind, ChurnLevel, ConversationAnalysis, DetectionKind, GrowthKind, NotScored, Polarity, ResolutionState,
    Sentiment, Severity, Temperature, WarningKind,
};
use crate::conversation::{AuthorType, Conversation, Priority, Scalar, Status};
use crate::ids::BatchId;
use crate::settings::TagKind;
use crate::task::TaskPriority;

/// Which of two rows about the same conversation is the latest: the greater one. A total order that no redelivery can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Revision {
    /// Deletions before this row: whatever was accepted after a deletion outranks it.
    pub generation: u32,
    /// [`Conversation::version`].
    pub version: i64,
    /// The batch that brought it (its ULID): orders two contents of one version by acceptance.
    pub batch: u128,
}

impl Revision {
    /// The revision of a conversation accepted in a batch.
    pub fn new(generation: u32, conversation: &Conversation, batch: BatchId) -> Self {
        Self { generation, version: conversation.version(), batch: batch.ulid().0 }
    }
}

/// One line of a block: a conversation's facts, or the news that it no longer belongs to the block's day.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The caller's id of the conversation.
    pub conversation_id: String,
    /// Which entry about the conversation counts.
    pub revision: Revision,
    /// The facts; `None` = deleted, or moved to another day.
    pub facts: Option<FactRow>,
}

/// The latest row of every conversation, dropping those that are gone. Order of input does not matter.
pub fn latest(entries: impl IntoIterator<Item = Entry>) -> Vec<(String, FactRow)> {
    latest_entries(entries).into_iter().map(|(id, _, facts)| (id, facts)).collect()
}

/// [`latest`] with each row's revision.
pub fn latest_entries(entries: impl IntoIterator<Item = Entry>) -> Vec<(String, Revision, FactRow)> {
    let mut newest: BTreeMap<String, (Revision, Option<FactRow>)> = BTreeMap::new();
    for entry in entries {
        match newest.get(&entry.conversation_id) {
            // Of two entries with one revision the facts win: a `del` in the day it left, a `put` in the day it is in.
            Some((revision, facts)) if (*revision, facts.is_some()) >= (entry.revision, entry.facts.is_some()) => {}
            _ => {
                newest.insert(entry.conversation_id, (entry.revision, entry.facts));
            }
        }
    }
    newest.into_iter().filter_map(|(id, (revision, facts))| Some((id, revision, facts?))).collect()
}

/// What reports need of one conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field is the analysis field of the same name; see `analysis` for its definition")]
pub struct FactRow {
    pub created_at: Timestamp,
    pub last_activity_at: Timestamp,
    pub status: Option<Status>,
    pub priority: Option<Priority>,
    pub channel_type: Option<String>,
    pub channel_id: Option<String>,
    pub contact_id: Option<String>,
    pub account_id: Option<String>,
    pub assignee_id: Option<String>,
    pub team_id: Option<String>,
    pub tags: Vec<String>,
    pub custom: Vec<(String, String)>,
    pub contact_custom: Vec<(String, String)>,

    pub not_scored: Option<NotScored>,
    pub language: Option<String>,
    pub sentiment: Option<(Sentiment, f64)>,
    pub temperature: Option<Temperature>,
    pub severity: Option<Severity>,
    pub pcsat: Option<f64>,
    /// (rating, when), oldest first, without re-sent ones.
    pub csat: Vec<(u8, Timestamp)>,
    pub churn: Option<(ChurnLevel, f64)>,
    pub warnings: Vec<WarningKind>,
    /// Set when an intervention is required.
    pub intervention: Option<TaskPriority>,
    pub topics: Vec<(TagKind, String, String, Polarity)>,
    pub friction: Vec<String>,
    pub feature_requests: Vec<String>,
    pub contact_reason: Option<String>,
    pub growth: Vec<GrowthKind>,
    /// Who volunteered what.
    pub shares: Vec<(Option<String>, String)>,
    pub effort: Option<f64>,
    pub complexity: Option<f64>,

    pub resolution: Option<ResolutionState>,
    pub resolution_human: Option<ResolutionState>,
    pub resolution_bot: Option<ResolutionState>,
    pub closed_count: u32,
    pub reopen_count: u32,
    pub first_closed_at: Option<Timestamp>,
    pub last_closed_at: Option<Timestamp>,
    /// (wall-clock seconds, business seconds)
    pub first_response_human: Option<(u64, u64)>,
    pub first_response_bot: Option<(u64, u64)>,
    pub handle_human: Option<(u64, u64)>,
    pub handle_bot: Option<(u64, u64)>,
    pub resolution_time: Option<(u64, u64)>,
    pub resolution_time_human: Option<(u64, u64)>,
    pub waiting_since: Option<Timestamp>,
    /// (first response met, resolution met); `None` = no target or not yet known.
    pub sla: (Option<bool>, Option<bool>),

    pub customer_messages: u32,
    pub agent_messages: u32,
    pub bot_messages: u32,
    pub agents: Vec<AgentFacts>,
    /// Where it was gathered; set by whoever gathers, not by the analysis.
    pub matter: Option<Placed>,
}

/// The insight that a conversation was gathered under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// The insight's number, from 1.
    pub number: u32,
    /// How like it is to the middle of the insight: 255 = the same.
    pub likeness: u8,
}

/// What reports need of one agent's part in a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field is the assessment's field of the same name")]
pub struct AgentFacts {
    pub id: String,
    pub kind: AgentKind,
    pub messages: u32,
    pub words: u32,
    pub reply_seconds: Vec<u64>,
    /// In the order of `Skills`: knowledge, sensitivity, interpersonal, clarity, ownership, efficiency.
    pub skills: [Option<f64>; 6],
    pub required: [Option<f64>; 6],
    /// Override, inconsistency, correction.
    pub detections: [u32; 3],
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}

fn both(duration: Option<crate::analysis::Duration>) -> Option<(u64, u64)> {
    duration.map(|duration| (duration.seconds, duration.business_seconds))
}

fn pairs(custom: &BTreeMap<String, Scalar>) -> Vec<(String, String)> {
    custom.iter().map(|(name, value)| (name.clone(), value.as_text())).collect()
}

impl FactRow {
    /// The facts of an analysed conversation.
    pub fn of(conversation: &Conversation, analysis: &ConversationAnalysis, sla: (Option<bool>, Option<bool>)) -> Self {
        let count = |author: AuthorType| {
            let public = conversation.messages.iter().filter(|m| m.author_type == author && !m.private);
            u32::try_from(public.count()).unwrap_or(u32::MAX)
        };
        let last_message = conversation.messages.iter().map(|message| message.created_at).max();
        let contact = conversation.contact.as_ref();
        let mut csat: Vec<(u8, Timestamp)> =
            conversation.csat.iter().map(|rating| (rating.rating, rating.responded_at)).collect();
        csat.sort_by_key(|(rating, at)| (*at, *rating));
        csat.dedup();
        Self {
            created_at: conversation.created_at,
            last_activity_at: last_message.unwrap_or(conversation.created_at).max(conversation.created_at),
            status: conversation.status,
            priority: conversation.priority,
            channel_type: conversation.channel_type.clone(),
            channel_id: conversation.channel_id.clone(),
            contact_id: contact.map(|contact| contact.id.clone()),
            account_id: contact.and_then(|contact| contact.account.as_ref()).map(|account| account.id.clone()),
            assignee_id: conversation.assignee.as_ref().map(|assignee| assignee.id.clone()),
            team_id: conversation.team.as_ref().map(|team| team.id.clone()),
            tags: conversation.tags.clone(),
            custom: pairs(&conversation.custom),
            contact_custom: contact.map(|contact| pairs(&contact.custom)).unwrap_or_default(),
            not_scored: analysis.not_scored,
            language: analysis.language.as_ref().map(|language| language.code.clone()),
            sentiment: analysis.sentiment.as_ref().map(|arc| (arc.label, arc.overall)),
            temperature: analysis.temperature.as_ref().map(|label| label.label),
            severity: analysis.severity.as_ref().map(|label| label.label),
            pcsat: analysis.pcsat.as_ref().map(|pcsat| pcsat.score),
            csat,
            churn: analysis.churn_risk.as_ref().map(|risk| (risk.level, risk.score)),
            warnings: analysis.early_warnings.iter().map(|warning| warning.kind).collect(),
            intervention: if analysis.intervention.required { analysis.intervention.priority } else { None },
            topics: analysis
                .tags
                .iter()
                .map(|tag| (tag.kind, tag.area.clone(), tag.name.clone(), tag.polarity))
                .collect(),
            friction: analysis.friction_points.iter().map(|finding| finding.kind.clone()).collect(),
            feature_requests: analysis.feature_requests.iter().map(|finding| finding.kind.clone()).collect(),
            contact_reason: analysis.contact_reason.as_ref().map(|reason| reason.name.clone()),
            growth: analysis.growth_opportunities.iter().map(|growth| growth.kind).collect(),
            shares: analysis
                .information_shares
                .iter()
                .map(|share| (share.agent_id.clone(), share.kind.clone()))
                .collect(),
            effort: analysis.effort.as_ref().map(|score| score.value),
            complexity: analysis.complexity.as_ref().map(|score| score.value),
            resolution: analysis.resolution.state,
            resolution_human: analysis.resolution.human,
            resolution_bot: analysis.resolution.bot,
            closed_count: analysis.resolution.closed_count,
            reopen_count: analysis.resolution.reopen_count,
            first_closed_at: analysis.resolution.first_closed_at,
            last_closed_at: analysis.resolution.last_closed_at,
            first_response_human: both(analysis.times.first_response_human),
            first_response_bot: both(analysis.times.first_response_bot),
            handle_human: both(analysis.times.handle_human),
            handle_bot: both(analysis.times.handle_bot),
            resolution_time: both(analysis.times.resolution),
            resolution_time_human: both(analysis.times.resolution_human),
            waiting_since: analysis.times.waiting_since,
            sla,
            customer_messages: count(AuthorType::Customer),
            agent_messages: count(AuthorType::Agent),
            bot_messages: count(AuthorType::Bot),
            agents: agents_of(conversation, analysis),
            matter: None,
        }
    }
}

fn agents_of(conversation: &Conversation, analysis: &ConversationAnalysis) -> Vec<AgentFacts> {
    let detected = |assessment: &crate::analysis::Assessment, kind: DetectionKind| {
        let found = assessment.detections.iter().filter(|detection| detection.kind == kind).count();
        u32::try_from(found).unwrap_or(u32::MAX)
    };
    analysis
        .assessments
        .iter()
        .filter_map(|assessment| {
            let id = assessment.agent_id.clone()?;
            let written: Vec<Timestamp> = conversation
                .messages
                .iter()
                .filter(|message| !message.private)
                .filter(|message| message.author.as_ref().and_then(|author| author.id.as_deref()) == Some(id.as_str()))
                .map(|message| message.created_at)
                .collect();
            let s = &assessment.skills;
            let shown =
                [&s.depth_of_knowledge, &s.sensitivity, &s.interpersonal, &s.clarity, &s.ownership, &s.efficiency];
            let r = &assessment.required;
            Some(AgentFacts {
                kind: assessment.kind,
                messages: assessment.messages,
                words: assessment.words,
                reply_seconds: assessment.reply_seconds.clone(),
                skills: shown.map(|skill| skill.as_ref().map(|skill| skill.score)),
                required: [r.depth_of_knowledge, r.sensitivity, r.interpersonal, r.clarity, r.ownership, r.efficiency],
                detections: [
                    detected(assessment, DetectionKind::Override),
                    detected(assessment, DetectionKind::Inconsistency),
                    detected(assessment, DetectionKind::Correction),
                ],
                first_at: written.iter().min().copied().unwrap_or(conversation.created_at),
                last_at: written.iter().max().copied().unwrap_or(conversation.created_at),
                id,
            })
        })
        .collect()
}
