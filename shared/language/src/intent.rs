//! What a message wants, by models trained on public intent sets: default tags until a tenant names its own.
//!
//! One embedding of hashed words and letter groups, shared by all sets, and one small linear layer for each set.

use std::sync::LazyLock;

use crate::features;
use crate::token::{Token, tokens};

/// Which trained set of intents to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IntentModel {
    /// 77 intents of retail banking and cards (Banking77).
    Banking,
    /// 150 intents of an assistant in ten domains (CLINC150), with "out of scope" given as none.
    Assistant,
    /// Intents of service dialogues in six domains: airline, fast food, finance, insurance, media, software (`MultiDoGO`).
    Service,
}

/// A likely intent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Intent {
    /// The name in its data set, e.g. `card_arrival`.
    pub name: &'static str,
    /// Probability, 0.0..=1.0.
    pub confidence: f32,
}

/// The class of a set that stands for "none of these".
pub const OUT_OF_SCOPE: &str = "oos";

/// The likeliest intent of a text by one model; none when the text has no words or is out of the model's scope.
pub fn intent(text: &str, model: IntentModel) -> Option<Intent> {
    intent_of(&tokens(text), model)
}

/// [`intent`] of tokens that are there already.
pub fn intent_of(tokens: &[Token<'_>], model: IntentModel) -> Option<Intent> {
    let shipped = SHIPPED.as_ref()?;
    let embedding = shipped.embed(tokens)?;
    let (name, confidence) = shipped.classify(&embedding, model as usize)?;
    (name != OUT_OF_SCOPE).then_some(Intent { name, confidence })
}

/// The meaning of a text as the intent models see it: a vector of length 1, none for a text without words.
///
/// Texts that want the same lie close to one another (cosine = sum of products).
pub fn embedding(tokens: &[Token<'_>]) -> Option<Vec<f32>> {
    let mut vector = SHIPPED.as_ref()?.embed(tokens)?;
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        for value in &mut vector {
            *value /= length;
        }
    }
    Some(vector)
}

static SHIPPED: LazyLock<Option<IntentWeights<'static>>> =
    LazyLock::new(|| IntentWeights::read(include_bytes!("weights/intents.bin")));

/// The shipped models.
///
/// The file is: `u8` bits of the word table, `u8` bits of the letter table, `u8` width, `u8` number of sets; step of the
/// words, step of the letters (`f32`, little-endian as all numbers); the word table and the letter table (`i8`, a row of
/// `width` a place); then for each set: `u16` classes, `u16` bytes of names, the names joined by line ends, step (`f32`),
/// rows (`i8`, `width` a class), biases (`f32`).
#[derive(Debug, Clone)]
pub struct IntentWeights<'a> {
    bits: [u32; 2],
    width: usize,
    steps: [f32; 2],
    tables: [&'a [u8]; 2],
    sets: Vec<Set<'a>>,
}

#[derive(Debug, Clone)]
struct Set<'a> {
    names: &'a str,
    step: f32,
    rows: &'a [u8],
    biases: &'a [u8],
}

fn float(bytes: &[u8]) -> Option<f32> {
    Some(f32::from_le_bytes(bytes.get(..4)?.try_into().ok()?))
}

fn short(bytes: &[u8]) -> Option<usize> {
    Some(usize::from(u16::from_le_bytes(bytes.get(..2)?.try_into().ok()?)))
}

impl<'a> IntentWeights<'a> {
    /// The models in `bytes`; none when they are not a whole file.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let (head, rest) = bytes.split_at_checked(12)?;
        let [word_bits, letter_bits, width, sets, steps @ ..] = head else { return None };
        let bits = [u32::from(*word_bits), u32::from(*letter_bits)];
        let width = usize::from(*width);
        let steps = [float(steps)?, float(steps.get(4..)?)?];
        let (words, rest) = rest.split_at_checked(width.checked_shl(bits[0])?)?;
        let (letters, mut rest) = rest.split_at_checked(width.checked_shl(bits[1])?)?;
        let mut found = Vec::new();
        for _ in 0..*sets {
            let (head, tail) = rest.split_at_checked(4)?;
            let classes = short(head)?;
            let (names, tail) = tail.split_at_checked(short(head.get(2..)?)?)?;
            let (step, tail) = tail.split_at_checked(4)?;
            let (rows, tail) = tail.split_at_checked(classes * width)?;
            let (biases, tail) = tail.split_at_checked(classes * 4)?;
            found.push(Set { names: std::str::from_utf8(names).ok()?, step: float(step)?, rows, biases });
            rest = tail;
        }
        Some(Self { bits, width, steps, tables: [words, letters], sets: found })
    }

    /// The hidden vector of a text; none when it has no words.
    pub fn embed(&self, tokens: &[Token<'_>]) -> Option<Vec<f32>> {
        let mut vector = vec![0.0f32; self.width];
        let mut any = false;
        for (kind, ((table, bits), step)) in self.tables.iter().zip(self.bits).zip(self.steps).enumerate() {
            let mut sums = vec![0i32; self.width];
            let mut count = 0u16;
            let mut add = |place: usize| {
                if let Some(row) = table.get(place * self.width..(place + 1) * self.width) {
                    for (sum, weight) in sums.iter_mut().zip(row) {
                        *sum += i32::from(weight.cast_signed());
                    }
                }
                count = count.saturating_add(1);
            };
            if kind == 0 {
                features::words(tokens, |hash, pair| add(features::half_place(hash, pair, bits)));
            } else {
                features::letters(tokens, |hash| add(features::place(hash, bits)));
            }
            any |= count > 0;
            let scale = step / f32::from(count.max(1)).sqrt();
            for (value, sum) in vector.iter_mut().zip(sums) {
                *value += features::whole(sum) * scale;
            }
        }
        for value in &mut vector {
            *value = squash(*value);
        }
        any.then_some(vector)
    }

    /// The likeliest class of a set for a hidden vector, and its probability.
    pub fn classify(&self, vector: &[f32], set: usize) -> Option<(&'a str, f32)> {
        let set = self.sets.get(set)?;
        let mut best = (0, f32::NEG_INFINITY);
        let mut logits = Vec::with_capacity(set.biases.len() / 4);
        for (class, (row, bias)) in set.rows.chunks_exact(self.width).zip(set.biases.chunks_exact(4)).enumerate() {
            let product: f32 =
                row.iter().zip(vector).map(|(weight, value)| f32::from(weight.cast_signed()) * value).sum();
            let logit = product * set.step + float(bias).unwrap_or(0.0);
            if logit > best.1 {
                best = (class, logit);
            }
            logits.push(logit);
        }
        let sum: f32 = logits.iter().map(|logit| libm::expf(logit - best.1)).sum();
        Some((set.names.split('\n').nth(best.0)?, 1.0 / sum))
    }
}

/// The bend between the two layers: x / (1 + |x|), which needs no table and no `exp`.
pub fn squash(value: f32) -> f32 {
    value / (1.0 + value.abs())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str, model: IntentModel) -> Option<&'static str> {
        intent(text, model).map(|found| found.name)
    }

    #[test]
    fn plain_requests_are_known() {
        assert_eq!(name("My card still has not arrived in the mail", IntentModel::Banking), Some("card_arrival"));
        assert_eq!(name("I have lost my bags at the airport", IntentModel::Assistant), Some("lost_luggage"));
        assert_eq!(name("good morning", IntentModel::Service), Some("openinggreeting"));
        assert_eq!(name("", IntentModel::Banking), None);
        assert_eq!(name("...", IntentModel::Service), None);
    }

    #[test]
    fn a_torn_file_is_not_read() {
        let whole: &[u8] = include_bytes!("weights/intents.bin");
        assert!(IntentWeights::read(whole).is_some());
        for length in [0, 3, 12, 1000, whole.len() - 1] {
            assert!(IntentWeights::read(&whole[..length]).is_none(), "{length}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered_within_bounds(text in "\\PC{0,80}") {
            for model in [IntentModel::Banking, IntentModel::Assistant, IntentModel::Service] {
                if let Some(found) = intent(&text, model) {
                    prop_assert!(found.confidence > 0.0 && found.confidence <= 1.0);
                }
            }
        }
    }
}
