//! What did not work, what is wished for, what could be sold, what was volunteered.

use domain::analysis::{Finding, GrowthKind, GrowthOpportunity, InformationShare, Span, round3};

use crate::reading::{EVIDENCE, Reading};
use crate::rules::{Cue, Hit};

const FRICTION: &[(Cue, &str)] = &[
    (Cue::FrictionBilling, "billing"),
    (Cue::FrictionConfusing, "confusing"),
    (Cue::FrictionDelay, "delay"),
    (Cue::FrictionDelivery, "delivery"),
    (Cue::FrictionFault, "fault"),
    (Cue::FrictionLogin, "login"),
    (Cue::FrictionMissing, "missing"),
    (Cue::FrictionNoReply, "no_reply"),
    (Cue::FrictionOutage, "outage"),
    (Cue::FrictionPrice, "price"),
    (Cue::FrictionQuality, "quality"),
    (Cue::FrictionRefund, "refund"),
    (Cue::FrictionSlow, "slow"),
    (Cue::FrictionStaff, "staff"),
    (Cue::FrictionUnavailable, "unavailable"),
];

const WISHES: &[(Cue, &str)] = &[
    (Cue::WishAdd, "addition"),
    (Cue::WishChange, "change"),
    (Cue::WishRestore, "restoration"),
    (Cue::WishStock, "availability"),
];

const GROWTH: &[(Cue, GrowthKind)] = &[
    (Cue::GrowExpansion, GrowthKind::Expansion),
    (Cue::GrowUpgrade, GrowthKind::Upgrade),
    (Cue::GrowAddOn, GrowthKind::AddOn),
    (Cue::GrowNewUse, GrowthKind::NewUse),
];

const SHARES: &[(Cue, &str)] = &[
    (Cue::ShareTip, "tip"),
    (Cue::ShareLink, "link"),
    (Cue::ShareWarning, "warning"),
    (Cue::ShareNextStep, "next_step"),
    (Cue::ShareAlternative, "alternative"),
];

/// What did not work for the customer.
pub(crate) fn friction(reading: &Reading) -> Vec<Finding> {
    found(reading, FRICTION, 0.6)
}

/// What the customer wishes for.
pub(crate) fn wishes(reading: &Reading) -> Vec<Finding> {
    found(reading, WISHES, 0.65)
}

fn found(reading: &Reading, table: &[(Cue, &str)], least: f64) -> Vec<Finding> {
    let mut findings: Vec<Finding> = table
        .iter()
        .filter_map(|(cue, kind)| {
            let hits: Vec<&Hit> = reading.customer_means(std::slice::from_ref(cue)).collect();
            let strength = hits.iter().map(|hit| hit.weight).fold(0.0, f64::max);
            if strength < least {
                return None;
            }
            let confidence = round3((0.5 * strength + 0.1 * crate::numbers::number(hits.len())).min(0.95));
            Some(Finding {
                kind: (*kind).to_owned(),
                confidence,
                evidence: reading.evidence(hits.into_iter(), EVIDENCE),
            })
        })
        .collect();
    findings.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then_with(|| a.kind.cmp(&b.kind)));
    findings
}

/// Openings to sell more; `offers` are the tenant's offers that the customer speaks of, with where.
pub(crate) fn growth(reading: &Reading, offers: &[(String, Vec<Span>)]) -> Vec<GrowthOpportunity> {
    let mut found: Vec<GrowthOpportunity> = GROWTH
        .iter()
        .filter_map(|(cue, kind)| {
            let hits: Vec<&Hit> =
                reading.customer_means(std::slice::from_ref(cue)).filter(|hit| hit.weight >= 0.7).collect();
            let evidence = reading.evidence(hits.into_iter(), EVIDENCE);
            (!evidence.is_empty()).then_some(GrowthOpportunity { kind: *kind, offer: None, evidence })
        })
        .collect();
    for (offer, spans) in offers {
        match found.iter_mut().find(|opportunity| opportunity.offer.is_none()) {
            Some(opportunity) => opportunity.offer = Some(offer.clone()),
            None => found.push(GrowthOpportunity {
                kind: GrowthKind::AddOn,
                offer: Some(offer.clone()),
                evidence: spans.clone(),
            }),
        }
    }
    if found.is_empty() {
        let evidence = reading.evidence(reading.replies_mean(&[Cue::Offers]).filter(|hit| hit.weight >= 0.9), 1);
        if !evidence.is_empty() {
            found.push(GrowthOpportunity { kind: GrowthKind::Upgrade, offer: None, evidence });
        }
    }
    found
}

/// Help that was volunteered: a sentence of a reply with enough signs of it, and not itself a question.
pub(crate) fn shares(reading: &Reading, author_of: impl Fn(usize) -> Option<String>) -> Vec<InformationShare> {
    let mut shares: Vec<InformationShare> = Vec::new();
    for sentence in reading.sentences.iter().filter(|sentence| sentence.voice.answers()) {
        let hits = reading.hits_of(sentence);
        let mut best: Option<(&str, f64)> = None;
        let mut sum = 0.0;
        for (cue, kind) in SHARES {
            let weight =
                hits.iter().filter(|hit| hit.cue == *cue && hit.is_meant()).map(|hit| hit.weight).fold(0.0, f64::max);
            sum += weight;
            if weight > best.map_or(0.0, |(_, weight)| weight) {
                best = Some((*kind, weight));
            }
        }
        let moves_away = hits.iter().any(|hit| match hit.cue {
            Cue::PrivateChannel | Cue::AsksDetails => hit.weight >= 1.0,
            Cue::HelpElsewhere => best.is_some_and(|(_, weight)| weight < 0.9),
            _ => false,
        });
        let Some((kind, _)) =
            best.filter(|(_, weight)| sum >= 0.7 && !moves_away && (!sentence.asks || *weight >= 0.8))
        else {
            continue;
        };
        let agent_id = author_of(sentence.message);
        let evidence: Vec<Span> = reading.span(sentence).into_iter().collect();
        match shares.iter_mut().find(|share| share.agent_id == agent_id && share.kind == kind) {
            Some(share) if share.evidence.len() < EVIDENCE => share.evidence.extend(evidence),
            Some(_) => {}
            None => shares.push(InformationShare { agent_id, kind: kind.to_owned(), evidence }),
        }
    }
    shares
}
