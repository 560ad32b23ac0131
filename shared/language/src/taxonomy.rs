//! The tenant's own tags, found by their names and phrases, without training.
//!
//! A phrase matches where its words stand close together in the same order, inflected or replaced by a synonym. What a
//! match is worth grows with the number of its words and falls with the number of tags that use the same words.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::stems::Stemmer;
use crate::synonyms::GROUPS;
use crate::token::{TokenKind, tokens};

/// A tag as a tenant writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tag {
    /// What it is called; its words count as a phrase.
    pub name: String,
    /// Words and phrases that speak of it.
    pub phrases: Vec<String>,
}

/// A tag found in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// Index of the tag in the list given to [`Taxonomy::new`].
    pub tag: usize,
    /// How sure, 0.0..=1.0: the part of all evidence in the text that speaks for this tag, less when there is little.
    pub confidence: f32,
    /// The words that speak for it: bytes of the text, in order, not overlapping.
    pub evidence: Vec<Range<usize>>,
}

/// Words between the words of a phrase that a match may step over, for each of its gaps.
const SLACK: usize = 2;
/// What a synonym is worth against the word itself. A phrase of one word takes none: alone, a synonym is too loose.
const SYNONYM: f32 = 0.6;
/// What a word of the tag's name adds to a phrase, against the phrase's own worth.
const NAME: f32 = 0.5;
/// Evidence that makes confidence one half when nothing speaks for another tag.
const HALF: f32 = 0.6;

/// Compiled tags: made once a tenant's settings, used for every text.
#[derive(Debug)]
pub struct Taxonomy {
    stemmer: Stemmer,
    phrases: Vec<Phrase>,
    /// A key of a first word to the phrases that begin with it.
    openers: BTreeMap<String, Vec<usize>>,
    groups: BTreeMap<String, Vec<u16>>,
}

#[derive(Debug)]
struct Phrase {
    tag: usize,
    words: Vec<Word>,
    worth: f32,
}

/// A word as it is compared: its stem and the synonym groups that it is in.
#[derive(Debug, Clone)]
struct Word {
    stem: String,
    groups: Vec<u16>,
}

impl Word {
    /// 1 for the same stem, less for a synonym.
    fn likeness(&self, other: &Self) -> f32 {
        if self.stem == other.stem {
            1.0
        } else if self.groups.iter().any(|group| other.groups.contains(group)) {
            SYNONYM
        } else {
            0.0
        }
    }
}

/// Words that a phrase loses: they carry nothing and vary freely (`my bag`, `the bag`).
const COMMON: [&str; 28] = [
    "a", "an", "the", "of", "and", "or", "is", "are", "was", "were", "be", "been", "it", "this", "that", "my", "me",
    "i", "we", "our", "us", "you", "your", "he", "she", "they", "their", "its",
];

impl Taxonomy {
    /// Compiles tags whose names and phrases are in English.
    pub fn new(tags: &[Tag]) -> Self {
        Self::in_language(tags, "en")
    }

    /// Compiles tags whose names and phrases are in a language (ISO 639-1); synonyms are English.
    pub fn in_language(tags: &[Tag], language: &str) -> Self {
        let stemmer = Stemmer::new(language);
        let mut groups: BTreeMap<String, Vec<u16>> = BTreeMap::new();
        if language == "en" {
            for (index, group) in (0u16..).zip(GROUPS) {
                for word in group.split(' ') {
                    let entry = groups.entry(stemmer.stem(word).into_owned()).or_default();
                    if !entry.contains(&index) {
                        entry.push(index);
                    }
                }
            }
        }
        let mut taxonomy = Self { stemmer, phrases: Vec::new(), openers: BTreeMap::new(), groups };
        let mut seen: BTreeSet<(usize, Vec<String>)> = BTreeSet::new();
        let mut users: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (tag, given) in tags.iter().enumerate() {
            for phrase in std::iter::once(&given.name).chain(&given.phrases) {
                let words = taxonomy.content(phrase);
                let stems: Vec<String> = words.iter().map(|word| word.stem.clone()).collect();
                if words.is_empty() || !seen.insert((tag, stems.clone())) {
                    continue;
                }
                for stem in stems {
                    users.entry(stem).or_default().insert(tag);
                }
                taxonomy.phrases.push(Phrase { tag, words, worth: 0.0 });
            }
        }
        let names: Vec<Vec<String>> =
            tags.iter().map(|tag| taxonomy.content(&tag.name).into_iter().map(|word| word.stem).collect()).collect();
        for (index, phrase) in taxonomy.phrases.iter_mut().enumerate() {
            let rarity: f32 =
                phrase.words.iter().map(|word| 1.0 / share(users.get(&word.stem).map_or(1, BTreeSet::len))).sum();
            let length = share(phrase.words.len());
            // A word of the tag's own name says more than a circumstance: "cancelled" beside "waiting" is a cancellation.
            let own = phrase
                .words
                .iter()
                .filter(|word| names.get(phrase.tag).is_some_and(|name| name.contains(&word.stem)))
                .map(|word| 1.0 / share(users.get(&word.stem).map_or(1, BTreeSet::len)))
                .fold(0.0f32, f32::max);
            // One word shared by no other tag is worth 1; each further word adds as much again and a half.
            phrase.worth = rarity / length * (1.5 * length - 0.5) * (1.0 + NAME * own);
            if let Some(first) = phrase.words.first() {
                let keys =
                    std::iter::once(first.stem.clone()).chain(first.groups.iter().map(|group| group_key(*group)));
                for key in keys {
                    taxonomy.openers.entry(key).or_default().push(index);
                }
            }
        }
        taxonomy
    }

    /// The tags that a text speaks of, surest first; equal ones in the order of the list.
    pub fn classify(&self, text: &str) -> Vec<Match> {
        let words = self.words(text);
        let mut best: BTreeMap<usize, (f32, Vec<Range<usize>>)> = BTreeMap::new();
        for (at, (word, _)) in words.iter().enumerate() {
            let keys = std::iter::once(word.stem.clone()).chain(word.groups.iter().map(|group| group_key(*group)));
            let mut tried: BTreeSet<usize> = BTreeSet::new();
            for index in keys.filter_map(|key| self.openers.get(&key)).flatten() {
                if !tried.insert(*index) {
                    continue;
                }
                let Some(phrase) = self.phrases.get(*index) else { continue };
                if let Some((likeness, last)) = follow(phrase, &words, at) {
                    let worth = phrase.worth * likeness;
                    let range = words.get(at).map_or(0, |(_, range)| range.start)
                        ..words.get(last).map_or(0, |(_, range)| range.end);
                    let entry = best.entry(*index).or_insert((0.0, Vec::new()));
                    entry.0 = entry.0.max(worth);
                    entry.1.push(range);
                }
            }
        }
        self.gather(&best)
    }

    fn gather(&self, best: &BTreeMap<usize, (f32, Vec<Range<usize>>)>) -> Vec<Match> {
        let mut found: Vec<(f32, &Phrase, &Vec<Range<usize>>)> = best
            .iter()
            .filter_map(|(index, (worth, ranges))| Some((*worth, self.phrases.get(*index)?, ranges)))
            .collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut tags: BTreeMap<usize, (Vec<f32>, BTreeMap<usize, usize>)> = BTreeMap::new();
        for (worth, phrase, ranges) in found {
            let (worths, known) = tags.entry(phrase.tag).or_default();
            // "On hold" inside "been on hold" is the same evidence once more: only the worthier counts.
            let mut fresh = false;
            for range in ranges {
                let before = known.range(..range.end).next_back();
                if before.is_none_or(|(_, end)| *end <= range.start) {
                    known.insert(range.start, range.end);
                    fresh = true;
                }
            }
            if fresh {
                worths.push(worth);
            }
        }
        let mut scored: Vec<(usize, f32, Vec<Range<usize>>)> = tags
            .into_iter()
            .map(|(tag, (mut worths, ranges))| {
                // The best phrase counts whole, each further one half of the one before: ten near-equal phrases are one thought.
                worths.sort_by(|a, b| b.total_cmp(a));
                let mut weight = 1.0;
                let mut sum = 0.0;
                for worth in worths {
                    sum += worth * weight;
                    weight *= 0.5;
                }
                (tag, sum, ranges.into_iter().map(|(start, end)| start..end).collect())
            })
            .collect();
        scored.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let all: f32 = scored.iter().map(|(_, sum, _)| sum).sum();
        scored
            .into_iter()
            .map(|(tag, sum, evidence)| Match { tag, confidence: (sum / (all + HALF)).clamp(0.0, 1.0), evidence })
            .collect()
    }

    fn content(&self, phrase: &str) -> Vec<Word> {
        let all = self.words(phrase);
        let content: Vec<Word> = all
            .iter()
            .filter(|(word, _)| !COMMON.contains(&word.stem.as_str()))
            .map(|(word, _)| word.clone())
            .collect();
        if content.is_empty() { all.into_iter().map(|(word, _)| word).collect() } else { content }
    }

    fn words(&self, text: &str) -> Vec<(Word, Range<usize>)> {
        tokens(text)
            .into_iter()
            .filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::Number | TokenKind::Hashtag))
            .map(|token| {
                let stem = self.stemmer.stem(token.norm.trim_start_matches('#')).into_owned();
                let groups = self.groups.get(&stem).cloned().unwrap_or_default();
                (Word { stem, groups }, token.range)
            })
            .collect()
    }
}

/// A count as a number.
fn share(count: usize) -> f32 {
    f32::from(u16::try_from(count.max(1)).unwrap_or(u16::MAX))
}

fn group_key(group: u16) -> String {
    format!("\u{1}{group}")
}

/// Whether a phrase that opens at `at` goes on in the text: its likeness (mean over its words) and its last word.
/// At least one word must be the phrase's own.
fn follow(phrase: &Phrase, words: &[(Word, Range<usize>)], at: usize) -> Option<(f32, usize)> {
    let mut sum = 0.0;
    let mut exact = false;
    let mut place = at;
    for (index, wanted) in phrase.words.iter().enumerate() {
        let reach = if index == 0 { 1 } else { SLACK + 1 };
        let start = if index == 0 { at } else { place + 1 };
        let found = words
            .iter()
            .enumerate()
            .skip(start)
            .take(reach)
            .map(|(here, (word, _))| (here, wanted.likeness(word)))
            .filter(|(_, likeness)| *likeness > 0.0)
            .max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?;
        place = found.0;
        sum += found.1;
        exact |= found.1 >= 1.0;
    }
    if !exact {
        return None;
    }
    Some((sum / share(phrase.words.len()), place))
}

#[cfg(test)]
#[path = "taxonomy_tests.rs"]
mod tests;
