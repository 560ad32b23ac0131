//! What the SDK says, in the words of [`Failure`].

use std::error::Error;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use domain::failure::Failure;

/// The name by which failures call this service.
pub(crate) const SERVICE: &str = "the object store";

/// A key that does not begin with the tenant's prefix.
#[derive(Debug, thiserror::Error)]
#[error("it belongs to another tenant")]
pub(crate) struct Foreign;

const RETRYABLE: &[&str] = &[
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "RequestTimeout",
    "InternalError",
    "ServiceUnavailable",
    "OperationAborted",
];

/// Whether the error says that there is no such object.
pub(crate) fn is_absent<E: ProvideErrorMetadata>(error: &E) -> bool {
    matches!(error.code(), Some("NoSuchKey" | "NotFound"))
}

/// No answer, throttled or 5xx → `Unavailable`; else `Unexpected`.
pub(crate) fn failure<E>(error: SdkError<E>) -> Failure
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let unavailable = match &error {
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => true,
        SdkError::ServiceError(context) => {
            RETRYABLE.contains(&context.err().code().unwrap_or_default()) || context.raw().status().is_server_error()
        }
        _ => false,
    };
    let source = Box::new(error);
    if unavailable {
        Failure::Unavailable { service: SERVICE, source }
    } else {
        Failure::Unexpected { service: SERVICE, source }
    }
}
