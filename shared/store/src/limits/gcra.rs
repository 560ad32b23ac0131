//! The even limit (generic cell rate algorithm): so many requests a minute, so many of them at once. Pure arithmetic.
//!
//! Stored is one number, the theoretical arrival time: when the next request would be due if all came evenly. Whole microseconds.

use domain::access::RateDecision;

const MINUTE_US: i64 = 60_000_000;

/// What is stored, and the limits that apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bucket {
    /// Times the limits were set, so that a process notices that they changed.
    pub(crate) revision: u64,
    /// Requests a minute.
    pub(crate) limit: u32,
    /// Requests at once.
    pub(crate) burst: u32,
    /// Theoretical arrival time; `None` before the first request.
    pub(crate) arrival: Option<i64>,
}

/// How to take a request: which of two conditions the stored time must meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The stored time lies ahead, but no further than `most`: add `interval` to it.
    Add {
        /// Time between two even requests.
        interval: i64,
        /// Furthest that the stored time may lie ahead.
        most: i64,
    },
    /// The stored time has passed, or there is none: begin anew.
    Restart {
        /// The time to store.
        arrival: i64,
    },
}

impl Bucket {
    fn interval(&self) -> i64 {
        MINUTE_US / i64::from(self.limit.max(1))
    }

    /// How far ahead the stored time may lie for a request to pass.
    fn tolerance(&self) -> i64 {
        self.interval() * (i64::from(self.burst.max(1)) - 1)
    }

    /// What to do about a request at `now`; `Err` = it must be refused.
    pub(crate) fn step(&self, now: i64) -> Result<Step, RateDecision> {
        match self.arrival {
            Some(arrival) if arrival > now + self.tolerance() => Err(self.decision(false, arrival, now)),
            Some(arrival) if arrival >= now => {
                Ok(Step::Add { interval: self.interval(), most: now + self.tolerance() })
            }
            _ => Ok(Step::Restart { arrival: now + self.interval() }),
        }
    }

    /// The decision after a request was taken and `arrival` stored.
    pub(crate) fn taken(&self, arrival: i64, now: i64) -> RateDecision {
        self.decision(true, arrival, now)
    }

    fn decision(&self, allowed: bool, arrival: i64, now: i64) -> RateDecision {
        let ahead = (arrival - now).max(0);
        let free = self.tolerance() - ahead;
        let remaining = if free < 0 { 0 } else { free / self.interval() + 1 };
        RateDecision {
            allowed,
            limit: self.limit,
            window_seconds: 60,
            remaining: u32::try_from(remaining).unwrap_or(u32::MAX),
            retry_after_ms: if allowed { 0 } else { millis(-free) },
            reset_ms: millis(ahead),
        }
    }
}

/// Rounded up, so that who waits so long is let through.
fn millis(micros: i64) -> u64 {
    micros.max(0).unsigned_abs().div_ceil(1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn apply(bucket: &mut Bucket, now: i64) -> RateDecision {
        match bucket.step(now) {
            Err(refused) => refused,
            Ok(step) => {
                let arrival = match step {
                    Step::Add { interval, most } => {
                        let arrival = bucket.arrival.unwrap();
                        assert!((now..=most).contains(&arrival));
                        arrival + interval
                    }
                    Step::Restart { arrival } => arrival,
                };
                bucket.arrival = Some(arrival);
                bucket.taken(arrival, now)
            }
        }
    }

    fn bucket() -> Bucket {
        Bucket { revision: 0, limit: 600, burst: 100, arrival: None }
    }

    #[test]
    fn a_hundred_at_once_then_ten_a_second() {
        let mut bucket = bucket();
        for i in 0..100 {
            let decision = apply(&mut bucket, 0);
            assert!(decision.allowed);
            assert_eq!(decision.remaining, 99 - i);
        }
        let refused = apply(&mut bucket, 0);
        assert_eq!((refused.allowed, refused.retry_after_ms, refused.remaining), (false, 100, 0));
        assert_eq!(refused.reset_ms, 10_000);
        assert!(!apply(&mut bucket, 99_999).allowed);
        assert!(apply(&mut bucket, 100_000).allowed);
    }

    proptest! {
        #[test]
        fn never_more_than_burst_and_rate_and_retry_after_is_exact(
            steps in proptest::collection::vec(0_i64..300_000, 1..500), limit in 1_u32..1000, burst in 1_u32..200,
        ) {
            let mut bucket = Bucket { revision: 0, limit, burst, arrival: None };
            let interval = bucket.interval();
            let (mut now, mut accepted) = (0_i64, Vec::new());
            for step in steps {
                now += step;
                let before = bucket;
                let decision = apply(&mut bucket, now);
                if decision.allowed {
                    accepted.push(now);
                } else {
                    let wait = decision.retry_after_ms.cast_signed() * 1000;
                    prop_assert!(before.step(now + wait).is_ok());
                    prop_assert!(before.step(now + wait - 1000).is_err());
                }
            }
            for (i, from) in accepted.iter().enumerate() {
                for (j, to) in accepted.iter().enumerate().skip(i) {
                    let most = i64::from(burst) + (to - from) / interval + 1;
                    prop_assert!(i64::try_from(j - i + 1).unwrap() <= most);
                }
            }
        }
    }
}
