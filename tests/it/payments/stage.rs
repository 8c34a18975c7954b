//! A shop at its counter: payments played through the API, and looked at from every side.
//!
//! What a payment is seen as is read through `node`, which asks no processor: looking changes nothing.

use std::fmt;

use purser_services::payments;
use purser_tests::{Answer, Shop, World};
use purser_types::Source;
use serde_json::{Value, json};

use super::shop;

const HISTORY: &str =
    "query($id: ID!) { node(id: $id) { ... on Payment { status decline { code } nextAction { __typename }
    currency: amount { currency } amount { minorUnits } authorized { minorUnits } captured { minorUnits }
    refunded { minorUnits } disputed { minorUnits }
    events(last: 100) { totalCount nodes { position kind statusFrom statusTo origin } }
    ledger { position debit credit amount { minorUnits } }
    attempts { position operation status review }
    disputes { stage status amount { minorUnits } } } } }";

/// A shop, with the server around it.
pub(super) struct Stage<'w> {
    pub(super) world: &'w World,
    pub(super) shop: Shop<'w>,
}

/// A payment from every side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) status: String,
    /// What is reserved, captured, refunded and disputed, in minor units.
    pub(super) amounts: [i64; 4],
    /// What happened, from the first.
    pub(super) events: Vec<String>,
    /// `CUSTOMER>RESERVED 999`
    pub(super) ledger: Vec<String>,
    /// `SALE SUCCEEDED`, with the reason of a review.
    pub(super) attempts: Vec<String>,
}

impl<'w> Stage<'w> {
    pub(super) async fn open(world: &'w World) -> Self {
        Self { world, shop: shop(world).await }
    }

    /// A fresh card through the shop's connector, for so much.
    pub(super) fn card(&self, token: &str, amount: &str) -> Value {
        json!({
            "merchantTransactionId": self.world.unique("order"),
            "connectorId": self.shop.connector,
            "payWith": { "transactionToken": token },
            "amount": { "amount": amount, "currency": "EUR" },
        })
    }

    /// The same without anything that pays.
    pub(super) fn nothing(&self, amount: &str) -> Value {
        without(self.card("", amount), "payWith")
    }

    /// Asks for something about a payment; answers the payment's id. Nothing of this may be refused: a decline,
    /// a doubt and an action are states.
    pub(super) async fn play(&self, mutation: &str, input: Value) -> String {
        let answer = self.ask(mutation, input).await;
        assert_eq!(answer.user_errors(mutation), [], "{answer}");
        answer.text(&format!("{mutation}.payment.id"))
    }

    /// Asks for something about a payment, whatever is said to it.
    pub(super) async fn ask(&self, mutation: &str, input: Value) -> Answer {
        self.shop.tenant.mutate(mutation, input, "payment { id status }").await
    }

    /// Asks for something about a payment that is refused with a code.
    pub(super) async fn refused(&self, mutation: &str, input: Value, code: &str) {
        let sent = self.world.gate().sent();
        let answer = self.ask(mutation, input).await;
        assert_eq!(answer.refusal(mutation), code, "{mutation}: {answer}");
        assert_eq!(self.world.gate().sent(), sent, "what was refused was sent: {answer}");
    }

    /// A payment from every side; its books balance.
    pub(super) async fn seen(&self, id: &str) -> Seen {
        let answer = self.shop.tenant.query(HISTORY, json!({ "id": id })).await;
        let payment = answer.data("node");
        let seen = Seen::of(payment);
        seen.check(payment);
        seen
    }

    /// Asserts how a payment stands, and what happened to it last.
    #[track_caller]
    pub(super) fn stands(&self, id: &str, status: &str, amounts: [i64; 4]) -> impl Future<Output = Seen> {
        let caller = std::panic::Location::caller();
        async move {
            let seen = self.seen(id).await;
            assert_eq!((seen.status.as_str(), seen.amounts), (status, amounts), "at {caller}: {seen}");
            seen
        }
    }

    /// Lets the processor send what it has to say, and applies it; then once more for what came of it.
    pub(super) async fn hear(&self) {
        for _ in 0..4 {
            for notification in self.world.sandbox().take_notifications("northbank") {
                let url = format!(
                    "{}/connectors/{}/notifications",
                    self.world.anonymous().origin(),
                    self.shop.connector
                );
                let client = reqwest::Client::builder().no_proxy().build().expect("a client");
                let sent =
                    client.post(url).headers(notification.headers).body(notification.body).send().await;
                let status = sent.expect("an answer").status();
                assert!(status.is_success(), "a notification was answered with {status}");
            }
            let app = self.world.app();
            let tick = payments::notifications_tick(app, 100, app.source().now()).await.expect("a tick");
            assert_eq!(tick.failed, 0);
        }
    }

    /// Lets the workers look at whatever is due.
    pub(super) async fn work(&self) {
        let app = self.world.app();
        for _ in 0..3 {
            let now = self.world.source().now();
            payments::janitor_tick(app, 8, 100, now).await.expect("a tick");
            payments::captures_tick(app, 100, now).await.expect("a tick");
            payments::expiries_tick(app, 100, now).await.expect("a tick");
        }
    }

    /// What the processor has taken and not given back, of all payments.
    pub(super) fn kept(&self) -> i64 {
        self.world.books("northbank").payments().map(|payment| payment.captured - payment.refunded).sum()
    }
}

impl Stage<'_> {
    /// What the processor still holds, of all payments.
    pub(super) fn reserved(&self) -> i64 {
        let books = self.world.books("northbank");
        let open = books.payments().filter(|payment| payment.is_open);
        open.map(|payment| payment.authorized - payment.captured).sum()
    }
}

/// An input without one of its members.
pub(super) fn without(mut input: Value, member: &str) -> Value {
    input.as_object_mut().expect("an object").remove(member);
    input
}

/// An input with more members.
pub(super) fn with(mut input: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("an object") };
    input.as_object_mut().expect("an object").extend(more);
    input
}

fn minor(payment: &Value, name: &str) -> i64 {
    payment[name]["minorUnits"].as_str().and_then(|text| text.parse().ok()).expect("minor units")
}

fn texts(list: &Value, text: impl Fn(&Value) -> String) -> Vec<String> {
    list.as_array().expect("a list").iter().map(text).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

impl Seen {
    fn of(payment: &Value) -> Self {
        let amounts = ["authorized", "captured", "refunded", "disputed"].map(|name| minor(payment, name));
        let mut events = texts(&payment["events"]["nodes"], |event| text(&event["kind"]).to_owned());
        events.reverse();
        Self {
            status: text(&payment["status"]).to_owned(),
            amounts,
            events,
            ledger: texts(&payment["ledger"], |it| {
                format!("{}>{} {}", text(&it["debit"]), text(&it["credit"]), minor(it, "amount"))
            }),
            attempts: texts(&payment["attempts"], |attempt| {
                let review = attempt["review"].as_str().map(|why| format!(" ({why})")).unwrap_or_default();
                format!("{} {}{review}", text(&attempt["operation"]), text(&attempt["status"]))
            }),
        }
    }

    /// The ledger folds to the amounts, the events lead to the status, and success was told once at most.
    fn check(&self, payment: &Value) {
        let sum = |account: &str| -> i64 {
            self.ledger.iter().fold(0, |sum, transfer| {
                let (accounts, minor) = transfer.split_once(' ').expect("a transfer");
                let minor: i64 = minor.parse().expect("minor units");
                let (debit, credit) = accounts.split_once('>').expect("two accounts");
                sum + if credit == account { minor } else { 0 } - if debit == account { minor } else { 0 }
            })
        };
        let [authorized, captured, refunded, disputed] = self.amounts;
        let folded = ["CUSTOMER", "RESERVED", "CAPTURED", "REFUNDED", "DISPUTED"].map(sum);
        let expected =
            [-authorized, authorized - captured, captured - refunded - disputed, refunded, disputed];
        assert_eq!(folded, expected, "the ledger is not the amounts: {self}");
        let successes =
            self.events.iter().filter(|kind| ["PAYMENT_SUCCEEDED", "LATE_SUCCESS"].contains(&kind.as_str()));
        assert!(successes.count() <= 1, "success was told twice: {self}");
        let events = payment["events"]["nodes"].as_array().expect("events");
        assert_eq!(payment["events"]["totalCount"], json!(events.len()));
        let mut status = &Value::Null;
        for (at, event) in events.iter().rev().enumerate() {
            assert_eq!(event["position"], json!(at + 1), "{self}");
            assert!(event["statusFrom"] == *status || at == 1, "a gap in the history: {payment}");
            status = &event["statusTo"];
        }
        assert_eq!(text(status), self.status, "the events do not lead to the status: {self}");
    }

    /// The kinds of what happened after the first `count` events.
    pub(super) fn since(&self, count: usize) -> Vec<&str> {
        self.events.iter().skip(count).map(String::as_str).collect()
    }

    /// The attempts, as words.
    pub(super) fn tried(&self) -> Vec<&str> {
        self.attempts.iter().map(String::as_str).collect()
    }

    /// What happened last.
    pub(super) fn last(&self) -> &str {
        self.events.last().map(String::as_str).unwrap_or_default()
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, amounts, events, ledger, attempts } = self;
        write!(f, "{status} {amounts:?}\n  {events:?}\n  {ledger:?}\n  {attempts:?}")
    }
}
