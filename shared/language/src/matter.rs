//! Which conversations are about one matter: a small signature of a text, and a rule that gathers signatures as they
//! stream in. A store carries one [`Matter`] an insight; nothing else is needed to place the next conversation.

use crate::intent::embedding;
use crate::stems::Stemmer;
use crate::token::{Token, TokenKind, tokens};

/// Numbers of a signature that come from its words.
const WORDS: usize = 192;
/// What likeness of meaning counts for; likeness of words counts for the rest.
const MEANING: f32 = 0.75;
/// Likeness from which a text joins a matter.
pub const JOIN: f32 = 0.55;
/// Likeness from which two matters are one.
pub const MERGE: f32 = 0.75;

/// What a text is about: a vector of length 1. Signatures of one version of the weights compare with one another only.
#[derive(Debug, Clone, PartialEq)]
pub struct Signature(Vec<f32>);

impl Signature {
    /// The signature of a text; none for a text without words.
    pub fn of(text: &str) -> Option<Self> {
        Self::of_tokens(&tokens(text))
    }

    /// [`Signature::of`] for tokens that are there already.
    pub fn of_tokens(tokens: &[Token<'_>]) -> Option<Self> {
        let mut meaning = embedding(tokens)?;
        let mut words = word_vector(tokens);
        scale(&mut meaning, MEANING.sqrt());
        let share = if words.iter().any(|value| *value != 0.0) { (1.0 - MEANING).sqrt() } else { 0.0 };
        scale(&mut words, share);
        meaning.extend(words);
        Some(Self(unit(meaning)))
    }

    /// Only the words, without the trained embedding: to measure what that adds.
    pub fn of_words(text: &str) -> Option<Self> {
        let words = word_vector(&tokens(text));
        words.iter().any(|value| *value != 0.0).then(|| Self(unit(words)))
    }

    /// Likeness to another, -1.0..=1.0 (cosine).
    pub fn likeness(&self, other: &Self) -> f32 {
        self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum()
    }
}

/// The conversations gathered under one insight, as a sum that does not depend on their order.
#[derive(Debug, Clone, PartialEq)]
pub struct Matter {
    sum: Vec<f32>,
    count: u32,
}

impl Matter {
    /// A matter of one text.
    pub fn new(first: &Signature) -> Self {
        Self { sum: first.0.clone(), count: 1 }
    }

    /// Texts gathered here.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Adds a text.
    pub fn add(&mut self, signature: &Signature) {
        for (sum, value) in self.sum.iter_mut().zip(&signature.0) {
            *sum += value;
        }
        self.count += 1;
    }

    /// Takes a text out again (an earlier version of a conversation that was re-sent).
    pub fn remove(&mut self, signature: &Signature) {
        for (sum, value) in self.sum.iter_mut().zip(&signature.0) {
            *sum -= value;
        }
        self.count = self.count.saturating_sub(1);
    }

    /// Takes in another matter.
    pub fn absorb(&mut self, other: &Self) {
        for (sum, value) in self.sum.iter_mut().zip(&other.sum) {
            *sum += value;
        }
        self.count += other.count;
    }

    /// The middle of the matter: what its representative sentence should be nearest to.
    pub fn centre(&self) -> Signature {
        Signature(unit(self.sum.clone()))
    }
}

/// Where a text belongs: the index of the likest centre and the likeness, when that is at least [`JOIN`].
pub fn place<'a>(centres: impl IntoIterator<Item = &'a Signature>, signature: &Signature) -> Option<(usize, f32)> {
    let mut best: Option<(usize, f32)> = None;
    for (index, centre) in centres.into_iter().enumerate() {
        let likeness = centre.likeness(signature);
        if likeness >= JOIN && best.is_none_or(|(_, most)| likeness > most) {
            best = Some((index, likeness));
        }
    }
    best
}

/// Whether two matters have grown into one. The store then lets the older number absorb the younger and records it.
pub fn are_one(left: &Signature, right: &Signature) -> bool {
    left.likeness(right) >= MERGE
}

fn scale(values: &mut [f32], by: f32) {
    for value in values {
        *value *= by;
    }
}

fn unit(mut values: Vec<f32>) -> Vec<f32> {
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        scale(&mut values, 1.0 / length);
    }
    values
}

/// Words that say nothing of the matter.
const EMPTY: &str = " a an the of to in on at for and or is are was were be been am it its this that these those with by from \
    as my me i i'm i've we our us you your he she they them their so if but not no do does did don't can can't could would \
    should will have has had what's what how why when where which who there here please help hi hello hey thanks thank just get \
    got need want like know tell let make any some about up out still really also then than too very much more ";

/// Stems hashed into a vector of length 1, each to two places with a sign; long words say more than short ones.
fn word_vector(tokens: &[Token<'_>]) -> Vec<f32> {
    let stemmer = Stemmer::new("en");
    let mut vector = vec![0.0f32; WORDS];
    for token in tokens.iter().filter(|token| matches!(token.kind, TokenKind::Word | TokenKind::Hashtag)) {
        let word = token.norm.trim_start_matches('#');
        if EMPTY.contains(&format!(" {word} ")) {
            continue;
        }
        let stem = stemmer.stem(word);
        let hash = crate::features::hash(crate::features::START, stem.as_bytes());
        for turn in [1u32, 2] {
            let mixed = hash.wrapping_mul(0x9E37_79B1).rotate_left(turn * 11).wrapping_mul(0x85EB_CA6B);
            let place = usize::try_from(mixed >> 8).unwrap_or(0) % WORDS;
            let sign = if mixed & 1 == 0 { 1.0 } else { -1.0 };
            if let Some(value) = vector.get_mut(place) {
                *value += sign;
            }
        }
    }
    unit(vector)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(text: &str) -> Signature {
        Signature::of(text).unwrap()
    }

    #[test]
    fn one_matter_is_liker_than_two() {
        let first = signature("My card has not arrived yet");
        let same = signature("when will my new card arrive?");
        let other = signature("please cancel my gym membership");
        assert!(first.likeness(&same) > first.likeness(&other) + 0.2);
        assert!((first.likeness(&first) - 1.0).abs() < 1e-5);
    }

    #[test]
    fn a_matter_forgets_what_is_taken_out() {
        let (one, two) = (signature("card not arrived"), signature("lost luggage"));
        let mut matter = Matter::new(&one);
        matter.add(&two);
        matter.remove(&two);
        assert_eq!(matter.count(), 1);
        assert!(matter.centre().likeness(&one) > 0.9999);
    }

    #[test]
    fn an_unlike_text_is_placed_nowhere() {
        let centre = signature("card not arrived");
        assert_eq!(place([&centre], &signature("tell me a joke about cats")), None);
        assert_eq!(place([&centre], &signature("card not arrived")).map(|(index, _)| index), Some(0));
        assert_eq!(Signature::of("😀 !!!").is_some(), Signature::of("😀").is_some());
        assert!(Signature::of("").is_none());
    }
}
