//! How much a session looks like a program's.
//!
//! Four signs, each of which people show now and then, but hardly together; points add up to at most 100.
//!
//! | sign | points |
//! |---|---|
//! | pace: the median time between two page views is below 1 second (below 2 seconds) | 40 (20) |
//! | regularity: times between page views vary by less than 10 % (coefficient of variation; below 25 %) | 25 (10) |
//! | breadth: at least 30 page views, 95 % of them of different pages | 20 |
//! | no dwell: for at least 90 % of the page views no time was measured, as by a page whose script saw it closed or left | 15 |
//!
//! Below [`MIN_VIEWS`] page views there is nothing to judge: 0 points.

use std::collections::BTreeSet;

use jiff::Timestamp;

/// Fewest page views that are judged.
pub(crate) const MIN_VIEWS: u32 = 8;
const BREADTH_VIEWS: u32 = 30;

/// Page views in order of time.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    times: Vec<i64>,
    urls: BTreeSet<u64>,
    measured: u32,
}

impl Trace {
    /// Adds the next page view.
    pub(crate) fn add(&mut self, at: Timestamp, url: u64, measured: bool) {
        self.times.push(at.as_millisecond());
        self.urls.insert(url);
        self.measured += u32::from(measured);
    }

    /// Page views.
    pub(crate) fn views(&self) -> u32 {
        u32::try_from(self.times.len()).unwrap_or(u32::MAX)
    }
}

/// The points, 0–100.
pub(crate) fn score(trace: &Trace) -> u32 {
    let views = trace.views();
    if views < MIN_VIEWS {
        return 0;
    }
    let mut gaps: Vec<f64> = trace.times.iter().zip(trace.times.iter().skip(1)).map(|(a, b)| seconds(b - a)).collect();
    gaps.sort_by(f64::total_cmp);
    let median = gaps.get(gaps.len() / 2).copied().unwrap_or_default();
    let pace = if median < 1.0 {
        40
    } else if median < 2.0 {
        20
    } else {
        0
    };
    let variation = variation(&gaps);
    let regularity = if variation < 0.10 {
        25
    } else if variation < 0.25 {
        10
    } else {
        0
    };
    let pages = f64::from(u32::try_from(trace.urls.len()).unwrap_or(u32::MAX));
    let breadth = if views >= BREADTH_VIEWS && pages >= 0.95 * f64::from(views) { 20 } else { 0 };
    let no_dwell = if f64::from(trace.measured) <= 0.10 * f64::from(views) { 15 } else { 0 };
    pace + regularity + breadth + no_dwell
}

#[expect(clippy::cast_precision_loss, reason = "a day in milliseconds is exact")]
fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1000.0
}

/// Standard deviation over mean; 0 when all happened at once.
fn variation(gaps: &[f64]) -> f64 {
    let n = f64::from(u32::try_from(gaps.len()).unwrap_or(u32::MAX));
    let mean = gaps.iter().sum::<f64>() / n;
    if mean == 0.0 {
        return 0.0;
    }
    let variance = gaps.iter().map(|gap| (gap - mean) * (gap - mean)).sum::<f64>() / n;
    variance.sqrt() / mean
}

#[cfg(test)]
mod tests {
    use super::super::answers::BOT_FROM;
    use super::*;

    /// Page views at these milliseconds; `pages` different ones; every `measured`-th with a time.
    fn trace(times: impl IntoIterator<Item = i64>, pages: u64, measured: Option<u64>) -> Trace {
        let mut trace = Trace::default();
        for (i, time) in (0..).zip(times) {
            let at = Timestamp::from_millisecond(1_790_000_000_000 + time).unwrap();
            trace.add(at, i % pages, measured.is_some_and(|every| i % every == 0));
        }
        trace
    }

    /// Times that a person takes: no two alike. (A fixed sequence: 3–45 seconds.)
    fn by_hand(n: i64) -> Vec<i64> {
        let mut time = 0;
        (0..n)
            .map(|i| {
                time += 3_000 + (i * i * 7_919 + i * 104_729) % 42_000;
                time
            })
            .collect()
    }

    #[test]
    fn programs_and_people_are_told_apart() {
        for (name, trace, is_bot) in [
            ("a crawler, five pages a second", trace((0..200).map(|i| i * 200), 200, None), true),
            ("a slow crawler, a page every five seconds", trace((0..60).map(|i| i * 5_000), 60, None), true),
            ("a scraper of one page, every second", trace((0..60).map(|i| i * 900), 1, None), true),
            ("a shopper", trace(by_hand(25), 12, Some(1)), false),
            ("a shopper whose pages measure nothing", trace(by_hand(40), 20, None), false),
            ("a reader of many pages", trace(by_hand(60), 60, Some(2)), false),
            ("five quick clicks", trace((0..5).map(|i| i * 300), 5, None), false),
        ] {
            let score = score(&trace);
            assert_eq!(score >= BOT_FROM, is_bot, "{name}: {score}");
        }
    }

    #[test]
    fn the_most_is_a_hundred() {
        assert_eq!(score(&trace((0..100).map(|i| i * 100), 100, None)), 100);
        assert_eq!(score(&Trace::default()), 0);
    }
}
