//! Wiring of the `interviews` function.

use std::sync::Arc;

use api::Edge;
use domain::webhooks::Network;
use interviews::{Deps, router};
use runtime::{aws, clock, env, log};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    log::start();
    let sdk = aws::config()?;
    let auth_table = env::required(env::AUTH_TABLE)?;
    let store = store::Store::new(&sdk, env::required(env::MAIN_TABLE)?, Some(auth_table));
    let blobs = blobs::Blobs::new(&sdk, env::required(env::BUCKET)?);
    let queue = queue::Queue::new(&sdk, env::required(env::INTERVIEWS_QUEUE_URL)?);
    let edge = Edge { gate: Arc::new(store.clone()), clock: clock::now };
    let any = env::required_flag(env::ALLOW_PRIVATE_WEBHOOKS)?;
    let outbound = outbound::Outbound::new(if any { Network::Any } else { Network::Public });
    let deps = Deps { edge, store, blobs, queue, outbound, new_ulid: clock::new_ulid, random: clock::random };
    runtime::http::serve(router(deps)).await
}
