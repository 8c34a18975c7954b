//! Who deletes what: a partner its own link, the owner or whoever was trusted with it the profile.

use purser_tests::{Tenant, each_database_asked_again};
use serde_json::{Value, json};

use super::{ALEX, Market, PARTNER, alex, market, with_token};

/// Deletes the customer as somebody, and answers how far that reached.
async fn delete(tenant: &Tenant<'_>, guid: &str) -> Value {
    let input = json!({ "by": { "guid": guid }, "confirm": guid });
    let selection = "deletion { reach instrumentCount paymentCount isDone }";
    let answer = tenant.mutate("deleteProfile", input, selection).await;
    answer.data("deleteProfile.deletion").clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_deletes_its_own_link_and_nobody_elses_data() {
    each_database_asked_again(async |world| {
        let Market { owner, container, one, two, .. } = market(world).await;
        let token = one.customer(ALEX, "tok_visa_alex").await;
        let guid = alex(&two.tenant, &container, "guid").await.text("profile.guid");
        for shop in [&one, &two] {
            let input = json!({ "by": { "guid": guid }, "externalId": shop.tenant.slug, "metadata": { "of": shop.tenant.slug }, "tags": ["vip"] });
            shop.tenant.done("updateProfile", input, "profile { id }", "profile.id").await;
            assert_eq!(shop.tenant.debit(with_token(shop, &token)).await.refusal("debitPayment"), "");
        }
        let id = alex(&one.tenant, &container, "id").await.text("profile.id");

        let expected = json!({ "reach": "OWN_LINK", "instrumentCount": "0", "paymentCount": "2", "isDone": true });
        assert_eq!(delete(&one.tenant, &guid).await, expected);

        let document = "query($id: ID!) { node(id: $id) { id } profile(by: {externalId: \"one\"}) { id } profiles { totalCount } payments { totalCount } }";
        let left = one.tenant.query(document, json!({ "id": id })).await;
        let expected = json!({ "node": null, "profile": null, "profiles": { "totalCount": 0 }, "payments": { "totalCount": 2 } });
        assert_eq!(left.body["data"], expected, "{left}");
        let kept = alex(&two.tenant, &container, "guid externalId metadata tags instruments { paymentToken } totals { paymentCount }").await;
        let expected = json!({ "guid": guid, "externalId": "two", "metadata": { "of": "two" }, "tags": ["vip"],
            "instruments": [{ "paymentToken": token }], "totals": [{ "paymentCount": "1" }] });
        assert_eq!(kept.data("profile"), &expected);
        assert_eq!(two.tenant.debit(with_token(&two, &token)).await.refusal("debitPayment"), "");
        assert_eq!(alex(&owner, &container, "guid").await.text("profile.guid"), guid);
        let again = alex(&one.tenant, &container, "guid externalId metadata tags isFavorite linkedVia").await;
        let expected = json!({ "guid": guid, "externalId": null, "metadata": {}, "tags": [], "isFavorite": false, "linkedVia": "PROOF" });
        assert_eq!(again.data("profile"), &expected, "whoever proves it again begins anew");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_deletes_for_everyone_and_everyones_payments_stay() {
    each_database_asked_again(async |world| {
        let Market { owner, container, one, two, .. } = market(world).await;
        let token = one.customer(ALEX, "tok_visa_alex").await;
        let mut payments = Vec::new();
        for shop in [&one, &two] {
            payments.push(shop.tenant.debit(with_token(shop, &token)).await.text("debitPayment.payment.id"));
        }
        let guid = alex(&owner, &container, "guid").await.text("profile.guid");

        let expected = json!({ "reach": "EVERYONE", "instrumentCount": "1", "paymentCount": "0", "isDone": true });
        assert_eq!(delete(&owner, &guid).await, expected);

        for (shop, payment) in [&one, &two].into_iter().zip(&payments) {
            assert_eq!(alex(&shop.tenant, &container, "guid").await.data("profile"), &Value::Null);
            let refused = shop.tenant.debit(with_token(shop, &token)).await;
            assert_eq!(refused.refusal("debitPayment"), "INSTRUMENT_NOT_FOUND");
            let document = "query($id: ID!) { payment(by: {id: $id}) { status captured { amount } profile { id } instrument { id } container { id } } }";
            let kept = shop.tenant.query(document, json!({ "id": payment })).await;
            assert_eq!(kept.text("payment.status"), "SUCCEEDED", "{kept}");
            assert_eq!((kept.data("payment.profile"), kept.data("payment.instrument")), (&Value::Null, &Value::Null));
            assert_eq!(shop.tenant.refund(payment, None).await.text("refundPayment.payment.status"), "REFUNDED");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partner_that_is_trusted_with_it_deletes_for_everyone() {
    each_database_asked_again(async |world| {
        let Market { owner, container, one, two, .. } = market(world).await;
        one.customer(ALEX, "tok_visa_alex").await;
        let trusted: Vec<&str> = PARTNER.iter().copied().chain(["DELETE_PROFILE"]).collect();
        owner.share(&container, &two.tenant, &trusted).await;
        let guid = alex(&two.tenant, &container, "guid").await.text("profile.guid");

        let deleted = delete(&two.tenant, &guid).await;

        assert_eq!(deleted["reach"], json!("EVERYONE"));
        for tenant in [&owner, &one.tenant, &two.tenant] {
            assert_eq!(alex(tenant, &container, "guid").await.data("profile"), &Value::Null, "{tenant:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instrument_is_deleted_by_who_stored_it_and_the_preference_goes_with_it() {
    each_database_asked_again(async |world| {
        let Market { container, one, two, .. } = market(world).await;
        let token = one.customer(ALEX, "tok_visa_alex").await;
        let read = alex(&two.tenant, &container, "id instruments { id }").await;
        let (profile, id) = (read.text("profile.id"), read.text("profile.instruments.0.id"));
        let prefer = json!({ "profileId": profile, "instrumentId": id });
        two.tenant.done("setPreferredInstrument", prefer, "profile { id }", "profile.id").await;

        let refused =
            two.tenant.mutate("deleteInstrument", json!({ "instrumentId": id }), "deletedInstrumentId").await;
        assert_eq!(refused.refusal("deleteInstrument"), "CONTAINER_PERMISSION_MISSING");
        let seen = alex(&one.tenant, &container, "instruments { id } preferredInstrument { id }").await;
        assert_eq!(
            seen.data("profile"),
            &json!({ "instruments": [{ "id": id }], "preferredInstrument": { "id": id } })
        );
        let deleted = one
            .tenant
            .done(
                "deleteInstrument",
                json!({ "instrumentId": id }),
                "deletedInstrumentId",
                "deletedInstrumentId",
            )
            .await;
        assert_eq!(deleted, id);

        let seen = alex(&two.tenant, &container, "instruments { id } preferredInstrument { id }").await;
        assert_eq!(seen.data("profile"), &json!({ "instruments": [], "preferredInstrument": null }));
        assert_eq!(
            two.tenant.debit(with_token(&two, &token)).await.refusal("debitPayment"),
            "INSTRUMENT_NOT_FOUND"
        );
    })
    .await;
}
