//! The port that the HTTP edge asks before a handler runs.

use async_trait::async_trait;
use domain::access::{Gate, IdempotencyState, KeyRecord, RateClass, RateDecision, StoredAnswer, Tenant, TokenHash};
use domain::failure::Failure;
use jiff::Timestamp;

use crate::Store;

#[async_trait]
impl Gate for Store {
    async fn key(&self, hash: &TokenHash) -> Result<Option<KeyRecord>, Failure> {
        self.key_by_hash(hash).await
    }

    async fn take(&self, tenant: &Tenant, class: RateClass, now: Timestamp) -> Result<RateDecision, Failure> {
        match class {
            RateClass::Ingest => self.take_ingest(tenant, now).await,
            RateClass::Read => self.take_read(tenant, now).await,
        }
    }

    async fn begin(
        &self,
        tenant: &Tenant,
        scope: &str,
        key: &str,
        fingerprint: &str,
        now: Timestamp,
    ) -> Result<IdempotencyState, Failure> {
        self.begin_idempotent(tenant, scope, key, fingerprint, now).await
    }

    async fn finish(
        &self,
        tenant: &Tenant,
        scope: &str,
        key: &str,
        answer: Option<&StoredAnswer>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        self.finish_idempotent(tenant, scope, key, answer, now).await
    }
}
