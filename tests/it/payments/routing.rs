//! Routers: another connector is asked only when it is safe and may help.

use purser_tests::each_database;
use serde_json::json;

use super::{attempts, booked, ended, eur, shop};

#[tokio::test(flavor = "multi_thread")]
async fn a_router_goes_on_when_nothing_was_sent_or_the_request_was_rejected() {
    each_database(async |world| {
        let shop = shop(world).await;
        let far = shop.tenant.connector("far", "farbank").await;
        let strict = shop
            .tenant
            .connector_with("strict", json!({ "processor": "strictbank", "api_key": "revoked" }))
            .await;
        let router = shop.tenant.router("main", &[&far, &strict, &shop.connector]).await;
        world.gate().cut("farbank");

        let paid = shop
            .tenant
            .debit(json!({ "routerId": router, "payWith": { "transactionToken": "tok_visa" } }))
            .await;

        assert_eq!(paid.text("debitPayment.payment.status"), "SUCCEEDED", "{paid}");
        assert_eq!(paid.text("debitPayment.payment.connector.id"), shop.connector);
        let all = [("SALE", "FAILED"), ("SALE", "FAILED"), ("SALE", "SUCCEEDED")];
        assert_eq!(attempts(&paid, "debitPayment"), ended(&all));
        let asked: Vec<&str> = (0..3)
            .map(|at| {
                paid.data(&format!("debitPayment.payment.attempts.{at}.connector.id"))
                    .as_str()
                    .unwrap_or_default()
            })
            .collect();
        assert_eq!(asked, [far.as_str(), strict.as_str(), shop.connector.as_str()]);
        assert_eq!(booked(world), [(999, 0)]);
        assert_eq!(
            world.books("farbank").payments().count() + world.books("strictbank").payments().count(),
            0
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_goes_on_after_a_decline_that_may_be_another_one_elsewhere_only() {
    each_database(async |world| {
        let shop = shop(world).await;
        let other = shop.tenant.connector("other", "southbank").await;
        let router = shop.tenant.router("main", &[&shop.connector, &other]).await;
        let pay = |token: &str| json!({ "routerId": router, "payWith": { "transactionToken": token } });

        let elsewhere = shop.tenant.debit(pay("tok_chargeDeclined")).await;
        let heard = world.books("southbank").operations().count();
        let never = shop.tenant.debit(pay("tok_chargeDeclinedLostCard")).await;
        let later = shop.tenant.debit(pay("tok_chargeDeclinedInsufficientFunds")).await;

        assert_eq!(
            attempts(&elsewhere, "debitPayment"),
            ended(&[("SALE", "DECLINED"), ("SALE", "DECLINED")])
        );
        assert_eq!(elsewhere.text("debitPayment.payment.status"), "FAILED");
        assert_eq!(heard, 1);
        for answer in [&never, &later] {
            assert_eq!(attempts(answer, "debitPayment"), ended(&[("SALE", "DECLINED")]), "{answer}");
        }
        assert_eq!(world.books("southbank").operations().count(), 1, "the other one was not asked again");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_leaves_out_who_cannot_serve_and_says_why() {
    each_database(async |world| {
        let shop = shop(world).await;
        let euro = shop.tenant.connector_with("euro", json!({ "processor": "eurobank", "currencies": ["EUR"] })).await;
        let voucher = shop.tenant.connector_with("voucher", json!({ "processor": "voucherbank", "methods": ["MEAL_VOUCHER"] })).await;
        let router = shop.tenant.router("main", &[&euro, &voucher, &shop.connector]).await;
        let narrow = shop.tenant.router("narrow", &[&euro]).await;
        let token = shop.customer("alex", "tok_visa_alex").await;
        let dollars = json!({ "amount": "9.99", "currency": "USD" });
        let pay = |router: &str| json!({ "routerId": router, "payWith": { "transactionToken": "tok_visa" }, "amount": dollars });

        let paid = shop.tenant.debit(pay(&router)).await;
        let refused = shop.tenant.debit(pay(&narrow)).await;

        assert_eq!(paid.text("debitPayment.payment.status"), "SUCCEEDED", "{paid}");
        assert_ne!(paid.text("debitPayment.payment.connector.id"), euro);
        assert_eq!(refused.refusal("debitPayment"), "NO_ELIGIBLE_CONNECTOR");
        assert_eq!(world.books("eurobank").operations().count(), 0);
        let document = "query($i: SimulateRouteInput!) { simulateRoute(input: $i) { steps { id } considered { connector { id } verdict } } }";
        let input = json!({ "routerId": router, "amount": eur("1.00"), "paymentToken": token });
        let told = shop.tenant.query(document, json!({ "i": input })).await;
        assert_eq!(told.data("simulateRoute.steps"), &json!([{ "id": shop.connector }]));
        assert_eq!(told.data("simulateRoute.considered.0.verdict"), "INSTRUMENT_ELSEWHERE");
    })
    .await;
}
