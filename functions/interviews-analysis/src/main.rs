//! Wiring of the `interviews-analysis` function.

use interviews_analysis::{Deps, analyze_interview};
use runtime::{aws, clock, env, log, sqs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    log::start();
    let sdk = aws::config()?;
    let deps = Deps {
        store: store::Store::new(&sdk, env::required(env::MAIN_TABLE)?, None),
        blobs: blobs::Blobs::new(&sdk, env::required(env::BUCKET)?),
        webhooks_queue: queue::Queue::new(&sdk, env::required(env::WEBHOOKS_QUEUE_URL)?),
        clock: clock::now,
    };
    sqs::serve(|message| analyze_interview(&deps, message)).await
}
