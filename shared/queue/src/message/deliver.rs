//! An attempt to deliver a webhook.

use domain::access::Tenant;
use domain::webhooks::DeliveryId;
use serde::Deserialize;

use super::{Announce, Invalid, Message, V1, trusted};

/// The next attempt of a delivery: a pointer to it. What is to be sent, and when, stands in the delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deliver {
    /// Whose delivery it is. Trusted, because only functions that IAM lets write to the queue can say so.
    pub tenant: Tenant,
    /// The delivery.
    pub delivery: DeliveryId,
    /// Attempts made before this one. A message whose attempt was made is old, and does nothing.
    pub made: u32,
    /// It waits in the queue of what failed before.
    pub retry: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(rename = "type")]
    kind: Kind,
    v: V1,
    tenant: String,
    delivery_id: String,
    made: u32,
    retry: bool,
}

#[derive(Deserialize)]
enum Kind {
    #[serde(rename = "deliver")]
    Deliver,
}

impl Deliver {
    /// Reads a body strictly: known type and version, no unknown field.
    pub fn parse(body: &str) -> Result<Self, Invalid> {
        let Body { kind: Kind::Deliver, v: V1, tenant, delivery_id, made, retry } =
            serde_json::from_str(body).map_err(Invalid::Json)?;
        let tenant = trusted(&tenant)?;
        let delivery = DeliveryId::parse(&delivery_id).ok_or(Invalid::Delivery)?;
        Ok(Self { tenant, delivery, made, retry })
    }
}

impl Message for Deliver {
    /// The message as it is sent: `{"type":"deliver","v":1,"tenant":…,"delivery_id":…,"made":…,"retry":…}`.
    fn print(&self) -> String {
        serde_json::json!({
            "type": "deliver",
            "v": 1,
            "tenant": self.tenant.as_str(),
            "delivery_id": self.delivery.to_string(),
            "made": self.made,
            "retry": self.retry,
        })
        .to_string()
    }

    fn group(&self) -> Option<&str> {
        Some(self.tenant.as_str())
    }
}

/// What the consumer of webhooks may find in its queues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookMessage {
    /// An event to be told.
    Announce(Announce),
    /// An attempt to be made.
    Deliver(Deliver),
}

impl WebhookMessage {
    /// Reads either, strictly.
    pub fn parse(body: &str) -> Result<Self, Invalid> {
        #[derive(Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Type {
            Announce,
            Deliver,
        }
        #[derive(Deserialize)]
        struct Peek {
            r#type: Type,
        }
        match serde_json::from_str::<Peek>(body).map_err(Invalid::Json)?.r#type {
            Type::Announce => Announce::parse(body).map(Self::Announce),
            Type::Deliver => Deliver::parse(body).map(Self::Deliver),
        }
    }
}
