//! Training of every shipped weight: seeded, in a fixed order, in arithmetic that is the same on every machine.
//!
//! [`SOURCES`] is all that training may open; a test reads this folder's code to prove it.

use sha2::{Digest as _, Sha256};

use crate::data::{Data, Missing};

#[cfg(feature = "ngrams")]
pub mod detect;
pub mod intents;
#[cfg(feature = "ngrams")]
pub mod ngrams;
pub mod sentiment;

/// The sets that shipped weights may be trained on (their licences are in the model card).
pub const SOURCES: [&str; 4] = ["goemotions", "multidogo-intents", "banking77", "clinc150"];

/// Trains one file of weights.
pub type Training = fn(&Data) -> Result<Vec<u8>, Missing>;

/// Every shipped file of weights (without `.bin`) and what makes it.
pub const MODELS: &[(&str, Training)] = &[
    ("sentiment", |data| sentiment::train(data, &sentiment::Settings::default())),
    ("intents", |data| intents::train(data, &intents::Settings::default())),
    #[cfg(feature = "ngrams")]
    ("detect", |_| Ok(detect::train(&detect::Settings::default()))),
];

/// SHA-256 in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

/// Weights as signed bytes and the value of one step. One weight in `cut` is clipped: a finer step for all the others.
pub fn quantise(weights: &[f32], cut: usize) -> (Vec<u8>, f32) {
    let mut sizes: Vec<f32> = weights.iter().map(|weight| weight.abs()).collect();
    sizes.sort_by(f32::total_cmp);
    let clipped = sizes.len() / cut.max(1);
    let largest = sizes.get(sizes.len().saturating_sub(1 + clipped)).copied().unwrap_or(0.0).max(1e-6);
    let step = largest / 127.0;
    (weights.iter().map(|weight| signed_byte(weight / step)).collect(), step)
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to what a signed byte holds")]
fn signed_byte(value: f32) -> u8 {
    (value.round().clamp(-127.0, 127.0) as i8).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::quantise;

    #[test]
    fn weights_come_back_within_half_a_step() {
        let weights = [0.5f32, -1.0, 0.013, 0.0];
        let (bytes, step) = quantise(&weights, 1000);
        for (weight, byte) in weights.iter().zip(bytes) {
            assert!((f32::from(byte.cast_signed()) * step - weight).abs() <= step * 0.501);
        }
    }
}
