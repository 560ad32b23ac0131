//! The bucket: accepted batches with their message texts, and details that are too large for the table. Nothing of S3 outside this
//! crate.
//!
//! See `README.md` for the prefixes. What was requested is counted by [`Meter`].
#![warn(missing_docs)]
#![cfg_attr(test, expect(clippy::disallowed_methods, reason = "tests make their tenants"))]

pub mod audits;
pub mod erase;
mod keys;
pub mod media;
pub mod meter;
pub mod raw;
mod sdk;

use std::fmt;
use std::sync::{Arc, OnceLock};

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_types::SdkConfig;
use domain::access::Tenant;
use domain::failure::Failure;
use domain::ids::BatchId;

pub use erase::is_erased;
pub use keys::batch_of;
use meter::Meter;
use sdk::{Foreign, SERVICE, failure};

/// Content type of what is stored.
const ZSTD: &str = "application/zstd";

/// The bucket of Hark. Cheap to clone; clones share the client and the meter.
#[derive(Clone)]
pub struct Blobs(Arc<Inner>);

struct Inner {
    config: Option<SdkConfig>,
    client: OnceLock<Client>,
    bucket: String,
    meter: Meter,
}

impl fmt::Debug for Blobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blobs").field("bucket", &self.0.bucket).finish_non_exhaustive()
    }
}

impl Blobs {
    /// The bucket of that name. No client is made before the first call. Where an endpoint is set (a local stack), the bucket is named
    /// in the path, since its name is no host there.
    pub fn new(config: &SdkConfig, bucket: impl Into<String>) -> Self {
        Self::of(Some(config.clone()), OnceLock::new(), bucket.into())
    }

    /// The bucket of that name through a client that is already made: the seam for tests.
    pub fn with_client(client: Client, bucket: impl Into<String>) -> Self {
        Self::of(None, OnceLock::from(client), bucket.into())
    }

    fn of(config: Option<SdkConfig>, client: OnceLock<Client>, bucket: String) -> Self {
        Self(Arc::new(Inner { config, client, bucket, meter: Meter::default() }))
    }

    /// What was requested of the bucket.
    pub fn meter(&self) -> &Meter {
        &self.0.meter
    }

    fn client(&self) -> &Client {
        self.0.client.get_or_init(|| {
            // `config` is there whenever the client was not given.
            let config = self.0.config.clone().unwrap_or_else(|| SdkConfig::builder().build());
            let local = config.endpoint_url().is_some();
            Client::from_conf(aws_sdk_s3::config::Builder::from(&config).force_path_style(local).build())
        })
    }

    /// Stores an accepted batch made by [`raw::encode_batch`]; its key. Storing it again overwrites it with the same.
    pub async fn put_raw(&self, tenant: &Tenant, batch: BatchId, bytes: Vec<u8>) -> Result<String, Failure> {
        let key = keys::raw(tenant, batch);
        self.put(&key, bytes).await?;
        Ok(key)
    }

    /// A whole batch; `None` when there is none of that key (any more).
    pub async fn get_raw(&self, tenant: &Tenant, key: &str) -> Result<Option<Vec<u8>>, Failure> {
        self.get(owned(keys::is_raw_of(tenant, key), key)?, None).await
    }

    /// Keys of the tenant's batches after `after`, at most `limit` (1..=1000), in the order in which they were accepted.
    pub async fn list_raw(&self, tenant: &Tenant, after: Option<&str>, limit: u16) -> Result<Vec<String>, Failure> {
        self.0.meter.listed();
        let request = self.client().list_objects_v2().bucket(&self.0.bucket).prefix(keys::raw_prefix(tenant));
        let request = request.max_keys(limit.clamp(1, 1000).into()).set_start_after(after.map(str::to_owned));
        let output = request.send().await.map_err(failure)?;
        Ok(output.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect())
    }

    /// One frame of a batch, to be read by [`raw::decode`]; `None` when there is no object of that key (any more).
    pub async fn get_raw_range(
        &self,
        tenant: &Tenant,
        key: &str,
        offset: u64,
        length: u64,
    ) -> Result<Option<Vec<u8>>, Failure> {
        if length == 0 {
            return Ok(Some(Vec::new()));
        }
        let range = format!("bytes={offset}-{}", offset.saturating_add(length - 1));
        self.get(owned(keys::is_raw_of(tenant, key), key)?, Some(range)).await
    }

    /// Stores the detail of a conversation that is too large for its item; its key. The content hash is part of the key, so that an
    /// item and its detail can never disagree.
    pub async fn put_overflow(
        &self,
        tenant: &Tenant,
        conversation_id: &str,
        content_hash: &[u8; 16],
        bytes: Vec<u8>,
    ) -> Result<String, Failure> {
        let key = keys::overflow(tenant, conversation_id, content_hash);
        self.put(&key, bytes).await?;
        Ok(key)
    }

    /// A detail; `None` when there is none of that key.
    pub async fn get_overflow(&self, tenant: &Tenant, key: &str) -> Result<Option<Vec<u8>>, Failure> {
        self.get(owned(keys::is_overflow_of(tenant, key), key)?, None).await
    }

    /// Deletes a batch or a detail. Deleting what is not there is no error.
    pub async fn delete(&self, tenant: &Tenant, key: &str) -> Result<(), Failure> {
        let key = owned(keys::is_raw_of(tenant, key) || keys::is_overflow_of(tenant, key), key)?;
        self.0.meter.deleted();
        self.client().delete_object().bucket(&self.0.bucket).key(key).send().await.map_err(failure)?;
        Ok(())
    }

    async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), Failure> {
        self.0.meter.put(bytes.len());
        let request = self.client().put_object().bucket(&self.0.bucket).key(key).content_type(ZSTD);
        request.body(ByteStream::from(bytes)).send().await.map_err(failure)?;
        Ok(())
    }

    async fn get(&self, key: &str, range: Option<String>) -> Result<Option<Vec<u8>>, Failure> {
        let result = self.client().get_object().bucket(&self.0.bucket).key(key).set_range(range).send().await;
        let output = match result {
            Ok(output) => output,
            Err(error) if error.as_service_error().is_some_and(sdk::is_absent) => {
                self.0.meter.got(0);
                return Ok(None);
            }
            Err(error) => return Err(failure(error)),
        };
        let body = output.body.collect().await;
        let body = body.map_err(|error| Failure::Unavailable { service: SERVICE, source: Box::new(error) })?;
        let bytes = body.to_vec();
        self.0.meter.got(bytes.len());
        Ok(Some(bytes))
    }
}

/// A key is only ever used for the tenant whose prefix it has.
fn owned(is: bool, key: &str) -> Result<&str, Failure> {
    if is { Ok(key) } else { Err(Failure::Corrupt { what: "object key", source: Box::new(Foreign) }) }
}

#[cfg(test)]
mod tests;
