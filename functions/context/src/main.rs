//! Wiring of the `context` function.

use std::sync::Arc;

use api::Edge;
use context::{Deps, router};
use runtime::{aws, clock, env, log};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), runtime::Error> {
    log::start();
    let sdk = aws::config()?;
    let auth_table = env::required(env::AUTH_TABLE)?;
    let store = store::Store::new(&sdk, env::required(env::MAIN_TABLE)?, Some(auth_table));
    let edge = Edge { gate: Arc::new(store.clone()), clock: clock::now };
    runtime::http::serve(router(Deps { edge, store })).await
}
