//! A delivery as callers see it.

use domain::webhooks::Delivery;
use domain::webhooks::Owner;
use domain::webhooks::delivery::{Attempt, AttemptError, DeliveryState, Outcome};
use domain::webhooks::event::EventKind;
use serde::Serialize;
use utoipa::ToSchema;

/// One message to one endpoint.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryBody {
    /// Message and endpoint.
    #[schema(example = "msg_3C9T4V0M6Z8R1Q5X7Y2N4B6D8F.whe_01KAXQ4Z7M3V8R0C5T6Y9B2N1D")]
    id: String,
    /// The `webhook-id`: the same at every attempt and redelivery.
    message_id: String,
    endpoint_id: String,
    /// The interview whose notification it is; `null` for the tenant's own endpoints.
    interview_id: Option<String>,
    event: EventKind,
    occurred_at: String,
    state: DeliveryState,
    /// Attempts in all.
    attempt_count: u32,
    /// When it is tried next; `null` unless it is pending.
    next_attempt_at: Option<String>,
    /// The newest attempt.
    last_attempt: Option<AttemptBody>,
    created_at: String,
}

/// One attempt.
#[derive(Serialize, ToSchema)]
pub(crate) struct AttemptBody {
    at: String,
    /// The receiver's HTTP status; `null` when there was no answer. Only 2xx is success.
    status: Option<u16>,
    /// Why there was no answer.
    error: Option<AttemptError>,
    duration_ms: u32,
}

impl AttemptBody {
    pub(crate) fn of(attempt: &Attempt) -> Self {
        let (status, error) = match attempt.outcome {
            Outcome::Answered(status) => (Some(status), None),
            Outcome::Unanswered(error) => (None, Some(error)),
        };
        Self { at: attempt.at.to_string(), status, error, duration_ms: attempt.duration_ms }
    }
}

impl DeliveryBody {
    pub(crate) fn of(delivery: &Delivery) -> Self {
        let interview_id = match &delivery.owner {
            Owner::Tenant => None,
            Owner::Interview(id) => Some(id.clone()),
        };
        Self {
            id: delivery.id.to_string(),
            message_id: delivery.id.message.to_string(),
            endpoint_id: delivery.id.endpoint.to_string(),
            interview_id,
            event: delivery.kind,
            occurred_at: delivery.occurred_at.to_string(),
            state: delivery.state,
            attempt_count: delivery.made,
            next_attempt_at: delivery.next_at.map(|at| at.to_string()),
            last_attempt: delivery.attempts.last().map(AttemptBody::of),
            created_at: delivery.created_at.to_string(),
        }
    }
}
