//! What may be told, and the id under which it is told.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use ulid::Ulid;

use crate::conversation::words;
use crate::webhooks::endpoint::DisabledReason;
use crate::webhooks::{EndpointId, Owner};

words! {
    /// Kind of an event; the `type` of a tenant endpoint's payload.
    EventKind {
        /// An interview ended, with or without success.
        InterviewCompleted => "interview.completed",
        /// Conversations of one batch were analysed.
        ConversationAnalyzed => "conversation.analyzed",
        /// A conversation was deleted.
        ConversationDeleted => "conversation.deleted",
        /// An insight was created.
        InsightCreated => "insight.created",
        /// A task was created.
        TaskCreated => "task.created",
        /// An audit is finished.
        AuditCompleted => "audit.completed",
        /// Deliveries to an endpoint were stopped.
        EndpointDisabled => "endpoint.disabled",
        /// Somebody asked for a test.
        EndpointTest => "endpoint.test",
    }
}

impl EventKind {
    /// Whether an endpoint may subscribe to it. A test goes to the endpoint it was asked for and to no other.
    pub fn is_subscribable(self) -> bool {
        self != Self::EndpointTest
    }
}

/// Most conversations that one event names: the most that a batch holds.
pub const MAX_CONVERSATIONS: usize = 100;
/// Most tasks that one event names: five kinds for each conversation of a batch.
pub const MAX_TASKS: usize = 500;

/// Something that happened: pointers, never content. Announcing the same event again changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", deny_unknown_fields)]
pub enum Event {
    /// An interview ended.
    #[serde(rename = "interview.completed")]
    InterviewCompleted {
        /// The interview.
        interview_id: String,
        /// Whether it was conducted to its end.
        success: bool,
    },
    /// Conversations were analysed.
    #[serde(rename = "conversation.analyzed")]
    ConversationAnalyzed {
        /// The batch that brought them (`bat_…`); one event a batch.
        batch_id: String,
        /// The conversations, at most [`MAX_CONVERSATIONS`].
        conversation_ids: Vec<String>,
    },
    /// A conversation was deleted.
    #[serde(rename = "conversation.deleted")]
    ConversationDeleted {
        /// The conversation.
        conversation_id: String,
    },
    /// An insight was created.
    #[serde(rename = "insight.created")]
    InsightCreated {
        /// The insight.
        insight_id: String,
    },
    /// A batch gave reason for tasks. Those of them that it created are told, each in a message of its own.
    #[serde(rename = "task.created")]
    TaskCreated {
        /// The tasks (`tsk_…`), at most [`MAX_TASKS`].
        task_ids: Vec<String>,
    },
    /// An audit is finished.
    #[serde(rename = "audit.completed")]
    AuditCompleted {
        /// The audit.
        audit_id: String,
    },
    /// Deliveries to an endpoint were stopped.
    #[serde(rename = "endpoint.disabled")]
    EndpointDisabled {
        /// The endpoint (`whe_…`).
        endpoint_id: String,
        /// Why.
        reason: DisabledReason,
    },
    /// A test of one endpoint.
    #[serde(rename = "endpoint.test")]
    EndpointTest {
        /// The endpoint (`whe_…`), the only one that is told.
        endpoint_id: String,
    },
}

impl Event {
    /// Its kind.
    pub fn kind(&self) -> EventKind {
        match self {
            Self::InterviewCompleted { .. } => EventKind::InterviewCompleted,
            Self::ConversationAnalyzed { .. } => EventKind::ConversationAnalyzed,
            Self::ConversationDeleted { .. } => EventKind::ConversationDeleted,
            Self::InsightCreated { .. } => EventKind::InsightCreated,
            Self::TaskCreated { .. } => EventKind::TaskCreated,
            Self::AuditCompleted { .. } => EventKind::AuditCompleted,
            Self::EndpointDisabled { .. } => EventKind::EndpointDisabled,
            Self::EndpointTest { .. } => EventKind::EndpointTest,
        }
    }

    /// What it is about; with its kind and time, what tells it from every other event of the tenant.
    pub fn subject(&self) -> &str {
        match self {
            Self::InterviewCompleted { interview_id: id, .. }
            | Self::ConversationAnalyzed { batch_id: id, .. }
            | Self::ConversationDeleted { conversation_id: id }
            | Self::InsightCreated { insight_id: id }
            | Self::AuditCompleted { audit_id: id }
            | Self::EndpointDisabled { endpoint_id: id, .. }
            | Self::EndpointTest { endpoint_id: id } => id,
            Self::TaskCreated { task_ids } => task_ids.first().map_or("", String::as_str),
        }
    }

    /// Whether every list is within its bounds and no id is empty or longer than an id may be.
    pub fn is_bounded(&self) -> bool {
        let id = |id: &str| !id.is_empty() && id.chars().count() <= crate::reader::MAX_ID;
        let ids =
            |list: &[String], most: usize| !list.is_empty() && list.len() <= most && list.iter().all(|one| id(one));
        match self {
            Self::ConversationAnalyzed { batch_id, conversation_ids } => {
                id(batch_id) && ids(conversation_ids, MAX_CONVERSATIONS)
            }
            Self::TaskCreated { task_ids } => ids(task_ids, MAX_TASKS),
            other => id(other.subject()),
        }
    }
}

/// Id of a message (`webhook-id`): `msg_` + 26 base32 digits of the SHA-256 of event and owner. The same event told to the same owner
/// always has the same id, so announcing it again, trying again and redelivering are all one message to a receiver.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(String);

impl MessageId {
    /// The id of an event's message to the endpoints of one owner. The owner counts because the payload differs by it.
    pub fn of(kind: EventKind, subject: &str, occurred_at: Timestamp, owner: &Owner) -> Self {
        let time = occurred_at.as_millisecond().to_string();
        Self(format!("msg_{}", digest(&[kind.as_str(), subject, &time, owner.as_str()])))
    }

    /// Parses `msg_…`; `None` when it is not a message id.
    pub fn parse(text: &str) -> Option<Self> {
        Ulid::from_string(text.strip_prefix("msg_")?).ok()?;
        Some(Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// First 16 bytes of the SHA-256 of parts, each preceded by its length, as 26 base32 digits.
pub(super) fn digest(parts: &[&str]) -> Ulid {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let full: [u8; 32] = hash.finalize().into();
    Ulid::from_bytes(full.first_chunk::<16>().copied().unwrap_or_default())
}

/// Id of one delivery: a message to an endpoint, `<message>.<endpoint>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeliveryId {
    /// The message.
    pub message: MessageId,
    /// The endpoint.
    pub endpoint: EndpointId,
}

impl DeliveryId {
    /// Parses `msg_….whe_…`; `None` when it is not a delivery id.
    pub fn parse(text: &str) -> Option<Self> {
        let (message, endpoint) = text.split_once('.')?;
        Some(Self { message: MessageId::parse(message)?, endpoint: EndpointId::parse(endpoint)? })
    }
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.message, self.endpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_message_id_says_event_time_and_owner_and_nothing_else() {
        let interview = Owner::interview("i-1");
        let id = |kind, subject: &str, time: &str, owner| MessageId::of(kind, subject, at(time), owner);
        let first = id(EventKind::InterviewCompleted, "i-1", "2026-11-25T10:00:00Z", &interview);
        assert_eq!(first, id(EventKind::InterviewCompleted, "i-1", "2026-11-25T11:00:00+01:00", &interview));
        assert_eq!(MessageId::parse(first.as_str()), Some(first.clone()));
        for other in [
            id(EventKind::InterviewCompleted, "i-1", "2026-11-25T10:00:00Z", &Owner::Tenant),
            id(EventKind::InterviewCompleted, "i-2", "2026-11-25T10:00:00Z", &interview),
            id(EventKind::InterviewCompleted, "i-1", "2026-11-25T10:00:01Z", &interview),
            id(EventKind::AuditCompleted, "i-1", "2026-11-25T10:00:00Z", &interview),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn delivery_ids_round_trip() {
        let message = MessageId::of(EventKind::TaskCreated, "tsk", at("2026-11-25T10:00:00Z"), &Owner::Tenant);
        let id = DeliveryId { message, endpoint: EndpointId::new(Ulid::from_parts(7, 9)) };
        assert_eq!(DeliveryId::parse(&id.to_string()), Some(id));
        for bad in ["", ".", "msg_.whe_", "msg_0000000000000000000000000A", "whe_0000000000000000000000000A.msg_1"] {
            assert_eq!(DeliveryId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn events_have_bounds() {
        let ids = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
        let analyzed = |conversation_ids| Event::ConversationAnalyzed { batch_id: "bat_1".into(), conversation_ids };
        assert!(analyzed(ids(MAX_CONVERSATIONS)).is_bounded());
        assert!(!analyzed(ids(MAX_CONVERSATIONS + 1)).is_bounded());
        assert!(!analyzed(ids(0)).is_bounded());
        assert!(!analyzed(vec!["é".repeat(257)]).is_bounded());
        assert!(analyzed(vec!["é".repeat(256)]).is_bounded());
        assert!(!Event::AuditCompleted { audit_id: String::new() }.is_bounded());
        assert!(!Event::TaskCreated { task_ids: ids(MAX_TASKS + 1) }.is_bounded());
    }
}
