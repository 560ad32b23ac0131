//! Fitting of the readable weights of satisfaction on the ratings of `uss`: weighted ridge regression, solved exactly, in a
//! fixed order of additions, so that the tables come out byte for byte the same.

use std::fmt::Write as _;

use domain::settings::Settings;
use engine::satisfaction::{DIALOGUE_FEATURES, DISSATISFIED, RUN_FEATURES, SATISFIED};

use crate::data::{Data, Missing};
use crate::dialogues::{CORPORA, Rated, class};
use crate::scores::macro_f1;

/// The corpora whose turns are scored.
const TURN_CORPORA: usize = 3;
/// Shrinkage of every weight but the baseline.
const RIDGE_TURNS: f64 = 30.0;
const RIDGE_DIALOGUES: f64 = 6.0;
/// How far classes of different size are evened out: 0 not at all, 1 fully.
const BALANCE: f64 = 0.8;

struct Sample {
    corpus: usize,
    values: Vec<f64>,
    truth: f64,
    weight: f64,
}

/// The dialogues that weights are fitted on, by corpus.
pub fn training(data: &Data) -> Result<Vec<(usize, Rated)>, Missing> {
    let mut all = Vec::new();
    for (corpus, name) in CORPORA.iter().enumerate() {
        let (_, dialogues) = data.first_json::<Rated>("uss", &[&format!("{name}.jsonl.gz")])?;
        all.extend(dialogues.into_iter().filter(|dialogue| dialogue.is_fitted(name)).map(|dialogue| (corpus, dialogue)));
    }
    Ok(all)
}

/// The table `turns.txt`.
pub fn turns(dialogues: &[(usize, Rated)]) -> String {
    let engine = engine::Engine::new();
    let analyser = engine.analyser(&Settings::default());
    let mut samples = Vec::new();
    for (corpus, dialogue) in dialogues.iter().filter(|(corpus, _)| *corpus < TURN_CORPORA) {
        let features = analyser.satisfaction_features(&dialogue.conversation());
        for (first, last, values) in features.runs {
            for index in first..=last {
                if let Some(rating) = dialogue.turn_rating(index) {
                    samples.push(Sample { corpus: *corpus, values: values.clone(), truth: rating, weight: 1.0 });
                }
            }
        }
    }
    balance(&mut samples);
    // The three classes, evenly spaced, are what is asked for; the size of the ratings beyond them is noise of few raters.
    for sample in &mut samples {
        sample.truth = 3.0 + f64::from(class(sample.truth));
    }
    let (baseline, weights) = ridge(&samples, RUN_FEATURES.len(), RIDGE_TURNS, 1);
    let said: Vec<(usize, i8, f64)> = samples
        .iter()
        .map(|sample| (sample.corpus, class(sample.truth), baseline + dot(&weights, &sample.values)))
        .collect();
    let (low, high) = cuts(&said);
    // Stretched so that the cuts lie at the two constants that the engine documents.
    let scale = (SATISFIED - DISSATISFIED) / (high - low);
    let baseline = DISSATISFIED + (baseline - low) * scale;
    let weights: Vec<f64> = weights.iter().map(|weight| weight * scale).collect();
    table("Satisfaction of a run of customer messages", RUN_FEATURES, baseline, &weights)
}

/// The table `dialogues.txt`. The engine must have been built with the new `turns.txt`, whose scores are features here.
pub fn dialogues(dialogues: &[(usize, Rated)]) -> String {
    let engine = engine::Engine::new();
    let analyser = engine.analyser(&Settings::default());
    let counts: Vec<f64> = (0..CORPORA.len())
        .map(|corpus| dialogues.iter().filter(|(other, _)| *other == corpus).count() as f64)
        .collect();
    let samples: Vec<Sample> = dialogues
        .iter()
        .map(|(corpus, dialogue)| Sample {
            corpus: *corpus,
            values: analyser.satisfaction_features(&dialogue.conversation()).dialogue,
            truth: dialogue.rating(),
            weight: 500.0 / counts[*corpus],
        })
        .collect();
    let (baseline, weights) = ridge(&samples, DIALOGUE_FEATURES.len(), RIDGE_DIALOGUES, CORPORA.len());
    let names: Vec<&str> = DIALOGUE_FEATURES.iter().map(|(name, _)| *name).collect();
    table("pCSAT of a conversation", &names, baseline, &weights)
}

/// The table `unhappy.txt`: logistic regression of "rated below 2.75" on pCSAT, by Newton's method.
pub fn unhappy(dialogues: &[(usize, Rated)]) -> String {
    let engine = engine::Engine::new();
    let analyser = engine.analyser(&Settings::default());
    let samples: Vec<(f64, f64)> = dialogues
        .iter()
        .filter_map(|(_, dialogue)| {
            let score = analyser.analyse(&dialogue.conversation()).pcsat?.score;
            Some((score, f64::from(u8::from(dialogue.rating() < 2.75))))
        })
        .collect();
    let (mut baseline, mut slope) = (0.0, 0.0);
    for _ in 0..30 {
        let (mut g0, mut g1, mut h00, mut h01, mut h11) = (0.0, 0.0, 1e-6, 0.0, 1e-6);
        for (score, truth) in &samples {
            let said = 1.0 / (1.0 + libm::exp(-(baseline + slope * score)));
            let (gap, spread) = (truth - said, said * (1.0 - said));
            g0 += gap;
            g1 += gap * score;
            h00 += spread;
            h01 += spread * score;
            h11 += spread * score * score;
        }
        let determinant = h00 * h11 - h01 * h01;
        baseline += (h11 * g0 - h01 * g1) / determinant;
        slope += (h00 * g1 - h01 * g0) / determinant;
    }
    table("Probability of an unhappy conversation by pCSAT", &["pcsat"], baseline, &[slope])
}

/// Classes of every corpus are evened out to the degree [`BALANCE`].
fn balance(samples: &mut [Sample]) {
    let key = |sample: &Sample| (sample.corpus, class(sample.truth));
    let keys: Vec<_> = samples.iter().map(key).collect();
    let count = |wanted: (usize, i8)| keys.iter().filter(|key| **key == wanted).count() as f64;
    let mut counts = std::collections::BTreeMap::new();
    for key in &keys {
        counts.entry(*key).or_insert_with(|| count(*key));
    }
    for (sample, key) in samples.iter_mut().zip(&keys) {
        sample.weight = libm::pow(1000.0 / counts[key], BALANCE);
    }
}

fn dot(weights: &[f64], values: &[f64]) -> f64 {
    weights.iter().zip(values).map(|(weight, value)| weight * value).sum()
}

/// Weighted ridge regression. With several `groups` each has its own baseline while fitting; their mean is given.
fn ridge(samples: &[Sample], features: usize, penalty: f64, groups: usize) -> (f64, Vec<f64>) {
    let size = groups + features;
    let mut matrix = vec![vec![0.0; size + 1]; size];
    for sample in samples {
        let mut row = vec![0.0; size];
        row[if groups == 1 { 0 } else { sample.corpus }] = 1.0;
        row[groups..].copy_from_slice(&sample.values);
        for i in 0..size {
            let scaled = row[i] * sample.weight;
            if scaled != 0.0 {
                for j in 0..size {
                    matrix[i][j] += scaled * row[j];
                }
                matrix[i][size] += scaled * sample.truth;
            }
        }
    }
    for (index, row) in matrix.iter_mut().enumerate() {
        row[index] += if index < groups { 1e-9 } else { penalty };
    }
    let solution = solve(matrix);
    let (baselines, weights) = solution.split_at(groups);
    (crate::scores::mean(baselines), weights.to_vec())
}

/// Gauss's elimination with partial pivoting.
fn solve(mut matrix: Vec<Vec<f64>>) -> Vec<f64> {
    let size = matrix.len();
    for column in 0..size {
        let pivot = (column..size).max_by(|a, b| matrix[*a][column].abs().total_cmp(&matrix[*b][column].abs())).unwrap_or(column);
        matrix.swap(column, pivot);
        let pivot_row = matrix[column].clone();
        for row in matrix.iter_mut().skip(column + 1) {
            let factor = row[column] / pivot_row[column];
            for (value, pivot_value) in row.iter_mut().zip(&pivot_row).skip(column) {
                *value -= factor * pivot_value;
            }
        }
    }
    let mut solution = vec![0.0; size];
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size).map(|column| matrix[row][column] * solution[column]).sum();
        solution[row] = (matrix[row][size] - known) / matrix[row][row];
    }
    solution
}

/// The two cuts with the best mean macro-F1 over the corpora, on a grid.
fn cuts(said: &[(usize, i8, f64)]) -> (f64, f64) {
    let mut best = (0.0, 2.8, 3.2);
    for low in 0..50 {
        for high in 0..50 {
            let (low, high) = (2.5 + f64::from(low) * 0.02, 2.8 + f64::from(high) * 0.02);
            if high <= low + 0.05 {
                continue;
            }
            let of_corpus = |corpus: usize| {
                let pairs: Vec<(i8, i8)> = said
                    .iter()
                    .filter(|(other, _, _)| *other == corpus)
                    .map(|(_, truth, score)| (*truth, i8::from(*score > high) - i8::from(*score < low)))
                    .collect();
                macro_f1(&pairs)
            };
            let mean: f64 = (0..TURN_CORPORA).map(of_corpus).sum::<f64>() / TURN_CORPORA as f64;
            if mean > best.0 + 1e-9 {
                best = (mean, low, high);
            }
        }
    }
    (best.1, best.2)
}

fn table(title: &str, names: &[&str], baseline: f64, weights: &[f64]) -> String {
    let mut out = format!("# {title}: fitted on the ratings of uss by `cargo run -p quality --bin fit`.\nbaseline {baseline:.4}\n");
    for (name, weight) in names.iter().zip(weights) {
        let _ = writeln!(out, "{name} {weight:.4}");
    }
    out
}
