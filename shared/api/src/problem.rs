//! Every way to refuse a request, as RFC 9457 problem documents. Each status can be read off this file.

use axum::response::{IntoResponse, Response};
use domain::failure::Failure;
use domain::fault::Fault;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

/// Where the types of problems are described.
pub const TYPE_BASE: &str = "https://hark.dev/problems/";

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident => $code:literal, $status:ident, $title:literal);+ $(;)?) => {
        /// What kind of problem it is; the machine-readable `code` of the document.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $variant),+ }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$variant),+];

            /// The code as written.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $code),+ }
            }

            /// The HTTP status that always goes with it.
            pub fn status(self) -> StatusCode {
                match self { $(Code::$variant => StatusCode::$status),+ }
            }

            /// The fixed title.
            pub fn title(self) -> &'static str {
                match self { $(Code::$variant => $title),+ }
            }
        }
    };
}

codes! {
    /// The body cannot be parsed.
    MalformedBody => "MALFORMED_BODY", BAD_REQUEST, "The body cannot be parsed";
    /// No token was sent.
    MissingToken => "MISSING_TOKEN", UNAUTHORIZED, "A token is required";
    /// The token is malformed, unknown, revoked or expired.
    InvalidToken => "INVALID_TOKEN", UNAUTHORIZED, "The token is not valid";
    /// The token does not allow this.
    MissingAbility => "MISSING_ABILITY", FORBIDDEN, "The token does not allow this";
    /// There is no such thing, or it belongs to somebody else.
    NotFound => "NOT_FOUND", NOT_FOUND, "Not found";
    /// The path exists, the method does not.
    MethodNotAllowed => "METHOD_NOT_ALLOWED", METHOD_NOT_ALLOWED, "The method is not allowed here";
    /// Something else changed it first, or it is not in the right state.
    Conflict => "CONFLICT", CONFLICT, "The request conflicts with the present state";
    /// The idempotency key was used with another body.
    IdempotencyKeyReused => "IDEMPOTENCY_KEY_REUSED", CONFLICT, "The idempotency key was used for another request";
    /// The first request with this idempotency key is still being worked on.
    IdempotencyInProgress => "IDEMPOTENCY_IN_PROGRESS", CONFLICT, "The first request with this key is in progress";
    /// The body is larger than allowed.
    PayloadTooLarge => "PAYLOAD_TOO_LARGE", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The body is not declared as JSON.
    UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE", UNSUPPORTED_MEDIA_TYPE, "The media type is not supported";
    /// Parsed, but not valid; `errors` lists everything.
    ValidationFailed => "VALIDATION_FAILED", UNPROCESSABLE_ENTITY, "The request is not valid";
    /// Valid in form, but refused by a rule that the seed documents answer with 400.
    Refused => "REFUSED", BAD_REQUEST, "The request is refused";
    /// Required variables of an interview have no value (InsightAgent's code).
    MissingRequiredVariables => "MISSING_REQUIRED_VARIABLES", BAD_REQUEST, "Required variables are missing";
    /// A variable's name does not have the form of one (InsightAgent's code).
    InvalidVariableName => "INVALID_VARIABLE_NAME", BAD_REQUEST, "The name is not one of a variable";
    /// There is a variable of that name (InsightAgent's code).
    VariableNameExists => "VARIABLE_NAME_EXISTS", CONFLICT, "A variable with this name exists";
    /// An optional variable cannot become required (InsightAgent's code).
    CannotMakeVariableRequired => "CANNOT_MAKE_VARIABLE_REQUIRED", BAD_REQUEST, "An optional variable cannot be made required";
    /// Agents use the variable (InsightAgent's code).
    VariableInUse => "VARIABLE_IN_USE", BAD_REQUEST, "The variable is in use";
    /// The interview does not take place now.
    InterviewNotInProgress => "INTERVIEW_NOT_IN_PROGRESS", BAD_REQUEST, "The interview is not in progress";
    /// The session, or the interview, is over.
    SessionEnded => "SESSION_ENDED", CONFLICT, "The session has ended";
    /// The turn before has not been answered yet.
    TurnInProgress => "TURN_IN_PROGRESS", CONFLICT, "Another turn is being answered";
    /// An expert's link was opened in another browser.
    LinkUsed => "LINK_USED", GONE, "The link has been used";
    /// An expert's link is over.
    LinkExpired => "LINK_EXPIRED", GONE, "The link has expired";
    /// Too many requests.
    RateLimited => "RATE_LIMITED", TOO_MANY_REQUESTS, "Too many requests";
    /// A fault of ours.
    Internal => "INTERNAL", INTERNAL_SERVER_ERROR, "Something went wrong";
    /// A store does not answer.
    Unavailable => "UNAVAILABLE", SERVICE_UNAVAILABLE, "Temporarily unavailable";
}

/// A refusal. Its private `source` goes to the log and has no way into the body.
#[derive(Debug)]
pub struct Problem {
    code: Code,
    detail: String,
    errors: Vec<Fault>,
    agents: Vec<UsingAgent>,
    headers: HeaderMap,
    source: Option<Failure>,
}

/// The document as it is sent.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// URI of the kind of problem.
    #[schema(example = "https://hark.dev/problems/validation-failed")]
    pub r#type: String,
    /// Fixed text for the kind.
    pub title: &'static str,
    /// HTTP status.
    pub status: u16,
    /// What is wrong in this case.
    pub detail: String,
    /// Id of the request, also in `X-Request-Id`.
    pub instance: String,
    /// The kind as a code.
    #[schema(example = "VALIDATION_FAILED")]
    pub code: &'static str,
    /// Every fault of the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Fault>,
    /// The agents that use the variable, with `VARIABLE_IN_USE`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<UsingAgent>,
}

/// An agent that stands in the way of a deletion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsingAgent {
    /// Its group.
    pub agent_group_id: String,
    /// What people call it.
    pub name: String,
}

impl Problem {
    /// A problem of this kind.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let (errors, agents) = (Vec::new(), Vec::new());
        Self { code, detail: detail.into(), errors, agents, headers: HeaderMap::new(), source: None }
    }

    /// Nothing here: the same bytes whether it does not exist or belongs to another tenant.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "There is nothing here under this name.")
    }

    /// Parsed, but not valid.
    pub fn invalid(errors: Vec<Fault>) -> Self {
        let count = errors.len();
        let detail =
            if count == 1 { "One field is not valid.".to_owned() } else { format!("{count} fields are not valid.") };
        Self { errors: domain::reader::capped(errors), ..Self::new(Code::ValidationFailed, detail) }
    }

    /// No or no valid token.
    pub fn unauthenticated(code: Code) -> Self {
        let (detail, challenge) = match code {
            Code::MissingToken => {
                ("Send Authorization: Bearer <token>, or x-api-key: <token>.", "Bearer realm=\"hark\"")
            }
            _ => (
                "The token is malformed, unknown, revoked or expired.",
                "Bearer realm=\"hark\", error=\"invalid_token\"",
            ),
        };
        Self::new(code, detail).with_header(header::WWW_AUTHENTICATE, challenge)
    }

    /// The same problem with its faults listed.
    #[must_use]
    pub fn with_errors(self, errors: Vec<Fault>) -> Self {
        Self { errors, ..self }
    }

    /// The same faults under another code: some surfaces answer 400 where the others answer 422.
    #[must_use]
    pub fn with_code(self, code: Code) -> Self {
        Self { code, ..self }
    }

    /// The same faults under a code that tells more.
    #[must_use]
    pub fn coded(self, code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), ..self }
    }

    /// The same problem with the agents that are its reason.
    #[must_use]
    pub fn with_agents(self, agents: Vec<UsingAgent>) -> Self {
        Self { agents, ..self }
    }

    /// The same problem with a header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// The same problem with `Retry-After` in seconds, rounded up.
    #[must_use]
    pub fn retry_after(self, milliseconds: u64) -> Self {
        self.with_header(header::RETRY_AFTER, &milliseconds.div_ceil(1000).max(1).to_string())
    }

    /// The kind.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The document for a request of that id.
    pub fn body(&self, instance: &str) -> ProblemBody {
        ProblemBody {
            r#type: format!("{TYPE_BASE}{}", self.code.as_str().to_ascii_lowercase().replace('_', "-")),
            title: self.code.title(),
            status: self.code.status().as_u16(),
            detail: self.detail.clone(),
            instance: instance.to_owned(),
            code: self.code.as_str(),
            errors: self.errors.clone(),
            agents: self.agents.clone(),
        }
    }

    /// What an operator should read, once.
    pub(crate) fn log(&self) {
        if let Some(source) = &self.source {
            let mut text = source.to_string();
            let mut cause = std::error::Error::source(source);
            while let Some(error) = cause {
                text.push_str(": ");
                text.push_str(&error.to_string());
                cause = error.source();
            }
            tracing::error!(error = text, problem.code = self.code.as_str(), "request failed");
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let (code, detail) = match &failure {
            Failure::Conflict { .. } => (Code::Conflict, "Somebody else changed it at the same time; try again."),
            Failure::Unavailable { .. } => (Code::Unavailable, "A store did not answer; try again."),
            Failure::Corrupt { .. } | Failure::Unexpected { .. } => {
                (Code::Internal, "The fault is ours and was logged.")
            }
        };
        let problem = Self { source: Some(failure), ..Self::new(code, detail) };
        if code == Code::Unavailable { problem.retry_after(1_000) } else { problem }
    }
}

impl IntoResponse for Problem {
    /// The bare status with the problem attached; [`crate::edge`] writes the document, since it knows the request's id.
    fn into_response(self) -> Response {
        self.log();
        let mut response = self.code.status().into_response();
        response.headers_mut().extend(self.headers.clone());
        response.extensions_mut().insert(std::sync::Arc::new(self));
        response
    }
}
