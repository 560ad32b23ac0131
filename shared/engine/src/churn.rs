//! How likely the customer is to leave: signs with weights, joined as `1 - Π(1 - weight)`.

use domain::analysis::{ChurnLevel, ChurnRisk, ChurnSignal, ChurnSignalKind, ResolutionState, Severity, Span, round3};

use crate::reading::{EVIDENCE, Reading};
use crate::rules::{Cue, Hit};

/// Sign, cue, weight of a full-weight pattern.
const SIGNS: &[(ChurnSignalKind, Cue, f64)] = &[
    (ChurnSignalKind::CancellationIntent, Cue::Cancellation, 0.6),
    (ChurnSignalKind::CompetitorNamed, Cue::Competitor, 0.45),
    (ChurnSignalKind::LegalThreat, Cue::LegalThreat, 0.15),
    (ChurnSignalKind::TrustLost, Cue::TrustLost, 0.15),
    (ChurnSignalKind::RefundDemand, Cue::RefundDemand, 0.08),
    (ChurnSignalKind::PriceObjection, Cue::PriceObjection, 0.12),
    (ChurnSignalKind::RepeatedContact, Cue::Repeat, 0.05),
];
/// A severe matter without an end.
const UNRESOLVED_SEVERE: f64 = 0.08;

/// The risk and its signs. `rivals` are the spans at which the customer names a competitor of the tenant.
pub(crate) fn churn(
    reading: &Reading,
    rivals: &[Span],
    severity: (Severity, &[Span]),
    state: Option<ResolutionState>,
) -> ChurnRisk {
    let mut signals = Vec::new();
    for (kind, cue, weight) in SIGNS {
        let mut hits: Vec<&Hit> = reading.customer_means(std::slice::from_ref(cue)).collect();
        hits.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.first.cmp(&b.first)));
        let heaviest = hits.first().map_or(0.0, |hit| hit.weight);
        let mut evidence = reading.evidence(hits.into_iter(), EVIDENCE);
        let mut heaviest = heaviest;
        if *kind == ChurnSignalKind::CompetitorNamed && !rivals.is_empty() {
            heaviest = 1.0;
            evidence = rivals.iter().take(EVIDENCE).copied().collect();
        }
        if heaviest > 0.0 {
            signals.push(ChurnSignal { kind: *kind, weight: round3(weight * heaviest), evidence });
        }
    }
    if severity.0 >= Severity::High && state != Some(ResolutionState::Resolved) {
        let evidence = severity.1.to_vec();
        signals.push(ChurnSignal { kind: ChurnSignalKind::UnresolvedSevere, weight: UNRESOLVED_SEVERE, evidence });
    }
    signals.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.kind.cmp(&b.kind)));
    let score = round3(1.0 - signals.iter().map(|signal| 1.0 - signal.weight).product::<f64>());
    ChurnRisk { score, level: level(score), signals }
}

fn level(score: f64) -> ChurnLevel {
    if score >= 0.6 {
        ChurnLevel::High
    } else if score >= 0.35 {
        ChurnLevel::Medium
    } else if score > 0.0 {
        ChurnLevel::Low
    } else {
        ChurnLevel::None
    }
}
