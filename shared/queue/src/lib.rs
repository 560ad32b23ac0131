//! The queues: messages that point at work. Nothing of SQS outside this crate.
//!
//! A message is always a pointer; what it points at is in the bucket. Bodies are versioned: see [`message`].
#![warn(missing_docs)]

pub mod message;
mod sdk;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use aws_sdk_sqs::Client;
use aws_types::SdkConfig;
use domain::failure::Failure;

pub use message::{
    AnalyzeBatch, AnalyzeInterview, Announce, AuditWork, ContinueReanalysis, Deliver, EraseContact, EraseEvidence,
    Invalid, Message, RunAudit, WebhookMessage,
};
use sdk::failure;

/// List price of a million requests in us-east-1 (standard queue), in dollars; a request covers 64 KB.
pub const USD_PER_MILLION_REQUESTS: f64 = 0.40;

/// Longest that SQS keeps a message back, in seconds. Longer waits are made of several.
pub const MAX_DELAY_SECONDS: u32 = 900;

/// One queue. Cheap to clone; clones share the client and the count of requests.
#[derive(Clone)]
pub struct Queue(Arc<Inner>);

struct Inner {
    config: Option<SdkConfig>,
    client: OnceLock<Client>,
    url: String,
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("url", &self.0.url).finish_non_exhaustive()
    }
}

/// Requests so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Messages sent.
    pub requests: u64,
    /// Bytes sent.
    pub bytes: u64,
}

impl Queue {
    /// The queue of that address. No client is made before the first call.
    pub fn new(config: &SdkConfig, url: impl Into<String>) -> Self {
        Self::of(Some(config.clone()), OnceLock::new(), url.into())
    }

    /// The queue of that address through a client that is already made: the seam for tests.
    pub fn with_client(client: Client, url: impl Into<String>) -> Self {
        Self::of(None, OnceLock::from(client), url.into())
    }

    fn of(config: Option<SdkConfig>, client: OnceLock<Client>, url: String) -> Self {
        Self(Arc::new(Inner { config, client, url, requests: AtomicU64::new(0), bytes: AtomicU64::new(0) }))
    }

    fn client(&self) -> &Client {
        self.0.client.get_or_init(|| {
            // `config` is there whenever the client was not given.
            let config = self.0.config.clone().unwrap_or_else(|| SdkConfig::builder().build());
            Client::new(&config)
        })
    }

    /// Sends a message. It may arrive more than once and in any order.
    pub async fn send(&self, message: &impl Message) -> Result<(), Failure> {
        self.send_after(message, 0).await
    }

    /// Sends a message that becomes visible after some seconds: at most [`MAX_DELAY_SECONDS`], longer waits are cut to that.
    pub async fn send_after(&self, message: &impl Message, seconds: u32) -> Result<(), Failure> {
        let body = message.print();
        self.0.requests.fetch_add(1, Ordering::Relaxed);
        self.0.bytes.fetch_add(body.len() as u64, Ordering::Relaxed);
        let delay = i32::try_from(seconds.min(MAX_DELAY_SECONDS)).unwrap_or_default();
        let mut request = self.client().send_message().queue_url(&self.0.url).message_body(body);
        request = request.set_message_group_id(message.group().map(str::to_owned));
        if delay > 0 {
            request = request.delay_seconds(delay);
        }
        request.send().await.map_err(failure)?;
        Ok(())
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// What was sent.
    pub fn usage(&self) -> Usage {
        Usage { requests: self.0.requests.load(Ordering::Relaxed), bytes: self.0.bytes.load(Ordering::Relaxed) }
    }
}

#[cfg(test)]
mod tests;
