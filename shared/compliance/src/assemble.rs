//! Findings of many conversations into one document, and the document into the bytes that are filed.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use domain::analysis::{Severity, round3};
use domain::audits::document::{
    Change, CheckChange, CheckScore, Counts, Document, EXTREMES, FORMAT, GroupScore, Judged, Scope, Verdict,
};
use domain::audits::rubric::Rubric;
use sha2::{Digest, Sha256};

/// What a document says besides its findings.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// The audit.
    pub audit_id: String,
    /// The tenant.
    pub tenant: String,
    /// When it was asked for, RFC 3339.
    pub requested_at: String,
    /// What it is about.
    pub scope: Scope,
    /// The rubric.
    pub rubric: Rubric,
    /// Conversations by what became of them; `audited` is counted here.
    pub conversations: Counts,
    /// The earlier audit to compare with; its findings are not looked at.
    pub previous: Option<Document>,
}

/// 100 × kept ÷ weighed, at three decimals; `None` when nothing was weighed.
pub(crate) fn score(kept: f64, weighed: f64) -> Option<f64> {
    (weighed > 0.0).then(|| round3(kept / weighed * 100.0))
}

#[derive(Default)]
struct Tally {
    conversations: u32,
    passed: u32,
    failed: u32,
    critical: u32,
    kept: f64,
    weighed: f64,
}

impl Tally {
    fn add(&mut self, verdict: Verdict, weight: f64, severity: Severity) {
        self.weighed += weight;
        if verdict == Verdict::Pass {
            self.passed += 1;
            self.kept += weight;
        } else {
            self.failed += 1;
            self.critical += u32::from(severity == Severity::Critical);
        }
    }

    fn score(self, id: Option<String>) -> GroupScore {
        let Self { conversations, passed, failed, critical, kept, weighed } = self;
        GroupScore { id, conversations, passed, failed, critical, score: score(kept, weighed) }
    }
}

type Groups = BTreeMap<Option<String>, Tally>;

fn finished(groups: Groups) -> Vec<GroupScore> {
    groups.into_iter().filter(|(_, tally)| tally.passed + tally.failed > 0).map(|(id, tally)| tally.score(id)).collect()
}

/// Gathers findings, which may come in any order, into a document.
pub fn assemble(header: Header, masked: bool, mut findings: Vec<Judged>) -> Document {
    findings.sort_by(|a, b| a.conversation_uid.cmp(&b.conversation_uid));
    let Header { audit_id, tenant, requested_at, scope, rubric, mut conversations, previous } = header;
    conversations.audited = count(findings.len());
    let of_check: BTreeMap<&str, (usize, f64, Severity)> = rubric
        .checks
        .iter()
        .enumerate()
        .map(|(index, check)| (check.name.as_str(), (index, check.weight, check.severity)))
        .collect();
    let mut checks: Vec<CheckScore> = rubric
        .checks
        .iter()
        .map(|check| CheckScore {
            check: check.name.clone(),
            title: check.title.clone(),
            severity: check.severity,
            weight: check.weight,
            passed: 0,
            failed: 0,
            not_applicable: 0,
            score: None,
        })
        .collect();
    let (mut agents, mut teams, mut channels, mut all) =
        (Groups::new(), Groups::new(), Groups::new(), Tally::default());
    for judged in &findings {
        let mut seen: Vec<Option<&String>> = Vec::new();
        for finding in &judged.findings {
            let Some((index, weight, severity)) = of_check.get(finding.check.as_str()) else { continue };
            if let Some(check) = checks.get_mut(*index) {
                match finding.verdict {
                    Verdict::Pass => check.passed += 1,
                    Verdict::Fail => check.failed += 1,
                    Verdict::NotApplicable => {}
                }
            }
            let agent = agents.entry(finding.agent_id.clone()).or_default();
            agent.add(finding.verdict, *weight, *severity);
            if !seen.contains(&finding.agent_id.as_ref()) {
                agent.conversations += 1;
                seen.push(finding.agent_id.as_ref());
            }
            for (groups, id) in [(&mut teams, &judged.team_id), (&mut channels, &judged.channel_type)] {
                groups.entry(id.clone()).or_default().add(finding.verdict, *weight, *severity);
            }
            all.add(finding.verdict, *weight, *severity);
        }
        if !judged.findings.is_empty() {
            for (groups, id) in [(&mut teams, &judged.team_id), (&mut channels, &judged.channel_type)] {
                groups.entry(id.clone()).or_default().conversations += 1;
            }
        }
        for passed in &judged.not_applicable {
            let index = of_check.get(passed.check.as_str()).map(|(index, ..)| *index);
            if let Some(check) = index.and_then(|index| checks.get_mut(index)) {
                check.not_applicable += 1;
            }
        }
    }
    for check in &mut checks {
        check.score = score(f64::from(check.passed), f64::from(check.passed + check.failed));
    }
    let total = all.score(None).score;
    let change = previous.map(|previous| change(&previous, total, &checks));
    let (worst, best) =
        extremes(&findings, |check| of_check.get(check).is_some_and(|(.., severity)| *severity == Severity::Critical));
    Document {
        format: FORMAT.to_owned(),
        audit_id,
        tenant,
        requested_at,
        scope,
        masked,
        engine: format!("compliance {}", crate::VERSION),
        rubric,
        conversations,
        score: total,
        checks,
        agents: finished(agents),
        teams: finished(teams),
        channels: finished(channels),
        change,
        worst,
        best,
        erased: 0,
        findings,
    }
}

fn change(previous: &Document, total: Option<f64>, checks: &[CheckScore]) -> Change {
    let difference = |now: Option<f64>, before: Option<f64>| now.zip(before).map(|(now, before)| round3(now - before));
    Change {
        audit_id: previous.audit_id.clone(),
        rubric_version: previous.rubric.version,
        score_before: previous.score,
        difference: difference(total, previous.score),
        checks: checks
            .iter()
            .filter_map(|check| {
                let before = previous.checks.iter().find(|before| before.check == check.check)?;
                let difference = difference(check.score, before.score);
                Some(CheckChange { check: check.check.clone(), score_before: before.score, difference })
            })
            .collect(),
    }
}

/// The ten worst (with a failure) and the ten best (without one).
fn extremes(findings: &[Judged], is_critical: impl Fn(&str) -> bool) -> (Vec<Judged>, Vec<Judged>) {
    let fails = |judged: &Judged| judged.findings.iter().filter(|finding| finding.verdict == Verdict::Fail).count();
    let critical = |judged: &Judged| {
        judged.findings.iter().filter(|finding| finding.verdict == Verdict::Fail && is_critical(&finding.check)).count()
    };
    let by_score = |a: &Judged, b: &Judged| a.score.partial_cmp(&b.score).unwrap_or(Ordering::Equal);
    let mut worst: Vec<&Judged> = findings.iter().filter(|judged| fails(judged) > 0).collect();
    worst.sort_by(|a, b| {
        critical(b)
            .cmp(&critical(a))
            .then(by_score(a, b))
            .then(fails(b).cmp(&fails(a)))
            .then(a.conversation_uid.cmp(&b.conversation_uid))
    });
    let mut best: Vec<&Judged> =
        findings.iter().filter(|judged| judged.score.is_some() && fails(judged) == 0).collect();
    best.sort_by(|a, b| {
        by_score(b, a).then(b.findings.len().cmp(&a.findings.len())).then(a.conversation_uid.cmp(&b.conversation_uid))
    });
    let first = |list: Vec<&Judged>| list.into_iter().take(EXTREMES).cloned().collect();
    (first(worst), first(best))
}

/// The bytes of a document that are filed.
#[derive(Clone, PartialEq, Eq)]
pub struct Canonical {
    /// JSON: fields in the order of their declaration, no white space.
    pub bytes: Vec<u8>,
    /// SHA-256 of the bytes, in hexadecimal.
    pub sha256: String,
    /// Length of what stands before the entries of `findings`: this much and `]}` is the document without them.
    pub head: u64,
}

impl std::fmt::Debug for Canonical {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Canonical({} bytes)", self.bytes.len())
    }
}

/// Writes a document canonically.
pub fn canonical(document: &Document) -> Result<Canonical, serde_json::Error> {
    let bytes = serde_json::to_vec(document)?;
    let findings = serde_json::to_vec(&document.findings)?;
    // The document ends in the list and a brace.
    let head = bytes.len().saturating_sub(findings.len());
    Ok(Canonical { sha256: sha256(&bytes), head: count64(head), bytes })
}

/// The document without its findings, from the first bytes of a canonical one ([`Canonical::head`]).
pub fn head(bytes: &[u8]) -> Result<Document, serde_json::Error> {
    serde_json::from_slice(&[bytes, b"]}"].concat())
}

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _written = write!(text, "{byte:02x}");
        text
    })
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn count64(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "assemble_tests.rs"]
mod tests;
