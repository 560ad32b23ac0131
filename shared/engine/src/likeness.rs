//! Whether two sentences speak of the same thing: the words that carry meaning, as hashes.

use std::hash::Hasher as _;

use crate::reading::{Reading, Sentence};
use crate::rules::Rules;
use crate::words::{Fnv, is_mark};

/// Hashes of the words of a sentence that carry meaning, sorted, each once.
pub(crate) fn content(reading: &Reading, sentence: &Sentence, rules: &Rules) -> Vec<u64> {
    let Some(text) = reading.messages.get(sentence.message).map(crate::reading::Read::text) else { return Vec::new() };
    let mut hashes: Vec<u64> = reading
        .words_of(sentence)
        .iter()
        .filter(|word| !is_mark(word.id) && !rules.is_common(word.id))
        .filter_map(|word| text.get(usize::try_from(word.start).ok()?..usize::try_from(word.end).ok()?))
        .filter(|word| word.len() >= 3)
        .map(|word| {
            let stem = word.to_lowercase();
            let mut hash = Fnv::default();
            hash.write(stem.trim_end_matches('s').as_bytes());
            hash.finish()
        })
        .collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

/// Shared hashes of two sorted lists.
pub(crate) fn shared(one: &[u64], two: &[u64]) -> usize {
    one.iter().filter(|hash| two.binary_search(hash).is_ok()).count()
}

/// Shared over all (Jaccard).
pub(crate) fn overlap(one: &[u64], two: &[u64]) -> f64 {
    let both = shared(one, two);
    let all = one.len() + two.len() - both;
    if all == 0 { 0.0 } else { crate::numbers::number(both) / crate::numbers::number(all) }
}
