//! `POST /api/variables`

use api::auth::WriteVariables;
use api::problem::{Code, ProblemBody};
use api::{Body, Can, Problem, Query, idempotency, reply};
use axum::extract::State;
use axum::response::Response;
use domain::interviews::variable::{self, MAX_VARIABLES, is_system};
use http::{HeaderMap, StatusCode};
use utoipa::ToSchema;

use crate::Deps;
use crate::variable_body::VariableBody;

/// A variable to be defined.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct CreateVariableRequest {
    /// Begins with a letter; letters, digits and underscores; 1–64. Cannot be changed.
    name: String,
    /// What people see; the name if missing. 1–200 characters.
    display_name: Option<String>,
    #[schema(max_length = 1000)]
    description: Option<String>,
    /// Every new interview must give a value (`false`).
    is_required: Option<bool>,
    /// The value where an interview gives none.
    #[schema(max_length = 5000)]
    default_value: Option<String>,
}

/// Define a variable
#[utoipa::path(
    post,
    path = "/api/variables",
    tag = "Variables",
    params(("Idempotency-Key" = Option<String>, Header, description = "Replays the first answer for 24 hours")),
    request_body = CreateVariableRequest,
    responses(
        (status = 201, description = "The variable", body = VariableBody),
        (status = 400, description = "`INVALID_VARIABLE_NAME`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "`VARIABLE_NAME_EXISTS`, or the account has 200 variables", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["variables-write"]))
)]
pub(crate) async fn create_variable(
    State(deps): State<Deps>,
    can: Can<WriteVariables>,
    query: Query,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    let create = Box::pin(create(&deps, &can, &body));
    idempotency::once(&deps.edge, &can.access, &headers, "POST variables", &body.0, create).await
}

async fn create(deps: &Deps, can: &Can<WriteVariables>, body: &Body) -> Result<Response, Problem> {
    let (tenant, now) = (can.tenant(), can.now());
    let mut bad_name = false;
    let read = body.read(false, now, |value, reader| variable::create(value, reader, now, &mut bad_name));
    let (variable, warnings) = read.map_err(|problem| {
        let detail = "A name begins with a letter and holds only letters, digits and underscores.";
        if bad_name { problem.coded(Code::InvalidVariableName, detail) } else { problem }
    })?;
    let exists = || Problem::new(Code::VariableNameExists, "There is a variable of this name.");
    if is_system(&variable.name) {
        return Err(exists());
    }
    let stored = deps.store.variables(tenant).await?;
    if stored.len() >= MAX_VARIABLES && stored.iter().all(|other| other.name != variable.name) {
        return Err(Problem::new(Code::Conflict, format!("An account may have {MAX_VARIABLES} variables.")));
    }
    if !deps.store.create_variable(tenant, &variable).await? {
        return Err(exists());
    }
    reply::json(StatusCode::CREATED, &VariableBody::of(variable, warnings))
}
