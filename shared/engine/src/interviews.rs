//! What a completed interview says: its most telling sentences, and those worth quoting.
//!
//! Extractive and the same in every language: a sentence is worth what its words are worth (how often the expert comes back to them,
//! after `SumBasic`, Nenkova and Vanderwende 2005), more with a figure in it, less when it is very short or very long. Every sentence
//! is the expert's own, verbatim, and says where it stands.

use std::collections::BTreeMap;

use domain::interviews::analysis::{Evidence, InterviewAnalysis, Quote};
use domain::interviews::session::{Entry, Speaker};
use domain::interviews::{SessionId, rows::folded};
use jiff::Timestamp;
use language::{TokenKind, sentences, tokens};

/// Sentences of a summary.
const SUMMARY: usize = 5;
/// Quotes of an interview.
const QUOTES: usize = 5;
/// Fewest words of a quote.
const QUOTE_WORDS: usize = 5;
/// Words of a sentence that is easy to take in; longer ones count for less.
const EASY_WORDS: f64 = 35.0;
/// Shorter words say little in most languages.
const TELLING_LETTERS: usize = 4;
/// What a figure adds to a sentence's worth, as a part of it.
const FIGURE: f64 = 0.5;

/// A sentence of the expert.
struct Sentence<'a> {
    entry: &'a Entry,
    /// The question that it answers: what the agent said last before it.
    question: Option<&'a str>,
    text: &'a str,
    /// In characters of the entry's text.
    start: usize,
    words: Vec<String>,
    figure: bool,
    worth: f64,
}

/// Analyses the transcript of an interview's primary session.
pub fn interview(session: SessionId, transcript: &[Entry], now: Timestamp) -> InterviewAnalysis {
    let mut said = said(transcript);
    weigh(&mut said);
    let order = |sentence: &Sentence<'_>| (sentence.entry.timestamp_secs, sentence.start);
    let in_order = |mut chosen: Vec<&Sentence<'_>>, all: &[Sentence<'_>]| -> Vec<usize> {
        chosen.sort_by(|left, right| order(left).partial_cmp(&order(right)).unwrap_or(std::cmp::Ordering::Equal));
        chosen.iter().filter_map(|one| all.iter().position(|other| std::ptr::eq(*one, other))).collect()
    };
    let telling = in_order(summary(&said), &said);
    let notable = in_order(quotes(&said), &said);
    let at = |index: &usize| said.get(*index);
    let evidence = |sentence: &Sentence<'_>| Evidence {
        session_id: session.to_string(),
        entry_id: sentence.entry.id.clone(),
        start: u32::try_from(sentence.start).unwrap_or(u32::MAX),
        end: u32::try_from(sentence.start + sentence.text.chars().count()).unwrap_or(u32::MAX),
    };
    let texts: Vec<&str> = telling.iter().filter_map(at).map(|sentence| sentence.text).collect();
    InterviewAnalysis {
        summary: (!texts.is_empty()).then(|| texts.join(" ")),
        summary_evidence: telling.iter().filter_map(at).map(evidence).collect(),
        quotes: notable
            .iter()
            .filter_map(at)
            .map(|sentence| Quote {
                quote: sentence.text.to_owned(),
                context: context(sentence),
                timestamp_secs: sentence.entry.timestamp_secs,
                evidence: evidence(sentence),
            })
            .collect(),
        generated_at: now,
    }
}

/// The expert's sentences in order.
fn said(transcript: &[Entry]) -> Vec<Sentence<'_>> {
    let mut question = None;
    let mut said = Vec::new();
    for entry in transcript {
        match entry.speaker {
            Speaker::Agent => question = Some(entry.text.as_str()),
            Speaker::Expert => {
                for range in sentences(&entry.text) {
                    let Some(text) = entry.text.get(range.clone()) else { continue };
                    let start = entry.text.get(..range.start).map_or(0, |before| before.chars().count());
                    let tokens = tokens(text);
                    let figure = tokens.iter().any(|token| token.kind == TokenKind::Number);
                    let words = tokens.iter().filter(|token| token.kind == TokenKind::Word);
                    let words = words.map(|token| folded(token.text)).collect();
                    said.push(Sentence { entry, question, text, start, words, figure, worth: 0.0 });
                }
            }
        }
    }
    said
}

/// Whether a word may carry a meaning of its own: long enough, or of a writing in which words are short.
fn is_telling(word: &str) -> bool {
    word.chars().count() >= TELLING_LETTERS || word.chars().any(|c| !c.is_ascii() && !c.is_lowercase())
}

#[expect(clippy::cast_precision_loss, reason = "counts of words")]
fn weigh(said: &mut [Sentence<'_>]) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for word in said.iter().flat_map(|sentence| &sentence.words).filter(|word| is_telling(word)) {
        *counts.entry(word.clone()).or_default() += 1;
    }
    let all = counts.values().sum::<usize>().max(1) as f64;
    for sentence in said {
        let telling: Vec<&String> = sentence.words.iter().filter(|word| is_telling(word)).collect();
        if telling.is_empty() {
            continue;
        }
        // The average favours short sentences, the sum long ones; the square root of the length lies between.
        let sum: f64 = telling.iter().map(|word| counts.get(*word).copied().unwrap_or(0) as f64 / all).sum();
        let length = sentence.words.len() as f64;
        let ease = (EASY_WORDS / length).min(1.0);
        let figure = if sentence.figure { 1.0 + FIGURE } else { 1.0 };
        sentence.worth = sum / (telling.len() as f64).sqrt() * ease * figure;
    }
}

/// By worth, ties in order of the interview.
fn ranked<'a, 'b>(sentences: impl Iterator<Item = &'b Sentence<'a>>) -> Vec<&'b Sentence<'a>>
where
    'a: 'b,
{
    let mut ranked: Vec<&Sentence<'_>> = sentences.filter(|sentence| sentence.worth > 0.0).collect();
    ranked.sort_by(|left, right| right.worth.total_cmp(&left.worth));
    ranked
}

/// The worthiest sentence of each answer, and of those the worthiest.
fn summary<'a, 'b>(said: &'b [Sentence<'a>]) -> Vec<&'b Sentence<'a>> {
    let mut seen: Vec<&str> = Vec::new();
    let mut chosen = Vec::new();
    for sentence in ranked(said.iter()) {
        if !seen.contains(&sentence.entry.id.as_str()) {
            seen.push(&sentence.entry.id);
            chosen.push(sentence);
        }
    }
    chosen.truncate(SUMMARY);
    chosen
}

/// The worthiest sentences that stand by themselves, no two of the same words.
fn quotes<'a, 'b>(said: &'b [Sentence<'a>]) -> Vec<&'b Sentence<'a>> {
    let long = |sentence: &&Sentence<'_>| {
        sentence.words.len() >= QUOTE_WORDS
            || sentence.text.chars().filter(|c| c.is_alphanumeric() && !c.is_ascii()).count() >= 12
    };
    let mut chosen: Vec<&Sentence<'_>> = Vec::new();
    for sentence in ranked(said.iter().filter(long)) {
        if chosen.iter().all(|other| other.words != sentence.words) {
            chosen.push(sentence);
        }
        if chosen.len() == QUOTES {
            break;
        }
    }
    chosen
}

/// Why a sentence is quoted.
fn context(sentence: &Sentence<'_>) -> String {
    let reason = if sentence.figure { "Names a figure" } else { "Says what the expert comes back to most" };
    match sentence.question {
        Some(question) => format!("{reason}, in answer to: {question}"),
        None => format!("{reason}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ulid::Ulid;

    fn session() -> SessionId {
        SessionId::new(Ulid::from_parts(1, 1))
    }

    fn entry(number: usize, speaker: Speaker, text: &str) -> Entry {
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let timestamp_secs = number as f64 * 10.0;
        Entry { id: format!("e{number}"), speaker, text: text.to_owned(), timestamp_secs }
    }

    fn transcript() -> Vec<Entry> {
        [
            (Speaker::Agent, "How large is the market for pumps?"),
            (
                Speaker::Expert,
                "Thanks. The market for industrial pumps is about 40 billion dollars a year. It grows slowly.",
            ),
            (Speaker::Agent, "What drives it?"),
            (Speaker::Expert, "Water treatment drives most of the demand for pumps. Chemical plants come second."),
            (Speaker::Agent, "Thank you. Those were all my questions."),
        ]
        .into_iter()
        .enumerate()
        .map(|(i, (speaker, text))| entry(i, speaker, text))
        .collect()
    }

    #[test]
    fn quotes_are_the_experts_own_words_with_their_place() {
        let transcript = transcript();
        let analysis = interview(session(), &transcript, Timestamp::UNIX_EPOCH);
        let market = analysis.quotes.iter().find(|quote| quote.quote.contains("40 billion")).unwrap();
        assert_eq!(market.quote, "The market for industrial pumps is about 40 billion dollars a year.");
        assert_eq!(market.context, "Names a figure, in answer to: How large is the market for pumps?");
        assert!((market.timestamp_secs - 10.0).abs() < f64::EPSILON);
        assert_eq!((market.evidence.entry_id.as_str(), market.evidence.start), ("e1", 8));
        let summary = analysis.summary.unwrap();
        assert!(summary.contains("40 billion") && summary.contains("Water treatment"), "{summary}");
        assert!(!summary.contains("questions"));
    }

    #[test]
    fn who_says_nothing_is_not_quoted() {
        let silent = [entry(0, Speaker::Agent, "Hello, how large is the market for industrial pumps in Europe?")];
        let analysis = interview(session(), &silent, Timestamp::UNIX_EPOCH);
        assert_eq!((analysis.summary, analysis.quotes.len(), analysis.summary_evidence.len()), (None, 0, 0));
    }

    #[test]
    fn other_writings_are_summarised_too() {
        let said = [
            entry(0, Speaker::Agent, "市场有多大？"),
            entry(1, Speaker::Expert, "我们当时在九个国家经营四十家工厂。市场每年增长百分之五。"),
        ];
        let analysis = interview(session(), &said, Timestamp::UNIX_EPOCH);
        assert!(analysis.summary.is_some());
        assert!(!analysis.quotes.is_empty());
    }

    proptest! {
        /// Whatever is said: a quote is exactly the slice that its evidence names, of something the expert said, and never the agent's.
        #[test]
        fn every_quote_is_verbatim(texts in proptest::collection::vec(("\\PC{0,80}", any::<bool>()), 0..12)) {
            let transcript: Vec<Entry> = texts.iter().enumerate().map(|(i, (text, expert))| {
                entry(i, if *expert { Speaker::Expert } else { Speaker::Agent }, text)
            }).collect();
            let analysis = interview(session(), &transcript, Timestamp::UNIX_EPOCH);
            let slice = |evidence: &Evidence| {
                let entry = transcript.iter().find(|entry| entry.id == evidence.entry_id).unwrap();
                assert_eq!(entry.speaker, Speaker::Expert);
                let (start, end) = (evidence.start as usize, evidence.end as usize);
                entry.text.chars().skip(start).take(end - start).collect::<String>()
            };
            for quote in &analysis.quotes {
                prop_assert_eq!(slice(&quote.evidence), quote.quote.clone());
            }
            let sentences: Vec<String> = analysis.summary_evidence.iter().map(slice).collect();
            prop_assert_eq!(analysis.summary.unwrap_or_default(), sentences.join(" "));
        }
    }
}
