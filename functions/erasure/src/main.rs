//! Wiring of the `erasure` function.

use std::sync::Arc;

use api::Edge;
use erasure::{Deps, erase_contact, router};
use runtime::{aws, clock, env, log, sqs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    log::start();
    let sdk = aws::config()?;
    let auth_table = env::required(env::AUTH_TABLE)?;
    let store = store::Store::new(&sdk, env::required(env::MAIN_TABLE)?, Some(auth_table));
    let deps = Deps {
        edge: Edge { gate: Arc::new(store.clone()), clock: clock::now },
        store,
        blobs: blobs::Blobs::new(&sdk, env::required(env::BUCKET)?),
        queue: queue::Queue::new(&sdk, env::required(env::ERASURE_QUEUE_URL)?),
        webhooks_queue: queue::Queue::new(&sdk, env::required(env::WEBHOOKS_QUEUE_URL)?),
        audit_queue: queue::Queue::new(&sdk, env::required(env::AUDIT_QUEUE_URL)?),
        settle_seconds: env::required_count(env::ERASURE_SETTLE_SECONDS)?,
        new_ulid: clock::new_ulid,
    };
    sqs::serve_with_http(router(deps.clone()), |message| erase_contact(&deps, message)).await
}
