//! Time rules that every surface shares: what a time may be at intake and how it is written.

use jiff::Timestamp;

use crate::fault::Fault;

/// Earliest time accepted at intake: 2000-01-01T00:00:00Z. Anything before is a unit error (seconds read as milliseconds, epoch zero).
pub const EARLIEST: i64 = 946_684_800;
/// How far ahead of our clock a caller's past event may be, in seconds: one day, which allows for clocks and zones set wrong.
pub const MAX_AHEAD_SECONDS: i64 = 86_400;

/// Parses an RFC 3339 time of something that has happened: offset required, not before 2000, not more than a day ahead of `now`.
pub fn parse_event_time(text: &str, pointer: &str, now: Timestamp) -> Result<Timestamp, Fault> {
    let time = parse_time(text, pointer)?;
    if time.as_second() < EARLIEST {
        return Err(Fault::new(
            pointer,
            "is before 2000-01-01: check the unit (milliseconds or seconds are not accepted)",
        ));
    }
    if time.as_second() > now.as_second() + MAX_AHEAD_SECONDS {
        return Err(Fault::new(pointer, "is more than one day in the future"));
    }
    Ok(time)
}

/// Parses any RFC 3339 time with an offset.
pub fn parse_time(text: &str, pointer: &str) -> Result<Timestamp, Fault> {
    text.parse::<Timestamp>()
        .map_err(|_| Fault::new(pointer, "must be an RFC 3339 time with an offset, like 2026-06-03T10:00:00Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_times_are_bounded() {
        let now: Timestamp = "2026-11-25T09:00:00Z".parse().unwrap();
        assert!(parse_event_time("2026-11-25T18:00:00+09:00", "/t", now).is_ok());
        for bad in
            ["1970-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "2026-11-25", "2026-11-25T10:00:00", "1767225600000", ""]
        {
            assert_eq!(parse_event_time(bad, "/t", now).unwrap_err().pointer, "/t", "{bad}");
        }
    }
}
