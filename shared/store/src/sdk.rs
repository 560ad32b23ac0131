//! What the SDK says, in the words of [`Failure`]; and what a refused condition says of the item that refused it.

use std::collections::HashMap;
use std::error::Error;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::failure::Failure;

/// The name by which failures call this service.
pub(crate) const SERVICE: &str = "the database";

/// An item as the SDK hands it over.
pub(crate) type Attributes = HashMap<String, AttributeValue>;

const RETRYABLE: &[&str] = &[
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "Throttling",
    "RequestLimitExceeded",
    "LimitExceededException",
    "InternalServerError",
    "InternalFailure",
    "ServiceUnavailable",
    "TransactionInProgressException",
    "ReplicatedWriteConflictException",
];

/// Maps any SDK error: no answer, throttled or 5xx → `Unavailable`; lost against another writer → `Conflict`; else `Unexpected`.
pub(crate) fn failure<E>(error: SdkError<E>) -> Failure
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let unavailable = match &error {
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => true,
        SdkError::ServiceError(context) => {
            let code = context.err().code().unwrap_or_default();
            if code == "TransactionConflictException" {
                return Failure::Conflict { what: "the item" };
            }
            RETRYABLE.contains(&code) || context.raw().status().is_server_error()
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

/// An error that may be "the condition did not hold".
pub(crate) trait Conditional: ProvideErrorMetadata + Error + Send + Sync + Sized + 'static {
    /// The item as it stands, when the condition did not hold (empty when there is none).
    fn refused(&self) -> Option<Attributes>;
}

macro_rules! conditional {
    ($($error:ident),+) => {
        $(impl Conditional for $error {
            fn refused(&self) -> Option<Attributes> {
                match self {
                    Self::ConditionalCheckFailedException(refusal) => Some(refusal.item().cloned().unwrap_or_default()),
                    _ => None,
                }
            }
        })+
    };
}
conditional!(PutItemError, UpdateItemError, DeleteItemError);

/// Splits "the condition did not hold" (`Ok(Err(item))`) from real failures.
pub(crate) fn condition<T, E: Conditional>(result: Result<T, SdkError<E>>) -> Result<Result<T, Attributes>, Failure> {
    match result {
        Ok(output) => Ok(Ok(output)),
        Err(error) => match error.as_service_error().and_then(Conditional::refused) {
            Some(item) => Ok(Err(item)),
            None => Err(failure(error)),
        },
    }
}
