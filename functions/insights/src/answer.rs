//! From rows to an answer: what every report does the same way.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use api::auth::ReadInsights;
use api::{Can, Problem, reply};
use axum::response::{IntoResponse, Response};
use domain::access::Tenant;
use domain::facts::{FactRow, latest};
use domain::failure::Failure;
use domain::fault::Fault;
use domain::insights::buckets::Interval;
use domain::insights::context::Context;
use domain::insights::report::{Report, Role, Row, Table, fold};
use domain::settings::Settings;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use store::StoredConversation;
use utoipa::ToSchema;

use crate::query::{Asked, Extra, ReportQuery};
use crate::{Deps, csv};

/// Most names that are looked up for one answer; lines beyond have none.
const MOST_NAMES: usize = 100;
/// Largest answer: Lambda carries 6 MB, and JSON inside its envelope grows.
const LARGEST: usize = 5_000_000;

/// A period, half-open.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Period {
    /// First instant.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// First instant after it.
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
}

impl Period {
    fn of(context: &Context) -> Self {
        Self { from: context.from, to: context.to }
    }
}

/// What an answer is about.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Meta {
    /// Name of the report.
    #[schema(value_type = String)]
    report: &'static str,
    /// The period.
    period: Period,
    /// Where days begin.
    timezone: String,
    /// Length of a series' buckets.
    interval: Interval,
    /// The filters as they were understood; values are alternatives, fields are joined by AND.
    filters: BTreeMap<String, Vec<String>>,
    /// Conversations that began in the period and match.
    n: u64,
    /// Which time decides what belongs to the period.
    #[schema(value_type = String)]
    basis: &'static str,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    generated_at: Timestamp,
}

/// The same report over the period of equal length before.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Earlier<R, T> {
    data: Table<R, T>,
    period: Period,
    /// Conversations that began in it and match.
    n: u64,
}

impl<R, T> Earlier<R, T> {
    /// Keeps the first lines.
    pub(crate) fn truncate(&mut self, lines: usize) {
        self.data.rows.truncate(lines);
    }
}

/// A report's answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Reply<R, T> {
    pub(crate) data: Table<R, T>,
    pub(crate) meta: Meta,
    /// With `compare=previous`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) previous: Option<Earlier<R, T>>,
}

/// The answer to what is asked, over the latest rows.
pub(crate) fn compute<Q: Report>(rows: &[(String, FactRow)], asked: &Asked) -> Reply<Q::Row, Q::Totals> {
    let context = &asked.context;
    let folded = fold::<Q>(rows, context);
    let meta = Meta {
        report: Q::NAME,
        period: Period::of(context),
        timezone: context.zone.iana_name().unwrap_or("UTC").to_owned(),
        interval: context.interval,
        filters: asked.filters.clone(),
        n: folded.n,
        basis: Q::BASIS,
        generated_at: context.now,
    };
    let previous = asked.previous.as_ref().map(|context| {
        let folded = fold::<Q>(rows, context);
        Earlier { n: folded.n, data: Q::finish(folded.acc, context), period: Period::of(context) }
    });
    Reply { data: Q::finish(folded.acc, context), meta, previous }
}

/// The settings of the caller's tenant.
pub(crate) async fn settings(deps: &Deps, tenant: &Tenant) -> Result<Settings, Failure> {
    Ok(deps.store.tenant(tenant).await?.map(|record| record.settings).unwrap_or_default())
}

/// The latest rows that a report may look at.
pub(crate) async fn rows(
    deps: &Deps,
    tenant: &Tenant,
    reaches_back: bool,
    contexts: &[&Context],
) -> Result<Vec<(String, FactRow)>, Failure> {
    let begins = |context: &&Context| if reaches_back { context.earliest() } else { context.from };
    let from = contexts.iter().map(begins).min().unwrap_or(Timestamp::MIN);
    let to = contexts.iter().map(|context| context.to).max().unwrap_or(Timestamp::MAX);
    if from >= to {
        return Ok(Vec::new());
    }
    let last = to.checked_sub(1.nanosecond()).unwrap_or(to);
    Ok(latest(deps.store.entries(tenant, store::day_of(from), store::day_of(last)).await?))
}

/// Answers a report.
pub(crate) async fn report<Q: Report>(
    deps: &Deps,
    can: &Can<ReadInsights>,
    query: ReportQuery,
    headers: &HeaderMap,
    extra: Extra,
) -> Result<Response, Problem> {
    let tenant = can.tenant();
    let asked = query.read(&settings(deps, tenant).await?, can.now(), extra)?;
    let mut reply = answer::<Q>(deps, tenant, &asked).await?;
    name(deps, tenant, &mut reply).await?;
    if wants_csv(headers) {
        return csv_reply::<Q>(&reply);
    }
    bounded(reply::json(StatusCode::OK, &reply)?, &reply)
}

/// The answer without names.
pub(crate) async fn answer<Q: Report>(
    deps: &Deps,
    tenant: &Tenant,
    asked: &Asked,
) -> Result<Reply<Q::Row, Q::Totals>, Failure> {
    let contexts: Vec<&Context> = [&asked.context].into_iter().chain(&asked.previous).collect();
    Ok(compute::<Q>(&rows(deps, tenant, Q::REACHES_BACK, &contexts).await?, asked))
}

/// Gives lines their names, from one recent conversation each: one round trip.
async fn name<R: Row, T>(deps: &Deps, tenant: &Tenant, reply: &mut Reply<R, T>) -> Result<(), Failure> {
    let mut wanted = BTreeSet::new();
    for row in &mut reply.data.rows {
        if let Some(named) = row.named()
            && let Some(uid) = named.seen_in()
            && wanted.len() < MOST_NAMES
        {
            wanted.insert(uid.to_owned());
        }
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let wanted: Vec<String> = wanted.into_iter().collect();
    let found: HashMap<String, StoredConversation> = deps
        .store
        .conversations(tenant, &wanted)
        .await?
        .into_iter()
        .map(|stored| (stored.id.clone(), stored))
        .collect();
    for row in &mut reply.data.rows {
        let Some(named) = row.named() else { continue };
        let stored = named.seen_in().and_then(|uid| found.get(uid));
        if let Some(name) = stored.and_then(|stored| name_in(stored, named.role(), named.id())) {
            named.set_name(name);
        }
    }
    Ok(())
}

/// The name of somebody as a stored conversation has it.
pub(crate) fn name_in(stored: &StoredConversation, role: Role, id: &str) -> Option<String> {
    let (names, facts) = (&stored.names, &stored.facts);
    let of = |known: &Option<String>, name: &Option<String>| name.clone().filter(|_| known.as_deref() == Some(id));
    match role {
        Role::Account => of(&facts.account_id, &names.account),
        Role::Contact => of(&facts.contact_id, &names.contact),
        Role::Agent => {
            let wrote = names.agents.iter().find(|(known, _)| known == id).map(|(_, name)| name.clone());
            wrote.or_else(|| of(&facts.assignee_id, &names.assignee))
        }
    }
}

/// Whether the caller prefers CSV: it names it, and JSON does not come before it.
pub(crate) fn wants_csv(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut kinds = accepted.flat_map(|value| value.split(',')).map(|kind| kind.split(';').next().unwrap_or("").trim());
    kinds.find(|kind| matches!(*kind, "text/csv" | "application/json" | "*/*")) == Some("text/csv")
}

/// The lines as CSV.
pub(crate) fn csv_text<Q: Report>(reply: &Reply<Q::Row, Q::Totals>) -> String {
    let mut tables: Vec<(&str, &[Q::Row])> = vec![("current", &reply.data.rows)];
    if let Some(previous) = &reply.previous {
        tables.push(("previous", &previous.data.rows));
    }
    csv::write(&tables, reply.previous.is_some())
}

/// The lines as a CSV answer.
pub(crate) fn csv_reply<Q: Report>(reply: &Reply<Q::Row, Q::Totals>) -> Result<Response, Problem> {
    let text = csv_text::<Q>(reply);
    too_large(text.len())?;
    let mut response = (StatusCode::OK, text).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{}.csv\"", Q::NAME)) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// The response, unless Lambda could not carry it.
pub(crate) fn bounded<T: Serialize>(response: Response, body: &T) -> Result<Response, Problem> {
    use axum::body::HttpBody as _;
    let exact = response.body().size_hint().exact().and_then(|size| usize::try_from(size).ok());
    let size = exact.unwrap_or_else(|| serde_json::to_vec(body).map_or(0, |bytes| bytes.len()));
    too_large(size)?;
    Ok(response)
}

fn too_large(size: usize) -> Result<(), Problem> {
    if size <= LARGEST {
        return Ok(());
    }
    let detail = format!(
        "gives an answer of {size} bytes, more than {LARGEST}; take a shorter period, more filters, or no include=uids"
    );
    Err(Problem::invalid(vec![Fault::new("date_from", detail)]))
}
