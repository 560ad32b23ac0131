//! The body of `POST /insights`: every field may be missing or `null`.

use domain::analysis::Sentiment;
use domain::conversation::Scalar;
use domain::insights::opencx::{
    InsightFilter, Pairs, SessionFilter, SessionStatus, SortBy, SortOrder, StatusFilter, TeamFilter,
};
use domain::reader::{At, MAX_ID, MAX_NAME, Reader, id_text, text, word};
use domain::settings::Settings;
use domain::time_range::{PeriodRequest, TimeRange};
use jiff::Timestamp;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Largest whole number: what JSON readers everywhere read exactly.
const LARGEST: u64 = (1 << 53) - 1;
/// Most objects of custom data, and most pairs in one.
const MAX_OBJECTS: usize = 100;

const CHANNELS: &[&str] =
    &["web", "email", "phone_voice", "slack", "sms", "whatsapp", "instagram", "messenger", "api", "web_voice"];
#[rustfmt::skip]
const LANGUAGES: &[&str] = &[
    "el", "de", "fr", "it", "es", "pt", "nl", "da", "sv", "no", "fi", "pl", "cs", "sk", "hu", "ro", "bg", "hr", "sr", "uk", "ru",
    "tr", "en", "zh", "ja", "ko", "hi", "id", "ms", "th", "vi", "tl", "ar", "he", "fa", "af", "sw",
];

/// Filters, order and page of a list of insights; every field may be missing or `null`.
#[derive(ToSchema)]
#[expect(dead_code, non_snake_case, reason = "describes the body, in the names that its callers know")]
pub(crate) struct FindInsightsRequest {
    /// Name of the category.
    category: Option<String>,
    /// `all` if missing.
    status: Option<StatusFilter>,
    /// Sentiment of the insight.
    sentiment: Option<Sentiment>,
    /// `occurrence_count` if missing.
    sortBy: Option<SortBy>,
    /// `desc` if missing.
    sortOrder: Option<SortOrder>,
    /// Fewest conversations that match.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_u64)]
    minSessions: Option<u64>,
    /// Part of the content, in any case.
    search: Option<String>,
    /// A team's id, or `none` for insights without one.
    teamId: Option<String>,
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_u64)]
    insightNumber: Option<u64>,
    /// Language of the conversations (ISO 639-1).
    #[schema(example = "en")]
    sessionLanguage: Option<String>,
    /// Sentiment of the conversations.
    ticketSentiment: Option<Sentiment>,
    /// Channel of the conversations.
    #[schema(example = "email")]
    channel: Option<String>,
    /// Conversations begun from here on: a date or an RFC 3339 time.
    sessionFromDate: Option<String>,
    /// Conversations begun until here: a date, whose whole day belongs to it, or an RFC 3339 time, which does not.
    sessionToDate: Option<String>,
    /// State of the conversations.
    sessionStatus: Option<SessionStatus>,
    /// The customer, by the caller's id.
    sessionContactId: Option<String>,
    /// The conversations' own fields: OR between objects, AND inside each.
    #[schema(value_type = Option<Vec<Object>>, example = json!([{"plan": "pro"}, {"plan": "free", "seats": 5}]))]
    ticketCustomData: Option<Vec<Value>>,
    /// The customers' own fields, in the same way.
    #[schema(value_type = Option<Vec<Object>>)]
    contactCustomData: Option<Vec<Value>>,
    /// From 1, which it is if missing.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_u64, default = 1)]
    page: Option<u64>,
}

const KNOWN: &[&str] = &[
    "category",
    "status",
    "sentiment",
    "sortBy",
    "sortOrder",
    "minSessions",
    "search",
    "teamId",
    "insightNumber",
    "sessionLanguage",
    "ticketSentiment",
    "channel",
    "sessionFromDate",
    "sessionToDate",
    "sessionStatus",
    "sessionContactId",
    "ticketCustomData",
    "contactCustomData",
    "page",
];

/// What is asked for.
#[derive(Debug, PartialEq)]
pub(crate) struct Asked {
    pub(crate) insights: InsightFilter,
    pub(crate) sessions: SessionFilter,
    /// In lower case.
    pub(crate) search: Option<String>,
    pub(crate) page: u64,
}

/// Reads the body. Dates without a time are days of the tenant's zone.
pub(crate) fn read(value: Value, reader: &mut Reader, settings: &Settings, now: Timestamp) -> Option<Asked> {
    let at = &At::ROOT;
    let mut map = reader.object(value, at)?;
    let map = &mut map;
    let insights = InsightFilter {
        category: name(map, reader, "category"),
        status: one(map, reader, "status", StatusFilter::parse, StatusFilter::WORDS).unwrap_or(StatusFilter::All),
        sentiment: one(map, reader, "sentiment", Sentiment::parse, Sentiment::WORDS),
        sort_by: one(map, reader, "sortBy", SortBy::parse, SortBy::WORDS).unwrap_or(SortBy::OccurrenceCount),
        sort_order: one(map, reader, "sortOrder", SortOrder::parse, SortOrder::WORDS).unwrap_or(SortOrder::Desc),
        min_sessions: whole(map, reader, "minSessions").unwrap_or(1),
        team: reader.optional(map, at, "teamId", id_text).map(|id| match id.as_str() {
            "none" => TeamFilter::Unassigned,
            _ => TeamFilter::Is(id),
        }),
        number: whole(map, reader, "insightNumber"),
    };
    let sessions = SessionFilter {
        language: one(map, reader, "sessionLanguage", |text| among(LANGUAGES, text), LANGUAGES),
        sentiment: one(map, reader, "ticketSentiment", Sentiment::parse, Sentiment::WORDS),
        channel: one(map, reader, "channel", |text| among(CHANNELS, text), CHANNELS),
        period: period(map, reader, settings, now),
        status: one(map, reader, "sessionStatus", SessionStatus::parse, SessionStatus::WORDS),
        contact_id: reader.optional(map, at, "sessionContactId", id_text),
        ticket_custom: reader.list(map, at, "ticketCustomData", MAX_OBJECTS, pairs),
        contact_custom: reader.list(map, at, "contactCustomData", MAX_OBJECTS, pairs),
    };
    let search = name(map, reader, "search").map(|search| search.to_lowercase());
    let page = whole(map, reader, "page").unwrap_or(1);
    reader.leftovers(at, map, KNOWN);
    Some(Asked { insights, sessions, search, page })
}

fn among(words: &[&str], text: &str) -> Option<String> {
    words.contains(&text).then(|| text.to_owned())
}

fn one<T>(
    map: &mut Map<String, Value>,
    reader: &mut Reader,
    field: &str,
    parse: fn(&str) -> Option<T>,
    words: &[&str],
) -> Option<T> {
    reader.optional(map, &At::ROOT, field, |value, at, reader| word(&value, at, reader, parse, words))
}

fn name(map: &mut Map<String, Value>, reader: &mut Reader, field: &str) -> Option<String> {
    reader.optional(map, &At::ROOT, field, |value, at, reader| text(value, at, reader, 1, MAX_NAME))
}

fn whole(map: &mut Map<String, Value>, reader: &mut Reader, field: &str) -> Option<u64> {
    reader.optional(map, &At::ROOT, field, |value, at, reader| {
        let number = value.as_u64().filter(|number| (1..=LARGEST).contains(number));
        reader.some(number, at, "must be a whole number from 1 to 9007199254740991")
    })
}

fn period(map: &mut Map<String, Value>, reader: &mut Reader, settings: &Settings, now: Timestamp) -> TimeRange {
    const FIELDS: [(&str, &str); 2] = [("date_from", "sessionFromDate"), ("date_to", "sessionToDate")];
    let [from, to] = FIELDS.map(|(_, field)| {
        reader.optional(map, &At::ROOT, field, |value, at, reader| text(value, at, reader, 1, MAX_ID))
    });
    let request = PeriodRequest { preset: None, from, to, zone: None };
    match request.resolve("", now, &settings.zone(), settings.week_start.into()) {
        Ok((range, _)) => range,
        Err(faults) => {
            for fault in faults {
                let field = FIELDS.iter().find(|(theirs, _)| *theirs == fault.pointer).map_or("", |(_, ours)| ours);
                reader.fault(&At::ROOT.field(field), fault.detail);
            }
            TimeRange::default()
        }
    }
}

/// One object of custom data; values are compared as they were pushed.
fn pairs(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<Pairs> {
    let map = reader.object(value, at)?;
    if map.len() > MAX_OBJECTS {
        return reader.some(None, at, "has too many fields; at most 100 are accepted");
    }
    let mut pairs = Pairs::new();
    for (name, value) in map {
        let scalar = match value {
            Value::Bool(value) => Some(Scalar::Bool(value)),
            Value::Number(value) => value.as_f64().map(Scalar::Number),
            Value::String(value) => Some(Scalar::Text(value)),
            _ => None,
        };
        let detail = "must be a string, a number or a boolean";
        if let Some(scalar) = reader.some(scalar, &at.field(&name), detail) {
            pairs.insert(name, scalar.as_text());
        }
    }
    Some(pairs)
}
