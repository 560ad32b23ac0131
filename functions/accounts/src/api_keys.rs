//! `/api/api-keys`: list, create, rename, revoke.

use std::collections::HashMap;

use api::auth::{ReadApiKeys, WriteApiKeys};
use api::idempotency::KeepInstead;
use api::problem::{Code, ProblemBody};
use api::{Body, Can, Path, Problem, Query, idempotency, reply};
use axum::extract::State;
use axum::response::Response;
use domain::access::{Abilities, KeyRecord};
use domain::fault::Fault;
use domain::ids::KeyId;
use domain::reader::{At, Reader, any_time, text};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::Deps;
use crate::new_key::{MAX_NAME, is_active, new_key};

/// An API key, without its secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct ApiKeyBody {
    #[schema(example = "key_01KAXQ4Z7M3V8R0C5T6Y9B2N1D")]
    id: String,
    name: String,
    /// First characters of the token.
    #[schema(example = "hark_Ab12")]
    prefix: String,
    /// What it allows; `*` = everything.
    abilities: Vec<String>,
    /// `active`, `expired` or `revoked`.
    status: &'static str,
    created_at: String,
    expires_at: Option<String>,
    revoked_at: Option<String>,
}

/// A new key with its secret, shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewApiKeyBody {
    #[serde(flatten)]
    key: ApiKeyBody,
    /// The token. It is stored only as a hash and cannot be shown again: a replay by `Idempotency-Key` has `null` here.
    #[schema(example = "hark_…")]
    token: Option<String>,
    /// Fields of the request that are not known and were ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Fault>,
}

/// A key after it was renamed.
#[derive(Serialize, ToSchema)]
pub(crate) struct RenamedApiKeyBody {
    #[serde(flatten)]
    key: ApiKeyBody,
    /// Fields of the request that are not known and were ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Fault>,
}

/// A list of keys.
#[derive(Serialize, ToSchema)]
pub(crate) struct ApiKeyList {
    /// Newest first, revoked and expired ones too.
    data: Vec<ApiKeyBody>,
}

/// A key to be made.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct CreateApiKeyRequest {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// What it may do; everything if missing.
    abilities: Option<Vec<String>>,
    /// When it stops working; never if missing.
    expires_at: Option<String>,
}

/// A key's new name.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct RenameApiKeyRequest {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
}

/// List API keys
#[utoipa::path(
    get,
    path = "/api/api-keys",
    tag = "Accounts",
    responses((status = 200, description = "The tenant's keys", body = ApiKeyList)),
    security(("bearer" = ["apiKeys-read"]))
)]
pub(crate) async fn list_api_keys(
    State(deps): State<Deps>,
    can: Can<ReadApiKeys>,
    query: Query,
) -> Result<Response, Problem> {
    query.finish()?;
    let keys = deps.store.keys(can.tenant()).await?.keys;
    let data = keys.into_iter().rev().map(|key| body(key, can.now())).collect();
    reply::json(StatusCode::OK, &ApiKeyList { data })
}

/// Create an API key
///
/// At most five are active at the same time; the token is shown once.
#[utoipa::path(
    post,
    path = "/api/api-keys",
    tag = "Accounts",
    params(("Idempotency-Key" = Option<String>, Header, description = "Replays the first answer for 24 hours")),
    request_body = CreateApiKeyRequest,
    responses(
        (status = 201, description = "The key with its token", body = NewApiKeyBody),
        (status = 400, description = "A name is required, or five keys are active", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "A key cannot make one that may do more than itself", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["apiKeys-write"]))
)]
pub(crate) async fn create_api_key(
    State(deps): State<Deps>,
    can: Can<WriteApiKeys>,
    query: Query,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    let create = Box::pin(create(&deps, &can, &body));
    idempotency::once(&deps.edge, &can.access, &headers, "POST api-keys", &body.0, create).await
}

async fn create(deps: &Deps, can: &Can<WriteApiKeys>, body: &Body) -> Result<Response, Problem> {
    let ((name, abilities, expires_at), warnings) =
        read(body, can.now(), &["name", "abilities", "expires_at"], |map, reader| {
            let name = name(map, reader);
            let at = &At::ROOT;
            let abilities = reader.optional(map, at, "abilities", abilities);
            let expires_at = reader.optional(map, at, "expires_at", any_time);
            if expires_at.is_some_and(|at| at <= can.now()) {
                reader.fault(&at.field("expires_at"), "is not in the future");
            }
            Some((name?, abilities.unwrap_or(Abilities::All), expires_at))
        })?;
    let own = &can.access.principal.abilities;
    let excess = match &abilities {
        Abilities::All if *own != Abilities::All => Some("*"),
        Abilities::All => None,
        Abilities::Only(list) => list.iter().find(|ability| !own.allow(**ability)).map(|ability| ability.as_str()),
    };
    if let Some(excess) = excess {
        let detail = format!("A key cannot make one that may do more than itself: it lacks {excess}.");
        return Err(Problem::new(Code::MissingAbility, detail));
    }
    let (record, token) = new_key(deps, can.tenant(), &name, abilities, expires_at, can.now()).await?;
    let mut answer = NewApiKeyBody { key: self::body(record, can.now()), token: None, warnings };
    let without_secret = serde_json::to_vec(&answer).unwrap_or_default();
    answer.token = Some(token.reveal().to_owned());
    let mut response = reply::json(StatusCode::CREATED, &answer)?;
    response.extensions_mut().insert(KeepInstead(without_secret));
    Ok(response)
}

/// Rename an API key
#[utoipa::path(
    patch,
    path = "/api/api-keys/{id}",
    tag = "Accounts",
    params(("id" = String, Path, description = "The key's id")),
    request_body = RenameApiKeyRequest,
    responses(
        (status = 200, description = "The key", body = RenamedApiKeyBody),
        (status = 400, description = "A name is required", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such key of this tenant", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["apiKeys-write"]))
)]
pub(crate) async fn rename_api_key(
    State(deps): State<Deps>,
    can: Can<WriteApiKeys>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
    body: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    let (name, warnings) = read(&body, can.now(), &["name"], name)?;
    let record = deps.store.rename_key(can.tenant(), key_id(&path)?, &name).await?.ok_or_else(Problem::not_found)?;
    reply::json(StatusCode::OK, &RenamedApiKeyBody { key: self::body(record, can.now()), warnings })
}

/// Revoke an API key
///
/// It is refused from the next request on.
#[utoipa::path(
    delete,
    path = "/api/api-keys/{id}",
    tag = "Accounts",
    params(("id" = String, Path, description = "The key's id")),
    responses(
        (status = 204, description = "Revoked"),
        (status = 404, description = "No such key of this tenant", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["apiKeys-write"]))
)]
pub(crate) async fn revoke_api_key(
    State(deps): State<Deps>,
    can: Can<WriteApiKeys>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
) -> Result<StatusCode, Problem> {
    query.finish()?;
    deps.store.revoke_key(can.tenant(), key_id(&path)?, can.now()).await?.ok_or_else(Problem::not_found)?;
    Ok(StatusCode::NO_CONTENT)
}

fn key_id(path: &HashMap<String, String>) -> Result<KeyId, Problem> {
    path.get("id").and_then(|id| KeyId::parse(id)).ok_or_else(Problem::not_found)
}

type Object = serde_json::Map<String, Value>;

/// Reads an object; the value and the warnings. A missing name is answered with 400, as the InsightAgent seed has it.
fn read<T>(
    body: &Body,
    now: Timestamp,
    known: &[&str],
    fields: impl FnOnce(&mut Object, &mut Reader) -> Option<T>,
) -> Result<(T, Vec<Fault>), Problem> {
    let mut unnamed = false;
    let read = body.read(false, now, |value, reader| {
        let mut map = reader.object(value, &At::ROOT)?;
        unnamed = map.get("name").is_none_or(|name| name.as_str().is_none_or(|name| name.trim().is_empty()));
        let read = fields(&mut map, reader);
        reader.leftovers(&At::ROOT, &map, known);
        read
    });
    match read {
        _ if unnamed => Err(Problem::new(Code::Refused, "A name is required.")
            .with_errors(vec![Fault::new("/name", format!("must have 1–{MAX_NAME} characters"))])),
        read => read,
    }
}

fn name(map: &mut Object, reader: &mut Reader) -> Option<String> {
    reader.required(map, &At::ROOT, "name", |v, at, reader| text(v, at, reader, 1, MAX_NAME))
}

fn abilities(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<Abilities> {
    let names: Vec<String> = reader
        .items(value, at, 100, |v, at, reader| text(v, at, reader, 1, 100))
        .into_iter()
        .map(|(_, name)| name)
        .collect();
    match Abilities::parse(&names) {
        Ok(Abilities::Only(list)) if list.is_empty() => reader.some(None, at, "must name at least one ability"),
        Ok(abilities) => Some(abilities),
        Err(unknown) => {
            let known: Vec<&str> = domain::access::Ability::ALL.iter().map(|ability| ability.as_str()).collect();
            reader.some(None, at, &format!("{} is not one of *, {}", unknown.join(", "), known.join(", ")))
        }
    }
}

fn body(key: KeyRecord, now: Timestamp) -> ApiKeyBody {
    ApiKeyBody {
        id: key.id.to_string(),
        status: match key.revoked_at {
            Some(_) => "revoked",
            None if is_active(&key, now) => "active",
            None => "expired",
        },
        abilities: key.abilities.names(),
        created_at: key.created_at.to_string(),
        expires_at: key.expires_at.map(|at| at.to_string()),
        revoked_at: key.revoked_at.map(|at| at.to_string()),
        prefix: key.prefix,
        name: key.name,
    }
}
