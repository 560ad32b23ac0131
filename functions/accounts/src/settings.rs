//! `GET` and `PUT /api/public/{tenant}/settings`

use api::auth::{ReadSettings, WriteSettings};
use api::problem::{Code, ProblemBody};
use api::{Body, Can, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::fault::Fault;
use domain::settings::Settings;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::Deps;

/// Read the tenant's settings
#[utoipa::path(
    get,
    path = "/api/public/{tenant}/settings",
    tag = "Accounts",
    params(("tenant" = String, Path, description = "The key's tenant")),
    responses((status = 200, description = "The settings; `ETag` is their revision", body = Settings)),
    security(("bearer" = ["settings-read"]))
)]
pub(crate) async fn get_settings(
    State(deps): State<Deps>,
    can: Can<ReadSettings>,
    query: Query,
) -> Result<Response, Problem> {
    query.finish()?;
    let record = deps.store.tenant(can.tenant()).await?.ok_or_else(Problem::not_found)?;
    answer(&record.settings, record.settings_revision)
}

/// Replace the tenant's settings
///
/// A field that is missing takes its default. With `If-Match` the change is refused if somebody else changed them since. They hold for
/// every conversation that is analysed from then on.
#[utoipa::path(
    put,
    path = "/api/public/{tenant}/settings",
    tag = "Accounts",
    params(
        ("tenant" = String, Path, description = "The key's tenant"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the settings that were read"),
    ),
    request_body = Settings,
    responses(
        (status = 200, description = "The settings as they are now", body = Settings),
        (status = 409, description = "Somebody else changed them", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["settings-write"]))
)]
pub(crate) async fn put_settings(
    State(deps): State<Deps>,
    can: Can<WriteSettings>,
    query: Query,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    let value = body.json(false)?;
    // serde would read an array as the fields in their order, and an empty one as the defaults.
    if !value.is_object() {
        return Err(Problem::invalid(vec![Fault::new("", "must be an object")]));
    }
    let settings: Settings = serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string().replace(['.', '['], "/").replace(']', "");
        let pointer =
            if path == "/" || path.is_empty() { String::new() } else { format!("/{path}").replace("//", "/") };
        Problem::invalid(vec![Fault::new(pointer, error.into_inner().to_string())])
    })?;
    let faults = settings.faults();
    if !faults.is_empty() {
        return Err(Problem::invalid(faults));
    }
    let record = deps.store.tenant(can.tenant()).await?.ok_or_else(Problem::not_found)?;
    let stored = record.settings_revision;
    if let Some(expected) = headers.get(header::IF_MATCH)
        && expected.as_bytes() != tag(stored).as_bytes()
    {
        return Err(Problem::new(Code::Conflict, "The settings were changed since they were read."));
    }
    let changed = settings.changed_rubrics(&record.settings);
    if !changed.is_empty() {
        return Err(Problem::invalid(changed));
    }
    let revision = deps.store.put_settings(can.tenant(), &settings, stored).await?;
    answer(&settings, revision)
}

fn answer(settings: &Settings, revision: u64) -> Result<Response, Problem> {
    let mut response = reply::json(StatusCode::OK, settings)?;
    if let Ok(value) = HeaderValue::from_str(&tag(revision)) {
        response.headers_mut().insert(header::ETAG, value);
    }
    Ok(response)
}

fn tag(revision: u64) -> String {
    format!("\"{revision}\"")
}
