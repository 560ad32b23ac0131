//! Names of things. Ids that we make are prefixed ULIDs (sortable by time); ids that callers make are kept as they are.

use std::fmt;

use sha2::{Digest, Sha256};
use ulid::Ulid;

/// A tenant's name in paths and keys: 2–63 of `a-z`, `0-9`, `-`, beginning with a letter. It says nothing about whether the caller may
/// use it; see [`crate::access::Tenant`] for the authenticated form.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantName(String);

impl TenantName {
    /// Parses a tenant's name; `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let ok = (2..=63).contains(&bytes.len())
            && bytes.first().is_some_and(u8::is_ascii_lowercase)
            && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-');
        ok.then(|| Self(text.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Id of an accepted ingestion batch: `bat_` + ULID. Batches sort by acceptance, which orders two batches that bring the same version
/// of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BatchId(Ulid);

impl BatchId {
    /// The id of a batch whose ULID was made by the caller.
    pub fn new(ulid: Ulid) -> Self {
        Self(ulid)
    }

    /// Parses `bat_…`; `None` when it is not a batch id.
    pub fn parse(text: &str) -> Option<Self> {
        Some(Self(Ulid::from_string(text.strip_prefix("bat_")?).ok()?))
    }

    /// The ULID without the prefix.
    pub fn ulid(self) -> Ulid {
        self.0
    }
}

impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bat_{}", self.0)
    }
}

/// Id of a re-analysis: `rea_` + ULID. It covers the batches that were accepted before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReanalysisId(Ulid);

impl ReanalysisId {
    /// The id of a re-analysis whose ULID was made by the caller.
    pub fn new(ulid: Ulid) -> Self {
        Self(ulid)
    }

    /// Parses `rea_…`; `None` when it is not the id of a re-analysis.
    pub fn parse(text: &str) -> Option<Self> {
        Some(Self(Ulid::from_string(text.strip_prefix("rea_")?).ok()?))
    }

    /// The ULID without the prefix.
    pub fn ulid(self) -> Ulid {
        self.0
    }
}

impl fmt::Display for ReanalysisId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rea_{}", self.0)
    }
}

/// Id of an erasure: `ers_` + ULID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ErasureId(Ulid);

impl ErasureId {
    /// The id of an erasure whose ULID was made by the caller.
    pub fn new(ulid: Ulid) -> Self {
        Self(ulid)
    }

    /// Parses `ers_…`; `None` when it is not an erasure's id.
    pub fn parse(text: &str) -> Option<Self> {
        Some(Self(Ulid::from_string(text.strip_prefix("ers_")?).ok()?))
    }

    /// The ULID without the prefix.
    pub fn ulid(self) -> Ulid {
        self.0
    }
}

impl fmt::Display for ErasureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ers_{}", self.0)
    }
}

/// Id of an API key: `key_` + ULID. Not the token: that is a secret and stored only as a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(Ulid);

impl KeyId {
    /// The id of a key whose ULID was made by the caller.
    pub fn new(ulid: Ulid) -> Self {
        Self(ulid)
    }

    /// Parses `key_…`; `None` when it is not a key id.
    pub fn parse(text: &str) -> Option<Self> {
        Some(Self(Ulid::from_string(text.strip_prefix("key_")?).ok()?))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key_{}", self.0)
    }
}

/// Id of an audit: `aud_` + ULID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AuditId(Ulid);

impl AuditId {
    /// The id of an audit whose ULID was made by the caller.
    pub fn new(ulid: Ulid) -> Self {
        Self(ulid)
    }

    /// Parses `aud_…`; `None` when it is not an audit id.
    pub fn parse(text: &str) -> Option<Self> {
        let id = Self(Ulid::from_string(text.strip_prefix("aud_")?).ok()?);
        // Other spellings of a ULID (lower case) are other ids.
        (id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for AuditId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "aud_{}", self.0)
    }
}

/// Id of a task: `tsk_` + 26 base32 digits of the SHA-256 of conversation and kind. The same conversation and kind always give the same
/// id, so there is one task for them however often the conversation is analysed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(String);

impl TaskId {
    /// The id of the task of one kind about one conversation.
    pub fn of(conversation: &str, kind: crate::task::TaskKind) -> Self {
        let mut hash = Sha256::new();
        hash.update(conversation.as_bytes());
        hash.update([0]);
        hash.update(kind.as_str().as_bytes());
        let digest: [u8; 32] = hash.finalize().into();
        let mut first = [0_u8; 16];
        first.copy_from_slice(digest.first_chunk::<16>().unwrap_or(&[0; 16]));
        Self(format!("tsk_{}", Ulid::from_bytes(first)))
    }

    /// Parses `tsk_…`; `None` when it is not a task id.
    pub fn parse(text: &str) -> Option<Self> {
        Ulid::from_string(text.strip_prefix("tsk_")?).ok()?;
        Some(Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Id of an insight: a UUID (RFC 9562, version 8) that holds its number, so that no index is needed to find one by its id. Only the
/// tenant's own ids can be read: the number is covered by, and the rest checked against, a hash that the tenant is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InsightId(u128);

impl InsightId {
    /// The id of a tenant's insight of that number.
    pub fn new(tenant: &TenantName, number: u32) -> Self {
        let cover = uuid_bits(&["insight", tenant.as_str()]) >> 96;
        let check = uuid_bits(&["insight", tenant.as_str(), &number.to_string()]);
        Self((check & (u128::MAX >> 32)) | ((cover ^ u128::from(number)) << 96))
    }

    /// The number in an id of this tenant; `None` for everything else.
    pub fn number(tenant: &TenantName, text: &str) -> Option<u32> {
        let hex = text.len() == 36 && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
        let head = u128::from_str_radix(text.get(..8).filter(|_| hex)?, 16).ok()?;
        let cover = uuid_bits(&["insight", tenant.as_str()]) >> 96;
        let number = u32::try_from(head ^ cover).ok()?;
        (number > 0 && Self::new(tenant, number).to_string() == text.to_ascii_lowercase()).then_some(number)
    }
}

impl fmt::Display for InsightId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&uuid(self.0))
    }
}

/// The UUID of an insight's category, which is known by its name alone.
pub fn category_id(tenant: &TenantName, name: &str) -> String {
    uuid(uuid_bits(&["category", tenant.as_str(), name]))
}

/// The first 128 bits of a SHA-256 over parts that cannot run into one another, with version 8 and the variant of RFC 9562.
fn uuid_bits(parts: &[&str]) -> u128 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let digest: [u8; 32] = hash.finalize().into();
    let bits = u128::from_be_bytes(digest.first_chunk::<16>().copied().unwrap_or_default());
    (bits & !(0xf << 76) & !(0b11 << 62)) | (8 << 76) | (0b10 << 62)
}

fn uuid(bits: u128) -> String {
    let (a, b, c, d) = (bits >> 96, bits >> 80 & 0xffff, bits >> 64 & 0xffff, bits >> 48 & 0xffff);
    format!("{a:08x}-{b:04x}-{c:04x}-{d:04x}-{:012x}", bits & 0xffff_ffff_ffff)
}

/// The id under which a request is logged and answered (`X-Request-Id`, `instance` of a problem).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(pub String);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::TaskKind;

    #[test]
    fn ids_round_trip_and_refuse_each_other() {
        let batch = BatchId::new(Ulid::from_parts(7, 9));
        assert_eq!(BatchId::parse(&batch.to_string()), Some(batch));
        assert_eq!(KeyId::parse(&batch.to_string()), None);
        let again = ReanalysisId::new(Ulid::from_parts(7, 9));
        assert_eq!(ReanalysisId::parse(&again.to_string()), Some(again));
        assert_eq!(ReanalysisId::parse(&batch.to_string()), None);
        let task = TaskId::of("conv-1", TaskKind::Intervention);
        assert_eq!(TaskId::parse(task.as_str()), Some(task.clone()));
        assert_eq!(task, TaskId::of("conv-1", TaskKind::Intervention));
        assert_ne!(task, TaskId::of("conv-1", TaskKind::ChurnRisk));
        assert_ne!(task, TaskId::of("conv-2", TaskKind::Intervention));
    }

    #[test]
    fn an_insights_id_is_a_uuid_that_only_its_tenant_can_read() {
        let (one, two) = (TenantName::parse("demo").unwrap(), TenantName::parse("demo2").unwrap());
        for number in [1, 2, 77, u32::MAX] {
            let id = InsightId::new(&one, number).to_string();
            assert_eq!(InsightId::number(&one, &id), Some(number));
            assert_eq!(InsightId::number(&one, &id.to_uppercase()), Some(number));
            assert_eq!(InsightId::number(&two, &id), None);
            let digit = |at: usize| id.chars().nth(at).unwrap();
            assert_eq!((digit(14), id.len()), ('8', 36));
            assert!("89ab".contains(digit(19)), "{id}");
        }
        let id = InsightId::new(&one, 7).to_string();
        let shorter: String = id.chars().skip(1).collect();
        let odd: String = ['é'].into_iter().chain(id.chars().skip(2)).collect();
        for other in ["", "7", &shorter, &odd, &id.replace('-', ""), &id.replace("-8", "-4")] {
            assert_eq!(InsightId::number(&one, other), None, "{other}");
        }
        assert_ne!(category_id(&one, "refund"), category_id(&two, "refund"));
    }

    #[test]
    fn tenant_names_are_safe_in_paths_and_keys() {
        assert!(TenantName::parse("demo").is_some());
        for bad in ["", "a", "A-b", "1ab", "a#b", "a/b", "é-x", &"a".repeat(64)] {
            assert!(TenantName::parse(bad).is_none(), "{bad}");
        }
    }
}
