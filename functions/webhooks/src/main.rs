//! Wiring of the `webhooks` function.

use std::sync::Arc;

use api::Edge;
use domain::webhooks::Network;
use queue::Queue;
use runtime::{aws, clock, env, log};
use webhooks::{Deps, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    log::start();
    let sdk = aws::config()?;
    let auth_table = env::required(env::AUTH_TABLE)?;
    let store = store::Store::new(&sdk, env::required(env::MAIN_TABLE)?, Some(auth_table));
    let network = if env::required_flag(env::ALLOW_PRIVATE_WEBHOOKS)? { Network::Any } else { Network::Public };
    let deps = Deps {
        edge: Edge { gate: Arc::new(store.clone()), clock: clock::now },
        store,
        outbound: outbound::Outbound::new(network),
        webhooks_queue: Queue::new(&sdk, env::required(env::WEBHOOKS_QUEUE_URL)?),
        retries_queue: Queue::new(&sdk, env::required(env::WEBHOOK_RETRIES_QUEUE_URL)?),
        new_ulid: clock::new_ulid,
        random_secret: clock::random,
    };
    runtime::http::serve(router(deps)).await
}
