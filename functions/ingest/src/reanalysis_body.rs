//! A re-analysis as it is answered.

use domain::reanalysis::{Progress, Reanalysis, ReanalysisStatus};
use serde::Serialize;
use utoipa::ToSchema;

/// How far a re-analysis is.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReanalysisBody {
    #[schema(example = "rea_01KAXQ4Z7M3V8R0C5T6Y9B2N1D")]
    reanalysis_id: String,
    status: ReanalysisStatus,
    /// Share of the batches that are done or passed over, 0–1; `null` until they were counted.
    progress: Option<f64>,
    /// Batches that were accepted before the re-analysis; `null` until they were counted.
    batches_total: Option<u64>,
    batches_done: u64,
    /// Batches that could not be analysed and were passed over.
    batches_failed: u64,
    /// Conversations analysed again; what was replaced or deleted since is not among them.
    conversations: u64,
    started_at: String,
    updated_at: String,
    finished_at: Option<String>,
    /// Where to follow it.
    status_url: String,
}

impl ReanalysisBody {
    pub(crate) fn of(tenant: &str, job: &Reanalysis) -> Self {
        let Progress { batches_total, batches_done, batches_failed, conversations } = job.progress;
        Self {
            reanalysis_id: job.id.to_string(),
            status: job.status,
            progress: job.progress.share(),
            batches_total,
            batches_done,
            batches_failed,
            conversations,
            started_at: job.started_at.to_string(),
            updated_at: job.updated_at.to_string(),
            finished_at: job.finished_at.map(|at| at.to_string()),
            status_url: format!("/api/public/{tenant}/reanalyses/{}", job.id),
        }
    }
}
