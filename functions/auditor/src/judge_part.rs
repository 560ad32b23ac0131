//! Steps 1, 2, …: a part of the conversations judged.

use std::collections::HashMap;

use blobs::audits::Work;
use compliance::{Auditor, Judgement};
use domain::access::Tenant;
use domain::audits::document::Judged;
use domain::audits::rubric::Rubric;
use domain::failure::Failure;
use domain::ids::AuditId;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use store::{Detail, StoredConversation, overflowed_detail};

use crate::{Deps, missing, unreadable};

/// Conversations whose text is read at the same time.
const CONCURRENT_READS: usize = 16;

/// What became of the conversations of a part.
#[derive(Serialize, Deserialize)]
pub(crate) struct Part {
    /// Deleted, or without text.
    pub(crate) gone: u32,
    /// Findings with quotes as they were written.
    pub(crate) full: Vec<Judged>,
    /// Findings with personal data masked.
    pub(crate) masked: Vec<Judged>,
}

/// Judges a part and leaves its findings.
pub(crate) async fn judge_part(
    deps: &Deps,
    tenant: &Tenant,
    id: AuditId,
    rubric: &Rubric,
    step: u32,
    ids: &[String],
) -> Result<(), Failure> {
    let auditor = Auditor::new(rubric);
    let stored = deps.store.conversations(tenant, ids).await?;
    let mut judged: HashMap<String, Judgement> = stream::iter(stored)
        .map(|stored| judge(deps, tenant, &auditor, stored))
        .buffer_unordered(CONCURRENT_READS)
        .try_filter_map(async |judgement| Ok(judgement))
        .map_ok(|judgement| (judgement.full.conversation_uid.clone(), judgement))
        .try_collect()
        .await?;
    let mut part = Part { gone: 0, full: Vec::new(), masked: Vec::new() };
    for id in ids {
        match judged.remove(id) {
            Some(Judgement { full, masked }) => {
                part.full.push(full);
                part.masked.push(masked);
            }
            None => part.gone += 1,
        }
    }
    let json = serde_json::to_vec(&part).map_err(unreadable)?;
    deps.blobs.put_audit_work(tenant, id, Work::Part(step), &json).await
}

/// A conversation's findings; `None` when its text is past retention.
async fn judge(
    deps: &Deps,
    tenant: &Tenant,
    auditor: &Auditor<'_>,
    stored: StoredConversation,
) -> Result<Option<Judgement>, Failure> {
    let raw = &stored.raw;
    let Some(frame) = deps.blobs.get_raw_range(tenant, &raw.key, raw.offset, raw.length).await? else {
        return Ok(None);
    };
    if blobs::is_erased(&frame) {
        return Ok(None);
    }
    let conversation = blobs::raw::decode(&frame)?;
    let analysis = match stored.detail {
        Detail::Inline(analysis) => *analysis,
        Detail::Overflow { key } => match deps.blobs.get_overflow(tenant, &key).await? {
            Some(bytes) => overflowed_detail(&bytes)?,
            None => return Ok(None),
        },
    };
    Ok(Some(auditor.judge(&conversation, &stored.facts, &analysis)))
}

/// The findings that a step left.
pub(crate) async fn read(deps: &Deps, tenant: &Tenant, id: AuditId, step: u32) -> Result<Part, Failure> {
    let json = deps.blobs.get_audit_work(tenant, id, Work::Part(step)).await?.ok_or_else(|| missing("part"))?;
    serde_json::from_slice(&json).map_err(unreadable)
}
