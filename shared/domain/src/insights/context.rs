//! What a report is asked for: the period, its buckets, and who belongs.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::analysis::{AgentKind, DetectionKind};
use crate::conversation::words;
use crate::facts::FactRow;
use crate::facts::filter::Filter;
use crate::fault::Fault;
use crate::insights::buckets::{Buckets, Interval, MAX_BUCKETS};
use crate::settings::ScoreWeights;
use crate::time_range::{DatePreset, TimeRange, start_of};

words! {
    /// The six skills of an assessment.
    Skill {
        /// Knows the matter.
        DepthOfKnowledge => "depth_of_knowledge",
        /// Meets the customer's feelings.
        Sensitivity => "sensitivity",
        /// Courtesy.
        Interpersonal => "interpersonal",
        /// Says it plainly.
        Clarity => "clarity",
        /// Takes it on.
        Ownership => "ownership",
        /// Gets there in few steps.
        Efficiency => "efficiency",
    }
}

/// How long before the period a conversation may have begun whose ratings and closings are still counted by their own time, in days.
pub const REACH_DAYS: i32 = 90;

/// What a report is asked for.
#[derive(Clone, Debug)]
pub struct Context {
    /// First instant of the period.
    pub from: Timestamp,
    /// First instant after it.
    pub to: Timestamp,
    /// Where days begin.
    pub zone: TimeZone,
    /// Length of a series' buckets.
    pub interval: Interval,
    /// First day of a week.
    pub week: Weekday,
    /// The series' buckets.
    pub buckets: Buckets,
    /// Who belongs; its period is open, [`Context::holds`] is asked instead.
    pub filter: Filter,
    /// Whether rows list their conversations.
    pub uids: bool,
    /// The time of the request.
    pub now: Timestamp,
    /// Weights of the performance score.
    pub weights: ScoreWeights,
    /// The tag that `customer-monitoring-chart` follows.
    pub subject: Option<String>,
    /// The skill that `agent-assessment-conversation-uids` asks for.
    pub skill: Option<Skill>,
    /// The detection that it asks for.
    pub detection: Option<DetectionKind>,
}

/// A period without open sides: the last 30 local days unless something else is asked for. Without `to` it ends with today, without
/// `from` it has 30 days.
pub fn bounded(range: TimeRange, now: Timestamp, zone: &TimeZone) -> (Timestamp, Timestamp) {
    let today = DatePreset::Last30Days.range(now, zone, Weekday::Monday);
    match (range.from, range.to) {
        (Some(from), Some(to)) => (from, to),
        (Some(from), None) => (from, today.to.unwrap_or(from).max(from)),
        (None, Some(to)) => {
            let day = zone.to_datetime(to).date().checked_sub(30.days()).ok();
            let exact = to.checked_sub((30 * 24).hours()).unwrap_or(to);
            let local = day.and_then(|day| zone.to_zoned_datetime(day.to_datetime(zone.to_datetime(to).time())).ok());
            (local.map_or(exact, |local| local.timestamp()), to)
        }
        (None, None) => (today.from.unwrap_or(now), today.to.unwrap_or(now)),
    }
}

impl Context {
    /// A context for a bounded period, or what is wrong with it.
    pub fn new(
        (from, to): (Timestamp, Timestamp),
        (zone, week): (TimeZone, Weekday),
        interval: Interval,
        now: Timestamp,
    ) -> Result<Self, Fault> {
        let buckets = Buckets::new(from, to, &zone, interval, week).ok_or_else(|| {
            let detail = format!(
                "gives more than {MAX_BUCKETS} buckets of one {}; take a longer one or a shorter period",
                interval.as_str()
            );
            Fault::new("interval", detail)
        })?;
        Ok(Self {
            from,
            to,
            zone,
            interval,
            week,
            buckets,
            filter: Filter::default(),
            uids: false,
            now,
            weights: ScoreWeights::default(),
            subject: None,
            skill: None,
            detection: None,
        })
    }

    /// The same question about the period of equal length before: as many local days where the period is whole local days.
    pub fn previous(&self) -> Result<Self, Fault> {
        let (first, last) = (self.zone.to_datetime(self.from).date(), self.zone.to_datetime(self.to).date());
        let whole = start_of(first, &self.zone) == Some(self.from) && start_of(last, &self.zone) == Some(self.to);
        let days = first.until(last).ok().map(|span| span.get_days()).filter(|days| whole && *days > 0);
        let before = days.and_then(|days| start_of(first.checked_sub(days.days()).ok()?, &self.zone));
        let exact = self.from.checked_sub(self.to.duration_since(self.from)).unwrap_or(Timestamp::MIN);
        let from = before.unwrap_or(exact);
        let fresh = Self::new((from, self.from), (self.zone.clone(), self.week), self.interval, self.now)?;
        Ok(Self { from: fresh.from, to: fresh.to, buckets: fresh.buckets, ..self.clone() })
    }

    /// Whether the instant belongs to the period.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }

    /// The earliest beginning of a conversation whose ratings and closings count.
    pub fn earliest(&self) -> Timestamp {
        self.from.checked_sub((24 * i64::from(REACH_DAYS)).hours()).unwrap_or(Timestamp::MIN)
    }

    /// Whether the instant belongs to the later half of the period.
    pub fn is_later(&self, at: Timestamp) -> bool {
        at.as_nanosecond() * 2 >= self.from.as_nanosecond() + self.to.as_nanosecond()
    }

    /// The end of what can be known: the period's end, or now.
    pub fn horizon(&self) -> Timestamp {
        self.to.min(self.now)
    }

    /// Whether an agent gets a row: where the caller asks for certain agents or a kind of them, only those do.
    pub fn wants(&self, id: &str, kind: AgentKind) -> bool {
        let filter = &self.filter;
        (filter.agent_ids.is_empty() || filter.agent_ids.iter().any(|wanted| wanted == id))
            && (filter.participants.is_empty() || filter.participants.contains(&kind))
    }

    /// The local day of an instant, as days since 1970-01-01.
    pub fn day(&self, at: Timestamp) -> i32 {
        let local = self.zone.to_datetime(at).date();
        jiff::civil::date(1970, 1, 1).until(local).map_or(0, |span| span.get_days())
    }

    /// Whether the conversation belongs to the question, leaving its time aside.
    pub fn admits(&self, id: &str, row: &FactRow) -> bool {
        self.filter.matches(id, row)
    }
}
