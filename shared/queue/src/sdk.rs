//! What the SDK says, in the words of [`Failure`].

use std::error::Error;

use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use domain::failure::Failure;

/// The name by which failures call this service.
pub(crate) const SERVICE: &str = "the queue";

const RETRYABLE: &[&str] = &[
    "RequestThrottled",
    "AWS.SimpleQueueService.RequestThrottled",
    "OverLimit",
    "ThrottlingException",
    "InternalError",
    "InternalFailure",
    "ServiceUnavailable",
];

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
