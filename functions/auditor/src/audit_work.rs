//! One message of the queue.

use domain::access::Tenant;
use domain::audits::{Audit, AuditState, FailureReason};
use domain::failure::Failure;
use domain::webhooks::Event;
use queue::{Announce, AuditWork, RunAudit};
use runtime::log::chain;
use runtime::sqs::{Message, Redeliver};

use crate::erase_evidence::erase_evidence;
use crate::file_documents::file_documents;
use crate::judge_part::judge_part;
use crate::plan::{self, Plan};
use crate::{Deps, missing};

/// Does what a message asks for.
pub async fn audit_work(deps: &Deps, message: Message) -> Result<(), Redeliver> {
    let work = match AuditWork::parse(&message.body) {
        Ok(work) => work,
        Err(error) => {
            tracing::error!(error = chain(&error), "the message cannot be read; it goes to the dead-letter queue");
            return Err(Redeliver);
        }
    };
    let is_last = message.receive_count >= deps.max_receive_count;
    match work {
        AuditWork::Erase(erase) => {
            let done = erase_evidence(deps, &erase).await;
            done.map_err(|failure| {
                tracing::error!(
                    error = chain(&failure),
                    tenant.id = erase.tenant.as_str(),
                    "evidence could not be erased"
                );
                Redeliver
            })
        }
        AuditWork::Run(run) => {
            let Err(failure) = step(deps, &run, message.receive_count).await else { return Ok(()) };
            let RunAudit { tenant, audit, step } = &run;
            tracing::error!(error = chain(&failure), tenant.id = tenant.as_str(), audit.id = %audit, audit.step = step, "a step failed");
            if is_last {
                // Say so where callers look. Should this fail too, the alarm on the dead-letter queue still tells.
                let said = deps.store.fail_audit(tenant, *audit, FailureReason::Internal, (deps.clock)()).await;
                if let Err(failure) = said {
                    tracing::error!(error = chain(&failure), "the audit could not be marked as failed");
                }
            }
            Err(Redeliver)
        }
    }
}

async fn step(deps: &Deps, run: &RunAudit, receive_count: u32) -> Result<(), Failure> {
    let RunAudit { tenant, audit: id, step } = run;
    let Some(stored) = deps.store.audit(tenant, *id).await? else {
        // Deleted: what a worker wrote since must go too.
        return deps.blobs.delete_audit(tenant, *id, true).await;
    };
    if !matches!(stored.audit.state, AuditState::Queued | AuditState::Running) {
        // The documents are there; a crash may have left the rest.
        return complete(deps, tenant, &stored.audit).await;
    }
    let request = deps.store.audit_request(tenant, *id).await?.ok_or_else(|| missing("request"))?;
    if *step == 0 {
        let Some(plan) = plan::plan(deps, tenant, &stored.audit, &request).await? else { return Ok(()) };
        let started = deps.store.start_audit(tenant, *id, plan.matched, plan.selected()).await?;
        return if started.is_some() { next(deps, run).await } else { Ok(()) };
    }
    let plan: Plan = plan::read(deps, tenant, *id).await?.ok_or_else(|| missing("plan"))?;
    let Some(ids) = plan.part(*step) else {
        return file_documents(deps, tenant, *id, &request, &plan).await;
    };
    let end = plan.end(*step);
    if stored.audit.done > end || (stored.audit.done == end && receive_count == 1) {
        // Sent twice: whoever did this part sends the next, or is delivered again.
        return Ok(());
    }
    if stored.audit.done < end {
        judge_part(deps, tenant, *id, &request.rubric, *step, ids).await?;
        if deps.store.advance_audit(tenant, *id, end).await?.is_none() && receive_count == 1 {
            return Ok(());
        }
        tracing::info!(tenant.id = tenant.as_str(), audit.id = %id, audit.done = end, audit.selected = plan.selected(), "part judged");
    }
    next(deps, run).await
}

/// What is left once the documents are filed: who subscribes is told, and what the workers left for one another is deleted.
pub(crate) async fn complete(deps: &Deps, tenant: &Tenant, audit: &Audit) -> Result<(), Failure> {
    if let Some(occurred_at) = audit.finished_at.filter(|_| audit.state == AuditState::Completed) {
        let event = Event::AuditCompleted { audit_id: audit.id.to_string() };
        if deps.store.subscribes(tenant, &[event.kind()], (deps.clock)()).await? {
            deps.webhooks_queue.send(&Announce { tenant: tenant.clone(), event, occurred_at }).await?;
        }
    }
    deps.blobs.delete_audit(tenant, audit.id, false).await
}

async fn next(deps: &Deps, run: &RunAudit) -> Result<(), Failure> {
    deps.queue.send(&RunAudit { step: run.step + 1, ..run.clone() }).await
}
