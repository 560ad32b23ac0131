//! `GET /api/v2/analytics/conversations/insights`: `AurionAI`'s analytics, with its own form of errors.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::auth::ReadInsights;
use api::{Can, Problem, Query, reply};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use domain::context::support::SupportAcc;
use domain::facts::FactRow;
use domain::insights::aurion::{
    AurionAcc, ConversationInsights, Health, OverviewAcc, PeopleAcc, SlaAcc, begun, finish,
};
use domain::insights::buckets::Interval;
use domain::insights::context::{Context, bounded};
use domain::insights::report::Role;
use domain::time_range::PeriodRequest;
use http::{HeaderValue, StatusCode, header};
use jiff::ToSpan;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;
use store::StoredConversation;
use utoipa::ToSchema;

use crate::Deps;
use crate::answer::{name_in, rows};
use crate::query::refuse_empty;

/// The path.
pub(crate) const PATH: &str = "/api/v2/analytics/conversations/insights";

/// What one aggregation and the whole answer may take, in milliseconds, at [`TARGET_VOLUME`] conversations.
const QUERY_BUDGET: f64 = 500.0;
const TOTAL_BUDGET: f64 = 2_000.0;
/// The number of conversations for which the budgets are meant.
const TARGET_VOLUME: u64 = 100_000;
/// Most names that are looked up; agents and teams beyond have none.
const MOST_NAMES: usize = 100;
/// Longest period: the trend has a line a day.
const MOST_DAYS: i64 = 2_400;

/// An error in this surface's form.
#[derive(Serialize, ToSchema)]
pub(crate) struct DetailText {
    /// What is wrong.
    detail: String,
}

/// Everything wrong with a request, in this surface's form.
#[derive(Serialize, ToSchema)]
pub(crate) struct DetailList {
    detail: Vec<DetailItem>,
}

/// One thing wrong.
#[derive(Serialize, ToSchema)]
pub(crate) struct DetailItem {
    /// Where: `query` and the parameter.
    loc: Vec<String>,
    /// What is wrong.
    msg: String,
    /// Kind of fault.
    r#type: String,
}

/// Conversation analytics in one answer
///
/// Without a period: the last 30 days. Hours and days are UTC. A conversation belongs to the period in which it began, a rating to the one
/// in which it was given, an event (help centre, e-mail, survey) to the one in which it happened. Rates and averages without data are `null`.
#[utoipa::path(
    get,
    path = "/api/v2/analytics/conversations/insights",
    tag = "Insights",
    params(
        ("date_from" = Option<String>, Query, description = "ISO datetime lower bound; belongs to the period"),
        ("date_to" = Option<String>, Query, description = "ISO datetime upper bound, excluded; a date covers its whole day"),
    ),
    responses(
        (status = 200, description = "The analytics", body = ConversationInsights),
        (status = 401, description = "The key is missing, malformed, unknown, revoked or expired", body = DetailText),
        (status = 403, description = "The key lacks the ability, which the answer names", body = DetailText),
        (status = 422, description = "Not valid; every fault is listed", body = DetailList),
        (status = 429, description = "Too many requests; `Retry-After` says when to come back", body = DetailText),
        (status = 503, description = "A store does not answer; `Retry-After` says when to come back", body = DetailText),
    ),
    security(("bearer" = ["insights-read"]))
)]
pub(crate) async fn get_conversation_insights(
    State(deps): State<Deps>,
    can: Can<ReadInsights>,
    mut query: Query,
) -> Result<Response, Problem> {
    let started = Instant::now();
    let context = context(&mut query, can.now());
    query.finish()?;
    let context = context.ok_or_else(|| Problem::invalid(Vec::new()))?;
    let tenant = can.tenant();
    let last = context.to.checked_sub(1.nanosecond()).unwrap_or(context.to);
    let contexts = [&context];
    let (rows, events, key) = tokio::try_join!(
        rows(&deps, tenant, true, &contexts),
        deps.store.support_rows(tenant, store::day_of(context.from), store::day_of(last)),
        deps.store.contact_key(tenant),
    )?;
    let support = SupportAcc::fold(&events, context.from, context.to);
    let begun = key.map(|key| begun(&rows, |contact| key.person(contact))).unwrap_or_default();
    let (people, agent_performance) = timed(|| PeopleAcc::fold(&rows, &context));
    let (sla, sla_compliance) = timed(|| SlaAcc::fold(&rows, &context));
    let (overview, overview_time) = timed(|| OverviewAcc::fold(&rows, &context));
    let mut insights = finish(AurionAcc { people, sla, overview }, &support, &begun, &context);

    let mut wanted: Vec<String> = insights.agent_performance.iter().filter_map(|agent| agent.seen_in.clone()).collect();
    wanted.extend(insights.team_performance.iter().filter_map(|team| team.seen_in.clone()));
    wanted.sort();
    wanted.dedup();
    wanted.truncate(MOST_NAMES);
    if !wanted.is_empty() {
        let stored = deps.store.conversations(tenant, &wanted).await?;
        name(&mut insights, &stored.into_iter().map(|stored| (stored.id.clone(), stored)).collect());
    }
    let total = milliseconds(started.elapsed());
    let parts = [agent_performance, sla_compliance, overview_time].map(milliseconds);
    let [agent_performance_ms, sla_compliance_ms, overview_ms] = parts;
    insights.aggregation_health = Health {
        agent_performance_ms,
        overview_ms,
        per_query_budget_ms: QUERY_BUDGET,
        sla_compliance_ms,
        target_conversation_volume: TARGET_VOLUME,
        target_met: total <= TOTAL_BUDGET && parts.iter().all(|part| *part <= QUERY_BUDGET),
        total_budget_ms: TOTAL_BUDGET,
        total_runtime_ms: total,
    };
    reply::json(StatusCode::OK, &insights)
}

/// The period in UTC; faults are left in the query.
fn context(query: &mut Query, now: jiff::Timestamp) -> Option<Context> {
    let request = PeriodRequest { preset: None, from: query.one("date_from"), to: query.one("date_to"), zone: None };
    let range = match request.resolve("", now, &TimeZone::UTC, Weekday::Monday) {
        Ok((range, _)) => range,
        Err(faults) => {
            for fault in faults {
                query.fault(&fault.pointer, fault.detail);
            }
            return None;
        }
    };
    let (from, to) = bounded(range, now, &TimeZone::UTC);
    refuse_empty(query, (from, to));
    let context = Context::new((from, to), (TimeZone::UTC, Weekday::Monday), Interval::Month, now);
    if context.is_err() || (to.as_second() - from.as_second()) / 86_400 >= MOST_DAYS {
        query.fault("date_from", format!("gives a period of more than {MOST_DAYS} days"));
    }
    context.ok()
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    let done = work();
    (done, started.elapsed())
}

/// With three decimals.
fn milliseconds(duration: Duration) -> f64 {
    domain::analysis::round3(duration.as_secs_f64() * 1000.0)
}

fn name(insights: &mut ConversationInsights, stored: &HashMap<String, StoredConversation>) {
    for agent in &mut insights.agent_performance {
        let seen = agent.seen_in.as_ref().and_then(|uid| stored.get(uid));
        agent.assignee_name = seen.and_then(|seen| name_in(seen, Role::Agent, &agent.assignee_user_id));
    }
    for team in &mut insights.team_performance {
        let seen = team.seen_in.as_ref().and_then(|uid| stored.get(uid));
        let seen = seen.filter(|seen| seen.facts.team_id.as_ref() == Some(&team.team_id));
        team.team_name = seen.and_then(|seen| seen.names.team.clone());
    }
}

/// What the document shows.
pub(crate) fn example(rows: &[(String, FactRow)], context: &Context) -> Value {
    serde_json::to_value(finish(AurionAcc::fold(rows, context), &SupportAcc::default(), &BTreeMap::new(), context))
        .unwrap_or_default()
}

/// Says refusals in this surface's form: a text, or a list for 422.
pub(crate) async fn answer_in_their_form(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let Some(problem) = response.extensions_mut().remove::<Arc<Problem>>() else { return response };
    let body = problem.body("");
    let text = if response.status() == StatusCode::UNPROCESSABLE_ENTITY {
        let item = |fault: domain::fault::Fault| DetailItem {
            loc: vec!["query".to_owned(), fault.pointer],
            msg: fault.detail,
            r#type: "value_error".to_owned(),
        };
        serde_json::to_vec(&DetailList { detail: body.errors.into_iter().map(item).collect() })
    } else {
        serde_json::to_vec(&DetailText { detail: body.detail })
    };
    let (mut parts, _) = response.into_parts();
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, text.unwrap_or_default().into())
}
