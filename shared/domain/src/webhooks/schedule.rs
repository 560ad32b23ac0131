//! When a delivery is tried again.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::webhooks::event::DeliveryId;

/// Waits before the second to the tenth attempt, each from the attempt before: those of the Standard Webhooks specification, 75 h 35 min
/// and 5 s in all.
pub const WAITS: [SignedDuration; 9] = [
    SignedDuration::from_secs(5),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(5),
    SignedDuration::from_hours(10),
    SignedDuration::from_hours(14),
    SignedDuration::from_hours(20),
    SignedDuration::from_hours(24),
];

/// A wait is longer or shorter by up to this many parts of a thousand, so that what failed together is not tried together again.
const JITTER_PER_MILLE: i64 = 200;

/// Longest wait that a receiver's `Retry-After` may ask for.
pub const MAX_RETRY_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// From when on an endpoint is stopped: it has failed at every attempt for this long.
pub const FAILING_TOO_LONG: SignedDuration = SignedDuration::from_hours(5 * 24);

/// How long an attempt may take, from the lookup of the name to the answer's status.
pub const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(15);

/// When to try again after `made` attempts of a run have failed, the last at `now`; `None` when it was the last. The jitter is the same
/// for the same delivery and attempt, so that a repeated decision is the same. A receiver's `Retry-After` may lengthen the wait.
pub fn next_attempt(
    id: &DeliveryId,
    made: usize,
    now: Timestamp,
    retry_after: Option<SignedDuration>,
) -> Option<Timestamp> {
    let wait = WAITS.get(made.checked_sub(1)?)?;
    let jittered = wait.as_millis() + wait.as_millis() * i128::from(jitter(id, made)) / 1_000;
    let jittered = SignedDuration::from_millis(i64::try_from(jittered).unwrap_or(i64::MAX));
    let asked = retry_after.unwrap_or_default().min(MAX_RETRY_AFTER);
    now.checked_add(jittered.max(asked)).ok()
}

/// From -[`JITTER_PER_MILLE`] to +[`JITTER_PER_MILLE`].
fn jitter(id: &DeliveryId, made: usize) -> i64 {
    let digest: [u8; 32] = Sha256::digest(format!("{id} {made}")).into();
    let drawn = u64::from_be_bytes(digest.first_chunk::<8>().copied().unwrap_or_default());
    let span = JITTER_PER_MILLE.unsigned_abs() * 2 + 1;
    i64::try_from(drawn % span).unwrap_or_default() - JITTER_PER_MILLE
}

/// Reads `Retry-After` (RFC 9110 §10.2.3): seconds, or a date; `None` when it is neither or in the past.
pub fn retry_after(header: &str, now: Timestamp) -> Option<SignedDuration> {
    let header = header.trim();
    if header.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number holds ask for longer than we wait anyway.
        return (!header.is_empty()).then(|| header.parse().map_or(MAX_RETRY_AFTER, SignedDuration::from_secs));
    }
    let until = jiff::fmt::rfc2822::parse(header).ok()?.timestamp();
    Some(until.duration_since(now)).filter(SignedDuration::is_positive)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::event::EventKind;
    use crate::webhooks::{EndpointId, MessageId, Owner};
    use proptest::prelude::*;
    use ulid::Ulid;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn id(number: u64) -> DeliveryId {
        let message = MessageId::of(EventKind::TaskCreated, "tsk", at("2026-11-25T10:00:00Z"), &Owner::Tenant);
        DeliveryId { message, endpoint: EndpointId::new(Ulid::from_parts(number, 0)) }
    }

    #[test]
    fn the_waits_are_those_of_the_specification() {
        let total: SignedDuration = WAITS.iter().sum();
        assert_eq!(
            total,
            SignedDuration::from_hours(75) + SignedDuration::from_mins(35) + SignedDuration::from_secs(5)
        );
    }

    #[test]
    fn a_receiver_may_ask_for_a_longer_wait_and_not_for_a_shorter_one() {
        let now = at("2026-11-25T10:00:00Z");
        let next = |made, asked| next_attempt(&id(1), made, now, asked).map(|next| next.duration_since(now));
        let usual = next(2, None).unwrap();
        assert_eq!(next(2, Some(SignedDuration::from_secs(1))), Some(usual));
        assert_eq!(next(2, Some(SignedDuration::from_hours(1))), Some(SignedDuration::from_hours(1)));
        assert_eq!(next(2, Some(SignedDuration::from_hours(999))), Some(MAX_RETRY_AFTER));
        assert_eq!((next(0, None), next(10, None), next(10, Some(MAX_RETRY_AFTER))), (None, None, None));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = at("2015-10-21T07:28:00Z");
        for (header, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Wed, 21 Oct 2015 07:30:00 GMT", Some(120)),
            ("Wed, 21 Oct 2015 07:28:00 GMT", None),
            ("Wed, 21 Oct 2015 07:00:00 GMT", None),
            ("99999999999999999999", Some(86_400)),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(retry_after(header, now), seconds.map(SignedDuration::from_secs), "{header:?}");
        }
    }

    proptest! {
        #[test]
        fn the_jitter_is_bounded_spread_and_the_same_each_time(number: u64, made in 1_usize..10) {
            let now = at("2026-11-25T10:00:00Z");
            let wait = next_attempt(&id(number), made, now, None).unwrap().duration_since(now).as_millis();
            let base = WAITS[made - 1].as_millis();
            prop_assert!(wait * 10 >= base * 8 && wait * 10 <= base * 12, "{} of {}", wait, base);
            prop_assert_eq!(next_attempt(&id(number), made, now, None), next_attempt(&id(number), made, now, None));
        }

        #[test]
        fn nothing_makes_reading_panic(header in "\\PC*") {
            let now = at("2026-11-25T10:00:00Z");
            prop_assert!(retry_after(&header, now).is_none_or(|wait| !wait.is_negative()));
        }
    }

    #[test]
    fn jitter_spreads_what_failed_together() {
        let now = at("2026-11-25T10:00:00Z");
        let times: std::collections::BTreeSet<_> = (0..100).map(|n| next_attempt(&id(n), 4, now, None)).collect();
        assert!(times.len() > 50, "{} different times of 100", times.len());
    }
}
