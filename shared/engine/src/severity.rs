//! Impact on the customer's business, however calmly told.

use domain::analysis::{Label, Severity, round3};

use crate::reading::{EVIDENCE, Reading, Voice};
use crate::rules::{Cue, Hit};

const CRITICAL: &[Cue] =
    &[Cue::Safety, Cue::Medical, Cue::Breach, Cue::DataLoss, Cue::Stranded, Cue::ManyHit, Cue::LegalMatter];
const HIGH: &[Cue] = &[Cue::Blocked, Cue::Outage, Cue::MoneyLost, Cue::TripLost];
const MEDIUM: &[Cue] = &[Cue::Problem, Cue::NotSolved];

/// Weights of the signs of one level join as `1 - Π(1 - weight)`.
fn joined<'a>(hits: impl Iterator<Item = &'a Hit>) -> f64 {
    1.0 - hits.map(|hit| 1.0 - 0.8 * hit.weight.min(1.0)).product::<f64>()
}

/// How often the customer says that it lasts or comes back, from which a fault is a repeated failure.
const REPEATED: usize = 5;

/// Low to critical, by the gravest thing that the customer reports.
pub(crate) fn severity(reading: &Reading) -> Label<Severity> {
    let of = |cues: &[Cue]| joined(reading.customer_means(cues));
    let (critical, high, problem) = (of(CRITICAL), of(HIGH), of(MEDIUM));
    let long = of(&[Cue::Long]);
    let spread = of(&[Cue::ManyHit]) > 0.5 && of(&[Cue::Outage, Cue::Blocked]) > 0.4;
    let again = reading.customer_means(&[Cue::Repeat, Cue::Lasting]).filter(|hit| hit.weight >= 0.8).count();
    let repeated = again >= REPEATED && long >= 0.6 && problem >= 0.6;
    let (label, strength, cues) = if critical >= 0.7 || spread {
        (Severity::Critical, critical, CRITICAL)
    } else if high >= 0.6 || repeated || (high >= 0.4 && long >= 0.6) {
        (Severity::High, high.max(0.5), if high >= 0.4 { HIGH } else { &[Cue::Repeat, Cue::Long] })
    } else if problem.max(high).max(0.6 * critical) >= 0.3 {
        (Severity::Medium, problem.max(high), MEDIUM)
    } else {
        (Severity::Low, 1.0 - problem, &[][..])
    };
    let mut evidence = reading.evidence(reading.customer_means(cues), EVIDENCE);
    for fallback in [HIGH, CRITICAL] {
        if evidence.is_empty() && label > Severity::Low {
            evidence = reading.evidence(reading.customer_means(fallback), EVIDENCE);
        }
    }
    if evidence.is_empty() {
        let first = reading.sentences.iter().find(|sentence| sentence.voice == Voice::Customer);
        evidence.extend(first.and_then(|sentence| reading.span(sentence)));
    }
    Label { label, confidence: round3(0.4 + 0.5 * strength.clamp(0.0, 1.0)), evidence }
}
