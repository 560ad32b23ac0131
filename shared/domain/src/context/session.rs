//! What is kept of one customer's events in one session.
//!
//! Two parts: the [`Log`], one short entry an event, which knows what was seen already and in which order it happened; and the
//! [`Session`], folded from it, which is all that an answer needs. A session of thousands of events answers as fast as one of five,
//! because answers do not read the log. Every figure is folded from the whole log in order of time, so events may come late, shuffled and
//! again.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::bot::{self, Trace};
use super::journey::JourneyStep;
use super::{Event, EventKind, Page, SupportKind};

/// Most events kept of a session. A person does not make them; what comes beyond is not kept and the answer says so.
pub const MAX_EVENTS: usize = 10_000;
/// Most pages of which names and prices are kept: those seen last.
pub const MAX_PAGES: usize = 100;
/// Longest that a page counts as looked at, in milliseconds: 10 minutes. A tab left open says nothing of interest in it.
pub const IDLE_AFTER_MS: u32 = 600_000;

/// A step of the journey as it was when the session last changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// Its weight.
    pub weight: u32,
}

/// What answers need of a session.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The caller's id; `None` for the events of a customer that belong to no session.
    pub session_id: Option<String>,
    /// Whose it is.
    pub customer_id: String,
    /// First event.
    pub first_at: Timestamp,
    /// Last event.
    pub last_at: Timestamp,
    /// Events kept.
    pub events: u32,
    /// Page views among them.
    pub views: u32,
    /// Page views whose time is known: measured by the caller, or until the next event.
    pub timed_views: u32,
    /// The time of those, each [`IDLE_AFTER_MS`] at most, in milliseconds.
    pub timed_ms: u64,
    /// The tenant's journey.
    pub journey: Vec<Step>,
    /// Names of the steps that were reached.
    pub reached: BTreeSet<String>,
    /// Last purchase.
    pub bought_at: Option<Timestamp>,
    /// Last registration.
    pub registered_at: Option<Timestamp>,
    /// When it was ended, unless pages were seen after that.
    pub ended_at: Option<Timestamp>,
    /// How much it looks like a program, 0–100: see [`bot`](super::answers::BOT_FROM).
    pub bot_score: u32,
    /// Pages seen last, newest first, each once.
    pub pages: Vec<SeenPage>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("events", &self.events).field("last_at", &self.last_at).finish_non_exhaustive()
    }
}

/// A page and when it was seen last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeenPage {
    /// The page as described by the newest event.
    pub page: Page,
    /// When that happened.
    pub at: Timestamp,
    /// Number of that event, which decides between two of the same time.
    event: u64,
}

/// One entry an event, in order of time.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Log(Vec<Entry>);

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Log({} events)", self.0.len())
    }
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Entry {
    at: Timestamp,
    /// The event's id, hashed to 49 bits: seven bytes when packed, and a doubtful pair in 10,000 comes up once in 10 million sessions.
    id: u64,
    what: What,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
enum What {
    PageView {
        /// The address, hashed to 35 bits.
        url: u64,
        duration_ms: Option<u32>,
    },
    Purchase,
    Registration,
    SessionEnd,
    Support(SupportKind),
}

/// What became of some events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Kept.
    pub accepted: u32,
    /// Known already.
    pub duplicates: u32,
    /// Left out, because the session is full.
    pub not_kept: u32,
}

impl Taken {
    /// Adds another's.
    pub fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.duplicates += other.duplicates;
        self.not_kept += other.not_kept;
    }
}

/// Takes events of one customer in one session into what is kept of it; `None` when there are none. Of two events of one id the one that was there first counts.
pub fn absorb(
    stored: Option<(Session, Log)>,
    events: &[&Event],
    journey: &[JourneyStep],
) -> Option<(Session, Log, Taken)> {
    let first = events.first()?;
    let (before, mut log) = stored.map_or_else(|| (None, Log::default()), |(session, log)| (Some(session), log));
    let mut known: BTreeSet<u64> = log.0.iter().map(|entry| entry.id).collect();
    let mut taken = Taken::default();
    let mut fresh: Vec<&Event> = Vec::with_capacity(events.len());
    for event in events {
        let id = id_number(&event.id);
        if known.contains(&id) {
            taken.duplicates += 1;
        } else if log.0.len() >= MAX_EVENTS {
            taken.not_kept += 1;
        } else {
            known.insert(id);
            log.0.push(Entry { at: event.at, id, what: What::of(&event.kind) });
            fresh.push(event);
            taken.accepted += 1;
        }
    }
    log.0.sort_unstable_by_key(|entry| (entry.at, entry.id));

    let (mut reached, seen) = before.map(|before| (before.reached, before.pages)).unwrap_or_default();
    for step in journey {
        if !reached.contains(&step.name) && fresh.iter().any(|event| step.is_reached_by(event)) {
            reached.insert(step.name.clone());
        }
    }
    let session = Session {
        session_id: first.session_id.clone(),
        customer_id: first.customer_id.clone(),
        journey: journey.iter().map(|step| Step { name: step.name.clone(), weight: step.weight }).collect(),
        reached,
        pages: pages(seen, &fresh),
        ..folded(&log)
    };
    Some((session, log, taken))
}

/// The figures that follow from the log alone.
fn folded(log: &Log) -> Session {
    let entries = &log.0;
    let last_of =
        |wanted: fn(&What) -> bool| entries.iter().rev().find(|entry| wanted(&entry.what)).map(|entry| entry.at);
    let (mut timed_views, mut timed_ms, mut trace) = (0, 0_u64, Trace::default());
    let next = entries.iter().skip(1).map(Some).chain([None]);
    for (entry, next) in entries.iter().zip(next) {
        let What::PageView { url, duration_ms } = entry.what else { continue };
        trace.add(entry.at, url, duration_ms.is_some());
        let until_next = || Some(u32::try_from(next?.at.duration_since(entry.at).as_millis()).unwrap_or(u32::MAX));
        if let Some(time) = duration_ms.or_else(until_next) {
            timed_views += 1;
            timed_ms += u64::from(time.min(IDLE_AFTER_MS));
        }
    }
    let last_view = last_of(|what| matches!(what, What::PageView { .. }));
    let ended_at = last_of(|what| matches!(what, What::SessionEnd));
    Session {
        session_id: None,
        customer_id: String::new(),
        first_at: entries.first().map(|entry| entry.at).unwrap_or_default(),
        last_at: entries.last().map(|entry| entry.at).unwrap_or_default(),
        events: u32::try_from(entries.len()).unwrap_or(u32::MAX),
        views: trace.views(),
        timed_views,
        timed_ms,
        journey: Vec::new(),
        reached: BTreeSet::new(),
        bought_at: last_of(|what| matches!(what, What::Purchase)),
        registered_at: last_of(|what| matches!(what, What::Registration)),
        ended_at: ended_at.filter(|ended| last_view.is_none_or(|view| view <= *ended)),
        bot_score: bot::score(&trace),
        pages: Vec::new(),
    }
}

/// The pages seen last: of each address what the newest event said of it.
fn pages(seen: Vec<SeenPage>, fresh: &[&Event]) -> Vec<SeenPage> {
    let more = fresh.iter().filter_map(|event| match &event.kind {
        EventKind::PageView(view) => {
            Some(SeenPage { page: view.page.clone(), at: event.at, event: id_number(&event.id) })
        }
        _ => None,
    });
    let all = seen.into_iter().chain(more).collect();
    newest_of_each(all, MAX_PAGES)
}

/// Newest first, each address once.
pub(crate) fn newest_of_each(mut pages: Vec<SeenPage>, most: usize) -> Vec<SeenPage> {
    pages.sort_by_key(|seen| std::cmp::Reverse((seen.at, seen.event)));
    let mut urls = BTreeSet::new();
    let kept: Vec<bool> = pages.iter().map(|seen| urls.insert(seen.page.url.clone())).collect();
    let mut kept = kept.into_iter();
    pages.retain(|_| kept.next().unwrap_or(false));
    pages.truncate(most);
    pages
}

impl Session {
    /// Gives up the page seen longest ago; `false` when there is none left. For a session whose pages are too large to keep.
    pub fn drop_oldest_page(&mut self) -> bool {
        self.pages.pop().is_some()
    }
}

/// An event as it can be handed back to the person: what is kept of it.
#[derive(Clone, PartialEq)]
pub struct Kept {
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub event_type: super::EventType,
    /// How long the page was looked at, in milliseconds.
    pub duration_ms: Option<u32>,
    /// What a support event says.
    pub support: Option<SupportKind>,
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("at", &self.at).field("type", &self.event_type).finish_non_exhaustive()
    }
}

impl Log {
    /// Times of the events that reports of the support team count.
    pub fn support_times(&self) -> impl Iterator<Item = Timestamp> {
        self.0.iter().filter(|entry| matches!(entry.what, What::Support(_))).map(|entry| entry.at)
    }

    /// The events in order of time.
    pub fn kept(&self) -> impl Iterator<Item = Kept> {
        use super::EventType;
        self.0.iter().map(|entry| {
            let (event_type, duration_ms, support) = match &entry.what {
                What::PageView { duration_ms, .. } => (EventType::PageView, *duration_ms, None),
                What::Purchase => (EventType::Purchase, None, None),
                What::Registration => (EventType::Registration, None, None),
                What::SessionEnd => (EventType::SessionEnd, None, None),
                What::Support(kind) => (kind.event_type(), None, Some(kind.clone())),
            };
            Kept { at: entry.at, event_type, duration_ms, support }
        })
    }
}

impl What {
    fn of(kind: &EventKind) -> Self {
        match kind {
            EventKind::PageView(view) => {
                Self::PageView { url: hashed(&[&view.page.url]) >> 29, duration_ms: view.duration_ms }
            }
            EventKind::Purchase => Self::Purchase,
            EventKind::Registration => Self::Registration,
            EventKind::SessionEnd => Self::SessionEnd,
            EventKind::Support(kind) => Self::Support(kind.clone()),
        }
    }
}

fn id_number(id: &str) -> u64 {
    hashed(&[id]) >> 15
}

/// First 8 bytes of the SHA-256 of the parts, each preceded by its length.
pub(crate) fn hashed(parts: &[&str]) -> u64 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest: [u8; 32] = hash.finalize().into();
    digest.first_chunk::<8>().copied().map(u64::from_be_bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::PageView;
    use super::super::journey::default_journey;
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + second).unwrap()
    }

    fn event(id: &str, second: i64, kind: EventKind) -> Event {
        Event { id: id.into(), at: at(second), customer_id: "c".into(), session_id: Some("s".into()), kind }
    }

    fn view(id: &str, second: i64, url: &str, seconds: Option<u32>) -> Event {
        let page = Page {
            url: url.into(),
            name: Some(format!("{url} by {id}")),
            category: None,
            price_amount: None,
            price_cur: None,
        };
        event(id, second, EventKind::PageView(PageView { page, duration_ms: seconds.map(|s| s * 1000) }))
    }

    fn of(events: &[Event]) -> Session {
        absorb(None, &events.iter().collect::<Vec<_>>(), &default_journey()).unwrap().0
    }

    #[test]
    fn time_on_a_page_is_measured_or_lasts_until_the_next_event_but_no_longer_than_ten_minutes() {
        let events = [
            view("1", 0, "/", Some(30)),
            view("2", 100, "/product/1", None),
            view("3", 120, "/product/2", None),
            event("4", 10_000, EventKind::SessionEnd),
        ];
        let session = of(&events);
        assert_eq!((session.timed_views, session.timed_ms), (3, 30_000 + 20_000 + 600_000));
        assert_eq!(session.ended_at, Some(at(10_000)));
        // The last page without a measure and without anything after it: nobody knows.
        let session = of(&events[..3]);
        assert_eq!((session.timed_views, session.timed_ms), (2, 50_000));
    }

    #[test]
    fn a_session_that_goes_on_is_not_ended() {
        let events = [view("1", 0, "/", None), event("2", 10, EventKind::SessionEnd), view("3", 20, "/", None)];
        assert_eq!(of(&events).ended_at, None);
    }

    #[test]
    fn steps_are_those_that_were_reached() {
        let session = of(&[view("1", 0, "https://x.com/product/1?c=cart", None), event("2", 5, EventKind::Purchase)]);
        assert_eq!(session.reached.iter().map(String::as_str).collect::<Vec<_>>(), ["landing", "product", "thank_you"]);
    }

    #[test]
    fn a_full_session_takes_no_more_and_says_so() {
        let events: Vec<Event> = (0..MAX_EVENTS).map(|i| event(&i.to_string(), 0, EventKind::Purchase)).collect();
        let (session, log, taken) = absorb(None, &events.iter().collect::<Vec<_>>(), &[]).unwrap();
        assert_eq!(taken.accepted as usize, MAX_EVENTS);
        let more = [event("more", 1, EventKind::Purchase), event("7", 1, EventKind::Purchase)];
        let (_, _, taken) = absorb(Some((session, log)), &[&more[0], &more[1]], &[]).unwrap();
        assert_eq!(taken, Taken { accepted: 0, duplicates: 1, not_kept: 1 });
    }

    fn any_event() -> impl Strategy<Value = Event> {
        (0_u32..60, 0_i64..400, 0_usize..7, 0_u32..8).prop_map(|(id, second, kind, n)| {
            let (id, second) = (id.to_string(), second + i64::from(id) * 7 % 400);
            match kind {
                0 => event(&id, second, EventKind::Purchase),
                1 => event(&id, second, EventKind::Registration),
                2 => event(&id, second, EventKind::SessionEnd),
                3 => event(&id, second, EventKind::Support(SupportKind::CsatResponse { rating: Some(3) })),
                4 => view(&id, second, &format!("/product/{n}"), Some(n)),
                _ => view(&id, second, &format!("/cart/{n}"), None),
            }
        })
    }

    proptest! {
        /// However the events are cut into requests, shuffled and repeated, the end is the same. (Ids that stand for two different
        /// events are made distinct first: of those the first counts.)
        #[test]
        fn order_cuts_and_repetition_change_nothing(
            mut events in proptest::collection::vec(any_event(), 1..80), cuts in proptest::collection::vec(1_usize..9, 1..40),
            order in any::<u64>(), again in any::<u64>(),
        ) {
            let mut ids = BTreeSet::new();
            events.retain(|event| ids.insert(event.id.clone()));
            let whole = of(&events);
            let mut shuffled: Vec<&Event> = events.iter().collect();
            shuffled.sort_by_key(|event| hashed(&[&event.id, &order.to_string()]));
            let repeated: Vec<&Event> =
                events.iter().filter(|event| hashed(&[&event.id, &again.to_string()]).is_multiple_of(2)).collect();
            shuffled.extend(repeated);
            let (mut stored, mut rest, mut cuts) = (None, shuffled.as_slice(), cuts.into_iter().cycle());
            let mut sum = Taken::default();
            while !rest.is_empty() {
                let (now, later) = rest.split_at(cuts.next().unwrap().min(rest.len()));
                let (session, log, taken) = absorb(stored, now, &default_journey()).unwrap();
                sum.add(taken);
                stored = Some((session, log));
                rest = later;
            }
            let (session, log) = stored.unwrap();
            prop_assert_eq!(&session, &whole);
            prop_assert_eq!(sum.accepted as usize, events.len());
            prop_assert_eq!(log.kept().count(), events.len());
        }
    }
}
