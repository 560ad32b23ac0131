//! `GET /api/public/{tenant}/batches/{batch_id}`

use std::collections::HashMap;

use api::auth::ManageConversations;
use api::problem::ProblemBody;
use api::{Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::batch::{Batch, ConversationOutcome, Outcome};
use domain::ids::BatchId;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;

/// A batch and what became of it. `accepted` = `queued` + `analyzed` + `not_scored` + `stale` + `unchanged` + `failed`.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchBody {
    batch_id: String,
    /// `queued`, `done`, or `dead_lettered` when the analysis gave up and an operator must look.
    #[schema(example = "done")]
    status: &'static str,
    /// Conversations accepted.
    accepted: u32,
    /// Waiting for the analysis.
    queued: u32,
    /// Stored and scored.
    analyzed: u32,
    /// Stored and counted as volume, but not scored.
    not_scored: u32,
    /// Left out: a newer version was stored already.
    stale: u32,
    /// Left out: the very same content was stored already.
    unchanged: u32,
    /// Could not be analysed.
    failed: u32,
    received_at: String,
    finished_at: Option<String>,
    /// One per conversation once the batch is done, in the order of the request, with the reason where there is one.
    conversations: Vec<ConversationOutcome>,
}

/// Follow a batch
#[utoipa::path(
    get,
    path = "/api/public/{tenant}/batches/{batch_id}",
    tag = "Ingest",
    params(
        ("tenant" = String, Path, description = "The key's tenant"),
        ("batch_id" = String, Path, description = "As answered by the push"),
    ),
    responses(
        (status = 200, description = "The batch", body = BatchBody),
        (status = 404, description = "No such batch of this tenant", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["conversationIngestion-create"]))
)]
pub(crate) async fn get_batch(
    State(deps): State<Deps>,
    can: Can<ManageConversations>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
) -> Result<Response, Problem> {
    query.finish()?;
    let id = path.get("batch_id").and_then(|id| BatchId::parse(id)).ok_or_else(Problem::not_found)?;
    let batch = deps.store.batch(can.tenant(), id).await?.ok_or_else(Problem::not_found)?;
    reply::json(StatusCode::OK, &body(batch))
}

fn body(batch: Batch) -> BatchBody {
    let count = |wanted: Outcome| {
        let found = batch.outcomes.iter().filter(|outcome| outcome.outcome == wanted).count();
        u32::try_from(found).unwrap_or(u32::MAX)
    };
    let settled = u32::try_from(batch.outcomes.len()).unwrap_or(u32::MAX);
    BatchBody {
        batch_id: batch.id.to_string(),
        status: match (batch.dead_lettered, batch.finished_at) {
            (_, Some(_)) => "done",
            (true, None) => "dead_lettered",
            (false, None) => "queued",
        },
        accepted: batch.accepted,
        queued: if batch.dead_lettered { 0 } else { batch.accepted.saturating_sub(settled) },
        analyzed: count(Outcome::Analyzed),
        not_scored: count(Outcome::NotScored),
        stale: count(Outcome::Stale),
        unchanged: count(Outcome::Unchanged),
        failed: if batch.dead_lettered { batch.accepted.saturating_sub(settled) } else { 0 } + count(Outcome::Failed),
        received_at: batch.received_at.to_string(),
        finished_at: batch.finished_at.map(|at| at.to_string()),
        conversations: batch.outcomes,
    }
}
