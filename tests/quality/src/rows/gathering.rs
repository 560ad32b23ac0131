//! Row 11: conversations about one matter meet in one insight as they stream in, whatever their order.

use std::collections::BTreeMap;

use language::{Matter, Signature, are_one, place};

use crate::data::Data;
use crate::random::Random;
use crate::scores::{distinct, mean, pairwise_f1, v_measure};
use crate::table::{Measure, Row};
use crate::train::intents::is_validation;

const GOAL: &str = "insights: one matter, one insight";
const ORDERS: u64 = 5;

/// Gathers signatures in the given order as a store would; the insight of each item, after all recorded merges.
fn gather(signatures: &[Signature], order: &[usize]) -> Vec<usize> {
    let mut matters: Vec<(Matter, Signature)> = Vec::new();
    let mut home: Vec<usize> = vec![0; signatures.len()];
    // Younger insight -> older one that absorbed it.
    let mut merged: BTreeMap<usize, usize> = BTreeMap::new();
    let root = |merged: &BTreeMap<usize, usize>, mut index: usize| {
        while let Some(next) = merged.get(&index) {
            index = *next;
        }
        index
    };
    for item in order {
        let signature = &signatures[*item];
        let live: Vec<usize> = (0..matters.len()).filter(|index| !merged.contains_key(index)).collect();
        let found = place(live.iter().map(|index| &matters[*index].1), signature).map(|(at, _)| live[at]);
        let at = if let Some(at) = found {
            if matters[at].0.is_learning() {
                matters[at].0.add(signature);
                matters[at].1 = matters[at].0.centre();
            }
            at
        } else {
            matters.push((Matter::new(signature), signature.clone()));
            matters.len() - 1
        };
        home[*item] = at;
        // The centre has moved: it may have met another.
        let twin = live.iter().copied().find(|other| *other != at && are_one(&matters[*other].1, &matters[at].1));
        if let Some(twin) = twin {
            let (old, young) = (twin.min(at), twin.max(at));
            let absorbed = matters[young].0.clone();
            matters[old].0.absorb(&absorbed);
            matters[old].1 = matters[old].0.centre();
            merged.insert(young, old);
        }
    }
    home.iter().map(|index| root(&merged, *index)).collect()
}

/// V-measure and pairwise F1 for several orders.
pub fn orders(texts: &[(String, String)], of: impl Fn(&str) -> Option<Signature>) -> Vec<(f64, f64, usize)> {
    let (names, signatures): (Vec<&String>, Vec<Signature>) =
        texts.iter().filter_map(|(name, text)| Some((name, of(text)?))).unzip();
    (0..ORDERS)
        .map(|seed| {
            let mut order: Vec<usize> = (0..signatures.len()).collect();
            Random::new(seed).shuffle(&mut order);
            let homes = gather(&signatures, &order);
            let pairs: Vec<(&String, usize)> = names.iter().copied().zip(homes.iter().copied()).collect();
            (v_measure(&pairs), pairwise_f1(&pairs), distinct(&homes))
        })
        .collect()
}

/// The texts of a set: its test part, else the part that training leaves out.
pub fn texts(data: &Data, set: &str) -> Result<(String, Vec<(String, String)>), crate::data::Missing> {
    let files: &[&str] =
        if set == "clinc150" { &["test.tsv.gz", "val.tsv.gz"] } else { &["test.tsv.gz", "train.tsv.gz"] };
    let (file, rows) = data.first_tsv(set, files, 2)?;
    let keep = |text: &str| !file.starts_with("train") || is_validation(text);
    let texts = rows.into_iter().filter(|row| keep(&row[1])).map(|row| (row[0].clone(), row[1].clone())).collect();
    Ok((file, texts))
}

pub(crate) fn row(data: &Data) -> Row {
    let mut row = Row::new("11", GOAL, "banking77 and clinc150, streamed in five random orders");
    for set in ["banking77", "clinc150"] {
        let (file, texts) = match texts(data, set) {
            Ok(found) => found,
            Err(why) => {
                row.lack(set, &why);
                continue;
            }
        };
        let runs = orders(&texts, Signature::of);
        let vs: Vec<f64> = runs.iter().map(|run| run.0).collect();
        let spread = vs.iter().map(|v| (v - mean(&vs)).abs()).fold(0.0, f64::max);
        let words: Vec<f64> = orders(&texts, Signature::of_words).iter().map(|run| run.0).collect();
        let keyed: Vec<(&String, String)> = texts.iter().map(|(name, text)| (name, stem_key(text))).collect();
        row.measures.push(
            Measure::new(format!("{set}/{file} V-measure"), texts.len(), mean(&vs))
                .peer("stem-key hashing", v_measure(&keyed))
                .goals(0.60, 0.75),
        );
        row.measures.push(
            Measure::new(format!("{set}: order, largest deviation"), texts.len(), spread)
                .goals(0.02, 0.02)
                .lower_is_better(),
        );
        row.slices.push(
            Measure::new(
                format!("{set}: pairwise F1"),
                texts.len(),
                mean(&runs.iter().map(|run| run.1).collect::<Vec<_>>()),
            )
            .peer("stem-key hashing", pairwise_f1(&keyed)),
        );
        row.slices.push(Measure::new(
            format!("{set}: V-measure by words alone, without the trained embedding"),
            texts.len(),
            mean(&words),
        ));
        let truths = distinct(texts.iter().map(|(name, _)| name));
        row.notes.push(format!(
            "{set}: {truths} intents, {} insights in the first order",
            runs.first().map_or(0, |run| run.2)
        ));
    }
    row.notes.push("the texts are unseen, their intents are not: the embedding learnt to tell intents apart on other texts of the same sets; words alone show what is left on an unknown domain".into());
    row
}

/// The peer: texts with the same two longest stems are one matter.
fn stem_key(text: &str) -> String {
    let mut stems: Vec<String> = language::tokens(text)
        .iter()
        .filter(|token| token.kind == language::TokenKind::Word)
        .map(|token| language::stem(&token.norm).into_owned())
        .collect();
    stems.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
    stems.truncate(2);
    stems.join(" ")
}
