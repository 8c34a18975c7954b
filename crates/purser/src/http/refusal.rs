//! Answers that contain no data: the one shape in which this layer says no.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;

use super::media::{Media, StatusMode};

/// The closed set of `extensions.code` that may leave the server in `errors[]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// No credential, or one that is not valid.
    Unauthenticated,
    /// The credential does not allow this.
    Forbidden,
    /// The request, a variable or an argument is malformed.
    BadUserInput,
    /// The document is no GraphQL.
    GraphqlParseFailed,
    /// The document does not fit the schema.
    GraphqlValidationFailed,
    /// The document's hash is unknown here; send the document.
    PersistedQueryNotFound,
    /// Too many points spent; wait.
    RateLimited,
    /// Too large, too deep or too costly.
    QueryTooComplex,
    /// Something that looks like a card number was found.
    CardNumberRefused,
    /// Time ran out while waiting for the answer.
    Timeout,
    /// A dependency or capacity is missing at the moment; try again.
    Unavailable,
    /// A bug, or something nobody foresaw; only the request id is told.
    Internal,
}

impl Code {
    /// Every code, for documentation and for the sanitiser.
    pub const ALL: [Self; 12] = [
        Self::Unauthenticated,
        Self::Forbidden,
        Self::BadUserInput,
        Self::GraphqlParseFailed,
        Self::GraphqlValidationFailed,
        Self::PersistedQueryNotFound,
        Self::RateLimited,
        Self::QueryTooComplex,
        Self::CardNumberRefused,
        Self::Timeout,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The code as clients see it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::GraphqlParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::GraphqlValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::RateLimited => "RATE_LIMITED",
            Self::QueryTooComplex => "QUERY_TOO_COMPLEX",
            Self::CardNumberRefused => "CARD_NUMBER_REFUSED",
            Self::Timeout => "TIMEOUT",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }

    /// The code of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == name)
    }
}

/// A request that is answered without being executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    status: StatusCode,
    /// The document is at fault, not the HTTP request: GraphQL-over-HTTP wants a status by media type.
    is_request_error: bool,
    code: Code,
    message: Cow<'static, str>,
    location: Option<Location>,
    allow: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Location {
    line: usize,
    column: usize,
}

impl Refusal {
    /// A refusal with a status of its own.
    pub fn new(status: StatusCode, code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, is_request_error: false, code, message: message.into(), location: None, allow: None }
    }

    /// 400 whatever the client accepts.
    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Code::BadUserInput, message)
    }

    /// A GraphQL *request error*: well-formed HTTP, but the document cannot be executed.
    pub fn request_error(message: impl Into<Cow<'static, str>>) -> Self {
        Self { is_request_error: true, ..Self::bad_request(message) }.code(Code::GraphqlValidationFailed)
    }

    /// 401: there is no credential, or it is not valid. Says nothing about why.
    #[must_use]
    pub fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            Code::Unauthenticated,
            "A valid credential is needed: Authorization: Bearer <key or token>.",
        )
    }

    /// 500: whatever happened is in the log under the request id.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal, INTERNAL_MESSAGE)
    }

    /// 503: try again.
    pub fn unavailable(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable, message)
    }

    /// The same with another code.
    #[must_use]
    pub fn code(self, code: Code) -> Self {
        Self { code, ..self }
    }

    /// The same with a position in the document.
    #[must_use]
    pub fn at(self, line: usize, column: usize) -> Self {
        Self { location: Some(Location { line, column }), ..self }
    }

    /// The same with an `Allow` header.
    #[must_use]
    pub fn allow(self, methods: &'static str) -> Self {
        Self { allow: Some(methods), ..self }
    }

    /// The code that the client sees.
    #[must_use]
    pub fn reason(&self) -> Code {
        self.code
    }

    /// The HTTP response.
    #[must_use]
    pub fn into_response(self, media: Media, mode: StatusMode, request_id: &str) -> Response<Body> {
        let status = if self.is_request_error {
            mode.of_request_error(media, self.code == Code::GraphqlParseFailed)
        } else {
            self.status
        };
        let locations = self.location.as_ref().map(std::slice::from_ref);
        let extensions = Extensions { code: self.code.as_str(), request_id };
        let error = Error { message: &self.message, locations, extensions };
        let body = serde_json::to_vec(&Errors { errors: [error] }).expect("texts and numbers serialise");
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media.content_type()));
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        if matches!(self.status, StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT) {
            // The rest of the body is not read: a client that kept the connection would find it dead.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"purser\""));
        }
        response
    }
}

/// What a client is told about a fault of ours.
pub(super) const INTERNAL_MESSAGE: &str = "Internal error. Quote the request id when you ask about it.";

#[derive(Serialize)]
struct Errors<'a> {
    errors: [Error<'a>; 1],
}

#[derive(Serialize)]
struct Error<'a> {
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    locations: Option<&'a [Location]>,
    extensions: Extensions<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Extensions<'a> {
    code: &'static str,
    request_id: &'a str,
}
