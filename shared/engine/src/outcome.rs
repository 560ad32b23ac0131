//! How it ended: resolved, unresolved or open, and who brought it to its end.

use domain::analysis::{ClosedBy, Resolution, ResolutionState, Span};
use domain::conversation::{Conversation, Status};

use crate::closing::Closing;
use crate::hours::seconds_between;
use crate::reading::{EVIDENCE, Reading, Voice};
use crate::rules::Cue;

/// Silence after which a close is a time-out.
const SILENCE: u64 = 48 * 3600;

/// The end as the text shows it.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    /// The customer confirms, in the last run.
    pub(crate) confirmed: bool,
    /// The customer ends displeased, or was told no.
    pub(crate) refused: bool,
    pub(crate) displeased: bool,
    pub(crate) evidence: Vec<Span>,
}

/// Reads the last run of customer messages and the last replies.
pub(crate) fn ending(reading: &Reading) -> Ending {
    let last_customer = reading.messages.iter().rposition(|read| read.voice == Voice::Customer);
    let Some(last) = last_customer else { return Ending::default() };
    let earlier_reply = reading.messages.get(..last).and_then(|head| head.iter().rposition(|read| read.voice.answers()));
    let Some(reply) = earlier_reply else { return Ending::default() };
    let mut confirm = 0.0_f64;
    let mut against = 0.0_f64;
    let mut spans = Vec::new();
    for sentence in reading.sentences.iter().filter(|s| s.message > reply && s.message <= last) {
        if sentence.voice != Voice::Customer {
            continue;
        }
        let hits = reading.hits_of(sentence);
        let heaviest = |cue: Cue| {
            hits.iter().filter(|hit| hit.cue == cue && hit.is_meant()).map(|hit| hit.weight).fold(0.0, f64::max)
        };
        let yes = heaviest(Cue::Confirmed).max(0.6 * heaviest(Cue::Thanks)).max(0.4 * heaviest(Cue::Farewell));
        let no = heaviest(Cue::NotSolved)
            .max(heaviest(Cue::Anger))
            .max(0.6 * heaviest(Cue::Frustration))
            .max(0.5 * heaviest(Cue::Problem))
            .max(heaviest(Cue::Cancellation));
        let asks = if sentence.asks { 0.5 } else { 0.0 };
        if yes > no + asks {
            confirm += yes;
            spans.extend(reading.span(sentence));
        } else if no + asks > 0.0 {
            against += no + asks;
            if no > 0.0 {
                spans.extend(reading.span(sentence));
            }
        }
    }
    let refused = reading
        .replies_mean(&[Cue::Refusal])
        .any(|hit| hit.weight >= 0.7 && reading.sentence_of(hit).is_some_and(|sentence| sentence.message >= reply));
    spans.truncate(EVIDENCE);
    Ending {
        confirmed: confirm >= 0.6 && confirm > against,
        refused: refused && confirm <= against,
        displeased: against >= 0.9 && against >= confirm,
        evidence: spans,
    }
}

/// The state of the matter, from the caller's status first and the text second.
pub(crate) fn state(
    conversation: &Conversation,
    reading: &Reading,
    closing: &Closing,
    ending: Option<&Ending>,
    waiting: bool,
) -> Option<ResolutionState> {
    let answered = reading.messages.iter().any(|read| read.voice.answers());
    match conversation.status {
        Some(Status::Resolved | Status::ClosedResolved) => Some(ResolutionState::Resolved),
        Some(Status::ClosedUnresolved) => Some(ResolutionState::Unresolved),
        _ if closing.is_closed => Some(match ending {
            _ if !answered || waiting => ResolutionState::Unresolved,
            Some(ending) if ending.displeased => ResolutionState::Unresolved,
            Some(_) => ResolutionState::Resolved,
            None => return None,
        }),
        // Nobody says that it is over: the text decides, and what the caller holds open is open unless the customer confirms.
        status => match ending {
            Some(ending) if ending.confirmed && !waiting => Some(ResolutionState::Resolved),
            Some(ending) if status.is_none() && (ending.displeased || ending.refused) => Some(ResolutionState::Unresolved),
            Some(_) => Some(ResolutionState::Open),
            None => status.map(|_| ResolutionState::Open),
        },
    }
}

/// The whole account of the end.
pub(crate) fn resolution(
    conversation: &Conversation,
    reading: &Reading,
    closing: &Closing,
    ending: Option<&Ending>,
    waiting: bool,
) -> Resolution {
    let state = state(conversation, reading, closing, ending, waiting);
    let person = reading.messages.iter().any(|read| read.voice == Voice::Human);
    let bot = reading.messages.iter().any(|read| read.voice == Voice::Bot);
    Resolution {
        state,
        closed_by: closed_by(conversation, reading, closing, ending, state),
        human: if person { state } else { None },
        bot: match (bot, person) {
            (false, _) => None,
            (true, true) => Some(ResolutionState::Unresolved),
            (true, false) => state,
        },
        closed_count: closing.closed_count,
        reopen_count: closing.reopen_count,
        first_closed_at: closing.first_closed_at,
        last_closed_at: closing.last_closed_at,
        evidence: ending.map(|ending| ending.evidence.clone()).unwrap_or_default(),
    }
}

fn closed_by(
    conversation: &Conversation,
    reading: &Reading,
    closing: &Closing,
    ending: Option<&Ending>,
    state: Option<ResolutionState>,
) -> Option<ClosedBy> {
    let confirmed = ending.is_some_and(|ending| ending.confirmed);
    if !closing.is_closed {
        return (state == Some(ResolutionState::Resolved) && confirmed).then_some(ClosedBy::CustomerConfirms);
    }
    if confirmed {
        return Some(ClosedBy::CustomerConfirms);
    }
    let spoken = || reading.messages.iter().zip(&conversation.messages).filter(|(read, _)| read.voice.speaks());
    let (_, last) = spoken().next_back()?;
    let silent = closing.last_closed_at.is_some_and(|closed| seconds_between(last.created_at, closed) >= SILENCE);
    if silent || reading.replies_mean(&[Cue::ClosedSilent]).next().is_some() {
        return Some(ClosedBy::Timeout);
    }
    let (replier, _) = spoken().rfind(|(read, _)| read.voice.answers())?;
    Some(if replier.voice == Voice::Bot { ClosedBy::Bot } else { ClosedBy::AgentCloses })
}
