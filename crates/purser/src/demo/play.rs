//! Plays a plan on the stage: every event is a call that a merchant's server could have made.
//!
//! The calls are made one after the other. They could overlap on PostgreSQL, but then the order in which
//! they draw ids would be the scheduler's, and the sample data would not be the same each time; on SQLite,
//! which has one writer, nothing would be won.

use std::sync::Arc;

use anyhow::Context;
use purser_connector::Initiator;
use purser_domain::payment::{PaymentKind, PaymentSource};
use purser_services::payments::{self, CustomerProfileData, Paid, Pay, PayWith, Target, Terms};
use purser_services::profiles::{self, CreateProfile, OverlayInput, UpdateProfile};
use purser_services::{App, Ctx, Patch, PersonInput, ProfileKey, reads};
use purser_types::id::{PaymentId, ProfileId};
use purser_types::{Money, Secret};
use serde_json::Map;

use super::merchants::{Merchant, NORTHBANK, SOUTHPAY_CURRENCIES};
use super::plan::{Act, Customer, Event, Plan, Planned, With};
use super::progress::Progress;
use super::source::DemoSource;
use super::stage::Stage;
use super::{Counts, DemoCustomer};

/// What became of a customer of the plan.
#[derive(Debug, Clone, Default)]
struct Known {
    profile_id: Option<ProfileId>,
    guid: String,
    /// The payment tokens of what was stored, in order.
    tokens: Vec<String>,
}

/// A plan that is being played.
struct Play<'a> {
    app: &'a Arc<App>,
    stage: &'a Stage,
    customers: &'a [Customer],
    known: Vec<Known>,
    payments: Vec<Option<(Merchant, PaymentId, Money)>>,
    counts: Counts,
}

/// Plays everything, and answers how much there is now and who the first customer is.
pub(super) async fn play(
    app: &Arc<App>,
    source: &DemoSource,
    stage: &Stage,
    plan: &Plan,
    progress: &dyn Progress,
) -> anyhow::Result<(Counts, DemoCustomer)> {
    let mut play = Play {
        app,
        stage,
        customers: &plan.customers,
        known: vec![Known::default(); plan.customers.len()],
        payments: Vec::new(),
        counts: Counts::default(),
    };
    progress.begin("A year of business", plan.events.len());
    for event in &plan.events {
        source.walk_to(event.at);
        play.event(event).await.with_context(|| format!("at {}", event.at))?;
        progress.step();
    }
    let counts = play.counts;
    let (customers, instruments, payments) = (counts.customers, counts.instruments, counts.payments);
    progress.end(&format!("{customers} customers with {instruments} instruments made {payments} payments."));
    Ok((counts, play.first_customer()?))
}

impl Play<'_> {
    async fn event(&mut self, event: &Event) -> anyhow::Result<()> {
        match &event.act {
            Act::Create { customer, overlay } => self.create(*customer, overlay).await,
            Act::Note { customer, merchant, overlay } => self.note(*customer, *merchant, overlay).await,
            Act::Register { customer, merchant, token, is_preferred } => {
                self.register(*customer, *merchant, token, *is_preferred).await
            }
            Act::Pay(planned) => self.pay(planned).await,
            Act::Capture { payment, minor } => {
                let (ctx, id, amount) = self.follow_up(*payment, *minor)?;
                payments::capture(&ctx, id, amount, false).await.map(drop).context("capturing")
            }
            Act::Void { payment } => {
                let (ctx, id, _) = self.follow_up(*payment, None)?;
                payments::void(&ctx, id).await.map(drop).context("voiding")
            }
            Act::Refund { payment, minor } => {
                let (ctx, id, amount) = self.follow_up(*payment, *minor)?;
                payments::refund(&ctx, id, amount).await.map(drop).context("refunding")
            }
        }
    }

    /// A request of the merchant, now.
    fn ctx(&self, merchant: Merchant) -> Ctx {
        self.app.ctx(self.stage.actor(merchant).viewer.clone())
    }

    fn customer(&self, number: usize) -> anyhow::Result<(&Customer, &Known)> {
        let (customer, known) = (self.customers.get(number), self.known.get(number));
        customer.zip(known).context("the plan names a customer that it does not have")
    }

    async fn create(&mut self, number: usize, overlay: &OverlayInput) -> anyhow::Result<()> {
        let (customer, _) = self.customer(number)?;
        let ctx = self.ctx(customer.home);
        let input = CreateProfile {
            container_id: None,
            customer_identification: customer.identification.clone(),
            person: customer.somebody.input.clone(),
            overlay: overlay.clone(),
        };
        let id = profiles::create(&ctx, input).await.context("creating a profile")?;
        self.meet(&ctx, number, id).await
    }

    /// Keeps what a customer of the plan became.
    async fn meet(&mut self, ctx: &Ctx, number: usize, id: ProfileId) -> anyhow::Result<()> {
        let view = profiles::find(ctx, ProfileKey::Id(id), &Default::default()).await?;
        let view = view.context("the profile that was just made is not there")?;
        let known = self.known.get_mut(number).context("the plan names a customer that it does not have")?;
        known.profile_id = Some(id);
        known.guid = view.profile.guid;
        self.counts.customers += 1;
        Ok(())
    }

    async fn note(
        &mut self,
        number: usize,
        merchant: Merchant,
        overlay: &OverlayInput,
    ) -> anyhow::Result<()> {
        let (_, known) = self.customer(number)?;
        let id = known.profile_id.context("a merchant notes something about nobody")?;
        let input = UpdateProfile {
            key: ProfileKey::Id(id),
            expected_version: None,
            person: PersonInput::default(),
            status: None,
            preferred_instrument_id: Patch::Keep,
            overlay: overlay.clone(),
        };
        profiles::update(&self.ctx(merchant), input).await.map(drop).context("noting something")
    }

    async fn register(
        &mut self,
        number: usize,
        merchant: Merchant,
        token: &'static str,
        is_preferred: bool,
    ) -> anyhow::Result<()> {
        let (customer, known) = self.customer(number)?;
        let target = self.target(merchant, token, customer.currency().code());
        let position = known.tokens.len();
        let input = Pay {
            kind: PaymentKind::Register,
            merchant_transaction_id: format!("{}-R{number:04}-{position}", merchant.code()),
            target,
            pay_with: Some(PayWith::TransactionToken(Secret::from(token))),
            amount: Money::zero(customer.currency()),
            description: None,
            customer: None,
            identification: None,
            customer_profile_data: Some(CustomerProfileData {
                profile_guid: Some(known.guid.clone()),
                mark_as_preferred: is_preferred,
                ..CustomerProfileData::default()
            }),
            with_register: false,
            return_url: None,
            terms: Terms::default(),
            source: PaymentSource::Api,
            source_id: None,
            source_description: None,
            initiator: Initiator::Customer,
            metadata: Map::new(),
        };
        let ctx = self.ctx(merchant);
        let paid = payments::pay(&ctx, input).await.with_context(|| format!("registering {token}"))?;
        self.keep_instrument(&ctx, number, paid).await
    }

    /// Where a fresh token is sent: to the router, or straight to the processor that alone takes it.
    fn target(&self, merchant: Merchant, token: &str, currency: &str) -> Target {
        let actor = self.stage.actor(merchant);
        let is_special = matches!(token, "tok_mealvoucher_edenred" | "tok_momo_mtn" | "tok_bank_transfer");
        if is_special || !SOUTHPAY_CURRENCIES.contains(&currency) {
            Target::Connector(actor.connector(NORTHBANK))
        } else {
            Target::Router(actor.tenant.router_id)
        }
    }

    async fn keep_instrument(&mut self, ctx: &Ctx, number: usize, paid: Paid) -> anyhow::Result<()> {
        let id = paid.instrument_id.context("nothing was stored")?;
        let found = reads::instruments_by_id(ctx, &[id]).await?.into_iter().next().flatten();
        let token = found.context("the instrument is not there")?.instrument.payment_token.clone();
        let known = self.known.get_mut(number).context("the plan names a customer that it does not have")?;
        known.tokens.push(token);
        self.counts.instruments += 1;
        Ok(())
    }

    async fn pay(&mut self, planned: &Planned) -> anyhow::Result<()> {
        let input = self.input(planned)?;
        let ctx = self.ctx(planned.merchant);
        let paid = payments::pay(&ctx, input).await.with_context(|| format!("paying {planned:?}"))?;
        if self.payments.len() <= planned.number {
            self.payments.resize(planned.number + 1, None);
        }
        if let Some(slot) = self.payments.get_mut(planned.number) {
            *slot = Some((planned.merchant, paid.payment_id, planned.amount));
        }
        self.counts.payments += 1;
        let Some(number) = planned.customer.filter(|_| planned.is_first) else { return Ok(()) };
        let id = paid.profile_id.context("paying made no profile")?;
        self.meet(&ctx, number, id).await?;
        self.keep_instrument(&ctx, number, paid).await
    }

    fn input(&self, planned: &Planned) -> anyhow::Result<Pay> {
        let customer = planned.customer.map(|number| self.customer(number)).transpose()?;
        let currency = planned.amount.currency().code();
        let router = Target::Router(self.stage.actor(planned.merchant).tenant.router_id);
        let (pay_with, target) = match planned.with {
            With::Once(token) => (
                PayWith::TransactionToken(Secret::from(token)),
                self.target(planned.merchant, token, currency),
            ),
            With::Stored(position) => {
                let token = customer.and_then(|(_, known)| known.tokens.get(position)).cloned();
                (PayWith::PaymentToken(token.context("the customer has not stored that yet")?), router)
            }
        };
        let first = customer.filter(|_| planned.is_first).map(|(customer, _)| customer);
        Ok(Pay {
            kind: planned.kind,
            merchant_transaction_id: format!("{}-{:06}", planned.merchant.code(), planned.number + 1),
            target,
            pay_with: Some(pay_with),
            amount: planned.amount,
            description: Some(planned.description.clone()),
            customer: first.map(|customer| customer.somebody.input.clone()),
            identification: first.and_then(|customer| customer.identification.clone()),
            customer_profile_data: first.map(|customer| CustomerProfileData {
                customer_identification: customer.identification.clone(),
                mark_as_preferred: true,
                ..CustomerProfileData::default()
            }),
            with_register: first.is_some(),
            return_url: planned.return_url.map(str::parse).transpose()?,
            terms: Terms::default(),
            source: planned.source,
            source_id: planned.source_id.clone(),
            source_description: planned.source_description.clone(),
            initiator: planned.initiator,
            metadata: planned.metadata.clone(),
        })
    }

    /// Who asks for a follow-up, of which payment, and how much of it.
    fn follow_up(
        &self,
        number: usize,
        minor: Option<i64>,
    ) -> anyhow::Result<(Ctx, PaymentId, Option<Money>)> {
        let made = self.payments.get(number).copied().flatten();
        let (merchant, id, amount) = made.context("the plan follows up a payment that was not made")?;
        let part = minor.map(|minor| Money::try_new(minor, amount.currency())).transpose()?;
        Ok((self.ctx(merchant), id, part))
    }

    /// Alex, whom the sample operations ask for.
    fn first_customer(&self) -> anyhow::Result<DemoCustomer> {
        let (customer, known) = self.customer(0)?;
        Ok(DemoCustomer {
            profile_id: known.profile_id.context("the first customer never came")?,
            guid: known.guid.clone(),
            customer_identification: customer.identification.clone().unwrap_or_default(),
            payment_token: known.tokens.first().cloned().context("the first customer stored nothing")?,
        })
    }
}
