//! The store against the `DynamoDB` of the local stack, through the real SDK: `infra/local/hark.py run -- cargo test -p store`.
//!
//! Any emulator at `AWS_ENDPOINT_URL` will do; every test makes tables of its own.
#![expect(
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a test makes tenants as it likes, and its numbers are small"
)]

#[cfg(test)]
mod audits;
#[cfg(test)]
mod blocks;
#[cfg(test)]
mod conversations;
#[cfg(test)]
mod deliveries;
#[cfg(test)]
mod endpoints;
#[cfg(test)]
mod gate;
#[cfg(test)]
mod insights;
#[cfg(test)]
mod interviews;
#[cfg(test)]
mod tasks;
#[cfg(test)]
mod tenants;
#[cfg(test)]
mod visits;
#[cfg(test)]
mod world;
