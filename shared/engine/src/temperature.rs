//! Emotional intensity of the customer at its peak.

use domain::analysis::{Label, Temperature, round3};

use crate::feelings::Feeling;
use crate::numbers::{logistic, number};
use crate::reading::{EVIDENCE, Reading, Sentence, Voice};
use crate::rules::{Cue, Hit};
use crate::words::EXCLAMATION;

/// What moves a message: heat and mild displeasure, each a sum of weights.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Heat {
    pub(crate) anger: f64,
    pub(crate) displeasure: f64,
    pub(crate) warmth: f64,
}

/// At this much anger in one message the customer is hot.
const HOT: f64 = 0.95;
/// At this much over the conversation too.
const HOT_IN_ALL: f64 = 1.7;
/// At this much displeasure or warmth the customer is warm.
const WARM: f64 = 0.5;
/// What a customer does in anger, and how much of it each shows.
const DEEDS: &[(Cue, f64)] = &[
    (Cue::Cancellation, 0.4),
    (Cue::Shaming, 0.4),
    (Cue::LegalThreat, 0.4),
    (Cue::TrustLost, 0.25),
    (Cue::Complaint, 0.2),
    (Cue::ManagerRequest, 0.2),
    (Cue::Blame, 0.6),
];

/// The heat of each customer message, beside its index.
pub(crate) fn heats(reading: &Reading) -> Vec<(usize, Heat)> {
    reading
        .by_customer()
        .map(|(message, _)| {
            let mut heat = Heat::default();
            for sentence in reading.sentences_of(message) {
                let here = of_sentence(reading, sentence);
                heat.anger += here.anger;
                heat.displeasure = heat.displeasure.max(here.displeasure);
                heat.warmth = heat.warmth.max(here.warmth);
            }
            (message, heat)
        })
        .collect()
}

fn of_sentence(reading: &Reading, sentence: &Sentence) -> Heat {
    let hits = reading.hits_of(sentence);
    let heaviest = |cue: Cue| heaviest(hits, cue);
    let (anger, frustration, joy) = (heaviest(Cue::Anger), heaviest(Cue::Frustration), heaviest(Cue::Joy));
    let complains =
        hits.iter().any(|hit| matches!(hit.cue, Cue::Problem | Cue::NotSolved | Cue::Repeat | Cue::Shaming));
    let mockery = if complains { 0.6 * heaviest(Cue::Sarcasm) } else { 0.2 * heaviest(Cue::Sarcasm) };
    let words = reading.words_of(sentence);
    let exclamations = number(words.iter().filter(|word| word.id == EXCLAMATION).count()).min(3.0);
    let shouted = number(words.iter().filter(|word| word.shouted).count());
    let deeds: f64 = DEEDS.iter().map(|(cue, share)| share * heaviest(*cue)).sum();
    let displeased = anger + frustration > 0.2 || complains || deeds > 0.0;
    let loud = if displeased { 0.15 * exclamations + 0.1 * (shouted - 1.0).clamp(0.0, 5.0) } else { 0.0 };
    Heat {
        anger: anger + mockery + loud + deeds,
        displeasure: frustration.max(deeds),
        warmth: joy.max(0.35 * heaviest(Cue::Thanks)) + 0.15 * exclamations,
    }
}

fn heaviest(hits: &[Hit], cue: Cue) -> f64 {
    hits.iter().filter(|hit| hit.cue == cue && hit.is_meant()).map(|hit| hit.weight).fold(0.0, f64::max)
}

/// Anger as a share of what makes hot: 1 and more is hot.
pub(crate) fn heat(heats: &[(usize, Heat)]) -> f64 {
    let peak = heats.iter().map(|(_, heat)| heat.anger).fold(0.0, f64::max);
    let in_all: f64 = heats.iter().map(|(_, heat)| heat.anger).sum();
    (peak / HOT).max(in_all / HOT_IN_ALL)
}

/// Hot, warm or cold.
pub(crate) fn temperature(reading: &Reading, heats: &[(usize, Heat)], feelings: &[Feeling]) -> Label<Temperature> {
    let peak = |of: fn(&Heat) -> f64| heats.iter().map(|(_, heat)| of(heat)).fold(0.0, f64::max);
    let anger = peak(|heat| heat.anger);
    let moved = peak(|heat| heat.displeasure.max(heat.warmth)).max(anger);
    let negative = feelings.iter().map(|feeling| feeling.negative).fold(0.0, f64::max);
    let heat = heat(heats);
    let why: f64 = reading.customer_means(&[Cue::Frustration]).map(|hit| hit.weight).sum();
    let thanked: f64 = reading.customer_means(&[Cue::Thanks, Cue::Joy]).map(|hit| hit.weight).sum();
    let mild = (why / 1.0).max(thanked / 2.4);
    let stir = (moved / WARM).max(negative / 0.85).max(mild);
    let (label, distance) = if heat >= 1.0 {
        (Temperature::Hot, heat - 1.0)
    } else if stir >= 1.0 {
        (Temperature::Warm, (stir - 1.0).min(1.0 - heat))
    } else {
        (Temperature::Cold, 1.0 - stir)
    };
    let cues: &[Cue] = match label {
        Temperature::Hot => &[Cue::Anger, Cue::Sarcasm, Cue::Blame],
        Temperature::Warm => &[Cue::Anger, Cue::Frustration, Cue::Joy, Cue::Thanks],
        Temperature::Cold => &[],
    };
    let mut hits: Vec<&Hit> = reading.customer_means(cues).collect();
    hits.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.first.cmp(&b.first)));
    let mut evidence = reading.evidence(hits.into_iter(), EVIDENCE);
    if evidence.is_empty() {
        let first = reading.sentences.iter().find(|sentence| sentence.voice == Voice::Customer);
        evidence.extend(first.and_then(|sentence| reading.span(sentence)));
    }
    Label { label, confidence: round3(logistic(0.4 + 2.0 * distance.min(2.0))), evidence }
}
