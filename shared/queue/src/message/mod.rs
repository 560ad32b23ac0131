//! Bodies of messages: JSON with a type and a version, read strictly. Both may change only by adding a version beside the old one,
//! because messages of the old one may be in flight, or in the dead-letter queue for two weeks.

mod analyze_batch;
mod analyze_interview;
mod announce;
mod audit_work;
mod continue_reanalysis;
mod deliver;
mod erase_contact;

use domain::access::Tenant;
use domain::ids::TenantName;
use serde::Deserialize;

pub use analyze_batch::AnalyzeBatch;
pub use analyze_interview::AnalyzeInterview;
pub use announce::Announce;
pub use audit_work::{AuditWork, EraseEvidence, RunAudit};
pub use continue_reanalysis::ContinueReanalysis;
pub use deliver::{Deliver, WebhookMessage};
pub use erase_contact::EraseContact;

/// What may be sent. Reading is each type's own `parse`, because only its consumer does it.
pub trait Message {
    /// The body as it is sent.
    fn print(&self) -> String;

    /// Whose messages share a queue's attention with those of others (SQS fair queues: a standard queue with a message group hands out a
    /// busy group's messages after those of quiet ones). `None` = no fairness needed.
    fn group(&self) -> Option<&str> {
        None
    }
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
    /// The erasure's id cannot be one.
    #[error("the erasure is not an erasure's id")]
    Erasure,
    /// The batch's id cannot be one.
    #[error("the batch is not a batch's id")]
    Batch,
    /// The re-analysis's id cannot be one.
    #[error("the re-analysis is not a re-analysis's id")]
    Reanalysis,
    /// The audit's id cannot be one.
    #[error("the audit is not an audit's id")]
    Audit,
    /// The interview's id cannot be one.
    #[error("the interview is not an interview's id")]
    Interview,
    /// The key is not in the tenant's part of the bucket.
    #[error("the key is not one of the tenant's batches")]
    Key,
    /// The delivery's id cannot be one.
    #[error("the delivery is not a delivery's id")]
    Delivery,
    /// A list of the event is empty or too long, or an id is.
    #[error("the event is not within its bounds")]
    Event,
}

/// The number 1 and nothing else.
#[derive(Deserialize)]
#[serde(try_from = "u32")]
pub(crate) struct V1;

impl TryFrom<u32> for V1 {
    type Error = &'static str;

    fn try_from(version: u32) -> Result<Self, Self::Error> {
        if version == 1 { Ok(Self) } else { Err("the version is unknown") }
    }
}

/// The tenant that a message names.
#[expect(
    clippy::disallowed_methods,
    reason = "IAM guards the queues: only functions that may send to one name a tenant"
)]
pub(crate) fn trusted(tenant: &str) -> Result<Tenant, Invalid> {
    TenantName::parse(tenant).map(Tenant::trusted).ok_or(Invalid::Tenant)
}
