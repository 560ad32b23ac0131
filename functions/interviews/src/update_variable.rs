//! `PATCH` and `PUT /api/variables/{id}`

use std::collections::HashMap;

use api::auth::WriteVariables;
use api::problem::{Code, ProblemBody};
use api::{Body, Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::interviews::variable;
use http::StatusCode;
use utoipa::ToSchema;

use crate::Deps;
use crate::variable_body::{VariableBody, variable_id};

/// A change of a variable.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct UpdateVariableRequest {
    /// 1–200 characters.
    display_name: Option<String>,
    #[schema(max_length = 1000)]
    description: Option<String>,
    /// Only from `true` to `false`.
    is_required: Option<bool>,
    #[schema(max_length = 5000)]
    default_value: Option<String>,
}

/// Change a variable
///
/// Fields that are missing stay; `null` clears description and default. The name never changes.
#[utoipa::path(
    patch,
    path = "/api/variables/{id}",
    tag = "Variables",
    params(("id" = String, Path, description = "The variable's id")),
    request_body = UpdateVariableRequest,
    responses(
        (status = 200, description = "The variable as it is now", body = VariableBody),
        (status = 400, description = "`CANNOT_MAKE_VARIABLE_REQUIRED`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such variable of this tenant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["variables-write"]))
)]
pub(crate) async fn update_variable(
    State(deps): State<Deps>,
    can: Can<WriteVariables>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
    body: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    change(&deps, &can, &path, &body).await
}

/// Change a variable, by `PUT`
///
/// The same as `PATCH`.
#[utoipa::path(
    put,
    path = "/api/variables/{id}",
    tag = "Variables",
    params(("id" = String, Path, description = "The variable's id")),
    request_body = UpdateVariableRequest,
    responses(
        (status = 200, description = "The variable as it is now", body = VariableBody),
        (status = 400, description = "`CANNOT_MAKE_VARIABLE_REQUIRED`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "No such variable of this tenant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["variables-write"]))
)]
pub(crate) async fn replace_variable(
    State(deps): State<Deps>,
    can: Can<WriteVariables>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
    body: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    change(&deps, &can, &path, &body).await
}

async fn change(
    deps: &Deps,
    can: &Can<WriteVariables>,
    path: &HashMap<String, String>,
    body: &Body,
) -> Result<Response, Problem> {
    let (tenant, now) = (can.tenant(), can.now());
    let before = deps.store.variable(tenant, &variable_id(path)?).await?.ok_or_else(Problem::not_found)?;
    let mut made_required = false;
    let read = body.read(false, now, |value, reader| variable::update(value, reader, &before, now, &mut made_required));
    let (after, warnings) = read.map_err(|problem| {
        let detail = "An optional variable cannot be made required: interviews without a value exist.";
        if made_required { problem.coded(Code::CannotMakeVariableRequired, detail) } else { problem }
    })?;
    deps.store.update_variable(tenant, &before, &after).await?;
    reply::json(StatusCode::OK, &VariableBody::of(after, warnings))
}
