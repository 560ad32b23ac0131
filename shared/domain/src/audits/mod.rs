//! Compliance audits: conversations of a period judged against the checks of a rubric.

pub mod document;
pub mod rubric;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use ulid::Ulid;
use utoipa::ToSchema;

use crate::access::Tenant;
use crate::audits::rubric::Rubric;
use crate::conversation::words;
use crate::facts::filter::Filter;
use crate::ids::AuditId;
use crate::time_range::{TimeRange, start_of};

/// Most conversations that one audit judges. More match → the audit fails and says so; nobody gets a part for the whole.
pub const MAX_CONVERSATIONS: u32 = 20_000;
/// Most recurring audits of a tenant.
pub const MAX_RECURRING: usize = 10;

words! {
    /// Where an audit stands.
    AuditState {
        /// Accepted.
        Queued => "queued",
        /// Conversations are being judged.
        Running => "running",
        /// The documents are there.
        Completed => "completed",
        /// It could not be done; the reason says why.
        Failed => "failed",
    }
}

words! {
    /// Why an audit could not be done.
    FailureReason {
        /// More conversations match than one audit judges: narrow the period or the filters, or draw a sample.
        TooManyConversations => "too_many_conversations",
        /// Something of ours failed at every attempt.
        Internal => "internal",
    }
}

words! {
    /// Who asked for an audit.
    Origin {
        /// A caller.
        Request => "request",
        /// The schedule.
        Schedule => "schedule",
    }
}

/// An audit, from request to documents. Small: what was asked in detail and what was found are elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Audit {
    /// Its id.
    pub id: AuditId,
    /// Where it stands.
    pub state: AuditState,
    /// Why it failed.
    pub failure: Option<FailureReason>,
    /// Who asked for it.
    pub origin: Origin,
    /// Name of the rubric.
    pub rubric: String,
    /// Its version.
    pub rubric_version: u32,
    /// The period.
    pub period: TimeRange,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Conversations in the period, by the filters; 0 until they are counted.
    pub matched: u32,
    /// Conversations to be judged.
    pub selected: u32,
    /// Conversations whose turn has come.
    pub done: u32,
    /// The result, once completed.
    pub result: Option<AuditResult>,
}

/// What was asked for, as it was then: editing the rubric afterwards changes nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditRequest {
    /// The rubric.
    pub rubric: Rubric,
    /// Which conversations; the period is the audit's.
    pub filter: Filter,
    /// Conversations to be drawn; all if missing.
    pub sample: Option<u32>,
    /// What the draw depends on.
    pub seed: u64,
}

/// What a completed audit came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditResult {
    /// The document's score.
    pub score: Option<f64>,
    /// Checks kept.
    pub passed: u32,
    /// Checks broken.
    pub failed: u32,
    /// Checks of critical severity broken.
    pub critical: u32,
    /// The documents.
    pub files: Vec<File>,
    /// Erasures after it was filed, oldest first.
    pub receipts: Vec<Receipt>,
}

words! {
    /// The documents of an audit.
    FileKind {
        /// Canonical JSON, personal data masked.
        Json => "json",
        /// The same, to be read and printed.
        Html => "html",
        /// Canonical JSON with quotes as they were written.
        FullJson => "full_json",
        /// The page with quotes as they were written.
        FullHtml => "full_html",
    }
}

impl FileKind {
    /// Whether its quotes are as they were written.
    pub fn is_full(self) -> bool {
        matches!(self, Self::FullJson | Self::FullHtml)
    }

    /// Media type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json | Self::FullJson => "application/json",
            Self::Html | Self::FullHtml => "text/html; charset=utf-8",
        }
    }
}

/// A document as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Which.
    pub kind: FileKind,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Bytes before the list of findings, for JSON: what is read to show the rest.
    pub head: u64,
}

/// Proof that words were taken out of a filed document, and that nothing else was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// When, RFC 3339.
    pub at: String,
    /// Conversations whose words are out of it, all erasures together.
    pub erased: u32,
    /// SHA-256 of the full JSON before.
    pub sha256_before: String,
    /// And after.
    pub sha256_after: String,
}

/// Which of the conversations are judged: `count` of them, by the order of the SHA-256 of seed and id, so that the draw depends on
/// nothing else and anybody can repeat it. The answer is in order of ids.
pub fn draw(mut ids: Vec<String>, count: Option<u32>, seed: u64) -> Vec<String> {
    ids.sort_unstable();
    ids.dedup();
    if let Some(count) = count.and_then(|count| usize::try_from(count).ok()).filter(|count| *count < ids.len()) {
        ids.sort_by_cached_key(|id| {
            let mut hash = Sha256::new();
            hash.update(seed.to_be_bytes());
            hash.update(id.as_bytes());
            <[u8; 32]>::from(hash.finalize())
        });
        ids.truncate(count);
        ids.sort_unstable();
    }
    ids
}

words! {
    /// How often an audit recurs.
    Every {
        /// Each week, by the tenant's first day of it.
        Week => "week",
        /// Each calendar month.
        Month => "month",
    }
}

/// An audit that is made again and again: of the last whole week or month of the tenant's zone, once it is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecurringAudit {
    /// Name of the rubric, its newest version.
    pub rubric: String,
    /// How often.
    pub every: Every,
    /// Conversations to be drawn; all if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 20000)]
    pub sample: Option<u32>,
}

impl RecurringAudit {
    /// The last whole period that is over at `now`; `None` only at the ends of the calendar.
    pub fn due(&self, now: Timestamp, zone: &TimeZone, week_start: jiff::civil::Weekday) -> Option<TimeRange> {
        let today: Date = zone.to_datetime(now).date();
        let to = match self.every {
            Every::Week => today.checked_sub(i32::from(week_start.until(today.weekday())).days()).ok()?,
            Every::Month => today.first_of_month(),
        };
        let from = match self.every {
            Every::Week => to.checked_sub(7.days()).ok()?,
            Every::Month => to.checked_sub(1.month()).ok()?,
        };
        Some(TimeRange { from: start_of(from, zone), to: start_of(to, zone) })
    }

    /// The id of the audit of that period: the same however often the schedule asks, so that it is made once.
    pub fn id(&self, tenant: &Tenant, period: &TimeRange) -> Option<AuditId> {
        let end = period.to?;
        let mut hash = Sha256::new();
        for part in [tenant.as_str(), &self.rubric, self.every.as_str(), &end.to_string()] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let digest: [u8; 32] = hash.finalize().into();
        let random = digest.first_chunk::<16>().map_or(0, |bytes| u128::from_be_bytes(*bytes));
        // The time part is the end of the period, so that it sorts among the others.
        let milliseconds = u64::try_from(end.as_millisecond()).ok()?;
        Some(AuditId::new(Ulid::from_parts(milliseconds, random)))
    }
}

/// Tombstones of deleted audits are kept so long: a schedule asks for a period at most this long after its end.
pub const TOMBSTONE: SignedDuration = SignedDuration::from_hours(70 * 24);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn recurring_audits_are_of_whole_periods_of_the_tenants_zone() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let audit = |every| RecurringAudit { rubric: "general_support".into(), every, sample: None };
        // 1 December 2026, 02:00 UTC is still 30 November in New York.
        let monday = jiff::civil::Weekday::Monday;
        let due =
            |every, now| audit(every).due(at(now), &zone, monday).map(|range| (range.from.unwrap(), range.to.unwrap()));
        assert_eq!(
            due(Every::Month, "2026-12-01T02:00:00Z"),
            Some((at("2026-10-01T04:00:00Z"), at("2026-11-01T04:00:00Z")))
        );
        assert_eq!(
            due(Every::Month, "2026-12-01T06:00:00Z"),
            Some((at("2026-11-01T04:00:00Z"), at("2026-12-01T05:00:00Z")))
        );
        assert_eq!(
            due(Every::Week, "2026-11-25T12:00:00Z"),
            Some((at("2026-11-16T05:00:00Z"), at("2026-11-23T05:00:00Z")))
        );
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test makes its tenant")]
    fn a_recurring_audit_has_one_id_a_period() {
        let tenant = Tenant::trusted(crate::ids::TenantName::parse("demo").unwrap());
        let audit = RecurringAudit { rubric: "general_support".into(), every: Every::Week, sample: None };
        let id =
            |now: &str| audit.id(&tenant, &audit.due(at(now), &TimeZone::UTC, jiff::civil::Weekday::Monday).unwrap());
        assert_eq!(id("2026-11-23T00:00:00Z"), id("2026-11-29T23:59:59Z"));
        assert_ne!(id("2026-11-29T23:59:59Z"), id("2026-11-30T00:00:00Z"));
    }

    proptest! {
        #[test]
        fn a_draw_depends_on_seed_and_ids_only(mut ids in proptest::collection::btree_set("[a-z]{1,4}", 0..40), count in 0_u32..50, seed: u64) {
            let all: Vec<String> = ids.iter().cloned().collect();
            let mut backwards = all.clone();
            backwards.reverse();
            let drawn = draw(all.clone(), Some(count), seed);
            prop_assert_eq!(&drawn, &draw(backwards, Some(count), seed));
            prop_assert_eq!(drawn.len(), all.len().min(count as usize));
            prop_assert!(drawn.windows(2).all(|pair| pair[0] < pair[1]));
            // One more conversation pushes at most one other out.
            ids.insert("zzzzz".to_owned());
            let more = draw(ids.into_iter().collect(), Some(count), seed);
            prop_assert!(drawn.iter().filter(|id| !more.contains(id)).count() <= 1);
        }
    }
}
