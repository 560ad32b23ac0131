//! Fitting of the readable weights of satisfaction on the ratings of `uss`: logistic regression of the turns, ridge regression of the
//! dialogues, in a fixed order of additions, so that the tables come out byte for byte the same.

use domain::settings::Settings;
use engine::satisfaction::{DIALOGUE_FEATURES, RUN_FEATURES};

use crate::data::{Data, Missing};
use crate::dialogues::{CORPORA, Rated, class};

/// The corpora whose turns are scored.
const TURN_CORPORA: usize = 3;
/// Descent for the turns: rounds, step, shrinkage of the standardised weights.
const ROUNDS: u32 = 300;
const RATE: f64 = 0.3;
const DECAY: f64 = 0.0003;
/// Shrinkage of a weight of a conversation towards its prior.
const RIDGE: f64 = 2.0;
/// What the raters of bookings and film talk hardly saw is held to what support knows: feature, prior, strength.
const PRIORS: &[(&str, f64, f64)] = &[("heat", -0.3, 300.0), ("resolved", 0.25, 300.0), ("unresolved", -0.35, 300.0)];
/// How far classes of different size are evened out: 0 not at all, 1 fully.
const BALANCE: f64 = 0.5;

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
        all.extend(
            dialogues.into_iter().filter(|dialogue| dialogue.is_fitted(name)).map(|dialogue| (corpus, dialogue)),
        );
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
    let [dissatisfied, satisfied] = softmax(&samples, RUN_FEATURES.len());
    let mut out = heading(
        "Satisfaction of a run of customer messages: log-odds of dissatisfied and of satisfied against neither",
    );
    let names = std::iter::once("baseline").chain(RUN_FEATURES.iter().copied());
    for (name, (low, high)) in names.zip(dissatisfied.iter().zip(&satisfied)) {
        out.extend([format!("{name} {low:.4} {high:.4}\n")]);
    }
    out
}

/// The table `dialogues.txt`. The engine must have been built with the new `turns.txt`, whose scores are features here.
pub fn dialogues(dialogues: &[(usize, Rated)]) -> String {
    let engine = engine::Engine::new();
    let analyser = engine.analyser(&Settings::default());
    let samples: Vec<Sample> = dialogues
        .iter()
        .map(|(corpus, dialogue)| Sample {
            corpus: *corpus,
            values: analyser.satisfaction_features(&dialogue.conversation()).dialogue,
            truth: dialogue.rating(),
            weight: 1.0,
        })
        .collect();
    let (baseline, weights) = ridge(&samples);
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

/// Ridge regression of the dialogues, each weight shrunk towards its prior.
fn ridge(samples: &[Sample]) -> (f64, Vec<f64>) {
    let size = DIALOGUE_FEATURES.len() + 1;
    let mut matrix = vec![vec![0.0; size + 1]; size];
    for sample in samples {
        let row: Vec<f64> = std::iter::once(1.0).chain(sample.values.iter().copied()).collect();
        for i in 0..size {
            for j in 0..size {
                matrix[i][j] += row[i] * row[j];
            }
            matrix[i][size] += row[i] * sample.truth;
        }
    }
    for (index, (name, _)) in DIALOGUE_FEATURES.iter().enumerate() {
        let prior = PRIORS.iter().find(|(feature, _, _)| feature == name);
        let (prior, strength) = prior.map_or((0.0, RIDGE), |(_, prior, strength)| (*prior, *strength));
        matrix[index + 1][index + 1] += strength;
        matrix[index + 1][size] += strength * prior;
    }
    let solution = solve(matrix);
    (solution[0], solution[1..].to_vec())
}

/// Gauss's elimination with partial pivoting.
fn solve(mut matrix: Vec<Vec<f64>>) -> Vec<f64> {
    let size = matrix.len();
    for column in 0..size {
        let pivot = (column..size)
            .max_by(|a, b| matrix[*a][column].abs().total_cmp(&matrix[*b][column].abs()))
            .unwrap_or(column);
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

/// Multinomial logistic regression on standardised features, neutral as the reference: Nesterov's descent from zero.
fn softmax(samples: &[Sample], features: usize) -> [Vec<f64>; 2] {
    let total: f64 = samples.iter().map(|sample| sample.weight).sum();
    let moment =
        |of: &dyn Fn(&Sample) -> f64| samples.iter().map(|sample| sample.weight * of(sample)).sum::<f64>() / total;
    let means: Vec<f64> = (0..features).map(|index| moment(&|sample| sample.values[index])).collect();
    let spreads: Vec<f64> = (0..features)
        .map(|index| moment(&|sample| (sample.values[index] - means[index]).powi(2)).sqrt().max(1e-6))
        .collect();
    let rows: Vec<(Vec<f64>, i8, f64)> = samples
        .iter()
        .map(|sample| {
            let mut row = vec![1.0];
            row.extend((0..features).map(|index| (sample.values[index] - means[index]) / spreads[index]));
            (row, class(sample.truth), sample.weight / total)
        })
        .collect();
    let size = features + 1;
    let mut weights = vec![vec![0.0; size]; 2];
    let mut before = weights.clone();
    for step in 0..ROUNDS {
        let momentum = f64::from(step) / (f64::from(step) + 3.0);
        let ahead: Vec<Vec<f64>> = weights
            .iter()
            .zip(&before)
            .map(|(now, before)| now.iter().zip(before).map(|(now, before)| now + momentum * (now - before)).collect())
            .collect();
        let mut gradient = vec![vec![0.0; size]; 2];
        for (row, truth, weight) in &rows {
            let odds = [libm::exp(dot(&ahead[0], row)), libm::exp(dot(&ahead[1], row))];
            let all = 1.0 + odds[0] + odds[1];
            for (index, wanted) in [-1, 1].into_iter().enumerate() {
                let gap = weight * (f64::from(u8::from(*truth == wanted)) - odds[index] / all);
                for (sum, value) in gradient[index].iter_mut().zip(row) {
                    *sum += gap * value;
                }
            }
        }
        before = weights;
        weights = ahead
            .iter()
            .zip(&gradient)
            .map(|(now, gradient)| {
                let moved = now.iter().zip(gradient).enumerate();
                moved
                    .map(|(index, (now, gradient))| {
                        now + RATE * (gradient - if index == 0 { 0.0 } else { DECAY * now })
                    })
                    .collect()
            })
            .collect();
    }
    [0, 1].map(|index: usize| {
        let own = &weights[index];
        let plain: Vec<f64> = (0..features).map(|feature| own[feature + 1] / spreads[feature]).collect();
        let mut all = vec![own[0] - dot(&plain, &means)];
        all.extend(plain);
        all
    })
}

fn heading(title: &str) -> String {
    format!("# {title}: fitted on the ratings of uss by `cargo run -p quality --bin fit`.\n")
}

fn table(title: &str, names: &[&str], baseline: f64, weights: &[f64]) -> String {
    let mut out = format!(
        "# {title}: fitted on the ratings of uss by `cargo run -p quality --bin fit`.\nbaseline {baseline:.4}\n"
    );
    for (name, weight) in names.iter().zip(weights) {
        out.extend([format!("{name} {weight:.4}\n")]);
    }
    out
}
