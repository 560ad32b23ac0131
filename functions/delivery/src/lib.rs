//! The consumer of the webhook queues: an event in, a delivery for each endpoint that subscribes; an attempt in, a request out.
//!
//! Two queues, so that no receiver can hold up another's messages: events and first attempts at endpoints that work come by the one,
//! everything that has failed before by the other. It calls addresses that tenants name, and therefore may read no keys and no texts.

mod announce;
mod attempt;

use std::time::Duration;

use domain::access::Tenant;
use domain::failure::Failure;
use domain::webhooks::{Delivery, Endpoint};
use jiff::Timestamp;
use queue::{Deliver, Queue, WebhookMessage};
use runtime::log::chain;
use runtime::sqs::{Message, Redeliver};

/// What the handler works with.
#[derive(Debug)]
pub struct Deps {
    /// The `main` table.
    pub store: store::Store,
    /// The way to receivers.
    pub outbound: outbound::Outbound,
    /// Events, and first attempts at endpoints that work.
    pub webhooks_queue: Queue,
    /// Attempts at what failed before.
    pub retries_queue: Queue,
    /// Base of the API's URLs, for bodies that name one.
    pub public_url: String,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// The clock.
    pub clock: fn() -> Timestamp,
}

/// Handles one message of either queue.
pub async fn handle(deps: &Deps, message: Message) -> Result<(), Redeliver> {
    let done = match WebhookMessage::parse(&message.body) {
        Ok(WebhookMessage::Announce(announce)) => announce::announce(deps, &announce).await,
        Ok(WebhookMessage::Deliver(deliver)) => attempt::attempt(deps, &deliver).await,
        Err(error) => {
            tracing::error!(error = chain(&error), "the message cannot be read; it goes to the dead-letter queue");
            return Err(Redeliver);
        }
    };
    done.map_err(|failure| {
        tracing::error!(error = chain(&failure), "the message could not be handled; it will come again");
        Redeliver
    })
}

/// Queues the next attempt of a delivery. An endpoint that fails at present is tried beside those that work, not before them.
async fn enqueue(deps: &Deps, tenant: &Tenant, endpoint: &Endpoint, delivery: &Delivery) -> Result<(), Failure> {
    let retry = delivery.made > 0 || endpoint.failing_since.is_some();
    let next = Deliver { tenant: tenant.clone(), delivery: delivery.id.clone(), made: delivery.made, retry };
    let wait = seconds_until(delivery.next_at.unwrap_or_default(), (deps.clock)());
    let queue = if retry { &deps.retries_queue } else { &deps.webhooks_queue };
    queue.send_after(&next, wait).await
}

/// Whole seconds from `now` to `at`, rounded up, so that a message never comes before its time.
fn seconds_until(at: Timestamp, now: Timestamp) -> u32 {
    let milliseconds = at.as_millisecond().saturating_sub(now.as_millisecond()).max(0);
    u32::try_from(milliseconds.unsigned_abs().div_ceil(1_000)).unwrap_or(u32::MAX)
}
