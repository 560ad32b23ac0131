//! `POST /api/webhooks/notifications/rotate-secret`

use api::auth::WriteWebhooks;
use api::problem::ProblemBody;
use api::{Body, Can, Problem, Query, idempotency};
use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;

use crate::endpoint_body::SecretBody;
use crate::rotate_secret::{RotateSecretRequest, overlap, rotated, shown_once};
use crate::{Deps, new_secret};

/// Make or rotate the secret of interviews' notifications
///
/// Once there is one, what the `notifications` of every interview are told is signed by it as well; without one it is not signed, as
/// InsightAgent documents. The secret is shown once.
#[utoipa::path(
    post,
    path = "/api/webhooks/notifications/rotate-secret",
    tag = "Webhooks",
    params(("Idempotency-Key" = Option<String>, Header, description = "Replays the first answer for 24 hours")),
    request_body = RotateSecretRequest,
    responses(
        (status = 200, description = "The new secret", body = SecretBody),
        (status = 409, description = "Somebody else changed it", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["webhooks-write"]))
)]
pub(crate) async fn rotate_notification_secret(
    State(deps): State<Deps>,
    can: Can<WriteWebhooks>,
    query: Query,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    let rotate = Box::pin(async {
        let (overlap_ends, warnings) = overlap(&body, can.now())?;
        let (before, revision) = match deps.store.notification_secrets(can.tenant()).await? {
            Some((secrets, revision)) => (Some(secrets), revision),
            None => (None, 0),
        };
        let secret = new_secret(&deps)?;
        let secrets = rotated(before, secret.clone(), overlap_ends);
        deps.store.put_notification_secrets(can.tenant(), &secrets, revision).await?;
        shown_once(&secret, &secrets, warnings)
    });
    let scope = "POST webhooks/notifications/rotate-secret";
    idempotency::once(&deps.edge, &can.access, &headers, scope, &body.0, rotate).await
}
