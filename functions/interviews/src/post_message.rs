//! `POST /api/interviews/{id}/sessions/{session_id}/messages`

use std::collections::HashMap;

use api::auth::WriteInterviews;
use api::problem::ProblemBody;
use api::{Body, Can, Path, Problem, Query, idempotency, reply};
use axum::extract::State;
use axum::response::Response;
use domain::fault::Fault;
use domain::interviews::conductor::Step;
use domain::interviews::event::{ANSWER_FIELDS, Answer, read_answer};
use domain::interviews::session::{Entry, Session, SessionStatus};
use domain::reader::At;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::conduct;
use crate::interview_body::{interview_id, session_id};

/// An answer of the expert.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct PostMessageRequest {
    /// What the expert wrote; may be empty.
    #[schema(max_length = 10000)]
    message: String,
    /// The caller's id of this turn: the same again gets the same reply. `Idempotency-Key` if missing.
    #[schema(max_length = 256)]
    turn_id: Option<String>,
    /// The expert wants to end the interview here.
    end: Option<bool>,
}

/// What the agent says to it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AgentReply {
    session_id: String,
    status: SessionStatus,
    /// What the agent says.
    messages: Vec<Entry>,
    /// Where the interview stands.
    progress: Progress,
    /// Fields of the request that are not known and were ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Fault>,
}

/// Where an interview stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct Progress {
    /// Questions that are done with.
    answered: usize,
    /// Questions in all.
    questions: usize,
}

impl Progress {
    pub(crate) fn of(session: &Session) -> Self {
        let questions = session.script.as_ref().map_or(0, |script| script.questions.len());
        let answered = match session.step {
            Step::Asking { question, .. } => question,
            Step::Ended => questions,
        };
        Self { answered, questions }
    }
}

/// Answer the agent
///
/// One turn at a time: while another one is being answered, 409. After the end, 409.
#[utoipa::path(
    post,
    path = "/api/interviews/{id}/sessions/{session_id}/messages",
    tag = "Interviews",
    params(
        ("id" = String, Path, description = "The interview's id"),
        ("session_id" = String, Path, description = "The session's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Stands for `turnId`"),
    ),
    request_body = PostMessageRequest,
    responses(
        (status = 200, description = "What the agent says", body = AgentReply),
        (status = 404, description = "No such session of this tenant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The session has ended, another turn is being answered, or the turn had another message", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["interviews-write"]))
)]
pub(crate) async fn post_message(
    State(deps): State<Deps>,
    can: Can<WriteInterviews>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    let ids = (interview_id(&path)?, session_id(&path)?);
    let (answer, warnings) = read(&body, can.now())?;
    let key = key(&deps, &answer, &headers, can.now())?;
    let answered = conduct::answer(&deps, can.tenant(), ids, &key, &answer, can.now()).await?;
    reply::json(StatusCode::OK, &AgentReply::of(answered, warnings))
}

/// Reads an answer.
pub(crate) fn read(body: &Body, now: Timestamp) -> Result<(Answer, Vec<Fault>), Problem> {
    body.read(false, now, |value, reader| {
        let mut map = reader.object(value, &At::ROOT)?;
        let answer = read_answer(&mut map, reader);
        reader.leftovers(&At::ROOT, &map, ANSWER_FIELDS);
        answer
    })
}

/// By what a turn is known: its id, else the idempotency key, else a new id, which no other turn has.
pub(crate) fn key(deps: &Deps, answer: &Answer, headers: &HeaderMap, now: Timestamp) -> Result<String, Problem> {
    if let Some(id) = &answer.turn_id {
        return Ok(id.clone());
    }
    if let Some(key) = headers.get(idempotency::HEADER) {
        let key = key.to_str().ok().filter(|key| (1..=idempotency::MAX_KEY).contains(&key.len()));
        let detail = format!("must have 1–{} visible ASCII characters", idempotency::MAX_KEY);
        let fault = || Problem::invalid(vec![Fault::new("Idempotency-Key", detail)]);
        return key.map(|key| format!("key {key}")).ok_or_else(fault);
    }
    Ok(format!("new {}", crate::new_ulid(deps, now)?))
}

impl AgentReply {
    pub(crate) fn of(answered: conduct::Answered, warnings: Vec<Fault>) -> Self {
        let conduct::Answered { session, says } = answered;
        Self {
            session_id: session.id.to_string(),
            status: session.status,
            progress: Progress::of(&session),
            messages: says,
            warnings,
        }
    }
}
