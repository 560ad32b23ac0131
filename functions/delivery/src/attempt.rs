//! One attempt of one delivery.
//!
//! The order makes a crash harmless wherever it comes: request, next attempt queued, endpoint's health, delivery. The delivery is changed
//! last, so a message that comes again finds it as before and makes the attempt again, under the same `webhook-id` and with the same
//! bytes; once it is changed, the next attempt is surely queued. A message whose attempt was made does nothing, so that duplicates end.

use std::time::Instant;

use domain::access::Tenant;
use domain::failure::Failure;
use domain::webhooks::delivery::{Attempt, AttemptError, Health, Outcome};
use domain::webhooks::endpoint::{Endpoint, Secrets};
use domain::webhooks::schedule::retry_after;
use domain::webhooks::{Delivery, Event, Owner};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use jiff::{SignedDuration, Timestamp};
use outbound::{Answer, Call, Refused, Unanswered};
use queue::{Announce, Deliver};

use crate::{Deps, enqueue, seconds_until};

/// Who calls.
const USER_AGENT: HeaderValue = HeaderValue::from_static("Hark-Webhooks/1");

/// Makes an attempt if it is due, else waits on.
pub(crate) async fn attempt(deps: &Deps, deliver: &Deliver) -> Result<(), Failure> {
    let Deliver { tenant, delivery: id, made, retry } = deliver;
    let Some(delivery) = deps.store.delivery(tenant, id).await? else { return Ok(()) };
    let Some(next_at) = delivery.next_at.filter(|_| delivery.made == *made) else { return Ok(()) };
    let wait = seconds_until(next_at, (deps.clock)());
    if wait > 0 {
        return deps.retries_queue.send_after(&Deliver { retry: true, ..deliver.clone() }, wait).await;
    }
    let endpoint = deps.store.endpoint(tenant, &delivery.owner, id.endpoint).await?;
    let Some(endpoint) = endpoint.filter(|endpoint| endpoint.disabled.is_none()) else {
        let unavailable = Outcome::Unanswered(AttemptError::EndpointUnavailable);
        let attempt = Attempt { at: (deps.clock)(), outcome: unavailable, duration_ms: 0 };
        return record(deps, tenant, &delivery.after(attempt, None)).await;
    };
    if endpoint.failing_since.is_some() && !retry {
        // It began to fail while this waited: what has queued up behind it must not be waited for by others.
        return enqueue(deps, tenant, &endpoint, &delivery).await;
    }
    let (attempt, asked) = request(deps, tenant, &endpoint, &delivery).await?;
    let next = delivery.after(attempt, asked);
    tracing::info!(
        tenant.id = tenant.as_str(),
        delivery.id = %id,
        delivery.state = next.state.as_str(),
        delivery.attempts = next.made,
        attempt.outcome = ?attempt.outcome,
        attempt.duration_ms = attempt.duration_ms,
        "webhook attempted"
    );
    if next.next_at.is_some() {
        enqueue(deps, tenant, &endpoint, &next).await?;
    }
    note(deps, tenant, &endpoint, Health::after(&endpoint, attempt.outcome, (deps.clock)())).await?;
    record(deps, tenant, &next).await
}

/// Sends the message; what came of it, and how long the receiver asks to be left alone.
async fn request(
    deps: &Deps,
    tenant: &Tenant,
    endpoint: &Endpoint,
    delivery: &Delivery,
) -> Result<(Attempt, Option<SignedDuration>), Failure> {
    let secrets = match (&endpoint.secrets, &endpoint.owner) {
        (None, Owner::Interview(_)) => deps.store.notification_secrets(tenant).await?.map(|(secrets, _)| secrets),
        (own, _) => own.clone(),
    };
    let (at, started) = ((deps.clock)(), Instant::now());
    let call = Call {
        address: &endpoint.address,
        method: Method::from_bytes(endpoint.method.as_str().as_bytes()).unwrap_or(Method::POST),
        headers: headers(endpoint, delivery, secrets.as_ref(), at),
        body: delivery.body.clone(),
        timeout: deps.timeout,
    };
    let answer = deps.outbound.send(call).await;
    let duration_ms = u32::try_from(started.elapsed().as_millis()).unwrap_or(u32::MAX);
    let (outcome, asked) = match answer {
        Ok(Answer { status, retry_after: header }) => {
            (Outcome::Answered(status), header.and_then(|header| retry_after(&header, (deps.clock)())))
        }
        // What went wrong in detail may name the receiver, which is no business of our log.
        Err(unanswered) => (Outcome::Unanswered(error(&unanswered)), None),
    };
    Ok((Attempt { at, outcome, duration_ms }, asked))
}

/// The caller's own headers, then those of the specification, which no caller's header can replace.
fn headers(endpoint: &Endpoint, delivery: &Delivery, secrets: Option<&Secrets>, now: Timestamp) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let own = endpoint.headers.iter().map(|header| (header.name.as_str(), header.value.clone()));
    let message = delivery.id.message.as_str();
    let ours = [("webhook-id", message.to_owned()), ("webhook-timestamp", now.as_second().to_string())];
    let signature = secrets.map(|secrets| ("webhook-signature", secrets.sign(message, now, &delivery.body)));
    for (name, value) in own.chain(ours).chain(signature) {
        // Checked when they were saved.
        if let (Ok(name), Ok(mut value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value)) {
            value.set_sensitive(true);
            headers.insert(name, value);
        }
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::USER_AGENT, USER_AGENT);
    headers
}

fn error(unanswered: &Unanswered) -> AttemptError {
    match unanswered {
        Unanswered::Refused(Refused::Lookup(_) | Refused::NoAddress) => AttemptError::LookupFailed,
        Unanswered::Refused(_) | Unanswered::Request(_) => AttemptError::AddressRefused,
        Unanswered::Connect(_) => AttemptError::ConnectionFailed,
        Unanswered::Tls(_) => AttemptError::TlsFailed,
        Unanswered::Broken(_) => AttemptError::BrokenOff,
        Unanswered::Timeout => AttemptError::TimedOut,
    }
}

/// Notes what the attempt says of the endpoint; one that is stopped is announced first, so that a crash between cannot keep it quiet.
async fn note(deps: &Deps, tenant: &Tenant, endpoint: &Endpoint, health: Health) -> Result<(), Failure> {
    if let Health::Stopped(disabled) = health {
        let event = Event::EndpointDisabled { endpoint_id: endpoint.id.to_string(), reason: disabled.reason };
        let announce = Announce { tenant: tenant.clone(), event, occurred_at: disabled.at };
        deps.webhooks_queue.send(&announce).await?;
    }
    deps.store.note_health(tenant, &endpoint.owner, endpoint.id, health).await
}

/// Writes the delivery down. A conflict means that the same attempt was made twice at the same time, or that somebody asked for it again
/// meanwhile: what is written then counts.
async fn record(deps: &Deps, tenant: &Tenant, delivery: &Delivery) -> Result<(), Failure> {
    match deps.store.update_delivery(tenant, delivery).await {
        Err(Failure::Conflict { .. }) => Ok(()),
        other => other,
    }
}
