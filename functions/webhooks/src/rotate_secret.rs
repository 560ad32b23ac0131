//! `POST /api/webhooks/endpoints/{id}/rotate-secret`

use std::collections::HashMap;

use api::auth::WriteWebhooks;
use api::idempotency::KeepInstead;
use api::problem::ProblemBody;
use api::{Body, Can, Path, Problem, Query, idempotency, reply};
use axum::extract::State;
use axum::response::Response;
use domain::fault::Fault;
use domain::reader::At;
use domain::webhooks::Endpoint;
use domain::webhooks::endpoint::{Secret, Secrets};
use http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};
use utoipa::ToSchema;

use crate::endpoint_body::SecretBody;
use crate::{Deps, endpoint_of, new_secret};

/// Hours that the secret before signs too, unless the caller says otherwise.
const OVERLAP_HOURS: i64 = 24;
/// Most hours a caller may ask for: a week.
const MAX_OVERLAP_HOURS: i64 = 168;

/// How a secret is to be replaced.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct RotateSecretRequest {
    /// Hours during which the old secret signs too, so that receivers can move over.
    #[schema(minimum = 0, maximum = 168, default = 24)]
    overlap_hours: Option<i64>,
}

/// Rotate a webhook endpoint's secret
///
/// The new secret is shown once. Until the overlap ends, messages carry a signature by each of the two.
#[utoipa::path(
    post,
    path = "/api/webhooks/endpoints/{id}/rotate-secret",
    tag = "Webhooks",
    params(
        ("id" = String, Path, description = "The endpoint's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Replays the first answer for 24 hours"),
    ),
    request_body = RotateSecretRequest,
    responses(
        (status = 200, description = "The new secret", body = SecretBody),
        (status = 404, description = "No such endpoint of this tenant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "Somebody else changed it", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["webhooks-write"]))
)]
pub(crate) async fn rotate_secret(
    State(deps): State<Deps>,
    can: Can<WriteWebhooks>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    let endpoint = endpoint_of(&deps, can.tenant(), &path).await?;
    let scope = format!("POST webhooks/endpoints/{}/rotate-secret", endpoint.id);
    let rotate = Box::pin(async {
        let (overlap_ends, warnings) = overlap(&body, can.now())?;
        let secret = new_secret(&deps)?;
        let secrets = rotated(endpoint.secrets.clone(), secret.clone(), overlap_ends);
        let next = Endpoint { secrets: Some(secrets.clone()), ..endpoint.clone() };
        deps.store.update_endpoint(can.tenant(), &next).await?;
        shown_once(&secret, &secrets, warnings)
    });
    idempotency::once(&deps.edge, &can.access, &headers, &scope, &body.0, rotate).await
}

/// Reads when the overlap ends.
pub(crate) fn overlap(body: &Body, now: Timestamp) -> Result<(Timestamp, Vec<Fault>), Problem> {
    body.read(true, now, |value, reader| {
        let mut map = reader.object(value, &At::ROOT)?;
        let hours = reader.optional(&mut map, &At::ROOT, "overlap_hours", |value, at, reader| {
            let hours = value.as_i64().filter(|hours| (0..=MAX_OVERLAP_HOURS).contains(hours));
            reader.some(hours, at, &format!("must be a whole number from 0 to {MAX_OVERLAP_HOURS}"))
        });
        reader.leftovers(&At::ROOT, &map, &["overlap_hours"]);
        now.checked_add(SignedDuration::from_hours(hours.unwrap_or(OVERLAP_HOURS))).ok()
    })
}

/// The secrets after a rotation; the first secret has none before it.
pub(crate) fn rotated(before: Option<Secrets>, secret: Secret, overlap_ends: Timestamp) -> Secrets {
    match before {
        Some(secrets) => secrets.rotated(secret, overlap_ends),
        None => Secrets { current: secret, previous: None },
    }
}

/// The answer with the secret, and the one that is kept for replays, without it.
pub(crate) fn shown_once(secret: &Secret, secrets: &Secrets, warnings: Vec<Fault>) -> Result<Response, Problem> {
    let previous_valid_until = secrets.previous.as_ref().map(|(_, until)| until.to_string());
    let mut answer = SecretBody { secret: None, previous_valid_until, warnings };
    let without_secret = serde_json::to_vec(&answer).unwrap_or_default();
    answer.secret = Some(secret.reveal());
    let mut response = reply::json(StatusCode::OK, &answer)?;
    response.extensions_mut().insert(KeepInstead(without_secret));
    Ok(response)
}
