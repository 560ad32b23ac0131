//! Every object key. A caller's id is never part of one: it is hashed.

use std::fmt::Write as _;

use domain::access::Tenant;
use domain::ids::{AuditId, BatchId};
use jiff::Timestamp;
use jiff::tz::Offset;
use sha2::{Digest as _, Sha256};

use crate::media::{Media, Part};

/// `raw/<tenant>/<yyyy>/<mm>/<dd>/<batch>.jsonl.zst`, by the day on which the batch was accepted.
pub(crate) fn raw(tenant: &Tenant, batch: BatchId) -> String {
    let millis = i64::try_from(batch.ulid().timestamp_ms()).unwrap_or_default();
    let day = Offset::UTC.to_datetime(Timestamp::from_millisecond(millis).unwrap_or_default()).date();
    format!("{}{:04}/{:02}/{:02}/{batch}.jsonl.zst", raw_prefix(tenant), day.year(), day.month(), day.day())
}

/// `overflow/<tenant>/<sha256(conversation)/16>-<content hash>.zst`
pub(crate) fn overflow(tenant: &Tenant, conversation_id: &str, content_hash: &[u8; 16]) -> String {
    let digest = Sha256::digest(conversation_id.as_bytes());
    let id = digest.get(..16).unwrap_or_default();
    format!("{}{}-{}.zst", overflow_prefix(tenant), hex(id), hex(content_hash))
}

/// `audit/<tenant>/<audit>/<name>`
pub(crate) fn audit(tenant: &Tenant, id: AuditId, name: &str) -> String {
    format!("{}{name}", audit_prefix(tenant, id))
}

/// What begins the keys of an audit's objects.
pub(crate) fn audit_prefix(tenant: &Tenant, id: AuditId) -> String {
    format!("audit/{}/{id}/", tenant.as_str())
}

/// `media/<tenant>/<interview>/<session>/<part>`
pub(crate) fn media(tenant: &Tenant, media: &Media) -> String {
    let part = match media.part {
        Part::Audio => "audio",
        Part::Transcript => "transcript.json",
    };
    format!("media/{}/{}/{}/{part}", tenant.as_str(), media.interview, media.session)
}

pub(crate) fn raw_prefix(tenant: &Tenant) -> String {
    format!("raw/{}/", tenant.as_str())
}

fn overflow_prefix(tenant: &Tenant) -> String {
    format!("overflow/{}/", tenant.as_str())
}

pub(crate) fn is_raw_of(tenant: &Tenant, key: &str) -> bool {
    key.starts_with(&raw_prefix(tenant))
}

pub(crate) fn is_overflow_of(tenant: &Tenant, key: &str) -> bool {
    key.starts_with(&overflow_prefix(tenant))
}

/// The batch that is stored under a key; `None` when the key is not a batch's.
pub fn batch_of(key: &str) -> Option<BatchId> {
    BatchId::parse(key.rsplit('/').next()?.strip_suffix(".jsonl.zst")?)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _written = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::TenantName;
    use ulid::Ulid;

    #[test]
    fn keys_read_as_documented() {
        let demo = Tenant::trusted(TenantName::parse("demo").unwrap());
        let other = Tenant::trusted(TenantName::parse("demo2").unwrap());
        let batch = BatchId::new(Ulid::from_parts(1_780_488_000_000, 5));
        let key = raw(&demo, batch);
        assert_eq!(key, format!("raw/demo/2026/06/03/{batch}.jsonl.zst"));
        assert!(is_raw_of(&demo, &key) && !is_raw_of(&other, &key));
        assert_eq!((batch_of(&key), batch_of("raw/demo/2026/06/03/notes.txt")), (Some(batch), None));
        let id = AuditId::new(Ulid::from_parts(1_780_488_000_000, 5));
        assert_eq!(audit(&demo, id, "plan.json.zst"), format!("audit/demo/{id}/plan.json.zst"));
        let key = overflow(&demo, "conv/../1", &[0xab; 16]);
        assert!(is_overflow_of(&demo, &key) && !is_raw_of(&demo, &key));
        assert!(key.starts_with("overflow/demo/") && key.ends_with("-abababababababababababababababab.zst"), "{key}");
    }
}
