//! `DELETE /api/webhooks/endpoints/{id}`

use std::collections::HashMap;

use api::auth::WriteWebhooks;
use api::problem::ProblemBody;
use api::{Can, Path, Problem, Query};
use axum::extract::State;
use domain::webhooks::Owner;
use http::StatusCode;

use crate::{Deps, endpoint_of};

/// Delete a webhook endpoint
///
/// Nothing more is sent to it; messages that wait fail. Its deliveries can be looked up for 30 days.
#[utoipa::path(
    delete,
    path = "/api/webhooks/endpoints/{id}",
    tag = "Webhooks",
    params(("id" = String, Path, description = "The endpoint's id")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "No such endpoint of this tenant", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["webhooks-write"]))
)]
pub(crate) async fn delete_endpoint(
    State(deps): State<Deps>,
    can: Can<WriteWebhooks>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
) -> Result<StatusCode, Problem> {
    query.finish()?;
    let endpoint = endpoint_of(&deps, can.tenant(), &path).await?;
    deps.store.delete_endpoint(can.tenant(), &Owner::Tenant, endpoint.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
