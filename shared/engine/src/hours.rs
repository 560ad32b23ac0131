//! Business hours: seconds worked between two times, and the time at which so many have been worked.

use domain::analysis::Duration;
use domain::settings::Settings;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// The tenant's opening hours, compiled. Without any the team works around the clock.
#[derive(Clone, Debug)]
pub(crate) struct Hours {
    zone: TimeZone,
    /// Minutes after midnight, merged and in order, for Monday first.
    days: [Vec<(u16, u16)>; 7],
}

/// No span that the intake lets through is longer; what is beyond is counted by the wall clock.
const MOST_DAYS: usize = 40_000;

impl Hours {
    pub(crate) fn of(settings: &Settings) -> Self {
        let mut days: [Vec<(u16, u16)>; 7] = Default::default();
        for hours in &settings.business_hours {
            let index = Weekday::from(hours.day).to_monday_zero_offset();
            if let Some(day) = usize::try_from(index).ok().and_then(|index| days.get_mut(index)) {
                day.push((hours.opens, hours.closes.min(1440)));
            }
        }
        for day in &mut days {
            day.sort_unstable();
            let mut merged: Vec<(u16, u16)> = Vec::with_capacity(day.len());
            for (opens, closes) in day.drain(..) {
                match merged.last_mut() {
                    Some((_, last)) if opens <= *last => *last = closes.max(*last),
                    _ if opens < closes => merged.push((opens, closes)),
                    _ => {}
                }
            }
            *day = merged;
        }
        Self { zone: settings.zone(), days }
    }

    fn around_the_clock(&self) -> bool {
        self.days.iter().all(Vec::is_empty)
    }

    /// From one time to a later one; zero when they are the other way round.
    pub(crate) fn between(&self, from: Timestamp, to: Timestamp) -> Duration {
        let seconds = seconds_between(from, to);
        let business_seconds = if self.around_the_clock() || seconds == 0 {
            seconds
        } else {
            self.openings(from)
                .take_while(|(opens, _)| *opens < to)
                .map(|(opens, closes)| seconds_between(opens.max(from), closes.min(to)))
                .sum()
        };
        Duration { seconds, business_seconds }
    }

    /// The time at which `seconds` of business have passed since `from`.
    pub(crate) fn after(&self, from: Timestamp, seconds: u64) -> Option<Timestamp> {
        if self.around_the_clock() {
            return add(from, seconds);
        }
        let mut left = seconds;
        for (opens, closes) in self.openings(from) {
            let begins = opens.max(from);
            let open = seconds_between(begins, closes);
            if left <= open && begins < closes {
                return add(begins, left);
            }
            left -= open.min(left);
        }
        None
    }

    /// Opening times as instants, in order, from the day of `from` on. A clock change moves them as it moves the wall clock.
    fn openings(&self, from: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let first = self.zone.to_datetime(from).date();
        let dates = std::iter::successors(Some(first), |date| date.tomorrow().ok()).take(MOST_DAYS);
        dates.flat_map(move |date| {
            let index = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0);
            let spans = self.days.get(index).map_or(&[][..], Vec::as_slice);
            spans
                .iter()
                .filter_map(move |(opens, closes)| Some((self.instant(date, *opens)?, self.instant(date, *closes)?)))
        })
    }

    /// A minute of a day as an instant; a minute that the clock skips is the instant of the skip.
    fn instant(&self, date: Date, minute: u16) -> Option<Timestamp> {
        let local = date.at(0, 0, 0, 0).checked_add(i64::from(minute).minutes()).ok()?;
        self.zone.to_ambiguous_timestamp(local).compatible().ok()
    }
}

fn add(from: Timestamp, seconds: u64) -> Option<Timestamp> {
    from.checked_add(i64::try_from(seconds).ok()?.seconds()).ok()
}

/// Whole seconds from one time to a later one; zero when they are the other way round.
pub(crate) fn seconds_between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_microsecond().saturating_sub(from.as_microsecond()).max(0) / 1_000_000).unwrap_or(0)
}

#[cfg(test)]
#[path = "hours_tests.rs"]
mod tests;
