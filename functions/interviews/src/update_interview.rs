//! `PATCH` and `PUT /api/interviews/{id}`

use std::collections::HashMap;

use api::auth::WriteInterviews;
use api::problem::{Code, ProblemBody};
use api::{Body, Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::interviews::Interview;
use http::StatusCode;

use crate::Deps;
use crate::catalog::Loaded;
use crate::create_interview::{CreateInterviewRequest, read};
use crate::interview_body::{InterviewBody, interview_id, sessions as sessions_of};

/// Change an interview
///
/// Fields that are missing stay; `null` clears what may be missing. Only before the interview begins.
#[utoipa::path(
    patch,
    path = "/api/interviews/{id}",
    tag = "Interviews",
    params(("id" = String, Path, description = "The interview's id")),
    request_body = CreateInterviewRequest,
    responses(
        (status = 200, description = "The interview as it is now", body = InterviewBody),
        (status = 400, description = "`MISSING_REQUIRED_VARIABLES`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such interview of this tenant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It has begun, or somebody else changed it", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["interviews-write"]))
)]
pub(crate) async fn update_interview(
    State(deps): State<Deps>,
    can: Can<WriteInterviews>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
    body: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    change(&deps, &can, &path, &body, false).await
}

/// Replace an interview
///
/// Like creating it: a field that is missing takes its default. Only before the interview begins.
#[utoipa::path(
    put,
    path = "/api/interviews/{id}",
    tag = "Interviews",
    params(("id" = String, Path, description = "The interview's id")),
    request_body = CreateInterviewRequest,
    responses(
        (status = 200, description = "The interview as it is now", body = InterviewBody),
        (status = 400, description = "`MISSING_REQUIRED_VARIABLES`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such interview of this tenant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "It has begun, or somebody else changed it", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["interviews-write"]))
)]
pub(crate) async fn replace_interview(
    State(deps): State<Deps>,
    can: Can<WriteInterviews>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
    body: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    change(&deps, &can, &path, &body, true).await
}

async fn change(
    deps: &Deps,
    can: &Can<WriteInterviews>,
    path: &HashMap<String, String>,
    body: &Body,
    whole: bool,
) -> Result<Response, Problem> {
    let (tenant, now) = (can.tenant(), can.now());
    let before = deps.store.interview(tenant, interview_id(path)?).await?.ok_or_else(Problem::not_found)?;
    let loaded = Loaded::of(&deps.store, tenant).await?;
    let base = (!whole).then_some(&before.plan);
    let (draft, warnings) = read(deps, body, now, base, &loaded).await?;
    if !before.status.is_open() {
        return Err(Problem::new(Code::Conflict, "The interview has begun: its plan can no longer be changed."));
    }
    let after = Interview {
        status: draft.plan.status(),
        plan: draft.plan,
        updated_at: now,
        revision: before.revision + 1,
        ..before.clone()
    };
    deps.store.replace_interview(tenant, &after, before.revision).await?;
    let id = after.id.to_string();
    let named = draft.notifications.or_else(|| whole.then(Vec::new));
    if let Some(notifications) = &named {
        deps.store.put_notifications(tenant, &id, notifications, now).await?;
    }
    let notifications = deps.store.notifications(tenant, &id).await?;
    let sessions = deps.store.sessions(tenant, after.id).await?;
    let sessions = sessions_of(&deps.blobs, tenant, &after, &sessions, now).await?;
    reply::json(StatusCode::OK, &InterviewBody::of(&after, sessions, &notifications, warnings, now))
}
