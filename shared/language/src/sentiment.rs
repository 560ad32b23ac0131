//! How a message feels.

use crate::detect::detect_language;
use crate::token::tokens;

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

/// Sentiment of an English text (or of emoji alone).
pub fn sentiment(text: &str) -> Sentiment {
    let mut sum = 0.0f32;
    for token in tokens(text) {
        let value = match &*token.norm {
            "thanks" | "thank" | "great" | "love" | "good" | "perfect" | "awesome" | "happy" => 0.5,
            "bad" | "worst" | "terrible" | "hate" | "angry" | "broken" | "refund" | "useless" | "never" => -0.5,
            other => crate::emoji::emoji_valence(other).unwrap_or(0.0),
        };
        sum += if token.negated { -value } else { value };
    }
    let score = sum.clamp(-1.0, 1.0);
    let label = if score > 0.2 {
        Polarity::Positive
    } else if score < -0.2 {
        Polarity::Negative
    } else {
        Polarity::Neutral
    };
    let (negative, positive) = ((-score).max(0.0), score.max(0.0));
    Sentiment { score, label, probabilities: [negative, 1.0 - negative - positive, positive], intensity: score.abs() }
}

/// [`sentiment`], refused for a text in a language that the model does not cover.
///
/// `language` is what is known of the conversation; without it the text itself is asked.
pub fn sentiment_in(text: &str, language: Option<&'static str>) -> Result<Sentiment, NotCovered> {
    match language.or_else(|| detect_language(text).map(|found| found.code)) {
        Some("en") => Ok(sentiment(text)),
        Some(other) => Err(NotCovered { language: Some(other) }),
        None if text.chars().filter(|letter| letter.is_alphabetic()).all(|letter| letter.is_ascii()) => {
            Ok(sentiment(text))
        }
        None => Err(NotCovered { language: None }),
    }
}
