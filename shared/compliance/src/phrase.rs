//! Phrases of a rubric, compiled, and where a sentence has them.

use std::collections::HashMap;

use domain::audits::rubric::GAP;
use language::{Token, TokenKind};

/// Words that a gap may hold at most.
const WIDEST_GAP: usize = 4;

#[derive(Debug)]
enum Element {
    /// One of these words; the flag says that a word need only begin so.
    Word(Vec<(String, bool)>),
    /// A number.
    Number,
    /// Up to [`WIDEST_GAP`] words.
    Gap,
}

/// The phrases of several cues, found in one pass.
#[derive(Debug, Default)]
pub(crate) struct Phrases {
    /// With the index of the cue each belongs to.
    patterns: Vec<(usize, Vec<Element>)>,
    /// By the first character of the first word: the patterns that may begin with it.
    begins: HashMap<char, Vec<usize>>,
}

/// A phrase in a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Match {
    pub(crate) cue: usize,
    /// Bytes of the sentence.
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Phrases {
    /// Adds the phrases of a cue. What `Rubric::faults` would refuse is left out.
    pub(crate) fn add(&mut self, cue: usize, phrases: &[String]) {
        for phrase in phrases {
            let elements: Vec<Element> = phrase.split_whitespace().flat_map(elements).collect();
            let index = self.patterns.len();
            let firsts: Vec<char> = match elements.first() {
                Some(Element::Word(words)) => words.iter().filter_map(|(word, _)| word.chars().next()).collect(),
                Some(Element::Number) => ('0'..='9').collect(),
                _ => continue,
            };
            for first in firsts {
                let known = self.begins.entry(first).or_default();
                if known.last() != Some(&index) {
                    known.push(index);
                }
            }
            self.patterns.push((cue, elements));
        }
    }

    /// Every phrase of a sentence, but those that are denied or between quotation marks.
    pub(crate) fn find(&self, sentence: &str, mut found: impl FnMut(Match)) {
        let tokens = language::tokens(sentence);
        let mut quoted = false;
        // Words and whether they stand between quotation marks; marks fall out, so that a comma parts no phrase.
        let mut words: Vec<(&Token<'_>, bool)> = Vec::with_capacity(tokens.len());
        for token in &tokens {
            match token.kind {
                TokenKind::Word | TokenKind::Number | TokenKind::Hashtag | TokenKind::Email | TokenKind::Link => {
                    words.push((token, quoted));
                }
                TokenKind::Mark if token.text.contains(['"', '“', '”', '„', '«', '»']) => quoted = !quoted,
                TokenKind::Mark | TokenKind::Emoji | TokenKind::Handle => {}
            }
        }
        for (at, (token, quoted)) in words.iter().enumerate() {
            if *quoted || token.negated {
                continue;
            }
            let candidates = token.norm.chars().next().and_then(|first| self.begins.get(&first));
            for index in candidates.into_iter().flatten() {
                let Some((cue, elements)) = self.patterns.get(*index) else { continue };
                let end = words.get(at..).and_then(|rest| matched(elements, rest));
                if let Some(last) = end.and_then(|length| words.get(at + length - 1)) {
                    found(Match { cue: *cue, start: token.range.start, end: last.0.range.end });
                }
            }
        }
    }
}

/// A word of a phrase: itself, or several where it holds a mark (`e-mail`).
fn elements(word: &str) -> Vec<Element> {
    let word = word.to_lowercase().replace('’', "'");
    if word == GAP {
        return vec![Element::Gap];
    }
    if word == "#" {
        return vec![Element::Number];
    }
    if !word.contains(['|', '*']) {
        let tokens = language::tokens(&word);
        let parts = tokens.iter().filter(|token| token.kind != TokenKind::Mark);
        return parts.map(|token| Element::Word(vec![(token.norm.to_string(), false)])).collect();
    }
    let choices = word.split('|').map(|choice| match choice.strip_suffix('*') {
        Some(stem) => (stem.to_owned(), true),
        None => (choice.to_owned(), false),
    });
    vec![Element::Word(choices.collect())]
}

/// How many words the elements take from the beginning of `words`; the shortest way.
fn matched(elements: &[Element], words: &[(&Token<'_>, bool)]) -> Option<usize> {
    let Some((element, rest)) = elements.split_first() else { return Some(0) };
    if matches!(element, Element::Gap) {
        return (0..=WIDEST_GAP.min(words.len()))
            .find_map(|skipped| Some(matched(rest, words.get(skipped..)?)? + skipped));
    }
    let (token, _) = words.first()?;
    let fits = match element {
        Element::Number => token.kind == TokenKind::Number,
        Element::Word(choices) => choices.iter().any(|(word, begins)| {
            let norm = token.norm.trim_start_matches('#');
            if *begins { norm.starts_with(word.as_str()) } else { norm == word }
        }),
        Element::Gap => false,
    };
    if fits { Some(matched(rest, words.get(1..)?)? + 1) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(phrase: &str, sentence: &str) -> Vec<String> {
        let mut phrases = Phrases::default();
        phrases.add(0, &[phrase.to_owned()]);
        let mut texts = Vec::new();
        phrases.find(sentence, |found| texts.push(sentence.get(found.start..found.end).unwrap().to_owned()));
        texts
    }

    #[test]
    fn words_choices_beginnings_gaps_and_numbers() {
        for (phrase, sentence, want) in [
            ("i guarantee", "Well, I guarantee that.", Some("I guarantee")),
            ("confirm|verify your identity", "please VERIFY your identity", Some("VERIFY your identity")),
            ("verif* .. identity", "We verified that it is your identity", Some("verified that it is your identity")),
            ("verif* .. identity", "verified one two three four five identity", None),
            ("within # days", "Within 5 days", Some("Within 5 days")),
            ("don't share", "don’t share it", Some("don’t share")),
            ("e-mail", "by e-mail", Some("e-mail")),
            ("refund", "refunds", None),
        ] {
            assert_eq!(found(phrase, sentence).first().map(String::as_str), want, "{phrase} in {sentence}");
        }
    }

    #[test]
    fn what_is_denied_or_quoted_is_not_said() {
        assert_eq!(found("guarantee", "I cannot guarantee it"), Vec::<String>::new());
        assert_eq!(found("guarantee", "You wrote \"we guarantee it\" there"), Vec::<String>::new());
        assert_eq!(found("don't send", "Please don't send it"), ["don't send"]);
    }

    proptest! {
        #[test]
        fn matches_lie_in_the_sentence_and_nothing_panics(phrase in "[a-z|*.# ]{0,30}", sentence in "\\PC{0,80}") {
            let mut phrases = Phrases::default();
            phrases.add(3, &[phrase]);
            phrases.find(&sentence, |found| assert!(found.cue == 3 && sentence.get(found.start..found.end).is_some()));
        }
    }
}
