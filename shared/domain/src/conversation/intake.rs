//! Unchecked bytes to [`Conversation`]s: every bound of the intake model is stated and enforced here, and every fault of a request is
//! named with its JSON pointer.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{
    Attachment, Author, AuthorType, Contact, ContentType, Conversation, Csat, Message, Named, Priority, Scalar, Sla,
    Status, StatusChange,
};
use crate::fault::{Fault, looks_like_typo_of};
use crate::time::{parse_event_time, parse_time};

/// Largest request body in bytes: 6 MiB, what Lambda accepts in one synchronous invocation.
pub const MAX_BODY_BYTES: usize = 6 * 1024 * 1024;
/// Most conversations in a request.
pub const MAX_CONVERSATIONS: usize = 100;
/// Most messages in a conversation.
pub const MAX_MESSAGES: usize = 10_000;
/// Longest id, in characters.
pub const MAX_ID: usize = 256;
/// Longest name, address, label or custom field name, in characters.
pub const MAX_NAME: usize = 500;
/// Longest subject, comment or custom text, in characters.
pub const MAX_TEXT: usize = 1_000;
/// Longest URL of an attachment, in characters.
pub const MAX_URL: usize = 2_048;
/// Most tags, custom fields, attachments of a message, ratings, or state changes.
pub const MAX_ENTRIES: usize = 200;
/// Most faults or warnings that are listed one by one; a last entry says how many more there are.
pub const MAX_LISTED: usize = 1_000;

/// A request that was understood.
#[derive(Debug)]
pub struct Intake {
    /// Valid conversations in the order of the request.
    pub accepted: Vec<Conversation>,
    /// Invalid ones.
    pub rejected: Vec<Rejected>,
    /// What was accepted but not kept: unknown fields.
    pub warnings: Vec<Fault>,
}

/// A conversation that is not valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Its place in the request.
    pub index: usize,
    /// Its id, where it has a readable one.
    pub id: Option<String>,
    /// Everything wrong with it.
    pub faults: Vec<Fault>,
}

/// A request of which nothing can be accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not UTF-8.
    #[error("the body is not UTF-8: byte {0} is not part of a character")]
    NotUtf8(usize),
    /// Not JSON.
    #[error("the body is not JSON: {0}")]
    NotJson(String),
    /// JSON, but not of the form `{"conversations": [1–100 objects]}`.
    #[error("the request is not valid")]
    Invalid(Vec<Fault>),
}

/// Reads a request body. `now` bounds the times in it.
pub fn read(body: &[u8], now: Timestamp) -> Result<Intake, Unreadable> {
    let text = std::str::from_utf8(body).map_err(|error| Unreadable::NotUtf8(error.valid_up_to()))?;
    let value: Value = serde_json::from_str(text).map_err(|error| Unreadable::NotJson(error.to_string()))?;
    let root = At::ROOT;
    let mut sink = Sink { now, faults: Vec::new(), warnings: BTreeMap::new() };
    let Value::Object(mut map) = value else {
        return Err(Unreadable::Invalid(vec![Fault::new("", "must be an object with the field conversations")]));
    };
    let list = take(&mut map, "conversations");
    sink.leftovers(&root, &map, &["conversations"]);
    let at = root.field("conversations");
    let list = match list {
        Some(Value::Array(list)) if list.is_empty() => {
            sink.fault(&at, "must hold at least one conversation");
            Vec::new()
        }
        Some(Value::Array(list)) if list.len() > MAX_CONVERSATIONS => {
            sink.fault(&at, format!("holds {} conversations; at most {MAX_CONVERSATIONS} are accepted", list.len()));
            Vec::new()
        }
        Some(Value::Array(list)) => list,
        Some(_) => {
            sink.fault(&at, "must be an array of conversations");
            Vec::new()
        }
        None => {
            sink.fault(&at, "is required");
            Vec::new()
        }
    };
    if !sink.faults.is_empty() {
        return Err(Unreadable::Invalid(capped(sink.faults)));
    }

    let mut read: Vec<(Option<String>, Option<Conversation>, Vec<Fault>)> = list
        .into_iter()
        .enumerate()
        .map(|(index, value)| {
            let id = value.get("id").and_then(Value::as_str).map(str::to_owned);
            let conversation = conversation(value, &at.index(index), &mut sink);
            (id, conversation, std::mem::take(&mut sink.faults))
        })
        .collect();
    name_repeated_ids(&mut read);

    let mut intake = Intake { accepted: Vec::new(), rejected: Vec::new(), warnings: sink.warnings() };
    for (index, (id, conversation, faults)) in read.into_iter().enumerate() {
        match conversation {
            Some(conversation) if faults.is_empty() => intake.accepted.push(conversation),
            _ => intake.rejected.push(Rejected { index, id, faults: capped(faults) }),
        }
    }
    Ok(intake)
}

fn name_repeated_ids(read: &mut [(Option<String>, Option<Conversation>, Vec<Fault>)]) {
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, (id, _, _)) in read.iter().enumerate() {
        if let Some(id) = id {
            places.entry(id.clone()).or_default().push(index);
        }
    }
    for (index, (id, _, faults)) in read.iter_mut().enumerate() {
        let Some(others) = id.as_ref().and_then(|id| places.get(id)) else { continue };
        if let Some(other) = others.iter().find(|other| **other != index) {
            let detail = format!("is also the id of /conversations/{other}");
            faults.push(Fault::new(format!("/conversations/{index}/id"), detail));
        }
    }
}

/// At most [`MAX_LISTED`] faults, the last one saying how many were left off.
pub fn capped(mut faults: Vec<Fault>) -> Vec<Fault> {
    if faults.len() > MAX_LISTED {
        let more = faults.len() - MAX_LISTED;
        faults.truncate(MAX_LISTED);
        faults.push(Fault::new("", format!("and {more} more faults")));
    }
    faults
}

const CONVERSATION: &[&str] = &[
    "id",
    "created_at",
    "messages",
    "updated_at",
    "closed_at",
    "status",
    "status_history",
    "subject",
    "priority",
    "channel_type",
    "channel_id",
    "language",
    "contact",
    "assignee",
    "team",
    "csat",
    "sla",
    "tags",
    "custom",
];
const MESSAGE: &[&str] =
    &["id", "created_at", "author_type", "author", "body", "content_type", "private", "auto_reply", "attachments"];
const CONTACT: &[&str] = &["id", "name", "email", "phone", "account", "custom"];

fn conversation(value: Value, at: &At<'_>, sink: &mut Sink) -> Option<Conversation> {
    let mut map = sink.object(value, at)?;
    let id = sink.id(&mut map, at);
    let created_at = sink.required(&mut map, at, "created_at", event_time);
    let updated_at = sink.optional(&mut map, at, "updated_at", event_time);
    let closed_at = sink.optional(&mut map, at, "closed_at", event_time);
    let status = sink.optional(&mut map, at, "status", |v, at, sink| word(&v, at, sink, Status::parse, Status::WORDS));
    let status_history = sink.list(&mut map, at, "status_history", MAX_ENTRIES, status_change);
    let subject = sink.optional(&mut map, at, "subject", |v, at, sink| text(v, at, sink, 0, MAX_TEXT));
    let priority =
        sink.optional(&mut map, at, "priority", |v, at, sink| word(&v, at, sink, Priority::parse, Priority::WORDS));
    let channel_type = sink.optional(&mut map, at, "channel_type", channel);
    let channel_id = sink.optional(&mut map, at, "channel_id", |v, at, sink| text(v, at, sink, 1, MAX_ID));
    let language = sink.optional(&mut map, at, "language", language_tag);
    let contact = sink.optional(&mut map, at, "contact", contact);
    let assignee = sink.optional(&mut map, at, "assignee", named);
    let team = sink.optional(&mut map, at, "team", named);
    let mut csat = sink.list(&mut map, at, "csat", MAX_ENTRIES, csat);
    let sla = sink.optional(&mut map, at, "sla", sla);
    let tags = sink.list(&mut map, at, "tags", MAX_ENTRIES, |v, at, sink| text(v, at, sink, 1, MAX_NAME));
    let custom = sink.optional(&mut map, at, "custom", custom).unwrap_or_default();
    let messages = match take(&mut map, "messages") {
        None => {
            sink.fault(&at.field("messages"), "is required");
            Vec::new()
        }
        Some(Value::Array(list)) if list.is_empty() => {
            sink.fault(&at.field("messages"), "must hold at least one message");
            Vec::new()
        }
        Some(value) => sink.items(value, &at.field("messages"), MAX_MESSAGES, message),
    };
    sink.leftovers(at, &map, CONVERSATION);
    repeated_messages(&messages, at, sink);

    let mut messages: Vec<Message> = messages.into_iter().map(|(_, message)| message).collect();
    // A stable sort: messages of one instant keep the order in which they were sent.
    messages.sort_by_key(|message| message.created_at);
    csat.sort_by_key(|rating| rating.responded_at);
    let mut status_history = status_history;
    status_history.sort_by_key(|change| change.at);

    let created_at = created_at?;
    if closed_at.is_some_and(|closed| closed < created_at) {
        sink.fault(&at.field("closed_at"), "is before created_at");
    }
    if updated_at.is_some_and(|updated| updated < created_at) {
        sink.fault(&at.field("updated_at"), "is before created_at");
    }
    Some(Conversation {
        id: id?,
        created_at,
        updated_at,
        closed_at,
        status,
        status_history,
        subject,
        priority,
        channel_type,
        channel_id,
        language,
        contact,
        assignee,
        team,
        csat,
        sla,
        tags,
        custom,
        messages,
    })
}

fn repeated_messages(messages: &[(usize, Message)], at: &At<'_>, sink: &mut Sink) {
    let mut first: HashMap<&str, usize> = HashMap::with_capacity(messages.len());
    for (index, message) in messages {
        if let Some(other) = first.insert(&message.id, *index) {
            let list = at.field("messages");
            let item = list.index(*index);
            sink.fault(&item.field("id"), format!("is also the id of {}", list.index(other).pointer()));
        }
    }
}

fn message(value: Value, at: &At<'_>, sink: &mut Sink) -> Option<Message> {
    let mut map = sink.object(value, at)?;
    let id = sink.id(&mut map, at);
    let created_at = sink.required(&mut map, at, "created_at", event_time);
    let author_type = sink
        .required(&mut map, at, "author_type", |v, at, sink| word(&v, at, sink, AuthorType::parse, AuthorType::WORDS));
    let author = sink.optional(&mut map, at, "author", author);
    let body = sink.required(&mut map, at, "body", |v, at, sink| text(v, at, sink, 0, MAX_BODY_BYTES));
    let content_type =
        sink.optional(&mut map, at, "content_type", |v, at, sink| content_type(&v, at, sink)).unwrap_or_default();
    let private = sink.optional(&mut map, at, "private", |v, at, sink| boolean(&v, at, sink)).unwrap_or(false);
    let auto_reply = sink.optional(&mut map, at, "auto_reply", |v, at, sink| boolean(&v, at, sink)).unwrap_or(false);
    let attachments = sink.list(&mut map, at, "attachments", MAX_ENTRIES, attachment);
    sink.leftovers(at, &map, MESSAGE);
    Some(Message {
        id: id?,
        created_at: created_at?,
        author_type: author_type?,
        author,
        body: body?,
        content_type,
        private,
        auto_reply,
        attachments,
    })
}

fn contact(value: Value, at: &At<'_>, sink: &mut Sink) -> Option<Contact> {
    let mut map = sink.object(value, at)?;
    let id = sink.id(&mut map, at);
    let name = sink.optional(&mut map, at, "name", name);
    let email = sink.optional(&mut map, at, "email", name_like);
    let phone = sink.optional(&mut map, at, "phone", name_like);
    let account = sink.optional(&mut map, at, "account", named);
    let custom = sink.optional(&mut map, at, "custom", custom).unwrap_or_default();
    sink.leftovers(at, &map, CONTACT);
    Some(Contact { id: id?, name, email, phone, account, custom })
}

fn named(value: Value, at: &At<'_>, sink: &mut Sink) -> Option<Named> {
    let mut map = sink.object(value, at)?;
    let id = sink.id(&mut map, at);
    let name = sink.optional(&mut map, at, "name", name);
    sink.leftovers(at, &map, &["id", "name"]);
    Some(Named { id: id?, name })
}

fn author(value: Value, at: &At<'_>, sink: &mut Sink) -> Option<Author> {
    let mut map = sink.object(value, at)?;
    let id = sink.optional(&mut map, at, "id", id_text);
    let name = sink.optional(&mut map, at, "name", name);
    let email = sink.optional(&mut map, at, "email", name_like);
    sink.leftovers(at, &map, &["id", "name", "email"]);
    Some(Author { id, name, email })
}

fn csat(value: Value, at: &At<'_>, sink: &mut Sink) -> Option<Csat> {
    let mut map = sink.object(value, at)?;
    let rating = sink.required(&mut map, at, "rating", |value, at, sink| {
        let rating = value.as_u64().and_then(|rating| u8::try_from(rating).ok()).filter(|r| (1..=5).contains(r));
        sink.some(rating, at, "must be a whole number from 1 to 5")
    });
    let comment = sink.optional(&mut map, at, "comment", |v, at, sink| text(v, at, sink, 0, MAX_TEXT));
    let responded_at = sink.required(&mut map, at, "responded_at", event_time);
    sink.leftovers(at, &map, &["rating", "comment", "responded_at"]);
    Some(Csat { rating: rating?, comment, responded_at: responded_at? })
}

fn sla(value: Value, at: &At<'_>, sink: &mut Sink) -> Option<Sla> {
    let mut map = sink.object(value, at)?;
    let first_response_due_at = sink.optional(&mut map, at, "first_response_due_at", any_time);
    let resolution_due_at = sink.optional(&mut map, at, "resolution_due_at", any_time);
    sink.leftovers(at, &map, &["first_response_due_at", "resolution_due_at"]);
    Some(Sla { first_response_due_at, resolution_due_at })
}

fn status_change(value: Value, at: &At<'_>, sink: &mut Sink) -> Option<StatusChange> {
    let mut map = sink.object(value, at)?;
    let status = sink.required(&mut map, at, "status", |v, at, sink| word(&v, at, sink, Status::parse, Status::WORDS));
    let time = sink.required(&mut map, at, "at", event_time);
    sink.leftovers(at, &map, &["status", "at"]);
    Some(StatusChange { status: status?, at: time? })
}

fn attachment(value: Value, at: &At<'_>, sink: &mut Sink) -> Option<Attachment> {
    let mut map = sink.object(value, at)?;
    let name = sink.required(&mut map, at, "name", name);
    let content_type = sink.optional(&mut map, at, "content_type", name_like);
    let size = sink.optional(&mut map, at, "size", |value, at, sink| {
        sink.some(value.as_u64(), at, "must be a whole number of bytes")
    });
    let url = sink.optional(&mut map, at, "url", |v, at, sink| text(v, at, sink, 0, MAX_URL));
    sink.leftovers(at, &map, &["name", "content_type", "size", "url"]);
    Some(Attachment { name: name?, content_type, size, url })
}

fn custom(value: Value, at: &At<'_>, sink: &mut Sink) -> Option<BTreeMap<String, Scalar>> {
    let map = sink.object(value, at)?;
    if map.len() > MAX_ENTRIES {
        sink.fault(at, format!("has more than {MAX_ENTRIES} fields"));
        return None;
    }
    let mut fields = BTreeMap::new();
    for (key, value) in map {
        let at = at.field(&key);
        let scalar = match value {
            Value::Null => continue,
            Value::Bool(value) => Some(Scalar::Bool(value)),
            Value::Number(value) => value.as_f64().map(Scalar::Number),
            Value::String(_) => text(value, &at, sink, 0, MAX_TEXT).map(Scalar::Text),
            Value::Array(_) | Value::Object(_) => {
                sink.fault(&at, "must be a string, a number or a boolean");
                None
            }
        };
        if key.is_empty() || key.chars().count() > MAX_NAME {
            sink.fault(&at, format!("must have a name of 1–{MAX_NAME} characters"));
        } else if let Some(scalar) = scalar {
            fields.insert(key, scalar);
        }
    }
    Some(fields)
}

// Leaves.

fn text(value: Value, at: &At<'_>, sink: &mut Sink, least: usize, most: usize) -> Option<String> {
    let Value::String(text) = value else {
        sink.fault(at, "must be a string");
        return None;
    };
    // Bytes bound characters from above, so that the count is made only for texts near the bound.
    let too_long = text.len() > most && text.chars().count() > most;
    if too_long || text.len() < least {
        let range = if least == 0 { format!("at most {most}") } else { format!("{least}–{most}") };
        sink.fault(at, format!("must have {range} characters"));
        return None;
    }
    Some(text)
}

fn id_text(value: Value, at: &At<'_>, sink: &mut Sink) -> Option<String> {
    let text = text(value, at, sink, 1, MAX_ID)?;
    if text.chars().any(char::is_control) {
        sink.fault(at, "must not hold control characters");
        return None;
    }
    Some(text)
}

fn name(value: Value, at: &At<'_>, sink: &mut Sink) -> Option<String> {
    text(value, at, sink, 0, MAX_NAME)
}

/// Addresses and media types are kept as they come: vendors mask and abbreviate them.
fn name_like(value: Value, at: &At<'_>, sink: &mut Sink) -> Option<String> {
    text(value, at, sink, 0, MAX_NAME)
}

fn channel(value: Value, at: &At<'_>, sink: &mut Sink) -> Option<String> {
    let text = text(value, at, sink, 1, 64)?;
    let ok = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.'));
    sink.some(ok.then_some(text), at, "must be made of a-z, 0-9, _, - and .")
}

fn language_tag(value: Value, at: &At<'_>, sink: &mut Sink) -> Option<String> {
    let text = text(value, at, sink, 2, 35)?;
    let ok = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    sink.some(ok.then_some(text), at, "must be a language tag, like en or pt-BR")
}

fn content_type(value: &Value, at: &At<'_>, sink: &mut Sink) -> Option<ContentType> {
    match value.as_str() {
        Some("text") => Some(ContentType::Text),
        Some("html") => Some(ContentType::Html),
        _ => sink.some(None, at, "must be one of text, html"),
    }
}

fn boolean(value: &Value, at: &At<'_>, sink: &mut Sink) -> Option<bool> {
    sink.some(value.as_bool(), at, "must be true or false")
}

fn word<T>(value: &Value, at: &At<'_>, sink: &mut Sink, parse: fn(&str) -> Option<T>, words: &[&str]) -> Option<T> {
    let parsed = value.as_str().and_then(parse);
    if parsed.is_none() {
        sink.fault(at, format!("must be one of {}", words.join(", ")));
    }
    parsed
}

fn event_time(value: Value, at: &At<'_>, sink: &mut Sink) -> Option<Timestamp> {
    time_with(value, at, sink, parse_event_time)
}

fn any_time(value: Value, at: &At<'_>, sink: &mut Sink) -> Option<Timestamp> {
    time_with(value, at, sink, |text, pointer, _| parse_time(text, pointer))
}

fn time_with(
    value: Value,
    at: &At<'_>,
    sink: &mut Sink,
    parse: impl FnOnce(&str, &str, Timestamp) -> Result<Timestamp, Fault>,
) -> Option<Timestamp> {
    let Value::String(text) = value else {
        sink.fault(at, "must be an RFC 3339 string, like 2026-06-03T10:00:00Z; numbers are not accepted");
        return None;
    };
    match parse(&text, "", sink.now) {
        Ok(time) => Some(time),
        Err(fault) => sink.some(None, at, &fault.detail),
    }
}

/// Removes a field; JSON `null` counts as absent.
fn take(map: &mut Map<String, Value>, name: &str) -> Option<Value> {
    map.remove(name).filter(|value| !value.is_null())
}

/// A place in the request, written out as a JSON pointer only when something is wrong there.
#[derive(Clone, Copy)]
struct At<'a> {
    parent: Option<&'a At<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Field(&'a str),
    Index(usize),
}

impl<'a> At<'a> {
    const ROOT: At<'static> = At { parent: None, step: Step::Root };

    fn field(&'a self, name: &'a str) -> At<'a> {
        At { parent: Some(self), step: Step::Field(name) }
    }

    fn index(&'a self, index: usize) -> At<'a> {
        At { parent: Some(self), step: Step::Index(index) }
    }

    fn pointer(&self) -> String {
        self.write(false)
    }

    /// The pointer with every index as `*`, to say a thing once of many places.
    fn pattern(&self) -> String {
        self.write(true)
    }

    fn write(&self, any_index: bool) -> String {
        let mut pointer = self.parent.map(|parent| parent.write(any_index)).unwrap_or_default();
        match self.step {
            Step::Root => {}
            Step::Field(name) => {
                pointer.push('/');
                pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
            }
            Step::Index(_) if any_index => pointer.push_str("/*"),
            Step::Index(index) => {
                pointer.push('/');
                pointer.push_str(&index.to_string());
            }
        }
        pointer
    }
}

/// Where faults and warnings are gathered.
struct Sink {
    now: Timestamp,
    faults: Vec<Fault>,
    /// Pattern of a place → how often it occurred.
    warnings: BTreeMap<String, usize>,
}

impl Sink {
    fn fault(&mut self, at: &At<'_>, detail: impl Into<String>) {
        self.faults.push(Fault::new(at.pointer(), detail));
    }

    fn some<T>(&mut self, value: Option<T>, at: &At<'_>, detail: &str) -> Option<T> {
        if value.is_none() {
            self.fault(at, detail);
        }
        value
    }

    fn object(&mut self, value: Value, at: &At<'_>) -> Option<Map<String, Value>> {
        match value {
            Value::Object(map) => Some(map),
            _ => self.some(None, at, "must be an object"),
        }
    }

    fn id(&mut self, map: &mut Map<String, Value>, at: &At<'_>) -> Option<String> {
        self.required(map, at, "id", id_text)
    }

    fn required<T>(
        &mut self,
        map: &mut Map<String, Value>,
        at: &At<'_>,
        name: &str,
        read: impl FnOnce(Value, &At<'_>, &mut Self) -> Option<T>,
    ) -> Option<T> {
        match take(map, name) {
            Some(value) => read(value, &at.field(name), self),
            None => self.some(None, &at.field(name), "is required"),
        }
    }

    fn optional<T>(
        &mut self,
        map: &mut Map<String, Value>,
        at: &At<'_>,
        name: &str,
        read: impl FnOnce(Value, &At<'_>, &mut Self) -> Option<T>,
    ) -> Option<T> {
        take(map, name).and_then(|value| read(value, &at.field(name), self))
    }

    fn list<T>(
        &mut self,
        map: &mut Map<String, Value>,
        at: &At<'_>,
        name: &str,
        most: usize,
        read: impl Fn(Value, &At<'_>, &mut Self) -> Option<T>,
    ) -> Vec<T> {
        let Some(value) = take(map, name) else { return Vec::new() };
        self.items(value, &at.field(name), most, read).into_iter().map(|(_, item)| item).collect()
    }

    /// The readable items of an array, each with its place.
    fn items<T>(
        &mut self,
        value: Value,
        at: &At<'_>,
        most: usize,
        read: impl Fn(Value, &At<'_>, &mut Self) -> Option<T>,
    ) -> Vec<(usize, T)> {
        let Value::Array(items) = value else {
            self.fault(at, "must be an array");
            return Vec::new();
        };
        if items.len() > most {
            self.fault(at, format!("holds {} entries; at most {most} are accepted", items.len()));
            return Vec::new();
        }
        let items = items.into_iter().enumerate();
        items.filter_map(|(index, item)| Some((index, read(item, &at.index(index), self)?))).collect()
    }

    /// What nobody took: a likely typo is a fault, anything else a warning.
    fn leftovers(&mut self, at: &At<'_>, map: &Map<String, Value>, known: &[&str]) {
        for name in map.keys() {
            // A known name is left over only as an explicit null.
            if known.contains(&name.as_str()) {
                continue;
            }
            let at = at.field(name);
            match looks_like_typo_of(name, known) {
                Some(meant) => self.fault(&at, format!("is not a known field; did you mean {meant}?")),
                None => *self.warnings.entry(at.pattern()).or_default() += 1,
            }
        }
    }

    fn warnings(self) -> Vec<Fault> {
        let mut warnings: Vec<Fault> = self
            .warnings
            .into_iter()
            .map(|(pointer, count)| {
                let times = if count == 1 { String::new() } else { format!(" ({count} times)") };
                Fault::new(pointer, format!("is not a known field and was not kept{times}"))
            })
            .collect();
        if warnings.len() > MAX_LISTED {
            let more = warnings.len() - MAX_LISTED;
            warnings.truncate(MAX_LISTED);
            warnings.push(Fault::new("", format!("and {more} more warnings")));
        }
        warnings
    }
}

#[cfg(test)]
mod tests;
