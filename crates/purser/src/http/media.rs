//! Media types and statuses of GraphQL over HTTP.

use axum::http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};

/// The two media types of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// `application/json`: the legacy type; request errors are 200 in it.
    Json,
    /// `application/graphql-response+json`: request errors are 400 in it.
    GraphqlResponse,
}

/// Which edition of GraphQL over HTTP decides the statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatusMode {
    /// What the audits of the `graphql-http` package want: 200 and 400.
    #[default]
    Audit,
    /// The draft of August 2026: 422 for documents that do not fit, 294 for partial success.
    #[serde(rename = "draft-2026")]
    Draft2026,
}

impl Media {
    /// The header that says so.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        }
    }

    /// What the client would rather have; `None` if it takes neither.
    ///
    /// Without an `Accept` header, and where both weigh the same by wildcard, it is `application/json`;
    /// named with the same weight, the newer type wins, since a client that names it understands it.
    #[must_use]
    pub fn negotiate(headers: &HeaderMap) -> Option<Self> {
        let values: Vec<&str> =
            headers.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok()).collect();
        if values.is_empty() {
            return Some(Self::Json);
        }
        let ranges: Vec<Range<'_>> =
            values.iter().flat_map(|value| value.split(',')).map(Range::parse).collect();
        let json = weigh(&ranges, "application/json");
        let newer = weigh(&ranges, "application/graphql-response+json");
        match (json, newer) {
            ((0, _), (0, _)) => None,
            ((json, _), (newer, _)) if newer > json => Some(Self::GraphqlResponse),
            ((json, _), (newer, exact)) if newer == json && exact => Some(Self::GraphqlResponse),
            _ => Some(Self::Json),
        }
    }
}

impl StatusMode {
    /// The status of a request error: a document that does not parse, or does not fit.
    #[must_use]
    pub fn of_request_error(self, media: Media, is_syntax: bool) -> StatusCode {
        match (self, media) {
            (Self::Audit, Media::Json) => StatusCode::OK,
            (Self::Audit, Media::GraphqlResponse) => StatusCode::BAD_REQUEST,
            (Self::Draft2026, _) if is_syntax => StatusCode::BAD_REQUEST,
            (Self::Draft2026, _) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// The status of an answer with data, and perhaps with errors beside it.
    #[must_use]
    pub fn of_answer(self, has_errors: bool) -> StatusCode {
        match (self, has_errors) {
            (Self::Draft2026, true) => StatusCode::from_u16(294).unwrap_or(StatusCode::OK),
            _ => StatusCode::OK,
        }
    }
}

/// One member of an `Accept` header (RFC 9110, 12.5.1), its quality in thousandths.
struct Range<'a> {
    name: &'a str,
    quality: u16,
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let quality = parts
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
            .map_or(1_000, |(_, value)| parse_quality(value.trim()));
        Self { name, quality }
    }
}

/// `0.8` as 800; what is no number weighs nothing.
fn parse_quality(text: &str) -> u16 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    match whole {
        "1" => 1_000,
        "0" => format!("{fraction:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}

/// The quality of a type, by the most specific range that matches, and whether that names it exactly.
fn weigh(ranges: &[Range<'_>], name: &str) -> (u16, bool) {
    let best = |wanted: &str| {
        let matching = ranges.iter().filter(|range| range.name.eq_ignore_ascii_case(wanted));
        matching.map(|range| range.quality).max()
    };
    match best(name) {
        Some(quality) => (quality, true),
        None => (best("application/*").or_else(|| best("*/*")).unwrap_or(0), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(accept: Option<&'static str>, expected: Option<Media>) {
        let mut headers = HeaderMap::new();
        if let Some(accept) = accept {
            headers.insert(header::ACCEPT, accept.parse().expect("a header value"));
        }
        assert_eq!(Media::negotiate(&headers), expected, "{accept:?}");
    }

    #[test]
    fn the_accept_header_decides_by_quality() {
        check(None, Some(Media::Json));
        check(Some("*/*"), Some(Media::Json));
        check(Some("application/*"), Some(Media::Json));
        check(Some("application/json"), Some(Media::Json));
        check(Some("application/json; charset=utf-8"), Some(Media::Json));
        check(Some("application/graphql-response+json"), Some(Media::GraphqlResponse));
        check(
            Some("application/graphql-response+json; charset=utf-8, application/json; q=0.9"),
            Some(Media::GraphqlResponse),
        );
        check(Some("application/graphql-response+json;q=0.5, application/json"), Some(Media::Json));
        check(Some("application/graphql-response+json, application/json"), Some(Media::GraphqlResponse));
        check(Some("*/*, application/graphql-response+json;q=0.1"), Some(Media::Json));
        check(Some("text/html"), None);
        check(Some("application/json;q=0"), None);
    }
}
