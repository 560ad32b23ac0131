//! One step of a re-analysis: some batches are analysed again, the progress is recorded, and the next step is sent.
//!
//! A batch is analysed again exactly as a redelivered one is: the items that it wrote are written again, what a newer batch replaced or a
//! caller deleted is left alone, its blocks of facts are overwritten. So a step may be repeated, and two may run at once.

use blobs::batch_of;
use domain::access::Tenant;
use domain::failure::Failure;
use domain::ids::BatchId;
use domain::reanalysis::{Progress, Reanalysis, ReanalysisStatus};
use jiff::{SignedDuration, Timestamp};
use queue::{AnalyzeBatch, ContinueReanalysis};
use runtime::log::chain;
use runtime::sqs::Redeliver;

use crate::Deps;
use crate::analyze_batch::{Pass, analyze};

/// Batches of one step at most.
const BATCHES: u16 = 20;
/// No further batch is begun after this long, so that a step ends far from the function's timeout.
const BEGIN_WITHIN: SignedDuration = SignedDuration::from_secs(4);
/// Keys of one page while batches are counted.
const COUNTED: u16 = 1000;

/// Moves a re-analysis on by one step.
pub(crate) async fn continue_reanalysis(
    deps: &Deps,
    message: &ContinueReanalysis,
    receive_count: u32,
) -> Result<(), Redeliver> {
    let ContinueReanalysis { tenant, reanalysis } = message;
    let Err(failure) = step(deps, message).await else { return Ok(()) };
    tracing::error!(error = chain(&failure), tenant.id = tenant.as_str(), reanalysis.id = %reanalysis, "step failed");
    if receive_count >= deps.max_receive_count
        && let Err(failure) = stop(deps, message).await
    {
        tracing::error!(error = chain(&failure), "the re-analysis could not be marked as stopped");
    }
    Err(Redeliver)
}

async fn step(deps: &Deps, message: &ContinueReanalysis) -> Result<(), Failure> {
    let ContinueReanalysis { tenant, reanalysis: id } = message;
    let Some(latest) = deps.store.latest_reanalysis(tenant).await? else { return Ok(()) };
    let job = if latest.id == *id { Some(latest.clone()) } else { deps.store.reanalysis(tenant, *id).await? };
    let Some(job) = job.filter(|job| job.status == ReanalysisStatus::Running) else { return Ok(()) };
    let now = (deps.clock)();
    let mut next = Reanalysis { updated_at: now, ..job.clone() };
    if latest.id != *id {
        next.status = ReanalysisStatus::Superseded;
        next.finished_at = Some(now);
        deps.store.advance_reanalysis(tenant, &job, &next).await?;
        return Ok(());
    }
    if next.progress.batches_total.is_none() {
        next.progress.batches_total = Some(count(deps, tenant, &job).await?);
    }
    let keys = deps.blobs.list_raw(tenant, job.cursor.as_deref(), BATCHES).await?;
    let mut is_last = keys.len() < usize::from(BATCHES);
    for key in keys {
        if next.cursor != job.cursor && (deps.clock)().duration_since(now) > BEGIN_WITHIN {
            is_last = false;
            break;
        }
        match batch_of(&key) {
            Some(batch) if is_covered(batch, &job) => {
                again(deps, tenant, batch, &key, &mut next.progress).await?;
            }
            Some(_) => {
                // Accepted after the start: analysed under the new settings anyway, as is everything behind it.
                is_last = true;
                break;
            }
            None => {}
        }
        next.cursor = Some(key);
    }
    next.updated_at = (deps.clock)();
    if is_last {
        next.status = ReanalysisStatus::Done;
        next.finished_at = Some(next.updated_at);
    }
    let moved = deps.store.advance_reanalysis(tenant, &job, &next).await?;
    if moved {
        tracing::info!(
            tenant.id = tenant.as_str(),
            reanalysis.id = %id,
            batches.done = next.progress.batches_done,
            batches.failed = next.progress.batches_failed,
            "re-analysis moved on"
        );
    }
    if moved && !is_last {
        deps.queue.send(message).await?;
    }
    Ok(())
}

/// Analyses one batch again. A batch that can never be analysed is passed over, so that it does not keep the others waiting.
async fn again(
    deps: &Deps,
    tenant: &Tenant,
    batch: BatchId,
    key: &str,
    progress: &mut Progress,
) -> Result<(), Failure> {
    let work = AnalyzeBatch { tenant: tenant.clone(), batch, key: key.to_owned() };
    match analyze(deps, &work, Pass::Again).await {
        Ok(counts) => {
            progress.batches_done += 1;
            progress.conversations += counts.written as u64;
            Ok(())
        }
        Err(failure) if failure.is_retryable() => Err(failure),
        Err(failure) => {
            tracing::error!(error = chain(&failure), batch.id = %batch, "a batch could not be analysed again");
            progress.batches_failed += 1;
            Ok(())
        }
    }
}

/// How many batches the re-analysis covers.
async fn count(deps: &Deps, tenant: &Tenant, job: &Reanalysis) -> Result<u64, Failure> {
    let (mut after, mut found) = (None, 0);
    loop {
        let keys = deps.blobs.list_raw(tenant, after.as_deref(), COUNTED).await?;
        found += keys.iter().filter_map(|key| batch_of(key)).filter(|batch| is_covered(*batch, job)).count() as u64;
        if keys.len() < usize::from(COUNTED) {
            return Ok(found);
        }
        after = keys.last().cloned();
    }
}

/// Whether the batch was accepted before the re-analysis was started.
fn is_covered(batch: BatchId, job: &Reanalysis) -> bool {
    batch.ulid() < job.id.ulid()
}

/// Says that it will not go on by itself.
async fn stop(deps: &Deps, message: &ContinueReanalysis) -> Result<(), Failure> {
    let ContinueReanalysis { tenant, reanalysis } = message;
    let Some(job) = deps.store.reanalysis(tenant, *reanalysis).await? else { return Ok(()) };
    let now: Timestamp = (deps.clock)();
    let stopped =
        Reanalysis { status: ReanalysisStatus::Stopped, updated_at: now, finished_at: Some(now), ..job.clone() };
    deps.store.advance_reanalysis(tenant, &job, &stopped).await.map(|_| ())
}
