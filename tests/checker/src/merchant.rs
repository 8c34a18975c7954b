//! Merchants: each a program that sells, captures, voids and refunds, and never gives up a request.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};

use crate::api::{Api, Said};
use crate::clock::pause;
use crate::compare::{Findings, Wrong};
use crate::log::{Log, Outcome, Seen, Told};
use crate::money::{Amount, CURRENCIES};
use crate::random::Dice;
use crate::stage::Stage;
use crate::wire::Kind;

/// What is asked of each payment.
pub(crate) const PAYMENT: &str = "payment { id status authorized { minorUnits } captured { minorUnits } \
    refunded { minorUnits } instrument { paymentToken } }";
const FOUND: &str = "query($id: ID!) { payment(by: { id: $id }) { id status authorized { minorUnits } \
    captured { minorUnits } refunded { minorUnits } instrument { paymentToken } } }";
/// After the run has ended, so long a client goes on to ask for an answer.
const PATIENCE: Duration = Duration::from_secs(45);
/// The bound of waiting for a payment that is under way; then the client leaves it alone.
const POLLS: u32 = 400;

const COMPLAINTS_MAX: usize = 20;

/// What all merchants of a run share.
pub(crate) struct Market {
    pub(crate) api: Api,
    pub(crate) log: Log,
    pub(crate) connector: String,
    pub(crate) seed: u64,
    /// Begin nothing new.
    pub(crate) is_over: AtomicBool,
    /// Requests that were sent, tries included.
    pub(crate) requests: AtomicU64,
    /// Requests that the client gave up halfway, to send them again.
    pub(crate) disconnects: AtomicU64,
    /// Whether clients lose their patience now and then.
    pub(crate) hangs_up: bool,
    /// What the server said that no client understands.
    pub(crate) broken: Mutex<Vec<String>>,
}

impl Market {
    /// A market on a stage, with an empty log.
    pub(crate) fn open(stage: &Stage, hangs_up: bool) -> Result<Arc<Self>> {
        Ok(Arc::new(Self {
            api: stage.api()?,
            log: Log::create(&stage.directory.path().join("clients.jsonl"))?,
            connector: stage.connector.clone(),
            seed: stage.setup.seed,
            is_over: AtomicBool::new(false),
            requests: AtomicU64::new(0),
            disconnects: AtomicU64::new(0),
            hangs_up,
            broken: Mutex::default(),
        }))
    }

    /// The input of a payment.
    pub(crate) fn payment(&self, order: &str, amount: &Amount, token: &str) -> Value {
        json!({
            "merchantTransactionId": order, "connectorId": self.connector, "description": order,
            "payWith": { "transactionToken": token }, "amount": amount.input(),
            "returnUrl": "https://shop.example.com/return",
        })
    }

    /// Remembers what was said that nobody understands; some of it is enough.
    pub(crate) fn complain(&self, what: String) {
        let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        if broken.len() < COMPLAINTS_MAX {
            broken.push(what);
        }
    }

    /// What was said that nobody understands, as findings.
    pub(crate) fn complaints(&self) -> Findings {
        let mut findings = Findings::default();
        let broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner).clone();
        broken.into_iter().for_each(|what| findings.add(Wrong::Broken, what));
        findings
    }
}

/// One of them.
pub(crate) struct Merchant {
    market: Arc<Market>,
    dice: Dice,
    number: u64,
    count: u64,
}

impl Merchant {
    pub(crate) fn new(market: Arc<Market>, number: u64) -> Self {
        let dice = Dice::new(market.seed, number);
        Self { market, dice, number, count: 0 }
    }

    /// Sells until the market is over.
    pub(crate) async fn trade(mut self) {
        while !self.market.is_over.load(Ordering::SeqCst) {
            let order = self.name("order");
            match self.dice.between(0, 99) {
                0..=34 => self.sale(&order).await,
                35..=64 => self.reservation(&order).await,
                65..=79 => self.challenge(&order).await,
                80..=89 => self.agreement(&order).await,
                _ => {
                    let amount = self.amount();
                    self.pay(Kind::Sale, &order, &amount, "tok_chargeDeclined").await;
                }
            }
        }
    }

    /// A sale, then perhaps refunds or a void.
    async fn sale(&mut self, order: &str) {
        let amount = self.amount();
        let Some(seen) = self.pay(Kind::Sale, order, &amount, "tok_visa").await else { return };
        let Some(seen) = self.settled(seen).await else { return };
        if seen.status != "SUCCEEDED" {
            return;
        }
        match self.dice.between(0, 9) {
            0 => {
                self.follow_up(Kind::Void, order, &seen.payment, None, false).await;
            }
            1..=5 => self.refunds(order, &seen.payment, &amount).await,
            _ => {}
        }
    }

    /// Refunds in parts: a third each, and a fourth time, which is too much.
    async fn refunds(&mut self, order: &str, payment: &str, amount: &Amount) {
        let part = (amount.minor / 3).max(1);
        let count = self.dice.between(1, 4);
        for _ in 0..count {
            let part = amount.with(part);
            let Some(seen) = self.follow_up(Kind::Refund, order, payment, Some(part), false).await else {
                return;
            };
            if self.settled(seen).await.is_none() {
                return;
            }
        }
    }

    /// A reservation that is raised, captured in parts, captured finally, or released.
    async fn reservation(&mut self, order: &str) {
        let amount = self.amount();
        let Some(seen) = self.pay(Kind::Authorize, order, &amount, "tok_visa").await else { return };
        let Some(mut seen) = self.settled(seen).await else { return };
        if seen.status != "AUTHORIZED" {
            return;
        }
        let id = seen.payment.clone();
        if self.dice.happens(25) {
            let more = amount.with((amount.minor / 4).max(1));
            let Some(raised) = self.follow_up(Kind::Increment, order, &id, Some(more), false).await else {
                return;
            };
            let Some(raised) = self.settled(raised).await else { return };
            seen = raised;
        }
        match self.dice.between(0, 3) {
            0 => {
                self.follow_up(Kind::Void, order, &id, None, false).await;
            }
            1 => {
                let all = amount.with(seen.authorized);
                self.follow_up(Kind::Capture, order, &id, Some(all), false).await;
            }
            _ => self.captures(order, &id, amount.with((seen.authorized / 3).max(1))).await,
        }
    }

    /// One or two parts, then the last one as the final one, or the rest is released.
    async fn captures(&mut self, order: &str, payment: &str, part: Amount) {
        let count = self.dice.between(1, 2);
        for at in 1..=count {
            let is_last = at == count && self.dice.happens(50);
            let captured = self.follow_up(Kind::Capture, order, payment, Some(part.clone()), is_last).await;
            let Some(seen) = captured else { return };
            let Some(seen) = self.settled(seen).await else { return };
            if is_last && seen.captured > 0 {
                self.follow_up(Kind::Refund, order, payment, Some(part.with(1)), false).await;
                return;
            }
        }
        if self.dice.happens(50) {
            self.follow_up(Kind::Void, order, payment, None, false).await;
        }
    }

    /// One operation, with what has to come before it: the one that a cell of the matrix is about.
    pub(crate) async fn perform(&mut self, kind: Kind) {
        let (order, amount) = (self.name("order"), Amount::new(1_000, "EUR"));
        match kind {
            Kind::Sale | Kind::Authorize => {
                self.pay(kind, &order, &amount, "tok_visa").await;
            }
            Kind::Register => self.agreement(&order).await,
            Kind::Resume => self.challenge(&order).await,
            Kind::Capture | Kind::Void | Kind::Refund | Kind::Increment | Kind::Deregister | Kind::Lookup => {
                let first = if kind == Kind::Refund { Kind::Sale } else { Kind::Authorize };
                let Some(seen) = self.pay(first, &order, &amount, "tok_visa").await else { return };
                let part = (kind != Kind::Void).then(|| amount.with(400));
                self.follow_up(kind, &order, &seen.payment, part, false).await;
            }
        }
    }

    /// A sale for which the customer is sent to a challenge.
    async fn challenge(&mut self, order: &str) {
        let amount = self.amount();
        let Some(seen) = self.pay(Kind::Sale, order, &amount, "tok_threeDSecureRequired").await else {
            return;
        };
        let Some(seen) = self.settled(seen).await else { return };
        if seen.status != "REQUIRES_ACTION" {
            return;
        }
        let result = if self.dice.happens(80) { "authenticated" } else { "failed" };
        let input =
            json!({ "paymentId": seen.payment, "parameters": [{ "name": "result", "value": result }] });
        self.request(Kind::Resume, "resumePayment", order, None, input).await;
    }

    /// An instrument that is stored, and a payment that the merchant starts with it.
    async fn agreement(&mut self, order: &str) {
        let customer = json!({ "customerIdentification": format!("customer-{order}") });
        let input = json!({
            "merchantTransactionId": order, "connectorId": self.market.connector,
            "payWith": { "transactionToken": "tok_visa" }, "customerProfileData": customer,
        });
        let Some((seen, payload)) =
            self.request(Kind::Register, "registerInstrument", order, None, input).await
        else {
            return;
        };
        let known = payload.pointer("/payment/instrument/paymentToken").and_then(Value::as_str);
        let token = match known {
            Some(token) => token.to_owned(),
            None => match self.found(&seen.payment, |payment| payment.status == "SUCCEEDED").await {
                Some((_, payment)) => {
                    payment["instrument"]["paymentToken"].as_str().unwrap_or_default().to_owned()
                }
                None => return,
            },
        };
        let (order, amount) = (self.name("renewal"), self.amount());
        let input = json!({
            "merchantTransactionId": order, "connectorId": self.market.connector, "description": order,
            "payWith": { "paymentToken": token }, "amount": amount.input(), "initiator": "MERCHANT",
        });
        self.request(Kind::Sale, "debitPayment", &order, Some(amount), input).await;
    }

    async fn pay(&mut self, kind: Kind, order: &str, amount: &Amount, token: &str) -> Option<Seen> {
        let mutation = if kind == Kind::Sale { "debitPayment" } else { "preauthorizePayment" };
        let input = self.market.payment(order, amount, token);
        let answered = self.request(kind, mutation, order, Some(amount.clone()), input).await;
        answered.map(|(seen, _)| seen)
    }

    async fn follow_up(
        &mut self,
        kind: Kind,
        order: &str,
        payment: &str,
        amount: Option<Amount>,
        is_final: bool,
    ) -> Option<Seen> {
        let mut input = json!({ "paymentId": payment });
        if let Some(amount) = &amount {
            input["amount"] = amount.input();
        }
        let mutation = match kind {
            Kind::Capture => {
                input["isFinal"] = json!(is_final);
                "capturePayment"
            }
            Kind::Increment => "incrementAuthorization",
            Kind::Void => "voidPayment",
            _ => "refundPayment",
        };
        self.request(kind, mutation, order, amount, input).await.map(|(seen, _)| seen)
    }

    /// Sends a request, again and again under its key, until somebody says what became of it. None if it was
    /// refused, or nobody ever said.
    async fn request(
        &mut self,
        kind: Kind,
        mutation: &str,
        order: &str,
        amount: Option<Amount>,
        mut input: Value,
    ) -> Option<(Seen, Value)> {
        let key = self.name("key");
        input["idempotencyKey"] = json!(key);
        let mut tries = 0;
        let mut deadline = None;
        let (outcome, answered) = loop {
            tries += 1;
            match self.send(mutation, &input).await {
                Said::Done(payload) => match seen(&payload["payment"]) {
                    Some(seen) => break (Outcome::Accepted(seen.clone()), Some((seen, payload))),
                    None => self.market.complain(format!("{mutation} answered without a payment: {payload}")),
                },
                Said::Refused(codes) => break (Outcome::Refused(codes), None),
                Said::Lost(_) => {}
                Said::Broken(why) => self.market.complain(format!("{mutation}: {why}")),
            }
            if self.is_too_late(&mut deadline) {
                break (Outcome::Unanswered, None);
            }
            pause(Duration::from_millis(self.dice.between(2, 30))).await;
        };
        self.market.log.append(Told { order: order.to_owned(), kind, key, amount, tries, outcome });
        answered
    }

    /// One try; some clients lose their patience and hang up.
    async fn send(&mut self, mutation: &str, input: &Value) -> Said {
        let node = usize::try_from(self.dice.between(0, 7)).unwrap_or(0);
        self.market.requests.fetch_add(1, Ordering::SeqCst);
        let asking = self.market.api.mutate(node, mutation, input, PAYMENT);
        let is_patient = !self.market.hangs_up || self.market.is_over.load(Ordering::SeqCst);
        if is_patient || !self.dice.happens(5) {
            return asking.await;
        }
        let patience = Duration::from_millis(self.dice.between(1, 100));
        let answered = tokio::time::timeout(patience, asking).await;
        answered.unwrap_or_else(|_| {
            self.market.disconnects.fetch_add(1, Ordering::SeqCst);
            Said::Lost("the client hung up".to_owned())
        })
    }

    /// Waits for a payment to stop moving, as a merchant does who polls.
    async fn settled(&mut self, seen: Seen) -> Option<Seen> {
        let is_still = |seen: &Seen| !matches!(seen.status.as_str(), "CREATED" | "PROCESSING" | "PENDING");
        if is_still(&seen) && self.dice.happens(80) {
            return Some(seen);
        }
        self.found(&seen.payment, is_still).await.map(|(seen, _)| seen)
    }

    /// Asks for a payment until it is as it should be.
    async fn found(&mut self, payment: &str, is_right: impl Fn(&Seen) -> bool) -> Option<(Seen, Value)> {
        let mut deadline = None;
        for _ in 0..POLLS {
            let node = usize::try_from(self.dice.between(0, 7)).unwrap_or(0);
            let said = self.market.api.ask(node, FOUND, &json!({ "id": payment })).await;
            if let Said::Done(data) = said
                && let Some(seen) = seen(&data["payment"])
                && is_right(&seen)
            {
                return Some((seen, data["payment"].clone()));
            }
            if self.is_too_late(&mut deadline) {
                return None;
            }
            pause(Duration::from_millis(self.dice.between(20, 150))).await;
        }
        None
    }

    fn is_too_late(&self, deadline: &mut Option<Instant>) -> bool {
        if self.market.is_over.load(Ordering::SeqCst) && deadline.is_none() {
            *deadline = Some(Instant::now() + PATIENCE);
        }
        deadline.is_some_and(|deadline| Instant::now() > deadline)
    }

    /// A name that nobody else has.
    fn name(&mut self, what: &str) -> String {
        self.count += 1;
        format!("{what}-{}-{}-{}", self.market.seed, self.number, self.count)
    }

    fn amount(&mut self) -> Amount {
        let (currency, _) = self.dice.pick(&CURRENCIES);
        // Below the test amounts of the sandbox, which mean nothing here and would only confuse.
        let minor = self.dice.between(300, 5_999);
        Amount::new(i64::try_from(minor).unwrap_or(300), currency)
    }
}

/// A payment of an answer.
pub(crate) fn seen(payment: &Value) -> Option<Seen> {
    let minor = |name: &str| match &payment[name]["minorUnits"] {
        Value::String(text) => text.parse().ok(),
        number => number.as_i64(),
    };
    Some(Seen {
        payment: payment["id"].as_str()?.to_owned(),
        status: payment["status"].as_str()?.to_owned(),
        authorized: minor("authorized")?,
        captured: minor("captured")?,
        refunded: minor("refunded")?,
    })
}
