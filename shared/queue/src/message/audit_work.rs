//! What there is to do about audits: one step of one of them, or an erasure in all of a tenant's.

use domain::access::Tenant;
use domain::ids::AuditId;
use serde::Deserialize;

use super::{Invalid, Message, V1, trusted};

/// A message of the queue of audits. The tenant is trusted, because only functions that IAM lets write to the queue can name one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditWork {
    /// A step of an audit.
    Run(RunAudit),
    /// A conversation was deleted.
    Erase(EraseEvidence),
}

/// The next step of an audit: a pointer to it, never its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunAudit {
    /// Whose audit.
    pub tenant: Tenant,
    /// The audit.
    pub audit: AuditId,
    /// 0: which conversations; 1, 2, …: that part of them; after the last part: the documents.
    pub step: u32,
}

/// The words of a deleted conversation are to be taken out of audits.
#[derive(Clone, PartialEq, Eq)]
pub struct EraseEvidence {
    /// Whose conversation.
    pub tenant: Tenant,
    /// The conversation.
    pub conversation_id: String,
}

impl std::fmt::Debug for EraseEvidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EraseEvidence").field("tenant", &self.tenant).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Body {
    RunAudit { v: V1, tenant: String, audit_id: String, step: u32 },
    EraseEvidence { v: V1, tenant: String, conversation_id: String },
}

impl AuditWork {
    /// Reads a body strictly: known type and version, no unknown field.
    pub fn parse(body: &str) -> Result<Self, Invalid> {
        Ok(match serde_json::from_str(body).map_err(Invalid::Json)? {
            Body::RunAudit { v: V1, tenant, audit_id, step } => {
                let audit = AuditId::parse(&audit_id).ok_or(Invalid::Audit)?;
                Self::Run(RunAudit { tenant: trusted(&tenant)?, audit, step })
            }
            Body::EraseEvidence { v: V1, tenant, conversation_id } => {
                Self::Erase(EraseEvidence { tenant: trusted(&tenant)?, conversation_id })
            }
        })
    }
}

impl Message for RunAudit {
    /// The message as it is sent: `{"type":"run_audit","v":1,"tenant":…,"audit_id":…,"step":…}`.
    fn print(&self) -> String {
        serde_json::json!({
            "type": "run_audit",
            "v": 1,
            "tenant": self.tenant.as_str(),
            "audit_id": self.audit.to_string(),
            "step": self.step,
        })
        .to_string()
    }
}

impl Message for EraseEvidence {
    /// The message as it is sent: `{"type":"erase_evidence","v":1,"tenant":…,"conversation_id":…}`.
    fn print(&self) -> String {
        serde_json::json!({
            "type": "erase_evidence",
            "v": 1,
            "tenant": self.tenant.as_str(),
            "conversation_id": self.conversation_id,
        })
        .to_string()
    }
}
