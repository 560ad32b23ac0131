//! Extractive summary by role: what the customer came with, and what came of it; and the customer's notable sentences.

use domain::analysis::{Span, Summary};

use crate::numbers::{number, part_of};
use crate::reading::{EVIDENCE, Reading, Sentence, Voice};
use crate::rules::Cue;
use crate::words::is_mark;

/// Words that issue and outcome may take together.
const ISSUE_WORDS: usize = 26;
const OUTCOME_WORDS: usize = 22;

/// A part shorter than this takes a second sentence, if both stay within its words.
const SHORT: usize = 13;

/// Issue and outcome, in sentences of the conversation.
pub(crate) fn summary(reading: &Reading) -> Option<Summary> {
    let issue = best(reading, |voice| voice == Voice::Customer, issue_worth, ISSUE_WORDS);
    let outcome = best(reading, Voice::answers, outcome_worth, OUTCOME_WORDS);
    let told = |sentences: &[&Sentence], most: usize| -> Option<String> {
        let texts: Vec<String> = sentences.iter().map(|sentence| plain(reading, sentence, most)).collect();
        (!texts.is_empty()).then(|| texts.join(" "))
    };
    let mut evidence: Vec<Span> = issue.iter().chain(&outcome).filter_map(|sentence| reading.span(sentence)).collect();
    evidence.sort_unstable();
    Some(Summary { issue: told(&issue, ISSUE_WORDS)?, outcome: told(&outcome, OUTCOME_WORDS), evidence })
}

/// The worthiest sentence, and the next one beside a short one, in order of the conversation.
fn best(
    reading: &Reading,
    by: impl Fn(Voice) -> bool,
    worth: impl Fn(&Reading, &Sentence, f64) -> f64,
    most: usize,
) -> Vec<&Sentence> {
    let count = number(reading.messages.len().max(2) - 1);
    let mut ranked: Vec<(f64, &Sentence)> = reading
        .sentences
        .iter()
        .filter(|sentence| by(sentence.voice))
        .map(|sentence| (worth(reading, sentence, number(sentence.message) / count), sentence))
        .collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.words.start.cmp(&b.1.words.start)));
    let mut ranked = ranked.into_iter().map(|(_, sentence)| sentence);
    let Some(first) = ranked.next() else { return Vec::new() };
    let taken = words(reading, first);
    let mut chosen = vec![first];
    if taken < SHORT {
        chosen.extend(ranked.take(3).find(|second| (4..=most - taken).contains(&words(reading, second))));
    }
    chosen.sort_by_key(|sentence| sentence.words.start);
    chosen
}

fn words(reading: &Reading, sentence: &Sentence) -> usize {
    reading.words_of(sentence).iter().filter(|word| !is_mark(word.id)).count()
}

fn has(reading: &Reading, sentence: &Sentence, cues: &[Cue]) -> f64 {
    let hits = reading.hits_of(sentence);
    hits.iter().filter(|hit| cues.contains(&hit.cue)).map(|hit| hit.weight).fold(0.0, f64::max)
}

fn issue_worth(reading: &Reading, sentence: &Sentence, place: f64) -> f64 {
    let words = words(reading, sentence);
    let trouble = has(reading, sentence, &[Cue::Problem, Cue::NotSolved, Cue::Blocked, Cue::MoneyLost, Cue::TripLost]);
    let wish = has(reading, sentence, &[Cue::WishAdd, Cue::WishChange, Cue::GrowAddOn, Cue::RefundDemand]);
    let asks = if sentence.asks { 0.5 } else { 0.0 };
    2.5 * (1.0 - place) + 1.2 * trouble + 0.5 * wish + asks + 2.0 * part_of(number(words), 14.0)
}

fn outcome_worth(reading: &Reading, sentence: &Sentence, place: f64) -> f64 {
    let words = words(reading, sentence);
    let acts = has(
        reading,
        sentence,
        &[Cue::Steps, Cue::PrivateChannel, Cue::PassedUp, Cue::Refusal, Cue::AsksDetails, Cue::Done, Cue::Promise],
    );
    let polite = has(reading, sentence, &[Cue::Empathy, Cue::Courtesy]);
    1.0 * place + 1.5 * acts - 0.4 * polite + 2.0 * part_of(number(words), 14.0)
}

/// A sentence with its white space normalised, cut after so many words.
fn plain(reading: &Reading, sentence: &Sentence, most: usize) -> String {
    let text = reading.text_of(sentence);
    let mut out = String::with_capacity(text.len());
    for (index, word) in text.split_whitespace().enumerate() {
        if index == most {
            out.push('…');
            break;
        }
        if index > 0 {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// Sentences of the customer that say most: the heaviest hits, at least four words, at most three sentences.
pub(crate) fn quotes(reading: &Reading) -> Vec<Span> {
    let mut worth: Vec<(f64, &Sentence)> = reading
        .sentences
        .iter()
        .filter(|sentence| sentence.voice == Voice::Customer && words(reading, sentence) >= 4)
        .map(|sentence| {
            let hits = reading.hits_of(sentence);
            (hits.iter().filter(|hit| hit.is_meant() && counts(hit.cue)).map(|hit| hit.weight).sum(), sentence)
        })
        .filter(|(worth, _): &(f64, _)| *worth >= 1.0)
        .collect();
    worth.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.words.start.cmp(&b.1.words.start)));
    let mut spans: Vec<Span> =
        worth.into_iter().take(EVIDENCE).filter_map(|(_, sentence)| reading.span(sentence)).collect();
    spans.sort_unstable();
    spans
}

fn counts(cue: Cue) -> bool {
    matches!(
        cue,
        Cue::Anger
            | Cue::Cancellation
            | Cue::Competitor
            | Cue::TrustLost
            | Cue::LegalThreat
            | Cue::Complaint
            | Cue::Problem
            | Cue::Joy
            | Cue::WishAdd
            | Cue::WishChange
            | Cue::Confirmed
            | Cue::MoneyLost
            | Cue::TripLost
            | Cue::Blocked
    )
}
