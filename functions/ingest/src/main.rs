//! Wiring of the `ingest` function.

use std::sync::Arc;

use api::Edge;
use ingest::{Deps, router};
use runtime::{aws, clock, env, log};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    log::start();
    let sdk = aws::config()?;
    let auth_table = env::required(env::AUTH_TABLE)?;
    let store = store::Store::new(&sdk, env::required(env::MAIN_TABLE)?, Some(auth_table));
    let blobs = blobs::Blobs::new(&sdk, env::required(env::BUCKET)?);
    let queue = queue::Queue::new(&sdk, env::required(env::ANALYSIS_QUEUE_URL)?);
    let webhooks_queue = queue::Queue::new(&sdk, env::required(env::WEBHOOKS_QUEUE_URL)?);
    let audit_queue = queue::Queue::new(&sdk, env::required(env::AUDIT_QUEUE_URL)?);
    let edge = Edge { gate: Arc::new(store.clone()), clock: clock::now };
    let new_ulid = clock::new_ulid;
    runtime::http::serve(router(Deps { edge, store, blobs, queue, webhooks_queue, audit_queue, new_ulid })).await
}
