//! Periods: presets and dates of a tenant's zone into half-open ranges of time.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::conversation::words;
use crate::fault::Fault;

/// A half-open range of time: `from` belongs to it, `to` does not. An open side is unbounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeRange {
    /// First instant.
    pub from: Option<Timestamp>,
    /// First instant after it.
    pub to: Option<Timestamp>,
}

impl TimeRange {
    /// Whether the instant belongs to the range.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to)
    }
}

words! {
    /// Named periods, in days of the tenant's zone. `last_7_days` is seven local days of which today is the last; a `last_week` is the
    /// whole week before this one, by the tenant's first day of the week.
    DatePreset {
        /// The local day.
        Today => "today",
        /// The day before.
        Yesterday => "yesterday",
        /// 7 days ending today.
        Last7Days => "last_7_days",
        /// 14 days ending today.
        Last14Days => "last_14_days",
        /// 30 days ending today.
        Last30Days => "last_30_days",
        /// 90 days ending today.
        Last90Days => "last_90_days",
        /// The week so far and to come.
        ThisWeek => "this_week",
        /// The week before.
        LastWeek => "last_week",
        /// The calendar month.
        ThisMonth => "this_month",
        /// The month before.
        LastMonth => "last_month",
        /// The calendar quarter.
        ThisQuarter => "this_quarter",
        /// The quarter before.
        LastQuarter => "last_quarter",
        /// The calendar year.
        ThisYear => "this_year",
        /// The year before.
        LastYear => "last_year",
    }
}

impl DatePreset {
    /// First day and first day after the period. `None` only at the ends of the calendar (years −9999 and 9999).
    fn days(self, today: Date, week_start: Weekday) -> Option<(Date, Date)> {
        let tomorrow = today.tomorrow().ok()?;
        let last = |days: i32| Some((tomorrow.checked_sub(days.days()).ok()?, tomorrow));
        let week = || today.checked_sub(i32::from(week_start.until(today.weekday())).days()).ok();
        let month = || today.first_of_month();
        let quarter = || {
            let first = month();
            first.checked_sub(i32::from((first.month() - 1) % 3).months()).ok()
        };
        let year = || today.first_of_year();
        match self {
            Self::Today => last(1),
            Self::Yesterday => Some((today.yesterday().ok()?, today)),
            Self::Last7Days => last(7),
            Self::Last14Days => last(14),
            Self::Last30Days => last(30),
            Self::Last90Days => last(90),
            Self::ThisWeek => Some((week()?, week()?.checked_add(7.days()).ok()?)),
            Self::LastWeek => Some((week()?.checked_sub(7.days()).ok()?, week()?)),
            Self::ThisMonth => Some((month(), month().checked_add(1.month()).ok()?)),
            Self::LastMonth => Some((month().checked_sub(1.month()).ok()?, month())),
            Self::ThisQuarter => Some((quarter()?, quarter()?.checked_add(3.months()).ok()?)),
            Self::LastQuarter => Some((quarter()?.checked_sub(3.months()).ok()?, quarter()?)),
            Self::ThisYear => Some((year(), year().checked_add(1.year()).ok()?)),
            Self::LastYear => Some((year().checked_sub(1.year()).ok()?, year())),
        }
    }

    /// The period as seen at `now` in the zone.
    pub fn range(self, now: Timestamp, zone: &TimeZone, week_start: Weekday) -> TimeRange {
        let today = zone.to_datetime(now).date();
        match self.days(today, week_start) {
            Some((from, to)) => TimeRange { from: start_of(from, zone), to: start_of(to, zone) },
            None => TimeRange::default(),
        }
    }
}

/// The first instant of a local day, through clock changes (where midnight is skipped, the first instant after it).
pub fn start_of(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_zoned_datetime(day.at(0, 0, 0, 0)).ok().map(|zoned| zoned.timestamp())
}

/// The parameters of a period as a caller writes them.
#[derive(Clone, Debug, Default)]
pub struct PeriodRequest {
    /// `date_preset`.
    pub preset: Option<DatePreset>,
    /// `date_from`: a date or an RFC 3339 time.
    pub from: Option<String>,
    /// `date_to`: a date, whose whole day belongs to the period, or an RFC 3339 time, which does not.
    pub to: Option<String>,
    /// `timezone`: an IANA name; the tenant's when missing.
    pub zone: Option<String>,
}

impl PeriodRequest {
    /// The range and the zone, or everything wrong; `prefix` goes before the parameters' names (`/` in a body).
    pub fn resolve(
        &self,
        prefix: &str,
        now: Timestamp,
        tenant_zone: &TimeZone,
        week_start: Weekday,
    ) -> Result<(TimeRange, TimeZone), Vec<Fault>> {
        let mut faults = Vec::new();
        let at = |name: &str| format!("{prefix}{name}");
        let zone = match self.zone.as_deref().map(TimeZone::get) {
            None => tenant_zone.clone(),
            Some(Ok(zone)) => zone,
            Some(Err(_)) => {
                faults.push(Fault::new(at("timezone"), "is not an IANA time zone, like Europe/Berlin"));
                tenant_zone.clone()
            }
        };
        if self.preset.is_some() && (self.from.is_some() || self.to.is_some()) {
            faults.push(Fault::new(at("date_preset"), "cannot be combined with date_from or date_to"));
        }
        let mut bound = |name: &str, value: &Option<String>, end: bool| {
            let value = value.as_deref()?;
            let time = parse_bound(value, end, &zone);
            if time.is_none() {
                let detail = "must be a date like 2026-06-03 or a time with an offset like 2026-06-03T10:00:00Z";
                faults.push(Fault::new(at(name), detail));
            }
            time
        };
        let (from, to) = (bound("date_from", &self.from, false), bound("date_to", &self.to, true));
        if let (Some(from), Some(to)) = (from, to)
            && (from > to || (from == to && self.from != self.to))
        {
            faults.push(Fault::new(at("date_from"), "is not before date_to"));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let range = self.preset.map_or(TimeRange { from, to }, |preset| preset.range(now, &zone, week_start));
        Ok((range, zone))
    }
}

/// A bound of a period. A `+` that a caller forgot to encode arrives as a space and is taken for the `+` of an offset.
fn parse_bound(value: &str, end: bool, zone: &TimeZone) -> Option<Timestamp> {
    if value.len() == 10
        && let Ok(date) = value.parse::<Date>()
    {
        return start_of(if end { date.tomorrow().ok()? } else { date }, zone);
    }
    let mended = match value.split_once(' ') {
        Some((time, offset)) if time.contains('T') => format!("{time}+{offset}"),
        _ => value.to_owned(),
    };
    crate::time::parse_time(&mended, "").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn range(preset: DatePreset, now: &str, zone_name: &str) -> (String, String) {
        let range = preset.range(at(now), &zone(zone_name), Weekday::Monday);
        (range.from.unwrap().to_string(), range.to.unwrap().to_string())
    }

    #[test]
    fn presets_are_local_days() {
        // Wednesday 25 November 2026, 23:30 UTC is already Thursday in Tokyo.
        let now = "2026-11-25T23:30:00Z";
        for (preset, zone, from, to) in [
            (DatePreset::Today, "UTC", "2026-11-25T00:00:00Z", "2026-11-26T00:00:00Z"),
            (DatePreset::Today, "Asia/Tokyo", "2026-11-25T15:00:00Z", "2026-11-26T15:00:00Z"),
            (DatePreset::Yesterday, "UTC", "2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z"),
            (DatePreset::Last7Days, "UTC", "2026-11-19T00:00:00Z", "2026-11-26T00:00:00Z"),
            (DatePreset::ThisWeek, "UTC", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"),
            (DatePreset::LastWeek, "UTC", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"),
            (DatePreset::ThisMonth, "UTC", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
            (DatePreset::LastMonth, "UTC", "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"),
            (DatePreset::ThisQuarter, "UTC", "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            (DatePreset::LastQuarter, "UTC", "2026-07-01T00:00:00Z", "2026-10-01T00:00:00Z"),
            (DatePreset::ThisYear, "UTC", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            (DatePreset::LastYear, "UTC", "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ] {
            assert_eq!(range(preset, now, zone), (from.to_owned(), to.to_owned()), "{} in {zone}", preset.as_str());
        }
    }

    #[test]
    fn days_follow_the_clock_through_its_changes() {
        // Berlin: 29 March 2026 has 23 hours, 25 October 25.
        let hours = |day: &str| {
            let range = DatePreset::Today.range(at(day), &zone("Europe/Berlin"), Weekday::Monday);
            (range.to.unwrap().as_second() - range.from.unwrap().as_second()) / 3600
        };
        assert_eq!(
            (hours("2026-03-29T10:00:00Z"), hours("2026-10-25T10:00:00Z"), hours("2026-06-01T10:00:00Z")),
            (23, 25, 24)
        );
    }

    #[test]
    fn a_date_as_upper_bound_covers_its_day() {
        let request = PeriodRequest {
            from: Some("2026-03-10".into()),
            to: Some("2026-03-10".into()),
            ..PeriodRequest::default()
        };
        let (range, _) = request.resolve("", at("2026-11-25T00:00:00Z"), &TimeZone::UTC, Weekday::Monday).unwrap();
        assert!(range.contains(at("2026-03-10T00:00:00Z")) && range.contains(at("2026-03-10T23:59:59.999Z")));
        assert!(!range.contains(at("2026-03-11T00:00:00Z")) && !range.contains(at("2026-03-09T23:59:59.999Z")));
    }

    #[test]
    fn raw_plus_is_mended_and_every_fault_is_named() {
        let now = at("2026-11-25T00:00:00Z");
        let request = PeriodRequest { from: Some("2026-03-01T00:00:00 10:00".into()), ..PeriodRequest::default() };
        let (range, _) = request.resolve("", now, &TimeZone::UTC, Weekday::Monday).unwrap();
        assert_eq!(range.from.unwrap(), at("2026-02-28T14:00:00Z"));

        let request = PeriodRequest {
            preset: Some(DatePreset::Today),
            from: Some("yesterday".into()),
            to: Some("2026-13-01".into()),
            zone: Some("Mars/Olympus".into()),
        };
        let faults = request.resolve("/", now, &TimeZone::UTC, Weekday::Monday).unwrap_err();
        let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/timezone", "/date_preset", "/date_from", "/date_to"]);

        let request = PeriodRequest {
            from: Some("2026-03-11".into()),
            to: Some("2026-03-09".into()),
            ..PeriodRequest::default()
        };
        assert_eq!(request.resolve("", now, &TimeZone::UTC, Weekday::Monday).unwrap_err()[0].pointer, "date_from");
    }
}
