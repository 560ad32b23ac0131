//! Bodies of messages: JSON with a type and a version, read strictly. Both may change only by adding a version beside the old one,
//! because messages of the old one may be in flight, or in the dead-letter queue for two weeks.

use domain::access::Tenant;
use domain::ids::{BatchId, TenantName};
use serde::Deserialize;

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

/// Why a body is not a message. Retrying cannot help.
#[derive(Debug, thiserror::Error)]
pub enum Invalid {
    /// Not the JSON of a message that this version knows.
    #[error("not a message of a known type and version")]
    Json(#[source] serde_json::Error),
    /// The tenant's name cannot be one.
    #[error("the tenant is not a tenant's name")]
    Tenant,
    /// The batch's id cannot be one.
    #[error("the batch is not a batch's id")]
    Batch,
    /// The key is not in the tenant's part of the bucket.
    #[error("the key is not one of the tenant's batches")]
    Key,
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

/// The number 1 and nothing else.
#[derive(Deserialize)]
#[serde(try_from = "u32")]
struct V1;

impl TryFrom<u32> for V1 {
    type Error = &'static str;

    fn try_from(version: u32) -> Result<Self, Self::Error> {
        if version == 1 { Ok(Self) } else { Err("the version is unknown") }
    }
}

impl AnalyzeBatch {
    /// The message as it is sent: `{"type":"analyze_batch","v":1,"tenant":…,"batch_id":…,"key":…}`.
    pub fn print(&self) -> String {
        serde_json::json!({
            "type": "analyze_batch",
            "v": 1,
            "tenant": self.tenant.as_str(),
            "batch_id": self.batch.to_string(),
            "key": self.key,
        })
        .to_string()
    }

    /// Reads a body strictly: known type and version, no unknown field, a key of the tenant's own.
    #[expect(clippy::disallowed_methods, reason = "IAM guards the queue: only ingest can name a tenant here")]
    pub fn parse(body: &str) -> Result<Self, Invalid> {
        let Body { kind: Kind::AnalyzeBatch, v: V1, tenant, batch_id, key } =
            serde_json::from_str(body).map_err(Invalid::Json)?;
        let name = TenantName::parse(&tenant).ok_or(Invalid::Tenant)?;
        let batch = BatchId::parse(&batch_id).ok_or(Invalid::Batch)?;
        if !key.starts_with(&format!("raw/{tenant}/")) || key.contains("..") {
            return Err(Invalid::Key);
        }
        Ok(Self { tenant: Tenant::trusted(name), batch, key })
    }
}
