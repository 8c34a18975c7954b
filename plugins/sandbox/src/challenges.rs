//! Customers who have to do something, and what comes of it.

use std::time::Duration;

use http::StatusCode;
use purser_types::Timestamp;
use url::Url;

use crate::books::{Entry, Fate};
use crate::cards::CODE;
use crate::config::DOMAIN;
use crate::operations::{decline, digest, expire, succeed};
use crate::processor::{Answer, Head, Processor, Refused, told};
use crate::wire::{Action, ActionType, Amount, Completion, PaymentRequest, Status};

/// How long a challenge is open.
pub(crate) const ENDS_AFTER: Duration = Duration::from_secs(15 * 60);

/// So many wrong codes decline the payment.
const WRONG_CODES_MAX: usize = 3;

/// What the page of a challenge shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// How much is to be paid.
    pub amount: Option<Amount>,
    /// The client's name for the payment.
    pub reference: String,
    /// Where the browser goes afterwards, with `result` or `code` in the query; absent if it stays.
    pub return_url: Option<Url>,
    /// When it ends; absent if it is over.
    pub expires_at: Option<Timestamp>,
    /// How the customer is asked.
    pub action_type: ActionType,
}

/// Sends the customer to a challenge, if the browser can come back from there or need not.
pub(crate) fn open(
    processor: &Processor,
    entry: &mut Entry,
    request: &PaymentRequest,
    action_type: ActionType,
    expires_at: Timestamp,
) {
    if action_type == ActionType::Redirect && request.return_url.is_none() {
        let at = entry.operation.at;
        return decline(entry, "authentication_required", at);
    }
    // Not counted: whoever could guess the name would see the page, and could answer for the customer.
    let authentication =
        format!("auth_{}", digest(&format!("{}/{}", entry.operation.id, entry.idempotency_key)));
    entry.authentication = Some(authentication.clone());
    entry.return_url = request.return_url.clone();
    entry.fate = (action_type == ActionType::Qr).then_some(Fate::Succeed);
    entry.operation.status = Status::ActionRequired;
    let url = page(processor, request, &authentication);
    entry.operation.action = Some(Action { authentication, url, expires_at, action_type });
}

/// The address of the challenge's page: where the account says that pages are, or else the processor.
fn page(processor: &Processor, request: &PaymentRequest, authentication: &str) -> Url {
    let is_nowhere = request.pages.host_str().is_some_and(|host| host.ends_with(DOMAIN));
    let own = processor.pages.as_ref().filter(|_| is_nowhere);
    let mut url = own.unwrap_or(&request.pages).clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push("challenge").push(authentication);
    }
    if let Some(return_url) = &request.return_url {
        url.query_pairs_mut().append_pair("return_url", return_url.as_str());
    }
    url
}

/// What the page of a challenge shows, also after it is over.
pub(crate) fn find(processor: &Processor, authentication: &str) -> Option<Challenge> {
    let entry = processor.books.entries.get(processor.books.challenges.get(authentication)?)?;
    let action = entry.operation.action.as_ref();
    Some(Challenge {
        amount: entry.operation.amount,
        reference: entry.operation.reference.clone(),
        return_url: entry.return_url.clone(),
        expires_at: action.map(|action| action.expires_at),
        action_type: action.map(|action| action.action_type).unwrap_or_default(),
    })
}

/// What the customer's browser brought back to the client from a challenge.
pub(crate) fn complete(
    processor: &mut Processor,
    head: &Head,
    authentication: &str,
    completion: &Completion,
) -> Result<Answer, Refused> {
    let name = processor.books.challenges.get(authentication);
    let found = name.filter(|(account, _)| *account == head.account);
    let found = found.and_then(|name| processor.books.entries.get(name)).cloned();
    let entry = found.ok_or(Refused(StatusCode::NOT_FOUND, "unknown_authentication"))?;
    answer(processor, entry, &head.idempotency_key, completion, head.now)
}

/// What the customer did on the page itself, on whichever device.
pub(crate) fn answer_on_page(
    processor: &mut Processor,
    authentication: &str,
    completion: &Completion,
    now: Timestamp,
) -> Option<Status> {
    let name = processor.books.challenges.get(authentication)?;
    let entry = processor.books.entries.get(name)?.clone();
    let name = name.clone();
    // The page has no key; each click is another try.
    let key = format!("page-{}", entry.wrong_codes.len());
    answer(processor, entry, &key, completion, now).ok()?;
    Some(processor.books.entries.get(&name)?.operation.status)
}

fn answer(
    processor: &mut Processor,
    mut entry: Entry,
    key: &str,
    completion: &Completion,
    now: Timestamp,
) -> Result<Answer, Refused> {
    let Some(action) = entry.operation.action.clone() else { return Ok(told(&entry)) };
    let mut changes = Vec::new();
    match (completion.result.as_deref(), completion.code.as_deref(), action.action_type) {
        _ if action.expires_at <= now => expire(&mut entry, now),
        (_, Some(CODE), ActionType::Otp)
        | (Some("authenticated"), _, ActionType::Redirect | ActionType::Qr) => {
            changes = succeed(processor, &mut entry, now);
        }
        (_, Some(_), ActionType::Otp) => {
            // A repetition of the same request is not another try.
            if !entry.wrong_codes.iter().any(|known| known == key) {
                entry.wrong_codes.push(key.to_owned());
            }
            if entry.wrong_codes.len() >= WRONG_CODES_MAX {
                decline(&mut entry, "authentication_failed", now);
            }
        }
        (Some("failed"), ..) => decline(&mut entry, "authentication_failed", now),
        // Whoever comes back with nothing has left the page; without a page to leave, nothing has happened.
        (_, _, ActionType::Redirect) => decline(&mut entry, "authentication_abandoned", now),
        (_, _, ActionType::Otp | ActionType::Qr) => return Ok(told(&entry)),
    }
    processor.book(entry, changes)
}
