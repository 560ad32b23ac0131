//! Unchecked bytes to [`Event`]s; every fault of a request is named.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{Article, Event, EventKind, EventType, Page, PageView, SupportKind};
use crate::fault::Fault;
use crate::reader::{At, Reader, boolean, capped, event_time, id_text, take, text, word};

/// Most events in a request.
pub const MAX_EVENTS: usize = 500;
/// Longest address of a page, in characters.
pub const MAX_URL: usize = 2_048;
/// Longest name of a page, article title or slug, in characters.
pub const MAX_TITLE: usize = 300;
/// Longest category, in characters.
pub const MAX_CATEGORY: usize = 100;
/// Longest duration of a page view, in seconds: a day.
pub const MAX_DURATION_SECS: f64 = 86_400.0;
/// Largest price.
pub const MAX_PRICE: f64 = 1e9;

/// A request that was understood.
#[derive(Debug)]
pub struct Intake {
    /// The events in the order of the request.
    pub events: Vec<Event>,
    /// What was accepted but not kept: unknown fields.
    pub warnings: Vec<Fault>,
}

/// A request of which nothing is accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not UTF-8.
    #[error("The body is not UTF-8: byte {0} is not part of a character")]
    NotUtf8(usize),
    /// Not JSON.
    #[error("The body is not JSON: {0}")]
    NotJson(String),
    /// JSON, but not valid.
    #[error("The request is not valid")]
    Invalid(Vec<Fault>),
}

/// Reads `{"events": [1–500 objects]}`. `now` bounds the times in it.
pub fn read_json(body: &[u8], now: Timestamp) -> Result<Intake, Unreadable> {
    let value = serde_json::from_str(utf8(body)?).map_err(|error| Unreadable::NotJson(error.to_string()))?;
    let mut reader = Reader::new(now);
    let root = At::ROOT;
    let Value::Object(mut map) = value else {
        return Err(Unreadable::Invalid(vec![Fault::new("", "must be an object with the field events")]));
    };
    let list = take(&mut map, "events");
    reader.leftovers(&root, &map, &["events"]);
    let at = root.field("events");
    let list = match list {
        Some(Value::Array(list)) => list,
        Some(_) => {
            reader.fault(&at, "must be an array of events");
            Vec::new()
        }
        None => {
            reader.fault(&at, "is required");
            Vec::new()
        }
    };
    if !reader.is_clean() {
        return Err(Unreadable::Invalid(reader.take_faults()));
    }
    read(list, &at, reader)
}

/// Reads one event a line (`application/x-ndjson`); empty lines are skipped. A fault's pointer begins with the event's number, from 0.
pub fn read_lines(body: &[u8], now: Timestamp) -> Result<Intake, Unreadable> {
    let lines = utf8(body)?.lines().filter(|line| !line.trim().is_empty());
    let mut events = Vec::new();
    for (index, line) in lines.enumerate() {
        if index > MAX_EVENTS {
            break; // one more than allowed is enough to say so
        }
        let event = serde_json::from_str::<Value>(line);
        events.push(event.map_err(|error| Unreadable::NotJson(format!("event {index}: {error}")))?);
    }
    read(events, &At::ROOT, Reader::new(now))
}

fn utf8(body: &[u8]) -> Result<&str, Unreadable> {
    std::str::from_utf8(body).map_err(|error| Unreadable::NotUtf8(error.valid_up_to()))
}

fn read(list: Vec<Value>, at: &At<'_>, mut reader: Reader) -> Result<Intake, Unreadable> {
    if list.is_empty() {
        reader.fault(at, "must hold at least one event");
    } else if list.len() > MAX_EVENTS {
        reader.fault(at, format!("holds more than the {MAX_EVENTS} events that are accepted at a time"));
    } else {
        let list = list.into_iter().enumerate();
        let events: Vec<Event> =
            list.filter_map(|(index, value)| event(value, &at.index(index), &mut reader)).collect();
        if reader.is_clean() {
            return Ok(Intake { events, warnings: reader.warnings() });
        }
    }
    Err(Unreadable::Invalid(capped(reader.take_faults())))
}

const COMMON: &[&str] = &["id", "type", "occurred_at", "customer_id", "session_id"];
const PAGE: &[&str] = &["url", "name", "category", "price_amount", "price_cur", "duration_secs"];
const ARTICLE: &[&str] = &["article_id", "title", "slug"];
const FEEDBACK: &[&str] = &["article_id", "title", "slug", "helpful"];
const RATING: &[&str] = &["rating"];

fn event(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<Event> {
    let mut map = reader.object(value, at)?;
    let id = reader.id(&mut map, at);
    let event_type =
        reader.required(&mut map, at, "type", |v, at, reader| word(&v, at, reader, EventType::parse, EventType::WORDS));
    let occurred_at = reader.required(&mut map, at, "occurred_at", event_time);
    let customer_id = reader.required(&mut map, at, "customer_id", id_text);
    let session_id = reader.optional(&mut map, at, "session_id", id_text);
    let event_type = event_type?;
    let session = at.field("session_id");
    if event_type.needs_session() && session_id.is_none() && !reader.has_fault_at(&session) {
        reader.fault(&session, format!("is required for {}", event_type.as_str()));
    }
    let (kind, own) = match event_type {
        EventType::PageView => (page_view(&mut map, at, reader).map(EventKind::PageView), PAGE),
        EventType::Purchase => (Some(EventKind::Purchase), &[][..]),
        EventType::Registration => (Some(EventKind::Registration), &[][..]),
        EventType::SessionEnd => (Some(EventKind::SessionEnd), &[][..]),
        EventType::ArticleView => {
            (article(&mut map, at, reader).map(SupportKind::ArticleView).map(EventKind::Support), ARTICLE)
        }
        EventType::ArticleFeedback => (feedback(&mut map, at, reader).map(EventKind::Support), FEEDBACK),
        EventType::EmailBounce => (Some(EventKind::Support(SupportKind::EmailBounce)), &[][..]),
        EventType::EmailComplaint => (Some(EventKind::Support(SupportKind::EmailComplaint)), &[][..]),
        EventType::CsatResponse => {
            let rating = reader.optional(&mut map, at, "rating", rating);
            (Some(EventKind::Support(SupportKind::CsatResponse { rating })), RATING)
        }
    };
    let known: Vec<&str> = COMMON.iter().chain(own).copied().collect();
    reader.leftovers(at, &map, &known);
    Some(Event { id: id?, at: occurred_at?, customer_id: customer_id?, session_id, kind: kind? })
}

fn page_view(map: &mut Map<String, Value>, at: &At<'_>, reader: &mut Reader) -> Option<PageView> {
    let url = reader.required(map, at, "url", |value, at, reader| {
        let url = text(value, at, reader, 1, MAX_URL)?;
        let ok = url.starts_with('/') || url.contains("://");
        if !ok || url.chars().any(char::is_control) {
            reader.fault(at, "must be an address like https://example.com/product/123, or a path that begins with /");
            return None;
        }
        Some(url)
    });
    let name = reader.optional(map, at, "name", |v, at, reader| text(v, at, reader, 0, MAX_TITLE));
    let category = reader.optional(map, at, "category", |v, at, reader| text(v, at, reader, 0, MAX_CATEGORY));
    let price_amount = reader.optional(map, at, "price_amount", |value, at, reader| {
        let price = value.as_f64().filter(|price| (0.0..=MAX_PRICE).contains(price));
        reader.some(price, at, "must be a number from 0 to 1000000000; strings are not accepted")
    });
    let price_cur = reader.optional(map, at, "price_cur", |value, at, reader| {
        let code = value.as_str().filter(|code| code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()));
        reader.some(code.map(str::to_owned), at, "must be a currency of ISO 4217, like USD")
    });
    let duration_ms = reader.optional(map, at, "duration_secs", |value, at, reader| {
        let seconds = value.as_f64().filter(|seconds| (0.0..=MAX_DURATION_SECS).contains(seconds));
        reader.some(seconds.map(milliseconds), at, "must be a number of seconds from 0 to 86400")
    });
    Some(PageView { page: Page { url: url?, name, category, price_amount, price_cur }, duration_ms })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to a day: far inside u32")]
fn milliseconds(seconds: f64) -> u32 {
    (seconds * 1000.0).round() as u32
}

fn article(map: &mut Map<String, Value>, at: &At<'_>, reader: &mut Reader) -> Option<Article> {
    let id = reader.required(map, at, "article_id", id_text);
    let title = reader.optional(map, at, "title", |v, at, reader| text(v, at, reader, 0, MAX_TITLE));
    let slug = reader.optional(map, at, "slug", |v, at, reader| text(v, at, reader, 0, MAX_TITLE));
    Some(Article { id: id?, title, slug })
}

fn feedback(map: &mut Map<String, Value>, at: &At<'_>, reader: &mut Reader) -> Option<SupportKind> {
    let article = article(map, at, reader);
    let helpful = reader.required(map, at, "helpful", |v, at, reader| boolean(&v, at, reader));
    Some(SupportKind::ArticleFeedback { article: article?, helpful: helpful? })
}

#[expect(clippy::needless_pass_by_value, reason = "the signature that the reader asks for")]
fn rating(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<u8> {
    let rating = value.as_u64().and_then(|rating| u8::try_from(rating).ok()).filter(|r| (1..=5).contains(r));
    reader.some(rating, at, "must be a whole number from 1 to 5")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn now() -> Timestamp {
        "2026-11-25T12:00:00Z".parse().unwrap()
    }

    fn view() -> Value {
        json!({
            "id": "e1", "type": "page_view", "occurred_at": "2026-11-25T11:00:00Z", "customer_id": "c", "session_id": "s",
            "url": "https://store.com/p/1", "name": "One", "category": "shoes", "price_amount": 150, "price_cur": "USD",
            "duration_secs": 12.5,
        })
    }

    fn read(events: &[Value]) -> Result<Intake, Unreadable> {
        read_json(json!({ "events": events }).to_string().as_bytes(), now())
    }

    fn pointers(result: Result<Intake, Unreadable>) -> Vec<String> {
        match result {
            Err(Unreadable::Invalid(faults)) => faults.into_iter().map(|fault| fault.pointer).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_event_is_read_as_it_came() {
        let intake = read(&[view()]).unwrap();
        let EventKind::PageView(view) = &intake.events[0].kind else { panic!() };
        assert_eq!((view.page.url.as_str(), view.duration_ms), ("https://store.com/p/1", Some(12_500)));
        assert_eq!(view.page.price_amount, Some(150.0));
        assert!(intake.warnings.is_empty());
    }

    #[test]
    fn every_type_is_read_and_lines_are_like_a_list() {
        let base = |event_type: &str| json!({"id": event_type, "type": event_type, "occurred_at": "2026-11-25T11:00:00Z", "customer_id": "c", "session_id": "s"});
        let mut events: Vec<Value> = EventType::WORDS.iter().map(|word| base(word)).collect();
        for event in &mut events {
            event["url"] = json!("/p");
            event["article_id"] = json!("a");
            event["helpful"] = json!(true);
        }
        let lines: Vec<String> = events.iter().map(Value::to_string).collect();
        let of_lines = read_lines(format!("\n{}\n\n", lines.join("\r\n")).as_bytes(), now()).unwrap();
        let of_list = read(&events).unwrap();
        assert_eq!(of_lines.events, of_list.events);
        let types: Vec<&str> = of_list.events.iter().map(|event| event.kind.event_type().as_str()).collect();
        assert_eq!(types, EventType::WORDS);
        // What a type has no use for is said, not ignored.
        assert!(!of_list.warnings.is_empty());
    }

    #[test]
    fn every_fault_of_every_event_is_named() {
        let with = |name: &str, value: Value| {
            let mut event = view();
            event[name] = value;
            event
        };
        let bad = [
            with("price_amount", json!("150.00")),
            with("duration_secs", json!(-1)),
            with("occurred_at", json!("2026-11-27T12:00:00Z")),
            with("type", json!("page_viewed")),
            with("url", json!("javascript:alert(1)")),
            with("price_cur", json!("usd")),
            with("session_id", Value::Null),
            with("session_id", json!(7)),
            with("customer_id", json!("")),
            with("catgory", json!("x")),
            json!(7),
        ];
        assert_eq!(
            pointers(read(&bad)),
            [
                "/events/0/price_amount",
                "/events/1/duration_secs",
                "/events/2/occurred_at",
                "/events/3/type",
                "/events/4/url",
                "/events/5/price_cur",
                "/events/6/session_id",
                "/events/7/session_id",
                "/events/8/customer_id",
                "/events/9/catgory",
                "/events/10",
            ]
        );
        // A clock an hour ahead is a clock, not an error.
        assert!(read(&[with("occurred_at", json!("2026-11-25T13:00:00Z"))]).is_ok());
    }

    #[test]
    fn numbers_of_events_are_bounded() {
        assert_eq!(pointers(read(&[])), ["/events"]);
        assert_eq!(pointers(read(&vec![view(); MAX_EVENTS + 1])), ["/events"]);
        assert_eq!(read(&vec![view(); MAX_EVENTS]).unwrap().events.len(), MAX_EVENTS);
        let lines = format!("{}\n", view()).repeat(MAX_EVENTS + 1);
        assert_eq!(pointers(read_lines(lines.as_bytes(), now())), [""]);
        assert!(matches!(read_lines(b"{}\n{", now()), Err(Unreadable::NotJson(_))));
        assert!(matches!(read_json(&[0xff], now()), Err(Unreadable::NotUtf8(0))));
        assert_eq!(pointers(read_json(b"[]", now())), [""]);
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic(text in "\\PC*", field in 0_usize..11, value in "\\PC{0,20}") {
            prop_assert!(read_json(text.as_bytes(), now()).is_err());
            prop_assert!(read_lines(text.as_bytes(), now()).is_err());
            let mut event = view();
            let name = event.as_object().unwrap().keys().nth(field).unwrap().clone();
            event[name] = json!(value);
            if let Err(Unreadable::Invalid(faults)) = read(&[event]) {
                prop_assert!(faults.iter().all(|fault| fault.pointer.starts_with("/events/0")), "{faults:?}");
            }
        }
    }
}
