//! The process edge: the only crate that names `lambda_http`, `lambda_runtime`, the environment, the clock and randomness.
#![warn(missing_docs)]

pub mod aws;
pub mod clock;
pub mod env;
pub mod http;
pub mod log;
pub mod sqs;

/// What ends a function's `main`.
pub type Error = lambda_runtime::Error;
