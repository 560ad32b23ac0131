//! Recurring audits, by direct invocation from the schedule, which IAM guards.
//!
//! The schedule asks often; what is due has an id that its period makes, so that it is started once however often it is asked for, and
//! a missed hour is made up for by the next.

use domain::access::Tenant;
use domain::audits::{AuditRequest, AuditState, Origin};
use domain::facts::filter::Filter;
use domain::ids::TenantName;
use jiff::{SignedDuration, Timestamp};
use queue::RunAudit;
use runtime::log::chain;
use serde::{Deserialize, Serialize};

use crate::Deps;
use crate::create_audit::start;

/// An audit that waits longer than this for its first step has lost it.
const LOST: SignedDuration = SignedDuration::from_mins(30);

/// What the schedule asks for.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(tag = "schedule", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Start whatever is due.
    RecurringAudits,
}

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Started {
    /// Audits that were started now.
    pub started: u32,
    /// Audits that could not be started, for which the log has the reason; the next hour tries again.
    pub failed: u32,
}

/// Starts every recurring audit whose last whole period is over and has none yet.
pub async fn start_due(deps: &Deps, command: Command) -> Result<Started, runtime::Error> {
    let Command::RecurringAudits = command;
    let now = (deps.edge.clock)();
    let mut done = Started::default();
    for name in deps.store.tenants_with_recurring_audits().await? {
        match start_for(deps, name.clone(), now).await {
            Ok(started) => done.started += started,
            // One tenant's trouble must not keep the others from theirs.
            Err(failure) => {
                tracing::error!(
                    error = chain(&failure),
                    tenant.id = name.as_str(),
                    "recurring audits were not started"
                );
                done.failed += 1;
            }
        }
    }
    Ok(done)
}

#[expect(
    clippy::disallowed_methods,
    reason = "IAM guards direct invocation: only the schedule may speak for every tenant"
)]
async fn start_for(deps: &Deps, name: TenantName, now: Timestamp) -> Result<u32, domain::failure::Failure> {
    let tenant = &Tenant::trusted(name);
    let settings = deps.store.tenant(tenant).await?.map(|record| record.settings).unwrap_or_default();
    let mut started = 0;
    for recurring in &settings.recurring_audits {
        let due = recurring.due(now, &settings.zone(), settings.week_start.into());
        let Some((period, id)) = due.and_then(|period| Some((period, recurring.id(tenant, &period)?))) else {
            continue;
        };
        let Some(rubric) = compliance::find(&settings, &recurring.rubric, None) else { continue };
        // Not the tombstone of one that was deleted either: what a person deleted stays deleted.
        let request =
            AuditRequest { rubric: rubric.clone(), filter: Filter::default(), sample: recurring.sample, seed: 0 };
        if deps.store.is_new_audit(tenant, id).await? {
            start(deps, tenant, id, Origin::Schedule, period, &request, now).await?;
            started += 1;
        } else if let Some(stored) = deps.store.audit(tenant, id).await?
            && stored.audit.state == AuditState::Queued
            && now.duration_since(stored.audit.created_at) > LOST
        {
            // Recorded, but its first step never reached the queue.
            deps.queue.send(&RunAudit { tenant: tenant.clone(), audit: id, step: 0 }).await?;
        }
    }
    Ok(started)
}
