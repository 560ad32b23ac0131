//! Reading unchecked JSON: typed values out, every fault gathered with its JSON pointer, nothing ignored in silence.
//!
//! All request bodies are read through this module, so that limits, wording and the treatment of unknown fields are the same everywhere.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::fault::{Fault, looks_like_typo_of};
use crate::time::{parse_event_time, parse_time};

/// Longest id, in characters.
pub const MAX_ID: usize = 256;
/// Longest name, address, label or custom field name, in characters.
pub const MAX_NAME: usize = 500;
/// Most faults or warnings that are listed one by one; a last entry says how many more there are.
pub const MAX_LISTED: usize = 1_000;

/// At most [`MAX_LISTED`] faults, the last one saying how many were left off.
pub fn capped(mut faults: Vec<Fault>) -> Vec<Fault> {
    if faults.len() > MAX_LISTED {
        let more = faults.len() - MAX_LISTED;
        faults.truncate(MAX_LISTED);
        faults.push(Fault::new("", format!("and {more} more faults")));
    }
    faults
}

/// Removes a field; JSON `null` counts as absent.
pub fn take(map: &mut Map<String, Value>, name: &str) -> Option<Value> {
    map.remove(name).filter(|value| !value.is_null())
}

/// A place in the request, written out as a JSON pointer only when something is wrong there.
#[derive(Clone, Copy, Debug)]
pub struct At<'a> {
    parent: Option<&'a At<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    Root,
    Field(&'a str),
    Index(usize),
}

impl<'a> At<'a> {
    /// The request body itself.
    pub const ROOT: At<'static> = At { parent: None, step: Step::Root };

    /// A field of this object.
    #[must_use]
    pub fn field(&'a self, name: &'a str) -> At<'a> {
        At { parent: Some(self), step: Step::Field(name) }
    }

    /// An item of this array.
    #[must_use]
    pub fn index(&'a self, index: usize) -> At<'a> {
        At { parent: Some(self), step: Step::Index(index) }
    }

    /// The place as an RFC 6901 pointer.
    pub fn pointer(&self) -> String {
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

/// Gathers faults and warnings while values are read.
#[derive(Debug)]
pub struct Reader {
    now: Timestamp,
    faults: Vec<Fault>,
    /// Pattern of a place → how often it occurred.
    warnings: BTreeMap<String, usize>,
}

impl Reader {
    /// A reader; `now` bounds the times it accepts.
    pub fn new(now: Timestamp) -> Self {
        Self { now, faults: Vec::new(), warnings: BTreeMap::new() }
    }

    /// Whether nothing was wrong so far.
    pub fn is_clean(&self) -> bool {
        self.faults.is_empty()
    }

    /// The faults so far, leaving none.
    pub fn take_faults(&mut self) -> Vec<Fault> {
        std::mem::take(&mut self.faults)
    }

    /// Notes a fault.
    pub fn fault(&mut self, at: &At<'_>, detail: impl Into<String>) {
        self.faults.push(Fault::new(at.pointer(), detail));
    }

    /// Whether a fault was noted of this very place.
    pub fn has_fault_at(&self, at: &At<'_>) -> bool {
        let pointer = at.pointer();
        self.faults.iter().any(|fault| fault.pointer == pointer)
    }

    /// Passes a value on, noting a fault when there is none.
    pub fn some<T>(&mut self, value: Option<T>, at: &At<'_>, detail: &str) -> Option<T> {
        if value.is_none() {
            self.fault(at, detail);
        }
        value
    }

    /// An object.
    pub fn object(&mut self, value: Value, at: &At<'_>) -> Option<Map<String, Value>> {
        match value {
            Value::Object(map) => Some(map),
            _ => self.some(None, at, "must be an object"),
        }
    }

    /// The required field `id`.
    pub fn id(&mut self, map: &mut Map<String, Value>, at: &At<'_>) -> Option<String> {
        self.required(map, at, "id", id_text)
    }

    /// A field that must be there.
    pub fn required<T>(
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

    /// A field that may be missing or `null`.
    pub fn optional<T>(
        &mut self,
        map: &mut Map<String, Value>,
        at: &At<'_>,
        name: &str,
        read: impl FnOnce(Value, &At<'_>, &mut Self) -> Option<T>,
    ) -> Option<T> {
        take(map, name).and_then(|value| read(value, &at.field(name), self))
    }

    /// An array field that may be missing.
    pub fn list<T>(
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
    pub fn items<T>(
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
    pub fn leftovers(&mut self, at: &At<'_>, map: &Map<String, Value>, known: &[&str]) {
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

    /// The warnings, once per kind of place.
    pub fn warnings(self) -> Vec<Fault> {
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

// Leaves: readers of single values, to be handed to the methods above.

/// A string of `least..=most` characters.
pub fn text(value: Value, at: &At<'_>, reader: &mut Reader, least: usize, most: usize) -> Option<String> {
    let Value::String(text) = value else {
        reader.fault(at, "must be a string");
        return None;
    };
    // Bytes bound characters from above, so that the count is made only for texts near the bound.
    let too_long = text.len() > most && text.chars().count() > most;
    if too_long || text.len() < least {
        let range = if least == 0 { format!("at most {most}") } else { format!("{least}–{most}") };
        reader.fault(at, format!("must have {range} characters"));
        return None;
    }
    Some(text)
}

/// An id: 1–[`MAX_ID`] characters, none of them control characters.
pub fn id_text(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<String> {
    let text = text(value, at, reader, 1, MAX_ID)?;
    if text.chars().any(char::is_control) {
        reader.fault(at, "must not hold control characters");
        return None;
    }
    Some(text)
}

/// A name or an address, at most [`MAX_NAME`] characters, kept as it comes: vendors mask and abbreviate them.
pub fn name_text(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<String> {
    text(value, at, reader, 0, MAX_NAME)
}

/// `true` or `false`.
pub fn boolean(value: &Value, at: &At<'_>, reader: &mut Reader) -> Option<bool> {
    reader.some(value.as_bool(), at, "must be true or false")
}

/// One of a fixed set of words.
pub fn word<T>(
    value: &Value,
    at: &At<'_>,
    reader: &mut Reader,
    parse: fn(&str) -> Option<T>,
    words: &[&str],
) -> Option<T> {
    let parsed = value.as_str().and_then(parse);
    if parsed.is_none() {
        reader.fault(at, format!("must be one of {}", words.join(", ")));
    }
    parsed
}

/// The RFC 3339 time of something that has happened; see [`parse_event_time`].
pub fn event_time(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<Timestamp> {
    time_with(value, at, reader, parse_event_time)
}

/// Any RFC 3339 time.
pub fn any_time(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<Timestamp> {
    time_with(value, at, reader, |text, pointer, _| parse_time(text, pointer))
}

fn time_with(
    value: Value,
    at: &At<'_>,
    reader: &mut Reader,
    parse: impl FnOnce(&str, &str, Timestamp) -> Result<Timestamp, Fault>,
) -> Option<Timestamp> {
    let Value::String(text) = value else {
        reader.fault(at, "must be an RFC 3339 string, like 2026-06-03T10:00:00Z; numbers are not accepted");
        return None;
    };
    match parse(&text, "", reader.now) {
        Ok(time) => Some(time),
        Err(fault) => reader.some(None, at, &fault.detail),
    }
}
