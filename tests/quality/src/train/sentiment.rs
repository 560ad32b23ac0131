//! Sentiment: multinomial logistic regression over hashed words, letter groups and cues, on `GoEmotions` and, for support
//! talk, on banking and assistant requests with a class by their intent.

use language::training::{DENSE, LETTER_BITS, SENTIMENT_BYTES, SentimentModel, WORD_BITS, dense, softmax};
use language::{features, tokens};

use super::quantise;
use crate::data::{Data, Missing};
use crate::random::Random;

/// What can be turned.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Passes over the data.
    pub epochs: usize,
    /// First step size of `AdaGrad`.
    pub rate: f32,
    /// Weight decay of the tables, a step.
    pub decay: f32,
    /// Weight of an example of the support sets, against 1 for `GoEmotions`.
    pub support: f32,
    /// Added to the scores of negative, neutral and positive: the prior of support talk.
    pub prior: [f32; 3],
    /// Added to the learnt weights of cues: what support talk knows and Reddit does not. (Cue, class, value).
    pub known: Vec<(usize, usize, f32)>,
}

/// The additions for a weight of trouble, of length and of saying nothing.
pub fn known(trouble: f32, length: f32, nothing: f32) -> Vec<(usize, usize, f32)> {
    vec![
        // Fault, waiting, ignored, leaving.
        (4, 0, trouble),
        (5, 0, trouble),
        (8, 0, trouble),
        (9, 0, trouble),
        // Turned praise and turned blame.
        (11, 0, 0.5),
        (11, 2, -0.5),
        (12, 0, -1.5),
        // Emoji: rare in the training text, plain to a reader.
        (16, 2, 2.0),
        (17, 0, 2.0),
        (19, 0, length),
        (22, 1, nothing),
    ]
}

impl Default for Settings {
    fn default() -> Self {
        Self { epochs: 6, rate: 0.03, decay: 1e-6, support: 4.0, prior: [0.75, 0.0, -0.5], known: known(0.6, 0.3, 0.0) }
    }
}

/// One text as the model sees it.
#[derive(Debug, Clone)]
pub struct Example {
    words: Vec<u32>,
    letters: Vec<u32>,
    dense: [f32; DENSE],
    /// Probability of negative, neutral, positive.
    target: [f32; 3],
    weight: f32,
}

fn example(text: &str, target: [f32; 3], weight: f32) -> Example {
    let tokens = tokens(text);
    let mut words = Vec::new();
    features::words(&tokens, |hash, _| words.push(place(hash, WORD_BITS)));
    let mut letters = Vec::new();
    features::letters(&tokens, |hash| letters.push(place(hash, LETTER_BITS)));
    Example { words, letters, dense: dense(&tokens), target, weight }
}

fn place(hash: u32, bits: u32) -> u32 {
    u32::try_from(features::place(hash, bits)).unwrap_or(0)
}

/// The sentiment of `GoEmotions`' labels (its README): negative, neutral, positive; none when both signs occur.
fn emotion_class(labels: &str) -> Option<usize> {
    const POSITIVE: [u8; 12] = [0, 1, 4, 5, 8, 13, 15, 17, 18, 20, 21, 23];
    const NEGATIVE: [u8; 11] = [2, 3, 9, 10, 11, 12, 14, 16, 19, 24, 25];
    let labels: Vec<u8> = labels.split(',').filter_map(|label| label.parse().ok()).collect();
    let positive = labels.iter().any(|label| POSITIVE.contains(label));
    let negative = labels.iter().any(|label| NEGATIVE.contains(label));
    match (negative, positive) {
        (true, true) => None,
        (true, false) => Some(0),
        (false, true) => Some(2),
        (false, false) => Some(1),
    }
}

fn one_hot(class: usize) -> [f32; 3] {
    let mut target = [0.0; 3];
    target[class] = 1.0;
    target
}

/// `GoEmotions` texts of a part with their class.
pub fn emotions(data: &Data, file: &str) -> Result<Vec<(String, usize)>, Missing> {
    let rows = data.tsv("goemotions", file, 2)?;
    Ok(rows.into_iter().filter_map(|row| emotion_class(&row[1]).map(|class| (row[0].clone(), class))).collect())
}

/// Banking requests whose intent is a grievance, and those that only ask.
const GRIEVANCES: [&str; 34] = [
    "balance_not_updated_after_bank_transfer",
    "balance_not_updated_after_cheque_or_cash_deposit",
    "beneficiary_not_allowed",
    "card_not_working",
    "card_payment_fee_charged",
    "card_payment_not_recognised",
    "card_payment_wrong_exchange_rate",
    "card_swallowed",
    "cash_withdrawal_charge",
    "cash_withdrawal_not_recognised",
    "compromised_card",
    "contactless_not_working",
    "declined_card_payment",
    "declined_cash_withdrawal",
    "declined_transfer",
    "direct_debit_payment_not_recognised",
    "extra_charge_on_statement",
    "failed_transfer",
    "lost_or_stolen_card",
    "lost_or_stolen_phone",
    "pending_card_payment",
    "pending_cash_withdrawal",
    "pending_top_up",
    "pending_transfer",
    "pin_blocked",
    "Refund_not_showing_up",
    "reverted_card_payment?",
    "top_up_failed",
    "top_up_reverted",
    "transaction_charged_twice",
    "transfer_fee_charged",
    "transfer_not_received_by_recipient",
    "virtual_card_not_working",
    "wrong_amount_of_cash_received",
];

/// All training examples.
pub fn examples(data: &Data, settings: &Settings) -> Result<Vec<Example>, Missing> {
    let mut found: Vec<Example> =
        emotions(data, "train.tsv.gz")?.into_iter().map(|(text, class)| example(&text, one_hot(class), 1.0)).collect();
    if settings.support > 0.0 {
        for row in data.tsv("banking77", "train.tsv.gz", 2)? {
            let target = if GRIEVANCES.contains(&row[0].as_str()) { [0.6, 0.35, 0.05] } else { [0.08, 0.87, 0.05] };
            found.push(example(&row[1], target, settings.support));
        }
        for row in data.tsv("clinc150", "train.tsv.gz", 2)? {
            let target = match row[0].as_str() {
                "thank_you" => [0.02, 0.18, 0.80],
                "damaged_card" | "card_declined" | "report_fraud" | "lost_luggage" | "report_lost_card"
                | "account_blocked" => [0.6, 0.35, 0.05],
                _ => [0.06, 0.88, 0.06],
            };
            found.push(example(&row[1], target, settings.support));
        }
    }
    Ok(found)
}

/// Weights while they are learnt.
struct Learner {
    words: Vec<[f32; 3]>,
    letters: Vec<[f32; 3]>,
    dense: Vec<[f32; 3]>,
    bias: [f32; 3],
    squares: [Vec<[f32; 3]>; 3],
}

impl Learner {
    fn new() -> Self {
        let table = |length: usize| vec![[0.0f32; 3]; length];
        Self {
            words: table(1 << WORD_BITS),
            letters: table(1 << LETTER_BITS),
            dense: table(DENSE),
            bias: [0.0; 3],
            squares: [table(1 << WORD_BITS), table(1 << LETTER_BITS), table(DENSE)],
        }
    }

    fn step(&mut self, example: &Example, rate: f32, decay: f32) {
        let word_scale = 1.0 / (example.words.len().max(1) as f32).sqrt();
        let letter_scale = 1.0 / (example.letters.len().max(1) as f32).sqrt();
        let mut logits = self.bias;
        for class in 0..3 {
            let words: f32 = example.words.iter().map(|place| self.words[*place as usize][class]).sum();
            let letters: f32 = example.letters.iter().map(|place| self.letters[*place as usize][class]).sum();
            let cues: f32 = example.dense.iter().zip(&self.dense).map(|(value, weights)| value * weights[class]).sum();
            logits[class] += words * word_scale + letters * letter_scale + cues;
        }
        let said = softmax(logits);
        for (class, (said, target)) in said.iter().zip(&example.target).enumerate() {
            let slope = (said - target) * example.weight;
            for place in &example.words {
                adagrad(
                    &mut self.words[*place as usize][class],
                    &mut self.squares[0][*place as usize][class],
                    slope * word_scale,
                    rate,
                    decay,
                );
            }
            for place in &example.letters {
                adagrad(
                    &mut self.letters[*place as usize][class],
                    &mut self.squares[1][*place as usize][class],
                    slope * letter_scale,
                    rate,
                    decay,
                );
            }
            for (index, value) in example.dense.iter().enumerate() {
                if *value != 0.0 {
                    adagrad(
                        &mut self.dense[index][class],
                        &mut self.squares[2][index][class],
                        slope * value,
                        rate * 0.3,
                        0.0,
                    );
                }
            }
            self.bias[class] -= slope * 0.002;
        }
    }
}

fn adagrad(weight: &mut f32, squares: &mut f32, slope: f32, rate: f32, decay: f32) {
    let slope = slope + decay * *weight;
    *squares += slope * slope;
    *weight -= rate * slope / (squares.sqrt() + 0.05);
}

/// Trains and gives the file that ships.
pub fn train(data: &Data, settings: &Settings) -> Result<Vec<u8>, Missing> {
    let examples = examples(data, settings)?;
    let mut learner = Learner::new();
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let mut random = Random::new(1);
    for epoch in 0..settings.epochs {
        random.shuffle(&mut order);
        let rate = settings.rate * (1.0 - epoch as f32 / settings.epochs as f32).max(0.1);
        for index in &order {
            learner.step(&examples[*index], rate, settings.decay);
        }
    }
    Ok(pack(&learner, settings))
}

fn pack(learner: &Learner, settings: &Settings) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(SENTIMENT_BYTES);
    let mut numbers = Vec::new();
    for table in [&learner.words, &learner.letters] {
        let (packed, step) = quantise(table.as_flattened(), 10_000);
        bytes.extend(packed);
        numbers.push(step);
    }
    numbers.extend(learner.bias.iter().zip(&settings.prior).map(|(bias, prior)| bias + prior));
    for class in 0..3 {
        numbers.extend(learner.dense.iter().enumerate().map(|(cue, weights)| {
            let known: f32 =
                settings.known.iter().filter(|known| (known.0, known.1) == (cue, class)).map(|known| known.2).sum();
            weights[class] + known
        }));
    }
    // Between what is best on the GoEmotions development part (0.95) and on support talk (1.2).
    numbers.extend([1.1; 3]);
    bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    bytes
}

/// Accuracy and macro-F1 of a model on texts with classes.
pub fn score(bytes: &[u8], texts: &[(String, usize)]) -> (f64, f64) {
    let Some(model) = SentimentModel::read(bytes) else { return (0.0, 0.0) };
    let pairs: Vec<(usize, usize)> = texts
        .iter()
        .map(|(text, class)| {
            let logits = model.logits(&tokens(text));
            let best = (0..3).fold(0, |best, next| if logits[next] > logits[best] { next } else { best });
            (*class, best)
        })
        .collect();
    (crate::scores::accuracy(&pairs), crate::scores::macro_f1(&pairs))
}
