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
/// Texts that a matter learns from; then its middle stands still, so that it neither drifts nor has to be stored again. Row 11 of
/// `make quality` with 1, 4, 8 and all texts: V-measure 0.82, 0.84, 0.84, 0.84 on banking77; 8 is where the number of insights settles.
pub const LEARNS: u32 = 8;

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
        // Eight sums side by side: one sum must be added in order, which no processor can hurry.
        let mut sums = [0.0f32; 8];
        for (left, right) in self.0.chunks(8).zip(other.0.chunks(8)) {
            for (sum, (a, b)) in sums.iter_mut().zip(left.iter().zip(right)) {
                *sum += a * b;
            }
        }
        sums.iter().sum()
    }

    /// A byte a number: enough to compare by, and small to store. [`Signature::read`] gives it back but for rounding.
    pub fn write(&self) -> Vec<u8> {
        let largest = self.0.iter().fold(0.0f32, |most, value| most.max(value.abs()));
        let step = if largest > 0.0 { 127.0 / largest } else { 0.0 };
        #[expect(clippy::cast_possible_truncation, reason = "between -127 and 127 by the line above")]
        let byte = |value: &f32| ((value * step).round() as i8).cast_unsigned();
        self.0.iter().map(byte).collect()
    }

    /// What [`Signature::write`] wrote; nothing is refused, because whatever it is, it is a direction.
    pub fn read(bytes: &[u8]) -> Self {
        Self(unit(bytes.iter().map(|byte| f32::from(byte.cast_signed())).collect()))
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

    /// A matter of which only the middle and the number of texts are known.
    pub fn resume(centre: &Signature, count: u32) -> Self {
        let mut sum = centre.0.clone();
        #[expect(clippy::cast_precision_loss, reason = "at most a few texts; a larger count would only be rounded")]
        scale(&mut sum, count as f32);
        Self { sum, count }
    }

    /// Whether a further text would still move the middle.
    pub fn is_learning(&self) -> bool {
        self.count < LEARNS
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
    fn a_matter_goes_on_from_what_was_stored() {
        let (one, two) = (signature("card not arrived"), signature("where is my new card?"));
        let mut matter = Matter::new(&one);
        matter.add(&two);
        let stored = Signature::read(&matter.centre().write());
        assert!(stored.likeness(&matter.centre()) > 0.999);
        let resumed = Matter::resume(&stored, matter.count());
        assert_eq!((resumed.count(), resumed.is_learning()), (2, true));
        assert!(resumed.centre().likeness(&matter.centre()) > 0.999);
        assert!(!Matter::resume(&stored, LEARNS).is_learning());
        // Any bytes are a direction.
        assert!(Signature::read(&[0; 256]).likeness(&one).abs() < 1e-6);
        assert!(Signature::read(&[]).likeness(&one).abs() < 1e-6);
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
