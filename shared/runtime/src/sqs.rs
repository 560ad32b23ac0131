//! SQS batches: each message on its own, failures reported one by one, panics contained.

use std::panic::AssertUnwindSafe;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use axum::Router;
use futures_util::{FutureExt, StreamExt, stream};
use lambda_runtime::LambdaEvent;
use tracing::Instrument;

use crate::Error;

/// Messages of one batch that are worked on at the same time: enough to hide the store's latency, few enough to bound memory.
const CONCURRENT: usize = 4;

/// A message, as a handler sees it.
#[derive(Clone, Debug)]
pub struct Message {
    /// The body.
    pub body: String,
    /// How often it has been delivered, this time included.
    pub receive_count: u32,
}

/// The message must be delivered again (and goes to the dead-letter queue in the end).
#[derive(Debug)]
pub struct Redeliver;

/// Serves batches until the process ends. The queue's event source mapping must ask for `ReportBatchItemFailures`.
pub async fn serve<F>(handle: impl Fn(Message) -> F) -> Result<(), Error>
where
    F: Future<Output = Result<(), Redeliver>>,
{
    let handle = &handle;
    lambda_runtime::run(lambda_runtime::service_fn(|event: LambdaEvent<SqsEvent>| async move {
        Ok::<_, Error>(answer(event.payload, handle).await)
    }))
    .await
}

/// Serves batches as [`serve`] does, and HTTP beside them.
pub async fn serve_with_http<F>(router: Router, handle: impl Fn(Message) -> F) -> Result<(), Error>
where
    F: Future<Output = Result<(), Redeliver>>,
{
    let handle = &handle;
    crate::http::serve_or(router, |event: SqsEvent| async move { Ok(answer(event, handle).await) }).await
}

/// Handles one batch; what [`serve`] does for each, and what golden-event tests call.
pub async fn answer<F>(event: SqsEvent, handle: impl Fn(Message) -> F) -> SqsBatchResponse
where
    F: Future<Output = Result<(), Redeliver>>,
{
    let failed: Vec<Option<String>> =
        stream::iter(event.records).map(|record| one(record, &handle)).buffered(CONCURRENT).collect().await;
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failed
        .into_iter()
        .flatten()
        .map(|id| {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id;
            failure
        })
        .collect();
    response
}

/// The message's id if it failed. A record without an id cannot be named as failed: SQS never sends one.
async fn one<F>(record: SqsMessage, handle: impl Fn(Message) -> F) -> Option<String>
where
    F: Future<Output = Result<(), Redeliver>>,
{
    let id = record.message_id.unwrap_or_default();
    let receive_count =
        record.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok()).unwrap_or(1);
    let span = tracing::info_span!("message", message.id = %id, message.receive_count = receive_count);
    let message = Message { body: record.body.unwrap_or_default(), receive_count };
    let handled = AssertUnwindSafe(handle(message)).catch_unwind().instrument(span.clone()).await;
    match handled {
        Ok(Ok(())) => None,
        Ok(Err(Redeliver)) => Some(id),
        Err(_) => {
            span.in_scope(|| tracing::error!("handler panicked"));
            Some(id)
        }
    }
}
