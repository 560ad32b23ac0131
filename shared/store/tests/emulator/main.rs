//! The store against the `DynamoDB` of the local stack, through the real SDK: `infra/local/hark.py run -- cargo test -p store`.
//!
//! Any emulator at `AWS_ENDPOINT_URL` will do; every test makes tables of its own.

mod blocks;
mod conversations;
mod gate;
mod tasks;
mod tenants;
mod world;
