//! Time and randomness, taken once per request in a function and handed down as arguments.

use jiff::Timestamp;
use ulid::Ulid;

/// The time now, to the millisecond: the precision of ids, and what people read.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// The operating system has no randomness to give.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the operating system gave no randomness")]
pub struct NoRandomness(#[source] getrandom::Error);

/// Random bytes from the operating system.
pub fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(NoRandomness)?;
    Ok(bytes)
}

/// A new sortable id of this time.
pub fn new_ulid(now: Timestamp) -> Result<Ulid, NoRandomness> {
    let milliseconds = u64::try_from(now.as_millisecond()).unwrap_or(0);
    Ok(Ulid::from_parts(milliseconds, u128::from_be_bytes(random()?)))
}
