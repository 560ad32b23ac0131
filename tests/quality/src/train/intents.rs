//! Intents: one shared embedding of hashed words and letter groups, one linear layer for each of the three sets.

use std::collections::BTreeMap;

use language::training::{IntentWeights, squash};
use language::{features, tokens};

use super::quantise;
use crate::data::{Data, Missing};
use crate::random::Random;

/// What can be turned.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Places of the word and the letter table, as powers of two.
    pub bits: [u32; 2],
    /// Width of the hidden layer.
    pub width: usize,
    /// Passes over the data.
    pub passes: usize,
    /// First step size of the tables.
    pub rate: f32,
    /// Chance that a feature is left out of a step.
    pub dropout: f64,
    /// A class with fewer texts than this is repeated, up to five times.
    pub scarce: usize,
    /// One turn in so many of `contentonly`, which is half of `MultiDoGO`, is learnt in a pass.
    pub thin: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { bits: [12, 12], width: 64, passes: 40, rate: 0.2, dropout: 0.5, scarce: 300, thin: 3 }
    }
}

/// The validation part of banking77, which has none of its own: texts whose FNV-1a 64 is 9 modulo 10. Never trained on.
pub fn is_validation(text: &str) -> bool {
    let hash = text
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3));
    hash % 10 == 9
}

/// A text with its intent, by set.
pub type Labelled = Vec<(String, String)>;

/// The training texts of the three sets in the order of `language::IntentModel`.
pub fn texts(data: &Data) -> Result<[Labelled; 3], Missing> {
    let pairs = |rows: Vec<Vec<String>>, intent: usize, text: usize| -> Labelled {
        rows.into_iter().map(|row| (row[text].clone(), row[intent].clone())).collect()
    };
    let banking = pairs(data.tsv("banking77", "train.tsv.gz", 2)?, 0, 1);
    let mut assistant = pairs(data.tsv("clinc150", "train.tsv.gz", 2)?, 0, 1);
    assistant.extend(pairs(data.tsv("clinc150", "oos_train.tsv.gz", 2)?, 0, 1));
    let service = pairs(data.tsv("multidogo-intents", "train.tsv.gz", 5)?, 3, 4);
    Ok([
        banking.into_iter().filter(|(text, _)| !is_validation(text)).collect(),
        assistant,
        // Two intents in one turn are rare: such a turn is learnt as its first.
        service.into_iter().map(|(text, intent)| (text, first_intent(&intent).to_owned())).collect(),
    ])
}

/// The first of several intents.
pub fn first_intent(intents: &str) -> &str {
    intents.split("<div>").next().unwrap_or(intents)
}

struct Example {
    features: [Vec<u32>; 2],
    set: usize,
    class: usize,
    thin: bool,
}

/// Every example once, those of scarce classes several times.
fn repeats(examples: &[Example], scarce: usize) -> Vec<usize> {
    let mut counts: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for example in examples {
        *counts.entry((example.set, example.class)).or_default() += 1;
    }
    let times =
        |example: &Example| counts.get(&(example.set, example.class)).map_or(1, |count| (scarce / count).clamp(1, 5));
    examples.iter().enumerate().flat_map(|(index, example)| std::iter::repeat_n(index, times(example))).collect()
}

/// A weight matrix with its `AdaGrad` state, in rows of one width.
struct Matrix {
    width: usize,
    weights: Vec<f32>,
    squares: Vec<f32>,
}

impl Matrix {
    fn new(rows: usize, width: usize, random: &mut Random, spread: f32) -> Self {
        let weights = (0..rows * width).map(|_| (half_unit(random) * 2.0 - 1.0) * spread).collect();
        Self { width, weights, squares: vec![0.0; rows * width] }
    }

    fn row(&self, row: usize) -> &[f32] {
        &self.weights[row * self.width..(row + 1) * self.width]
    }

    fn descend(&mut self, row: usize, slopes: &[f32], rate: f32) {
        let range = row * self.width..(row + 1) * self.width;
        let state = self.weights[range.clone()].iter_mut().zip(&mut self.squares[range]);
        for ((weight, square), slope) in state.zip(slopes) {
            *square += slope * slope;
            *weight -= rate * slope / (square.sqrt() + 1e-3);
        }
    }
}

/// A number in `[0, 1)` with 24 bits.
fn half_unit(random: &mut Random) -> f32 {
    let bits = u16::try_from(random.next_u64() >> 48).unwrap_or(0);
    f32::from(bits) / 65_536.0
}

/// Trains and gives the file that ships.
pub fn train(data: &Data, settings: &Settings) -> Result<Vec<u8>, Missing> {
    Ok(train_on(&texts(data)?, settings))
}

/// Trains on any texts.
pub fn train_on(texts: &[Labelled], settings: &Settings) -> Vec<u8> {
    let mut names: Vec<BTreeMap<&str, usize>> = Vec::new();
    let mut examples: Vec<Example> = Vec::new();
    for (set, labelled) in texts.iter().enumerate() {
        let mut classes: BTreeMap<&str, usize> = labelled.iter().map(|(_, intent)| (intent.as_str(), 0)).collect();
        for (class, value) in classes.values_mut().enumerate() {
            *value = class;
        }
        for (text, intent) in labelled {
            let tokens = tokens(text);
            let mut found = [Vec::new(), Vec::new()];
            let narrow = |place: usize| u32::try_from(place).unwrap_or(0);
            let [word_bits, letter_bits] = settings.bits;
            features::words(&tokens, |hash, pair| found[0].push(narrow(features::half_place(hash, pair, word_bits))));
            features::letters(&tokens, |hash| found[1].push(narrow(features::place(hash, letter_bits))));
            examples.push(Example {
                features: found,
                set,
                class: classes[intent.as_str()],
                thin: intent == "contentonly",
            });
        }
        names.push(classes);
    }
    let mut random = Random::new(3);
    let width = settings.width;
    let mut tables = settings.bits.map(|bits| Matrix::new(1 << bits, width, &mut random, 0.05));
    let mut heads: Vec<Matrix> = names.iter().map(|names| Matrix::new(names.len(), width, &mut random, 0.05)).collect();
    let mut biases: Vec<Vec<f32>> = names.iter().map(|names| vec![0.0; names.len()]).collect();
    let mut order: Vec<usize> = repeats(&examples, settings.scarce);
    for pass in 0..settings.passes {
        random.shuffle(&mut order);
        for (position, index) in order.iter().enumerate() {
            let example = &examples[*index];
            if example.thin && random.below(settings.thin) > 0 {
                continue;
            }
            let done = (pass as f32 + position as f32 / order.len() as f32) / settings.passes as f32;
            let rate = settings.rate * (1.0 - 0.98 * done);
            step(
                example,
                &mut tables,
                &mut heads[example.set],
                &mut biases[example.set],
                rate,
                settings.dropout,
                &mut random,
            );
        }
    }
    pack(settings, &tables, &names, &heads, &biases)
}

fn step(
    example: &Example,
    tables: &mut [Matrix; 2],
    head: &mut Matrix,
    biases: &mut [f32],
    rate: f32,
    dropout: f64,
    random: &mut Random,
) {
    let width = head.width;
    let mut sums = vec![0.0f32; width];
    let mut used: [Vec<u32>; 2] = [Vec::new(), Vec::new()];
    let mut scales = [0.0f32; 2];
    for kind in 0..2 {
        used[kind].extend(example.features[kind].iter().filter(|_| random.unit() >= dropout));
        scales[kind] = 1.0 / (used[kind].len().max(1) as f32).sqrt();
        let mut part = vec![0.0f32; width];
        for place in &used[kind] {
            for (sum, weight) in part.iter_mut().zip(tables[kind].row(*place as usize)) {
                *sum += weight;
            }
        }
        for (sum, part) in sums.iter_mut().zip(part) {
            *sum += part * scales[kind];
        }
    }
    let hidden: Vec<f32> = sums.iter().map(|sum| squash(*sum)).collect();
    let mut said: Vec<f32> = (0..biases.len())
        .map(|class| {
            head.row(class).iter().zip(&hidden).map(|(weight, value)| weight * value).sum::<f32>() + biases[class]
        })
        .collect();
    let highest = said.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for value in &mut said {
        *value = libm::expf(*value - highest);
    }
    let sum: f32 = said.iter().sum();
    let mut back = vec![0.0f32; width];
    for class in 0..biases.len() {
        let slope = said[class] / sum - if class == example.class { 1.0 } else { 0.0 };
        if slope.abs() < 1e-4 {
            continue;
        }
        for (back, weight) in back.iter_mut().zip(head.row(class)) {
            *back += slope * weight;
        }
        let slopes: Vec<f32> = hidden.iter().map(|value| slope * value).collect();
        head.descend(class, &slopes, rate);
        biases[class] -= 0.02 * rate * slope;
    }
    // The bend's slope: 1 / (1 + |x|)^2.
    for (back, sum) in back.iter_mut().zip(&sums) {
        let wide = 1.0 + sum.abs();
        *back /= wide * wide;
    }
    for kind in 0..2 {
        let slopes: Vec<f32> = back.iter().map(|back| back * scales[kind]).collect();
        for place in &used[kind] {
            tables[kind].descend(*place as usize, &slopes, rate);
        }
    }
}

fn pack(
    settings: &Settings,
    tables: &[Matrix; 2],
    names: &[BTreeMap<&str, usize>],
    heads: &[Matrix],
    biases: &[Vec<f32>],
) -> Vec<u8> {
    let small = |number: usize| u8::try_from(number).unwrap_or(0);
    let short = |number: usize| u16::try_from(number).unwrap_or(0).to_le_bytes();
    let packed: Vec<(Vec<u8>, f32)> = tables.iter().map(|table| quantise(&table.weights, 20_000)).collect();
    let mut bytes: Vec<u8> = settings.bits.iter().map(|bits| small(*bits as usize)).collect();
    bytes.extend([small(settings.width), small(names.len())]);
    bytes.extend(packed.iter().flat_map(|(_, step)| step.to_le_bytes()));
    bytes.extend(packed.iter().flat_map(|(table, _)| table));
    for ((names, head), biases) in names.iter().zip(heads).zip(biases) {
        let joined = names.keys().copied().collect::<Vec<_>>().join("\n");
        let (rows, step) = quantise(&head.weights, 20_000);
        bytes.extend(short(names.len()));
        bytes.extend(short(joined.len()));
        bytes.extend(joined.as_bytes());
        bytes.extend(step.to_le_bytes());
        bytes.extend(rows);
        bytes.extend(biases.iter().flat_map(|bias| bias.to_le_bytes()));
    }
    bytes
}

/// Pairs (truth, said) of a model on texts of one set; an unread file says nothing.
pub fn said(bytes: &[u8], set: usize, texts: &Labelled) -> Vec<(String, String)> {
    let weights = IntentWeights::read(bytes);
    texts
        .iter()
        .map(|(text, intent)| {
            let said = weights.as_ref().and_then(|weights| weights.classify(&weights.embed(&tokens(text))?, set));
            (intent.clone(), said.map_or(String::new(), |(name, _)| name.to_owned()))
        })
        .collect()
}
