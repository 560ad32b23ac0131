//! `tenant-recommendations`: what a support lead should do next, ranked by affected volume and expected effect.
//!
//! Candidates come from friction points, badly spoken-of products, wishes, frequent simple questions, warnings, reopenings and skill
//! gaps. One is kept when it concerns at least [`LEAST`] conversations and [`LEAST_SHARE`] of all; of two that have the same subject or
//! concern nearly the same conversations (Jaccard ≥ 0.8) only the heavier one is, and names the other under `also`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::analysis::{AgentKind, Polarity, Severity, WarningKind, round3};
use crate::conversation::words;
use crate::facts::FactRow;
use crate::insights::agents::{CREATED, count};
use crate::insights::arithmetic::{Average, Rate, Sum, Top, fixed, float, merge_maps, rate};
use crate::insights::context::{Context, Skill};
use crate::insights::report::{Report, Row, Table, Uids};
use crate::settings::TagKind;

words! {
    /// What kind of action it is.
    Action {
        /// Write or improve an article.
        KnowledgeBase => "knowledge_base",
        /// Change the product.
        ProductFix => "product_fix",
        /// Train people.
        AgentTraining => "agent_training",
        /// Change how the team works.
        Process => "process",
    }
}

words! {
    /// How much it matters.
    Impact {
        /// Before others.
        High => "high",
        /// Next.
        Medium => "medium",
        /// When there is time.
        Low => "low",
    }
}

impl Impact {
    /// High from a quarter of the whole, medium from a tenth.
    pub fn of_share(share: f64) -> Self {
        if share >= 0.25 {
            Self::High
        } else if share >= 0.1 {
            Self::Medium
        } else {
            Self::Low
        }
    }
}

/// Fewest conversations that make a recommendation.
pub const LEAST: u64 = 3;
/// Smallest share of all conversations that makes one.
pub const LEAST_SHARE: f64 = 0.02;
/// Most recommendations.
pub const MOST: usize = 20;
/// Shortfall in points from which a skill counts as missed here.
const MISSED: i64 = 10_000;

/// `<prefix>_` and 26 base32 digits of the SHA-256 of the parts.
pub fn stable_id(prefix: &str, parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let digest: [u8; 32] = hash.finalize().into();
    let first = digest.first_chunk::<16>().copied().unwrap_or_default();
    format!("{prefix}_{}", ulid::Ulid::from_bytes(first))
}

/// One recommendation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct RecommendationRow {
    /// Stable: the same action about the same subject always has the same id.
    pub id: String,
    /// 1 = first.
    pub rank: u64,
    /// What kind of action it is.
    pub kind: Option<Action>,
    /// What it is about.
    pub subject: String,
    /// In one line.
    pub title: String,
    /// The figures behind it.
    pub why: String,
    /// How much it matters.
    pub priority: Option<Impact>,
    /// Conversations it concerns, of all.
    pub affected: Rate,
    /// Their predicted satisfaction.
    pub pcsat: Average,
    /// What may be expected of it.
    pub expected_effect: ExpectedEffect,
    /// Conversations it rests on: those with the lowest pCSAT.
    pub evidence: Vec<String>,
    /// Other findings about the same conversations.
    pub also: Vec<String>,
    /// All it concerns, with `include=uids`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_uids: Option<Vec<String>>,
}

impl Row for RecommendationRow {}

/// What may be expected.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct ExpectedEffect {
    /// Conversations that would not arise or go better.
    pub conversations: u64,
    /// pCSAT points between these conversations and all others; 0 when they are not worse.
    pub pcsat_gap: Option<f64>,
    /// By how much the mean pCSAT of all would rise if they were like the others.
    pub pcsat_gain: Option<f64>,
}

/// All recommendations together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct RecommendationTotals {
    /// Lines.
    pub recommendations: u64,
    /// Conversations of the period.
    pub conversations: u64,
    /// Their mean predicted satisfaction.
    pub pcsat: Average,
}

/// One candidate.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Conversations as 64-bit hashes, each once, sorted at the end: enough to compare two sets.
    set: Vec<u64>,
    pcsat: Sum,
    worst: Top,
    uids: Uids,
}

/// Everything gathered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RecommendationsAcc {
    conversations: u64,
    pcsat: Sum,
    candidates: BTreeMap<(Action, Source), BTreeMap<String, Candidate>>,
}

words! {
    /// What a candidate was found by.
    Source {
        /// A friction point.
        Friction => "friction",
        /// A product that is spoken of badly.
        Product => "product",
        /// A wish.
        Wish => "wish",
        /// A simple question that many ask.
        Question => "question",
        /// An early warning.
        Warning => "warning",
        /// A reopening.
        Reopened => "reopened",
        /// A skill that is missed.
        Skill => "skill",
    }
}

/// FNV-1a: the same on every machine.
pub fn hash(id: &str) -> u64 {
    id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Which action a friction point calls for.
fn remedy(friction: &str) -> Action {
    match friction {
        "delay" | "delivery" | "refund" | "no_reply" | "price" => Action::Process,
        "staff" => Action::AgentTraining,
        _ => Action::ProductFix,
    }
}

/// What one conversation speaks for.
pub fn candidates(row: &FactRow) -> BTreeSet<(Action, Source, &str)> {
    let mut found = BTreeSet::new();
    for code in &row.friction {
        found.insert((remedy(code), Source::Friction, code.as_str()));
    }
    let products = || row.topics.iter().filter(|(kind, ..)| *kind == TagKind::Product);
    for (_, _, name, polarity) in products() {
        if *polarity == Polarity::Negative {
            found.insert((Action::ProductFix, Source::Product, name.as_str()));
        }
    }
    for code in &row.feature_requests {
        let mut named = false;
        for (_, _, name, _) in products() {
            named = true;
            found.insert((Action::ProductFix, Source::Wish, name.as_str()));
        }
        if !named {
            found.insert((Action::ProductFix, Source::Wish, code.as_str()));
        }
    }
    let simple = row.complexity.is_some_and(|complexity| complexity < 40.0)
        && row.severity.is_none_or(|severity| severity <= Severity::Medium);
    if let Some(reason) = row.contact_reason.as_ref().filter(|_| simple) {
        found.insert((Action::KnowledgeBase, Source::Question, reason.as_str()));
    }
    for warning in &row.warnings {
        if let WarningKind::SlowReply
        | WarningKind::PromiseNotKept
        | WarningKind::Unanswered
        | WarningKind::RepeatContact = warning
        {
            found.insert((Action::Process, Source::Warning, warning.as_str()));
        }
    }
    if row.reopen_count > 0 {
        found.insert((Action::Process, Source::Reopened, "reopened"));
    }
    for facts in &row.agents {
        for (skill, (shown, required)) in Skill::ALL.iter().zip(facts.skills.into_iter().zip(facts.required)) {
            let gap = required.and_then(fixed).zip(shown.and_then(fixed)).map(|(required, shown)| required - shown);
            if gap.is_some_and(|gap| gap >= MISSED) {
                let action = match (facts.kind, skill) {
                    (AgentKind::Human, _) => Action::AgentTraining,
                    (AgentKind::Bot, Skill::DepthOfKnowledge) => Action::KnowledgeBase,
                    (AgentKind::Bot, _) => continue,
                };
                found.insert((action, Source::Skill, skill.as_str()));
            }
        }
    }
    found
}

/// The report.
#[derive(Debug)]
pub struct TenantRecommendations;

impl Report for TenantRecommendations {
    type Acc = RecommendationsAcc;
    type Row = RecommendationRow;
    type Totals = RecommendationTotals;
    const NAME: &'static str = "tenant-recommendations";
    const BASIS: &'static str = CREATED;

    fn fold(acc: &mut RecommendationsAcc, id: &str, row: &FactRow, _: bool, context: &Context) {
        acc.conversations += 1;
        acc.pcsat.add(row.pcsat);
        let hashed = hash(id);
        // Lowest pCSAT first; without one, after all that have one.
        let weight = row.pcsat.and_then(fixed).map_or(i64::MIN, |score| -score);
        for (action, source, subject) in candidates(row) {
            let subjects = acc.candidates.entry((action, source)).or_default();
            let candidate = match subjects.get_mut(subject) {
                Some(candidate) => candidate,
                None => subjects.entry(subject.to_owned()).or_default(),
            };
            candidate.set.push(hashed);
            candidate.pcsat.add(row.pcsat);
            candidate.worst.add(weight, id);
            candidate.uids.add(id, context);
        }
    }

    fn merge(into: &mut RecommendationsAcc, from: RecommendationsAcc) {
        into.conversations += from.conversations;
        into.pcsat.merge(from.pcsat);
        merge_maps(&mut into.candidates, from.candidates, |into, from| {
            merge_maps(into, from, |into, from| {
                into.set.extend(from.set);
                into.pcsat.merge(from.pcsat);
                into.worst.merge(from.worst);
                into.uids.merge(from.uids);
            });
        });
    }

    fn finish(acc: RecommendationsAcc, context: &Context) -> Table<RecommendationRow, RecommendationTotals> {
        let all = (acc.conversations, acc.pcsat);
        let subjects = acc.candidates.into_iter().flat_map(|((action, source), subjects)| {
            subjects.into_iter().map(move |(subject, candidate)| ((action, source, subject), candidate))
        });
        let mut ranked: Vec<Ranked> = subjects.filter_map(|(key, candidate)| Ranked::of(key, candidate, all)).collect();
        ranked.sort_by(|a, b| b.weight.cmp(&a.weight).then_with(|| a.key.cmp(&b.key)));
        let mut kept: Vec<(Ranked, Vec<String>)> = Vec::new();
        for next in ranked {
            let full = kept.len() >= MOST;
            match kept.iter_mut().find(|(known, _)| known.says_the_same(&next)) {
                Some((_, also)) => also.push(next.title()),
                None if full => {}
                None => kept.push((next, Vec::new())),
            }
        }
        let rows: Vec<RecommendationRow> =
            (1..).zip(kept).map(|(rank, (ranked, also))| ranked.row(rank, also, all, context)).collect();
        let totals = RecommendationTotals {
            recommendations: count(rows.len()),
            conversations: acc.conversations,
            pcsat: acc.pcsat.average(),
        };
        Table { totals, rows }
    }
}

struct Ranked {
    key: (Action, Source, String),
    candidate: Candidate,
    gap: Option<f64>,
    gain: Option<f64>,
    weight: i128,
}

impl Ranked {
    fn of(key: (Action, Source, String), mut candidate: Candidate, all: (u64, Sum)) -> Option<Self> {
        let (conversations, everybody) = all;
        let n = count(candidate.set.len());
        if n < LEAST || float(n) < LEAST_SHARE * float(conversations) {
            return None;
        }
        candidate.set.sort_unstable();
        let affected = candidate.pcsat;
        let others = everybody.n - affected.n;
        let sum = everybody.total_fixed() - affected.total_fixed();
        let mean = |sum: i128, n: u64| (n > 0).then(|| i64::try_from(sum / i128::from(n)).unwrap_or(0));
        let gap =
            mean(sum, others).zip(mean(affected.total_fixed(), affected.n)).map(|(others, own)| (others - own).max(0));
        // A tenth of a point at least: volume counts even where satisfaction does not suffer.
        let weight = i128::from(n) * i128::from(gap.unwrap_or(0).max(100));
        let gap = gap.map(|gap| float(u64::try_from(gap).unwrap_or(0)) / 1000.0);
        let gain = gap.map(|gap| round3(gap * float(affected.n) / float(everybody.n.max(1))));
        Some(Self { key, candidate, gap, gain, weight })
    }

    fn says_the_same(&self, other: &Self) -> bool {
        let ((_, _, subject), (_, _, another)) = (&self.key, &other.key);
        if normal(subject) == normal(another) {
            return true;
        }
        let common = common(&self.candidate.set, &other.candidate.set);
        let either = self.candidate.set.len() + other.candidate.set.len() - common;
        common * 10 >= either * 8
    }

    fn title(&self) -> String {
        let (action, source, subject) = &self.key;
        let subject = subject.replace('_', " ");
        match (action, source) {
            (_, Source::Product) => format!("Fix what customers dislike about {subject}"),
            (_, Source::Wish) => format!("Consider what customers wish for: {subject}"),
            (_, Source::Question) => format!("Write an article that answers: {subject}"),
            (_, Source::Reopened) => "Close only what is settled: conversations are opened again".to_owned(),
            (Action::KnowledgeBase, Source::Skill) => "Give the bot more to know".to_owned(),
            (_, Source::Skill) => format!("Train the team in {subject}"),
            (_, Source::Warning) => match subject.as_str() {
                "slow reply" => "Answer urgent matters sooner".to_owned(),
                "promise not kept" => "Track what was promised until it is done".to_owned(),
                "unanswered" => "Leave no customer without a last answer".to_owned(),
                _ => "Settle matters at the first contact".to_owned(),
            },
            (Action::AgentTraining, _) => format!("Train the team: customers complain about {subject}"),
            (Action::Process, _) => format!("Change the process behind complaints about {subject}"),
            _ => format!("Fix the cause of complaints about {subject}"),
        }
    }

    fn row(self, rank: u64, also: Vec<String>, (conversations, _): (u64, Sum), context: &Context) -> RecommendationRow {
        let title = self.title();
        let (action, source, subject) = self.key;
        let n = count(self.candidate.set.len());
        let affected = rate(n, conversations);
        let share = affected.value.unwrap_or(0.0);
        let gap = self.gap.unwrap_or(0.0);
        let worse = self.gap.filter(|gap| *gap > 0.0).map(|gap| format!(", {gap} pCSAT points below the others"));
        let why = format!("{n} of {conversations} conversations{}.", worse.unwrap_or_default());
        let priority = if share >= 0.1 && gap >= 0.3 {
            Impact::High
        } else if share >= 0.05 || gap >= 0.3 {
            Impact::Medium
        } else {
            Impact::Low
        };
        RecommendationRow {
            id: stable_id("rec", &[action.as_str(), source.as_str(), &subject]),
            rank,
            kind: Some(action),
            subject,
            title,
            why,
            priority: Some(priority),
            affected,
            pcsat: self.candidate.pcsat.average(),
            expected_effect: ExpectedEffect { conversations: n, pcsat_gap: self.gap, pcsat_gain: self.gain },
            evidence: self.candidate.worst.ids(),
            also,
            conversation_uids: self.candidate.uids.shown(context),
        }
    }
}

/// How many two sorted lists share.
fn common(left: &[u64], right: &[u64]) -> usize {
    let (mut left, mut right, mut common) = (left.iter().peekable(), right.iter().peekable(), 0);
    while let (Some(one), Some(other)) = (left.peek(), right.peek()) {
        match one.cmp(other) {
            std::cmp::Ordering::Less => drop(left.next()),
            std::cmp::Ordering::Greater => drop(right.next()),
            std::cmp::Ordering::Equal => {
                common += 1;
                left.next();
                right.next();
            }
        }
    }
    common
}

/// Letters and digits only, in lower case: `late_delivery` and `Late delivery` are one subject.
fn normal(subject: &str) -> String {
    subject.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
