//! `POST /api/public/{tenant}/audits`

use std::collections::BTreeMap;

use api::auth::CreateAudits;
use api::problem::ProblemBody;
use api::{Body, Can, Problem, Query, idempotency, reply};
use axum::extract::State;
use axum::response::Response;
use domain::access::Tenant;
use domain::analysis::{AgentKind, ChurnLevel, Sentiment, Severity, Temperature};
use domain::audits::rubric::{READY, Rubric};
use domain::audits::{Audit, AuditRequest, AuditState, MAX_CONVERSATIONS, Origin};
use domain::conversation::{Priority, Status};
use domain::facts::filter_body;
use domain::failure::Failure;
use domain::fault::Fault;
use domain::ids::AuditId;
use domain::reader::{At, Reader, text, word};
use domain::settings::Settings;
use domain::time_range::{DatePreset, PeriodRequest, TimeRange};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use queue::RunAudit;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::Deps;
use crate::audit_body::AuditBody;

/// Largest seed: what JSON's numbers hold exactly everywhere.
const MAX_SEED: u64 = (1 << 53) - 1;
/// Fields beside the filters.
const KNOWN: &[&str] =
    &["date_preset", "date_from", "date_to", "timezone", "rubric", "rubric_version", "sample", "seed"];

/// What is to be audited. A period is required; filters are joined by AND, the values of one by OR.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct CreateAuditRequest {
    /// A rubric of the settings or a ready one: `general_support`, `payments_pci`, `privacy_gdpr`.
    #[schema(example = "general_support")]
    rubric: String,
    /// The newest if missing.
    #[schema(minimum = 1)]
    rubric_version: Option<u32>,
    /// Named period of `created_at`; not together with `date_from` or `date_to`.
    #[schema(example = "last_month")]
    date_preset: Option<DatePreset>,
    /// A date or an RFC 3339 time; belongs to the period.
    date_from: Option<String>,
    /// A date, whose whole day belongs to the period, or an RFC 3339 time, which does not.
    date_to: Option<String>,
    /// IANA zone of dates and presets; the tenant's if missing.
    timezone: Option<String>,
    /// Conversations to be drawn; all if missing.
    #[schema(minimum = 1, maximum = 20000)]
    sample: Option<u32>,
    /// The same seed draws the same conversations; 0 if missing.
    #[schema(minimum = 0)]
    seed: Option<u64>,
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
    #[schema(value_type = Option<Object>, example = json!({"plan": ["pro"]}))]
    custom: Option<BTreeMap<String, Vec<String>>>,
}

/// An audit that was accepted.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedAudit {
    #[serde(flatten)]
    audit: AuditBody,
    /// Where to follow it.
    status_url: String,
    /// Fields of the request that are not known and were ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Fault>,
}

/// Start an audit
///
/// Conversations of the period are judged against every check of the rubric as it is now: editing the rubric afterwards changes nothing.
/// The answer is sent at once; `status_url` shows how far the audit has come. Up to 20,000 conversations are judged: where more match,
/// the audit fails and says so.
#[utoipa::path(
    post,
    path = "/api/public/{tenant}/audits",
    tag = "Audits",
    params(
        ("tenant" = String, Path, description = "The key's tenant"),
        ("Idempotency-Key" = Option<String>, Header, description = "Replays the first answer for 24 hours"),
    ),
    request_body = CreateAuditRequest,
    responses(
        (status = 202, description = "Accepted; `Location` is `status_url`", body = CreatedAudit),
        (status = 400, description = "Not JSON or not UTF-8", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The idempotency key is in use or was used for another body", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["audits-create"]))
)]
pub(crate) async fn create_audit(
    State(deps): State<Deps>,
    can: Can<CreateAudits>,
    query: Query,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    let create = Box::pin(create(&deps, &can, &body));
    idempotency::once(&deps.edge, &can.access, &headers, "POST audits", &body.0, create).await
}

async fn create(deps: &Deps, can: &Can<CreateAudits>, body: &Body) -> Result<Response, Problem> {
    let (tenant, now) = (can.tenant(), can.now());
    let settings = deps.store.tenant(tenant).await?.map(|record| record.settings).unwrap_or_default();
    let ((period, request), warnings) = body.read(false, now, |value, reader| read(value, reader, &settings, now))?;
    let id = AuditId::new(crate::new_ulid(deps, now)?);
    let audit = start(deps, tenant, id, Origin::Request, period, &request, now).await?;
    let status_url = format!("/api/public/{}/audits/{id}", tenant.as_str());
    let location = HeaderValue::from_str(&status_url);
    let answer = CreatedAudit { audit: AuditBody::of(&audit), status_url, warnings };
    let mut response = reply::json(StatusCode::ACCEPTED, &answer)?;
    if let Ok(location) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// Records an audit and queues its first step. Doing it again with the same id changes nothing but that the step is queued once more.
pub(crate) async fn start(
    deps: &Deps,
    tenant: &Tenant,
    id: AuditId,
    origin: Origin,
    period: TimeRange,
    request: &AuditRequest,
    now: Timestamp,
) -> Result<Audit, Failure> {
    let audit = Audit {
        id,
        state: AuditState::Queued,
        failure: None,
        origin,
        rubric: request.rubric.name.clone(),
        rubric_version: request.rubric.version,
        period,
        created_at: now,
        finished_at: None,
        matched: 0,
        selected: 0,
        done: 0,
        result: None,
    };
    deps.store.create_audit(tenant, &audit, request).await?;
    if let Err(failure) = deps.queue.send(&RunAudit { tenant: tenant.clone(), audit: id, step: 0 }).await {
        // It was never accepted: nobody must find it waiting. The schedule asks again for its own.
        if origin == Origin::Request {
            deps.store.delete_audit(tenant, id, now).await?;
        }
        return Err(failure);
    }
    Ok(audit)
}

fn read(value: Value, reader: &mut Reader, settings: &Settings, now: Timestamp) -> Option<(TimeRange, AuditRequest)> {
    let at = &At::ROOT;
    let mut map = reader.object(value, at)?;
    let short = |value, at: &At<'_>, reader: &mut Reader| text(value, at, reader, 1, 100);
    let period = PeriodRequest {
        preset: reader.optional(&mut map, at, "date_preset", |v, at, reader| {
            word(&v, at, reader, DatePreset::parse, DatePreset::WORDS)
        }),
        from: reader.optional(&mut map, at, "date_from", short),
        to: reader.optional(&mut map, at, "date_to", short),
        zone: reader.optional(&mut map, at, "timezone", short),
    };
    let asked = period.preset.is_some() || (period.from.is_some() && period.to.is_some());
    if !asked {
        let detail = "is required: name a date_preset, or date_from and date_to; an audit is of a period with two ends";
        reader.fault(&at.field(if period.from.is_some() { "date_to" } else { "date_from" }), detail);
    }
    let period = match period.resolve("/", now, &settings.zone(), settings.week_start.into()) {
        Ok((range, _)) => range,
        Err(faults) => {
            for fault in faults {
                reader.fault(&at.field(fault.pointer.trim_start_matches('/')), fault.detail);
            }
            TimeRange::default()
        }
    };
    if period.from.is_some() && period.from == period.to {
        reader.fault(&at.field("date_to"), "is date_from: the period is empty");
    }
    if period.from.is_some_and(|from| from > now) {
        reader.fault(&at.field("date_from"), "is in the future: there is nothing to audit yet");
    }
    let name = reader.required(&mut map, at, "rubric", |v, at, reader| text(v, at, reader, 1, 64));
    let version =
        reader.optional(&mut map, at, "rubric_version", |v, at, reader| number(&v, at, reader, 1, u64::from(u32::MAX)));
    let rubric = name.and_then(|name| found(&name, version, settings, reader));
    let sample = reader
        .optional(&mut map, at, "sample", |v, at, reader| number(&v, at, reader, 1, u64::from(MAX_CONVERSATIONS)));
    let seed = reader.optional(&mut map, at, "seed", |v, at, reader| number(&v, at, reader, 0, MAX_SEED));
    let filter = filter_body::read(&mut map, at, reader);
    reader.leftovers(at, &map, &[KNOWN, filter_body::FIELDS].concat());
    let sample = sample.and_then(|sample| u32::try_from(sample).ok());
    Some((period, AuditRequest { rubric: rubric?, filter, sample, seed: seed.unwrap_or(0) }))
}

fn number(value: &Value, at: &At<'_>, reader: &mut Reader, least: u64, most: u64) -> Option<u64> {
    let number = value.as_u64().filter(|number| (least..=most).contains(number));
    reader.some(number, at, &format!("must be a whole number from {least} to {most}"))
}

fn found(name: &str, version: Option<u64>, settings: &Settings, reader: &mut Reader) -> Option<Rubric> {
    let version = version.map(|version| u32::try_from(version).unwrap_or(u32::MAX));
    if let Some(rubric) = compliance::find(settings, name, version) {
        return Some(rubric.clone());
    }
    let known = compliance::find(settings, name, None);
    let (field, detail) = match known {
        Some(newest) => ("rubric_version", format!("is not there; the newest is {}", newest.version)),
        None => ("rubric", format!("is neither a rubric of the settings nor one of {}", READY.join(", "))),
    };
    reader.fault(&At::ROOT.field(field), detail);
    None
}
