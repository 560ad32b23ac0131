//! Wiring of the `analysis` function.

use std::sync::LazyLock;

use analysis::{Deps, KnownMatters, consume};
use runtime::{aws, clock, env, log, sqs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    log::start();
    let sdk = aws::config()?;
    let deps = Deps {
        store: store::Store::new(&sdk, env::required(env::MAIN_TABLE)?, None),
        blobs: blobs::Blobs::new(&sdk, env::required(env::BUCKET)?),
        webhooks_queue: queue::Queue::new(&sdk, env::required(env::WEBHOOKS_QUEUE_URL)?),
        queue: queue::Queue::new(&sdk, env::required(env::ANALYSIS_QUEUE_URL)?),
        engine: LazyLock::new(engine::Engine::new),
        matters: KnownMatters::default(),
        max_receive_count: env::required_count(env::MAX_RECEIVE_COUNT)?,
        clock: clock::now,
    };
    sqs::serve(|message| consume(&deps, message)).await
}
