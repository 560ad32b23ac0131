//! `POST /api/interviews/{id}/sessions`

use std::collections::HashMap;

use api::auth::WriteInterviews;
use api::problem::ProblemBody;
use api::{Body, Can, Path, Problem, Query, idempotency, reply};
use axum::extract::State;
use axum::response::Response;
use domain::fault::Fault;
use domain::interviews::session::Entry;
use domain::interviews::{InterviewId, Platform};
use domain::reader::{At, word};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::conduct;
use crate::interview_body::{SessionBody, interview_id};

/// A session to begin.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct CreateSessionRequest {
    platform: Platform,
}

/// A session that began.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedSession {
    #[serde(flatten)]
    session: SessionBody,
    /// What the agent says first: its greeting and the first question. Empty by telephone.
    messages: Vec<Entry>,
    /// Fields of the request that are not known and were ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Fault>,
}

/// Begin a session
///
/// `WEB`: Hark conducts a text interview; send the expert's answers to `…/messages`. `PHONE`: a telephony platform conducts it and posts
/// what is said to `…/events`. A session that is still going on is abandoned.
#[utoipa::path(
    post,
    path = "/api/interviews/{id}/sessions",
    tag = "Interviews",
    params(
        ("id" = String, Path, description = "The interview's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Replays the first answer for 24 hours"),
    ),
    request_body = CreateSessionRequest,
    responses(
        (status = 201, description = "The session", body = CreatedSession),
        (status = 404, description = "No such interview of this tenant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The interview is completed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["interviews-write"]))
)]
pub(crate) async fn create_session(
    State(deps): State<Deps>,
    can: Can<WriteInterviews>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    let id = interview_id(&path)?;
    let create = Box::pin(create(&deps, &can, id, &body));
    idempotency::once(&deps.edge, &can.access, &headers, &format!("POST sessions {id}"), &body.0, create).await
}

async fn create(deps: &Deps, can: &Can<WriteInterviews>, id: InterviewId, body: &Body) -> Result<Response, Problem> {
    let (tenant, now) = (can.tenant(), can.now());
    let interview = deps.store.interview(tenant, id).await?.ok_or_else(Problem::not_found)?;
    let (platform, warnings) = body.read(false, now, |value, reader| {
        let mut map = reader.object(value, &At::ROOT)?;
        let platform = reader.required(&mut map, &At::ROOT, "platform", |value, at, reader| {
            word(&value, at, reader, Platform::parse, Platform::WORDS)
        });
        reader.leftovers(&At::ROOT, &map, &["platform"]);
        platform
    })?;
    let (session, messages) = conduct::start(deps, tenant, &interview, platform, now).await?;
    let answer = CreatedSession { session: SessionBody::bare(&session), messages, warnings };
    reply::json(StatusCode::CREATED, &answer)
}
