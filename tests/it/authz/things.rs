//! A tree with everybody in it, and one of everything that the owner has.

use purser_tests::{Answer, Client, Shop, Tenant, World};
use serde_json::{Value, json};

/// What the sibling may do; not to delete for everyone.
const GRANT: [&str; 5] = ["READ_PROFILE", "READ_PII", "USE_INSTRUMENT", "STORE_INSTRUMENT", "UPDATE_PROFILE"];

/// Everybody, and the owner's things by the names that the table uses.
pub(super) struct Things<'w> {
    pub(super) publishable: Client,
    pub(super) owner: Tenant<'w>,
    /// The sibling, the revoked one, the parent and the stranger, as in the table's rows.
    pub(super) others: [Tenant<'w>; 4],
    named: Vec<(&'static str, String)>,
}

impl<'w> Things<'w> {
    pub(super) async fn make(world: &'w World) -> Self {
        let parent = world.root_tenant("parent").await;
        let owner = parent.child("owner").await.shop().await;
        let tenant = owner.tenant.clone();
        let sibling = parent.child("sibling").await;
        let revoked = parent.child("revoked").await;
        let spare = parent.child("spare").await;
        tenant.child("below").await;
        tenant.share(&owner.container, &sibling, &GRANT).await;
        let taken_back = tenant.share(&owner.container, &revoked, &GRANT).await;
        let share = tenant.share(&owner.container, &spare, &GRANT).await;
        tenant.bind(&owner.container, Some(&owner.connector)).await;
        let mut named = vec![
            ("$tenant", tenant.id.clone()),
            ("$slug", tenant.slug.clone()),
            ("$spare", spare.id.clone()),
            ("$container", owner.container.clone()),
            ("$connector", owner.connector.clone()),
            ("$share", share),
        ];
        named.extend(people(&owner).await);
        named.extend(business(&owner, &named).await);
        let guid = value(&named, "$guid");
        for linked in [&sibling, &revoked] {
            let answer = linked
                .query("query($it: String!) { profile(by: {guid: $it}) { id } }", json!({ "it": guid }));
            let _ = answer.await.text("profile.id");
        }
        tenant.done("revokeContainerShare", json!({ "id": taken_back }), "share { id }", "share.id").await;
        let stranger = world.root_tenant("stranger").await.shop().await.tenant;
        let publishable = tenant.publishable().await;
        named.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        Self { publishable, owner: tenant, others: [sibling, revoked, parent, stranger], named }
    }

    /// A document's field with the owner's things in it.
    pub(super) fn filled(&self, ask: &str) -> String {
        let filled = self.named.iter().fold(ask.to_owned(), |ask, (name, value)| ask.replace(name, value));
        filled.replace("$new", &self.owner.world().unique("new"))
    }

    /// The same field with things that are nowhere, in the same spelling.
    pub(super) fn filled_with_nothing(&self, ask: &str) -> String {
        let filled =
            self.named.iter().fold(ask.to_owned(), |ask, (name, value)| ask.replace(name, &elsewhere(value)));
        filled.replace("$new", &self.owner.world().unique("new"))
    }

    /// An answer without what differs from request to request: ids that were sent, and the request's own.
    pub(super) fn masked(&self, answer: &Answer) -> String {
        let mut raw = answer.raw.clone();
        for (_, value) in &self.named {
            raw = raw.replace(value.as_str(), "it").replace(&elsewhere(value), "it");
        }
        for error in answer.body["errors"].as_array().into_iter().flatten() {
            let id = error["extensions"]["requestId"].as_str().unwrap_or_default();
            raw = raw.replace(id, "request");
        }
        raw
    }

    /// Whether something of the owner's is in an answer.
    pub(super) fn shows(&self, answer: &Answer) -> bool {
        self.named.iter().any(|(name, value)| *name != "$spare" && answer.raw.contains(value.as_str()))
    }

    /// Everything that a change could have changed, as the owner sees it.
    pub(super) async fn state(&self) -> String {
        let documents = [
            "{ tenant(by: {slug: \"owner\"}) { name version children { nodes { id } } apiKeys(first: 50) { nodes { id revokedAt } } }
                containers { nodes { version description permissions shares(first: 9) { nodes { id status permissions grantee { id } } } } }
                containerBindings { nodes { id } } containerOptOuts { nodes { id } } }",
            "{ profiles { nodes { id name version isFavorite preferredInstrument { id } instruments { id status } } } }",
            "{ payments(first: 50) { nodes { id status version captured { amount } refunded { amount } } }
                connectors { nodes { id name version } } routers { nodes { id name version } } }",
        ];
        let mut state = String::new();
        for document in documents {
            let answer = self.owner.query(document, json!({})).await;
            assert_eq!(answer.error_codes(), Vec::<String>::new(), "{answer}");
            state += &answer.raw;
        }
        state
    }
}

fn value(named: &[(&str, String)], name: &str) -> String {
    named.iter().find(|(other, _)| *other == name).map(|(_, value)| value.clone()).unwrap_or_default()
}

/// Something of the same spelling that does not exist.
fn elsewhere(value: &str) -> String {
    let turned = |letter: char| match letter {
        '0'..='8' => char::from_u32(u32::from(letter) + 1).unwrap_or(letter),
        '9' => '0',
        other => other,
    };
    match value.len() {
        0 => String::new(),
        // The last letters only: the prefix of an id names its kind, and the first letters its time.
        length => {
            let (head, tail) = value.split_at(length - length.min(6));
            let tail: String = tail.chars().map(turned).collect();
            let tail = if value.ends_with(&tail) {
                tail.replace(|letter: char| letter.is_ascii_lowercase(), "n")
            } else {
                tail
            };
            format!("{head}{tail}")
        }
    }
}

/// A customer with two cards.
async fn people(owner: &Shop<'_>) -> Vec<(&'static str, String)> {
    let token = owner.customer("ident-4711", "tok_visa_alex").await;
    let spare = owner.customer("ident-4711", "tok_mastercard").await;
    let document = "query($one: String!, $other: String!) {
        instrument(by: {paymentToken: $one}) { id profile { id guid } } other: instrument(by: {paymentToken: $other}) { id } }";
    let read = owner.tenant.query(document, json!({ "one": token, "other": spare })).await;
    let profile = read.text("instrument.profile.id");
    let input = json!({ "by": { "id": profile }, "externalId": "external-0815", "tags": ["tag-1234"],
        "metadata": { "note": "private-99" }, "name": "Alex" });
    owner.tenant.done("updateProfile", input, "profile { id }", "profile.id").await;
    vec![
        ("$spareInstrument", read.text("other.id")),
        ("$instrument", read.text("instrument.id")),
        ("$token", token),
        ("$profile", profile),
        ("$guid", read.text("instrument.profile.guid")),
        ("$identification", "ident-4711".to_owned()),
        ("$externalId", "external-0815".to_owned()),
        ("$tag", "tag-1234".to_owned()),
    ]
}

/// A router, a key, an opt-out, a payment and a reservation.
async fn business(owner: &Shop<'_>, named: &[(&'static str, String)]) -> Vec<(&'static str, String)> {
    let tenant = &owner.tenant;
    let pay = |order: &str| {
        json!({ "connectorId": owner.connector, "payWith": { "paymentToken": value(named, "$token") },
            "merchantTransactionId": order })
    };
    let paid = tenant.debit(pay("order-0001")).await.text("debitPayment.payment.id");
    let reserved = tenant.preauthorize(pay("order-0002")).await.text("preauthorizePayment.payment.id");
    let waiting = |order: &str| json!({ "connectorId": owner.connector, "merchantTransactionId": order, "amount": { "amount": "1.00", "currency": "EUR" } });
    let acting = json!({ "connectorId": owner.connector, "payWith": { "transactionToken": "tok_otp" } });
    let doubted =
        json!({ "connectorId": owner.connector, "payWith": { "transactionToken": "tok_wrongAmount" } });
    tenant.debit(doubted).await;
    let euro = json!({ "amount": "1.00", "currency": "EUR" });
    let sale =
        json!({ "externalId": "cart-0001", "lines": [{ "name": "tea", "unitAmount": euro }], "total": euro });
    let document = "query($id: ID!) { attemptsInReview { nodes { id } } payment(by: {id: $id}) { attempts { id } events { nodes { id } } } }";
    let read = tenant.query(document, json!({ "id": paid })).await;
    let all: Value = json!({ "reach": "SUB_TENANTS" });
    let key = json!({ "kind": "SECRET", "name": "spare" });
    vec![
        ("$router", tenant.router("main", &[&owner.connector]).await),
        ("$key", tenant.done("createApiKey", key, "apiKey { id }", "apiKey.id").await),
        ("$optOut", tenant.done("disableContainers", all, "optOut { id }", "optOut.id").await),
        ("$attempt", read.text("payment.attempts.0.id")),
        ("$event", read.text("payment.events.nodes.0.id")),
        ("$doubt", read.text("attemptsInReview.nodes.0.id")),
        (
            "$waiting",
            tenant.done("createPayment", waiting("order-0003"), "payment { id }", "payment.id").await,
        ),
        ("$idle", tenant.done("createPayment", waiting("order-0004"), "payment { id }", "payment.id").await),
        ("$acting", tenant.debit(acting).await.text("debitPayment.payment.id")),
        ("$sale", tenant.done("submitOrder", sale, "order { id }", "order.id").await),
        ("$cart", "cart-0001".to_owned()),
        ("$payment", paid),
        ("$reserved", reserved),
        ("$order", "order-0001".to_owned()),
    ]
}
