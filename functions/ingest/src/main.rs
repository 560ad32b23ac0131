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
    let edge = Edge { gate: Arc::new(store.clone()), clock: clock::now };
    runtime::http::serve(router(Deps { edge, store, blobs, queue, new_ulid: clock::new_ulid })).await
}
