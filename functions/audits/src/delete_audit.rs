//! `DELETE /api/public/{tenant}/audits/{id}`

use std::collections::HashMap;

use api::auth::CreateAudits;
use api::problem::ProblemBody;
use api::{Can, Path, Problem, Query};
use axum::extract::State;
use domain::ids::AuditId;
use http::StatusCode;

use crate::Deps;

/// Delete an audit
///
/// With its documents, also while it is running. Links that were handed out stop working.
#[utoipa::path(
    delete,
    path = "/api/public/{tenant}/audits/{id}",
    tag = "Audits",
    params(
        ("tenant" = String, Path, description = "The key's tenant"),
        ("id" = String, Path, description = "The audit's id"),
    ),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "No such audit of this tenant", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["audits-create"]))
)]
pub(crate) async fn delete_audit(
    State(deps): State<Deps>,
    can: Can<CreateAudits>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
) -> Result<StatusCode, Problem> {
    query.finish()?;
    let id = path.get("id").and_then(|id| AuditId::parse(id)).ok_or_else(Problem::not_found)?;
    // The tombstone first: a worker that is at it finds it and removes what it wrote meanwhile.
    let deleted = deps.store.delete_audit(can.tenant(), id, can.now()).await?;
    if deleted.is_none() {
        return Err(Problem::not_found());
    }
    deps.blobs.delete_audit(can.tenant(), id, true).await?;
    Ok(StatusCode::NO_CONTENT)
}
