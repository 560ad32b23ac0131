//! Durations: who waited for whom, by the wall clock and within business hours. No text is read here.

use domain::analysis::{Duration, Times};
use domain::conversation::Conversation;
use jiff::Timestamp;

use crate::closing::Closing;
use crate::hours::Hours;
use crate::reading::Voice;

/// A wait of the customer for one kind of answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    /// Index of the earliest unanswered customer message.
    pub(crate) asked: usize,
    /// Index of the first answer.
    pub(crate) answered: usize,
}

/// Waits that ended with an answer by `voice`.
///
/// A wait begins at the earliest customer message that `voice` has not answered and ends at its first answer. A person's
/// answer also ends the wait for the bot; a bot's answer does not end the wait for a person.
pub(crate) fn waits(voices: &[Voice], voice: Voice) -> Vec<Wait> {
    let mut waits = Vec::new();
    let mut asked = None;
    for (index, speaker) in voices.iter().enumerate() {
        match *speaker {
            Voice::Customer => asked = asked.or(Some(index)),
            speaker if speaker == voice => {
                waits.extend(asked.take().map(|asked| Wait { asked, answered: index }));
            }
            Voice::Human => asked = None,
            _ => {}
        }
    }
    waits
}

/// Index of the earliest customer message that nobody has answered yet, leaving out `idle` ones that ask for nothing.
pub(crate) fn unanswered(voices: &[Voice], idle: impl Fn(usize) -> bool) -> Option<usize> {
    let last_reply = voices.iter().rposition(|voice| voice.answers());
    let trailing = last_reply.map_or(0, |index| index + 1);
    (trailing..voices.len()).find(|index| voices.get(*index) == Some(&Voice::Customer) && !idle(*index))
}

/// Everything that is timed.
pub(crate) fn times(
    conversation: &Conversation,
    voices: &[Voice],
    closing: &Closing,
    hours: &Hours,
    waiting: Option<usize>,
) -> Times {
    let at = |index: usize| conversation.messages.get(index).map(|message| message.created_at);
    let duration = |wait: &Wait| Some(hours.between(at(wait.asked)?, at(wait.answered)?));
    let first = |voice: Voice| voices.iter().position(|speaker| *speaker == voice);
    let last = |voice: Voice| voices.iter().rposition(|speaker| *speaker == voice);
    let replies: Vec<Duration> = waits(voices, Voice::Human).iter().filter_map(duration).collect();
    let first_human = first(Voice::Human).and_then(at);
    let last_human = last(Voice::Human).and_then(at);
    let closed = closing.last_closed_at;
    let later = |end: Timestamp| closed.filter(|closed| *closed >= end).unwrap_or(end);
    Times {
        first_response_human: replies.first().copied(),
        first_response_bot: waits(voices, Voice::Bot).first().and_then(duration),
        replies,
        handle_human: first_human.zip(last_human).map(|(begin, end)| hours.between(begin, later(end))),
        handle_bot: bot_part(voices).and_then(|(begin, end, handed_over)| {
            let end = at(end)?;
            Some(hours.between(at(begin)?, if handed_over { end } else { later(end) }))
        }),
        resolution: closed.map(|closed| hours.between(conversation.created_at, closed)),
        resolution_human: first_human.zip(closed).map(|(begin, closed)| hours.between(begin, closed)),
        waiting_since: waiting.and_then(at),
    }
}

/// First and last message of the bot's part, and whether a person took over. Waiting for the person is not the bot's time.
fn bot_part(voices: &[Voice]) -> Option<(usize, usize, bool)> {
    let begin = voices.iter().position(|voice| *voice == Voice::Bot)?;
    let person = voices.iter().skip(begin).position(|voice| *voice == Voice::Human).map(|offset| begin + offset);
    let part = voices.get(..person.unwrap_or(voices.len()))?;
    let end = part.iter().rposition(|voice| *voice == Voice::Bot)?;
    Some((begin, end, person.is_some()))
}

#[cfg(test)]
#[path = "times_tests.rs"]
mod tests;
