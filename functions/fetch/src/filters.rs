//! The body of a fetch: filters, sort, page. Lists may be given as one value where that reads better.

use std::collections::BTreeMap;

use domain::analysis::{AgentKind, ChurnLevel, Sentiment, Severity, Temperature};
use domain::conversation::{Priority, Status};
use domain::facts::filter::Filter;
use domain::reader::{At, MAX_ID, MAX_NAME, Reader, boolean, take, text, word};
use domain::settings::Settings;
use domain::time_range::{DatePreset, PeriodRequest};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Most values of one filter.
const MAX_VALUES: usize = 100;

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SortBy {
    /// When the conversation began.
    CreatedAt,
    /// Its newest message.
    LastActivityAt,
    /// Predicted satisfaction.
    Pcsat,
    /// Churn risk.
    ChurnRisk,
    /// Impact.
    Severity,
}

const SORTS: &[&str] = &["created_at", "last_activity_at", "pcsat", "churn_risk", "severity"];

fn parse_sort(text: &str) -> Option<SortBy> {
    Some(match text {
        "created_at" => SortBy::CreatedAt,
        "last_activity_at" => SortBy::LastActivityAt,
        "pcsat" => SortBy::Pcsat,
        "churn_risk" => SortBy::ChurnRisk,
        "severity" => SortBy::Severity,
        _ => return None,
    })
}

/// A fetch, understood.
#[derive(Debug)]
pub(crate) struct FetchRequest {
    pub(crate) filter: Filter,
    pub(crate) sort: SortBy,
    pub(crate) descending: bool,
    pub(crate) limit: usize,
    pub(crate) cursor: Option<String>,
    pub(crate) evidence: bool,
    /// The filters and the sort as canonical text: what a cursor is bound to.
    pub(crate) walk: String,
}

/// Filters, sort and page of a list; every field may be missing.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct FetchConversationsRequest {
    /// Named period of `created_at`; not together with `date_from` or `date_to`.
    #[schema(example = "last_30_days")]
    date_preset: Option<DatePreset>,
    /// A date or an RFC 3339 time; belongs to the period.
    date_from: Option<String>,
    /// A date, whose whole day belongs to the period, or an RFC 3339 time, which does not.
    date_to: Option<String>,
    /// IANA zone of dates and presets; the tenant's if missing.
    timezone: Option<String>,
    conversation_uids: Option<Vec<String>>,
    temperatures: Option<Vec<Temperature>>,
    severities: Option<Vec<Severity>>,
    /// One or several.
    channel_type: Option<Vec<String>>,
    ticket_status: Option<Vec<Status>>,
    priority: Option<Vec<Priority>>,
    agent_participant_type: Option<Vec<AgentKind>>,
    agent_ids: Option<Vec<String>>,
    team_ids: Option<Vec<String>>,
    contact_id: Option<Vec<String>>,
    account_id: Option<Vec<String>>,
    /// The caller's labels or topics found by the analysis.
    tags: Option<Vec<String>>,
    languages: Option<Vec<String>>,
    sentiment: Option<Vec<Sentiment>>,
    churn_level: Option<Vec<ChurnLevel>>,
    intervention_required: Option<bool>,
    /// Custom field → value or values: OR inside a field, AND across fields.
    #[schema(value_type = Option<Object>, example = json!({"plan": ["pro", "enterprise"]}))]
    custom: Option<BTreeMap<String, Vec<String>>>,
    sort: Option<SortBy>,
    /// `asc` or `desc` (the default).
    order: Option<String>,
    #[schema(minimum = 1, maximum = 100, default = 25)]
    limit: Option<u64>,
    /// `next_cursor` of the page before, with the same filters.
    cursor: Option<String>,
    /// `evidence` adds quotes to the rows, at one more read per row.
    include: Option<Vec<String>>,
}

const KNOWN: &[&str] = &[
    "date_preset",
    "date_from",
    "date_to",
    "timezone",
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
    "sort",
    "order",
    "limit",
    "cursor",
    "include",
];

/// Reads the body of a fetch. Every field is checked; `settings` give the zone and the first day of the week.
pub(crate) fn read(value: Value, reader: &mut Reader, settings: &Settings, now: Timestamp) -> Option<FetchRequest> {
    let at = &At::ROOT;
    let mut map = reader.object(value, at)?;
    let period = PeriodRequest {
        preset: reader.optional(&mut map, at, "date_preset", |v, at, reader| {
            word(&v, at, reader, DatePreset::parse, DatePreset::WORDS)
        }),
        from: short(&mut map, reader, "date_from"),
        to: short(&mut map, reader, "date_to"),
        zone: short(&mut map, reader, "timezone"),
    };
    let period = match period.resolve("/", now, &settings.zone(), settings.week_start.into()) {
        Ok((range, _)) => range,
        Err(faults) => {
            for fault in faults {
                reader.fault(&at.field(fault.pointer.trim_start_matches('/')), fault.detail);
            }
            domain::time_range::TimeRange::default()
        }
    };
    let filter = Filter {
        period,
        conversation_uids: texts(&mut map, reader, "conversation_uids"),
        temperatures: words(&mut map, reader, "temperatures", Temperature::parse, Temperature::WORDS),
        severities: words(&mut map, reader, "severities", Severity::parse, Severity::WORDS),
        channel_types: texts(&mut map, reader, "channel_type"),
        statuses: words(&mut map, reader, "ticket_status", Status::parse, Status::WORDS),
        priorities: words(&mut map, reader, "priority", Priority::parse, Priority::WORDS),
        participants: words(&mut map, reader, "agent_participant_type", AgentKind::parse, AgentKind::WORDS),
        agent_ids: texts(&mut map, reader, "agent_ids"),
        team_ids: texts(&mut map, reader, "team_ids"),
        contact_ids: texts(&mut map, reader, "contact_id"),
        account_ids: texts(&mut map, reader, "account_id"),
        tags: texts(&mut map, reader, "tags"),
        languages: texts(&mut map, reader, "languages"),
        sentiments: words(&mut map, reader, "sentiment", Sentiment::parse, Sentiment::WORDS),
        churn_levels: words(&mut map, reader, "churn_level", ChurnLevel::parse, ChurnLevel::WORDS),
        intervention_required: reader
            .optional(&mut map, at, "intervention_required", |v, at, reader| boolean(&v, at, reader)),
        custom: reader.optional(&mut map, at, "custom", custom).unwrap_or_default(),
    };
    let sort = reader.optional(&mut map, at, "sort", |v, at, reader| word(&v, at, reader, parse_sort, SORTS));
    let descending = reader.optional(&mut map, at, "order", |v, at, reader| {
        let parse = |text: &str| ["asc", "desc"].contains(&text).then_some(text == "desc");
        word(&v, at, reader, parse, &["asc", "desc"])
    });
    let limit = reader.optional(&mut map, at, "limit", |value, at, reader| {
        let limit = value.as_u64().filter(|limit| (1..=api::page::MAX_LIMIT).contains(limit));
        reader.some(limit, at, "must be a whole number from 1 to 100")
    });
    let cursor = reader.optional(&mut map, at, "cursor", |v, at, reader| text(v, at, reader, 1, 2_000));
    let include = words(&mut map, reader, "include", |text| (text == "evidence").then_some(()), &["evidence"]);
    reader.leftovers(at, &map, KNOWN);
    let (sort, descending) = (sort.unwrap_or(SortBy::CreatedAt), descending.unwrap_or(true));
    let walk = format!("{filter:?} {sort:?} {descending}");
    Some(FetchRequest {
        filter,
        sort,
        descending,
        limit: usize::try_from(limit.unwrap_or(api::page::DEFAULT_LIMIT)).unwrap_or(1),
        cursor,
        evidence: !include.is_empty(),
        walk,
    })
}

fn short(map: &mut Map<String, Value>, reader: &mut Reader, name: &str) -> Option<String> {
    reader.optional(map, &At::ROOT, name, |v, at, reader| text(v, at, reader, 1, 100))
}

fn texts(map: &mut Map<String, Value>, reader: &mut Reader, name: &str) -> Vec<String> {
    let values = take(map, name).map(listed);
    values
        .map(|values| items(values, reader, &At::ROOT.field(name), |v, at, reader| text(v, at, reader, 1, MAX_ID)))
        .unwrap_or_default()
}

fn words<T>(
    map: &mut Map<String, Value>,
    reader: &mut Reader,
    name: &str,
    parse: fn(&str) -> Option<T>,
    known: &[&str],
) -> Vec<T> {
    let values = take(map, name).map(listed);
    values
        .map(|values| items(values, reader, &At::ROOT.field(name), |v, at, reader| word(&v, at, reader, parse, known)))
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
