//! A batch of conversations for the analysis.

use domain::access::Tenant;
use domain::ids::BatchId;
use serde::Deserialize;

use super::{Invalid, Message, V1, trusted};

/// An accepted batch to be analysed: a pointer to it, never its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnalyzeBatch {
    /// Whose batch it is. Trusted, because only functions that IAM lets write to the queue can say so.
    pub tenant: Tenant,
    /// The batch.
    pub batch: BatchId,
    /// Key of its object.
    pub key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(rename = "type")]
    kind: Kind,
    v: V1,
    tenant: String,
    batch_id: String,
    key: String,
}

#[derive(Deserialize)]
enum Kind {
    #[serde(rename = "analyze_batch")]
    AnalyzeBatch,
}

impl AnalyzeBatch {
    /// Reads a body strictly: known type and version, no unknown field, a key of the tenant's own.
    pub fn parse(body: &str) -> Result<Self, Invalid> {
        let Body { kind: Kind::AnalyzeBatch, v: V1, tenant, batch_id, key } =
            serde_json::from_str(body).map_err(Invalid::Json)?;
        let owner = trusted(&tenant)?;
        let batch = BatchId::parse(&batch_id).ok_or(Invalid::Batch)?;
        if !key.starts_with(&format!("raw/{tenant}/")) || key.contains("..") {
            return Err(Invalid::Key);
        }
        Ok(Self { tenant: owner, batch, key })
    }
}

impl Message for AnalyzeBatch {
    /// The message as it is sent: `{"type":"analyze_batch","v":1,"tenant":…,"batch_id":…,"key":…}`.
    fn print(&self) -> String {
        serde_json::json!({
            "type": "analyze_batch",
            "v": 1,
            "tenant": self.tenant.as_str(),
            "batch_id": self.batch.to_string(),
            "key": self.key,
        })
        .to_string()
    }
}
