//! `DELETE /api/public/{tenant}/conversations/{id}`

use std::collections::HashMap;

use api::auth::ManageConversations;
use api::problem::ProblemBody;
use api::{Can, Path, Problem, Query};
use axum::extract::State;
use blobs::raw::Frame;
use domain::access::Tenant;
use domain::webhooks::{Event, EventKind};
use http::StatusCode;
use jiff::Timestamp;
use queue::{Announce, EraseEvidence};

use crate::Deps;

/// Delete a conversation
///
/// It leaves every store, every metric and, within seconds, the quotes of audits. A late redelivery cannot bring it back; pushing it anew can. Deleting it again is harmless.
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
    deps.store.put_entries(tenant, by, &erased.entries(id), erased.expires_at).await?;
    deps.store.erase_rows(tenant, id, &erased.days).await?;
    for raw in erased.raw.iter().chain(&erased.superseded.raw) {
        deps.blobs.erase_frames(tenant, &raw.key, &[Frame { offset: raw.offset, length: raw.length }]).await?;
    }
    for key in erased.overflow.iter().chain(&erased.superseded.overflow) {
        deps.blobs.delete(tenant, key).await?;
    }
    // Audits may quote it; whoever audits takes that out.
    let erase = EraseEvidence { tenant: tenant.clone(), conversation_id: id.clone() };
    deps.audit_queue.send(&erase).await?;
    announce(&deps, tenant, id, erased.deleted_at()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells who wants to know. `at` is when the conversation was first deleted, so that deleting it again tells nobody anew.
async fn announce(deps: &Deps, tenant: &Tenant, id: &str, at: Timestamp) -> Result<(), Problem> {
    if !deps.store.subscribes(tenant, &[EventKind::ConversationDeleted], (deps.edge.clock)()).await? {
        return Ok(());
    }
    let event = Event::ConversationDeleted { conversation_id: id.to_owned() };
    Ok(deps.webhooks_queue.send(&Announce { tenant: tenant.clone(), event, occurred_at: at }).await?)
}
