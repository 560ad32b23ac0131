//! Objects of an audit: what its workers leave for one another, and the documents that are filed. No method takes a key, so none can
//! reach into another tenant's.

use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_s3::config::ProvideCredentials as _;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use domain::access::Tenant;
use domain::audits::FileKind;
use domain::failure::Failure;
use domain::ids::AuditId;
use jiff::{SignedDuration, Timestamp};

use crate::sdk::{SERVICE, failure};
use crate::{Blobs, ZSTD, keys};

/// Longest life of a link.
pub const LINK_LIFE: SignedDuration = SignedDuration::from_hours(1);
/// Largest object between workers, once decompressed.
const MAX_WORK: usize = 256 * 1024 * 1024;
const LEVEL: i32 = 3;

/// An object that workers leave for one another; deleted when the audit is completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Which conversations are judged.
    Plan,
    /// The findings of a part of them, from 1.
    Part(u32),
}

impl Work {
    fn name(self) -> String {
        match self {
            Self::Plan => "plan.json.zst".to_owned(),
            Self::Part(part) => format!("part-{part:05}.json.zst"),
        }
    }
}

fn file_name(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Json => "document.json",
        FileKind::Html => "document.html",
        FileKind::FullJson => "document-full.json",
        FileKind::FullHtml => "document-full.html",
    }
}

/// A link to an object that needs no key.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    /// The address.
    pub url: String,
    /// When it stops working: after [`LINK_LIFE`], or with the credentials that signed it, whichever is first.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

fn corrupt(source: std::io::Error) -> Failure {
    Failure::Corrupt { what: "audit object", source: Box::new(source) }
}

impl Blobs {
    /// Leaves an object for the next worker, unless there is one: the first counts, so that a step that is repeated changes nothing.
    pub async fn put_audit_work(&self, tenant: &Tenant, id: AuditId, work: Work, json: &[u8]) -> Result<(), Failure> {
        let key = keys::audit(tenant, id, &work.name());
        let bytes = zstd::bulk::compress(json, LEVEL).map_err(corrupt)?;
        self.meter().put(bytes.len());
        let request = self.client().put_object().bucket(&self.0.bucket).key(key).content_type(ZSTD);
        match request.if_none_match("*").body(ByteStream::from(bytes)).send().await {
            Ok(_) => Ok(()),
            Err(error) if error.raw_response().is_some_and(|raw| matches!(raw.status().as_u16(), 409 | 412)) => Ok(()),
            Err(error) => Err(failure(error)),
        }
    }

    /// What a worker left; `None` when there is nothing (yet, or any more).
    pub async fn get_audit_work(&self, tenant: &Tenant, id: AuditId, work: Work) -> Result<Option<Vec<u8>>, Failure> {
        let bytes = self.get(&keys::audit(tenant, id, &work.name()), None).await?;
        bytes.map(|bytes| decompressed(&bytes)).transpose()
    }

    /// Files a document.
    pub async fn put_audit_file(
        &self,
        tenant: &Tenant,
        id: AuditId,
        kind: FileKind,
        bytes: Vec<u8>,
    ) -> Result<(), Failure> {
        let key = keys::audit(tenant, id, file_name(kind));
        self.meter().put(bytes.len());
        let request = self.client().put_object().bucket(&self.0.bucket).key(key).content_type(kind.content_type());
        request.cache_control("no-store").body(ByteStream::from(bytes)).send().await.map_err(failure)?;
        Ok(())
    }

    /// A document, or its first bytes; `None` when there is none.
    pub async fn get_audit_file(
        &self,
        tenant: &Tenant,
        id: AuditId,
        kind: FileKind,
        first: Option<u64>,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let range = first.map(|length| format!("bytes=0-{}", length.saturating_sub(1)));
        self.get(&keys::audit(tenant, id, file_name(kind)), range).await
    }

    /// Deletes what workers left, or all of an audit's objects. What is gone already is no error.
    pub async fn delete_audit(&self, tenant: &Tenant, id: AuditId, documents_too: bool) -> Result<(), Failure> {
        let prefix = keys::audit_prefix(tenant, id);
        loop {
            self.meter().got(0);
            let request = self.client().list_objects_v2().bucket(&self.0.bucket).prefix(&prefix);
            // Documents sort before the rest, and there are few of them.
            let listed = request.send().await.map_err(failure)?;
            let is_file = |key: &str| key.strip_prefix(&prefix).is_some_and(|name| name.starts_with("document"));
            let found: Vec<String> = listed
                .contents()
                .iter()
                .filter_map(|object| object.key().map(str::to_owned))
                .filter(|key| documents_too || !is_file(key))
                .collect();
            for key in &found {
                self.meter().deleted();
                self.client().delete_object().bucket(&self.0.bucket).key(key).send().await.map_err(failure)?;
            }
            if listed.is_truncated() != Some(true) || found.is_empty() {
                return Ok(());
            }
        }
    }

    /// Makes a link to a document, for whoever is handed it.
    pub async fn audit_link(
        &self,
        tenant: &Tenant,
        id: AuditId,
        kind: FileKind,
        now: Timestamp,
    ) -> Result<Link, Failure> {
        let key = keys::audit(tenant, id, file_name(kind));
        let unexpected = |source| Failure::Unexpected { service: SERVICE, source };
        // A link dies with the credentials that signed it; where their end is known, the link says so.
        let provider = self.0.config.as_ref().and_then(aws_types::SdkConfig::credentials_provider);
        let expiry = match provider {
            Some(provider) => {
                provider.provide_credentials().await.map_err(|error| unexpected(Box::new(error)))?.expiry()
            }
            None => None,
        };
        let end = now.saturating_add(LINK_LIFE).unwrap_or(now);
        let end = expiry.and_then(|at| Timestamp::try_from(at).ok()).map_or(end, |at| at.min(end));
        let life = u64::try_from(end.duration_since(now).as_secs()).unwrap_or(0).max(1);
        let signing = PresigningConfig::builder()
            .start_time(UNIX_EPOCH + Duration::from_secs(u64::try_from(now.as_second()).unwrap_or(0)))
            .expires_in(Duration::from_secs(life))
            .build()
            .map_err(|error| unexpected(Box::new(error)))?;
        let request = self.client().get_object().bucket(&self.0.bucket).key(key);
        let signed = request.presigned(signing).await.map_err(failure)?;
        Ok(Link { url: signed.uri().to_owned(), expires_at: end })
    }
}

fn decompressed(bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    let declared = zstd::zstd_safe::get_frame_content_size(bytes).ok().flatten();
    let size = declared.and_then(|size| usize::try_from(size).ok()).unwrap_or(MAX_WORK).min(MAX_WORK);
    zstd::bulk::decompress(bytes, size).map_err(corrupt)
}
