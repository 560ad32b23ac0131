//! What is going wrong, and whether a person must act.

use domain::analysis::{
    ChurnLevel, ChurnRisk, EarlyWarning, Intervention, ResolutionState, SentimentArc, Severity, Span, Temperature,
    WarningKind,
};
use domain::conversation::Conversation;
use domain::task::TaskPriority;
use jiff::Timestamp;

use crate::hours::Hours;
use crate::likeness;
use crate::reading::{EVIDENCE, Reading, Voice};
use crate::rules::{Cue, Hit, Rules};
use crate::times::waits;

/// Sentences of the customer that are compared with a later one.
const REMEMBERED: usize = 12;
/// From this overlap on a question is the same again.
const SAME: f64 = 0.6;
/// Without a target of the tenant, an urgent matter is answered slowly after this, in business seconds.
const SLOW: u64 = 3600;

/// Sentences in which the customer asks the same again, with a reply between.
pub(crate) fn repeated_questions(reading: &Reading, rules: &Rules) -> Vec<Span> {
    let mut remembered: Vec<(usize, Vec<u64>)> = Vec::new();
    let mut spans = Vec::new();
    let mut replied = 0;
    for sentence in &reading.sentences {
        if sentence.voice.answers() {
            replied = sentence.message;
            continue;
        }
        let content = likeness::content(reading, sentence, rules);
        if content.len() < 3 {
            continue;
        }
        let again = remembered
            .iter()
            .any(|(message, before)| *message < replied && likeness::overlap(before, &content) >= SAME);
        if again {
            spans.extend(reading.span(sentence));
        }
        if remembered.len() == REMEMBERED {
            remembered.remove(0);
        }
        remembered.push((sentence.message, content));
    }
    spans
}

/// The customer's words that escalate, and the replies that pass the case up.
pub(crate) fn escalation(reading: &Reading) -> Vec<Span> {
    let own = [Cue::ManagerRequest, Cue::Complaint, Cue::LegalThreat, Cue::Shaming, Cue::RefundDemand];
    let customer = reading.customer_means(&own).filter(|hit| hit.weight >= 0.7);
    let mut spans = reading.evidence(customer, EVIDENCE);
    let of_wish = |hit: &Hit| {
        let sentence = reading.sentence_of(hit);
        sentence.is_some_and(|sentence| reading.hits_of(sentence).iter().any(|hit| hit.cue == Cue::PassesWish))
    };
    let passed = reading.replies_mean(&[Cue::PassedUp]).filter(|hit| hit.weight >= 0.8 && !of_wish(hit));
    spans.extend(reading.evidence(passed, EVIDENCE));
    spans.truncate(EVIDENCE);
    spans
}

/// The customer's words that show an earlier contact or occurrence.
pub(crate) fn repeat_contact(reading: &Reading) -> Vec<Span> {
    let first_reply = reading.messages.iter().position(|read| read.voice.answers()).unwrap_or(usize::MAX);
    let opens = |hit: &&Hit| reading.sentence_of(hit).is_some_and(|sentence| sentence.message < first_reply);
    let hits: Vec<&Hit> = reading
        .customer_means(&[Cue::Repeat, Cue::Lasting])
        .filter(|hit| hit.cue == Cue::Repeat || opens(hit))
        .collect();
    let strength = 1.0 - hits.iter().map(|hit| 1.0 - 0.75 * hit.weight).product::<f64>();
    if strength < 0.6 { Vec::new() } else { reading.evidence(hits.into_iter(), EVIDENCE) }
}

/// A promise after which the customer had to come back before anything was done.
fn promise_not_kept(reading: &Reading) -> Vec<Span> {
    let mut open: Option<&Hit> = None;
    for hit in reading.hits.iter().filter(|hit| hit.is_meant()) {
        let Some(sentence) = reading.sentence_of(hit) else { continue };
        match (hit.cue, sentence.voice) {
            (Cue::Promise, Voice::Human | Voice::Bot) if hit.weight >= 0.7 => open = open.or(Some(hit)),
            (Cue::Done, Voice::Human | Voice::Bot) => open = None,
            (Cue::NotSolved | Cue::Repeat, Voice::Customer) if hit.weight >= 0.7 => {
                if let Some(promise) = open {
                    return reading.evidence([promise, hit].into_iter(), 2);
                }
            }
            _ => {}
        }
    }
    Vec::new()
}

/// The wait for a person that was too long for an urgent matter.
fn slow_reply(
    conversation: &Conversation,
    reading: &Reading,
    voices: &[Voice],
    hours: &Hours,
    target: Option<u32>,
) -> Vec<Span> {
    let limit = target.map_or(SLOW, |minutes| u64::from(minutes) * 60);
    let at = |index: usize| conversation.messages.get(index).map(|message| message.created_at);
    waits(voices, Voice::Human)
        .iter()
        .filter(|wait| {
            let times = at(wait.asked).zip(at(wait.answered));
            times.is_some_and(|(from, to)| hours.between(from, to).business_seconds > limit)
        })
        .take(EVIDENCE)
        .filter_map(|wait| reading.message_span(wait.asked))
        .collect()
}

/// What the warnings are judged by.
#[derive(Debug)]
pub(crate) struct Signs<'a> {
    pub(crate) arc: Option<&'a SentimentArc>,
    pub(crate) severity: Severity,
    pub(crate) temperature: Temperature,
    pub(crate) state: Option<ResolutionState>,
    pub(crate) waiting: Option<usize>,
    pub(crate) repeated: &'a [Span],
    pub(crate) is_closed: bool,
}

/// Every warning, each kind once.
pub(crate) fn warnings(
    conversation: &Conversation,
    reading: &Reading,
    voices: &[Voice],
    hours: &Hours,
    target: Option<u32>,
    signs: &Signs<'_>,
) -> Vec<EarlyWarning> {
    let mut found: Vec<(WarningKind, Vec<Span>)> = Vec::new();
    found.push((WarningKind::RepeatedQuestion, signs.repeated.iter().take(EVIDENCE).copied().collect()));
    let drifts = signs.arc.is_some_and(|arc| arc.shift <= -0.5 && arc.end <= -0.3);
    if drifts {
        let last = voices.iter().rposition(|voice| *voice == Voice::Customer);
        found.push((WarningKind::ToneDrift, last.and_then(|last| reading.message_span(last)).into_iter().collect()));
    }
    let urgent =
        signs.severity >= Severity::High || reading.customer_means(&[Cue::Urgent]).any(|hit| hit.weight >= 0.9);
    if urgent {
        found.push((WarningKind::SlowReply, slow_reply(conversation, reading, voices, hours, target)));
    }
    found.push((WarningKind::Escalation, escalation(reading)));
    found.push((WarningKind::PromiseNotKept, promise_not_kept(reading)));
    if let Some(waiting) = signs.waiting {
        found.push((WarningKind::Unanswered, reading.message_span(waiting).into_iter().collect()));
    }
    found.push((WarningKind::RepeatContact, repeat_contact(reading)));
    found
        .into_iter()
        .filter(|(_, evidence)| !evidence.is_empty())
        .map(|(kind, evidence)| EarlyWarning { kind, evidence })
        .collect()
}

/// Whether a person must act: severity × temperature × open state. Calm and critical still requires it; what is resolved
/// does not.
pub(crate) fn intervention(
    signs: &Signs<'_>,
    churn: &ChurnRisk,
    warnings: &[EarlyWarning],
    evidence: &[&[Span]],
) -> Intervention {
    let open = signs.state != Some(ResolutionState::Resolved);
    let hot = signs.temperature == Temperature::Hot;
    let grave = signs.severity >= Severity::High;
    let critical = signs.severity == Severity::Critical;
    let waiting = signs.waiting.is_some();
    let escalated = warnings.iter().any(|warning| warning.kind == WarningKind::Escalation);
    let leaving = churn.level == ChurnLevel::High;
    let reasons: Vec<String> = [
        ("critical_severity", open && critical),
        ("hot_customer", open && hot && (grave || waiting || escalated || leaving)),
        ("churn_risk", open && leaving),
        ("escalation", open && escalated && (grave || hot)),
        ("unresolved_closed", signs.is_closed && open && (grave || hot)),
    ]
    .into_iter()
    .filter(|(_, holds)| *holds)
    .map(|(reason, _)| reason.to_owned())
    .collect();
    let required = !reasons.is_empty();
    let priority = required.then_some(match (critical, grave && hot, grave || hot) {
        (true, _, _) | (_, true, _) => TaskPriority::Urgent,
        (_, _, true) => TaskPriority::High,
        _ => TaskPriority::Medium,
    });
    let mut spans: Vec<Span> =
        if required { evidence.iter().flat_map(|spans| spans.iter().copied()).collect() } else { Vec::new() };
    spans.sort_unstable();
    spans.dedup();
    spans.truncate(EVIDENCE);
    Intervention { required, reasons, priority, evidence: spans }
}

/// The newest time that the conversation speaks of: what is known to have passed.
pub(crate) fn newest(conversation: &Conversation) -> Timestamp {
    let own = [Some(conversation.created_at), conversation.updated_at, conversation.closed_at];
    let messages = conversation.messages.iter().map(|message| message.created_at);
    own.into_iter().flatten().chain(messages).max().unwrap_or(conversation.created_at)
}
