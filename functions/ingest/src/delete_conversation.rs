//! `DELETE /api/public/{tenant}/conversations/{id}`

use std::collections::HashMap;

use api::auth::ManageConversations;
use api::problem::ProblemBody;
use api::{Can, Path, Problem, Query};
use axum::extract::State;
use blobs::raw::Frame;
use http::StatusCode;
use jiff::{Timestamp, ToSpan};

use crate::Deps;

/// A `del` entry must outlive every row it outranks: ten years, the longest retention that settings allow.
const LONGEST_RETENTION_HOURS: i64 = 3_650 * 24;

/// Delete a conversation.
///
/// It leaves every store and every metric. A late redelivery cannot bring it back; pushing it anew can. Deleting it again is harmless.
#[utoipa::path(
    delete,
    path = "/api/public/{tenant}/conversations/{id}",
    tag = "Ingest",
    params(
        ("tenant" = String, Path, description = "The key's tenant"),
        ("id" = String, Path, description = "The conversation's id"),
    ),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "No such conversation of this tenant", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["conversationIngestion-create"]))
)]
pub(crate) async fn delete_conversation(
    State(deps): State<Deps>,
    can: Can<ManageConversations>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
) -> Result<StatusCode, Problem> {
    query.finish()?;
    let tenant = can.tenant();
    let id = path.get("id").ok_or_else(Problem::not_found)?;
    let by = crate::new_ulid(&deps, can.now())?;
    // The tombstone first: from here on nothing brings the conversation back, and a repeated request finishes what a crash left undone.
    let erased = deps.store.delete_conversation(tenant, id, by).await?.ok_or_else(Problem::not_found)?;
    let expires_at = can.now().checked_add(LONGEST_RETENTION_HOURS.hours()).unwrap_or(Timestamp::MAX);
    deps.store.put_entries(tenant, by, &erased.entries(id), expires_at).await?;
    if let Some(raw) = &erased.raw {
        deps.blobs.erase_frames(tenant, &raw.key, &[Frame { offset: raw.offset, length: raw.length }]).await?;
    }
    if let Some(key) = &erased.overflow {
        deps.blobs.delete(tenant, key).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
