//! One message: an erasure to be gone on with.
//!
//! Every step may be repeated. A message works for [`WORK`] at most and then sends the next; the last look is taken when nothing that was
//! accepted before the erasure can be at work any more.

use domain::access::Tenant;
use domain::failure::Failure;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::SignedDuration;
use queue::{EraseContact, MAX_DELAY_SECONDS};
use runtime::log::chain;
use runtime::sqs::{Message, Redeliver};
use store::{ErasedCounts, Erasure, StoredLog};

use crate::Deps;
use crate::erase_conversation::{Outcome, erase_conversation};

/// Conversations and sessions of one step.
const STEP: usize = 25;
/// Conversations erased at the same time. They may share batch objects, which are rewritten one after the other.
const CONCURRENCY: usize = 4;
/// How long one message works: well below the function's timeout.
const WORK: SignedDuration = SignedDuration::from_secs(20);

/// Goes on with an erasure.
pub async fn erase_contact(deps: &Deps, message: Message) -> Result<(), Redeliver> {
    let message = match EraseContact::parse(&message.body) {
        Ok(message) => message,
        Err(error) => {
            tracing::error!(error = chain(&error), "the message cannot be read; it goes to the dead-letter queue");
            return Err(Redeliver);
        }
    };
    if let Err(failure) = go_on(deps, &message).await {
        tracing::error!(
            error = chain(&failure),
            tenant.id = message.tenant.as_str(),
            erasure.id = %message.erasure,
            "erasure failed"
        );
        return Err(Redeliver);
    }
    Ok(())
}

async fn go_on(deps: &Deps, message: &EraseContact) -> Result<(), Failure> {
    let tenant = &message.tenant;
    let Some(erasure) = deps.store.erasure(tenant, message.erasure).await? else {
        // Its receipt is past its year: so is everything that it could find.
        return Ok(());
    };
    let clock = deps.edge.clock;
    let until = clock() + WORK;
    while step(deps, tenant, &erasure).await? {
        if clock() >= until {
            return deps.queue.send(message).await;
        }
    }
    let settled = erasure.requested_at + SignedDuration::from_secs(deps.settle_seconds.into());
    let left = settled.duration_since(clock()).as_secs();
    if left >= 0 && clock() < settled {
        let left = u32::try_from(left + 1).unwrap_or(MAX_DELAY_SECONDS);
        return deps.queue.send_after(message, left).await;
    }
    deps.store.finish_erasure(tenant, erasure.id, clock()).await?;
    tracing::info!(tenant.id = tenant.as_str(), erasure.id = %erasure.id, "erasure done");
    Ok(())
}

/// Some of the contact's sessions that began to be stored before the erasure; none when there are no more.
async fn sessions_accepted_before(deps: &Deps, tenant: &Tenant, erasure: &Erasure) -> Result<Vec<StoredLog>, Failure> {
    let mut after: Option<String> = None;
    loop {
        let mut logs = deps.store.logs_of_customer(tenant, &erasure.contact, after.as_deref(), STEP).await?;
        let Some(last) = logs.last() else { return Ok(logs) };
        after = Some(last.place());
        logs.retain(|log| log.accepted_at <= erasure.requested_at);
        if !logs.is_empty() {
            return Ok(logs);
        }
    }
}

/// Erases some of what was accepted before the erasure; `false` when there was nothing.
async fn step(deps: &Deps, tenant: &Tenant, erasure: &Erasure) -> Result<bool, Failure> {
    let (contact, by) = (&erasure.contact, erasure.id.ulid());
    let ids = deps.store.conversations_accepted_before(tenant, contact, by, STEP).await?;
    let outcomes: Vec<Outcome> = stream::iter(&ids)
        .map(|id| erase_conversation(deps, tenant, id, by))
        .buffer_unordered(CONCURRENCY)
        .try_collect()
        .await?;

    let logs = sessions_accepted_before(deps, tenant, erasure).await?;
    // The rows of reports first: the logs know the days.
    let days: std::collections::BTreeSet<_> = logs.iter().flat_map(StoredLog::support_days).collect();
    deps.store.erase_support_rows(tenant, contact, days).await?;
    let mut counts = ErasedCounts::default();
    for log in &logs {
        if deps.store.delete_session(log).await? {
            counts.sessions += 1;
            counts.events += log.session.events;
        }
    }
    let erased = outcomes.iter().filter(|outcome| **outcome == Outcome::Erased).count();
    counts.conversations = u32::try_from(erased).unwrap_or(u32::MAX);
    if counts != ErasedCounts::default() {
        deps.store.count_erased(tenant, erasure.id, counts).await?;
    }
    Ok(!ids.is_empty() || !logs.is_empty())
}
