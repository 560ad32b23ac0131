//! Every environment variable that a function reads, by name. A test compares this list with `infra/template.yaml`.

/// Name of the `main` table.
pub const MAIN_TABLE: &str = "HARK_MAIN_TABLE";
/// Name of the `auth` table.
pub const AUTH_TABLE: &str = "HARK_AUTH_TABLE";
/// Name of the bucket.
pub const BUCKET: &str = "HARK_BUCKET";
/// URL of the queue between ingest and analysis.
pub const ANALYSIS_QUEUE_URL: &str = "HARK_ANALYSIS_QUEUE_URL";
/// URL of the queue between interviews and their analysis.
pub const INTERVIEWS_QUEUE_URL: &str = "HARK_INTERVIEWS_QUEUE_URL";
/// Deliveries after which a message of the analysis queue goes to the dead-letter queue.
pub const MAX_RECEIVE_COUNT: &str = "HARK_MAX_RECEIVE_COUNT";
/// URL of the queue of events that webhooks tell.
pub const WEBHOOKS_QUEUE_URL: &str = "HARK_WEBHOOKS_QUEUE_URL";
/// URL of the queue of erasures.
pub const ERASURE_QUEUE_URL: &str = "HARK_ERASURE_QUEUE_URL";
/// Seconds after which nothing that was accepted before an erasure can still be at work.
pub const ERASURE_SETTLE_SECONDS: &str = "HARK_ERASURE_SETTLE_SECONDS";
/// URL of the queue of attempts at webhooks that failed before.
pub const WEBHOOK_RETRIES_QUEUE_URL: &str = "HARK_WEBHOOK_RETRIES_QUEUE_URL";
/// `true` when webhooks may go to private addresses and by plain `http`: for local work.
pub const ALLOW_PRIVATE_WEBHOOKS: &str = "HARK_ALLOW_PRIVATE_WEBHOOKS";
/// Base of the API's URLs as callers see them.
pub const PUBLIC_URL: &str = "HARK_PUBLIC_URL";

/// URL of the queue of audits.
pub const AUDIT_QUEUE_URL: &str = "HARK_AUDIT_QUEUE_URL";

/// Ours, all of them.
pub const OURS: &[&str] = &[
    MAIN_TABLE,
    AUTH_TABLE,
    BUCKET,
    ANALYSIS_QUEUE_URL,
    MAX_RECEIVE_COUNT,
    WEBHOOKS_QUEUE_URL,
    ERASURE_QUEUE_URL,
    ERASURE_SETTLE_SECONDS,
    WEBHOOK_RETRIES_QUEUE_URL,
    ALLOW_PRIVATE_WEBHOOKS,
    PUBLIC_URL,
    AUDIT_QUEUE_URL,
    INTERVIEWS_QUEUE_URL,
];

// Set by Lambda or by the local stack; see <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>.

/// Region of the function.
pub const AWS_REGION: &str = "AWS_REGION";
/// Access key of the function's role.
pub const AWS_ACCESS_KEY_ID: &str = "AWS_ACCESS_KEY_ID";
/// Secret of that key.
pub const AWS_SECRET_ACCESS_KEY: &str = "AWS_SECRET_ACCESS_KEY";
/// Session token of the function's role.
pub const AWS_SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";
/// When those credentials end, RFC 3339; set by tools that hand out temporary credentials, not by Lambda.
pub const AWS_CREDENTIAL_EXPIRATION: &str = "AWS_CREDENTIAL_EXPIRATION";
/// Where the emulated AWS listens; unset on AWS.
pub const AWS_ENDPOINT_URL: &str = "AWS_ENDPOINT_URL";
/// Least severe level to log: TRACE, DEBUG, INFO, WARN or ERROR.
pub const AWS_LAMBDA_LOG_LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";
/// Set by the template so that `lambda_http` leaves the stage out of paths.
pub const AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH: &str = "AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH";

/// A variable that is missing or cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EnvError {
    /// Not set, or empty.
    #[error("environment variable {0} is not set")]
    Missing(&'static str),
    /// Set to something else than asked for.
    #[error("environment variable {0} is not {1}")]
    Malformed(&'static str, &'static str),
}

/// The value of a variable, `None` when it is unset or empty.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn optional(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The value of a variable that must be set.
pub fn required(name: &'static str) -> Result<String, EnvError> {
    optional(name).ok_or(EnvError::Missing(name))
}

/// The value of a variable that must be `true` or `false`.
pub fn required_flag(name: &'static str) -> Result<bool, EnvError> {
    required(name)?.parse().map_err(|_| EnvError::Malformed(name, "true or false"))
}

/// The value of a variable that must be a whole number from 1.
pub fn required_count(name: &'static str) -> Result<u32, EnvError> {
    let count = required(name)?.parse::<u32>().ok().filter(|count| *count > 0);
    count.ok_or(EnvError::Malformed(name, "a whole number from 1"))
}
