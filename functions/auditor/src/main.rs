//! Wiring of the `auditor` function.

use auditor::{CHUNK, Deps, audit_work};
use domain::audits::MAX_CONVERSATIONS;
use runtime::{aws, clock, env, log, sqs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    log::start();
    let sdk = aws::config()?;
    let deps = Deps {
        store: store::Store::new(&sdk, env::required(env::MAIN_TABLE)?, None),
        blobs: blobs::Blobs::new(&sdk, env::required(env::BUCKET)?),
        queue: queue::Queue::new(&sdk, env::required(env::AUDIT_QUEUE_URL)?),
        webhooks_queue: queue::Queue::new(&sdk, env::required(env::WEBHOOKS_QUEUE_URL)?),
        max_receive_count: env::required_count(env::MAX_RECEIVE_COUNT)?,
        chunk: CHUNK,
        most: MAX_CONVERSATIONS,
        clock: clock::now,
    };
    sqs::serve(|message| audit_work(&deps, message)).await
}
