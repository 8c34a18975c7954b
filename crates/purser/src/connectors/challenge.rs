//! `/sandbox/{processor}/challenge/{authentication}`: where a simulated processor asks the customer.
//!
//! A real processor has such pages at its own address. Ours has them here, while it is in this process. The
//! name of a challenge is the secret that lets somebody answer it, and where the browser goes
//! afterwards is what the processor was told with the payment, never what stands in the page's own address.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{Response, StatusCode};
use axum::routing::get;
use purser_plugin_sandbox::{ActionType, CODE, Challenge, Sandbox, Status};
use purser_types::Source;
use purser_web::page::{self, Page, Way};
use url::Url;

use crate::http::pages::small;

/// Bytes of the longest form.
const FORM_MAX: usize = 4 * 1024;

struct Pages {
    sandbox: Arc<Sandbox>,
    source: Arc<dyn Source>,
}

/// What a customer posted.
#[derive(Default)]
struct Posted {
    code: Option<String>,
    result: Option<String>,
}

/// The pages of the simulated processors of this process.
pub fn routes(sandbox: Arc<Sandbox>, source: Arc<dyn Source>) -> Router {
    Router::new()
        .route("/sandbox/{processor}/challenge/{authentication}", get(ask).post(answer))
        .with_state(Arc::new(Pages { sandbox, source }))
}

async fn ask(
    State(pages): State<Arc<Pages>>,
    Path((processor, authentication)): Path<(String, String)>,
) -> Response<Body> {
    let Some(challenge) = pages.sandbox.challenge(&processor, &authentication) else { return unknown() };
    match pages.is_over(&challenge) {
        true => over(&challenge),
        false => ok(&question(&processor, &challenge)),
    }
}

async fn answer(
    State(pages): State<Arc<Pages>>,
    Path((processor, authentication)): Path<(String, String)>,
    request: Request,
) -> Response<Body> {
    let Some(challenge) = pages.sandbox.challenge(&processor, &authentication) else { return unknown() };
    let Ok(body) = axum::body::to_bytes(request.into_body(), FORM_MAX).await else {
        return small(
            StatusCode::PAYLOAD_TOO_LARGE,
            &page::notice("That was too much", "Go back and try again."),
        );
    };
    if pages.is_over(&challenge) {
        return over(&challenge);
    }
    let Posted { code, result } = posted(&body);
    let is_right = code.as_deref() == Some(CODE);
    match (challenge.action_type, &challenge.return_url) {
        (ActionType::Redirect, Some(url)) => {
            let result = if is_right { "authenticated" } else { "failed" };
            ok(&page::onward("Thank you", with(url, "result", result).as_str()))
        }
        (ActionType::Otp, Some(url)) => {
            ok(&page::onward("Thank you", with(url, "code", code.as_deref().unwrap_or_default()).as_str()))
        }
        _ => {
            let result = result.filter(|result| result == "authenticated");
            let result = if is_right { "authenticated" } else { result.as_deref().unwrap_or("failed") };
            match pages.sandbox.answer_challenge(&processor, &authentication, result) {
                Some(Status::Succeeded) => ok(&page::notice("Thank you", "The payment was confirmed.")),
                Some(_) => ok(&page::notice("Not paid", "The payment was not confirmed.")),
                None => unknown(),
            }
        }
    }
}

impl Pages {
    fn is_over(&self, challenge: &Challenge) -> bool {
        challenge.expires_at.is_none_or(|expires_at| expires_at <= self.source.now())
    }
}

fn question(processor: &str, challenge: &Challenge) -> Page {
    let amount = challenge.amount.and_then(purser_plugin_sandbox::Amount::money);
    let amount = amount.map(|money| money.to_string()).unwrap_or_default();
    let url = challenge.return_url.as_ref();
    let result = |result| url.map(|url| with(url, "result", result).to_string()).unwrap_or_default();
    let (confirm, refuse) = (result("authenticated"), result("failed"));
    let leave = url.map(ToString::to_string).unwrap_or_default();
    let way = match (challenge.action_type, url) {
        (ActionType::Redirect, Some(_)) => {
            Way::Redirect { confirm: &confirm, refuse: &refuse, leave: &leave }
        }
        (ActionType::Otp, Some(_)) => Way::Code,
        (ActionType::Redirect | ActionType::Otp | ActionType::Qr, _) => Way::Scan,
    };
    let reference = &challenge.reference;
    page::challenge(&page::Challenge { amount: &amount, processor, reference, code: CODE, way })
}

fn over(challenge: &Challenge) -> Response<Body> {
    const TITLE: &str = "This question is over";
    const TEXT: &str = "It was answered already, or nobody answered it in time.";
    ok(&match &challenge.return_url {
        Some(url) => page::over(TITLE, TEXT, url.as_str()),
        None => page::notice(TITLE, TEXT),
    })
}

fn unknown() -> Response<Body> {
    small(StatusCode::NOT_FOUND, &page::notice("Nothing here", "No simulated processor asks this."))
}

fn ok(page: &Page) -> Response<Body> {
    small(StatusCode::OK, page)
}

/// A way back with one more parameter.
fn with(url: &Url, name: &str, value: &str) -> Url {
    let mut url = url.clone();
    url.query_pairs_mut().append_pair(name, value);
    url
}

fn posted(form: &[u8]) -> Posted {
    let mut posted = Posted::default();
    for (name, value) in url::form_urlencoded::parse(form) {
        match name.as_ref() {
            "code" => posted.code = Some(value.into_owned()),
            "result" => posted.result = Some(value.into_owned()),
            _ => {}
        }
    }
    posted
}

#[cfg(test)]
mod tests;
