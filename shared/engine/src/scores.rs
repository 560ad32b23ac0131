//! Customer effort and complexity: 0–100, each the sum of its parts.

use std::collections::BTreeSet;

use domain::analysis::{Part, Score, Times, round3};
use domain::conversation::Conversation;

use crate::numbers::{number, part_of, seconds};
use crate::reading::{Reading, Voice};
use crate::rules::Cue;
use crate::runs::Run;

/// A score whose value is the sum of its (rounded) parts.
pub(crate) fn score(parts: Vec<(&str, f64)>) -> Score {
    let parts: Vec<Part> =
        parts.into_iter().map(|(name, value)| Part { name: name.to_owned(), value: round3(value) }).collect();
    let value = round3(parts.iter().map(|part| part.value).sum());
    Score { value: value.clamp(0.0, 100.0), parts }
}

/// Different authors and kinds of author that replied, less one.
pub(crate) fn hand_offs(conversation: &Conversation, reading: &Reading) -> usize {
    let repliers: BTreeSet<_> = reading
        .messages
        .iter()
        .zip(&conversation.messages)
        .filter(|(read, _)| read.voice.answers())
        .map(|(_, message)| (message.author_type, message.author.as_ref().and_then(|author| author.id.as_deref())))
        .collect();
    repliers.len().saturating_sub(1)
}

/// How hard the customer had to work: turns 30, repeats 20, hand-offs 15, waiting 20, length 15.
pub(crate) fn effort(
    conversation: &Conversation,
    reading: &Reading,
    runs: &[Run],
    times: &Times,
    repeats: usize,
) -> Score {
    let words: usize = reading.by_customer().map(|(_, read)| read.words).sum();
    let longest = times.replies.iter().map(|reply| reply.business_seconds).max().unwrap_or(0);
    let waited = libm::log1p(seconds(longest) / 60.0) / libm::log1p(3.0 * 24.0 * 60.0);
    score(vec![
        ("turns", 30.0 * part_of(number(runs.len().saturating_sub(1)), 8.0)),
        ("repeats", 20.0 * part_of(number(repeats), 4.0)),
        ("hand_offs", 15.0 * part_of(number(hand_offs(conversation, reading)), 3.0)),
        ("waiting", 20.0 * waited.clamp(0.0, 1.0)),
        ("length", 15.0 * part_of(number(words), 300.0)),
    ])
}

/// How hard the matter is: issues 35, technical density 25, turns 20, skills asked for 20.
pub(crate) fn complexity(reading: &Reading, runs: &[Run], issues: usize, required: f64) -> Score {
    let words: usize = reading.spoken(Voice::speaks).map(|(_, read)| read.words).sum();
    let technical = reading
        .hits
        .iter()
        .filter(|hit| matches!(hit.cue, Cue::Steps | Cue::FrictionFault | Cue::FrictionLogin | Cue::FrictionOutage))
        .count();
    let numbers = reading.words.iter().filter(|word| word.id == crate::words::NUMBER).count();
    let density = number(technical + numbers) / number(words.max(20));
    score(vec![
        ("issues", 35.0 * part_of(number(issues), 4.0)),
        ("technical_density", 25.0 * part_of(density, 0.15)),
        ("turns", 20.0 * part_of(number(runs.len().saturating_sub(1)), 8.0)),
        ("skills", 20.0 * part_of(required, 100.0)),
    ])
}
