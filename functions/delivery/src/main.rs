//! Wiring of the `delivery` function.

use delivery::{Deps, handle};
use domain::webhooks::{Network, schedule};
use queue::Queue;
use runtime::{aws, clock, env, log, sqs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    log::start();
    let sdk = aws::config()?;
    let network = if env::required_flag(env::ALLOW_PRIVATE_WEBHOOKS)? { Network::Any } else { Network::Public };
    let deps = Deps {
        store: store::Store::new(&sdk, env::required(env::MAIN_TABLE)?, None),
        outbound: outbound::Outbound::new(network),
        webhooks_queue: Queue::new(&sdk, env::required(env::WEBHOOKS_QUEUE_URL)?),
        retries_queue: Queue::new(&sdk, env::required(env::WEBHOOK_RETRIES_QUEUE_URL)?),
        public_url: env::required(env::PUBLIC_URL)?,
        timeout: schedule::TIMEOUT,
        clock: clock::now,
    };
    sqs::serve(|message| handle(&deps, message)).await
}
