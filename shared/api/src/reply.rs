//! Answers that succeed.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::problem::{Code, Problem};

/// A JSON answer.
pub fn json<T: Serialize>(status: StatusCode, body: &T) -> Result<Response, Problem> {
    let bytes = serde_json::to_vec(body).map_err(|error| {
        tracing::error!(error = %error, "an answer could not be written as JSON");
        Problem::new(Code::Internal, "The fault is ours and was logged.")
    })?;
    let mut response = (status, bytes).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// A JSON answer about something new, whose path is in `Location`.
pub fn located<T: Serialize>(status: StatusCode, path: &str, body: &T) -> Result<Response, Problem> {
    let mut response = json(status, body)?;
    if let Ok(location) = HeaderValue::from_str(path) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}
