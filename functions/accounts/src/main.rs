//! Wiring of the `accounts` function.

use std::sync::Arc;

use accounts::{Deps, administer, router};
use api::Edge;
use runtime::{aws, clock, env, log};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    log::start();
    let sdk = aws::config()?;
    let auth_table = env::required(env::AUTH_TABLE)?;
    let store = store::Store::new(&sdk, env::required(env::MAIN_TABLE)?, Some(auth_table));
    let edge = Edge { gate: Arc::new(store.clone()), clock: clock::now };
    let deps = Deps { edge, store, new_ulid: clock::new_ulid, random: clock::random, random_secret: clock::random };
    let administration = deps.clone();
    runtime::http::serve_or(router(deps), |command| administer(&administration, command)).await
}
