//! What the store consumes, counted by AWS's documented rules, because emulators misreport it.
//!
//! Rules (Amazon `DynamoDB` Developer Guide, "Item sizes and formats", "Read and write operations", "On-demand mode"): an item's size is
//! the sum of its attribute names and values in UTF-8; a number is about one byte per two digits plus one (plus one when negative); a
//! list or map adds 3 bytes and one per member; a set is the sum of its members; a Boolean or null is one byte. A write unit covers
//! 1 KB of the larger of the item before and after; a refused condition costs what the item it was checked against would; a read unit
//! covers 4 KB read consistently, or 8 KB otherwise, rounded up per item for `BatchGetItem` and per call for `Query`; transactions
//! cost double. An index of projection `KEYS_ONLY` writes only when its keys change: one unit to add or remove, two to move.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;

use crate::keys::{GSI1PK, GSI1SK, PK, SK};
use crate::sdk::Attributes;

/// List price of a million write units in us-east-1, on demand, in dollars.
pub const USD_PER_MILLION_WRITES: f64 = 0.625;
/// List price of a million read units in us-east-1, on demand, in dollars.
pub const USD_PER_MILLION_READS: f64 = 0.125;

/// What a unit was spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Conversation items and their contact index.
    Conversations,
    /// Fact blocks and the set of months.
    Blocks,
    /// Batches and their outcomes.
    Batches,
    /// Tasks and their index.
    Tasks,
    /// Audits.
    Audits,
    /// Interviews, their sessions and transcripts, agents, variables.
    Interviews,
    /// Tenants, settings, API keys.
    Tenants,
    /// Authentication, rate limits, idempotency: what a request costs before its handler runs.
    Gate,
    /// Webhook endpoints and deliveries.
    Webhooks,
    /// Sessions, support events and erasures.
    Context,
    /// The log of matters, and what people decided about insights.
    Insights,
}

impl Purpose {
    /// Every purpose, in order.
    pub const ALL: [Self; 11] = [
        Self::Conversations,
        Self::Blocks,
        Self::Batches,
        Self::Tasks,
        Self::Audits,
        Self::Tenants,
        Self::Gate,
        Self::Webhooks,
        Self::Insights,
        Self::Interviews,
        Self::Context,
    ];

    /// The purpose as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Conversations => "conversations",
            Self::Blocks => "blocks",
            Self::Batches => "batches",
            Self::Tasks => "tasks",
            Self::Audits => "audits",
            Self::Interviews => "interviews",
            Self::Tenants => "tenants",
            Self::Gate => "gate",
            Self::Webhooks => "webhooks",
            Self::Context => "context",
            Self::Insights => "insights",
        }
    }
}

#[derive(Debug, Default)]
struct Counter {
    calls: AtomicU64,
    writes: AtomicU64,
    /// In halves: an eventually consistent read costs half a unit.
    half_reads: AtomicU64,
}

/// Counts what a [`crate::Store`] consumes.
#[derive(Debug, Default)]
pub struct Meter([Counter; Purpose::ALL.len()]);

/// Units consumed so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Calls made.
    pub calls: u64,
    /// Write units.
    pub write_units: u64,
    /// Read units.
    pub read_units: f64,
}

impl Usage {
    /// What was consumed after `before`.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        Self {
            calls: self.calls.saturating_sub(before.calls),
            write_units: self.write_units.saturating_sub(before.write_units),
            read_units: self.read_units - before.read_units,
        }
    }

    /// What it costs at list price, in dollars.
    pub fn usd(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a count of units far below 2^52")]
        let writes = self.write_units as f64;
        (writes * USD_PER_MILLION_WRITES + self.read_units * USD_PER_MILLION_READS) / 1e6
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} calls, {} write units, {} read units, ${:.6}",
            self.calls,
            self.write_units,
            self.read_units,
            self.usd()
        )
    }
}

impl Meter {
    fn counter(&self, purpose: Purpose) -> &Counter {
        let [conversations, blocks, batches, tasks, audits, tenants, gate, webhooks, insights, interviews, context] =
            &self.0;
        match purpose {
            Purpose::Conversations => conversations,
            Purpose::Blocks => blocks,
            Purpose::Batches => batches,
            Purpose::Tasks => tasks,
            Purpose::Audits => audits,
            Purpose::Interviews => interviews,
            Purpose::Tenants => tenants,
            Purpose::Gate => gate,
            Purpose::Webhooks => webhooks,
            Purpose::Context => context,
            Purpose::Insights => insights,
        }
    }

    pub(crate) fn wrote(&self, purpose: Purpose, units: u64) {
        let counter = self.counter(purpose);
        counter.calls.fetch_add(1, Ordering::Relaxed);
        counter.writes.fetch_add(units, Ordering::Relaxed);
    }

    pub(crate) fn read(&self, purpose: Purpose, half_units: u64) {
        let counter = self.counter(purpose);
        counter.calls.fetch_add(1, Ordering::Relaxed);
        counter.half_reads.fetch_add(half_units, Ordering::Relaxed);
    }

    /// What was consumed for one purpose.
    pub fn of(&self, purpose: Purpose) -> Usage {
        let counter = self.counter(purpose);
        #[expect(clippy::cast_precision_loss, reason = "a count of units far below 2^52")]
        let halves = counter.half_reads.load(Ordering::Relaxed) as f64;
        Usage {
            calls: counter.calls.load(Ordering::Relaxed),
            write_units: counter.writes.load(Ordering::Relaxed),
            read_units: halves / 2.0,
        }
    }

    /// What was consumed altogether.
    pub fn snapshot(&self) -> Usage {
        Purpose::ALL.into_iter().map(|purpose| self.of(purpose)).fold(Usage::default(), |sum, part| Usage {
            calls: sum.calls + part.calls,
            write_units: sum.write_units + part.write_units,
            read_units: sum.read_units + part.read_units,
        })
    }
}

/// Size of an item in bytes.
pub(crate) fn item_size(item: &Attributes) -> usize {
    item.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => number_size(number),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::Ss(set) => set.iter().map(String::len).sum(),
        AttributeValue::Ns(set) => set.iter().map(|number| number_size(number)).sum(),
        AttributeValue::Bs(set) => set.iter().map(|bytes| bytes.as_ref().len()).sum(),
        AttributeValue::L(list) => 3 + list.iter().map(|value| 1 + value_size(value)).sum::<usize>(),
        AttributeValue::M(map) => 3 + map.iter().map(|(name, value)| 1 + name.len() + value_size(value)).sum::<usize>(),
        _ => 1,
    }
}

/// Leading and trailing zeros are not stored; two digits take a byte, and there is one more, and one for a sign.
fn number_size(number: &str) -> usize {
    let digits = number.trim_start_matches('-').replace('.', "");
    let significant = digits.trim_start_matches('0').trim_end_matches('0').len();
    significant.div_ceil(2) + 1 + usize::from(number.starts_with('-'))
}

/// Write units of an item of that size: 1 KB each, at least one.
pub(crate) fn write_units(size: usize) -> u64 {
    (size.div_ceil(1024) as u64).max(1)
}

/// Halves of a read unit for that many bytes read consistently.
pub(crate) fn consistent_halves(size: usize) -> u64 {
    (size.div_ceil(4096) as u64).max(1) * 2
}

/// Halves of a read unit for that many bytes read eventually consistently.
pub(crate) fn eventual_halves(size: usize) -> u64 {
    (size.div_ceil(4096) as u64).max(1)
}

/// Units that the `KEYS_ONLY` index takes when an item changes from `before` to `after` (empty: there is none).
pub(crate) fn index_units(before: &Attributes, after: &Attributes) -> u64 {
    let entry = |item: &Attributes| {
        let names = [PK, SK, GSI1PK, GSI1SK];
        let parts = names.map(|name| item.get(name).map(|value| name.len() + value_size(value)));
        let size = parts.into_iter().collect::<Option<Vec<_>>>()?.into_iter().sum::<usize>();
        Some((size, item.get(GSI1PK).cloned(), item.get(GSI1SK).cloned()))
    };
    match (entry(before), entry(after)) {
        (None, None) => 0,
        (Some((size, ..)), None) | (None, Some((size, ..))) => write_units(size),
        (Some(before), Some(after)) if (&before.1, &before.2) == (&after.1, &after.2) => 0,
        (Some((before, ..)), Some((after, ..))) => write_units(before) + write_units(after),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::{b, n, s};

    fn item(attributes: &[(&str, AttributeValue)]) -> Attributes {
        attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    /// Each line is worked out by hand from the rules at the top of this file.
    #[test]
    fn sizes() {
        for (value, size) in [
            (s("abc"), 3),
            (s("ü€"), 5),
            (n(0), 1),
            (n(5), 2),
            (n(27), 2),
            (n(-27), 3),
            (n("27.5"), 3),
            (n(1_700_000_000_000_u64), 2), // 17 and zeros that are not stored
            (n(1_764_000_123_456_u64), 8), // 13 digits
            (b(vec![0; 10]), 10),
            (AttributeValue::Bool(true), 1),
            (AttributeValue::Null(true), 1),
            (AttributeValue::Ss(vec!["20260603".into(), "20260604".into()]), 16),
            (AttributeValue::L(vec![n(5), s("ab")]), 3 + (1 + 2) + (1 + 2)),
            (AttributeValue::M([("k".to_owned(), s("v"))].into()), 3 + (1 + 1 + 1)),
        ] {
            assert_eq!(value_size(&value), size, "{value:?}");
        }
        // PK 2 + 9, SK 2 + 1, v 1 + 8
        assert_eq!(item_size(&item(&[("PK", s("T#demo#C#")), ("SK", s("A")), ("v", n(1_764_000_123_456_u64))])), 23);
    }

    #[test]
    fn units() {
        assert_eq!([0, 1, 1024, 1025, 3072, 3073].map(write_units), [1, 1, 1, 2, 3, 4]);
        assert_eq!([0, 4096, 4097, 8193].map(consistent_halves), [2, 2, 4, 6]);
        // 1 MB queried eventually consistently: 256 blocks of 4 KB, half a unit each.
        assert_eq!(eventual_halves(1024 * 1024), 256);
    }

    #[test]
    fn the_index_costs_only_when_its_keys_change() {
        let none = item(&[("PK", s("p")), ("SK", s("s"))]);
        let one = item(&[
            ("PK", s("p")),
            ("SK", s("s")),
            ("GSI1PK", s("g")),
            ("GSI1SK", s("1")),
            ("big", s("x".repeat(9000))),
        ]);
        let two = item(&[("PK", s("p")), ("SK", s("s")), ("GSI1PK", s("g")), ("GSI1SK", s("2"))]);
        assert_eq!(index_units(&none, &none), 0);
        assert_eq!(index_units(&none, &one), 1);
        assert_eq!(index_units(&one, &one), 0);
        assert_eq!(index_units(&one, &two), 2);
        assert_eq!(index_units(&two, &Attributes::new()), 1);
    }

    #[test]
    fn a_snapshot_adds_up_and_has_a_price() {
        let meter = Meter::default();
        meter.wrote(Purpose::Conversations, 3);
        meter.read(Purpose::Gate, 1);
        assert_eq!(meter.of(Purpose::Conversations).write_units, 3);
        let usage = meter.snapshot();
        assert_eq!((usage.calls, usage.write_units), (2, 3));
        assert!((usage.read_units - 0.5).abs() < 1e-12);
        meter.wrote(Purpose::Blocks, 2);
        assert_eq!(meter.snapshot().since(&usage), Usage { calls: 1, write_units: 2, read_units: 0.0 });
        let million = Usage { calls: 1, write_units: 1_000_000, read_units: 1_000_000.0 };
        assert!((million.usd() - 0.75).abs() < 1e-12);
    }
}
