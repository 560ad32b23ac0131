//! Language detection: multinomial logistic regression over letter groups, on words drawn from [`Source`]s.

use language::features;
use language::training::{CYRILLIC, CYRILLIC_BITS, HAN, HAN_BITS, LATIN, LATIN_BITS, letter_groups, single};

use super::ngrams::{Source, read};
use super::quantise;
use crate::random::Random;

/// What can be turned.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Texts drawn of each language.
    pub texts: usize,
    /// One text in so many for a language that is rare in support mail (the last six in Latin letters).
    pub rare: usize,
    /// First step size.
    pub rate: f32,
    /// Passes, each over new texts.
    pub passes: usize,
    /// Multiplies the scores before they become probabilities.
    pub temperature: f32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { texts: 20_000, rare: 10, rate: 0.4, passes: 4, temperature: 1.0 }
    }
}

/// Weights of one script while they are learnt: rows of one weight a class.
struct Learner {
    classes: usize,
    table: Vec<f32>,
    squares: Vec<f32>,
    bias: Vec<f32>,
}

impl Learner {
    fn new(classes: usize, bits: u32) -> Self {
        let size = classes << bits;
        Self { classes, table: vec![0.0; size], squares: vec![0.0; size], bias: vec![0.0; classes] }
    }

    fn step(&mut self, places: &[u32], truth: usize, rate: f32) {
        let scale = 1.0 / (places.len().max(1) as f32).sqrt();
        let mut scores = vec![0.0f32; self.classes];
        for place in places {
            let row = *place as usize * self.classes;
            for (score, weight) in scores.iter_mut().zip(&self.table[row..row + self.classes]) {
                *score += weight;
            }
        }
        for (score, bias) in scores.iter_mut().zip(&self.bias) {
            *score = *score * scale + bias;
        }
        let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        for score in &mut scores {
            *score = libm::expf(*score - highest);
        }
        let sum: f32 = scores.iter().sum();
        for (class, score) in scores.iter_mut().enumerate() {
            *score = *score / sum - if class == truth { 1.0 } else { 0.0 };
        }
        for (bias, slope) in self.bias.iter_mut().zip(&scores) {
            *bias -= 0.002 * slope;
        }
        for slope in &mut scores {
            *slope *= scale;
        }
        for place in places {
            let row = *place as usize * self.classes;
            let weights = self.table[row..row + self.classes].iter_mut();
            for ((weight, square), slope) in weights.zip(&mut self.squares[row..row + self.classes]).zip(&scores) {
                *square += slope * slope;
                *weight -= rate * slope / (square.sqrt() + 0.05);
            }
        }
    }

    fn pack(&self, temperature: f32, bytes: &mut Vec<u8>) {
        let (packed, step) = quantise(&self.table, 5_000);
        bytes.extend(packed);
        for number in [step, temperature].iter().chain(&self.bias) {
            bytes.extend(number.to_le_bytes());
        }
    }
}

/// A text as single words, pairs and sentences go: (words, least letters of a word).
fn shape(random: &mut Random) -> (usize, usize) {
    match random.below(20) {
        0..=8 => (1, 5),
        9..=12 => (2, 5),
        13..=14 => (1 + random.below(3), 2),
        _ => (4 + random.below(10), 1),
    }
}

fn places(source: &Source, bits: u32, random: &mut Random) -> Vec<u32> {
    let (words, least) = shape(random);
    let mut found = Vec::new();
    for _ in 0..words {
        let mut letters: Vec<char> = Vec::new();
        for _ in 0..40 {
            letters = source.word(random).chars().collect();
            if letters.len() >= least {
                break;
            }
        }
        letter_groups(&letters, |hash| found.push(u32::try_from(features::place(hash, bits)).unwrap_or(0)));
    }
    found
}

fn script(codes: &[&str], bits: u32, rare: impl Fn(usize) -> usize, settings: &Settings, bytes: &mut Vec<u8>) {
    let sources: Vec<Source> = codes.iter().map(|code| Source::new(code)).collect();
    let mut learner = Learner::new(codes.len(), bits);
    let mut random = Random::new(2);
    for pass in 0..settings.passes {
        let mut order: Vec<usize> = Vec::new();
        for class in 0..codes.len() {
            let texts = settings.texts / rare(class);
            order.extend(std::iter::repeat_n(class, texts));
        }
        random.shuffle(&mut order);
        for (index, class) in order.iter().enumerate() {
            let done = (pass as f32 + index as f32 / order.len() as f32) / settings.passes as f32;
            let places = places(&sources[*class], bits, &mut random);
            learner.step(&places, *class, settings.rate * (1.0 - 0.95 * done));
        }
    }
    learner.pack(settings.temperature, bytes);
}

/// Han: how much likelier a character is in one language than in the other; no learning needed.
fn han(bytes: &mut Vec<u8>) {
    let mut learner = Learner::new(HAN.len(), HAN_BITS);
    for (class, code) in HAN.iter().enumerate() {
        for (group, chance) in read(code) {
            let mut letters = group.chars();
            if let (Some(letter), None) = (letters.next(), letters.next()) {
                let place = features::place(single(letter), HAN_BITS);
                learner.table[place * HAN.len() + class] += narrow(chance);
            }
        }
    }
    for weight in &mut learner.table {
        *weight = libm::logf(*weight + 2e-5);
    }
    let mean = learner.table.iter().sum::<f32>() / learner.table.len() as f32;
    for weight in &mut learner.table {
        *weight -= mean;
    }
    learner.pack(1.0, bytes);
}

#[expect(clippy::cast_possible_truncation, reason = "a probability needs no more than 24 bits")]
fn narrow(chance: f64) -> f32 {
    chance as f32
}

/// Trains and gives the file that ships.
pub fn train(settings: &Settings) -> Vec<u8> {
    let mut bytes = Vec::new();
    let rare_from = LATIN.len() - 6;
    script(&LATIN, LATIN_BITS, |class| if class >= rare_from { settings.rare } else { 1 }, settings, &mut bytes);
    let few = Settings { texts: settings.texts.min(10_000), ..settings.clone() };
    script(&CYRILLIC, CYRILLIC_BITS, |class| if class >= 2 { settings.rare.div_ceil(2) } else { 1 }, &few, &mut bytes);
    han(&mut bytes);
    bytes
}
