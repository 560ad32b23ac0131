//! Webhooks: what is told, to whom, how often it is tried, and what an address must be.
//!
//! Bodies name things and never carry text of conversations, so a receiver's log holds nothing personal and a late attempt cannot bring
//! an outdated judgement: what was said is read with a key, at the time it is needed.

pub mod address;
pub mod delivery;
pub mod endpoint;
pub mod event;
pub mod header;
pub mod notification;
pub mod payload;
pub mod schedule;
pub mod signature;

pub use address::{Address, Network};
pub use delivery::Delivery;
pub use endpoint::{Endpoint, EndpointId, Owner};
pub use event::{DeliveryId, Event, EventKind, MessageId};
pub use notification::Notification;
