//! `POST /api/interviews`

use api::auth::WriteInterviews;
use api::problem::{Code, ProblemBody};
use api::{Body, Can, Problem, Query, idempotency, reply};
use axum::extract::State;
use axum::response::Response;
use domain::fault::Fault;
use domain::interviews::plan::{self, Draft, Plan};
use domain::interviews::{Interview, InterviewId};
use http::{HeaderMap, StatusCode, header};
use utoipa::ToSchema;

use crate::Deps;
use crate::catalog::Loaded;
use crate::interview_body::{ExpertBody, InterviewBody, NotificationBody};

/// An interview to be created.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct CreateInterviewRequest {
    interview_type: domain::interviews::InterviewType,
    #[schema(min_length = 1, max_length = 500)]
    title: String,
    /// What it is about.
    #[schema(min_length = 1, max_length = 500)]
    call_subject: String,
    /// Each of 1–1,000 characters.
    #[schema(min_items = 1, max_items = 100)]
    questions: Vec<String>,
    expert_data: ExpertBody,
    /// RFC 3339. Set = `SCHEDULED`, missing = `NOT_SCHEDULED`, unless `status` says otherwise.
    scheduled_at: Option<String>,
    /// `NOT_SCHEDULED` or `SCHEDULED`.
    status: Option<String>,
    /// An `agentGroupId` of `GET /api/agents`; the default agent for the type if missing.
    agent_group_id: Option<String>,
    /// Values of the account's variables by name, each of at most 5,000 characters. Required ones must be given.
    custom_variables: Option<std::collections::BTreeMap<String, String>>,
    /// Who is told when the interview completes; at most 10.
    notifications: Option<Vec<NotificationBody>>,
}

/// Create an interview
#[utoipa::path(
    post,
    path = "/api/interviews",
    tag = "Interviews",
    params(("Idempotency-Key" = Option<String>, Header, description = "Replays the first answer for 24 hours")),
    request_body = CreateInterviewRequest,
    responses(
        (status = 201, description = "The interview", body = InterviewBody),
        (status = 400, description = "`MISSING_REQUIRED_VARIABLES`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["interviews-write"]))
)]
pub(crate) async fn create_interview(
    State(deps): State<Deps>,
    can: Can<WriteInterviews>,
    query: Query,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    let create = Box::pin(create(&deps, &can, &body));
    idempotency::once(&deps.edge, &can.access, &headers, "POST interviews", &body.0, create).await
}

async fn create(deps: &Deps, can: &Can<WriteInterviews>, body: &Body) -> Result<Response, Problem> {
    let (tenant, now) = (can.tenant(), can.now());
    let loaded = Loaded::of(&deps.store, tenant).await?;
    let (draft, warnings) = read(deps, body, now, None, &loaded).await?;
    let interview = Interview::new(InterviewId::new(crate::new_ulid(deps, now)?), draft.plan, now);
    // In this order a crash leaves notifications of nothing rather than an interview of which nobody is told.
    let notifications = draft.notifications.unwrap_or_default();
    deps.store.put_notifications(tenant, &interview.id.to_string(), &notifications, now).await?;
    deps.store.create_interview(tenant, &interview).await?;
    let answer = InterviewBody::of(&interview, Vec::new(), &notifications, warnings, now);
    let mut response = reply::json(StatusCode::CREATED, &answer)?;
    if let Ok(location) = format!("/api/interviews/{}", interview.id).parse() {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// Reads a plan. Required variables without a value have a code of their own, whatever else is wrong; all faults are listed.
pub(crate) async fn read(
    deps: &Deps,
    body: &Body,
    now: jiff::Timestamp,
    before: Option<&Plan>,
    loaded: &Loaded,
) -> Result<(Draft, Vec<Fault>), Problem> {
    let mut missing = false;
    let catalog = loaded.catalog(deps.outbound.network());
    let read = body.read(false, now, |value, reader| plan::read(value, reader, before, catalog, &mut missing));
    let read = read.map_err(|problem| {
        if missing {
            problem.coded(Code::MissingRequiredVariables, "Required variables have no value; see errors.")
        } else {
            problem
        }
    })?;
    let mut faults = Vec::new();
    for (index, notification) in read.0.notifications.iter().flatten().enumerate() {
        if let Err(refused) = deps.outbound.check(&notification.address).await {
            faults.push(Fault::new(format!("/notifications/{index}/endpoint"), refused.to_string()));
        }
    }
    if faults.is_empty() { Ok(read) } else { Err(Problem::invalid(faults)) }
}
