//! Step 0: which conversations are judged. Fixed once, so that conversations that come later change nothing.

use blobs::audits::Work;
use domain::access::Tenant;
use domain::audits::{Audit, AuditRequest, AuditState, FailureReason, draw};
use domain::facts::filter::Filter;
use domain::facts::latest;
use domain::failure::Failure;
use domain::ids::AuditId;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{Deps, missing, unreadable};

/// What the other steps go by.
#[derive(Serialize, Deserialize)]
pub(crate) struct Plan {
    /// Conversations of one part.
    chunk: usize,
    /// Conversations in the period, by the filters.
    pub(crate) matched: u32,
    /// The audit to compare with.
    pub(crate) previous: Option<String>,
    /// Conversations to be judged, in order.
    ids: Vec<String>,
}

impl Plan {
    pub(crate) fn selected(&self) -> u32 {
        count(self.ids.len())
    }

    /// The conversations of a step, from 1; `None` after the last part.
    pub(crate) fn part(&self, step: u32) -> Option<&[String]> {
        let index = usize::try_from(step).ok()?.checked_sub(1)?;
        self.ids.chunks(self.chunk.max(1)).nth(index)
    }

    /// Parts there are.
    pub(crate) fn parts(&self) -> u32 {
        count(self.ids.chunks(self.chunk.max(1)).len())
    }

    /// Conversations whose turn has come after a step.
    pub(crate) fn end(&self, step: u32) -> u32 {
        count(self.chunk.max(1)).saturating_mul(step).min(self.selected())
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// The plan that was made first; `None` when there is none.
pub(crate) async fn read(deps: &Deps, tenant: &Tenant, id: AuditId) -> Result<Option<Plan>, Failure> {
    let json = deps.blobs.get_audit_work(tenant, id, Work::Plan).await?;
    json.map(|json| serde_json::from_slice(&json).map_err(unreadable)).transpose()
}

/// Makes the plan, unless it is made; `None` when the audit cannot be done, which it then says.
pub(crate) async fn plan(
    deps: &Deps,
    tenant: &Tenant,
    audit: &Audit,
    request: &AuditRequest,
) -> Result<Option<Plan>, Failure> {
    if let Some(plan) = read(deps, tenant, audit.id).await? {
        return Ok(Some(plan));
    }
    let filter = Filter { period: audit.period, ..request.filter.clone() };
    let first = audit.period.from.map_or(Date::MIN, store::day_of);
    let last = audit.period.to.map_or(Date::MAX, store::day_of);
    let rows = latest(deps.store.entries(tenant, first, last).await?);
    let matching: Vec<String> =
        rows.into_iter().filter(|(id, facts)| filter.matches(id, facts)).map(|(id, _)| id).collect();
    let matched = count(matching.len());
    let ids = draw(matching, request.sample, request.seed);
    if count(ids.len()) > deps.most {
        let reason = FailureReason::TooManyConversations;
        deps.store.fail_audit(tenant, audit.id, reason, (deps.clock)()).await?;
        return Ok(None);
    }
    let others = deps.store.audits(tenant).await?;
    let comparable = |other: &&Audit| {
        other.state == AuditState::Completed && other.rubric == audit.rubric && other.created_at < audit.created_at
    };
    let previous = others.iter().find(comparable).map(|other| other.id.to_string());
    let plan = Plan { chunk: deps.chunk, matched, previous, ids };
    let json = serde_json::to_vec(&plan).map_err(unreadable)?;
    deps.blobs.put_audit_work(tenant, audit.id, Work::Plan, &json).await?;
    // Another worker's may have been first.
    Ok(Some(read(deps, tenant, audit.id).await?.ok_or_else(|| missing("plan"))?))
}
