//! Rows 3, 4, 5 and 12 (its unhappy half): satisfaction of turns and dialogues, on `uss`.

use std::collections::BTreeMap;

use domain::analysis::ConversationAnalysis;
use domain::settings::Settings;
use engine::satisfaction::{DISSATISFIED, SATISFIED};
use vader_sentiment::SentimentIntensityAnalyzer;

use crate::data::{Data, Missing};
use crate::dialogues::{CORPORA, Rated, class};
use crate::scores::{accuracy, auc, calibration_error, interval, macro_f1, mean, spearman};
use crate::table::{Measure, Row};

const SET: &str = "uss";
/// A dialogue rated lower than this is an unhappy one.
const UNHAPPY: f64 = 2.75;

struct Scored {
    dialogue: Rated,
    analysis: ConversationAnalysis,
    vader: f64,
}

impl Scored {
    /// pCSAT; a dialogue that could not be judged is taken as middling.
    fn pcsat(&self) -> f64 {
        self.analysis.pcsat.as_ref().map_or(3.0, |pcsat| pcsat.score)
    }
}

/// A corpus: its name, the dialogues that no weight was fitted on, and the mean rating of the others, which is the constant.
type Corpus = (&'static str, Vec<Scored>, f64);

fn scored(data: &Data) -> Result<Vec<Corpus>, Missing> {
    let engine = engine::Engine::new();
    let analyser = engine.analyser(&Settings::default());
    let vader = SentimentIntensityAnalyzer::new();
    let compound = |text: &str| vader.polarity_scores(text).get("compound").copied().unwrap_or(0.0);
    CORPORA
        .iter()
        .map(|name| {
            let (_, all) = data.first_json::<Rated>(SET, &[&format!("{name}.jsonl.gz")])?;
            let fitted: Vec<f64> = all.iter().filter(|one| one.is_fitted(name)).map(Rated::rating).collect();
            let held_out = all.into_iter().filter(|one| !one.is_fitted(name));
            let scored = held_out
                .map(|dialogue| {
                    let customer = dialogue.turns.iter().filter(|turn| turn.0 == "customer");
                    let vader = mean(&customer.map(|turn| compound(&turn.1)).collect::<Vec<_>>());
                    Scored { analysis: analyser.analyse(&dialogue.conversation()), dialogue, vader }
                })
                .collect();
            Ok((*name, scored, if fitted.is_empty() { 3.0 } else { mean(&fitted) }))
        })
        .collect()
}

/// The class of a satisfaction score.
fn class_of(score: f64) -> i8 {
    i8::from(score > SATISFIED) - i8::from(score < DISSATISFIED)
}

/// Truth, ours and VADER's of every rated turn of a dialogue. Turns of one run share its score.
fn turns(scored: &Scored, vader: &SentimentIntensityAnalyzer<'_>) -> Vec<(i8, i8, i8)> {
    let mut runs: BTreeMap<usize, f64> = BTreeMap::new();
    for exchange in &scored.analysis.exchanges {
        for index in &exchange.customer_messages {
            runs.insert(*index as usize, exchange.satisfaction.unwrap_or(3.0));
        }
    }
    let compound = |text: &str| vader.polarity_scores(text).get("compound").copied().unwrap_or(0.0);
    (0..scored.dialogue.turns.len())
        .filter_map(|index| {
            let truth = class(scored.dialogue.turn_rating(index)?);
            let felt = compound(&scored.dialogue.turns[index].1);
            let by_vader = i8::from(felt >= 0.05) - i8::from(felt <= -0.05);
            Some((truth, class_of(runs.get(&index).copied().unwrap_or(3.0)), by_vader))
        })
        .collect()
}

/// Row 3.
pub(crate) fn turn_row(data: &Data) -> Row {
    const GOAL: &str = "turn satisfaction";
    let corpora = match scored(data) {
        Ok(found) => found,
        Err(why) => return Row::missing("3", GOAL, SET, &why),
    };
    let mut row = Row::new("3", GOAL, format!("{SET}, held-out dialogues"));
    let vader = SentimentIntensityAnalyzer::new();
    let goals = [(0.48, 0.54), (0.54, 0.60), (0.51, 0.62)];
    for ((name, scored, _), (accept, aim)) in corpora.iter().zip(goals) {
        let by_dialogue: Vec<Vec<(i8, i8, i8)>> = scored.iter().map(|one| turns(one, &vader)).collect();
        let ours = |items: &[Vec<(i8, i8, i8)>]| -> Vec<(i8, i8)> {
            items.iter().flatten().map(|(truth, said, _)| (*truth, *said)).collect()
        };
        let theirs: Vec<(i8, i8)> = by_dialogue.iter().flatten().map(|(truth, _, said)| (*truth, *said)).collect();
        let pairs = ours(&by_dialogue);
        // The accept value is a macro-F1, the aim an accuracy: each is its own measure.
        let mut f1 = Measure::new(format!("{name} macro-F1"), pairs.len(), macro_f1(&pairs))
            .within(interval(&by_dialogue, 300, 3, |sample| macro_f1(&ours(sample))))
            .peer("VADER", macro_f1(&theirs));
        f1.accept = Some(accept);
        row.measures.push(f1);
        let mut right = Measure::new(format!("{name} accuracy"), pairs.len(), accuracy(&pairs))
            .within(interval(&by_dialogue, 300, 3, |sample| accuracy(&ours(sample))))
            .peer("VADER", accuracy(&theirs));
        right.aim = Some(aim);
        row.measures.push(right);
    }
    row
}

/// Row 4.
pub(crate) fn dialogue_row(data: &Data) -> Row {
    const GOAL: &str = "pCSAT of a dialogue";
    let corpora = match scored(data) {
        Ok(found) => found,
        Err(why) => return Row::missing("4", GOAL, SET, &why),
    };
    let mut row = Row::new("4", GOAL, format!("{SET}, held-out dialogues"));
    let rank = |of: &dyn Fn(&Scored) -> f64, scored: &[Scored]| {
        let truth: Vec<f64> = scored.iter().map(|one| one.dialogue.rating()).collect();
        spearman(&scored.iter().map(of).collect::<Vec<_>>(), &truth)
    };
    let ours: Vec<f64> = corpora.iter().map(|(_, scored, _)| rank(&Scored::pcsat, scored)).collect();
    let theirs: Vec<f64> = corpora.iter().map(|(_, scored, _)| rank(&|one| one.vader, scored)).collect();
    let n = corpora.iter().map(|(_, scored, _)| scored.len()).sum();
    row.measures.push(Measure::new("mean Spearman", n, mean(&ours)).goals(0.28, 0.36).peer("VADER", mean(&theirs)));
    let off = |said: &dyn Fn(&Scored, f64) -> f64| {
        let gaps: Vec<f64> = corpora
            .iter()
            .flat_map(|(_, scored, constant)| {
                scored.iter().map(|one| (said(one, *constant) - one.dialogue.rating()).abs())
            })
            .collect();
        mean(&gaps)
    };
    let error = Measure::new("MAE", n, off(&|one, _| one.pcsat())).lower_is_better();
    row.measures.push(error.peer("constant", off(&|_, constant| constant)));
    for ((name, scored, _), (own, peer)) in corpora.iter().zip(ours.iter().zip(&theirs)) {
        row.slices.push(Measure::new(format!("{name} Spearman"), scored.len(), *own).peer("VADER", *peer));
    }
    row
}

/// Row 5.
pub(crate) fn unhappy_row(data: &Data) -> Row {
    const GOAL: &str = "unhappy dialogue";
    let corpora = match scored(data) {
        Ok(found) => found,
        Err(why) => return Row::missing("5", GOAL, SET, &why),
    };
    let mut row = Row::new("5", GOAL, format!("{SET}, held-out dialogues, pooled"));
    let pairs = |of: &dyn Fn(&Scored) -> f64| -> Vec<(bool, f64)> {
        let all = corpora.iter().flat_map(|(_, scored, _)| scored);
        all.map(|one| (one.dialogue.rating() < UNHAPPY, -of(one))).collect()
    };
    let ours = pairs(&Scored::pcsat);
    row.measures.push(
        Measure::new("AUC", ours.len(), auc(&ours))
            .within(interval(&ours, 500, 5, auc))
            .goals(0.68, 0.76)
            .peer("VADER", auc(&pairs(&|one| one.vader))),
    );
    row
}

/// Row 12, unhappy half.
pub(crate) fn calibration_row(data: &Data) -> Row {
    const GOAL: &str = "calibration of unhappy";
    let corpora = match scored(data) {
        Ok(found) => found,
        Err(why) => return Row::missing("12", GOAL, SET, &why),
    };
    let mut row = Row::new("12", GOAL, format!("{SET}, held-out dialogues, pooled"));
    let engine = engine::Engine::new();
    let analyser = engine.analyser(&Settings::default());
    let all = corpora.iter().flat_map(|(_, scored, _)| scored);
    let pairs: Vec<(bool, f64)> =
        all.map(|one| (one.dialogue.rating() < UNHAPPY, analyser.unhappy_probability(one.pcsat()))).collect();
    row.measures.push(
        Measure::new("ECE of unhappy", pairs.len(), calibration_error(&pairs))
            .goals(0.10, 0.05)
            .lower_is_better()
            .within(interval(&pairs, 500, 12, calibration_error)),
    );
    row
}
