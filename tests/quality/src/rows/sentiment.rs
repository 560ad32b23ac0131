//! Rows 1, 2 and 12 (its sentiment half): message sentiment on a support domain that no model was trained on.

use language::{Polarity, sentiment, tokens};
use vader_sentiment::SentimentIntensityAnalyzer;

use crate::data::{Data, Missing};
use crate::scores::{calibration_error, interval, macro_f1, precision_recall_f1};
use crate::table::{Measure, Row};

const SET: &str = "airline-tweets";

#[derive(serde::Deserialize)]
struct Tweet {
    text: String,
    label: String,
}

struct Scored {
    text: String,
    truth: Polarity,
    ours: Polarity,
    confidence: f64,
    vader: Polarity,
}

fn polarity(label: &str) -> Polarity {
    match label {
        "negative" => Polarity::Negative,
        "positive" => Polarity::Positive,
        _ => Polarity::Neutral,
    }
}

fn scored(data: &Data) -> Result<(String, Vec<Scored>), Missing> {
    let (file, tweets) = data.first_json::<Tweet>(SET, &["test.jsonl.gz", "public.jsonl.gz"])?;
    let vader = SentimentIntensityAnalyzer::new();
    let scored = tweets
        .into_iter()
        .map(|tweet| {
            let ours = sentiment(&tweet.text);
            let compound = vader.polarity_scores(&tweet.text).get("compound").copied().unwrap_or(0.0);
            Scored {
                truth: polarity(&tweet.label),
                ours: ours.label,
                confidence: f64::from(ours.probabilities[ours.label as usize]),
                // The thresholds of its authors.
                vader: if compound >= 0.05 {
                    Polarity::Positive
                } else if compound <= -0.05 {
                    Polarity::Negative
                } else {
                    Polarity::Neutral
                },
                text: tweet.text,
            }
        })
        .collect();
    Ok((file, scored))
}

fn ours(items: &[&Scored]) -> Vec<(Polarity, Polarity)> {
    items.iter().map(|item| (item.truth, item.ours)).collect()
}

fn vader(items: &[&Scored]) -> Vec<(Polarity, Polarity)> {
    items.iter().map(|item| (item.truth, item.vader)).collect()
}

/// Macro-F1 of three classes, with slices.
pub(crate) fn row(data: &Data) -> Row {
    const GOAL: &str = "message sentiment, support domain never trained on";
    let (file, scored) = match scored(data) {
        Ok(found) => found,
        Err(why) => return Row::missing("1", GOAL, SET, &why),
    };
    let mut row = Row::new("1", GOAL, format!("{SET}/{file}"));
    let all: Vec<&Scored> = scored.iter().collect();
    let pairs = ours(&all);
    row.measures.push(
        Measure::new("macro-F1", pairs.len(), macro_f1(&pairs))
            .within(interval(&pairs, 200, 1, macro_f1))
            .peer("vader_sentiment", macro_f1(&vader(&all)))
            .goals(0.62, 0.68),
    );
    row.notes.push(
        "peers measured apart: VADER (Python) 0.461, AFINN 0.481; a linear model trained in this domain 0.77".into(),
    );
    for (name, belongs) in SLICES {
        let part: Vec<&Scored> = scored.iter().filter(|item| belongs(&item.text)).collect();
        row.slices.push(
            Measure::new(*name, part.len(), macro_f1(&ours(&part))).peer("vader_sentiment", macro_f1(&vader(&part))),
        );
    }
    row
}

type Belongs = fn(&str) -> bool;

const SLICES: &[(&str, Belongs)] = &[
    ("up to 60 characters", |text| text.chars().count() <= 60),
    ("61–110 characters", |text| (61..=110).contains(&text.chars().count())),
    ("over 110 characters", |text| text.chars().count() > 110),
    ("two or more words in capitals", |text| {
        tokens(text).iter().filter(|token| token.shouted && token.text.len() > 2).count() >= 2
    }),
    ("with emoji or emoticon", |text| tokens(text).iter().any(|token| token.kind == language::TokenKind::Emoji)),
    ("with negation", |text| tokens(text).iter().any(|token| token.negated)),
    ("with an elongated word", |text| tokens(text).iter().any(|token| token.elongated)),
    ("likely sarcasm: praise and a complaint's words together", |text| {
        let text = text.to_lowercase();
        ["thanks for", "great job", "awesome", "way to go", "love how", "nice"]
            .iter()
            .any(|praise| text.contains(praise))
            && ["delay", "cancel", "lost", "hold", "hours", "late", "never", "fail"]
                .iter()
                .any(|fault| text.contains(fault))
    }),
];

/// F1 of the negative class.
pub(crate) fn angry(data: &Data) -> Row {
    const GOAL: &str = "angry customer";
    let (file, scored) = match scored(data) {
        Ok(found) => found,
        Err(why) => return Row::missing("2", GOAL, SET, &why),
    };
    let all: Vec<&Scored> = scored.iter().collect();
    let negative = |pairs: &[(Polarity, Polarity)]| precision_recall_f1(pairs, &Polarity::Negative).2;
    let pairs = ours(&all);
    let (precision, recall, _) = precision_recall_f1(&pairs, &Polarity::Negative);
    let mut row = Row::new("2", GOAL, format!("{SET}/{file}"));
    row.measures.push(
        Measure::new("F1 of negative", pairs.len(), negative(&pairs))
            .within(interval(&pairs, 200, 2, negative))
            .peer("vader_sentiment", negative(&vader(&all)))
            .goals(0.76, 0.80),
    );
    row.notes.push(format!("precision {precision:.3}, recall {recall:.3}"));
    row
}

/// Expected calibration error of the likeliest class.
pub(crate) fn calibration(data: &Data) -> Row {
    const GOAL: &str = "calibration of sentiment";
    let (file, scored) = match scored(data) {
        Ok(found) => found,
        Err(why) => return Row::missing("12", GOAL, SET, &why),
    };
    let pairs: Vec<(bool, f64)> = scored.iter().map(|item| (item.truth == item.ours, item.confidence)).collect();
    let mut row = Row::new("12", GOAL, format!("{SET}/{file}"));
    row.measures.push(
        Measure::new("ECE", pairs.len(), calibration_error(&pairs))
            .within(interval(&pairs, 200, 12, calibration_error))
            .goals(0.08, 0.05)
            .lower_is_better(),
    );
    row
}
