//! What a chatbot is told of a customer: the Insightarc answers, folded from sessions.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::Signal;
use super::session::{SeenPage, Session, newest_of_each};

/// How long a session must be silent to count as left: 30 minutes, what web analytics commonly take for the end of a visit.
pub const LEFT_AFTER: SignedDuration = SignedDuration::from_mins(30);
/// Bot points (see `bot.rs`; 0–100) from which a session counts as a program's.
pub const BOT_FROM: u32 = 50;

/// Something the customer looked at.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Intent {
    /// Address of the page.
    #[schema(example = "https://example.com/product/123")]
    pub url: String,
    /// Name of what it shows; `null` where the page view named none.
    pub name: Option<String>,
    /// Category of what it shows.
    pub category: Option<String>,
    /// Price.
    pub price_amount: Option<f64>,
    /// Currency of the price, ISO 4217.
    pub price_cur: Option<String>,
    /// When the page was seen last; left out in `current_intent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub timestamp: Option<Timestamp>,
}

/// What the sessions of the time range say together.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct HistoryStats {
    /// Whether there was a purchase.
    pub bought: bool,
    /// Share of the tenant's journey (`settings.journey`) whose steps were reached, by weight, 0–100; `null` without sessions.
    #[schema(minimum = 0, maximum = 100)]
    pub engagement_rate: Option<f64>,
    /// Where the newest session stands: `after_buy` with a purchase; else `reg` with a registration; else `drop` when it was ended or has been
    /// silent for 30 minutes; else `null`.
    pub type_of_signal: Option<Signal>,
    /// Mean seconds on a page, of the page views whose time is known; each counts 10 minutes at most. `null` when none is known.
    pub avg_see_page: Option<f64>,
    /// Whether the sessions look like a program's: pace, regularity, breadth and missing dwell give 50 points or more of 100.
    pub is_bot: bool,
}

/// A customer's history.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct History {
    /// As asked for.
    #[serde(rename = "customerId")]
    pub customer_id: String,
    /// Of the sessions with an event in the time range.
    pub stats: HistoryStats,
    /// Pages seen in the time range, newest first, each once.
    pub intents: Vec<Intent>,
}

/// What a running session says.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RealtimeStats {
    /// Share of the tenant's journey that was reached, by weight, 0–100.
    #[schema(minimum = 0, maximum = 100)]
    pub engagement_rate: Option<f64>,
    /// As in the history.
    pub type_of_signal: Option<Signal>,
    /// As in the history.
    pub avg_see_page: Option<f64>,
    /// As in the history.
    pub is_bot: bool,
}

/// A session as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Realtime {
    /// As asked for.
    #[serde(rename = "sessionId")]
    pub session_id: String,
    /// Of this session.
    pub stats: RealtimeStats,
    /// The page seen last; `null` before the first.
    pub current_intent: Option<Intent>,
}

/// Where a session stands at `now`.
pub fn signal(session: &Session, now: Timestamp) -> Option<Signal> {
    let left = session.ended_at.is_some() || now.duration_since(session.last_at) >= LEFT_AFTER;
    if session.bought_at.is_some() {
        Some(Signal::AfterBuy)
    } else if session.registered_at.is_some() {
        Some(Signal::Reg)
    } else if left && session.views > 0 {
        Some(Signal::Drop)
    } else {
        None
    }
}

/// The history of a customer from `since` on, with `limit` intents at most. A session belongs to the range when its last event does, and
/// then counts whole.
pub fn history(
    customer_id: &str,
    sessions: &[Session],
    since: Option<Timestamp>,
    limit: usize,
    now: Timestamp,
) -> History {
    let inside = |at: Timestamp| since.is_none_or(|since| at >= since);
    let sessions: Vec<&Session> =
        sessions.iter().filter(|session| session.session_id.is_some() && inside(session.last_at)).collect();
    let newest = sessions.iter().max_by_key(|session| session.last_at);
    let pages = sessions.iter().flat_map(|session| session.pages.iter()).filter(|seen| inside(seen.at)).cloned();
    History {
        customer_id: customer_id.to_owned(),
        stats: HistoryStats {
            bought: sessions.iter().any(|session| session.bought_at.is_some_and(inside)),
            engagement_rate: engagement(&sessions),
            type_of_signal: newest.and_then(|newest| signal(newest, now)),
            avg_see_page: mean_time(&sessions),
            is_bot: is_bot(&sessions),
        },
        intents: newest_of_each(pages.collect(), limit).into_iter().map(Intent::of).collect(),
    }
}

/// The session of that id as it stands: the newest, should two customers have used the id. `None` without any.
pub fn realtime(session_id: &str, sessions: &[Session], now: Timestamp) -> Option<Realtime> {
    let session = sessions.iter().max_by_key(|session| session.last_at)?;
    let current = session.pages.first().cloned();
    Some(Realtime {
        session_id: session_id.to_owned(),
        stats: RealtimeStats {
            engagement_rate: engagement(&[session]),
            type_of_signal: signal(session, now),
            avg_see_page: mean_time(&[session]),
            is_bot: is_bot(&[session]),
        },
        current_intent: current.map(|seen| Intent { timestamp: None, ..Intent::of(seen) }),
    })
}

impl Intent {
    /// A page and when it was seen last.
    pub fn of(seen: SeenPage) -> Self {
        let page = seen.page;
        Self {
            url: page.url,
            name: page.name,
            category: page.category,
            price_amount: page.price_amount,
            price_cur: page.price_cur,
            timestamp: Some(seen.at),
        }
    }
}

/// Weight of the steps reached in any of the sessions over that of the whole journey, as the newest session knows it.
fn engagement(sessions: &[&Session]) -> Option<f64> {
    let journey = &sessions.iter().max_by_key(|session| session.last_at)?.journey;
    let whole: u32 = journey.iter().map(|step| step.weight).sum();
    let reached = journey.iter().filter(|step| sessions.iter().any(|session| session.reached.contains(&step.name)));
    let reached: u32 = reached.map(|step| step.weight).sum();
    (whole > 0).then(|| round1(100.0 * f64::from(reached) / f64::from(whole)))
}

fn mean_time(sessions: &[&Session]) -> Option<f64> {
    let views: u32 = sessions.iter().map(|session| session.timed_views).sum();
    let time: u64 = sessions.iter().map(|session| session.timed_ms).sum();
    (views > 0).then(|| round1(whole(time) / f64::from(views) / 1000.0))
}

/// The mean of the sessions' points, each counting by its page views.
fn is_bot(sessions: &[&Session]) -> bool {
    let views: u64 = sessions.iter().map(|session| u64::from(session.views)).sum();
    let points: u64 = sessions.iter().map(|session| u64::from(session.bot_score) * u64::from(session.views)).sum();
    views > 0 && points >= u64::from(BOT_FROM) * views
}

#[expect(clippy::cast_precision_loss, reason = "100 sessions of 10,000 views of 10 minutes: below 2^53")]
fn whole(milliseconds: u64) -> f64 {
    milliseconds as f64
}

fn round1(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::super::journey::{JourneyStep, default_journey};
    use super::super::session::absorb;
    use super::super::{Event, EventKind, EventType, Page, PageView};
    use super::*;

    const NOON: &str = "2026-11-25T12:00:00Z";

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn minutes_before_noon(minutes: i64) -> Timestamp {
        at(NOON) - SignedDuration::from_mins(minutes)
    }

    fn event(id: &str, minutes: i64, kind: EventKind) -> Event {
        Event {
            id: id.into(),
            at: minutes_before_noon(minutes),
            customer_id: "c".into(),
            session_id: Some("s".into()),
            kind,
        }
    }

    fn view(id: &str, minutes: i64, url: &str) -> Event {
        let page = Page { url: url.into(), name: Some(id.into()), category: None, price_amount: None, price_cur: None };
        event(id, minutes, EventKind::PageView(PageView { page, duration_ms: Some(45_200) }))
    }

    fn session(events: &[Event]) -> Session {
        absorb(None, &events.iter().collect::<Vec<_>>(), &default_journey()).unwrap().0
    }

    #[test]
    fn signals_follow_their_rules() {
        let (buy, reg, end) = (EventKind::Purchase, EventKind::Registration, EventKind::SessionEnd);
        for (name, events, expected) in [
            ("just now", vec![view("1", 1, "/")], None),
            ("29 minutes ago", vec![view("1", 29, "/")], None),
            ("30 minutes ago", vec![view("1", 30, "/")], Some(Signal::Drop)),
            ("left", vec![view("1", 2, "/"), event("2", 1, end.clone())], Some(Signal::Drop)),
            ("registered", vec![view("1", 60, "/"), event("2", 59, reg.clone())], Some(Signal::Reg)),
            (
                "bought",
                vec![event("1", 60, reg), event("2", 50, buy), event("3", 49, end.clone())],
                Some(Signal::AfterBuy),
            ),
            ("nothing seen", vec![event("1", 90, end)], None),
            ("ahead of our clock", vec![view("1", -60, "/")], None),
        ] {
            assert_eq!(signal(&session(&events), at(NOON)), expected, "{name}");
        }
    }

    #[test]
    fn a_history_is_of_its_range_and_its_newest_session_gives_the_signal() {
        let old = session(&[view("a", 60 * 24 * 9, "/product/1"), event("b", 60 * 24 * 9, EventKind::Purchase)]);
        let new = session(&[view("c", 50, "/cart"), view("d", 45, "/product/1"), view("e", 40, "/product/2")]);
        let all = history("c", &[old.clone(), new.clone()], None, 10, at(NOON));
        let names: Vec<_> = all.intents.iter().map(|intent| intent.name.clone().unwrap()).collect();
        assert_eq!(names, ["e", "d", "c"], "each address once, as it was seen last");
        assert_eq!((all.stats.bought, all.stats.type_of_signal), (true, Some(Signal::Drop)));
        assert_eq!(all.stats.engagement_rate, Some(66.7), "landing, product, cart, thank_you of six");
        assert_eq!(all.stats.avg_see_page, Some(45.2));

        let week = Some(minutes_before_noon(60 * 24 * 7));
        let recent = history("c", &[old, new], week, 2, at(NOON));
        assert_eq!((recent.stats.bought, recent.intents.len()), (false, 2));
        assert_eq!(recent.stats.engagement_rate, Some(50.0));

        let none = history("c", &[], None, 10, at(NOON));
        assert_eq!(none.stats.engagement_rate, None);
        assert!(none.intents.is_empty() && !none.stats.bought && !none.stats.is_bot);
    }

    #[test]
    fn weights_decide_the_share_of_the_journey() {
        let step = |name: &str, weight: u32, path: &str, events: &[EventType]| JourneyStep {
            name: name.into(),
            weight,
            paths: vec![path.into()],
            events: events.to_vec(),
        };
        let journey = [step("look", 157, "/p*", &[]), step("buy", 43, "/-", &[EventType::Purchase])];
        let events = [view("1", 5, "/p/1")];
        let (session, ..) = absorb(None, &[&events[0]], &journey).unwrap();
        assert_eq!(realtime("s", &[session], at(NOON)).unwrap().stats.engagement_rate, Some(78.5));
    }

    #[test]
    fn answers_have_the_names_of_the_seed() {
        let session = session(&[
            view("Order Confirmation", 1, "https://store.com/thank-you"),
            event("2", 1, EventKind::Purchase),
        ]);
        let json =
            serde_json::to_value(realtime("sess_xyz789", std::slice::from_ref(&session), at(NOON)).unwrap()).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "sessionId": "sess_xyz789",
                "stats": {"engagement_rate": 33.3, "type_of_signal": "after_buy", "avg_see_page": 45.2, "is_bot": false},
                "current_intent": {
                    "url": "https://store.com/thank-you", "name": "Order Confirmation", "category": null, "price_amount": null, "price_cur": null,
                },
            })
        );
        let json = serde_json::to_value(history("user_67890", &[session], None, 3, at(NOON))).unwrap();
        let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&json), ["customerId", "intents", "stats"]);
        assert_eq!(keys(&json["stats"]), ["avg_see_page", "bought", "engagement_rate", "is_bot", "type_of_signal"]);
        assert_eq!(keys(&json["intents"][0]), ["category", "name", "price_amount", "price_cur", "timestamp", "url"]);
    }
}
