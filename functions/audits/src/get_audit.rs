//! `GET /api/public/{tenant}/audits/{id}`, also as the seed writes it: `/api/public/{id}/audits/{id}`

use std::collections::HashMap;

use api::auth::ReadAudits;
use api::problem::{Code, ProblemBody};
use api::{Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::access::{Ability, Tenant};
use domain::audits::document::Document;
use domain::audits::{AuditResult, FileKind, Receipt};
use domain::failure::Failure;
use domain::ids::AuditId;
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::Deps;
use crate::audit_body::AuditBody;

/// An audit with what it found.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditDetail {
    #[serde(flatten)]
    head: AuditBody,
    /// Scores, change, and the ten worst and best conversations: the document without `findings`. `null` until the audit is completed.
    #[schema(value_type = Option<Document>)]
    document: Option<Value>,
    /// The complete documents. Empty until the audit is completed.
    files: Vec<FileBody>,
    /// Erasures after the documents were filed, oldest first.
    receipts: Vec<Receipt>,
}

/// A document to be fetched.
#[derive(Serialize, ToSchema)]
pub(crate) struct FileBody {
    kind: FileKind,
    /// A link that needs no key. Ask again for a fresh one.
    url: String,
    /// When the link stops working: within an hour.
    expires_at: String,
    /// SHA-256 of the document's bytes in hexadecimal; what is fetched must have it.
    sha256: String,
    /// Its size in bytes.
    bytes: u64,
}

/// Read an audit
///
/// Personal data in quotes are masked; `quotes=full` gives them as they were written, for keys that may.
#[utoipa::path(
    get,
    path = "/api/public/{tenant}/audits/{id}",
    tag = "Audits",
    params(
        ("tenant" = String, Path, description = "The key's tenant, or the audit's id once more"),
        ("id" = String, Path, description = "The audit's id"),
        ("quotes" = Option<String>, Query, description = "`masked` (the default) or `full`, which needs the ability audits-readFull too"),
    ),
    responses(
        (status = 200, description = "The audit", body = AuditDetail),
        (status = 404, description = "No such audit of this tenant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["audits-read"]))
)]
pub(crate) async fn get_audit(
    State(deps): State<Deps>,
    can: Can<ReadAudits>,
    Path(path): Path<HashMap<String, String>>,
    mut query: Query,
) -> Result<Response, Problem> {
    let parse = |word: &str| ["masked", "full"].contains(&word).then_some(word == "full");
    let full = query.word("quotes", parse, &["masked", "full"]).unwrap_or(false);
    query.finish()?;
    if full && !can.access.principal.abilities.allow(Ability::AuditsReadFull) {
        let detail = format!("The key needs the ability {}.", Ability::AuditsReadFull.as_str());
        return Err(Problem::new(Code::MissingAbility, detail));
    }
    let tenant = can.tenant();
    let id = path.get("id").and_then(|id| AuditId::parse(id)).ok_or_else(Problem::not_found)?;
    let audit = deps.store.audit(tenant, id).await?.ok_or_else(Problem::not_found)?.audit;
    let (mut document, mut files, mut receipts) = (None, Vec::new(), Vec::new());
    if let Some(result) = &audit.result {
        document = shown(&deps, tenant, id, result, full).await?;
        files = links(&deps, tenant, id, result, full, can.now()).await?;
        receipts.clone_from(&result.receipts);
    }
    reply::json(StatusCode::OK, &AuditDetail { head: AuditBody::of(&audit), document, files, receipts })
}

/// The document without its findings: its first bytes. `None` when it is just being replaced by another.
async fn shown(
    deps: &Deps,
    tenant: &Tenant,
    id: AuditId,
    result: &AuditResult,
    full: bool,
) -> Result<Option<Value>, Failure> {
    let kind = if full { FileKind::FullJson } else { FileKind::Json };
    let Some(file) = result.files.iter().find(|file| file.kind == kind) else { return Ok(None) };
    let Some(bytes) = deps.blobs.get_audit_file(tenant, id, kind, Some(file.head)).await? else { return Ok(None) };
    let Ok(document) = compliance::head(&bytes) else { return Ok(None) };
    let mut value = serde_json::to_value(&document).unwrap_or_default();
    if let Value::Object(map) = &mut value {
        map.remove("findings");
    }
    Ok(Some(value))
}

async fn links(
    deps: &Deps,
    tenant: &Tenant,
    id: AuditId,
    result: &AuditResult,
    full: bool,
    now: Timestamp,
) -> Result<Vec<FileBody>, Failure> {
    let mut files = Vec::new();
    for file in result.files.iter().filter(|file| file.kind.is_full() == full) {
        let link = deps.blobs.audit_link(tenant, id, file.kind, now).await?;
        files.push(FileBody {
            kind: file.kind,
            url: link.url,
            expires_at: link.expires_at.to_string(),
            sha256: file.sha256.clone(),
            bytes: file.bytes,
        });
    }
    Ok(files)
}
