//! Word stems (Snowball), so that `refunds`, `refunded` and `refund` are one word.

use std::borrow::Cow;

use rust_stemmers::Algorithm;

/// A stemmer for one language; made once for a text or a taxonomy.
pub struct Stemmer(Option<rust_stemmers::Stemmer>);

impl std::fmt::Debug for Stemmer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_tuple("Stemmer").field(&self.0.is_some()).finish()
    }
}

impl Stemmer {
    /// For an ISO 639-1 code; a language without a Snowball algorithm keeps its words as they are.
    pub fn new(language: &str) -> Self {
        let algorithm = match language {
            "en" => Algorithm::English,
            "de" => Algorithm::German,
            "fr" => Algorithm::French,
            "es" => Algorithm::Spanish,
            "it" => Algorithm::Italian,
            "pt" => Algorithm::Portuguese,
            "nl" => Algorithm::Dutch,
            "sv" => Algorithm::Swedish,
            "da" => Algorithm::Danish,
            "no" | "nb" => Algorithm::Norwegian,
            "fi" => Algorithm::Finnish,
            "hu" => Algorithm::Hungarian,
            "ro" => Algorithm::Romanian,
            "ru" => Algorithm::Russian,
            "tr" => Algorithm::Turkish,
            "el" => Algorithm::Greek,
            _ => return Self(None),
        };
        Self(Some(rust_stemmers::Stemmer::create(algorithm)))
    }

    /// The stem of a lower-case word.
    pub fn stem<'a>(&self, word: &'a str) -> Cow<'a, str> {
        match &self.0 {
            // A "word" of hundreds of letters is noise, and stemming is not always linear.
            Some(stemmer) if word.len() <= 64 => stemmer.stem(word),
            _ => Cow::Borrowed(word),
        }
    }
}

/// The English stem of a lower-case word.
pub fn stem(word: &str) -> Cow<'_, str> {
    Stemmer::new("en").stem(word)
}
