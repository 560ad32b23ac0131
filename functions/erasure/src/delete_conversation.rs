//! `DELETE /api/public/{tenant}/conversations/{id}`

use std::collections::HashMap;

use api::auth::ManageConversations;
use api::problem::ProblemBody;
use api::{Can, Path, Problem, Query};
use axum::extract::State;
use http::StatusCode;

use crate::Deps;
use crate::erase_conversation::{Outcome, erase_conversation};

/// Delete a conversation
///
/// It leaves every store, every metric and, within seconds, the quotes of audits. A late redelivery cannot bring it back; pushing it anew can. Deleting it again is harmless.
#[utoipa::path(
    delete,
    path = "/api/public/{tenant}/conversations/{id}",
    tag = "Erasure",
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
    match erase_conversation(&deps, tenant, id, by).await? {
        Outcome::Unknown => Err(Problem::not_found()),
        Outcome::Erased | Outcome::Again => Ok(StatusCode::NO_CONTENT),
    }
}
