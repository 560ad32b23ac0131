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
    fn tenant_names_are_safe_in_paths_and_keys() {
        assert!(TenantName::parse("demo").is_some());
        for bad in ["", "a", "A-b", "1ab", "a#b", "a/b", "é-x", &"a".repeat(64)] {
            assert!(TenantName::parse(bad).is_none(), "{bad}");
        }
    }
}
