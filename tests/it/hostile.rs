//! What a partner of a shared container tries, who has every right that it was given and wants more.

use purser_domain::scope::Actor;
use purser_domain::{Environment, KeyScopes, Viewer};
use purser_services::instruments::{self, InstrumentKey};
use purser_services::payments::{self, PayWith, Target};
use purser_services::selection::ProfileSelection;
use purser_services::{Code, Ctx, Error, ProfileKey, profiles};
use purser_tests::{Answer, Shop, Tenant, World, each_database};
use serde_json::{Value, json};

/// A marketplace, its container, and two partners that use it.
struct Market<'w> {
    owner: Tenant<'w>,
    container: String,
    one: Shop<'w>,
    two: Shop<'w>,
}

const EVERYTHING: &[&str] =
    &["READ_PROFILE", "READ_PII", "USE_INSTRUMENT", "STORE_INSTRUMENT", "UPDATE_PROFILE"];

async fn market<'w>(world: &'w World, of_two: &[&str]) -> Market<'w> {
    let owner = world.root_tenant("market").await;
    let container = owner.container("customers").await;
    let one = partner(&owner, &container, "one", EVERYTHING).await;
    let two = partner(&owner, &container, "two", of_two).await;
    Market { owner, container, one, two }
}

async fn partner<'w>(owner: &Tenant<'w>, container: &str, slug: &str, may: &[&str]) -> Shop<'w> {
    let tenant = owner.child(slug).await;
    owner.share(container, &tenant, may).await;
    let connector = tenant.connector("cards", "northbank").await;
    tenant.bind(container, None).await;
    Shop { tenant, connector, container: container.to_owned() }
}

fn with_stored(shop: &Shop<'_>, token: &str) -> Value {
    json!({ "connectorId": shop.connector, "payWith": { "paymentToken": token } })
}

async fn update(tenant: &Tenant<'_>, guid: &str, change: Value) -> Answer {
    let mut input = json!({ "by": { "guid": guid } });
    input.as_object_mut().expect("an object").extend(change.as_object().cloned().expect("an object"));
    tenant.mutate("updateProfile", input, "profile { version email birthDate }").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guess_of_what_is_masked_is_answered_alike_whether_it_is_right_or_wrong() {
    each_database(async |world| {
        let Market { owner, container, one, two } =
            market(world, &["READ_PROFILE", "STORE_INSTRUMENT"]).await;
        let person = json!({ "customerIdentification": "alex", "email": "alex.smith@example.org",
            "phone": "+4930123456", "birthDate": "1970-01-31",
            "addresses": [{ "kind": "BILLING", "line1": "Main Street 1", "city": "Berlin" }] });
        let created = one.tenant.mutate("createProfile", person, "profile { guid }").await;
        let guid = created.text("createProfile.profile.guid");

        for (right, wrong) in [
            (json!({ "email": "alex.smith@example.org" }), json!({ "email": "alex.s@example.org" })),
            (json!({ "phone": "+4930123456" }), json!({ "phone": "+4930123457" })),
            (json!({ "birthDate": "1970-01-31" }), json!({ "birthDate": "1970-01-30" })),
        ] {
            let (right, wrong) =
                (update(&two.tenant, &guid, right).await, update(&two.tenant, &guid, wrong).await);
            assert_eq!(right.refusal("updateProfile"), "CONTAINER_PERMISSION_MISSING", "{right}");
            assert_eq!(right.body, wrong.body);
        }
        let guess = json!({ "customerIdentification": "alex", "containerId": container,
            "email": "alex.smith@example.org" });
        let guessed = two.tenant.mutate("upsertProfile", guess, "profile { version }").await;
        assert_eq!(guessed.refusal("upsertProfile"), "CONTAINER_PERMISSION_MISSING");

        // With leave to change and none to see, a right guess leaves the same trace as a wrong one.
        owner.share(&container, &two.tenant, &["READ_PROFILE", "UPDATE_PROFILE"]).await;
        let guessed = update(&two.tenant, &guid, json!({ "birthDate": "1970-01-31" })).await;
        assert_eq!(
            guessed.data("updateProfile.profile"),
            &json!({ "version": 2, "email": null, "birthDate": null })
        );
        let narrow = one.tenant.with_scopes(&["profiles:read", "profiles:write"]).await;
        let guessed = update(&narrow, &guid, json!({ "birthDate": "1970-01-31" })).await;
        assert_eq!(guessed.data("updateProfile.profile.version"), &json!(3));
        let same = update(&one.tenant, &guid, json!({ "birthDate": "1970-01-31" })).await;
        assert_eq!(
            same.data("updateProfile.profile.version"),
            &json!(3),
            "who sees it is told that it is so"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leave_to_use_a_card_does_not_become_a_card_of_ones_own() {
    each_database(async |world| {
        let Market { owner, container, one, two } = market(world, EVERYTHING).await;
        let token = one.customer("alex", "tok_visa").await;
        let paid = two.tenant.debit(with_stored(&two, &token)).await;
        assert_eq!(paid.text("debitPayment.payment.status"), "SUCCEEDED");
        let (earlier, sent) = (paid.text("debitPayment.payment.id"), world.gate().sent());

        for pay_with in [json!({ "paymentToken": token }), json!({ "referencePaymentId": earlier })] {
            let register = json!({ "connectorId": two.connector, "payWith": pay_with,
                "customerProfileData": { "customerIdentification": "alex" } });
            let refused = two.tenant.register(register).await;
            assert_eq!(refused.refusal("registerInstrument"), "INVALID_INPUT");
        }
        let mut again = with_stored(&two, &token);
        again["withRegister"] = json!(true);
        again["customerProfileData"] = json!({ "customerIdentification": "alex", "markAsPreferred": true });
        let again = two.tenant.debit(again).await;
        assert_eq!(again.text("debitPayment.instrument.paymentToken"), token, "no second instrument");
        assert_eq!(world.gate().sent(), sent + 1);

        owner.share(&container, &two.tenant, &["READ_PROFILE", "READ_PII", "STORE_INSTRUMENT"]).await;
        for pay_with in [json!({ "paymentToken": token }), json!({ "referencePaymentId": earlier })] {
            let debit = json!({ "connectorId": two.connector, "payWith": pay_with });
            assert_eq!(two.tenant.debit(debit).await.refusal("debitPayment"), "INSTRUMENT_NOT_SHARED");
        }
        let list = "query($by: ProfileBy!) { profile(by: $by) { instruments { isOwn } } }";
        let by = json!({ "by": { "customerIdentification": { "containerId": container, "customerIdentification": "alex" } } });
        let kept = two.tenant.query(list, by).await;
        assert_eq!(kept.data("profile.instruments"), &json!([{ "isOwn": false }]));
        assert_eq!(world.gate().sent(), sent + 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_payments_add_up_and_larger_ones_are_refused() {
    each_database(async |world| {
        let shop = world.root_tenant("shop").await.shop().await;
        let debit = async |amount: &str| {
            let input = json!({ "connectorId": shop.connector, "payWith": { "transactionToken": "tok_visa" },
                "amount": { "amount": amount, "currency": "EUR" },
                "customerProfileData": { "customerIdentification": "croesus" } });
            shop.tenant.debit(input).await
        };

        for refused in ["10000000000000.01", "92233720368547758.07"] {
            assert_eq!(debit(refused).await.refusal("debitPayment"), "INVALID_AMOUNT", "{refused}");
        }
        assert_eq!(world.gate().sent(), 0);
        for _ in 0..2 {
            let paid = debit("10000000000000.00").await;
            assert_eq!(paid.text("debitPayment.payment.status"), "SUCCEEDED");
        }
        let document = "{ profiles(first: 1) { nodes { totals { currency captured { minorUnits } } } } }";
        let totals = shop.tenant.query(document, json!({})).await;
        let expected = json!([{ "currency": "EUR", "captured": { "minorUnits": "2000000000000000" } }]);
        assert_eq!(totals.data("profiles.nodes.0.totals"), &expected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_when_a_customer_paid_elsewhere() {
    each_database(async |world| {
        let Market { owner, one, two, .. } = market(world, EVERYTHING).await;
        let token = one.customer("alex", "tok_visa").await;
        let used = async |who: &Tenant<'_>| {
            let document =
                "query($token: String!) { instrument(by: { paymentToken: $token }) { lastUsedAt } }";
            who.query(document, json!({ "token": token })).await.data("instrument.lastUsedAt").clone()
        };

        let elsewhere = two.tenant.debit(with_stored(&two, &token)).await;
        assert_eq!(elsewhere.text("debitPayment.payment.status"), "SUCCEEDED");
        for who in [&owner, &one.tenant, &two.tenant] {
            assert_eq!(used(who).await, Value::Null, "{who:?}");
        }
        let here = one.tenant.debit(with_stored(&one, &token)).await;
        assert_eq!(here.text("debitPayment.payment.status"), "SUCCEEDED");
        assert!(used(&one.tenant).await.is_string());
        assert_eq!((used(&owner).await, used(&two.tenant).await), (Value::Null, Value::Null));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_revocation_nothing_is_told_of_what_the_owner_does_with_its_container() {
    each_database(async |world| {
        let Market { owner, container, two, .. } = market(world, EVERYTHING).await;
        let share = owner.share(&container, &two.tenant, EVERYTHING).await;
        let seen = async || {
            let document = "query($id: ID!) { effectiveContainer(connectorId: $id) { deniedBecause explanation container { id } } }";
            two.tenant.query(document, json!({ "id": two.connector })).await.data("effectiveContainer").clone()
        };
        let disable = async |status: &str| {
            let input = json!({ "id": container, "status": status });
            owner.done("updateContainer", input, "container { status }", "container.status").await
        };

        disable("DISABLED").await;
        assert_eq!(seen().await["deniedBecause"], json!("CONTAINER_DISABLED"), "as long as it is shared");
        disable("ACTIVE").await;
        owner.done("revokeContainerShare", json!({ "id": share }), "share { status }", "share.status").await;
        let revoked = seen().await;
        assert_eq!(revoked["deniedBecause"], json!("CONTAINER_NOT_SHARED"));
        disable("DISABLED").await;
        assert_eq!(seen().await, revoked);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tokens_that_a_simulated_processor_stores_cannot_be_counted_up() {
    each_database(async |world| {
        let shop = world.root_tenant("shop").await.shop().await;
        shop.customer("alex", "tok_visa").await;
        let stranger = world.root_tenant("stranger").await.shop().await;

        for guess in ["northbank_tok_00000001", "northbank_tok_1"] {
            let input =
                json!({ "connectorId": stranger.connector, "payWith": { "transactionToken": guess } });
            let refused = stranger.tenant.debit(input).await;
            assert_eq!(refused.text("debitPayment.payment.status"), "FAILED", "{guess}");
        }
        assert_eq!(world.books("northbank").payments().count(), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn null_characters_in_metadata_are_refused_before_anything_is_sent() {
    each_database(async |world| {
        let shop = world.root_tenant("shop").await.shop().await;
        for metadata in
            [json!({ "a": "\u{0}" }), json!({ "\u{0}": 1 }), json!({ "a": [{ "b": ["x\u{0}y"] }] })]
        {
            let created =
                shop.tenant.mutate("createProfile", json!({ "metadata": metadata }), "profile { id }").await;
            assert_eq!(created.refusal("createProfile"), "INVALID_INPUT", "{metadata}");
            let paid = shop
                .tenant
                .debit(json!({ "connectorId": shop.connector, "payWith": { "transactionToken": "tok_visa" },
                    "metadata": metadata }))
                .await;
            assert_eq!(paid.refusal("debitPayment"), "INVALID_INPUT", "{metadata}");
        }
        assert_eq!(world.gate().sent(), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_found_by_a_null_character() {
    each_database(async |world| {
        let shop = world.root_tenant("shop").await.shop().await;
        for document in [
            "{ it: profile(by: { externalId: \"\\u0000\" }) { id } }",
            "{ it: profile(by: { guid: \"\\u0000\" }) { id } }",
            "{ it: instrument(by: { paymentToken: \"pt::\\u0000\" }) { id } }",
            "{ it: tenant(by: { slug: \"\\u0000\" }) { id } }",
            "{ it: payment(by: { merchantTransactionId: \"\\u0000\" }) { id } }",
        ] {
            let answer = shop.tenant.query(document, json!({})).await;
            assert_eq!(answer.data("it"), &Value::Null, "{document}");
        }
        let document = "{ profiles(first: 1, filter: { tag: \"\\u0000\" }) { nodes { id } } }";
        let tagged = shop.tenant.query(document, json!({})).await;
        assert_eq!(tagged.count("profiles.nodes"), 0);
        let debit = json!({ "connectorId": shop.connector, "payWith": { "paymentToken": "pt::\u{0}" } });
        assert_eq!(shop.tenant.debit(debit).await.refusal("debitPayment"), "INSTRUMENT_NOT_FOUND");
    })
    .await;
}

/// What holds for a JWT of a tenant's issuer, which may do everything that a token may.
fn by_token(tenant: &Tenant<'_>) -> Ctx {
    let id = tenant.id.parse().expect("the id of a tenant");
    let actor = Actor::Token("clerk".to_owned());
    tenant.world().app().ctx(Viewer::verified(id, Environment::Sandbox, actor, KeyScopes::all()))
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> Code {
    match result {
        Err(Error::Refused(refusal)) => refusal.code,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_secret_key_proves_by_knowing_it_a_token_does_not() {
    each_database(async |world| {
        let Market { container, one, two, .. } = market(world, EVERYTHING).await;
        let payment_token = one.customer("alex", "tok_visa").await;
        let document = "{ profiles(first: 1) { nodes { id guid } } }";
        let known = one.tenant.query(document, json!({})).await;
        let (id, guid) = (known.text("profiles.nodes.0.id"), known.text("profiles.nodes.0.guid"));
        let (ctx, sent) = (by_token(&two.tenant), world.gate().sent());

        let container_id = container.parse().expect("the id of a container");
        for key in [
            ProfileKey::Id(id.parse().expect("the id of a profile")),
            ProfileKey::Guid(guid.clone()),
            ProfileKey::CustomerIdentification { container_id, value: "alex".to_owned() },
        ] {
            let nothing_around = ProfileSelection::default();
            let found = profiles::find(&ctx, key.clone(), &nothing_around);
            assert_eq!(found.await.expect("an answer"), None, "{key:?}");
            let delete = profiles::DeleteProfile { key: key.clone(), dry_run: true, confirm: None };
            assert_eq!(refused(profiles::delete(&ctx, delete).await), Code::ProfileNotFound, "{key:?}");
        }
        let key = InstrumentKey::PaymentToken(payment_token.clone());
        assert_eq!(instruments::find(&ctx, &key).await.expect("an answer"), None);
        let target = Target::Connector(two.connector.parse().expect("the id of a connector"));
        let amount =
            purser_types::Money::parse_major("9.99", "EUR".parse().expect("EUR")).expect("an amount");
        let kind = purser_domain::payment::PaymentKind::Debit;
        let route = payments::simulate(&ctx, target, kind, amount, Some(payment_token.clone())).await;
        assert_eq!(refused(route), Code::InstrumentNotFound);
        let fresh = || PayWith::TransactionToken(purser_types::Secret::new("tok_visa".to_owned()));
        for (pay_with, profile_guid, code) in [
            (PayWith::PaymentToken(payment_token.clone()), None, Code::InstrumentNotFound),
            (fresh(), Some(guid.clone()), Code::ProfileNotFound),
        ] {
            let data = profile_guid
                .map(|guid| payments::CustomerProfileData { profile_guid: Some(guid), ..Default::default() });
            let pay = debit(target, amount, pay_with, data);
            assert_eq!(refused(payments::pay(&ctx, pay).await), code);
        }

        assert_eq!(world.gate().sent(), sent);
        let linked = two.tenant.query("{ profiles(first: 1) { totalCount } }", json!({})).await;
        assert_eq!(linked.data("profiles.totalCount"), &json!(0), "nothing of it linked the tenant");
    })
    .await;
}

fn debit(
    target: Target,
    amount: purser_types::Money,
    pay_with: PayWith,
    customer_profile_data: Option<payments::CustomerProfileData>,
) -> payments::Pay {
    payments::Pay {
        kind: purser_domain::payment::PaymentKind::Debit,
        merchant_transaction_id: "by-token".to_owned(),
        target,
        pay_with: Some(pay_with),
        amount,
        description: None,
        customer: None,
        identification: None,
        customer_profile_data,
        with_register: false,
        return_url: None,
        terms: payments::Terms::default(),
        source: purser_domain::payment::PaymentSource::Api,
        source_id: None,
        source_description: None,
        initiator: purser_services::values::Initiator::Customer,
        metadata: serde_json::Map::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_may_read_no_instruments_learns_nothing_by_simulating() {
    each_database(async |world| {
        let shop = world.root_tenant("shop").await.shop().await;
        let token = shop.customer("alex", "tok_visa").await;
        let narrow = shop.tenant.with_scopes(&["routing:read"]).await;
        let document =
            "query($input: SimulateRouteInput!) { simulateRoute(input: $input) { considered { verdict } } }";
        let input =
            json!({ "connectorId": shop.connector, "amount": { "amount": "9.99", "currency": "EUR" } });

        let fresh = narrow.query(document, json!({ "input": input })).await;
        assert_eq!(fresh.text("simulateRoute.considered.0.verdict"), "ELIGIBLE");
        for token in [token.as_str(), "pt::00000000000000000000000000000000"] {
            let mut input = input.clone();
            input["paymentToken"] = json!(token);
            let denied = narrow.query(document, json!({ "input": input })).await;
            assert_eq!(denied.error_codes(), ["FORBIDDEN"], "{denied}");
        }
    })
    .await;
}
