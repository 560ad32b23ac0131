//! The last step: findings into documents.

use compliance::{Header, assemble, canonical, head, page};
use domain::access::Tenant;
use domain::analysis::Severity;
use domain::audits::document::{Counts, Document, Judged, Scope, Verdict};
use domain::audits::{Audit, AuditRequest, AuditResult, File, FileKind};
use domain::failure::Failure;
use domain::ids::AuditId;
use serde_json::Value;
use store::WriteResult;

use crate::audit_work::complete;
use crate::judge_part::{self, Part};
use crate::plan::Plan;
use crate::{Deps, missing, unreadable};

/// Writes the documents and completes the audit. Should a conversation be erased meanwhile, writes them again.
pub(crate) async fn file_documents(
    deps: &Deps,
    tenant: &Tenant,
    id: AuditId,
    request: &AuditRequest,
    plan: &Plan,
) -> Result<(), Failure> {
    let (mut gone, mut full, mut masked) = (0, Vec::new(), Vec::new());
    for step in 1..=plan.parts() {
        let part: Part = judge_part::read(deps, tenant, id, step).await?;
        gone += part.gone;
        full.extend(part.full);
        masked.extend(part.masked);
    }
    let previous = previous(deps, tenant, plan).await?;
    loop {
        let Some(stored) = deps.store.audit(tenant, id).await? else {
            return deps.blobs.delete_audit(tenant, id, true).await;
        };
        let conversations = Counts { matched: plan.matched, selected: plan.selected(), audited: 0, gone };
        let header = header(tenant, &stored.audit, request, conversations, previous.clone())?;
        let document = |is_masked, findings: &Vec<Judged>| {
            let mut document = assemble(header.clone(), is_masked, findings.clone());
            document.erase(|id| stored.erased.iter().any(|erased| erased == id));
            document
        };
        let full = document(false, &full);
        let mut result = result(&full);
        result.files.extend(file(deps, tenant, id, &document(true, &masked)).await?);
        result.files.extend(file(deps, tenant, id, &full).await?);
        match deps.store.put_audit_result(tenant, id, &result, (deps.clock)(), stored.revision).await? {
            WriteResult::Written => break,
            WriteResult::Changed => {}
        }
    }
    tracing::info!(tenant.id = tenant.as_str(), audit.id = %id, conversations = full.len(), "audit completed");
    match deps.store.audit(tenant, id).await? {
        Some(stored) => complete(deps, tenant, &stored.audit).await,
        None => deps.blobs.delete_audit(tenant, id, true).await,
    }
}

/// The audit to compare with, without its findings; `None` when there is none, or it was deleted since.
async fn previous(deps: &Deps, tenant: &Tenant, plan: &Plan) -> Result<Option<Document>, Failure> {
    let Some(id) = plan.previous.as_deref().and_then(AuditId::parse) else { return Ok(None) };
    let Some(result) = deps.store.audit(tenant, id).await?.and_then(|stored| stored.audit.result) else {
        return Ok(None);
    };
    let Some(file) = result.files.iter().find(|file| file.kind == FileKind::Json) else { return Ok(None) };
    let bytes = deps.blobs.get_audit_file(tenant, id, FileKind::Json, Some(file.head)).await?;
    bytes.map(|bytes| head(&bytes).map_err(unreadable)).transpose()
}

fn header(
    tenant: &Tenant,
    audit: &Audit,
    request: &AuditRequest,
    conversations: Counts,
    previous: Option<Document>,
) -> Result<Header, Failure> {
    let filters: Value = serde_json::to_value(&request.filter).map_err(unreadable)?;
    Ok(Header {
        audit_id: audit.id.to_string(),
        tenant: tenant.as_str().to_owned(),
        requested_at: audit.created_at.to_string(),
        scope: Scope {
            from: audit.period.from.map(|at| at.to_string()),
            to: audit.period.to.map(|at| at.to_string()),
            filters,
            sample: request.sample,
            seed: request.seed,
        },
        rubric: request.rubric.clone(),
        conversations,
        previous,
    })
}

fn result(document: &Document) -> AuditResult {
    let sum = |of: fn(&domain::audits::document::CheckScore) -> u32| document.checks.iter().map(of).sum();
    let critical = document.rubric.checks.iter().filter(|check| check.severity == Severity::Critical);
    let critical: Vec<&str> = critical.map(|check| check.name.as_str()).collect();
    let all = document.findings.iter().flat_map(|judged| &judged.findings);
    let broken = all.filter(|finding| finding.verdict == Verdict::Fail && critical.contains(&finding.check.as_str()));
    AuditResult {
        score: document.score,
        passed: sum(|check| check.passed),
        failed: sum(|check| check.failed),
        critical: u32::try_from(broken.count()).unwrap_or(u32::MAX),
        files: Vec::new(),
        receipts: Vec::new(),
    }
}

/// Files a document as JSON and as a page.
pub(crate) async fn file(deps: &Deps, tenant: &Tenant, id: AuditId, document: &Document) -> Result<[File; 2], Failure> {
    let (json, html) =
        if document.masked { (FileKind::Json, FileKind::Html) } else { (FileKind::FullJson, FileKind::FullHtml) };
    let filed = canonical(document).map_err(unreadable)?;
    let page = page(document, &filed.sha256).into_bytes();
    let size = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let both = [
        File { kind: json, sha256: filed.sha256, bytes: size(&filed.bytes), head: filed.head },
        File { kind: html, sha256: compliance::sha256(&page), bytes: size(&page), head: 0 },
    ];
    deps.blobs.put_audit_file(tenant, id, json, filed.bytes).await?;
    deps.blobs.put_audit_file(tenant, id, html, page).await?;
    Ok(both)
}

/// A filed document.
pub(crate) async fn read(deps: &Deps, tenant: &Tenant, id: AuditId, kind: FileKind) -> Result<Document, Failure> {
    let bytes = deps.blobs.get_audit_file(tenant, id, kind, None).await?.ok_or_else(|| missing("document"))?;
    serde_json::from_slice(&bytes).map_err(unreadable)
}
