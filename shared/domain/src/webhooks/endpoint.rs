//! An endpoint: where messages go, for what, and how it has fared.

use std::fmt;

use jiff::Timestamp;
use ulid::Ulid;

use crate::conversation::words;
use crate::webhooks::event::{EventKind, digest};
use crate::webhooks::{Address, header::Header};

/// Id of an endpoint: `whe_` + ULID. That of a tenant's endpoint is new; that of an interview's is made from interview, place and URL,
/// so that saving the same notifications again keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EndpointId(Ulid);

impl EndpointId {
    /// The id of an endpoint whose ULID was made by the caller.
    pub fn new(ulid: Ulid) -> Self {
        Self(ulid)
    }

    /// The id of an owner's endpoint at a place in the list.
    pub fn of(owner: &Owner, place: usize, address: &Address) -> Self {
        Self(digest(&[owner.as_str(), &place.to_string(), address.as_str()]))
    }

    /// Parses `whe_…`; `None` when it is not an endpoint id.
    pub fn parse(text: &str) -> Option<Self> {
        Some(Self(Ulid::from_string(text.strip_prefix("whe_")?).ok()?))
    }
}

impl fmt::Display for EndpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "whe_{}", self.0)
    }
}

/// Whose endpoints: the tenant's own, or those of one interview.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    /// Registered by the tenant; told of the kinds it subscribes to.
    Tenant,
    /// The `notifications` of the interview of that id; told of its completion, in the payload that InsightAgent documents.
    Interview(String),
}

/// How [`Owner::Tenant`] is written. No interview has this id: theirs are UUIDs.
const TENANT: &str = "tenant";

impl Owner {
    /// The owner that is the interview of that id.
    pub fn interview(id: impl Into<String>) -> Self {
        Self::Interview(id.into())
    }

    /// The owner as text: `tenant`, or the interview's id.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Tenant => TENANT,
            Self::Interview(id) => id,
        }
    }

    /// Reads [`Owner::as_str`].
    pub fn parse(text: &str) -> Self {
        if text == TENANT { Self::Tenant } else { Self::Interview(text.to_owned()) }
    }
}

words! {
    /// HTTP method of a notification.
    Method {
        /// The default.
        Post => "POST",
        /// PUT
        Put => "PUT",
        /// PATCH
        Patch => "PATCH",
    }
}

words! {
    /// Why an endpoint gets no messages.
    DisabledReason {
        /// A caller switched it off.
        ByCaller => "by_caller",
        /// It answered 410 Gone.
        Gone => "gone",
        /// Every attempt failed for five days.
        Failing => "failing",
    }
}

/// Since when and why an endpoint gets no messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disabled {
    /// Why.
    pub reason: DisabledReason,
    /// Since when.
    pub at: Timestamp,
}

/// A secret under which messages are signed: 32 bytes. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub [u8; 32]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Secrets of an endpoint: the newest, and the one before it while receivers move over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secrets {
    /// Signs every message.
    pub current: Secret,
    /// Signs too, until that time.
    pub previous: Option<(Secret, Timestamp)>,
}

/// Where messages go.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// Whose it is.
    pub owner: Owner,
    /// Where.
    pub address: Address,
    /// By which method.
    pub method: Method,
    /// Sent with each message.
    pub headers: Vec<Header>,
    /// What its owner calls it.
    pub description: Option<String>,
    /// Of what it is told.
    pub events: Vec<EventKind>,
    /// Signs its messages. An interview's endpoints have none of their own: the tenant's notification secret signs for all of them.
    pub secrets: Option<Secrets>,
    /// Whether it gets messages.
    pub disabled: Option<Disabled>,
    /// Since when every attempt failed; `None` after a success.
    pub failing_since: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Counts changes made by callers.
    pub revision: u64,
}
