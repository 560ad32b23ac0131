//! `DELETE /api/interviews/{id}`

use std::collections::HashMap;

use api::auth::WriteInterviews;
use api::problem::ProblemBody;
use api::{Can, Path, Problem, Query};
use axum::extract::State;
use blobs::media::{Media, Part};
use http::StatusCode;

use crate::Deps;
use crate::interview_body::interview_id;

/// Delete an interview
///
/// With its sessions, transcripts, recordings, analysis and the expert's link, for good.
#[utoipa::path(
    delete,
    path = "/api/interviews/{id}",
    tag = "Interviews",
    params(("id" = String, Path, description = "The interview's id")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "No such interview of this tenant", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["interviews-write"]))
)]
pub(crate) async fn delete_interview(
    State(deps): State<Deps>,
    can: Can<WriteInterviews>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
) -> Result<StatusCode, Problem> {
    query.finish()?;
    let (tenant, interview) = (can.tenant(), interview_id(&path)?);
    deps.store.interview(tenant, interview).await?.ok_or_else(Problem::not_found)?;
    // Media first: without the sessions nobody would know of them.
    for session in deps.store.sessions(tenant, interview).await? {
        for part in [Part::Audio, Part::Transcript] {
            deps.blobs.delete_media(tenant, &Media { interview, session: session.id, part }).await?;
        }
    }
    deps.store.put_notifications(tenant, &interview.to_string(), &[], can.now()).await?;
    deps.store.delete_interview(tenant, interview).await?;
    Ok(StatusCode::NO_CONTENT)
}
