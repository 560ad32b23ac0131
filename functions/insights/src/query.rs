//! The parameters that all reports share.

use std::collections::BTreeMap;

use api::{Problem, Query};
use axum::extract::FromRequestParts;
use domain::analysis::{AgentKind, DetectionKind, Severity, Temperature};
use domain::conversation::{Priority, Status};
use domain::facts::filter::Filter;
use domain::fault::Fault;
use domain::insights::buckets::Interval;
use domain::insights::context::{Context, Skill, bounded};
use domain::settings::Settings;
use domain::time_range::DatePreset;
use http::request::Parts;
use jiff::Timestamp;
use utoipa::IntoParams;

/// Most values of one parameter.
const MAX_VALUES: usize = 100;
/// Periods longer than this many days are shown by month unless the caller names an interval.
const MANY_DAYS: i64 = 800;

/// For the document only.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters")]
pub(crate) struct CommonParameters {
    /// Named period of local days; not together with `date_from` or `date_to`. Without any of them: `last_30_days`.
    #[param(example = "last_30_days")]
    date_preset: Option<DatePreset>,
    /// A date or an RFC 3339 time; belongs to the period. Alone: until the end of today.
    date_from: Option<String>,
    /// A date, whose whole day belongs to the period, or an RFC 3339 time, which does not. Alone: the 30 days before it.
    date_to: Option<String>,
    /// IANA zone of days; the tenant's if missing.
    timezone: Option<String>,
    /// Length of a series' buckets: `day` if missing, `month` for periods of more than 800 days. At most 2,400 buckets.
    interval: Option<Interval>,
    /// Channel; repeat for several.
    channel_type: Option<Vec<String>>,
    /// State in the caller's system; repeat, or separate by commas.
    ticket_status: Option<Vec<Status>>,
    /// Conversations in which people or bots took part; reports by agent show only these.
    agent_participant_type: Option<Vec<AgentKind>>,
    /// Conversations of these agents or bots; reports by agent show only these. An unknown id gives an empty report.
    agent_id: Option<Vec<String>>,
    /// Team the conversation is assigned to.
    team_id: Option<Vec<String>>,
    /// Priority in the caller's system.
    priority: Option<Vec<Priority>>,
    /// Language of the customer's text (ISO 639-1).
    language: Option<Vec<String>>,
    /// Emotional intensity.
    temperature: Option<Vec<Temperature>>,
    /// Impact.
    severity: Option<Vec<Severity>>,
    /// The caller's label or a tag of the taxonomy. An unknown one gives an empty report.
    tag: Option<Vec<String>>,
    /// `custom[field]=value`: the caller's own fields. Repeat a field for OR; different fields are joined by AND.
    #[param(style = DeepObject, explode, value_type = Option<Object>)]
    custom: Option<BTreeMap<String, String>>,
    /// `previous` adds the same report over the period of equal length before.
    #[param(example = "previous")]
    compare: Option<String>,
    /// `uids` lists the conversations of each line.
    include: Option<Vec<String>>,
}

/// What a report asks for beyond the common parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extra {
    /// Nothing.
    None,
    /// `tag` is the tag to follow, not a filter.
    Subject,
    /// `skill`, `detection`, `limit`, `cursor`.
    Assessments,
}

/// The query string of a report; `custom[…]` apart.
#[derive(Debug)]
pub(crate) struct ReportQuery {
    query: Query,
    custom: BTreeMap<String, Vec<String>>,
}

/// A report, asked for.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) context: Context,
    pub(crate) previous: Option<Context>,
    /// The filters as they were understood.
    pub(crate) filters: BTreeMap<String, Vec<String>>,
    pub(crate) limit: Option<u64>,
    pub(crate) cursor: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for ReportQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl ReportQuery {
    pub(crate) fn parse(text: &str) -> Self {
        let mut rest = form_urlencoded::Serializer::new(String::new());
        let mut custom: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            match name.strip_prefix("custom[").and_then(|name| name.strip_suffix(']')) {
                Some(field) => custom.entry(field.to_owned()).or_default().push(value.into_owned()),
                None => drop(rest.append_pair(&name, &value)),
            }
        }
        Self { query: Query::parse(&rest.finish()), custom }
    }

    /// What is asked for, or everything wrong with it.
    pub(crate) fn read(mut self, settings: &Settings, now: Timestamp, extra: Extra) -> Result<Asked, Problem> {
        let (zone, week) = (settings.zone(), settings.week_start.into());
        let query = &mut self.query;
        let (range, zone) = query.period(now, &zone, week);
        let interval = query.word("interval", Interval::parse, Interval::WORDS);
        let filter = Filter {
            channel_types: texts(query, "channel_type"),
            statuses: query.words("ticket_status", Status::parse, Status::WORDS),
            participants: query.words("agent_participant_type", AgentKind::parse, AgentKind::WORDS),
            agent_ids: texts(query, "agent_id"),
            team_ids: texts(query, "team_id"),
            priorities: query.words("priority", Priority::parse, Priority::WORDS),
            languages: texts(query, "language"),
            temperatures: query.words("temperature", Temperature::parse, Temperature::WORDS),
            severities: query.words("severity", Severity::parse, Severity::WORDS),
            tags: if extra == Extra::Subject { Vec::new() } else { texts(query, "tag") },
            custom: std::mem::take(&mut self.custom),
            ..Filter::default()
        };
        for (field, values) in &filter.custom {
            let name = format!("custom[{field}]");
            if field.is_empty() || values.iter().any(String::is_empty) {
                query.fault(&name, "needs a field and a value: custom[plan]=pro");
            }
            bounded_values(query, &name, values.len());
        }
        let subject = (extra == Extra::Subject).then(|| query.one("tag")).flatten();
        if extra == Extra::Subject && subject.is_none() {
            query.fault("tag", "is required: the tag, friction point or feature request to follow");
        }
        let compare = query.word("compare", |word| (word == "previous").then_some(()), &["previous"]).is_some();
        let include = query.words("include", |word| (word == "uids").then_some(()), &["uids"]);
        let (mut skill, mut detection, mut limit, mut cursor) = (None, None, None, None);
        if extra == Extra::Assessments {
            skill = query.word("skill", Skill::parse, Skill::WORDS);
            detection = query.word("detection", DetectionKind::parse, DetectionKind::WORDS);
            limit = query.number("limit", 1..=api::page::MAX_LIMIT);
            cursor = query.one("cursor");
        }

        let period = bounded(range, now, &zone);
        refuse_empty(query, period);
        let days = (period.1.as_second() - period.0.as_second()) / 86_400;
        let usual = if days > MANY_DAYS { Interval::Month } else { Interval::Day };
        let context = Context::new(period, (zone, week), interval.unwrap_or(usual), now);
        let previous = match &context {
            Ok(context) if compare => Some(context.previous()),
            _ => None,
        };
        for fault in [context.as_ref().err(), previous.as_ref().and_then(|previous| previous.as_ref().err())] {
            if let Some(Fault { pointer, detail }) = fault.cloned() {
                query.fault(&pointer, detail);
            }
        }
        self.query.finish()?;
        let (context, previous) = (context.map_err(|_| unreachable())?, previous.and_then(Result::ok));
        let filters = echo(&filter);
        let asked = |context: Context| Context {
            filter: filter.clone(),
            uids: !include.is_empty(),
            weights: settings.score_weights,
            subject: subject.clone(),
            skill,
            detection,
            ..context
        };
        Ok(Asked { context: asked(context), previous: previous.map(asked), filters, limit, cursor })
    }
}

/// Never shown: a faulty context has been refused by `finish`.
fn unreachable() -> Problem {
    Problem::invalid(Vec::new())
}

/// A period that holds nothing is a mistake: `date_to` lies before `date_from`, or `date_from` in the future.
pub(crate) fn refuse_empty(query: &mut Query, (from, to): (Timestamp, Timestamp)) {
    if from >= to {
        query.fault("date_from", "is not before the end of the period");
    }
}

/// Any values, repeated; each must say something.
fn texts(query: &mut Query, name: &'static str) -> Vec<String> {
    let values = query.many(name);
    if values.iter().any(String::is_empty) {
        query.fault(name, "is empty");
    }
    bounded_values(query, name, values.len());
    values
}

fn bounded_values(query: &mut Query, name: &str, count: usize) {
    if count > MAX_VALUES {
        query.fault(name, format!("has more than {MAX_VALUES} values"));
    }
}

/// The filters that are set, as their parameters.
fn echo(filter: &Filter) -> BTreeMap<String, Vec<String>> {
    fn words<T: Copy>(values: &[T], word: fn(T) -> &'static str) -> Vec<String> {
        values.iter().map(|value| word(*value).to_owned()).collect()
    }
    let all = [
        ("channel_type", filter.channel_types.clone()),
        ("ticket_status", words(&filter.statuses, Status::as_str)),
        ("agent_participant_type", words(&filter.participants, AgentKind::as_str)),
        ("agent_id", filter.agent_ids.clone()),
        ("team_id", filter.team_ids.clone()),
        ("priority", words(&filter.priorities, Priority::as_str)),
        ("language", filter.languages.clone()),
        ("temperature", words(&filter.temperatures, Temperature::as_str)),
        ("severity", words(&filter.severities, Severity::as_str)),
        ("tag", filter.tags.clone()),
    ];
    let set = all.into_iter().filter(|(_, values)| !values.is_empty()).map(|(name, values)| (name.to_owned(), values));
    let custom = filter.custom.iter().map(|(field, values)| (format!("custom[{field}]"), values.clone()));
    set.chain(custom).collect()
}
