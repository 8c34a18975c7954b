//! What a grant gives, and that it ends with the next request.

use std::time::Duration;

use futures::future::join_all;
use purser_tests::each_database_asked_again;
use serde_json::{Value, json};

use super::{ALEX, Market, alex, market, partner, with_token};

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_share_ends_at_once_and_what_was_paid_can_still_be_finished() {
    each_database_asked_again(async |world| {
        let Market { owner, container, one, two, share } = market(world).await;
        let token = one.customer(ALEX, "tok_visa_alex").await;
        let paid = two.tenant.debit(with_token(&two, &token)).await.text("debitPayment.payment.id");
        let reserved = two.tenant.preauthorize(with_token(&two, &token)).await.text("preauthorizePayment.payment.id");
        let profile = alex(&two.tenant, &container, "id").await.text("profile.id");

        owner.done("revokeContainerShare", json!({ "id": share }), "share { status }", "share.status").await;

        let sent = world.gate().sent();
        let document = "query($id: ID!, $c: ID!, $p: ID!) { node(id: $id) { id } container(id: $c) { id } profiles { totalCount }
            payment(by: {id: $p}) { status profile { id } instrument { id } container { id } } }";
        let seen = two.tenant.query(document, json!({ "id": profile, "c": container, "p": paid })).await;
        let payment = json!({ "status": "SUCCEEDED", "profile": null, "instrument": null, "container": null });
        let expected = json!({ "node": null, "container": null, "profiles": { "totalCount": 0 }, "payment": payment });
        assert_eq!(seen.body["data"], expected, "{seen}");
        assert_eq!(alex(&two.tenant, &container, "id").await.data("profile"), &Value::Null);
        assert_eq!(two.tenant.debit(with_token(&two, &token)).await.refusal("debitPayment"), "INSTRUMENT_NOT_FOUND");
        let with_reference = json!({ "connectorId": two.connector, "payWith": { "referencePaymentId": paid } });
        assert_eq!(two.tenant.debit(with_reference).await.refusal("debitPayment"), "REFERENCE_NOT_FOUND");
        let anew = json!({ "connectorId": two.connector, "payWith": { "transactionToken": "tok_visa" },
            "customerProfileData": { "customerIdentification": ALEX } });
        assert_eq!(two.tenant.debit(anew).await.refusal("debitPayment"), "CONTAINER_NOT_SHARED");
        assert_eq!(world.gate().sent(), sent, "nothing was sent");

        assert_eq!(two.tenant.capture(&reserved, None).await.text("capturePayment.payment.status"), "SUCCEEDED");
        assert_eq!(two.tenant.refund(&paid, None).await.text("refundPayment.payment.status"), "REFUNDED");
        assert_eq!(alex(&one.tenant, &container, "id").await.text("profile.id"), profile, "the other partner goes on");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opt_out_ends_at_once_and_gives_back_what_it_took() {
    each_database_asked_again(async |world| {
        let Market { owner, container, one, two, .. } = market(world).await;
        let token = one.customer(ALEX, "tok_visa_alex").await;
        let paid = two.tenant.debit(with_token(&two, &token)).await.text("debitPayment.payment.id");

        let input = json!({ "containerId": container, "reach": "SUB_TENANTS", "reason": "audit" });
        let opt_out = owner.done("disableContainers", input, "optOut { id }", "optOut.id").await;

        for shop in [&one, &two] {
            assert_eq!(alex(&shop.tenant, &container, "id").await.data("profile"), &Value::Null);
            assert_eq!(
                shop.tenant.debit(with_token(shop, &token)).await.refusal("debitPayment"),
                "INSTRUMENT_NOT_FOUND"
            );
        }
        assert!(
            alex(&owner, &container, "id").await.data("profile").is_object(),
            "it does not reach its maker"
        );
        assert_eq!(two.tenant.refund(&paid, None).await.text("refundPayment.payment.status"), "REFUNDED");
        owner.done("enableContainers", json!({ "optOutId": opt_out }), "optOut { id }", "optOut.id").await;
        assert_eq!(two.tenant.debit(with_token(&two, &token)).await.refusal("debitPayment"), "");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_share_ends_when_its_time_has_come_and_a_new_one_finds_the_link_again() {
    each_database_asked_again(async |world| {
        let Market { owner, container, one, two, .. } = market(world).await;
        let token = one.customer(ALEX, "tok_visa_alex").await;
        let hour = Duration::from_secs(3_600);
        let mut input = json!({ "containerId": container, "granteeTenantId": two.tenant.id, "permissions": super::PARTNER,
            "expiresAt": world.in_future(hour) });
        owner.done("shareContainer", input.clone(), "share { id }", "share.id").await;
        let profile = alex(&two.tenant, &container, "id").await.text("profile.id");
        let by_id = async || {
            let answer = two.tenant.query("query($id: ID!) { node(id: $id) { id } }", json!({ "id": profile })).await;
            answer.data("node").clone()
        };
        world.advance(hour - Duration::from_secs(1));
        assert_eq!(by_id().await, json!({ "id": profile }), "a second before");

        world.advance(Duration::from_secs(1));

        assert_eq!(by_id().await, Value::Null);
        assert_eq!(two.tenant.debit(with_token(&two, &token)).await.refusal("debitPayment"), "INSTRUMENT_NOT_FOUND");
        input["expiresAt"] = Value::Null;
        owner.done("shareContainer", input, "share { id }", "share.id").await;
        assert_eq!(by_id().await, json!({ "id": profile }));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_seen_by_who_is_linked_and_an_id_is_no_proof() {
    each_database_asked_again(async |world| {
        let Market { owner, container, one, two, .. } = market(world).await;
        let id = one
            .tenant
            .profile(json!({ "customerIdentification": ALEX, "email": "alex.smith@example.com" }))
            .await;
        let count = async || {
            two.tenant
                .query("{ profiles { totalCount } }", json!({}))
                .await
                .data("profiles.totalCount")
                .clone()
        };
        let by_id = async || {
            let document = "query($id: ID!) { profile(by: {id: $id}) { id } node(id: $id) { id } }";
            two.tenant.query(document, json!({ "id": id })).await.body["data"].clone()
        };

        assert_eq!((count().await, by_id().await), (json!(0), json!({ "profile": null, "node": null })));
        let update = json!({ "by": { "id": id }, "name": "touched" });
        let refused = two.tenant.mutate("updateProfile", update, "profile { id }").await;
        assert_eq!(refused.refusal("updateProfile"), "PROFILE_NOT_FOUND");
        let of_owner = owner.query("{ profiles { nodes { id name } } }", json!({})).await;
        assert_eq!(
            of_owner.data("profiles.nodes"),
            &json!([{ "id": id, "name": null }]),
            "the owner sees all"
        );

        let proof = alex(&two.tenant, &container, "id linkedVia").await;
        assert_eq!(proof.data("profile"), &json!({ "id": id, "linkedVia": "PROOF" }));
        assert_eq!(
            (count().await, by_id().await),
            (json!(1), json!({ "profile": { "id": id }, "node": { "id": id } }))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_are_masked_without_the_permission_or_the_scope() {
    each_database_asked_again(async |world| {
        let Market { owner, container, one, two, .. } = market(world).await;
        let person = json!({ "customerIdentification": ALEX, "email": "alex.smith@example.com", "phone": "+4930123456",
            "birthDate": "1970-01-01", "addresses": [{ "kind": "HOME", "city": "Berlin" }], "name": "Alex" });
        one.tenant.profile(person).await;
        one.customer(ALEX, "tok_visa_alex").await;
        let fields = "name email emailMasked phone phoneMasked birthDate addresses { city }
            instruments { details { ... on CardDetails { holder lastFourDigits } } }";
        let open = alex(&two.tenant, &container, fields).await;
        assert_eq!(open.text("profile.email"), "alex.smith@example.com");
        assert_eq!(open.text("profile.instruments.0.details.holder"), "Alex Smith");

        owner.share(&container, &two.tenant, &["READ_PROFILE"]).await;
        let narrow = one.tenant.with_scopes(&["profiles:read", "instruments:read"]).await;
        for tenant in [&two.tenant, &narrow] {
            let masked = alex(tenant, &container, fields).await;
            for name in ["email", "phone", "birthDate", "addresses"] {
                assert_eq!(masked.data(&format!("profile.{name}")), &Value::Null, "{name} for {tenant:?}");
            }
            assert_eq!(masked.text("profile.name"), "Alex");
            assert_eq!(masked.data("profile.instruments.0.details"), &json!({ "holder": null, "lastFourDigits": "1111" }));
            for secret in ["alex.smith", "30123456", "1970", "Berlin", "Smith"] {
                assert!(!masked.raw.contains(secret), "{secret}: {masked}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partners_card_pays_only_with_leave_to_use_it() {
    each_database_asked_again(async |world| {
        let Market { owner, container, one, two, .. } = market(world).await;
        let token = one.customer(ALEX, "tok_visa_alex").await;
        owner.share(&container, &two.tenant, &["READ_PROFILE"]).await;
        let sent = world.gate().sent();

        let refused = two.tenant.debit(with_token(&two, &token)).await;
        assert_eq!(refused.refusal("debitPayment"), "INSTRUMENT_NOT_SHARED");
        let register = json!({ "connectorId": two.connector, "payWith": { "transactionToken": "tok_amex" },
            "customerProfileData": { "customerIdentification": ALEX } });
        assert_eq!(
            two.tenant.register(register).await.refusal("registerInstrument"),
            "CONTAINER_PERMISSION_MISSING"
        );
        let by_owner = Box::pin(partner(&owner, &container, "three")).await;
        owner.share(&container, &by_owner.tenant, &["USE_INSTRUMENT"]).await;
        let blind = by_owner.tenant.debit(with_token(&by_owner, &token)).await;
        assert_eq!(blind.refusal("debitPayment"), "INSTRUMENT_NOT_FOUND", "who may not read cannot name it");

        assert_eq!(world.gate().sent(), sent, "nothing was sent");
        let kept = two.tenant.query("{ payments { totalCount } }", json!({})).await;
        assert_eq!(kept.data("payments.totalCount"), &json!(0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_most_one_instrument_is_preferred_whoever_sets_it_at_once() {
    each_database_asked_again(async |world| {
        let Market { container, one, two, .. } = market(world).await;
        for token in ["tok_visa_alex", "tok_mastercard", "tok_amex"] {
            one.customer(ALEX, token).await;
        }
        let read = alex(&two.tenant, &container, "id instruments { id }").await;
        let profile = read.text("profile.id");
        let ids: Vec<String> = (0..3).map(|at| read.text(&format!("profile.instruments.{at}.id"))).collect();

        let settings = (0..12).map(|at| {
            let (tenant, id) = (if at % 2 == 0 { &one.tenant } else { &two.tenant }, &ids[at % 3]);
            let input = json!({ "profileId": profile, "instrumentId": id });
            tenant.mutate("setPreferredInstrument", input, "profile { id }")
        });
        let set = join_all(settings).await;
        let mark = |token: &str| {
            json!({ "connectorId": one.connector, "payWith": { "transactionToken": token },
            "customerProfileData": { "customerIdentification": ALEX, "markAsPreferred": true } })
        };
        let marks = ["tok_visa", "tok_visa_debit"].map(|token| one.tenant.debit(mark(token)));
        let marked = join_all(marks).await;

        assert!(set.iter().all(|answer| answer.refusal("setPreferredInstrument").is_empty()), "{set:?}");
        assert!(marked.iter().all(|answer| answer.refusal("debitPayment").is_empty()), "{marked:?}");
        for tenant in [&one.tenant, &two.tenant] {
            let seen =
                alex(tenant, &container, "preferredInstrument { id } instruments { id isPreferred }").await;
            let all = seen.data("profile.instruments").as_array().cloned().unwrap_or_default();
            let preferred: Vec<&Value> = all.iter().filter(|it| it["isPreferred"] == json!(true)).collect();
            assert_eq!((all.len(), preferred.len()), (5, 1), "{seen}");
            assert_eq!(preferred[0]["id"], seen.data("profile.preferredInstrument")["id"]);
        }
    })
    .await;
}
