//! What must be acted on, and by when; and whether the service levels were met.

use domain::analysis::{ChurnLevel, ConversationAnalysis, ResolutionState, Severity, Span, Temperature, WarningKind};
use domain::conversation::Conversation;
use domain::settings::Settings;
use domain::task::{TaskDraft, TaskKind, TaskPriority};
use jiff::Timestamp;

use crate::closing::Closing;
use crate::hours::Hours;
use crate::warnings::newest;

/// The tasks that the analysis gives reason for: at most one per kind, none about a matter that is resolved.
pub fn tasks(conversation: &Conversation, analysis: &ConversationAnalysis, settings: &Settings) -> Vec<TaskDraft> {
    if analysis.not_scored.is_some() || analysis.resolution.state == Some(ResolutionState::Resolved) {
        return Vec::new();
    }
    let dues = Dues::of(conversation, analysis, settings);
    let severity = analysis.severity.as_ref().map(|label| label.label);
    let hot = analysis.temperature.as_ref().is_some_and(|label| label.label == Temperature::Hot);
    let pressing = match severity {
        Some(Severity::Critical) => TaskPriority::Urgent,
        Some(Severity::High) if hot => TaskPriority::Urgent,
        Some(Severity::High) => TaskPriority::High,
        _ if hot => TaskPriority::High,
        Some(Severity::Medium) => TaskPriority::Medium,
        _ => TaskPriority::Low,
    };
    let draft = |kind, priority, title: String, reasons, evidence: Vec<Span>, due_at| TaskDraft {
        kind,
        priority,
        title,
        reasons,
        evidence_at: newest_of(conversation, &evidence),
        due_at,
        evidence,
    };
    let warning = |kind: WarningKind| analysis.early_warnings.iter().find(|warning| warning.kind == kind);
    let mut drafts = Vec::new();
    let intervention = &analysis.intervention;
    if let Some(priority) = intervention.priority.filter(|_| intervention.required) {
        let title = format!("Step in: {}", readable(&intervention.reasons));
        let due = dues.reply.or(dues.resolution);
        drafts.push(draft(
            TaskKind::Intervention,
            priority,
            title,
            intervention.reasons.clone(),
            intervention.evidence.clone(),
            due,
        ));
    }
    if let Some(found) = warning(WarningKind::Unanswered).filter(|_| !dues.is_closed) {
        let title = match severity {
            Some(severity) => format!("Answer the customer ({} severity)", severity.as_str()),
            None => "Answer the customer".to_owned(),
        };
        let reasons = vec![WarningKind::Unanswered.as_str().to_owned()];
        let priority = pressing.min(TaskPriority::Medium);
        drafts.push(draft(TaskKind::UnansweredMessage, priority, title, reasons, found.evidence.clone(), dues.reply));
    }
    if let Some(found) = warning(WarningKind::PromiseNotKept) {
        let reasons = vec![WarningKind::PromiseNotKept.as_str().to_owned()];
        let priority = pressing.min(TaskPriority::High);
        let title = "Keep the promise made to the customer".to_owned();
        drafts.push(draft(TaskKind::PromiseNotKept, priority, title, reasons, found.evidence.clone(), dues.either()));
    }
    if let Some(risk) = analysis.churn_risk.as_ref().filter(|risk| risk.level >= ChurnLevel::Medium) {
        let reasons: Vec<String> = risk.signals.iter().map(|signal| signal.kind.as_str().to_owned()).collect();
        let priority = if risk.level == ChurnLevel::High { TaskPriority::High } else { TaskPriority::Medium };
        let title = format!("Keep the customer: {} churn risk ({})", risk.level.as_str(), readable(&reasons));
        let evidence = risk.signals.iter().flat_map(|signal| signal.evidence.iter().copied()).take(5).collect();
        drafts.push(draft(TaskKind::ChurnRisk, priority, title, reasons, evidence, dues.either()));
    }
    let others: Vec<_> = analysis
        .early_warnings
        .iter()
        .filter(|warning| {
            use WarningKind::{Escalation, RepeatedQuestion, SlowReply, ToneDrift};
            matches!(warning.kind, Escalation | ToneDrift | SlowReply | RepeatedQuestion)
        })
        .collect();
    if !others.is_empty() && !intervention.required && !dues.is_closed {
        let reasons: Vec<String> = others.iter().map(|warning| warning.kind.as_str().to_owned()).collect();
        let evidence = others.iter().flat_map(|warning| warning.evidence.iter().copied()).take(5).collect();
        let title = format!("Look into it: {}", readable(&reasons));
        drafts.push(draft(
            TaskKind::EarlyWarning,
            pressing.max(TaskPriority::High),
            title,
            reasons,
            evidence,
            dues.either(),
        ));
    }
    drafts
}

fn readable(codes: &[String]) -> String {
    codes.iter().take(3).map(|code| code.replace('_', " ")).collect::<Vec<_>>().join(", ")
}

fn newest_of(conversation: &Conversation, evidence: &[Span]) -> Timestamp {
    let times = evidence.iter().filter_map(|span| {
        let index = usize::try_from(span.message).ok()?;
        conversation.messages.get(index).map(|message| message.created_at)
    });
    times.max().unwrap_or(conversation.created_at)
}

/// When the next reply and the resolution are due.
#[derive(Debug)]
struct Dues {
    /// Set while the customer waits.
    reply: Option<Timestamp>,
    resolution: Option<Timestamp>,
    is_closed: bool,
}

impl Dues {
    fn of(conversation: &Conversation, analysis: &ConversationAnalysis, settings: &Settings) -> Self {
        let hours = Hours::of(settings);
        let first_reply_is_due = analysis.times.first_response_human.is_none();
        let reply = analysis.times.waiting_since.and_then(|since| {
            let own = conversation.sla.and_then(|sla| sla.first_response_due_at).filter(|_| first_reply_is_due);
            own.or_else(|| hours.after(since, target(settings.sla_targets.first_response_minutes)?))
        });
        let resolution = resolution_due(conversation, settings, &hours);
        Self { reply, resolution, is_closed: Closing::of(conversation).is_closed }
    }

    fn either(&self) -> Option<Timestamp> {
        match (self.reply, self.resolution) {
            (Some(reply), Some(resolution)) => Some(reply.min(resolution)),
            (reply, resolution) => reply.or(resolution),
        }
    }
}

fn target(minutes: Option<u32>) -> Option<u64> {
    minutes.map(|minutes| u64::from(minutes) * 60)
}

fn resolution_due(conversation: &Conversation, settings: &Settings, hours: &Hours) -> Option<Timestamp> {
    let own = conversation.sla.and_then(|sla| sla.resolution_due_at);
    own.or_else(|| hours.after(conversation.created_at, target(settings.sla_targets.resolution_minutes)?))
}

/// Whether the first human reply and the resolution came in time: the conversation's own targets, else the tenant's.
///
/// `None` = there is no target, or it is not over yet. What is not done is missed as soon as the conversation itself speaks
/// of a time after the due one: there is no clock here.
pub fn sla_status(
    conversation: &Conversation,
    analysis: &ConversationAnalysis,
    settings: &Settings,
) -> (Option<bool>, Option<bool>) {
    let hours = Hours::of(settings);
    let known = newest(conversation);
    let asked = conversation
        .messages
        .iter()
        .find(|message| message.author_type == domain::conversation::AuthorType::Customer && !message.private);
    let asked = asked.map_or(conversation.created_at, |message| message.created_at);
    let own = conversation.sla.and_then(|sla| sla.first_response_due_at);
    let reply_due = own.or_else(|| hours.after(asked, target(settings.sla_targets.first_response_minutes)?));
    let replied = analysis.times.first_response_human.and_then(|wait| {
        let seconds = i64::try_from(wait.seconds).ok()?;
        asked.checked_add(jiff::SignedDuration::from_secs(seconds)).ok()
    });
    let closing = Closing::of(conversation);
    let resolved = closing.last_closed_at.filter(|_| closing.is_closed);
    let met = |due: Option<Timestamp>, done: Option<Timestamp>| match (due?, done) {
        (due, Some(done)) => Some(done <= due),
        (due, None) => (known > due).then_some(false),
    };
    (met(reply_due, replied), met(resolution_due(conversation, settings, &hours), resolved))
}

#[cfg(test)]
#[path = "tasks_tests.rs"]
mod tests;
