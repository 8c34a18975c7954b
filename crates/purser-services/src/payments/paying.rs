//! What pays: a token as it came, or a stored instrument that the viewer may pay with.

use purser_connector::{Initiator, InstrumentSource};
use purser_domain::instrument::{self, InstrumentStatus, Origin};
use purser_storage::read::InstrumentView;
use purser_storage::{
    ProfileKey, Read, instruments as stored_instruments, payments as stored, profiles as stored_profiles,
};
use purser_types::Secret;
use purser_types::id::ContainerId;
use purser_vault::Aad;

use super::PayWith;
use crate::app::Ctx;
use crate::error::{Code, Error};
use crate::{input, profiles};

/// The longest token of a processor's client-side form.
const TOKEN_LENGTH_MAX: usize = 512;

/// Something that pays, with what is known of it.
pub(super) struct Paying {
    pub(super) source: InstrumentSource,
    pub(super) stored: Option<InstrumentView>,
    /// The card network's name for the payment under which the customer agreed to further ones; looked for
    /// when the merchant starts a payment.
    pub(super) network_transaction_id: Option<String>,
}

impl Paying {
    pub(super) fn origin(&self) -> Option<&Origin> {
        self.stored.as_ref().map(|view| &view.instrument.origin)
    }
}

/// What pays: a fresh token as it came, or a stored instrument that the viewer may pay with.
pub(super) async fn find(
    ctx: &Ctx,
    on: &impl Read,
    pay_with: &PayWith,
    initiator: Initiator,
) -> Result<Paying, Error> {
    let mut network_transaction_id = None;
    let (view, sealed) = match pay_with {
        PayWith::TransactionToken(token) => {
            input::identifier(token.expose(), "payWith.transactionToken", TOKEN_LENGTH_MAX)?;
            let source = InstrumentSource::Token(token.clone());
            return Ok(Paying { source, stored: None, network_transaction_id });
        }
        PayWith::PaymentToken(token) => {
            let missing = || Error::not_found(Code::InstrumentNotFound, "payWith.paymentToken");
            let found = stored_instruments::by_payment_token(on, ctx.scope(), token).await?;
            let (view, sealed) = found.ok_or_else(missing)?;
            // Knowing a token proves nothing for a viewer whose capabilities do not count.
            if !profiles::capabilities_count(ctx) {
                let key = ProfileKey::Id(view.instrument.profile_id);
                stored_profiles::find(on, ctx.scope(), &key).await?.ok_or_else(missing)?;
            }
            (view, sealed)
        }
        PayWith::ReferencePayment(id) => {
            let missing = || Error::not_found(Code::ReferenceNotFound, "payWith.referencePaymentId");
            let payment = stored::find(on, ctx.scope(), *id).await?.ok_or_else(missing)?;
            let instrument_id = payment.instrument_id.ok_or_else(missing)?;
            network_transaction_id = payment.network_transaction_id;
            let view = stored_instruments::find(on, ctx.scope(), instrument_id).await?.ok_or_else(missing)?;
            let token = view.instrument.payment_token.clone();
            let found = stored_instruments::by_payment_token(on, ctx.scope(), &token).await?;
            found.ok_or_else(missing)?
        }
    };
    check_usable(ctx, &view)?;
    let instrument = &view.instrument;
    let place = token_place(instrument.container_id, instrument.id.uuid());
    let token = ctx.app.keyring.open(place.aad(), &sealed);
    let token =
        token.map_err(|error| Error::Fault { doing: "opening a token", detail: error.to_string() })?;
    let token = String::from_utf8(token.to_vec())
        .map_err(|_| Error::Fault { doing: "opening a token", detail: "not text".to_owned() })?;
    if initiator == Initiator::Merchant && network_transaction_id.is_none() {
        network_transaction_id = stored_instruments::agreement(on, ctx.scope(), instrument.id).await?;
    }
    let source = InstrumentSource::Stored { token: Secret::new(token) };
    Ok(Paying { source, stored: Some(view), network_transaction_id })
}

/// The place that an instrument's token is sealed for.
pub(super) struct TokenPlace {
    container: uuid::Uuid,
    row: uuid::Uuid,
}

pub(super) fn token_place(container: ContainerId, row: uuid::Uuid) -> TokenPlace {
    TokenPlace { container: container.uuid(), row }
}

impl TokenPlace {
    pub(super) fn aad(&self) -> Aad<'_> {
        let (tenant, row) = (self.container.as_bytes(), self.row.as_bytes());
        Aad { table: "instrument", tenant, row, column: "sealed_token" }
    }
}

fn check_usable(ctx: &Ctx, view: &InstrumentView) -> Result<(), Error> {
    let instrument = &view.instrument;
    let refuse = |code, message: &str| Err(Error::refused(code, "payWith", message));
    if !instrument::may_use(instrument.stored_by_tenant_id, ctx.viewer().tenant(), view.grant.permissions) {
        return refuse(
            Code::InstrumentNotShared,
            "Your grant does not let you pay with instruments that another tenant stored.",
        );
    }
    let today = ctx.now().date();
    if instrument.status == InstrumentStatus::Expired || instrument.is_expired(today.year(), today.month()) {
        return refuse(Code::InstrumentExpired, "The instrument's expiry date has passed.");
    }
    match instrument.status {
        InstrumentStatus::Active => Ok(()),
        InstrumentStatus::Expired | InstrumentStatus::Revoked => {
            refuse(Code::InstrumentNotActive, "The instrument is revoked.")
        }
    }
}
