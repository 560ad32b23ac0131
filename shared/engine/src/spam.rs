//! Whether a conversation is advertising or fraud that nobody in support would answer.

use crate::reading::{Reading, Voice};
use crate::rules::Cue;
use crate::words::LINK;

/// Phrases of bulk mail, joined as `1 - Π(1 - weight)`; links add to it. A customer who reports a fault is never spam.
pub(crate) fn is_spam(reading: &Reading) -> bool {
    let against: f64 = reading.customer_means(&[Cue::Spam]).map(|hit| 1.0 - hit.weight.min(0.9)).product();
    let customer = || reading.sentences.iter().filter(|sentence| sentence.voice == Voice::Customer);
    let links = customer().flat_map(|sentence| reading.words_of(sentence)).filter(|word| word.id == LINK).count();
    let strength = 1.0 - against * if links > 0 { 0.7 } else { 1.0 };
    let reports = reading.customer_means(&[Cue::Problem, Cue::NotSolved, Cue::Blocked]).count();
    against < 1.0 && strength >= 0.8 && reports == 0
}
