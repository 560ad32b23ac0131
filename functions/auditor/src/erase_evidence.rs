//! A deleted conversation's words taken out of every audit of the tenant. Verdicts and scores stay; a receipt with the hashes before
//! and after says that this, and nothing else, was changed.

use domain::audits::document::Document;
use domain::audits::{Audit, AuditState, FileKind, Receipt};
use domain::failure::Failure;
use queue::EraseEvidence;
use store::WriteResult;

use crate::file_documents::{file, read};
use crate::{Deps, missing, unreadable};

/// Takes them out of the filed audits, and lets the running ones leave them out.
pub(crate) async fn erase_evidence(deps: &Deps, erase: &EraseEvidence) -> Result<(), Failure> {
    for audit in deps.store.audits(&erase.tenant).await? {
        // A filed one that does not speak of the conversation need not be touched.
        if audit.state == AuditState::Completed && !speaks_of(deps, erase, &audit).await? {
            continue;
        }
        if audit.state != AuditState::Failed {
            erase_in(deps, erase, &audit).await?;
        }
    }
    Ok(())
}

/// Whether an audit's documents hold the conversation, or are not those that were filed: an erasure was broken off.
async fn speaks_of(deps: &Deps, erase: &EraseEvidence, audit: &Audit) -> Result<bool, Failure> {
    let kind = FileKind::FullJson;
    let bytes =
        deps.blobs.get_audit_file(&erase.tenant, audit.id, kind, None).await?.ok_or_else(|| missing("document"))?;
    let filed = audit.result.iter().flat_map(|result| &result.files).find(|file| file.kind == kind);
    if filed.is_none_or(|filed| filed.sha256 != compliance::sha256(&bytes)) {
        return Ok(true);
    }
    let document: Document = serde_json::from_slice(&bytes).map_err(unreadable)?;
    Ok(document.findings.iter().any(|judged| judged.conversation_uid == erase.conversation_id))
}

async fn erase_in(deps: &Deps, erase: &EraseEvidence, audit: &Audit) -> Result<(), Failure> {
    let (tenant, id) = (&erase.tenant, audit.id);
    let mut noted = deps.store.note_erased(tenant, id, &erase.conversation_id).await?;
    loop {
        // While it is running, whoever files the documents leaves out what is noted.
        let Some(stored) = noted.filter(|stored| stored.audit.state == AuditState::Completed) else { return Ok(()) };
        let Some(mut result) = stored.audit.result else { return Ok(()) };
        // All that was ever noted, not only this one: should two erasures write at the same time, the later one ends right.
        let is_erased = |id: &str| stored.erased.iter().any(|erased| erased == id);
        let mut files = Vec::new();
        let mut erased = 0;
        for kind in [FileKind::Json, FileKind::FullJson] {
            let mut document = read(deps, tenant, id, kind).await?;
            document.erase(is_erased);
            erased = document.erased;
            files.extend(file(deps, tenant, id, &document).await?);
        }
        let hash = |files: &[domain::audits::File]| {
            let full = files.iter().find(|file| file.kind == FileKind::FullJson);
            full.map(|file| file.sha256.clone()).unwrap_or_default()
        };
        let (before, after) = (hash(&result.files), hash(&files));
        if before != after {
            let at = (deps.clock)().to_string();
            result.receipts.push(Receipt { at, erased, sha256_before: before, sha256_after: after });
        }
        result.files = files;
        let now = stored.audit.finished_at.unwrap_or_else(deps.clock);
        match deps.store.put_audit_result(tenant, id, &result, now, stored.revision).await? {
            WriteResult::Written => return Ok(()),
            WriteResult::Changed => noted = deps.store.audit(tenant, id).await?,
        }
    }
}
