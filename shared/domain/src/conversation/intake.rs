//! Unchecked bytes to [`Conversation`]s: every bound of the intake model is stated and enforced here, and every fault of a request is
//! named with its JSON pointer.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    Attachment, Author, AuthorType, Contact, ContentType, Conversation, Csat, Message, Named, Priority, Scalar, Sla,
    Status, StatusChange,
};
use crate::fault::Fault;
use crate::reader::{
    At, MAX_ID, MAX_NAME, Reader, any_time, boolean, capped, event_time, id_text, name_text, take, text, word,
};

/// Largest request body in bytes: 6 MiB, what Lambda accepts in one synchronous invocation.
pub const MAX_BODY_BYTES: usize = 6 * 1024 * 1024;
/// Most conversations in a request.
pub const MAX_CONVERSATIONS: usize = 100;
/// Most messages in a conversation.
pub const MAX_MESSAGES: usize = 10_000;
/// Longest message body, in characters: any message can be answered whole within Lambda's 6 MB.
pub const MAX_MESSAGE: usize = 1_000_000;
/// Longest subject, comment or custom text, in characters.
pub const MAX_TEXT: usize = 1_000;
/// Longest URL of an attachment, in characters.
pub const MAX_URL: usize = 2_048;
/// Most tags, custom fields, attachments of a message, ratings, or state changes.
pub const MAX_ENTRIES: usize = 200;

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
    let mut reader = Reader::new(now);
    let Value::Object(mut map) = value else {
        return Err(Unreadable::Invalid(vec![Fault::new("", "must be an object with the field conversations")]));
    };
    let list = take(&mut map, "conversations");
    reader.leftovers(&root, &map, &["conversations"]);
    let at = root.field("conversations");
    let list = match list {
        Some(Value::Array(list)) if list.is_empty() => {
            reader.fault(&at, "must hold at least one conversation");
            Vec::new()
        }
        Some(Value::Array(list)) if list.len() > MAX_CONVERSATIONS => {
            reader.fault(&at, format!("holds {} conversations; at most {MAX_CONVERSATIONS} are accepted", list.len()));
            Vec::new()
        }
        Some(Value::Array(list)) => list,
        Some(_) => {
            reader.fault(&at, "must be an array of conversations");
            Vec::new()
        }
        None => {
            reader.fault(&at, "is required");
            Vec::new()
        }
    };
    if !reader.is_clean() {
        return Err(Unreadable::Invalid(capped(reader.take_faults())));
    }

    let mut read: Vec<(Option<String>, Option<Conversation>, Vec<Fault>)> = list
        .into_iter()
        .enumerate()
        .map(|(index, value)| {
            let id = value.get("id").and_then(Value::as_str).map(str::to_owned);
            let conversation = conversation(value, &at.index(index), &mut reader);
            (id, conversation, reader.take_faults())
        })
        .collect();
    name_repeated_ids(&mut read);

    let mut intake = Intake { accepted: Vec::new(), rejected: Vec::new(), warnings: reader.warnings() };
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

fn conversation(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<Conversation> {
    let mut map = reader.object(value, at)?;
    let id = reader.id(&mut map, at);
    let created_at = reader.required(&mut map, at, "created_at", event_time);
    let updated_at = reader.optional(&mut map, at, "updated_at", event_time);
    let closed_at = reader.optional(&mut map, at, "closed_at", event_time);
    let status =
        reader.optional(&mut map, at, "status", |v, at, reader| word(&v, at, reader, Status::parse, Status::WORDS));
    let status_history = reader.list(&mut map, at, "status_history", MAX_ENTRIES, status_change);
    let subject = reader.optional(&mut map, at, "subject", |v, at, reader| text(v, at, reader, 0, MAX_TEXT));
    let priority = reader
        .optional(&mut map, at, "priority", |v, at, reader| word(&v, at, reader, Priority::parse, Priority::WORDS));
    let channel_type = reader.optional(&mut map, at, "channel_type", channel);
    let channel_id = reader.optional(&mut map, at, "channel_id", |v, at, reader| text(v, at, reader, 1, MAX_ID));
    let language = reader.optional(&mut map, at, "language", language_tag);
    let contact = reader.optional(&mut map, at, "contact", contact);
    let assignee = reader.optional(&mut map, at, "assignee", named);
    let team = reader.optional(&mut map, at, "team", named);
    let mut csat = reader.list(&mut map, at, "csat", MAX_ENTRIES, csat);
    let sla = reader.optional(&mut map, at, "sla", sla);
    let tags = reader.list(&mut map, at, "tags", MAX_ENTRIES, |v, at, reader| text(v, at, reader, 1, MAX_NAME));
    let custom = reader.optional(&mut map, at, "custom", custom).unwrap_or_default();
    let messages = match take(&mut map, "messages") {
        None => {
            reader.fault(&at.field("messages"), "is required");
            Vec::new()
        }
        Some(Value::Array(list)) if list.is_empty() => {
            reader.fault(&at.field("messages"), "must hold at least one message");
            Vec::new()
        }
        Some(value) => reader.items(value, &at.field("messages"), MAX_MESSAGES, message),
    };
    reader.leftovers(at, &map, CONVERSATION);
    repeated_messages(&messages, at, reader);

    let mut messages: Vec<Message> = messages.into_iter().map(|(_, message)| message).collect();
    // A stable sort: messages of one instant keep the order in which they were sent.
    messages.sort_by_key(|message| message.created_at);
    csat.sort_by_key(|rating| rating.responded_at);
    let mut status_history = status_history;
    status_history.sort_by_key(|change| change.at);

    let created_at = created_at?;
    if closed_at.is_some_and(|closed| closed < created_at) {
        reader.fault(&at.field("closed_at"), "is before created_at");
    }
    if updated_at.is_some_and(|updated| updated < created_at) {
        reader.fault(&at.field("updated_at"), "is before created_at");
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

fn repeated_messages(messages: &[(usize, Message)], at: &At<'_>, reader: &mut Reader) {
    let mut first: HashMap<&str, usize> = HashMap::with_capacity(messages.len());
    for (index, message) in messages {
        if let Some(other) = first.insert(&message.id, *index) {
            let list = at.field("messages");
            let item = list.index(*index);
            reader.fault(&item.field("id"), format!("is also the id of {}", list.index(other).pointer()));
        }
    }
}

fn message(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<Message> {
    let mut map = reader.object(value, at)?;
    let id = reader.id(&mut map, at);
    let created_at = reader.required(&mut map, at, "created_at", event_time);
    let author_type = reader.required(&mut map, at, "author_type", |v, at, reader| {
        word(&v, at, reader, AuthorType::parse, AuthorType::WORDS)
    });
    let author = reader.optional(&mut map, at, "author", author);
    let body = reader.required(&mut map, at, "body", |v, at, reader| text(v, at, reader, 0, MAX_MESSAGE));
    let content_type =
        reader.optional(&mut map, at, "content_type", |v, at, reader| content_type(&v, at, reader)).unwrap_or_default();
    let private = reader.optional(&mut map, at, "private", |v, at, reader| boolean(&v, at, reader)).unwrap_or(false);
    let auto_reply =
        reader.optional(&mut map, at, "auto_reply", |v, at, reader| boolean(&v, at, reader)).unwrap_or(false);
    let attachments = reader.list(&mut map, at, "attachments", MAX_ENTRIES, attachment);
    reader.leftovers(at, &map, MESSAGE);
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

fn contact(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<Contact> {
    let mut map = reader.object(value, at)?;
    let id = reader.id(&mut map, at);
    let name = reader.optional(&mut map, at, "name", name_text);
    let email = reader.optional(&mut map, at, "email", name_text);
    let phone = reader.optional(&mut map, at, "phone", name_text);
    let account = reader.optional(&mut map, at, "account", named);
    let custom = reader.optional(&mut map, at, "custom", custom).unwrap_or_default();
    reader.leftovers(at, &map, CONTACT);
    Some(Contact { id: id?, name, email, phone, account, custom })
}

fn named(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<Named> {
    let mut map = reader.object(value, at)?;
    let id = reader.id(&mut map, at);
    let name = reader.optional(&mut map, at, "name", name_text);
    reader.leftovers(at, &map, &["id", "name"]);
    Some(Named { id: id?, name })
}

fn author(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<Author> {
    let mut map = reader.object(value, at)?;
    let id = reader.optional(&mut map, at, "id", id_text);
    let name = reader.optional(&mut map, at, "name", name_text);
    let email = reader.optional(&mut map, at, "email", name_text);
    reader.leftovers(at, &map, &["id", "name", "email"]);
    Some(Author { id, name, email })
}

fn csat(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<Csat> {
    let mut map = reader.object(value, at)?;
    let rating = reader.required(&mut map, at, "rating", |value, at, reader| {
        let rating = value.as_u64().and_then(|rating| u8::try_from(rating).ok()).filter(|r| (1..=5).contains(r));
        reader.some(rating, at, "must be a whole number from 1 to 5")
    });
    let comment = reader.optional(&mut map, at, "comment", |v, at, reader| text(v, at, reader, 0, MAX_TEXT));
    let responded_at = reader.required(&mut map, at, "responded_at", event_time);
    reader.leftovers(at, &map, &["rating", "comment", "responded_at"]);
    Some(Csat { rating: rating?, comment, responded_at: responded_at? })
}

fn sla(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<Sla> {
    let mut map = reader.object(value, at)?;
    let first_response_due_at = reader.optional(&mut map, at, "first_response_due_at", any_time);
    let resolution_due_at = reader.optional(&mut map, at, "resolution_due_at", any_time);
    reader.leftovers(at, &map, &["first_response_due_at", "resolution_due_at"]);
    Some(Sla { first_response_due_at, resolution_due_at })
}

fn status_change(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<StatusChange> {
    let mut map = reader.object(value, at)?;
    let status =
        reader.required(&mut map, at, "status", |v, at, reader| word(&v, at, reader, Status::parse, Status::WORDS));
    let time = reader.required(&mut map, at, "at", event_time);
    reader.leftovers(at, &map, &["status", "at"]);
    Some(StatusChange { status: status?, at: time? })
}

fn attachment(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<Attachment> {
    let mut map = reader.object(value, at)?;
    let name = reader.required(&mut map, at, "name", name_text);
    let content_type = reader.optional(&mut map, at, "content_type", name_text);
    let size = reader.optional(&mut map, at, "size", |value, at, reader| {
        reader.some(value.as_u64(), at, "must be a whole number of bytes")
    });
    let url = reader.optional(&mut map, at, "url", |v, at, reader| text(v, at, reader, 0, MAX_URL));
    reader.leftovers(at, &map, &["name", "content_type", "size", "url"]);
    Some(Attachment { name: name?, content_type, size, url })
}

fn custom(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<BTreeMap<String, Scalar>> {
    let map = reader.object(value, at)?;
    if map.len() > MAX_ENTRIES {
        reader.fault(at, format!("has more than {MAX_ENTRIES} fields"));
        return None;
    }
    let mut fields = BTreeMap::new();
    for (key, value) in map {
        let at = at.field(&key);
        let scalar = match value {
            Value::Null => continue,
            Value::Bool(value) => Some(Scalar::Bool(value)),
            Value::Number(value) => value.as_f64().map(Scalar::Number),
            Value::String(_) => text(value, &at, reader, 0, MAX_TEXT).map(Scalar::Text),
            Value::Array(_) | Value::Object(_) => {
                reader.fault(&at, "must be a string, a number or a boolean");
                None
            }
        };
        if key.is_empty() || key.chars().count() > MAX_NAME {
            reader.fault(&at, format!("must have a name of 1–{MAX_NAME} characters"));
        } else if let Some(scalar) = scalar {
            fields.insert(key, scalar);
        }
    }
    Some(fields)
}

fn channel(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<String> {
    let text = text(value, at, reader, 1, 64)?;
    let ok = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.'));
    reader.some(ok.then_some(text), at, "must be made of a-z, 0-9, _, - and .")
}

fn language_tag(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<String> {
    let text = text(value, at, reader, 2, 35)?;
    let ok = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    reader.some(ok.then_some(text), at, "must be a language tag, like en or pt-BR")
}

fn content_type(value: &Value, at: &At<'_>, reader: &mut Reader) -> Option<ContentType> {
    match value.as_str() {
        Some("text") => Some(ContentType::Text),
        Some("html") => Some(ContentType::Html),
        _ => reader.some(None, at, "must be one of text, html"),
    }
}

#[cfg(test)]
mod tests;
