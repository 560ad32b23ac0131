//! Row 6: extractive summaries against abstractive references, on `tweetsumm`.

use std::collections::BTreeMap;

use domain::settings::Settings;

use crate::data::Data;
use crate::dialogues::conversation;
use crate::scores::{interval, mean};
use crate::table::{Measure, Row};

const SET: &str = "tweetsumm";

#[derive(serde::Deserialize)]
struct Dialogue {
    id: String,
    turns: Vec<(String, String)>,
    abstractive: Vec<String>,
}

/// Lower-case words with a plain stem, as `rouge_score` makes them: letters and digits only, longer ones stemmed.
fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    lower
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| if word.len() > 3 { language::stem(word).into_owned() } else { word.to_owned() })
        .collect()
}

fn grams(words: &[String], size: usize) -> BTreeMap<&[String], usize> {
    let mut counts = BTreeMap::new();
    for gram in words.windows(size) {
        *counts.entry(gram).or_insert(0) += 1;
    }
    counts
}

/// ROUGE-N F1.
fn rouge(said: &[String], reference: &[String], size: usize) -> f64 {
    let (ours, theirs) = (grams(said, size), grams(reference, size));
    let hits: usize = ours.iter().map(|(gram, count)| *count.min(theirs.get(gram).unwrap_or(&0))).sum();
    let all: usize = ours.values().chain(theirs.values()).sum();
    if all == 0 { 0.0 } else { 2.0 * hits as f64 / all as f64 }
}

/// The mean over the references, as the figures in `quality.md` were measured.
fn against(said: &str, references: &[Vec<String>]) -> (f64, f64) {
    let said = words(said);
    let of = |size: usize| mean(&references.iter().map(|reference| rouge(&said, reference, size)).collect::<Vec<_>>());
    (of(1), of(2))
}

/// The first four turns.
fn lead(dialogue: &Dialogue) -> String {
    dialogue.turns.iter().take(4).map(|turn| turn.1.as_str()).collect::<Vec<_>>().join(" ")
}

/// Row 6.
pub(crate) fn row(data: &Data) -> Row {
    const GOAL: &str = "summary in 40 words or fewer on average";
    let (file, dialogues) = match data.first_json::<Dialogue>(SET, &["test.jsonl.gz", "valid.jsonl.gz"]) {
        Ok(found) => found,
        Err(why) => return Row::missing("6", GOAL, SET, &why),
    };
    let engine = engine::Engine::new();
    let analyser = engine.analyser(&Settings::default());
    let mut row = Row::new("6", GOAL, format!("{SET}/{file}"));
    let mut scores = Vec::new();
    let mut peers = Vec::new();
    let mut lengths = Vec::new();
    for dialogue in dialogues.iter().filter(|dialogue| !dialogue.abstractive.is_empty()) {
        let references: Vec<Vec<String>> = dialogue.abstractive.iter().map(|text| words(text)).collect();
        let turns = dialogue.turns.iter().map(|(who, text)| (who.as_str(), text.as_str()));
        let summary = analyser.analyse(&conversation(&dialogue.id, turns)).summary;
        let said = summary.map(|summary| summary.text()).unwrap_or_default();
        lengths.push(said.split_whitespace().count() as f64);
        scores.push(against(&said, &references));
        peers.push(against(&lead(dialogue), &references));
    }
    let first = |pairs: &[(f64, f64)]| mean(&pairs.iter().map(|pair| pair.0).collect::<Vec<_>>());
    let second = |pairs: &[(f64, f64)]| mean(&pairs.iter().map(|pair| pair.1).collect::<Vec<_>>());
    row.measures.push(
        Measure::new("ROUGE-1", scores.len(), first(&scores))
            .goals(0.29, 0.32)
            .within(interval(&scores, 500, 6, first))
            .peer("Lead-4 turns", first(&peers)),
    );
    row.measures.push(
        Measure::new("ROUGE-2", scores.len(), second(&scores))
            .goals(0.12, 0.14)
            .within(interval(&scores, 500, 6, second))
            .peer("Lead-4 turns", second(&peers)),
    );
    row.measures.push(Measure::new("words", lengths.len(), mean(&lengths)).goals(40.0, 40.0).lower_is_better());
    row.notes.push("F1 of stemmed words, mean over the references; LexRank 0.234/0.072, one human against the others 0.424/0.154 (measured elsewhere)".to_owned());
    row
}
