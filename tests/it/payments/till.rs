//! Payments asked of the services themselves, for what is about how a request is carried out and not about
//! how it is spelled.

use std::collections::BTreeMap;

use purser_domain::payment::{Payment, PaymentKind, PaymentSource};
use purser_domain::scope::Actor;
use purser_domain::{Environment, KeyScopes, Viewer};
use purser_services::payments::{self, CustomerProfileData, Paid, Pay, PayWith, Target, Terms};
use purser_services::{Code, Ctx, Error, Once, reads, values};
use purser_tests::{Shop, World};
use purser_types::id::PaymentId;
use purser_types::{Money, Secret};
use serde_json::Map;

/// A shop's own server, which speaks to the services.
#[derive(Clone)]
pub(super) struct Till {
    pub(super) ctx: Ctx,
    target: Target,
}

impl Till {
    pub(super) fn of(world: &World, shop: &Shop<'_>) -> Self {
        let tenant = shop.tenant.id.parse().expect("the id of a tenant");
        let viewer = Viewer::verified(tenant, Environment::Sandbox, Actor::Operator, KeyScopes::all());
        let target = Target::Connector(shop.connector.parse().expect("the id of a connector"));
        Self { ctx: world.app().ctx(viewer), target }
    }

    /// The same for a request that carries an idempotency key.
    pub(super) fn once(&self, operation: &'static str, key: &str, request: &str) -> Self {
        let once = Once::try_new(&self.ctx, operation, key.to_owned(), request.as_bytes());
        Self { ctx: self.ctx.with_once(once.expect("a key")), target: self.target }
    }

    /// A debit of 9.99 EUR.
    pub(super) fn debit(&self, id: &str, pay_with: PayWith) -> Pay {
        Pay {
            kind: PaymentKind::Debit,
            merchant_transaction_id: id.to_owned(),
            target: self.target,
            pay_with: Some(pay_with),
            amount: eur("9.99"),
            description: None,
            customer: None,
            identification: None,
            customer_profile_data: None,
            with_register: false,
            return_url: None,
            terms: Terms::default(),
            source: PaymentSource::Api,
            source_id: None,
            source_description: None,
            initiator: values::Initiator::Customer,
            metadata: Map::new(),
        }
    }

    /// A preauthorisation of 9.99 EUR.
    pub(super) fn reserve(&self, id: &str) -> Pay {
        Pay { kind: PaymentKind::Preauthorize, ..self.debit(id, card("tok_visa")) }
    }

    /// A stored card of a customer; answers its payment token.
    pub(super) async fn stored(&self, id: &str, token: &str) -> String {
        let data = CustomerProfileData { customer_identification: Some(id.to_owned()), ..Default::default() };
        let asked = self.debit(&format!("register-{id}"), card(token));
        let asked = Pay {
            kind: PaymentKind::Register,
            amount: Money::zero(euro()),
            customer_profile_data: Some(data),
            ..asked
        };
        let paid = payments::pay(&self.ctx, asked).await.expect("a registration");
        let found = reads::instruments_by_id(&self.ctx, &[paid.instrument_id.expect("an instrument")]).await;
        let found = found.expect("an answer").into_iter().flatten().next().expect("an instrument");
        found.instrument.payment_token.clone()
    }

    /// The payment as it is now.
    pub(super) async fn payment(&self, id: PaymentId) -> Payment {
        let found = reads::payments_by_id(&self.ctx, &[id]).await.expect("an answer");
        found.into_iter().flatten().next().expect("a payment")
    }

    /// How it stands, what is reserved and what is captured.
    pub(super) async fn standing(&self, paid: Paid) -> (String, i64, i64) {
        let payment = self.payment(paid.payment_id).await;
        (payment.status.to_string(), payment.amounts.authorized, payment.amounts.captured)
    }
}

/// The same from words.
pub(super) fn stands(status: &str, authorized: i64, captured: i64) -> (String, i64, i64) {
    (status.to_owned(), authorized, captured)
}

fn euro() -> purser_types::Currency {
    "EUR".parse().expect("a currency")
}

pub(super) fn eur(amount: &str) -> Money {
    Money::parse_major(amount, euro()).expect("an amount")
}

/// A token of the processor's form.
pub(super) fn card(token: &str) -> PayWith {
    PayWith::TransactionToken(Secret::new(token.to_owned()))
}

/// What a browser brings back.
pub(super) fn brought(result: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("result".to_owned(), result.to_owned())])
}

/// The code and the path of a refusal.
#[track_caller]
pub(super) fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> (Code, String) {
    match result {
        Err(Error::Refused(refusal)) => (refusal.code, refusal.field.join(".")),
        other => panic!("it should be refused: {other:?}"),
    }
}
