//! Impact on the customer's business, however calmly told.

use domain::analysis::{Label, Severity, round3};

use crate::reading::{EVIDENCE, Reading, Voice};
use crate::rules::{Cue, Hit};

const CRITICAL: &[Cue] = &[
    Cue::Safety,
    Cue::Medical,
    Cue::Breach,
    Cue::DataLoss,
    Cue::Stranded,
    Cue::ManyHit,
    Cue::LegalMatter,
];
const HIGH: &[Cue] = &[Cue::Blocked, Cue::Outage, Cue::MoneyLost, Cue::TripLost];
const MEDIUM: &[Cue] = &[Cue::Problem, Cue::NotSolved];

/// Weights of the signs of one level join as `1 - Π(1 - weight)`.
fn joined<'a>(hits: impl Iterator<Item = &'a Hit>) -> f64 {
    1.0 - hits.map(|hit| 1.0 - 0.8 * hit.weight.min(1.0)).product::<f64>()
}

/// Low to critical, by the gravest thing that the customer reports.
pub(crate) fn severity(reading: &Reading) -> Label<Severity> {
    let critical = joined(reading.customer_means(CRITICAL));
    let high = joined(reading.customer_means(HIGH));
    let long = joined(reading.customer_means(&[Cue::Long]));
    let problem = joined(reading.customer_means(MEDIUM));
    let many = joined(reading.customer_means(&[Cue::ManyHit]));
    let out = joined(reading.customer_means(&[Cue::Outage]));
    let (label, strength, cues) = if critical >= 0.7 || (many > 0.0 && out > 0.0) {
        (Severity::Critical, critical.max(many), CRITICAL)
    } else if high >= 0.75 || (high >= 0.4 && long >= 0.7) {
        (Severity::High, high, HIGH)
    } else if problem.max(high) >= 0.3 {
        (Severity::Medium, problem.max(high), MEDIUM)
    } else {
        (Severity::Low, 1.0 - problem, &[][..])
    };
    let mut evidence = reading.evidence(reading.customer_means(cues), EVIDENCE);
    if evidence.is_empty() {
        evidence = reading.evidence(reading.customer_means(HIGH), EVIDENCE);
    }
    if evidence.is_empty() {
        let first = reading.sentences.iter().find(|sentence| sentence.voice == Voice::Customer);
        evidence.extend(first.and_then(|sentence| reading.span(sentence)));
    }
    Label { label, confidence: round3(0.4 + 0.5 * strength.clamp(0.0, 1.0)), evidence }
}
