//! An erasure as it is shown.

use domain::access::Tenant;
use serde::Serialize;
use store::Erasure;
use utoipa::ToSchema;

/// A receipt. It names nobody.
#[derive(Serialize, ToSchema)]
pub(crate) struct Receipt {
    #[schema(example = "ers_01KAXQ4Z7M3V8R0C5T6Y9B2N1D")]
    erasure_id: String,
    /// `erasing`, or `done` once a last look found nothing.
    #[schema(example = "erasing")]
    status: &'static str,
    requested_at: String,
    finished_at: Option<String>,
    /// What there was when it was asked for.
    found: Found,
    /// What was removed so far; more than found when more was on its way, less if a step was interrupted between removing and counting.
    erased: Erased,
    /// Where to follow it.
    status_url: String,
}

#[derive(Serialize, ToSchema)]
struct Found {
    conversations: u32,
    /// Sessions of behaviour events.
    sessions: u32,
}

#[derive(Serialize, ToSchema)]
struct Erased {
    /// Conversations with their texts, analyses, rows in reports and tasks.
    conversations: u32,
    /// Sessions of behaviour events.
    sessions: u32,
    /// Events in those.
    events: u32,
}

impl Receipt {
    pub(crate) fn of(tenant: &Tenant, erasure: &Erasure) -> Self {
        let Erasure { id, requested_at, finished_at, found: (conversations, sessions), erased, .. } = erasure;
        Self {
            erasure_id: id.to_string(),
            status: if finished_at.is_some() { "done" } else { "erasing" },
            requested_at: requested_at.to_string(),
            finished_at: finished_at.map(|at| at.to_string()),
            found: Found { conversations: *conversations, sessions: *sessions },
            erased: Erased { conversations: erased.conversations, sessions: erased.sessions, events: erased.events },
            status_url: format!("/api/public/{}/erasures/{id}", tenant.as_str()),
        }
    }
}
