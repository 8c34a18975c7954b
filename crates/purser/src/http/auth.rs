//! Who is asking: the `Authorization` header.

use axum::http::{HeaderMap, StatusCode, header};

use super::jwt::{TOKEN_MAX, Verifier};
use super::ports::{Authenticate, CredentialsUnavailable};
use super::refusal::{Code, Refusal};

/// Turns the header into a viewer. No header is the anonymous viewer; a header that does not hold is
/// 401, never anonymous, so that a client with an expired key learns it.
///
/// # Errors
/// 401, or 503 when the keys cannot be looked up.
pub async fn viewer<A: Authenticate>(
    headers: &HeaderMap,
    authenticate: &A,
    tokens: &Verifier,
) -> Result<A::Viewer, Refusal> {
    let Some(presented) = bearer(headers)? else { return Ok(authenticate.anonymous()) };
    // Keys have no dots; tokens have two.
    let found = if presented.contains('.') {
        match tokens.verify(presented).await {
            Ok(claims) => authenticate.jwt(claims).await,
            Err(distrust) => {
                tracing::info!(reason = %distrust, "a token was refused");
                Ok(None)
            }
        }
    } else {
        authenticate.api_key(presented).await
    };
    match found {
        Ok(Some(viewer)) => Ok(viewer),
        Ok(None) => Err(Refusal::unauthenticated()),
        Err(CredentialsUnavailable) => Err(Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            Code::Unavailable,
            "Credentials cannot be checked at the moment; try again.",
        )),
    }
}

/// The credential after `Bearer`; one header, one scheme, one token.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().map_err(|_| Refusal::unauthenticated())?;
    let (scheme, credential) = text.split_once(' ').ok_or_else(Refusal::unauthenticated)?;
    let is_token = |byte: u8| byte.is_ascii_graphic() && byte != b',';
    let is_good = values.next().is_none()
        && scheme.eq_ignore_ascii_case("bearer")
        && !credential.is_empty()
        && credential.len() <= TOKEN_MAX
        && credential.bytes().all(is_token);
    if is_good { Ok(Some(credential)) } else { Err(Refusal::unauthenticated()) }
}
