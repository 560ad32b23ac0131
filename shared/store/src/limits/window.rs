//! The strict limit: never more than so many requests in any 60 seconds. Pure arithmetic over the times of the last acceptances.
//!
//! Times are whole milliseconds. "Any 60 seconds" is any half-open stretch `[t, t + 60 s)`, wherever it begins.

use domain::access::RateDecision;

/// Length of the window.
pub(crate) const WINDOW_MS: i64 = 60_000;

/// What is stored: when the last requests were accepted, oldest first, at most `limit` of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ring {
    /// Changes so far, for compare-and-set.
    pub(crate) changes: u64,
    /// Requests allowed in a window.
    pub(crate) limit: u32,
    /// Times of the last acceptances.
    pub(crate) times: Vec<i64>,
}

impl Ring {
    pub(crate) fn new(limit: u32) -> Self {
        Self { changes: 0, limit, times: Vec::new() }
    }

    /// Decides about a request at `now`, and what to store if it is allowed. Another server's clock may be ahead of ours: then its
    /// time is taken, so that times never run backwards.
    pub(crate) fn decide(&self, now: i64) -> (RateDecision, Option<Self>) {
        let now = self.times.last().map_or(now, |newest| now.max(*newest));
        let limit = self.limit as usize;
        let in_window: Vec<i64> = self.times.iter().copied().filter(|time| now - time < WINDOW_MS).collect();
        if in_window.len() >= limit {
            // A place becomes free when all but `limit - 1` of them have left the window.
            let frees = in_window.get(in_window.len() - limit).map_or(WINDOW_MS, |time| time + WINDOW_MS - now);
            return (self.decision(false, now, &in_window, frees), None);
        }
        let mut times = in_window;
        times.push(now);
        let decision = self.decision(true, now, &times, 0);
        (decision, Some(Self { changes: self.changes + 1, limit: self.limit, times }))
    }

    fn decision(&self, allowed: bool, now: i64, in_window: &[i64], wait: i64) -> RateDecision {
        let used = u32::try_from(in_window.len()).unwrap_or(u32::MAX);
        let reset = in_window.last().map_or(0, |newest| newest + WINDOW_MS - now);
        RateDecision {
            allowed,
            limit: self.limit,
            window_seconds: 60,
            remaining: self.limit.saturating_sub(used),
            retry_after_ms: wait.max(0).unsigned_abs(),
            reset_ms: reset.max(0).unsigned_abs(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The most acceptances in any window that begins at one of them.
    fn most_in_a_window(accepted: &[i64]) -> usize {
        let in_window = |from: i64| accepted.iter().filter(|time| (from..from + WINDOW_MS).contains(*time)).count();
        accepted.iter().map(|from| in_window(*from)).max().unwrap_or(0)
    }

    #[test]
    fn twenty_pass_and_the_next_waits_until_the_first_has_left() {
        let mut ring = Ring::new(20);
        for i in 0..20 {
            let (decision, next) = ring.decide(i * 100);
            assert!(decision.allowed);
            assert_eq!(i64::from(decision.remaining), 19 - i);
            ring = next.unwrap();
        }
        let (refused, none) = ring.decide(2_000);
        assert_eq!((refused.allowed, refused.retry_after_ms, none), (false, 58_000, None));
        assert_eq!(refused.reset_ms, 1_900 + 60_000 - 2_000);
        assert!(!ring.decide(59_999).0.allowed);
        assert!(ring.decide(60_000).0.allowed);
        // One place is free at 60.0 s, the next at 60.1 s.
        let after = ring.decide(60_000).1.unwrap();
        assert_eq!(after.decide(60_000).0.retry_after_ms, 100);
    }

    #[test]
    fn a_lower_limit_holds_at_once() {
        let mut ring = Ring::new(20);
        for i in 0..10 {
            ring = ring.decide(i).1.unwrap();
        }
        ring.limit = 5;
        let (decision, _) = ring.decide(100);
        // The 6th of the ten (at 5 ms) must leave before a place is free.
        assert_eq!((decision.allowed, decision.retry_after_ms), (false, 60_000 + 5 - 100));
        assert!(!ring.decide(60_004).0.allowed);
        assert!(ring.decide(60_005).0.allowed);
    }

    proptest! {
        #[test]
        fn no_window_ever_holds_more_than_the_limit(
            steps in proptest::collection::vec(prop_oneof![5 => 0_i64..500, 2 => 0_i64..20_000, 1 => 50_000_i64..70_000], 1..300),
            limit in 1_u32..30,
            skew in proptest::collection::vec(-3_000_i64..3_000, 1..8),
        ) {
            let (mut ring, mut clock, mut accepted) = (Ring::new(limit), 1_000_000_i64, Vec::new());
            for (i, step) in steps.iter().enumerate() {
                clock += step;
                // Servers whose clocks differ take turns.
                let (decision, next) = ring.decide(clock + skew[i % skew.len()]);
                if let Some(next) = next {
                    prop_assert!(decision.allowed);
                    accepted.push(*next.times.last().unwrap());
                    ring = next;
                } else {
                    prop_assert!(!decision.allowed && decision.retry_after_ms > 0);
                }
            }
            prop_assert!(most_in_a_window(&accepted) <= limit as usize);
            prop_assert!(accepted.windows(2).all(|pair| pair[0] <= pair[1]));
        }

        #[test]
        fn retry_after_is_exact(times in proptest::collection::vec(0_i64..60_000, 20..40), now in 60_000_i64..61_000) {
            let mut ring = Ring::new(20);
            let mut times = times;
            times.sort_unstable();
            for time in times {
                if let (_, Some(next)) = ring.decide(time) {
                    ring = next;
                }
            }
            let (decision, _) = ring.decide(now);
            if !decision.allowed {
                let wait = decision.retry_after_ms.cast_signed();
                prop_assert!(!ring.decide(now + wait - 1).0.allowed);
                prop_assert!(ring.decide(now + wait).0.allowed);
            }
        }
    }
}
