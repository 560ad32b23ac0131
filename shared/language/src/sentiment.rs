//! How a message feels.

use std::ops::Range;

use crate::cues::{CUE_NAMES, DENSE, dense};
use crate::detect::detect_language;
use crate::features;
use crate::token::{Token, tokens};

/// The class of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Polarity {
    /// Displeased.
    Negative,
    /// Neither, or nothing said.
    Neutral,
    /// Pleased.
    Positive,
}

/// How a message feels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sentiment {
    /// Probability of positive less probability of negative, -1.0..=1.0.
    pub score: f32,
    /// The likeliest class.
    pub label: Polarity,
    /// Calibrated probabilities of negative, neutral and positive; they add up to 1.
    pub probabilities: [f32; 3],
    /// How moved the author is, whatever the direction, 0.0..=1.0.
    pub intensity: f32,
}

/// Why there is no sentiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotCovered {
    /// ISO 639-1 code of the text, where it is known.
    pub language: Option<&'static str>,
}

impl std::fmt::Display for NotCovered {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.language {
            Some(code) => write!(out, "sentiment is trained on English; this text is {code}"),
            None => write!(out, "sentiment is trained on English; the language of this text is unknown"),
        }
    }
}

/// The shipped model: linear over hashed words and letter groups and over readable cues.
///
/// The file is, little-endian: word table (2^[`WORD_BITS`] places of three `i8`: negative, neutral, positive), letter
/// table (the same with [`LETTER_BITS`]), then `f32`s: scale of the words, scale of the letters, three biases, three
/// times [`DENSE`] weights of the cues, three calibrating temperatures (by the likeliest class).
#[derive(Debug, Clone, Copy)]
pub struct SentimentModel<'a> {
    words: &'a [u8],
    letters: &'a [u8],
    numbers: &'a [u8],
}

/// Places of the word table, as a power of two.
pub const WORD_BITS: u32 = 15;
/// Places of the letter table, as a power of two.
pub const LETTER_BITS: u32 = 15;
/// Bytes of a sentiment model.
pub const SENTIMENT_BYTES: usize = ((1 << WORD_BITS) + (1 << LETTER_BITS)) * 3 + NUMBERS * 4;
const NUMBERS: usize = 2 + 3 + 3 * DENSE + 3;

static SHIPPED: &[u8] = include_bytes!("weights/sentiment.bin");

impl<'a> SentimentModel<'a> {
    /// The model in `bytes`; none for another length.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        if bytes.len() != SENTIMENT_BYTES {
            return None;
        }
        let (words, rest) = bytes.split_at_checked((1 << WORD_BITS) * 3)?;
        let (letters, numbers) = rest.split_at_checked((1 << LETTER_BITS) * 3)?;
        Some(Self { words, letters, numbers })
    }

    fn number(&self, index: usize) -> f32 {
        let bytes = self.numbers.get(index * 4..index * 4 + 4).and_then(|bytes| bytes.try_into().ok());
        f32::from_le_bytes(bytes.unwrap_or_default())
    }

    /// Scores before they are made probabilities: negative, neutral, positive.
    pub fn logits(&self, tokens: &[Token<'_>]) -> [f32; 3] {
        let mut logits = [self.number(2), self.number(3), self.number(4)];
        let mut word_sums = [0i32; 3];
        let mut count = 0u16;
        features::words(tokens, |hash, _| {
            add(self.words, features::place(hash, WORD_BITS), &mut word_sums);
            count = count.saturating_add(1);
        });
        let word_scale = self.number(0) / f32::from(count.max(1)).sqrt();
        let mut letter_sums = [0i32; 3];
        let mut count = 0u16;
        features::letters(tokens, |hash| {
            add(self.letters, features::place(hash, LETTER_BITS), &mut letter_sums);
            count = count.saturating_add(1);
        });
        let letter_scale = self.number(1) / f32::from(count.max(1)).sqrt();
        for (logit, (word, letter)) in logits.iter_mut().zip(word_sums.iter().zip(&letter_sums)) {
            *logit += features::whole(*word) * word_scale + features::whole(*letter) * letter_scale;
        }
        for (index, value) in dense(tokens).iter().enumerate() {
            if *value != 0.0 {
                for (class, logit) in logits.iter_mut().enumerate() {
                    *logit += value * self.number(5 + class * DENSE + index);
                }
            }
        }
        logits
    }

    /// Calibrated probabilities: negative, neutral, positive.
    pub fn probabilities(&self, tokens: &[Token<'_>]) -> [f32; 3] {
        let logits = self.logits(tokens);
        let temperature = self.number(5 + 3 * DENSE + likeliest(&logits));
        softmax(logits.map(|logit| logit * temperature))
    }
}

fn add(table: &[u8], place: usize, sums: &mut [i32; 3]) {
    if let Some(weights) = table.get(place * 3..place * 3 + 3) {
        for (sum, weight) in sums.iter_mut().zip(weights) {
            *sum = sum.saturating_add(i32::from(weight.cast_signed()));
        }
    }
}

fn likeliest(values: &[f32; 3]) -> usize {
    let [negative, neutral, positive] = values;
    if negative >= neutral && negative >= positive {
        0
    } else if positive > neutral {
        2
    } else {
        1
    }
}

/// Probabilities from scores, by an `exp` that is the same on every machine.
pub fn softmax(logits: [f32; 3]) -> [f32; 3] {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let raised = logits.map(|logit| libm::expf(logit - highest));
    let sum: f32 = raised.iter().sum();
    raised.map(|value| value / sum)
}

/// A part of a sentiment score.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The word it comes from (bytes of the text), or none for what the text says as a whole.
    pub range: Option<Range<usize>>,
    /// What it is: `word` or the name of a cue.
    pub name: &'static str,
    /// What it adds to the score of positive less that of negative, before they become probabilities.
    pub weight: f32,
}

/// What made the score, in the order of the text: the parts add up to the score of positive less that of negative.
///
/// Words come first, then pairs of words, then the cues that were found; `base` is what a support message starts with.
pub fn sentiment_parts(text: &str) -> Vec<Part> {
    let tokens = tokens(text);
    let Some(model) = SentimentModel::read(SHIPPED) else { return Vec::new() };
    let mut parts = vec![Part { range: None, name: "base", weight: model.number(4) - model.number(2) }];
    let (mut words, mut letters) = (0u16, 0u16);
    features::words(&tokens, |_, _| words = words.saturating_add(1));
    features::letters(&tokens, |_| letters = letters.saturating_add(1));
    let word_scale = model.number(0) / f32::from(words.max(1)).sqrt();
    let letter_scale = model.number(1) / f32::from(letters.max(1)).sqrt();
    let lean = |sums: [i32; 3], scale: f32| features::whole(sums[2].saturating_sub(sums[0])) * scale;
    for token in &tokens {
        let one = std::slice::from_ref(token);
        let (mut by_word, mut by_letter) = ([0i32; 3], [0i32; 3]);
        features::words(one, |hash, _| add(model.words, features::place(hash, WORD_BITS), &mut by_word));
        features::letters(one, |hash| add(model.letters, features::place(hash, LETTER_BITS), &mut by_letter));
        let weight = lean(by_word, word_scale) + lean(by_letter, letter_scale);
        if weight != 0.0 {
            parts.push(Part { range: Some(token.range.clone()), name: "word", weight });
        }
    }
    let mut pairs = [0i32; 3];
    features::words(&tokens, |hash, pair| {
        if pair {
            add(model.words, features::place(hash, WORD_BITS), &mut pairs);
        }
    });
    parts.push(Part { range: None, name: "word pairs", weight: lean(pairs, word_scale) });
    for (index, (value, name)) in dense(&tokens).iter().zip(CUE_NAMES).enumerate() {
        let weight = value * (model.number(5 + 2 * DENSE + index) - model.number(5 + index));
        if weight != 0.0 {
            parts.push(Part { range: None, name, weight });
        }
    }
    parts
}

/// Sentiment of an English text (or of emoji alone).
pub fn sentiment(text: &str) -> Sentiment {
    sentiment_of(&tokens(text))
}

/// [`sentiment`] of tokens that are there already.
pub fn sentiment_of(tokens: &[Token<'_>]) -> Sentiment {
    let nothing = [0.0, 1.0, 0.0];
    let probabilities = match SentimentModel::read(SHIPPED) {
        Some(model) if !tokens.is_empty() => model.probabilities(tokens),
        _ => nothing,
    };
    let [negative, neutral, positive] = probabilities;
    let label = match likeliest(&probabilities) {
        0 => Polarity::Negative,
        2 => Polarity::Positive,
        _ => Polarity::Neutral,
    };
    let cues = dense(tokens);
    let of = |index: usize| cues.get(index).copied().unwrap_or(0.0);
    // Agitation shows in how it is said: strong words, shouting, drawn-out letters, repeated marks.
    let manner =
        0.22 * of(3) + 0.12 * of(1) + 0.10 * of(13) + 0.30 * of(15) + 0.25 * of(18) + 0.10 * of(16) + 0.15 * of(17);
    let intensity = (0.55 * (1.0 - neutral) + 0.5 * manner.min(1.0)).clamp(0.0, 1.0);
    Sentiment { score: positive - negative, label, probabilities, intensity }
}

/// [`sentiment`], refused for a text in a language that the model does not cover.
///
/// `language` is what is known of the conversation; without it the text itself is asked.
pub fn sentiment_in(text: &str, language: Option<&'static str>) -> Result<Sentiment, NotCovered> {
    if !text.chars().any(char::is_alphabetic) {
        return Ok(sentiment(text));
    }
    match language.or_else(|| detect_language(text).map(|found| found.code)) {
        Some("en") => Ok(sentiment(text)),
        Some(other) => Err(NotCovered { language: Some(other) }),
        None if text.chars().filter(|letter| letter.is_alphabetic()).all(|letter| letter.is_ascii()) => {
            Ok(sentiment(text))
        }
        None => Err(NotCovered { language: None }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_messages_are_read_as_a_person_reads_them() {
        for (text, label) in [
            ("Thanks, that fixed it", Polarity::Positive),
            ("Great, thank you so much!", Polarity::Positive),
            ("It still does not work!!", Polarity::Negative),
            ("This is the third time I write and NOBODY answers", Polarity::Negative),
            ("I am not happy with this", Polarity::Negative),
            ("😡", Polarity::Negative),
            ("❤️", Polarity::Positive),
            ("Hello, I need to change my address please.", Polarity::Neutral),
            ("What are your opening hours?", Polarity::Neutral),
            ("My order number is 12345", Polarity::Neutral),
            ("no", Polarity::Neutral),
            ("", Polarity::Neutral),
        ] {
            assert_eq!(sentiment(text).label, label, "{text}: {:?}", sentiment(text));
        }
    }

    #[test]
    fn intensity_follows_the_manner() {
        let calm = sentiment("The parcel is late and I am not happy").intensity;
        let loud = sentiment("THE PARCEL IS LATE AND I AM NOT HAPPY!!! WORST EVER 😡").intensity;
        assert!(loud > calm + 0.1, "{loud} {calm}");
    }

    #[test]
    fn other_languages_are_refused_by_name() {
        assert_eq!(
            sentiment_in("Das Paket ist seit drei Wochen nicht angekommen", None),
            Err(NotCovered { language: Some("de") })
        );
        assert!(sentiment_in("my parcel has not arrived for three weeks", None).is_ok());
        assert!(sentiment_in("😡", Some("de")).is_ok());
        assert!(sentiment_in("это ужасно и очень плохо", None).is_err());
    }

    proptest! {
        #[test]
        fn any_text_has_probabilities_and_parts_that_add_up(text in "(\\PC|great |not |bad |!|😀|HELP ){0,40}") {
            let found = sentiment(&text);
            let sum: f32 = found.probabilities.iter().sum();
            prop_assert!((sum - 1.0).abs() < 1e-4);
            prop_assert!((-1.0..=1.0).contains(&found.score) && (0.0..=1.0).contains(&found.intensity));
            let model = SentimentModel::read(SHIPPED).unwrap();
            let [negative, _, positive] = model.logits(&tokens(&text));
            let parts: f32 = sentiment_parts(&text).iter().map(|part| part.weight).sum();
            prop_assert!((parts - (positive - negative)).abs() < 1e-3, "{} {}", parts, positive - negative);
        }
    }
}
