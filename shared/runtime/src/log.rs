//! JSON lines on standard output, for CloudWatch Logs. Never logs a body, a name, an address or a token: those types print as `…`.

use std::error::Error;

use tracing::Level;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::env;

/// Starts logging at the level that Lambda's logging configuration asks for (INFO if none); libraries only warn.
pub fn start() {
    let level = env::optional(env::AWS_LAMBDA_LOG_LEVEL).and_then(|level| level.parse().ok()).unwrap_or(Level::INFO);
    // `Targets` instead of `EnvFilter`: no regular expressions in the binary.
    let filter = Targets::new()
        .with_default(level)
        .with_target("aws", Level::WARN.min(level))
        .with_target("hyper", Level::WARN.min(level))
        .with_target("lambda_runtime", Level::WARN.min(level));
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_span_list(false).with_target(false);
    // A second start (tests) keeps the first subscriber.
    drop(tracing_subscriber::registry().with(lines.with_filter(filter)).try_init());
    // A panic's message may quote the text it stumbled over (`byte index 3 is not a char boundary in "…"`): log the place only.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(panic.location = place, "panicked");
    }));
}

/// An error and everything underneath it, outermost first: `cannot reach main: dispatch failure: connection refused`.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
