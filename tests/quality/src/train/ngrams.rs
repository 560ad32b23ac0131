//! Letter statistics of languages: the n-grams of the `lingua-*-language-model` crates (Apache-2.0, drawn from the Leipzig
//! corpora, CC BY 4.0), read back as a source of words.
//!
//! The crates keep, for each group of one to five letters inside words, the probability of its last letter after the
//! others. The counts follow by multiplication; what a count lacks to the sum of its longer groups tells how often a
//! word begins or ends there. So words can be drawn that begin, go on and end as the language's words do.
//! Only `models/` of a crate is read; its `testdata/` is what row 7 is scored on and is never opened.

use std::collections::BTreeMap;

use fst::Streamer as _;

use crate::random::Random;

/// A language's words as a chain over groups of four letters.
#[derive(Debug)]
pub struct Source {
    /// Beginnings of up to four letters: (how often words begin so, how often such a word ends here).
    beginnings: BTreeMap<String, Choice>,
    /// After four letters: the letters that may follow.
    following: BTreeMap<String, Choice>,
}

/// What may come next: running sums of weights with a letter; the rest up to `total` is the end of the word.
#[derive(Debug, Default)]
struct Choice {
    sums: Vec<(f64, char)>,
    total: f64,
}

impl Choice {
    fn draw(&self, random: &mut Random) -> Option<char> {
        let at = random.unit() * self.total;
        let index = self.sums.partition_point(|(sum, _)| *sum <= at);
        self.sums.get(index).map(|(_, letter)| *letter)
    }
}

fn directory(code: &str) -> Option<include_dir::Dir<'static>> {
    Some(match code {
        "en" => lingua_english_language_model::ENGLISH_MODELS_DIRECTORY,
        "de" => lingua_german_language_model::GERMAN_MODELS_DIRECTORY,
        "fr" => lingua_french_language_model::FRENCH_MODELS_DIRECTORY,
        "es" => lingua_spanish_language_model::SPANISH_MODELS_DIRECTORY,
        "pt" => lingua_portuguese_language_model::PORTUGUESE_MODELS_DIRECTORY,
        "it" => lingua_italian_language_model::ITALIAN_MODELS_DIRECTORY,
        "nl" => lingua_dutch_language_model::DUTCH_MODELS_DIRECTORY,
        "da" => lingua_danish_language_model::DANISH_MODELS_DIRECTORY,
        "no" => lingua_bokmal_language_model::BOKMAL_MODELS_DIRECTORY,
        "sv" => lingua_swedish_language_model::SWEDISH_MODELS_DIRECTORY,
        "fi" => lingua_finnish_language_model::FINNISH_MODELS_DIRECTORY,
        "pl" => lingua_polish_language_model::POLISH_MODELS_DIRECTORY,
        "cs" => lingua_czech_language_model::CZECH_MODELS_DIRECTORY,
        "hu" => lingua_hungarian_language_model::HUNGARIAN_MODELS_DIRECTORY,
        "ro" => lingua_romanian_language_model::ROMANIAN_MODELS_DIRECTORY,
        "tr" => lingua_turkish_language_model::TURKISH_MODELS_DIRECTORY,
        "id" => lingua_indonesian_language_model::INDONESIAN_MODELS_DIRECTORY,
        "vi" => lingua_vietnamese_language_model::VIETNAMESE_MODELS_DIRECTORY,
        "sk" => lingua_slovak_language_model::SLOVAK_MODELS_DIRECTORY,
        "hr" => lingua_croatian_language_model::CROATIAN_MODELS_DIRECTORY,
        "ms" => lingua_malay_language_model::MALAY_MODELS_DIRECTORY,
        "tl" => lingua_tagalog_language_model::TAGALOG_MODELS_DIRECTORY,
        "af" => lingua_afrikaans_language_model::AFRIKAANS_MODELS_DIRECTORY,
        "sw" => lingua_swahili_language_model::SWAHILI_MODELS_DIRECTORY,
        "ru" => lingua_russian_language_model::RUSSIAN_MODELS_DIRECTORY,
        "uk" => lingua_ukrainian_language_model::UKRAINIAN_MODELS_DIRECTORY,
        "bg" => lingua_bulgarian_language_model::BULGARIAN_MODELS_DIRECTORY,
        "sr" => lingua_serbian_language_model::SERBIAN_MODELS_DIRECTORY,
        "zh" => lingua_chinese_language_model::CHINESE_MODELS_DIRECTORY,
        "ja" => lingua_japanese_language_model::JAPANESE_MODELS_DIRECTORY,
        _ => return None,
    })
}

/// The n-grams of a language with the probability of the last letter after the others.
pub fn read(code: &str) -> Vec<(String, f64)> {
    let Some(directory) = directory(code) else { return Vec::new() };
    let Some(file) = directory.get_file("ngrams.fst") else { return Vec::new() };
    let Ok(map) = fst::Map::new(file.contents()) else { return Vec::new() };
    let mut stream = map.stream();
    let mut found = Vec::new();
    while let Some((key, bits)) = stream.next() {
        if let Ok(group) = std::str::from_utf8(key) {
            found.push((group.to_owned(), libm::exp(f64::from_bits(bits))));
        }
    }
    found
}

fn split_last(group: &str) -> (&str, char) {
    group.char_indices().next_back().map_or(("", ' '), |(at, letter)| (group.get(..at).unwrap_or(""), letter))
}

fn without_first(group: &str) -> &str {
    group.char_indices().nth(1).map_or("", |(at, _)| group.get(at..).unwrap_or(""))
}

impl Source {
    /// The source of a language; empty for a code without a crate.
    pub fn new(code: &str) -> Self {
        let groups = read(code);
        let mut counts: BTreeMap<&str, f64> = BTreeMap::new();
        let mut by_length: [Vec<(&str, f64)>; 6] = Default::default();
        for (group, chance) in &groups {
            let length = group.chars().count();
            if (1..=5).contains(&length) {
                by_length[length].push((group, *chance));
            }
        }
        for groups in &by_length[1..] {
            for (group, chance) in groups {
                let (head, _) = split_last(group);
                let before = if head.is_empty() { 1.0 } else { counts.get(head).copied().unwrap_or(0.0) };
                counts.insert(group, before * chance);
            }
        }
        // How often a word begins with a group: its count less the times that a letter stands before it.
        let mut inside: BTreeMap<&str, f64> = BTreeMap::new();
        for (group, count) in &counts {
            *inside.entry(without_first(group)).or_default() += count;
        }
        let begins = |group: &str| -> f64 {
            let count = counts.get(group).copied().unwrap_or(0.0);
            (count - inside.get(group).copied().unwrap_or(0.0)).max(0.0)
        };
        let mut beginnings: BTreeMap<String, Choice> = BTreeMap::new();
        for groups in &by_length[1..5] {
            for (group, _) in groups {
                let weight = begins(group);
                if weight > 1e-9 {
                    let (head, letter) = split_last(group);
                    let choice = beginnings.entry(head.to_owned()).or_default();
                    choice.total += weight;
                    choice.sums.push((choice.total, letter));
                }
            }
        }
        for (head, choice) in &mut beginnings {
            if !head.is_empty() {
                choice.total = choice.total.max(begins(head));
            }
        }
        let mut following: BTreeMap<String, Choice> = BTreeMap::new();
        for (group, chance) in &by_length[5] {
            let (head, letter) = split_last(group);
            let choice = following.entry(head.to_owned()).or_insert(Choice { sums: Vec::new(), total: 0.0 });
            choice.total += chance;
            choice.sums.push((choice.total, letter));
        }
        for choice in following.values_mut() {
            choice.total = choice.total.max(1.0);
        }
        Self { beginnings, following }
    }

    /// A word drawn as the language draws its words; at most 24 letters.
    pub fn word(&self, random: &mut Random) -> String {
        let mut word = String::new();
        for _ in 0..4 {
            let Some(letter) = self.beginnings.get(&word).and_then(|choice| choice.draw(random)) else { return word };
            word.push(letter);
        }
        for length in 4..24 {
            let start = word.char_indices().nth(length - 4).map_or(0, |(at, _)| at);
            let tail = word.get(start..).unwrap_or("");
            let Some(letter) = self.following.get(tail).and_then(|choice| choice.draw(random)) else { break };
            word.push(letter);
        }
        word
    }
}
