//! What a text says, without knowing whose text it is: the text-level half of the analyser.
//!
//! Pure: no input or output, clock, randomness, environment or network. The same text gives the same bytes on every
//! machine. Every function takes any Unicode text, takes time linear in its length and never panics.
//!
//! * [`reduce()`] a stored body to its new text, with quotes, signatures and code set aside and offsets back into the body
//! * [`sentences`] and [`tokens`] of a text
//! * [`detect_language`], or nothing when unsure
//! * [`sentiment()`] of a message: score, class, probabilities, intensity
//! * [`intent()`]: trained intents as default tags; [`Taxonomy`]: the tenant's own, by names and phrases
//! * [`Signature`] and [`Matter`]: which texts are about one thing
//! * [`stem`]: word stems
#![warn(missing_docs)]

mod cues;
mod detect;
mod emoji;
pub mod features;
mod html;
mod intent;
mod matter;
mod quoted;
mod reduce;
mod sentence;
mod sentiment;
mod stems;
mod synonyms;
mod taxonomy;
mod token;

pub use detect::{Detected, detect_language};
pub use emoji::emoji_valence;
pub use intent::{Intent, IntentModel, embedding, intent, intent_of};
pub use matter::{JOIN, LEARNS, MERGE, Matter, Signature, are_one, place};
pub use reduce::{ContentType, Kind, RawSpan, Reduced, Segment, reduce};
pub use sentence::sentences;
pub use sentiment::{NotCovered, Part, Polarity, Sentiment, sentiment, sentiment_in, sentiment_of, sentiment_parts};
pub use stems::{Stemmer, stem};
pub use taxonomy::{Match, Tag, Taxonomy};
pub use token::{Token, TokenKind, tokens};

/// What the training program needs of the models: their file formats and inputs. Not for analyses.
pub mod training {
    pub use crate::cues::{DENSE, dense};
    pub use crate::detect::{
        CYRILLIC, CYRILLIC_BITS, HAN, HAN_BITS, LATIN, LATIN_BITS, ScriptModel, letter_groups, single,
    };
    pub use crate::intent::{IntentWeights, OUT_OF_SCOPE, squash};
    pub use crate::sentiment::{LETTER_BITS, SENTIMENT_BYTES, SentimentModel, WORD_BITS, softmax};
}
