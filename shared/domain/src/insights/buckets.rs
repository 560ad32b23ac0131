//! The buckets of a series: local hours, days, weeks or months, through clock changes.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::conversation::words;
use crate::time_range::start_of;

words! {
    /// Length of a series' buckets.
    Interval {
        /// Local clock hours.
        Hour => "hour",
        /// Local days; a day may have 23 or 25 hours.
        Day => "day",
        /// Weeks from the tenant's first day of the week.
        Week => "week",
        /// Calendar months.
        Month => "month",
    }
}

/// Most buckets of one series.
pub const MAX_BUCKETS: usize = 2_400;

/// One bucket, half-open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// First instant that belongs to it; not before the period.
    pub start: Timestamp,
    /// The local day on which it begins, or the local hour with its offset.
    pub label: String,
}

/// The buckets that cover a period without a gap. The first and the last may be cut by the period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buckets {
    list: Vec<Bucket>,
    end: Option<Timestamp>,
}

impl Buckets {
    /// The buckets of `[from, to)`; `None` when there would be more than [`MAX_BUCKETS`].
    pub fn new(from: Timestamp, to: Timestamp, zone: &TimeZone, interval: Interval, week: Weekday) -> Option<Self> {
        let mut list = Vec::new();
        let mut at = from;
        while at < to {
            if list.len() == MAX_BUCKETS {
                return None;
            }
            list.push(Bucket { start: at, label: label(at, zone, interval, week) });
            // The calendar ends where it has no next bucket.
            at = next(at, zone, interval, week).filter(|next| *next > at).unwrap_or(to);
        }
        Some(Self { list, end: Some(to) })
    }

    /// The bucket that the instant belongs to.
    pub fn index(&self, at: Timestamp) -> Option<u32> {
        if self.end.is_none_or(|end| at >= end) {
            return None;
        }
        let after = self.list.partition_point(|bucket| bucket.start <= at);
        u32::try_from(after.checked_sub(1)?).ok()
    }

    /// The buckets with their numbers, in order.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Bucket)> {
        (0..).zip(&self.list)
    }
}

fn first_day(day: Date, interval: Interval, week: Weekday) -> Date {
    match interval {
        Interval::Hour | Interval::Day => day,
        Interval::Week => day.checked_sub(i32::from(week.until(day.weekday())).days()).unwrap_or(day),
        Interval::Month => day.first_of_month(),
    }
}

fn label(at: Timestamp, zone: &TimeZone, interval: Interval, week: Weekday) -> String {
    let local = at.to_zoned_datetime(zone.clone());
    if interval == Interval::Hour {
        return local.strftime("%Y-%m-%dT%H:00%:z").to_string();
    }
    first_day(local.date(), interval, week).to_string()
}

/// The first instant of the bucket after the one that holds `at`.
fn next(at: Timestamp, zone: &TimeZone, interval: Interval, week: Weekday) -> Option<Timestamp> {
    if interval == Interval::Hour {
        // The instant at which the local clock shows a full hour next, or jumps past it.
        let local = zone.to_datetime(at);
        let into = i64::from(local.minute()) * 60 + i64::from(local.second());
        let whole = at.as_second() + 3600 - into;
        let full = Timestamp::from_second(whole).ok()?;
        let jump = zone.following(at).next().map(|transition| transition.timestamp());
        let moves = |jump: &Timestamp| *jump < full && zone.to_offset(*jump) != zone.to_offset(at);
        return Some(jump.filter(moves).unwrap_or(full));
    }
    let first = first_day(zone.to_datetime(at).date(), interval, week);
    let span = match interval {
        Interval::Week => 7.days(),
        Interval::Month => 1.month(),
        Interval::Day | Interval::Hour => 1.day(),
    };
    let mut day = first.checked_add(span).ok()?;
    loop {
        let start = start_of(day, zone)?;
        if start > at {
            return Some(start);
        }
        // A day that the zone skipped.
        day = day.tomorrow().ok()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn labels(from: &str, to: &str, zone: &str, interval: Interval) -> Vec<String> {
        let zone = TimeZone::get(zone).unwrap();
        let buckets = Buckets::new(at(from), at(to), &zone, interval, Weekday::Monday).unwrap();
        buckets.iter().map(|(_, bucket)| bucket.label.clone()).collect()
    }

    #[test]
    fn days_weeks_and_months_are_local() {
        assert_eq!(
            labels("2026-03-09T15:00:00Z", "2026-03-11T15:00:00Z", "Asia/Tokyo", Interval::Day),
            ["2026-03-10", "2026-03-11"]
        );
        assert_eq!(
            labels("2026-03-01T00:00:00Z", "2026-03-10T00:00:00Z", "UTC", Interval::Week),
            ["2026-02-23", "2026-03-02", "2026-03-09"]
        );
        assert_eq!(
            labels("2026-01-31T00:00:00Z", "2026-03-02T00:00:00Z", "UTC", Interval::Month),
            ["2026-01-01", "2026-02-01", "2026-03-01"]
        );
        assert_eq!(labels("2026-01-31T00:00:00Z", "2026-01-31T00:00:00Z", "UTC", Interval::Day), [""; 0]);
    }

    #[test]
    fn hours_and_days_follow_the_clock_through_its_changes() {
        let spring = labels("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "Europe/Berlin", Interval::Hour);
        assert_eq!(spring.len(), 23);
        assert_eq!(spring[1..3], ["2026-03-29T01:00+01:00", "2026-03-29T03:00+02:00"]);
        let autumn = labels("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "Europe/Berlin", Interval::Hour);
        assert_eq!(autumn.len(), 25);
        assert_eq!(autumn[2..4], ["2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00"]);
        assert_eq!(labels("2026-03-28T23:00:00Z", "2026-03-30T22:00:00Z", "Europe/Berlin", Interval::Day).len(), 2);
        // Samoa had no 30 December 2011; Lord Howe moves by half an hour.
        assert_eq!(
            labels("2011-12-29T10:00:00Z", "2011-12-31T10:00:00Z", "Pacific/Apia", Interval::Day),
            ["2011-12-29", "2011-12-31"]
        );
        let howe = labels("2026-04-04T13:00:00Z", "2026-04-04T16:30:00Z", "Australia/Lord_Howe", Interval::Hour);
        assert_eq!(howe[..3], ["2026-04-05T00:00+11:00", "2026-04-05T01:00+11:00", "2026-04-05T01:00+10:30"]);
    }

    #[test]
    fn too_many_buckets_are_refused_and_instants_find_theirs() {
        let new =
            |from: &str, to: &str, interval| Buckets::new(at(from), at(to), &TimeZone::UTC, interval, Weekday::Monday);
        assert!(new("2024-01-01T00:00:00Z", "2026-01-01T00:00:00Z", Interval::Hour).is_none());
        assert!(new("-009998-01-01T00:00:00Z", "9998-01-01T00:00:00Z", Interval::Month).is_none());
        let days = new("2026-03-10T12:00:00Z", "2026-03-12T00:00:00Z", Interval::Day).unwrap();
        let index = |text: &str| days.index(at(text));
        assert_eq!(
            [
                "2026-03-10T11:59:59Z",
                "2026-03-10T12:00:00Z",
                "2026-03-11T00:00:00Z",
                "2026-03-11T23:59:59.999Z",
                "2026-03-12T00:00:00Z"
            ]
            .map(index),
            [None, Some(0), Some(1), Some(1), None]
        );
    }
}
