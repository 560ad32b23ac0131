//! `GET /api/interviews/{id}/audio`

use std::collections::HashMap;

use api::auth::ReadInterviews;
use api::problem::ProblemBody;
use api::{Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::interviews::session::primary;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::interview_body::{interview_id, recording};

/// A recording.
#[derive(Serialize, ToSchema)]
pub(crate) struct Audio {
    /// Signed link; needs no key.
    #[serde(rename = "audioUrl")]
    url: String,
    /// Media type.
    #[serde(rename = "contentType")]
    content_type: Option<String>,
    /// When the link stops working: in an hour, or when the credentials that signed it end. Ask again for a fresh one.
    expires_at: String,
}

/// Get a link to the recording of the primary session
#[utoipa::path(
    get,
    path = "/api/interviews/{id}/audio",
    tag = "Interviews",
    params(("id" = String, Path, description = "The interview's id")),
    responses(
        (status = 200, description = "The link", body = Audio),
        (status = 404, description = "No such interview of this tenant, or it has no recording", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["interviews-read"]))
)]
pub(crate) async fn get_audio(
    State(deps): State<Deps>,
    can: Can<ReadInterviews>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
) -> Result<Response, Problem> {
    query.finish()?;
    let (tenant, id) = (can.tenant(), interview_id(&path)?);
    let sessions = deps.store.sessions(tenant, id).await?;
    let session = primary(&sessions).ok_or_else(Problem::not_found)?;
    let link = recording(&deps.blobs, tenant, id, session, can.now()).await?.ok_or_else(Problem::not_found)?;
    let audio =
        Audio { url: link.url, content_type: session.recording.clone(), expires_at: link.expires_at.to_string() };
    reply::json(StatusCode::OK, &audio)
}
