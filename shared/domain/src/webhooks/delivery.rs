//! A delivery: one message to one endpoint, with everything that was tried.

use jiff::{SignedDuration, Timestamp};

use crate::conversation::words;
use crate::webhooks::Owner;
use crate::webhooks::endpoint::{Disabled, DisabledReason, Endpoint};
use crate::webhooks::event::{DeliveryId, EventKind};
use crate::webhooks::schedule::{FAILING_TOO_LONG, next_attempt};

/// How long a delivery and its attempts can be looked up.
pub const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Most attempts that are remembered, the newest; redelivering again and again drops the oldest.
pub const MAX_ATTEMPTS_KEPT: usize = 50;

words! {
    /// Where a delivery stands.
    DeliveryState {
        /// It will be tried (again).
        Pending => "pending",
        /// The receiver answered 2xx.
        Delivered => "delivered",
        /// Nothing more is tried until somebody asks for it.
        Failed => "failed",
    }
}

words! {
    /// Why an attempt got no answer.
    AttemptError {
        /// The address is, or by now leads to, one that must not be called.
        AddressRefused => "address_refused",
        /// The name could not be looked up.
        LookupFailed => "lookup_failed",
        /// No connection.
        ConnectionFailed => "connection_failed",
        /// The certificate is not trusted, or TLS failed otherwise.
        TlsFailed => "tls_failed",
        /// The connection broke, or what came back is not HTTP.
        BrokenOff => "broken_off",
        /// No answer within 15 seconds.
        TimedOut => "timed_out",
        /// The endpoint was stopped or removed before the message could be sent.
        EndpointUnavailable => "endpoint_unavailable",
    }
}

/// What one attempt came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver answered with this HTTP status. Only 2xx is success; a redirect is not followed and fails.
    Answered(u16),
    /// There was no answer.
    Unanswered(AttemptError),
}

impl Outcome {
    /// Whether the receiver has taken the message.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Answered(200..=299))
    }

    /// Whether the receiver says that it is gone for good.
    pub fn is_gone(self) -> bool {
        self == Self::Answered(410)
    }

    /// Whether trying again is pointless: the receiver is gone, or there is nobody to send to.
    fn is_final(self) -> bool {
        self.is_gone() || self == Self::Unanswered(AttemptError::EndpointUnavailable)
    }
}

/// One attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    /// What it came to.
    pub outcome: Outcome,
    /// How long it took, in milliseconds.
    pub duration_ms: u32,
}

/// One message to one endpoint.
#[derive(Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Message and endpoint.
    pub id: DeliveryId,
    /// Whose endpoint it is.
    pub owner: Owner,
    /// What is told.
    pub kind: EventKind,
    /// When that happened.
    pub occurred_at: Timestamp,
    /// The body, the same bytes at every attempt.
    pub body: Vec<u8>,
    /// When the delivery was made.
    pub created_at: Timestamp,
    /// Where it stands.
    pub state: DeliveryState,
    /// When it is tried next; only while pending.
    pub next_at: Option<Timestamp>,
    /// What was tried, oldest first, the newest [`MAX_ATTEMPTS_KEPT`].
    pub attempts: Vec<Attempt>,
    /// Attempts in all.
    pub made: u32,
    /// Attempts before the present run of the schedule began: more than 0 after it was redelivered.
    pub run_began: u32,
    /// Counts changes.
    pub revision: u64,
}

impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delivery").field("id", &self.id).field("state", &self.state).finish_non_exhaustive()
    }
}

impl Delivery {
    /// A delivery that is due at once.
    pub fn new(
        id: DeliveryId,
        owner: Owner,
        kind: EventKind,
        occurred_at: Timestamp,
        body: Vec<u8>,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            owner,
            kind,
            occurred_at,
            body,
            created_at: now,
            state: DeliveryState::Pending,
            next_at: Some(now),
            attempts: Vec::new(),
            made: 0,
            run_began: 0,
            revision: 1,
        }
    }

    /// The delivery after an attempt. `retry_after` is what the receiver asked for.
    #[must_use]
    pub fn after(&self, attempt: Attempt, retry_after: Option<SignedDuration>) -> Self {
        let mut next = self.clone();
        next.attempts.push(attempt);
        next.attempts.drain(..next.attempts.len().saturating_sub(MAX_ATTEMPTS_KEPT));
        next.made = self.made.saturating_add(1);
        let ended =
            attempt.at.saturating_add(SignedDuration::from_millis(attempt.duration_ms.into())).unwrap_or(attempt.at);
        let of_run = usize::try_from(next.made.saturating_sub(next.run_began)).unwrap_or(usize::MAX);
        next.next_at = None;
        next.state = if attempt.outcome.is_success() {
            DeliveryState::Delivered
        } else if attempt.outcome.is_final() {
            DeliveryState::Failed
        } else {
            next.next_at = next_attempt(&self.id, of_run, ended, retry_after);
            if next.next_at.is_some() { DeliveryState::Pending } else { DeliveryState::Failed }
        };
        next
    }

    /// The delivery when somebody asks for it again: due at once, with the whole schedule before it. Same id, same body.
    #[must_use]
    pub fn again(&self, now: Timestamp) -> Self {
        Self { state: DeliveryState::Pending, next_at: Some(now), run_began: self.made, ..self.clone() }
    }
}

/// What an attempt says of its endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Nothing that was not known.
    AsBefore,
    /// It works again.
    Recovered,
    /// It began to fail.
    BeganToFail(Timestamp),
    /// It gets no more messages.
    Stopped(Disabled),
}

impl Health {
    /// What an attempt that ended so at `now` says of the endpoint.
    pub fn after(endpoint: &Endpoint, outcome: Outcome, now: Timestamp) -> Self {
        let stopped = |reason| Self::Stopped(Disabled { reason, at: now });
        match endpoint.failing_since {
            _ if outcome.is_gone() => stopped(DisabledReason::Gone),
            Some(_) if outcome.is_success() => Self::Recovered,
            None if outcome.is_success() => Self::AsBefore,
            None => Self::BeganToFail(now),
            Some(since) if now.duration_since(since) >= FAILING_TOO_LONG => stopped(DisabledReason::Failing),
            Some(_) => Self::AsBefore,
        }
    }
}

#[cfg(test)]
#[path = "delivery_tests.rs"]
mod tests;
