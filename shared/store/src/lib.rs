//! The tables: every access pattern of Hark as one method, and nothing of `DynamoDB` outside this crate.
//!
//! See `README.md` for the chart of items and the table of access patterns. Every method takes the tenant first, every write carries
//! the condition that makes it idempotent, nothing scans. What was consumed is counted by [`meter::Meter`].
#![warn(missing_docs)]

mod api_keys;
mod audits;
mod batches;
mod blocks;
mod conversations;
mod deliveries;
mod endpoints;
mod erasures;
mod gate;
mod idempotency;
mod insights;
mod interviews;
mod item;
mod keys;
pub mod limits;
mod matters;
pub mod meter;
mod pack;
mod reanalyses;
mod sdk;
mod support_events;
mod tasks;
mod tenants;
mod visits;

use std::fmt;
use std::sync::{Arc, OnceLock};

use aws_sdk_dynamodb::Client;
use aws_types::SdkConfig;
use domain::failure::Failure;

pub use api_keys::KeyList;
pub use audits::{StoredAudit, WriteResult};
pub use conversations::{
    Detail, Erased, Names, NewConversation, RawPointer, StoredConversation, Superseded, WriteOutcome, Written,
    overflowed_detail, overflowing_detail,
};
pub use erasures::{ErasedCounts, Erasure};
pub use insights::KnownInsights;
pub use interviews::{AgentList, SessionChange};
pub use keys::{ContactDigest, ContactKey, DeliveryKey, TaskKey, day_of};
pub use matters::MatterLog;
pub use meter::{Purpose, Usage};
pub use tasks::{Drafts, TaskScope};
pub use tenants::TenantRecord;
pub use visits::StoredLog;

/// The tables of Hark. Cheap to clone; clones share the client, the caches and the meter.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    config: Option<SdkConfig>,
    client: OnceLock<Client>,
    main: String,
    auth: Option<String>,
    meter: meter::Meter,
    months: blocks::KnownMonths,
    limits: limits::Known,
    locks: idempotency::Locks,
    contact_keys: tenants::KnownContactKeys,
    subscriptions: endpoints::KnownSubscriptions,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("main", &self.0.main).field("auth", &self.0.auth).finish_non_exhaustive()
    }
}

/// A table that this process was not given.
#[derive(Debug, thiserror::Error)]
#[error("this process was not given the name of the auth table")]
struct NoAuthTable;

impl Store {
    /// The tables of those names. No client is made before the first call.
    pub fn new(config: &SdkConfig, main_table: impl Into<String>, auth_table: Option<String>) -> Self {
        Self::of(Some(config.clone()), OnceLock::new(), main_table.into(), auth_table)
    }

    /// The tables of those names through a client that is already made: the seam for tests.
    pub fn with_client(client: Client, main_table: impl Into<String>, auth_table: Option<String>) -> Self {
        Self::of(None, OnceLock::from(client), main_table.into(), auth_table)
    }

    fn of(config: Option<SdkConfig>, client: OnceLock<Client>, main: String, auth: Option<String>) -> Self {
        Self(Arc::new(Inner {
            config,
            client,
            main,
            auth,
            meter: meter::Meter::default(),
            months: blocks::KnownMonths::default(),
            limits: limits::Known::default(),
            locks: idempotency::Locks::default(),
            contact_keys: tenants::KnownContactKeys::default(),
            subscriptions: endpoints::KnownSubscriptions::default(),
        }))
    }

    /// What this store has consumed.
    pub fn meter(&self) -> &meter::Meter {
        &self.0.meter
    }

    fn client(&self) -> &Client {
        self.0.client.get_or_init(|| {
            // `config` is there whenever the client was not given.
            let config = self.0.config.clone().unwrap_or_else(|| SdkConfig::builder().build());
            Client::new(&config)
        })
    }

    fn main(&self) -> &str {
        &self.0.main
    }

    fn auth(&self) -> Result<&str, Failure> {
        self.0
            .auth
            .as_deref()
            .ok_or_else(|| Failure::Unexpected { service: sdk::SERVICE, source: Box::new(NoAuthTable) })
    }
}

/// A pause before trying again, drawn at random up to a bound that doubles with every attempt: 10 ms, 20 ms, … at most 640 ms.
async fn pause(attempt: u32) {
    use std::hash::{BuildHasher as _, Hasher as _};
    let random = std::collections::hash_map::RandomState::new().build_hasher().finish();
    let most = 10_u64 << attempt.min(6);
    tokio::time::sleep(std::time::Duration::from_millis(1 + random % most)).await;
}

#[cfg(test)]
mod tests;
