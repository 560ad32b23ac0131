//! `POST /api/interviews/{id}/expert-link`

use std::collections::HashMap;

use api::auth::WriteInterviews;
use api::problem::{Code, ProblemBody};
use api::{Body, Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::fault::Fault;
use domain::interviews::InterviewStatus;
use domain::interviews::link::{DEFAULT_LIFE, ExpertLink, ExpertToken, MAX_LIFE};
use domain::reader::{At, any_time};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::interview_body::interview_id;

/// A link to be made.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct CreateExpertLinkRequest {
    /// RFC 3339; in 14 days if missing, in 90 days at most.
    expires_at: Option<String>,
}

/// A link for the expert, shown this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExpertLinkBody {
    /// To be put behind the address of this API. What stands behind `#` is the secret: browsers send it to nobody.
    #[schema(example = "/expert#expert_…")]
    url: String,
    /// When it stops working.
    expires_at: String,
    /// Fields of the request that are not known and were ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Fault>,
}

/// Make a link by which the expert answers without a key
///
/// For one interview and one browser: the first that opens it. Making another one ends the one before.
#[utoipa::path(
    post,
    path = "/api/interviews/{id}/expert-link",
    tag = "Interviews",
    params(("id" = String, Path, description = "The interview's id")),
    request_body(content = CreateExpertLinkRequest, description = "May be empty"),
    responses(
        (status = 201, description = "The link", body = ExpertLinkBody),
        (status = 404, description = "No such interview of this tenant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The interview is completed", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["interviews-write"]))
)]
pub(crate) async fn create_expert_link(
    State(deps): State<Deps>,
    can: Can<WriteInterviews>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
    body: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    let (tenant, now) = (can.tenant(), can.now());
    let interview = interview_id(&path)?;
    let stored = deps.store.interview(tenant, interview).await?.ok_or_else(Problem::not_found)?;
    let (expires_at, warnings) = body.read(true, now, |value, reader| {
        let mut map = reader.object(value, &At::ROOT)?;
        let expires_at = reader.optional(&mut map, &At::ROOT, "expiresAt", any_time);
        if expires_at.is_some_and(|at| at <= now || at > now + MAX_LIFE) {
            reader.fault(&At::ROOT.field("expiresAt"), "must be in the future and within 90 days");
        }
        reader.leftovers(&At::ROOT, &map, &["expiresAt"]);
        Some(expires_at.unwrap_or(now + DEFAULT_LIFE))
    })?;
    if stored.status == InterviewStatus::Completed {
        return Err(Problem::new(Code::SessionEnded, "The interview is completed."));
    }
    let token = ExpertToken::from_random((deps.random)().map_err(crate::no_randomness)?);
    let link = ExpertLink { tenant: tenant.name().clone(), interview, expires_at, browser: None };
    deps.store.put_expert_link(tenant, &token.hash(), &link).await?;
    let url = format!("/expert#{}", token.reveal());
    reply::json(StatusCode::CREATED, &ExpertLinkBody { url, expires_at: expires_at.to_string(), warnings })
}
