//! `POST /api/public/{tenant}/conversations`

use api::auth::PushConversations;
use api::problem::{Code, ProblemBody};
use api::{Body, Can, Problem, Query, idempotency, reply};
use axum::extract::State;
use axum::response::Response;
use domain::conversation::Conversation;
use domain::conversation::intake::{self, Rejected, Unreadable};
use domain::fault::Fault;
use domain::ids::BatchId;
use http::{HeaderMap, StatusCode};
use queue::AnalyzeBatch;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;

/// The request, for the document only: bodies are read by `domain::conversation::intake`, which names every fault.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct ConversationsRequest {
    /// 1–100 conversations; 6 MiB of JSON at most.
    #[schema(min_items = 1, max_items = 100)]
    conversations: Vec<Conversation>,
}

/// What was accepted. It is durable: the analysis follows within seconds.
#[derive(Serialize, ToSchema)]
pub(crate) struct AcceptedBatch {
    /// Id of the batch.
    #[schema(example = "bat_01KAXQ4Z7M3V8R0C5T6Y9B2N1D")]
    batch_id: String,
    /// Conversations accepted.
    accepted: usize,
    /// Conversations left out (`mode=partial` only).
    rejected: Vec<RejectedConversation>,
    /// Where to follow the batch.
    status_url: String,
    /// What was accepted but not kept, such as unknown fields; once per kind of place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Fault>,
}

/// A conversation that was left out.
#[derive(Serialize, ToSchema)]
pub(crate) struct RejectedConversation {
    /// Its place in the request.
    index: usize,
    /// Its id, where it has a readable one.
    id: Option<String>,
    /// Everything wrong with it.
    errors: Vec<Fault>,
}

/// Push conversations
///
/// All or nothing: one invalid conversation refuses the request with every fault named. With `mode=partial` the valid ones are accepted and
/// the others listed. The answer is sent once the conversations are durable. A conversation sent again replaces the stored one if its
/// version (`updated_at`, else its newest time) is not older.
#[utoipa::path(
    post,
    path = "/api/public/{tenant}/conversations",
    tag = "Ingest",
    params(
        ("tenant" = String, Path, description = "The key's tenant"),
        ("mode" = Option<String>, Query, description = "`partial` accepts the valid conversations of a request and lists the others"),
        ("Idempotency-Key" = Option<String>, Header, description = "Replays the first answer for 24 hours"),
    ),
    request_body = ConversationsRequest,
    responses(
        (status = 202, description = "Accepted and durable", body = AcceptedBatch),
        (status = 400, description = "Not JSON or not UTF-8", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "The idempotency key is in use or was used for another body", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "More than 6 MiB", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "Not declared as JSON", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["conversationIngestion-create"]))
)]
pub(crate) async fn accept_conversations(
    State(deps): State<Deps>,
    can: Can<PushConversations>,
    mut query: Query,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let partial = query.word("mode", |word| (word == "partial").then_some(()), &["partial"]).is_some();
    query.finish()?;
    let scope = if partial { "POST conversations?mode=partial" } else { "POST conversations" };
    let accept = Box::pin(accept(&deps, &can, partial, &body.0));
    idempotency::once(&deps.edge, &can.access, &headers, scope, &body.0, accept).await
}

async fn accept(deps: &Deps, can: &Can<PushConversations>, partial: bool, body: &[u8]) -> Result<Response, Problem> {
    let intake = intake::read(body, can.now()).map_err(unreadable)?;
    if intake.accepted.is_empty() || !(partial || intake.rejected.is_empty()) {
        return Err(Problem::invalid(intake.rejected.into_iter().flat_map(|rejected| rejected.faults).collect()));
    }
    let tenant = can.tenant();
    let batch = BatchId::new(crate::new_ulid(deps, can.now())?);
    let (bytes, _) = blobs::raw::encode_batch(&intake.accepted)?;
    // In this order a crash leaves at most an object that nobody reads: the caller, who got no answer, sends again.
    let key = deps.blobs.put_raw(tenant, batch, bytes).await?;
    let accepted = intake.accepted.len();
    deps.store.create_batch(tenant, batch, u32::try_from(accepted).unwrap_or(u32::MAX), can.now()).await?;
    let message = AnalyzeBatch { tenant: tenant.clone(), batch, key };
    if let Err(failure) = deps.queue.send(&message).await {
        // It was never accepted: nobody must find it waiting.
        deps.store.forget_batch(tenant, batch).await?;
        return Err(failure.into());
    }
    let answer = AcceptedBatch {
        batch_id: batch.to_string(),
        accepted,
        rejected: intake.rejected.into_iter().map(rejected).collect(),
        status_url: format!("/api/public/{}/batches/{batch}", tenant.as_str()),
        warnings: intake.warnings,
    };
    reply::json(StatusCode::ACCEPTED, &answer)
}

fn rejected(rejected: Rejected) -> RejectedConversation {
    RejectedConversation { index: rejected.index, id: rejected.id, errors: rejected.faults }
}

fn unreadable(unreadable: Unreadable) -> Problem {
    match unreadable {
        Unreadable::Invalid(faults) => Problem::invalid(faults),
        malformed => Problem::new(Code::MalformedBody, format!("{malformed}.")),
    }
}
