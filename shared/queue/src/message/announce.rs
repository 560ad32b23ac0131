//! Something that happened, for those who want to be told.

use domain::access::Tenant;
use domain::webhooks::Event;
use jiff::Timestamp;
use serde::Deserialize;

use super::{Invalid, Message, V1, trusted};

/// An event to be told to whoever subscribes to it: pointers, never content. Announcing the same event with the same time again changes
/// nothing, so a producer announces last and lets its own redelivery repeat it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announce {
    /// Whose event it is. Trusted, because only functions that IAM lets write to the queue can say so.
    pub tenant: Tenant,
    /// What happened.
    pub event: Event,
    /// When, in milliseconds: the same however often it is announced, so taken from what is stored and never from the clock.
    pub occurred_at: Timestamp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(rename = "type")]
    kind: Kind,
    v: V1,
    tenant: String,
    occurred_at: Timestamp,
    event: Event,
}

#[derive(Deserialize)]
enum Kind {
    #[serde(rename = "announce")]
    Announce,
}

impl Announce {
    /// Reads a body strictly: known type and version, no unknown field, lists within their bounds.
    pub fn parse(body: &str) -> Result<Self, Invalid> {
        let Body { kind: Kind::Announce, v: V1, tenant, occurred_at, event } =
            serde_json::from_str(body).map_err(Invalid::Json)?;
        let tenant = trusted(&tenant)?;
        if !event.is_bounded() {
            return Err(Invalid::Event);
        }
        Ok(Self { tenant, event, occurred_at })
    }
}

impl Message for Announce {
    /// The message as it is sent: `{"type":"announce","v":1,"tenant":…,"occurred_at":…,"event":{"kind":…,…}}`.
    fn print(&self) -> String {
        serde_json::json!({
            "type": "announce",
            "v": 1,
            "tenant": self.tenant.as_str(),
            "occurred_at": self.occurred_at.to_string(),
            "event": self.event,
        })
        .to_string()
    }

    /// One tenant's events wait behind one another, not in front of other tenants'.
    fn group(&self) -> Option<&str> {
        Some(self.tenant.as_str())
    }
}
