//! What customers do between two answers of a processor: they are sent away, and come back.
//!
//! The browser comes back to an address of ours that carries a token of 128 random bits. Only its keyed
//! hash is kept, so that whoever reads the database cannot come back in a customer's place. What the browser
//! brings is handed to the plugin, which believes none of it without asking its processor. Where the browser
//! goes from here was said by the merchant when the payment was made.

use std::collections::BTreeMap;

use purser_connector::{ActionKind, DeclineCode, OperationKind, Resume};
use purser_domain::SystemScope;
use purser_domain::payment::state::request;
use purser_domain::payment::{Payment, PaymentStatus};
use purser_storage::payments as stored;
use purser_types::id::{AttemptId, PaymentId};
use url::Url;

use super::request::{Order, open_action};
use super::{Paid, observe, paid, run};
use crate::app::{App, Ctx};
use crate::connectors::Opened;
use crate::error::{Code, Error};
use crate::fault::{self, Step};
use crate::once;
use crate::task;

/// What a customer's browser may bring back.
const PARAMETERS_MAX: usize = 64;
/// Bytes of all of it together.
const PARAMETER_BYTES_MAX: usize = 64 * 1024;
/// What the hashes of return tokens are made for.
const LABEL: &str = "purser/return-token/1";

/// What proves that a browser is the one that was sent away.
pub(super) struct ReturnToken {
    text: String,
}

impl ReturnToken {
    fn mint(ctx: &Ctx) -> Self {
        let mut random = [0; 16];
        ctx.source().fill(&mut random);
        Self { text: random.iter().map(|byte| format!("{byte:02x}")).collect() }
    }

    /// A token with the address that the processor sends the browser back to, if the merchant said where it
    /// goes from there.
    pub(super) fn of(ctx: &Ctx, payment: &Payment) -> (Option<Self>, Option<Url>) {
        let urls = &payment.urls;
        if [&urls.return_, &urls.success, &urls.cancel, &urls.error].iter().all(|url| url.is_none()) {
            return (None, None);
        }
        let token = Self::mint(ctx);
        match Url::parse(&format!("{}/return/{}", ctx.app.public_origin, token.text)) {
            Ok(url) => (Some(token), Some(url)),
            // A server that does not know its own address can send nobody away.
            Err(_) => (None, None),
        }
    }

    /// What is kept of it.
    pub(super) fn hash(&self, ctx: &Ctx) -> [u8; 32] {
        hashed(&ctx.app, &self.text)
    }
}

fn hashed(app: &App, token: &str) -> [u8; 32] {
    app.keyring.sign(LABEL, token.as_bytes())
}

/// Goes on with a payment after the customer did what was asked, with what the browser brought back. The
/// second time for the same action nothing is sent, and the answer is the payment as it is.
///
/// # Errors
/// `PAYMENT_NOT_FOUND`, `NOT_RESUMABLE`, `INVALID_INPUT`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn resume(
    ctx: &Ctx,
    payment_id: PaymentId,
    parameters: BTreeMap<String, String>,
) -> Result<Paid, Error> {
    check_parameters(&parameters)?;
    let ctx = ctx.clone();
    task::own("resuming a payment", async move { Box::pin(go_on(&ctx, payment_id, None, parameters)).await })
        .await
}

fn check_parameters(parameters: &BTreeMap<String, String>) -> Result<(), Error> {
    let bytes: usize = parameters.iter().map(|(name, value)| name.len() + value.len()).sum();
    if parameters.len() > PARAMETERS_MAX || bytes > PARAMETER_BYTES_MAX {
        let message = format!("At most {PARAMETERS_MAX} parameters of {PARAMETER_BYTES_MAX} bytes together.");
        return Err(Error::refused(Code::InvalidInput, "parameters", message));
    }
    Ok(())
}

/// Resumes the payment's attempt, or only a certain one of its attempts.
async fn go_on(
    ctx: &Ctx,
    payment_id: PaymentId,
    only: Option<AttemptId>,
    parameters: BTreeMap<String, String>,
) -> Result<Paid, Error> {
    fault::point(OperationKind::Resume, Step::BeforeIntent).await?;
    let write = ctx.store().begin().await?;
    if once::claim(ctx, &write, payment_id.uuid()).await?.is_some() {
        drop(write);
        return paid(ctx, payment_id).await;
    }
    let known = observe::locked(ctx, &write, payment_id).await?;
    let attempt = match request::resume(&known.payment, &known.attempts) {
        Ok(attempt) if only.is_none_or(|only| only == attempt.id) => attempt.clone(),
        // Somebody came back before, or the payment went on without: it is as it is.
        _ if known.attempts.iter().any(|attempt| attempt.action_expires_at.is_some()) => {
            return Ok(Paid::of(&known.payment));
        }
        _ => return Err(not_resumable(&known.payment)),
    };
    let fault = || Error::Fault { doing: "resuming an attempt", detail: attempt.id.to_string() };
    let kept = stored::sealed_attempt(&write, ctx.scope(), attempt.id).await?.ok_or_else(fault)?;
    let before = Order::open(ctx, attempt.id, &kept.request.ok_or_else(fault)?)?;
    let state = open_action(ctx, attempt.id, &kept.action.ok_or_else(fault)?)?;
    let order = Order {
        submission: Resume { state, parameters }.into(),
        resumed: before.resumed.saturating_add(1),
        ..before
    };
    let opened = Opened::of_attempt(ctx, &write, attempt.connector_id).await?;
    let known = observe::resumed(ctx, write, known, attempt.id, &order).await?;
    fault::point(OperationKind::Resume, Step::AfterIntent).await?;
    run::asked(ctx, known, attempt.id, &order, &opened).await
}

fn not_resumable(payment: &Payment) -> Error {
    let message =
        format!("A payment that is {} waits for nothing that the customer could do.", payment.status);
    Error::refused(Code::NotResumable, "paymentId", message)
}

/// Where a customer's browser goes from here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// To one of the merchant's addresses, or to the next thing to do.
    To(Url),
    /// The merchant named no address for this outcome.
    Nowhere,
}

/// Goes on with the payment whose token a browser brought back, and says where the browser goes. Nothing if
/// there is no such token. A payment that cannot go on, because it did already, is no error: the browser
/// goes where its outcome says.
///
/// # Errors
/// Faults of the storage.
pub async fn resume_by_token(
    app: &std::sync::Arc<App>,
    token: &str,
    parameters: BTreeMap<String, String>,
) -> Result<Option<Destination>, Error> {
    let scope = SystemScope::new("a customer comes back with a token", app.source().now());
    let hash = hashed(app, token);
    let Some(found) = stored::by_return_token(app.store(), &scope, &hash).await? else { return Ok(None) };
    let ctx = app.acting_for(found.tenant_id, found.environment);
    let payment_id = found.attempt.payment_id;
    if check_parameters(&parameters).is_ok() {
        let (own, only) = (ctx.clone(), Some(found.attempt.id));
        let resumed = task::own("resuming a payment", async move {
            Box::pin(go_on(&own, payment_id, only, parameters)).await
        });
        match resumed.await {
            Ok(_) | Err(Error::Refused(_)) => {}
            Err(fault) => return Err(fault),
        }
    }
    let payment = stored::find(ctx.store(), ctx.scope(), payment_id).await?;
    Ok(payment.as_ref().map(destination))
}

/// Where the browser goes by what became of the payment.
fn destination(payment: &Payment) -> Destination {
    if let (PaymentStatus::RequiresAction, Some(ActionKind::Redirect { url })) =
        (payment.status, &payment.next_action)
    {
        return Destination::To(url.clone());
    }
    let urls = &payment.urls;
    let meant = match ending(payment) {
        Ending::Good => urls.success.as_ref(),
        Ending::Canceled => urls.cancel.as_ref(),
        Ending::Bad => urls.error.as_ref(),
        Ending::Open => None,
    };
    let url = meant.or(urls.return_.as_ref()).and_then(|url| Url::parse(url).ok());
    let Some(mut url) = url else { return Destination::Nowhere };
    url.query_pairs_mut()
        .append_pair("paymentId", &payment.id.to_string())
        .append_pair("merchantTransactionId", &payment.merchant_transaction_id)
        .append_pair("status", payment.status.as_str());
    Destination::To(url)
}

/// How a payment ended in the eyes of the customer.
enum Ending {
    Good,
    Canceled,
    Bad,
    Open,
}

fn ending(payment: &Payment) -> Ending {
    let is_abandoned =
        payment.decline.as_ref().is_some_and(|decline| decline.code == DeclineCode::CustomerCanceled);
    match payment.status {
        PaymentStatus::Authorized
        | PaymentStatus::PartiallyAuthorized
        | PaymentStatus::PartiallyCaptured
        | PaymentStatus::Succeeded
        | PaymentStatus::PartiallyRefunded
        | PaymentStatus::Refunded
        | PaymentStatus::Disputed
        | PaymentStatus::ChargedBack => Ending::Good,
        PaymentStatus::Canceled => Ending::Canceled,
        PaymentStatus::AwaitingInstrument | PaymentStatus::AwaitingAmount | PaymentStatus::Failed
            if is_abandoned =>
        {
            Ending::Canceled
        }
        PaymentStatus::AwaitingInstrument
        | PaymentStatus::AwaitingAmount
        | PaymentStatus::Failed
        | PaymentStatus::Reversed
        | PaymentStatus::Voided
        | PaymentStatus::Expired => Ending::Bad,
        PaymentStatus::Created
        | PaymentStatus::Processing
        | PaymentStatus::RequiresAction
        | PaymentStatus::Pending => Ending::Open,
    }
}
