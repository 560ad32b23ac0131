//! The tenant's own tags, found by their names and phrases, without training.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::stems::Stemmer;
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
    /// How sure, 0.0..=1.0.
    pub confidence: f32,
    /// The words that speak for it: bytes of the text, in order.
    pub evidence: Vec<Range<usize>>,
}

/// Compiled tags.
#[derive(Debug)]
pub struct Taxonomy {
    stemmer: Stemmer,
    /// First stem of a phrase to (whole phrase, tag).
    phrases: BTreeMap<String, Vec<(Vec<String>, usize)>>,
}

impl Taxonomy {
    /// Compiles tags whose names and phrases are in English.
    pub fn new(tags: &[Tag]) -> Self {
        let stemmer = Stemmer::new("en");
        let mut phrases: BTreeMap<String, Vec<(Vec<String>, usize)>> = BTreeMap::new();
        for (index, tag) in tags.iter().enumerate() {
            for phrase in std::iter::once(&tag.name).chain(&tag.phrases) {
                let stems: Vec<String> = stems(&stemmer, phrase).into_iter().map(|(stem, _)| stem).collect();
                if let Some(first) = stems.first() {
                    phrases.entry(first.clone()).or_default().push((stems, index));
                }
            }
        }
        Self { stemmer, phrases }
    }

    /// The tags that a text speaks of, surest first; equal ones in the order of the list.
    pub fn classify(&self, text: &str) -> Vec<Match> {
        let words = stems(&self.stemmer, text);
        let mut found: BTreeMap<usize, Match> = BTreeMap::new();
        for (at, (stem, range)) in words.iter().enumerate() {
            for (phrase, tag) in self.phrases.get(stem).into_iter().flatten() {
                let mut here = words.iter().skip(at).take(phrase.len());
                if here.len() == phrase.len() && here.clone().map(|(stem, _)| stem).eq(phrase) {
                    let end = here.next_back().map_or(range.end, |(_, last)| last.end);
                    let entry = found.entry(*tag).or_insert(Match { tag: *tag, confidence: 0.0, evidence: Vec::new() });
                    entry.confidence = (entry.confidence + 0.5).min(1.0);
                    entry.evidence.push(range.start..end);
                }
            }
        }
        let mut matches: Vec<Match> = found.into_values().collect();
        matches.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then(a.tag.cmp(&b.tag)));
        matches
    }
}

fn stems(stemmer: &Stemmer, text: &str) -> Vec<(String, Range<usize>)> {
    tokens(text)
        .into_iter()
        .filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::Number | TokenKind::Hashtag))
        .map(|token| (stemmer.stem(token.norm.trim_start_matches('#')).into_owned(), token.range))
        .collect()
}
