//! The body of a fetch: filters, sort, page. Lists may be given as one value where that reads better.

use std::collections::BTreeMap;

use domain::analysis::{AgentKind, ChurnLevel, Sentiment, Severity, Temperature};
use domain::conversation::{Priority, Status};
use domain::facts::filter::Filter;
use domain::facts::filter_body;
use domain::reader::{At, Reader, text, word};
use domain::settings::Settings;
use domain::time_range::{DatePreset, PeriodRequest};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

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

/// Fields beside the filters.
const KNOWN: &[&str] =
    &["date_preset", "date_from", "date_to", "timezone", "sort", "order", "limit", "cursor", "include"];

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
    let filter = Filter { period, ..filter_body::read(&mut map, at, reader) };
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
    let include =
        filter_body::words(&mut map, at, reader, "include", |text| (text == "evidence").then_some(()), &["evidence"]);
    reader.leftovers(at, &map, &[KNOWN, filter_body::FIELDS].concat());
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
