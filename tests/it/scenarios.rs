//! The acceptance scenarios S1 to S7: the stories that the specification takes from IXOPAY's guide to
//! customer profiles, with the values that the guide uses; and S11, Reservepay's of held funds.

use purser_tests::{Answer, Shop, Tenant, World, each_database};
use serde_json::{Value, json};

/// `616c6578-2e73-6d69-7468-406578616d70`: "alex.smith@examp" in hexadecimal.
const ALEX: &str = "616c6578-2e73-6d69-7468-406578616d70";
const DESCRIPTION: &str = "Purchase description shown on credit card statement.";
/// What a partner needs to sell to a customer that another one knows.
const PARTNER: [&str; 4] = ["READ_PROFILE", "READ_PII", "USE_INSTRUMENT", "STORE_INSTRUMENT"];
const PROFILE: &str = "id guid customerIdentification preferredMethod birthDate email addresses { kind country isDefault }
    preferredInstrument { paymentToken }
    instruments { paymentToken kind method isPreferred status createdAt
        details { ... on CardDetails { brand holder expiryMonth expiryYear firstSixDigits lastFourDigits } } }";

/// The first request of the guide.
fn first_purchase(shop: &Shop<'_>) -> Value {
    json!({
        "merchantTransactionId": "your-unique-identifier",
        "connectorId": shop.connector,
        "payWith": { "transactionToken": "tok_visa_alex" },
        "description": DESCRIPTION,
        "amount": { "amount": "9.99", "currency": "EUR" },
        "customer": {
            "identification": ALEX,
            "addresses": [{ "kind": "BILLING", "country": "US" }],
            "birthDate": "1970-01-01",
            "email": "alex.smith@example.com",
        },
        "customerProfileData": { "customerIdentification": ALEX, "markAsPreferred": true },
    })
}

async fn by_identification(tenant: &Tenant<'_>, container: &str) -> Answer {
    let document = format!(
        "query($container: ID!, $it: String!) {{
            profile(by: {{ customerIdentification: {{ containerId: $container, customerIdentification: $it }} }}) {{ {PROFILE} }} }}"
    );
    tenant.query(&document, json!({ "container": container, "it": ALEX })).await
}

async fn by_guid(tenant: &Tenant<'_>, guid: &str) -> Answer {
    let document = format!("query($guid: String!) {{ profile(by: {{ guid: $guid }}) {{ {PROFILE} }} }}");
    tenant.query(&document, json!({ "guid": guid })).await
}

/// `CP-1234-5678-9ABC-DEF0-1234-5678`
fn is_guid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let is_group = |group: &&str| {
        group.len() == 4 && group.bytes().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte))
    };
    groups.len() == 7 && groups[0] == "CP" && groups[1..].iter().all(is_group)
}

#[tokio::test(flavor = "multi_thread")]
async fn s1_a_purchase_makes_a_profile_that_reads_back_equal_both_ways() {
    each_database(async |world| {
        let shop = world.root_tenant("shop").await.shop().await;

        let bought = shop.tenant.debit(first_purchase(&shop)).await;

        assert_eq!(bought.user_errors("debitPayment"), [], "{bought}");
        let at = |path: &str| bought.text(&format!("debitPayment.{path}"));
        assert_eq!(at("payment.status"), "SUCCEEDED");
        assert_eq!(
            bought.data("debitPayment.payment.amount"),
            &json!({ "amount": "9.99", "currency": "EUR", "minorUnits": "999" })
        );
        let (guid, token) = (at("customerProfileData.profileGuid"), at("customerProfileData.paymentToken"));
        assert!(is_guid(&guid), "{guid}");
        assert!(token.starts_with("pt::") && token.len() >= 4 + 20, "{token}");
        assert_eq!(at("customerProfileData.customerIdentification"), ALEX);
        let purchase = at("payment.purchaseId");
        assert_eq!(purchase.split_once('-').map(|(date, id)| (date, id.len())), Some(("20261120", 32)));
        let (one, other) =
            (by_identification(&shop.tenant, &shop.container).await, by_guid(&shop.tenant, &guid).await);
        assert_eq!(one.raw, other.raw);
        assert_alex(&one, &guid, &token);
        let booked: Vec<i64> = world.books("northbank").payments().map(|payment| payment.captured).collect();
        assert_eq!(booked, [999]);
    })
    .await;
}

fn assert_alex(answer: &Answer, guid: &str, token: &str) {
    let mut profile = answer.data("profile").clone();
    assert!(profile["id"].as_str().is_some_and(|id| id.starts_with("prf_")), "{answer}");
    assert_eq!(profile["instruments"][0]["createdAt"].as_str().map(|at| &at[..13]), Some("2026-11-20T12"));
    profile["instruments"][0]["createdAt"] = json!("then");
    let expected = json!({
        "id": profile["id"],
        "guid": guid,
        "customerIdentification": ALEX,
        "preferredMethod": "card",
        "birthDate": "1970-01-01",
        "email": "alex.smith@example.com",
        "addresses": [{ "kind": "BILLING", "country": "US", "isDefault": true }],
        "preferredInstrument": { "paymentToken": token },
        "instruments": [{
            "paymentToken": token,
            "kind": "CARD",
            "method": "card",
            "isPreferred": true,
            "status": "ACTIVE",
            "createdAt": "then",
            "details": {
                "brand": "visa",
                "holder": "Alex Smith",
                "expiryMonth": 9,
                "expiryYear": 2029,
                "firstSixDigits": "411111",
                "lastFourDigits": "1111",
            },
        }],
    });
    assert_eq!(profile, expected);
}

/// A marketplace with a container, and two partner merchants that it is shared with.
struct Market<'w> {
    market: Tenant<'w>,
    one: Shop<'w>,
    two: Shop<'w>,
}

async fn market(world: &World) -> Market<'_> {
    let market = world.root_tenant("market").await;
    let container = market.container("customers").await;
    let partner = async |slug: &str| {
        let tenant = market.child(slug).await;
        market.share(&container, &tenant, &PARTNER).await;
        let connector = tenant.connector("cards", "northbank").await;
        tenant.bind(&container, None).await;
        Shop { tenant, connector, container: container.clone() }
    };
    let (one, two) = (partner("one").await, partner("two").await);
    Market { market, one, two }
}

/// The second request of the guide.
fn next_purchase(shop: &Shop<'_>, pay_with: &Value) -> Value {
    json!({ "connectorId": shop.connector, "payWith": pay_with, "description": DESCRIPTION })
}

#[tokio::test(flavor = "multi_thread")]
async fn s2_a_partner_pays_with_the_card_that_was_stored_elsewhere_while_it_is_shared() {
    each_database(async |world| {
        let Market { market, one, two } = market(world).await;
        let bought = one.tenant.debit(first_purchase(&one)).await;
        let token = bought.text("debitPayment.customerProfileData.paymentToken");
        let reference = bought.text("debitPayment.payment.id");
        let with_token = || next_purchase(&two, &json!({ "paymentToken": token }));
        let with_reference = |id: &str| json!({ "referencePaymentId": id });

        let paid = two.tenant.debit(with_token()).await;
        assert_eq!(paid.text("debitPayment.payment.status"), "SUCCEEDED", "{paid}");
        assert_eq!(paid.data("debitPayment.payment.profile.guid"), bought.data("debitPayment.profile.guid"));

        let input = json!({ "reach": "SUB_TENANTS" });
        let opt_out = market.done("disableContainers", input, "optOut { id }", "optOut.id").await;
        assert_eq!(two.tenant.debit(with_token()).await.refusal("debitPayment"), "INSTRUMENT_NOT_FOUND");
        market.done("enableContainers", json!({ "optOutId": opt_out }), "optOut { id }", "optOut.id").await;
        let paid = two.tenant.debit(with_token()).await;
        assert_eq!(paid.text("debitPayment.payment.status"), "SUCCEEDED");

        let own = one.tenant.debit(next_purchase(&one, &with_reference(&reference))).await;
        assert_eq!(own.text("debitPayment.payment.status"), "SUCCEEDED", "{own}");
        let foreign = two.tenant.debit(next_purchase(&two, &with_reference(&reference))).await;
        assert_eq!(foreign.refusal("debitPayment"), "REFERENCE_NOT_FOUND");
        let missing = reference.replace(&reference[reference.len() - 6..], "000000");
        let missing = two.tenant.debit(next_purchase(&two, &with_reference(&missing))).await;
        assert_eq!(missing.raw, foreign.raw, "what is another's looks like what is not there");
        assert_eq!(world.books("northbank").payments().count(), 4, "refusals were never sent");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_a_default_is_not_inherited_and_a_connector_can_have_its_own() {
    each_database(async |world| {
        let market = world.root_tenant("market").await.shop().await;
        let shop = market.tenant.child("sub").await;
        market.tenant.share(&market.container, &shop, &PARTNER).await;
        let connector = shop.connector("cards", "northbank").await;
        let effective = async |tenant: &Tenant<'_>, connector: &str| {
            let document = "query($id: ID!) { effectiveContainer(connectorId: $id) { container { id } via deniedBecause } }";
            tenant.query(document, json!({ "id": connector })).await.data("effectiveContainer").clone()
        };
        let uses = |via: &str| json!({ "container": { "id": market.container }, "via": via, "deniedBecause": null });

        assert_eq!(effective(&market.tenant, &market.connector).await, uses("TENANT_DEFAULT"));
        let none = json!({ "container": null, "via": null, "deniedBecause": "NO_CONTAINER_BOUND" });
        assert_eq!(effective(&shop, &connector).await, none);
        let input = json!({ "connectorId": connector, "payWith": { "transactionToken": "tok_visa_alex" },
            "customerProfileData": { "customerIdentification": ALEX } });
        assert_eq!(shop.debit(input.clone()).await.refusal("debitPayment"), "NO_CONTAINER_BOUND");
        assert_eq!(world.books("northbank").payments().count(), 0, "nothing was sent");

        shop.bind(&market.container, Some(&connector)).await;
        assert_eq!(effective(&shop, &connector).await, uses("CONNECTOR_BINDING"));
        assert_eq!(shop.debit(input).await.text("debitPayment.payment.status"), "SUCCEEDED");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s4_an_identification_is_unique_in_its_container_and_free_in_another() {
    each_database(async |world| {
        let shop = world.root_tenant("shop").await;
        let (one, other) = (shop.container("one").await, shop.container("other").await);
        let create = async |container: &str| {
            let input = json!({ "containerId": container, "customerIdentification": ALEX });
            shop.mutate("createProfile", input, "profile { guid }").await
        };

        let first = create(&one).await.text("createProfile.profile.guid");
        let again = create(&one).await;
        let elsewhere = create(&other).await.text("createProfile.profile.guid");

        let duplicate = ("DUPLICATE_CUSTOMER_IDENTIFICATION".to_owned(), "customerIdentification".to_owned());
        assert_eq!(again.user_errors("createProfile"), [duplicate]);
        assert_eq!(again.data("createProfile.profile"), &Value::Null);
        assert_ne!(first, elsewhere);
        let all = shop.query("{ profiles { totalCount } }", json!({})).await;
        assert_eq!(all.data("profiles.totalCount"), &json!(2), "nothing was made by the refusal");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s5_an_instrument_is_tied_to_its_connector_and_a_router_finds_it() {
    each_database(async |world| {
        let shop = world.root_tenant("shop").await.shop().await;
        let other = shop.tenant.connector("other", "southbank").await;
        let router = shop.tenant.router("main", &[&other, &shop.connector]).await;
        let token = shop.customer(ALEX, "tok_visa_alex").await;
        let pay_with = json!({ "paymentToken": token });

        let refused = shop.tenant.debit(json!({ "connectorId": other, "payWith": pay_with })).await;
        let routed = shop.tenant.debit(json!({ "routerId": router, "payWith": pay_with })).await;

        assert_eq!(refused.refusal("debitPayment"), "INSTRUMENT_CONNECTOR_MISMATCH");
        assert_eq!(routed.text("debitPayment.payment.status"), "SUCCEEDED");
        assert_eq!(routed.text("debitPayment.payment.connector.id"), shop.connector);
        assert_eq!(world.books("southbank").operations().count(), 0, "the other one heard of nothing");
        let document = "query($i: SimulateRouteInput!) { simulateRoute(input: $i) { steps { id }
            considered { connector { id } verdict } } }";
        let input = json!({ "routerId": router, "amount": { "amount": "9.99", "currency": "EUR" }, "paymentToken": token });
        let told = shop.tenant.query(document, json!({ "i": input })).await;
        let expected = json!({ "steps": [{ "id": shop.connector }], "considered": [
            { "connector": { "id": other }, "verdict": "INSTRUMENT_ELSEWHERE" },
            { "connector": { "id": shop.connector }, "verdict": "ELIGIBLE" }] });
        assert_eq!(told.data("simulateRoute"), &expected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s6_preferred_is_set_by_a_payment_or_an_update_and_is_one_instrument_at_most() {
    each_database(async |world| {
        let shop = world.root_tenant("shop").await.shop().await;
        let bought = shop.tenant.debit(first_purchase(&shop)).await;
        let guid = bought.text("debitPayment.customerProfileData.profileGuid");
        let alex = bought.text("debitPayment.customerProfileData.paymentToken");
        let preferred = async || {
            let answer = by_guid(&shop.tenant, &guid).await;
            let instruments = answer.data("profile.instruments").as_array().cloned().unwrap_or_default();
            let is_preferred = |it: &&Value| it["isPreferred"] == json!(true);
            let marked: Vec<Value> =
                instruments.iter().filter(is_preferred).map(|it| it["paymentToken"].clone()).collect();
            (instruments.len(), marked, answer.data("profile.preferredInstrument").clone())
        };
        let is = |count: usize, token: &str| (count, vec![json!(token)], json!({ "paymentToken": token }));
        assert_eq!(preferred().await, is(1, &alex));

        let by_profile = |mark: bool| json!({ "profileGuid": guid, "markAsPreferred": mark });
        let amex = json!({ "connectorId": shop.connector, "payWith": { "transactionToken": "tok_amex" },
            "withRegister": true, "customerProfileData": by_profile(false) });
        let amex = shop.tenant.debit(amex).await.text("debitPayment.instrument.paymentToken");
        assert_eq!(preferred().await, is(2, &alex), "withRegister alone stores, and prefers nothing");

        let master = json!({ "connectorId": shop.connector, "payWith": { "transactionToken": "tok_mastercard" },
            "customerProfileData": by_profile(true) });
        let master = shop.tenant.debit(master).await.text("debitPayment.instrument.paymentToken");
        assert_eq!(preferred().await, is(3, &master), "markAsPreferred stores and prefers");

        let update = |by: Value| json!({ "by": { "guid": guid }, "preferredInstrument": by });
        shop.tenant.done("updateProfile", update(json!({ "paymentToken": amex })), "profile { guid }", "profile.guid").await;
        assert_eq!(preferred().await, is(3, &amex));
        shop.tenant.done("updateProfile", update(Value::Null), "profile { guid }", "profile.guid").await;
        assert_eq!(preferred().await, (3, Vec::new(), Value::Null));

        let stored_nowhere = json!({ "connectorId": shop.connector, "payWith": { "transactionToken": "tok_visa" },
            "customerProfileData": by_profile(false) });
        let paid = shop.tenant.debit(stored_nowhere).await;
        assert_eq!(paid.data("debitPayment.instrument"), &Value::Null, "customerProfileData alone stores nothing");
        assert_eq!(preferred().await.0, 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s7_what_is_deleted_is_gone_for_good_and_payments_remain() {
    each_database(async |world| {
        let shop = world.root_tenant("shop").await.shop().await;
        let bought = shop.tenant.debit(first_purchase(&shop)).await;
        let at = |path: &str| bought.text(&format!("debitPayment.{path}"));
        let (guid, token) = (at("customerProfileData.profileGuid"), at("customerProfileData.paymentToken"));
        let (payment, profile, instrument) = (at("payment.id"), at("profile.id"), at("instrument.id"));
        let delete = async |more: Value| {
            let mut input = json!({ "by": { "guid": guid } });
            input.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
            let selection = "deletion { reach instrumentCount paymentCount isDone }";
            shop.tenant.mutate("deleteProfile", input, selection).await
        };
        let deletion = |is_done: bool| {
            json!({ "reach": "EVERYONE", "instrumentCount": "1", "paymentCount": "1", "isDone": is_done })
        };

        assert_eq!(delete(json!({ "dryRun": true })).await.data("deleteProfile.deletion"), &deletion(false));
        assert_eq!(delete(json!({})).await.refusal("deleteProfile"), "CONFIRMATION_REQUIRED");
        assert_eq!(delete(json!({ "confirm": "yes" })).await.refusal("deleteProfile"), "CONFIRMATION_REQUIRED");
        assert_alex(&by_guid(&shop.tenant, &guid).await, &guid, &token);
        assert_eq!(delete(json!({ "confirm": guid })).await.data("deleteProfile.deletion"), &deletion(true));

        assert_eq!(by_guid(&shop.tenant, &guid).await.data("profile"), &Value::Null);
        assert_eq!(by_identification(&shop.tenant, &shop.container).await.data("profile"), &Value::Null);
        let document = "query($ids: [ID!]!, $token: String!) { nodes(ids: $ids) { id } instrument(by: { paymentToken: $token }) { id } }";
        let gone = shop.tenant.query(document, json!({ "ids": [profile, instrument], "token": token })).await;
        assert_eq!(gone.data("nodes"), &json!([null, null]));
        assert_eq!(gone.data("instrument"), &Value::Null);
        let again = shop.tenant.debit(next_purchase(&shop, &json!({ "paymentToken": token }))).await;
        assert_eq!(again.refusal("debitPayment"), "INSTRUMENT_NOT_FOUND");
        assert_eq!(delete(json!({ "confirm": guid })).await.refusal("deleteProfile"), "PROFILE_NOT_FOUND");

        let document = "query($id: ID!) { payment(by: { id: $id }) { status amount { amount } profile { id } instrument { id } } }";
        let kept = shop.tenant.query(document, json!({ "id": payment })).await;
        let expected = json!({ "status": "SUCCEEDED", "amount": { "amount": "9.99" }, "profile": null, "instrument": null });
        assert_eq!(kept.data("payment"), &expected);
        let mut anew = first_purchase(&shop);
        anew["merchantTransactionId"] = json!("another");
        let anew = shop.tenant.debit(anew).await;
        assert_ne!(anew.text("debitPayment.customerProfileData.profileGuid"), guid, "a new profile, not the old one");
    })
    .await;
}

/// Reservepay: hold funds with `capture: false`, then capture or reverse; void before settlement; refund.
#[tokio::test(flavor = "multi_thread")]
async fn s11_funds_are_held_then_captured_or_reversed_a_payment_is_voided_or_refunded() {
    each_database(async |world| {
        let shop = world.root_tenant("shop").await.shop().await;
        let card = || json!({ "connectorId": shop.connector, "payWith": { "transactionToken": "tok_visa" } });
        let part = json!({ "amount": "4.00", "currency": "EUR" });
        let stands = |answer: &Answer, mutation: &str| {
            ["status", "authorized.amount", "captured.amount", "refunded.amount"]
                .map(|path| answer.text(&format!("{mutation}.payment.{path}")))
        };

        let held = shop.tenant.preauthorize(card()).await;
        assert_eq!(stands(&held, "preauthorizePayment"), ["AUTHORIZED", "9.99", "0.00", "0.00"]);
        let held = held.text("preauthorizePayment.payment.id");
        let captured = shop.tenant.capture(&held, None).await;
        assert_eq!(stands(&captured, "capturePayment"), ["SUCCEEDED", "9.99", "9.99", "0.00"]);

        let other = shop.tenant.preauthorize(card()).await.text("preauthorizePayment.payment.id");
        let reversed = shop.tenant.void(&other).await;
        assert_eq!(stands(&reversed, "voidPayment"), ["REVERSED", "0.00", "0.00", "0.00"]);

        let sold = shop.tenant.debit(card()).await.text("debitPayment.payment.id");
        let voided = shop.tenant.void(&sold).await;
        assert_eq!(stands(&voided, "voidPayment"), ["VOIDED", "0.00", "0.00", "0.00"]);

        let refunded = shop.tenant.refund(&held, Some(part)).await;
        assert_eq!(stands(&refunded, "refundPayment"), ["PARTIALLY_REFUNDED", "9.99", "9.99", "4.00"]);
        assert_eq!(refunded.text("refundPayment.payment.refundable.amount"), "5.99");
        let books: Vec<(i64, i64)> =
            world.books("northbank").payments().map(|payment| (payment.captured, payment.refunded)).collect();
        assert_eq!(books, [(999, 400), (0, 0), (0, 0)]);
    })
    .await;
}
