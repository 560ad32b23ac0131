//! `customers-at-risk` (accounts) and `users-at-risk` (contacts): who may leave, why, and whether it gets worse.
//!
//! score = 100 × (1 − Π (1 − churn × severity × decay)) × trend, at most 100. `churn` is the conversation's churn risk, `severity` its
//! impact (low 0.4, medium 0.6, high 0.8, critical 1, unknown 0.5), `decay` halves every 14 days since the last message, `trend` is
//! 1 + 0.5 × (later − earlier) / (later + earlier) of the conversations in the two halves of the period.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::analysis::{ChurnLevel, ResolutionState, Severity, Temperature, WarningKind, round3};
use crate::conversation::words;
use crate::facts::FactRow;
use crate::insights::agents::{CREATED, count};
use crate::insights::arithmetic::{Average, Sum, TOP, fixed, float};
use crate::insights::context::Context;
use crate::insights::customers::Temperatures;
use crate::insights::report::{Named, Report, Role, Row, Table};

words! {
    /// What makes a customer's risk.
    Driver {
        /// Clear signs of leaving.
        ChurnSignals => "churn_signals",
        /// High or critical impact.
        Severe => "severe",
        /// Strongly negative or agitated.
        HotCustomer => "hot_customer",
        /// Ended without being settled.
        Unresolved => "unresolved",
        /// Wrote about the same before.
        RepeatContact => "repeat_contact",
        /// Asked for a manager or complained.
        Escalation => "escalation",
        /// Something promised was not done.
        PromiseNotKept => "promise_not_kept",
        /// Waits for an answer.
        Waiting => "waiting",
        /// A person must act.
        InterventionRequired => "intervention_required",
    }
}

words! {
    /// The score as a word.
    RiskLevel {
        /// Below 30.
        Low => "low",
        /// From 30.
        Medium => "medium",
        /// From 60.
        High => "high",
    }
}

/// A driver with the number of conversations that have it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DriverCount {
    /// Which.
    pub driver: Driver,
    /// Conversations.
    pub n: u64,
    /// Up to five of them, the most recent first.
    pub evidence: Vec<String>,
}

/// Conversations in the two halves of the period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Trend {
    /// In the earlier half.
    pub earlier: u64,
    /// In the later half.
    pub later: u64,
    /// Their mean churn risk then.
    pub risk_earlier: Option<f64>,
    /// Their mean churn risk later.
    pub risk_later: Option<f64>,
}

/// What is said of one customer; the id's name differs between the two reports.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Risk {
    /// Name in the latest conversation, if it has one.
    pub name: Option<String>,
    /// Conversations.
    pub n: u64,
    /// 0–100.
    pub score: f64,
    /// The score as a word.
    pub level: Option<RiskLevel>,
    /// What it comes from, most frequent first.
    pub drivers: Vec<DriverCount>,
    /// Whether there is more of it.
    pub trend: Trend,
    /// Highest churn risk of one conversation, 0–1.
    pub highest_churn: Option<f64>,
    /// Temperatures of the conversations.
    pub temperature: Temperatures,
    /// Predicted satisfaction.
    pub pcsat: Average,
    /// Newest message.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_contact_at: Option<Timestamp>,
    /// Conversations that contribute most to the score.
    pub evidence: Vec<String>,
    /// All of them, with `include=uids`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_uids: Option<Vec<String>>,
    #[serde(skip)]
    #[schema(ignore)]
    latest: Option<String>,
}

macro_rules! customers {
    ($(#[$doc:meta])* $row:ident { $id:ident } $report:ident => $name:literal, $role:ident, $key:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
        pub struct $row {
            /// The caller's id.
            pub $id: String,
            #[serde(flatten)]
            #[expect(missing_docs, reason = "documented at its type")]
            pub risk: Risk,
        }

        impl Row for $row {
            fn named(&mut self) -> Option<&mut dyn Named> {
                Some(self)
            }
        }

        impl Named for $row {
            fn role(&self) -> Role {
                Role::$role
            }
            fn id(&self) -> &str {
                &self.$id
            }
            fn seen_in(&self) -> Option<&str> {
                self.risk.latest.as_deref()
            }
            fn set_name(&mut self, name: String) {
                self.risk.name = Some(name);
            }
        }

        /// The report.
        #[derive(Debug)]
        pub struct $report;

        impl Report for $report {
            type Acc = RiskAcc;
            type Row = $row;
            type Totals = RiskTotals;
            const NAME: &'static str = $name;
            const BASIS: &'static str = CREATED;

            fn fold(acc: &mut RiskAcc, id: &str, row: &FactRow, _: bool, context: &Context) {
                let key: fn(&FactRow) -> Option<&String> = $key;
                match key(row) {
                    Some(key) => acc.fold(key, id, row, context),
                    None => acc.without += 1,
                }
            }

            fn merge(into: &mut RiskAcc, from: RiskAcc) {
                into.without += from.without;
                for (key, seen) in from.customers {
                    into.customers.entry(key).or_default().extend(seen);
                }
            }

            fn finish(acc: RiskAcc, context: &Context) -> Table<$row, RiskTotals> {
                let (totals, risks) = finish(acc, context);
                Table { totals, rows: risks.into_iter().map(|($id, risk)| $row { $id, risk }).collect() }
            }
        }
    };
}

customers! {
    /// An account at risk.
    CustomerRow { account_id } CustomersAtRisk => "customers-at-risk", Account, |row| row.account_id.as_ref()
}
customers! {
    /// A contact at risk.
    UserRow { contact_id } UsersAtRisk => "users-at-risk", Contact, |row| row.contact_id.as_ref()
}

/// All customers together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct RiskTotals {
    /// Customers with conversations in the period.
    pub customers: u64,
    /// Those with a score above 0: the lines.
    pub at_risk: u64,
    /// Those with a high score.
    pub high: u64,
    /// Conversations of the period that name none.
    pub conversations_without: u64,
}

/// By customer, the conversations; each is folded once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RiskAcc {
    customers: BTreeMap<String, Vec<(String, Seen)>>,
    without: u64,
}

/// What counts of one conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    last: Timestamp,
    later: bool,
    churn: Option<i64>,
    /// Churn × severity × decay in thousandths.
    weight: i64,
    temperature: Option<Temperature>,
    pcsat: Option<i64>,
    /// One bit for each of [`Driver::ALL`].
    drivers: u16,
}

/// 0.5^(days / 14), by multiplication, so that it is the same on every machine.
fn decay(days: i64) -> f64 {
    const A_DAY: f64 = 0.951_695_102_6;
    (0..days.clamp(0, 400)).fold(1.0, |left, _| left * A_DAY)
}

/// Whole days since the last message at the period's end (or now).
fn age(last: Timestamp, context: &Context) -> i64 {
    (context.horizon().as_second() - last.as_second()).max(0) / 86_400
}

fn impact(severity: Option<Severity>) -> f64 {
    match severity {
        Some(Severity::Low) => 0.4,
        Some(Severity::Medium) => 0.6,
        Some(Severity::High) => 0.8,
        Some(Severity::Critical) => 1.0,
        None => 0.5,
    }
}

fn has(driver: Driver, row: &FactRow) -> bool {
    let warned = |kind| row.warnings.contains(&kind);
    match driver {
        Driver::ChurnSignals => row.churn.is_some_and(|(level, _)| level >= ChurnLevel::Medium),
        Driver::Severe => row.severity.is_some_and(|severity| severity >= Severity::High),
        Driver::HotCustomer => row.temperature == Some(Temperature::Hot),
        Driver::Unresolved => row.resolution == Some(ResolutionState::Unresolved),
        Driver::RepeatContact => warned(WarningKind::RepeatContact),
        Driver::Escalation => warned(WarningKind::Escalation),
        Driver::PromiseNotKept => warned(WarningKind::PromiseNotKept),
        Driver::Waiting => row.waiting_since.is_some(),
        Driver::InterventionRequired => row.intervention.is_some(),
    }
}

impl RiskAcc {
    fn fold(&mut self, key: &str, id: &str, row: &FactRow, context: &Context) {
        let churn = row.churn.map(|(_, score)| score).filter(|score| score.is_finite());
        let weight =
            churn.map(|churn| churn.clamp(0.0, 1.0) * impact(row.severity) * decay(age(row.last_activity_at, context)));
        let drivers =
            (0_u16..).zip(Driver::ALL).filter(|(_, driver)| has(**driver, row)).map(|(bit, _)| 1 << bit).sum();
        let seen = Seen {
            last: row.last_activity_at,
            later: context.is_later(row.created_at),
            churn: churn.and_then(fixed),
            weight: weight.and_then(fixed).unwrap_or(0),
            temperature: row.temperature,
            pcsat: row.pcsat.and_then(fixed),
            drivers,
        };
        match self.customers.get_mut(key) {
            Some(customer) => customer,
            None => self.customers.entry(key.to_owned()).or_default(),
        }
        .push((id.to_owned(), seen));
    }
}

fn thousandths(value: i64) -> f64 {
    float(u64::try_from(value).unwrap_or(0)) / 1000.0
}

fn finish(acc: RiskAcc, context: &Context) -> (RiskTotals, Vec<(String, Risk)>) {
    let customers = count(acc.customers.len());
    let mut risks: Vec<(String, Risk)> = acc
        .customers
        .into_iter()
        .map(|(id, seen)| (id, assess(&seen, context)))
        .filter(|(_, risk)| risk.score > 0.0)
        .collect();
    risks.sort_by(|(a_id, a), (b_id, b)| b.score.total_cmp(&a.score).then_with(|| a_id.cmp(b_id)));
    let high = count(risks.iter().filter(|(_, risk)| risk.level == Some(RiskLevel::High)).count());
    let totals = RiskTotals { customers, at_risk: count(risks.len()), high, conversations_without: acc.without };
    (totals, risks)
}

/// The ids of the least few, in order.
fn first<K: Ord>(mut all: Vec<(K, &String)>) -> Vec<String> {
    if all.len() > TOP {
        all.select_nth_unstable(TOP);
        all.truncate(TOP);
    }
    all.sort_unstable();
    all.into_iter().map(|(_, id)| id.clone()).collect()
}

fn ids(all: &[(String, Seen)]) -> Vec<String> {
    let mut ids: Vec<String> = all.iter().map(|(id, _)| id.clone()).collect();
    ids.sort_unstable();
    ids
}

/// The newest first, ties by id.
fn by_time<'a>(seen: impl Iterator<Item = &'a (String, Seen)>) -> Vec<String> {
    first(seen.map(|(id, seen)| (std::cmp::Reverse(seen.last), id)).collect())
}

fn assess(all: &[(String, Seen)], context: &Context) -> Risk {
    let seen = || all.iter().map(|(_, seen)| seen);
    let mut weights: Vec<i64> = seen().map(|seen| seen.weight).collect();
    weights.sort_unstable();
    let kept: f64 = weights.iter().map(|weight| 1.0 - thousandths(*weight)).product();
    let (mut sums, mut halves) = ([Sum::default(); 2], [0_u64; 2]);
    let (mut temperature, mut pcsat) = (Temperatures::default(), Sum::default());
    for seen in seen() {
        let [earlier, later] = &mut halves;
        *(if seen.later { later } else { earlier }) += 1;
        if let Some(churn) = seen.churn {
            let [earlier, later] = &mut sums;
            if seen.later { later } else { earlier }.add_fixed(churn);
        }
        temperature.add(seen.temperature);
        if let Some(score) = seen.pcsat {
            pcsat.add_fixed(score);
        }
    }
    let [earlier, later] = halves;
    let trend = 1.0 + 0.5 * (float(later) - float(earlier)) / float((later + earlier).max(1));
    let score = round3((100.0 * (1.0 - kept) * trend).clamp(0.0, 100.0));
    let level = if score >= 60.0 {
        RiskLevel::High
    } else if score >= 30.0 {
        RiskLevel::Medium
    } else {
        RiskLevel::Low
    };
    let mut drivers: Vec<DriverCount> = (0_u16..)
        .zip(Driver::ALL)
        .map(|(bit, driver)| {
            let having = || all.iter().filter(move |(_, seen)| seen.drivers & (1 << bit) != 0);
            DriverCount { driver: *driver, n: count(having().count()), evidence: by_time(having()) }
        })
        .filter(|driver| driver.n > 0)
        .collect();
    drivers.sort_by(|a, b| b.n.cmp(&a.n).then(a.driver.cmp(&b.driver)));
    let risky = all.iter().filter(|(_, seen)| seen.weight > 0);
    let heaviest = first(risky.map(|(id, seen)| (std::cmp::Reverse(seen.weight), id)).collect());
    let [risk_earlier, risk_later] = sums.map(|sum| sum.mean());
    Risk {
        name: None,
        n: count(all.len()),
        score,
        level: Some(level),
        drivers,
        trend: Trend { earlier, later, risk_earlier, risk_later },
        highest_churn: seen().filter_map(|seen| seen.churn).max().map(thousandths),
        temperature,
        pcsat: pcsat.average(),
        last_contact_at: seen().map(|seen| seen.last).max(),
        evidence: heaviest,
        conversation_uids: context.uids.then(|| ids(all)),
        latest: by_time(all.iter()).into_iter().next(),
    }
}
