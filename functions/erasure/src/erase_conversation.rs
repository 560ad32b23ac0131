//! One conversation out of every store.

use blobs::raw::Frame;
use domain::access::Tenant;
use domain::failure::Failure;
use domain::webhooks::{Event, EventKind};
use jiff::Timestamp;
use queue::{Announce, EraseEvidence};
use ulid::Ulid;

use crate::Deps;

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// There never was one.
    Unknown,
    /// It is gone now.
    Erased,
    /// It was gone already; what a crash may have left was finished.
    Again,
}

/// Deletes a conversation, its tasks, its rows in reports and its texts. Repeating it is harmless and finishes what a crash left undone.
pub(crate) async fn erase_conversation(deps: &Deps, tenant: &Tenant, id: &str, by: Ulid) -> Result<Outcome, Failure> {
    // The tombstone first: from here on nothing brings the conversation back.
    let Some(erased) = deps.store.delete_conversation(tenant, id, by).await? else { return Ok(Outcome::Unknown) };
    deps.store.put_entries(tenant, by, &erased.entries(id), erased.expires_at).await?;
    deps.store.erase_rows(tenant, id, &erased.days).await?;
    for raw in erased.raw.iter().chain(&erased.superseded.raw) {
        deps.blobs.erase_frames(tenant, &raw.key, &[Frame { offset: raw.offset, length: raw.length }]).await?;
    }
    for key in erased.overflow.iter().chain(&erased.superseded.overflow) {
        deps.blobs.delete(tenant, key).await?;
    }
    // Audits may quote it; whoever audits takes that out.
    let erase = EraseEvidence { tenant: tenant.clone(), conversation_id: id.to_owned() };
    deps.audit_queue.send(&erase).await?;
    announce(deps, tenant, id, erased.deleted_at()).await?;
    Ok(if erased.again { Outcome::Again } else { Outcome::Erased })
}

/// Tells who wants to know. `at` is when the conversation was first deleted, so that deleting it again tells nobody anew.
async fn announce(deps: &Deps, tenant: &Tenant, id: &str, at: Timestamp) -> Result<(), Failure> {
    if !deps.store.subscribes(tenant, &[EventKind::ConversationDeleted], (deps.edge.clock)()).await? {
        return Ok(());
    }
    let event = Event::ConversationDeleted { conversation_id: id.to_owned() };
    deps.webhooks_queue.send(&Announce { tenant: tenant.clone(), event, occurred_at: at }).await
}
