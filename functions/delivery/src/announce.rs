//! An event: a delivery for each endpoint that is to hear of it.
//!
//! Every step may be repeated: the same event makes the same message ids, and a delivery that is there already is left as it is.

use domain::access::Tenant;
use domain::failure::Failure;
use domain::ids::TaskId;
use domain::webhooks::{Delivery, DeliveryId, Endpoint, Event, EventKind, MessageId, Owner, payload};
use jiff::Timestamp;
use queue::Announce;

use crate::{Deps, enqueue};

/// What is told: its id's parts and its body.
struct Told {
    subject: String,
    occurred_at: Timestamp,
    body: Vec<u8>,
}

/// Makes the deliveries of an event and queues their first attempts.
pub(crate) async fn announce(deps: &Deps, announce: &Announce) -> Result<(), Failure> {
    let Announce { tenant, event, .. } = announce;
    let mut owners = vec![Owner::Tenant];
    if let Event::InterviewCompleted { interview_id, .. } = event {
        owners.push(Owner::interview(interview_id));
    }
    let mut count = 0_usize;
    for owner in owners {
        let mut endpoints = deps.store.endpoints(tenant, &owner).await?;
        endpoints.retain(|endpoint| hears_of(endpoint, event));
        if endpoints.is_empty() {
            continue;
        }
        for told in messages(deps, announce, &owner).await? {
            for endpoint in &endpoints {
                deliver(deps, tenant, event.kind(), endpoint, &told).await?;
                count += 1;
            }
        }
    }
    tracing::info!(tenant.id = tenant.as_str(), event.kind = event.kind().as_str(), deliveries = count, "event told");
    Ok(())
}

/// Whether an endpoint is told of an event.
fn hears_of(endpoint: &Endpoint, event: &Event) -> bool {
    let wanted = match event {
        Event::EndpointTest { endpoint_id } => endpoint.id.to_string() == *endpoint_id,
        other => endpoint.events.contains(&other.kind()),
    };
    wanted && endpoint.disabled.is_none()
}

/// The messages of an event: one, or one a task.
async fn messages(deps: &Deps, announce: &Announce, owner: &Owner) -> Result<Vec<Told>, Failure> {
    let Announce { tenant, event, occurred_at } = announce;
    let Event::TaskCreated { task_ids } = event else {
        let body = payload::body(event, *occurred_at, owner, &deps.public_url);
        return Ok(vec![Told { subject: event.subject().to_owned(), occurred_at: *occurred_at, body }]);
    };
    let ids: Vec<TaskId> = task_ids.iter().filter_map(|id| TaskId::parse(id)).collect();
    let tasks = deps.store.tasks(tenant, &ids).await?;
    // The batch asked for all of these; those that were there before it are no news.
    let created = tasks.iter().filter(|task| task.created_at >= *occurred_at);
    Ok(created
        .map(|task| Told { subject: task.id.to_string(), occurred_at: task.created_at, body: payload::task(task) })
        .collect())
}

async fn deliver(
    deps: &Deps,
    tenant: &Tenant,
    kind: EventKind,
    endpoint: &Endpoint,
    told: &Told,
) -> Result<(), Failure> {
    let message = MessageId::of(kind, &told.subject, told.occurred_at, &endpoint.owner);
    let id = DeliveryId { message, endpoint: endpoint.id };
    let owner = endpoint.owner.clone();
    let delivery = Delivery::new(id, owner, kind, told.occurred_at, told.body.clone(), (deps.clock)());
    let (stored, _) = deps.store.create_delivery(tenant, &delivery).await?;
    // Told before, but perhaps not queued: an attempt too many does nothing.
    if stored.made == 0 && stored.next_at.is_some() {
        enqueue(deps, tenant, endpoint, &stored).await?;
    }
    Ok(())
}
