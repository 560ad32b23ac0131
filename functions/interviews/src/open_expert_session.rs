//! `POST /api/expert/session`

use api::problem::ProblemBody;
use api::{Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::interviews::session::{Entry, Session, SessionStatus, primary, transcript};
use domain::interviews::{InterviewStatus, Platform};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::conduct;
use crate::guest::Expert;
use crate::post_message::Progress;

/// The expert's interview, as far as it has come.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExpertSession {
    title: String,
    call_subject: String,
    expert_name: String,
    /// Language of the agent.
    language: String,
    status: SessionStatus,
    progress: Progress,
    /// What was said so far.
    messages: Vec<Entry>,
}

/// Open an expert's link, or come back to it
///
/// Begins the text interview, or goes on where it stopped. The link is bound to the browser that opens it first.
#[utoipa::path(
    post,
    path = "/api/expert/session",
    tag = "Expert",
    params(("X-Expert-Browser" = String, Header, description = "16–128 characters that the browser made up and keeps")),
    responses(
        (status = 200, description = "The interview", body = ExpertSession),
        (status = 401, description = "Not a link", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The interview took place elsewhere", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The link has expired, or was opened in another browser", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("expert" = []))
)]
pub(crate) async fn open_expert_session(
    State(deps): State<Deps>,
    expert: Expert,
    query: Query,
) -> Result<Response, Problem> {
    query.finish()?;
    let Expert { guest, now } = expert;
    let (tenant, id) = (&guest.tenant, guest.interview);
    let interview = deps.store.interview(tenant, id).await?.ok_or_else(Problem::not_found)?;
    let sessions = deps.store.sessions(tenant, id).await?;
    let (session, messages) = match current(&sessions, interview.status) {
        Some(session) => (session.clone(), transcript(deps.store.turns(tenant, id, session.id).await?)),
        None => conduct::start(&deps, tenant, &interview, Platform::Web, now).await?,
    };
    let answer = ExpertSession {
        title: interview.plan.title,
        call_subject: interview.plan.call_subject,
        expert_name: interview.plan.expert.name,
        language: session.script.as_ref().map(|script| script.language.clone()).unwrap_or_default(),
        status: session.status,
        progress: Progress::of(&session),
        messages,
    };
    reply::json(StatusCode::OK, &answer)
}

/// The text session that goes on, or the one that completed the interview.
pub(crate) fn current(sessions: &[Session], status: InterviewStatus) -> Option<&Session> {
    let going_on = sessions.iter().rev().find(|session| session.platform == Platform::Web && !session.status.is_over());
    let completed = || primary(sessions).filter(|session| session.platform == Platform::Web);
    going_on.or_else(|| if status == InterviewStatus::Completed { completed() } else { None })
}
