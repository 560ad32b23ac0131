//! Gathers the conversations of a batch under insights: one read of what is new in the tenant's log, at most one page appended.

use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;

use domain::access::Tenant;
use domain::failure::Failure;
use engine::gathering::{Gathered, Gathering, Signature, WINDOW};
use jiff::Timestamp;

use crate::Deps;

/// Tenants whose matters a process remembers, some 2 MB each; more begin anew.
const REMEMBERED: usize = 8;
/// How often a batch gathers again because another batch was faster. Each time at least one other has got through, and no more of them
/// run than the queue's concurrency allows.
const ATTEMPTS: u32 = 50;

/// Tenants' matters as this process read them last. What is missing is read from the log, so this saves reading and decides nothing.
#[derive(Default)]
pub struct KnownMatters(Mutex<HashMap<Tenant, Gathering>>);

impl fmt::Debug for KnownMatters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KnownMatters(…)")
    }
}

impl KnownMatters {
    fn take(&self, tenant: &Tenant) -> Gathering {
        self.0.lock().ok().and_then(|mut known| known.remove(tenant)).unwrap_or_default()
    }

    fn put(&self, tenant: &Tenant, gathering: Gathering) {
        if let Ok(mut known) = self.0.lock() {
            if known.len() >= REMEMBERED {
                known.clear();
            }
            known.insert(tenant.clone(), gathering);
        }
    }
}

/// Places a batch's signatures. Without any, makes no call.
pub(crate) async fn gather(
    deps: &Deps,
    tenant: &Tenant,
    signatures: &[Option<Signature>],
    expires_at: Timestamp,
) -> Result<Option<Gathered>, Failure> {
    if signatures.iter().all(Option::is_none) {
        return Ok(None);
    }
    let mut gathering = deps.matters.take(tenant);
    for _ in 0..ATTEMPTS {
        // Twice the window: a matter may have several entries.
        let log = deps.store.matter_pages(tenant, gathering.sequence(), 2 * WINDOW).await?;
        gathering.begin_at(log.next);
        for page in &log.pages {
            gathering.read(page);
        }
        let gathered = gathering.gather(signatures, (deps.clock)());
        if let Some(page) = &gathered.page {
            if !deps.store.append_matters(tenant, page, expires_at).await? {
                continue;
            }
            gathering.read(page);
        }
        deps.matters.put(tenant, gathering);
        return Ok(Some(gathered));
    }
    Err(Failure::Conflict { what: "log of matters" })
}
