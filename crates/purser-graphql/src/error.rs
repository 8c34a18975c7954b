//! What becomes of an error on its way to the client.
//!
//! A refusal of a mutation is data: see `payload`. What is left is a *fault*, or a query that cannot be
//! answered as it was put; both go to `errors[]` with a code of the closed set. A fault is logged once,
//! where it is first seen, and its message tells nothing.

use async_graphql::{Error, ErrorExtensions};
pub(crate) use purser_services::{Code, Error as ServiceError};

/// The house's spelling of a nullable field that may fail: the field is null, its neighbours stay.
///
/// The other way round, `Result<Option<T>>`, the library takes the whole parent down with the field.
pub(crate) type Nullable<T> = Option<Result<T, Error>>;

/// The nullable field that a fallible look-up is.
pub(crate) fn nullable<T>(found: Result<Option<T>, Error>) -> Nullable<T> {
    found.transpose()
}

/// An error with a code of the closed set.
pub(crate) fn coded(code: &'static str, message: impl Into<String>) -> Error {
    Error::new(message).extend_with(|_, extensions| extensions.set("code", code))
}

/// The request cannot be answered as it was put.
pub(crate) fn bad_input(message: impl Into<String>) -> Error {
    coded("BAD_USER_INPUT", message)
}

/// Ours, and none of the client's business.
pub(crate) fn internal() -> Error {
    coded("INTERNAL", "Internal error. Quote the request id when you ask about it.")
}

/// What a query's client is told; logged here if it is a fault.
pub(crate) fn told(error: &ServiceError) -> Error {
    match error {
        ServiceError::Refused(refusal) => bad_input(refusal.message.clone()),
        ServiceError::Storage(_) | ServiceError::Fault { .. } => {
            tracing::error!(error = %error, "a field failed");
            internal()
        }
    }
}

/// What a query's client is told of an error that was logged where it happened.
pub(crate) fn told_again(error: &ServiceError) -> Error {
    match error {
        ServiceError::Refused(refusal) => bad_input(refusal.message.clone()),
        ServiceError::Storage(_) | ServiceError::Fault { .. } => internal(),
    }
}
