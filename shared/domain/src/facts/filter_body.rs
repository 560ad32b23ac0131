//! The fields of a body that say which conversations are meant. Lists may be given as one value where that reads better.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::analysis::{AgentKind, ChurnLevel, Sentiment, Severity, Temperature};
use crate::conversation::{Priority, Status};
use crate::facts::filter::Filter;
use crate::reader::{At, MAX_ID, MAX_NAME, Reader, boolean, take, text, word};

/// Most values of one filter.
pub const MAX_VALUES: usize = 100;

/// Names of the fields, as [`Filter`] has them in JSON.
pub const FIELDS: &[&str] = &[
    "conversation_uids",
    "temperatures",
    "severities",
    "channel_type",
    "ticket_status",
    "priority",
    "agent_participant_type",
    "agent_ids",
    "team_ids",
    "contact_id",
    "account_id",
    "tags",
    "languages",
    "sentiment",
    "churn_level",
    "intervention_required",
    "custom",
];

/// Takes the filters out of a body; the period is not among them.
pub fn read(map: &mut Map<String, Value>, at: &At<'_>, reader: &mut Reader) -> Filter {
    Filter {
        period: crate::time_range::TimeRange::default(),
        conversation_uids: texts(map, at, reader, "conversation_uids"),
        temperatures: words(map, at, reader, "temperatures", Temperature::parse, Temperature::WORDS),
        severities: words(map, at, reader, "severities", Severity::parse, Severity::WORDS),
        channel_types: texts(map, at, reader, "channel_type"),
        statuses: words(map, at, reader, "ticket_status", Status::parse, Status::WORDS),
        priorities: words(map, at, reader, "priority", Priority::parse, Priority::WORDS),
        participants: words(map, at, reader, "agent_participant_type", AgentKind::parse, AgentKind::WORDS),
        agent_ids: texts(map, at, reader, "agent_ids"),
        team_ids: texts(map, at, reader, "team_ids"),
        contact_ids: texts(map, at, reader, "contact_id"),
        account_ids: texts(map, at, reader, "account_id"),
        tags: texts(map, at, reader, "tags"),
        languages: texts(map, at, reader, "languages"),
        sentiments: words(map, at, reader, "sentiment", Sentiment::parse, Sentiment::WORDS),
        churn_levels: words(map, at, reader, "churn_level", ChurnLevel::parse, ChurnLevel::WORDS),
        intervention_required: reader
            .optional(map, at, "intervention_required", |v, at, reader| boolean(&v, at, reader)),
        custom: reader.optional(map, at, "custom", custom).unwrap_or_default(),
    }
}

fn texts(map: &mut Map<String, Value>, at: &At<'_>, reader: &mut Reader, name: &str) -> Vec<String> {
    let values = take(map, name).map(listed);
    values
        .map(|values| items(values, reader, &at.field(name), |v, at, reader| text(v, at, reader, 1, MAX_ID)))
        .unwrap_or_default()
}

/// Any of a fixed set of words: a list, or one.
pub fn words<T>(
    map: &mut Map<String, Value>,
    at: &At<'_>,
    reader: &mut Reader,
    name: &str,
    parse: fn(&str) -> Option<T>,
    known: &[&str],
) -> Vec<T> {
    let values = take(map, name).map(listed);
    values
        .map(|values| items(values, reader, &at.field(name), |v, at, reader| word(&v, at, reader, parse, known)))
        .unwrap_or_default()
}

fn items<T>(
    values: Value,
    reader: &mut Reader,
    at: &At<'_>,
    read: impl Fn(Value, &At<'_>, &mut Reader) -> Option<T>,
) -> Vec<T> {
    reader.items(values, at, MAX_VALUES, read).into_iter().map(|(_, item)| item).collect()
}

/// One value stands for the list of it.
fn listed(value: Value) -> Value {
    if value.is_array() { value } else { Value::Array(vec![value]) }
}

fn custom(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<BTreeMap<String, Vec<String>>> {
    let map = reader.object(value, at)?;
    let mut fields = BTreeMap::new();
    for (name, value) in map {
        let at = at.field(&name);
        let values = items(listed(value), reader, &at, |value, at, reader| match value {
            Value::String(_) => text(value, at, reader, 0, MAX_NAME),
            Value::Number(number) => number.as_f64().map(|number| number.to_string()),
            Value::Bool(value) => Some(value.to_string()),
            _ => reader.some(None, at, "must be a string, a number or a boolean"),
        });
        fields.insert(name.clone(), values);
    }
    Some(fields)
}
