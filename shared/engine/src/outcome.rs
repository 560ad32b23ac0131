//! How it ended: resolved, unresolved or open, and who brought it to its end.

use domain::analysis::{ClosedBy, Resolution, ResolutionState, Span};
use domain::conversation::{Conversation, Status};

use crate::closing::Closing;
use crate::hours::seconds_between;
use crate::reading::{EVIDENCE, Reading, Sentence, Voice};
use crate::rules::{Cue, Hit, Rules};

/// Silence after which a close is a time-out.
const SILENCE: u64 = 48 * 3600;

/// The end as the text shows it.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    /// The customer says that it works, or takes the answer; or the agent is glad that it does.
    pub(crate) confirmed: bool,
    /// The matter ends with a no, or with the customer's displeasure and nothing more offered.
    pub(crate) unsettled: bool,
    pub(crate) evidence: Vec<Span>,
}

/// Signs in a stretch of messages, each the heaviest weight of its cues.
struct Signs<'a> {
    reading: &'a Reading,
    first: usize,
    last: usize,
    by_customer: bool,
}

impl<'a> Signs<'a> {
    fn sentences(&self) -> impl Iterator<Item = &'a Sentence> {
        let (first, last, by_customer) = (self.first, self.last, self.by_customer);
        let begin = self.reading.sentences.partition_point(|sentence| sentence.message < first);
        let rest = self.reading.sentences.get(begin..).unwrap_or(&[]);
        rest.iter()
            .take_while(move |sentence| sentence.message <= last)
            .filter(move |sentence| (sentence.voice == Voice::Customer) == by_customer)
    }

    fn hits(&self, cues: &'static [Cue]) -> impl Iterator<Item = &'a Hit> {
        let reading = self.reading;
        self.sentences()
            .flat_map(move |sentence| reading.hits_of(sentence))
            .filter(move |hit| cues.contains(&hit.cue) && hit.is_meant())
    }

    fn heaviest(&self, cues: &'static [Cue]) -> f64 {
        self.hits(cues).map(|hit| hit.weight).fold(0.0, f64::max)
    }

    fn asks(&self) -> bool {
        self.sentences().any(|sentence| sentence.asks)
    }
}

const TROUBLE: &[Cue] = &[Cue::NotSolved, Cue::Problem, Cue::Anger, Cue::Cancellation];
const DISPLEASED: &[Cue] = &[Cue::Anger, Cue::Cancellation, Cue::Frustration, Cue::Shaming, Cue::Sarcasm];
const MOVES_ON: &[Cue] =
    &[Cue::PrivateChannel, Cue::AsksDetails, Cue::Steps, Cue::Promise, Cue::PassedUp, Cue::Ownership];

/// From this weight on "it works" stands for itself; below it is thanks, which take an answer but not a next step.
const PLAIN: f64 = 0.8;

/// The trouble is back.
fn comes_back(hit: &Hit) -> bool {
    hit.cue == Cue::Repeat && hit.weight >= 1.0
}

/// Reads the last run of customer messages and the replies around it. `hot` = the customer was angry anywhere.
pub(crate) fn ending(reading: &Reading, rules: &Rules, hot: bool) -> Ending {
    let count = reading.messages.len();
    let Some(last) = reading.messages.iter().rposition(|read| read.voice == Voice::Customer) else {
        return Ending::default();
    };
    let before = reading.messages.get(..last).unwrap_or(&[]);
    let Some(reply) = before.iter().rposition(|read| read.voice.answers()) else { return Ending::default() };
    let reply_begin = before
        .get(..reply)
        .and_then(|head| head.iter().rposition(|read| read.voice == Voice::Customer))
        .map_or(0, |index| index + 1);
    let part = |first, last, by_customer| Signs { reading, first, last, by_customer };
    let run = part(reply + 1, last, true);
    let end = part(last, last, true);
    let earlier_reply = part(reply_begin, reply, false);
    let later_reply = part(last + 1, count, false);
    let answered = later_reply.sentences().next().is_some();

    let trouble = end.heaviest(TROUBLE);
    // What the customer says last counts: "an issue with the login, all set now" is solved, "it worked, now it is down" is not.
    let mut works = false;
    for sentence in run.sentences() {
        let hits = || reading.hits_of(sentence).iter().filter(|hit| hit.is_meant());
        let denied = reading.words_of(sentence).iter().any(|word| rules.is_negator(word.id));
        if !denied && hits().any(|hit| hit.cue == Cue::Confirmed && hit.weight >= PLAIN) {
            works = true;
        } else if sentence.asks || hits().any(|hit| TROUBLE.contains(&hit.cue) && hit.weight >= 0.5 || comes_back(hit))
        {
            works = false;
        }
    }
    let thanks = run.heaviest(&[Cue::Confirmed, Cue::Thanks, Cue::Farewell]);
    let will_try = run.heaviest(&[Cue::WillTry]) > 0.0;
    let glad = later_reply.heaviest(&[Cue::Relieved]) >= PLAIN;
    let moves_on = |signs: &Signs<'_>| signs.heaviest(MOVES_ON) >= 0.7;
    let takes = thanks >= 0.5 && !will_try && !moves_on(&earlier_reply);
    let confirmed = (glad && trouble < 0.9)
        || works
        || (takes && trouble < 0.5 && !run.asks() && run.heaviest(&[Cue::Blame]) < 0.6);

    let displeasure: f64 = run.hits(DISPLEASED).map(|hit| hit.weight).sum::<f64>()
        + 0.6 * run.hits(&[Cue::Blame]).map(|hit| hit.weight).sum::<f64>();
    let no = |signs: &Signs<'_>| signs.heaviest(&[Cue::Refusal]) >= 0.7;
    let refused = (no(&later_reply) || no(&earlier_reply))
        && later_reply.heaviest(&[Cue::PrivateChannel, Cue::Promise, Cue::Ownership]) < 0.7;
    let left_so = later_reply.heaviest(&[Cue::PrivateChannel, Cue::AsksDetails, Cue::Promise, Cue::Steps]) < 0.7;
    let displeased = displeasure
        >= match (answered, left_so) {
            (false, _) => 0.5,
            (true, true) => 0.7,
            (true, false) => 1.6,
        };
    let unsettled = !confirmed && (displeased || (thanks < 0.5 && (refused || (hot && left_so && !will_try))));
    let evidence = if confirmed {
        reading.evidence(
            run.hits(&[Cue::Confirmed, Cue::Thanks, Cue::Farewell]).chain(later_reply.hits(&[Cue::Relieved])),
            EVIDENCE,
        )
    } else if unsettled {
        reading.evidence(
            run.hits(DISPLEASED).chain(earlier_reply.hits(&[Cue::Refusal])).chain(later_reply.hits(&[Cue::Refusal])),
            EVIDENCE,
        )
    } else {
        reading.evidence(run.hits(TROUBLE), EVIDENCE)
    };
    Ending { confirmed, unsettled, evidence }
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
            Some(ending) if ending.unsettled => ResolutionState::Unresolved,
            Some(_) => ResolutionState::Resolved,
            None => return None,
        }),
        // Nobody says that it is over: the text decides, and what the caller holds open is open unless the customer confirms.
        status => match ending {
            Some(ending) if ending.confirmed && !waiting => Some(ResolutionState::Resolved),
            Some(ending) if status.is_none() && ending.unsettled => Some(ResolutionState::Unresolved),
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
