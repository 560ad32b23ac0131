//! `POST /api/expert/messages`

use api::problem::{Code, ProblemBody};
use api::{Body, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};

use crate::Deps;
use crate::conduct;
use crate::guest::Expert;
use crate::open_expert_session::current;
use crate::post_message::{AgentReply, PostMessageRequest, key, read};

/// Answer the agent, as an expert with a link
#[utoipa::path(
    post,
    path = "/api/expert/messages",
    tag = "Expert",
    params(("X-Expert-Browser" = String, Header, description = "What `POST /api/expert/session` was sent")),
    request_body = PostMessageRequest,
    responses(
        (status = 200, description = "What the agent says", body = AgentReply),
        (status = 401, description = "Not a link", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The session has ended, or another turn is being answered", body = ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "The link has expired, or was opened in another browser", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("expert" = []))
)]
pub(crate) async fn post_expert_message(
    State(deps): State<Deps>,
    expert: Expert,
    query: Query,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    let Expert { guest, now } = expert;
    let (tenant, interview) = (&guest.tenant, guest.interview);
    let (answer, warnings) = read(&body, now)?;
    let stored = deps.store.interview(tenant, interview).await?.ok_or_else(Problem::not_found)?;
    let sessions = deps.store.sessions(tenant, interview).await?;
    let ended = || Problem::new(Code::SessionEnded, "The session has ended; open the link again.");
    let session = current(&sessions, stored.status).ok_or_else(ended)?.id;
    let key = key(&deps, &answer, &headers, now)?;
    let answered = conduct::answer(&deps, tenant, (interview, session), &key, &answer, now).await?;
    reply::json(StatusCode::OK, &AgentReply::of(answered, warnings))
}
