//! `GET /api/auth/me`

use api::auth::AnyKey;
use api::{Can, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;

/// Who the caller is.
#[derive(Serialize, ToSchema)]
pub(crate) struct MeBody {
    /// The key.
    user: UserBody,
    /// The tenant.
    account: AccountBody,
}

/// The key that was sent.
#[derive(Serialize, ToSchema)]
pub(crate) struct UserBody {
    id: String,
    name: String,
    /// What it allows; `*` = everything.
    abilities: Vec<String>,
}

/// The tenant of the key.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccountBody {
    #[schema(example = "demo")]
    id: String,
    name: String,
    created_at: String,
}

/// Read the caller's profile and account
#[utoipa::path(
    get,
    path = "/api/auth/me",
    tag = "Accounts",
    responses((status = 200, description = "The key and its tenant", body = MeBody)),
    security(("bearer" = []))
)]
pub(crate) async fn get_me(State(deps): State<Deps>, can: Can<AnyKey>, query: Query) -> Result<Response, Problem> {
    query.finish()?;
    let record = deps.store.tenant(can.tenant()).await?.ok_or_else(Problem::not_found)?;
    let principal = &can.access.principal;
    let body = MeBody {
        user: UserBody {
            id: principal.key.to_string(),
            name: principal.key_name.clone(),
            abilities: principal.abilities.names(),
        },
        account: AccountBody {
            id: can.tenant().as_str().to_owned(),
            name: record.name,
            created_at: record.created_at.to_string(),
        },
    };
    reply::json(StatusCode::OK, &body)
}
