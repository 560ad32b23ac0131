//! What comes into a session from outside: an expert's answer, and the events of a telephony platform.

use serde_json::Value;

use super::session::{Entry, SessionStatus, Speaker, Turn};
use crate::reader::{At, MAX_ID, Reader, boolean, id_text, text, word};

/// Longest answer or utterance, in characters.
pub const MAX_TEXT: usize = 10_000;
/// Events of a request.
pub const MAX_EVENTS: usize = 100;
/// Longest call, in seconds: a day.
pub const MAX_SECONDS: f64 = 86_400.0;

/// An event of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Somebody said something.
    Said(Turn),
    /// The call came to stand so.
    Status(SessionStatus),
}

impl Event {
    /// An utterance.
    pub fn said(id: String, speaker: Speaker, text: String, timestamp_secs: f64) -> Self {
        let entry = Entry { id: id.clone(), speaker, text, timestamp_secs };
        #[expect(clippy::cast_possible_truncation, reason = "bounded by MAX_SECONDS")]
        let order = (timestamp_secs.clamp(0.0, MAX_SECONDS) * 1000.0).round() as i64;
        Self::Said(Turn { key: id, order, entries: vec![entry] })
    }

    /// What is to be recorded of it.
    pub fn turn(&self) -> Option<&Turn> {
        match self {
            Self::Said(turn) => Some(turn),
            Self::Status(_) => None,
        }
    }
}

/// What a telephony platform may report.
const REPORTED: &[&str] = &["DIALING", "IN_PROGRESS", "COMPLETED", "FAILED"];
const TYPES: &[&str] = &["transcript", "status"];

/// Reads `{"events": […]}`: 1–[`MAX_EVENTS`] events.
pub fn read_events(value: Value, reader: &mut Reader) -> Option<Vec<Event>> {
    let at = &At::ROOT;
    let mut map = reader.object(value, at)?;
    let events = reader.required(&mut map, at, "events", |value, at, reader| {
        let empty = value.as_array().is_some_and(Vec::is_empty);
        if empty {
            return reader.some(None, at, "must hold at least one event");
        }
        Some(reader.items(value, at, MAX_EVENTS, event).into_iter().map(|(_, event)| event).collect())
    });
    reader.leftovers(at, &map, &["events"]);
    events
}

fn event(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<Event> {
    let mut map = reader.object(value, at)?;
    let kind = reader.required(&mut map, at, "type", |value, at, reader| {
        word(&value, at, reader, |text| TYPES.iter().copied().find(|kind| *kind == text), TYPES)
    });
    match kind? {
        "status" => {
            let status = reader.required(&mut map, at, "status", |value, at, reader| {
                let parse =
                    |text: &str| SessionStatus::parse(text).filter(|status| REPORTED.contains(&status.as_str()));
                word(&value, at, reader, parse, REPORTED)
            });
            reader.optional(&mut map, at, "id", id_text);
            reader.leftovers(at, &map, &["type", "id", "status"]);
            Some(Event::Status(status?))
        }
        _ => {
            let id = reader.required(&mut map, at, "id", id_text);
            let speaker = reader.required(&mut map, at, "speaker", |value, at, reader| {
                word(&value, at, reader, Speaker::parse, Speaker::WORDS)
            });
            let said = reader.required(&mut map, at, "text", |value, at, reader| text(value, at, reader, 1, MAX_TEXT));
            let seconds = reader.required(&mut map, at, "timestamp_secs", seconds);
            reader.leftovers(at, &map, &["type", "id", "speaker", "text", "timestamp_secs"]);
            Some(Event::said(id?, speaker?, said?, seconds?))
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the form of all readers of leaves")]
fn seconds(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<f64> {
    let seconds = value.as_f64().filter(|seconds| (0.0..=MAX_SECONDS).contains(seconds));
    reader.some(seconds, at, "must be a number of seconds since the call began, from 0 to 86400")
}

/// What an expert sends.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The caller's id of the turn, by which a repetition is recognised.
    pub turn_id: Option<String>,
    /// What the expert wrote; may be empty.
    pub message: String,
    /// The expert wants to end here.
    pub end: bool,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("end", &self.end).finish_non_exhaustive()
    }
}

/// Fields of an answer's body.
pub const ANSWER_FIELDS: &[&str] = &["turnId", "message", "end"];

/// Reads an answer out of its object: `message`, or `end: true`. What else the object holds is the caller's to read.
pub fn read_answer(map: &mut serde_json::Map<String, Value>, reader: &mut Reader) -> Option<Answer> {
    let at = &At::ROOT;
    let faulty = !reader.is_clean();
    let turn_id = reader.optional(map, at, "turnId", id_text);
    let end = reader.optional(map, at, "end", |value, at, reader| boolean(&value, at, reader)).unwrap_or(false);
    let message = |value, at: &At<'_>, reader: &mut Reader| text(value, at, reader, 0, MAX_TEXT);
    let message = if end {
        Some(reader.optional(map, at, "message", message).unwrap_or_default())
    } else {
        reader.required(map, at, "message", message)
    };
    if faulty { None } else { Some(Answer { turn_id, message: message?, end }) }
}

const _: () = assert!(MAX_ID <= 256, "a turn's key is hashed, but its id is shown");

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use serde_json::json;

    fn read(body: Value) -> (Option<Vec<Event>>, Vec<String>) {
        let mut reader = Reader::new(Timestamp::UNIX_EPOCH);
        let events = read_events(body, &mut reader);
        (events, reader.take_faults().into_iter().map(|fault| fault.pointer).collect())
    }

    #[test]
    fn events_are_read_and_every_fault_is_named() {
        let good =
            json!({"type": "transcript", "id": "1", "speaker": "expert", "text": "Yes.", "timestamp_secs": 3.25});
        let (events, faults) = read(json!({"events": [good, {"type": "status", "status": "COMPLETED"}]}));
        assert!(faults.is_empty());
        let entry = Entry { id: "1".into(), speaker: Speaker::Expert, text: "Yes.".into(), timestamp_secs: 3.25 };
        let said = Event::Said(Turn { key: "1".into(), order: 3250, entries: vec![entry] });
        assert_eq!(events, Some(vec![said, Event::Status(SessionStatus::Completed)]));
        for (bad, pointers) in [
            (json!({}), vec!["/events"]),
            (json!({"events": []}), vec!["/events"]),
            (json!({"events": vec![1; 101]}), vec!["/events"]),
            (json!({"events": [1]}), vec!["/events/0"]),
            (json!({"events": [{}]}), vec!["/events/0/type"]),
            (
                json!({"events": [{"type": "transcript"}]}),
                vec!["/events/0/id", "/events/0/speaker", "/events/0/text", "/events/0/timestamp_secs"],
            ),
            (json!({"events": [{"type": "status", "status": "ABANDONED"}]}), vec!["/events/0/status"]),
        ] {
            assert_eq!(read(bad.clone()).1, pointers, "{bad}");
        }
        for (field, bad) in [
            ("id", json!("")),
            ("speaker", json!("customer")),
            ("text", json!("x".repeat(MAX_TEXT + 1))),
            ("text", json!("")),
            ("timestamp_secs", json!(-1)),
            ("timestamp_secs", json!("1")),
            ("timestamp_secs", json!(1e9)),
            ("timestmp_secs", json!(1)),
        ] {
            let mut event = good.clone();
            event[field] = bad;
            assert_eq!(read(json!({"events": [event]})).1, [format!("/events/0/{field}")]);
        }
    }

    #[test]
    fn an_answer_may_be_empty_but_not_missing_unless_it_ends() {
        let read = |body: Value| {
            let mut reader = Reader::new(Timestamp::UNIX_EPOCH);
            let Value::Object(mut map) = body else { panic!() };
            let answer = read_answer(&mut map, &mut reader);
            (answer, reader.take_faults().into_iter().map(|fault| fault.pointer).collect::<Vec<_>>())
        };
        assert_eq!(read(json!({"message": ""})).0.unwrap().message, "");
        assert_eq!(read(json!({})).1, ["/message"]);
        assert!(read(json!({"end": true})).0.unwrap().end);
        let long = "x".repeat(100_000);
        assert_eq!(read(json!({"message": long, "turnId": 1, "end": "no"})).1, ["/turnId", "/end", "/message"]);
    }
}
