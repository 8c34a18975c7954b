//! Many at once: one wins where one may, and the sums are right.

use std::collections::BTreeMap;

use futures::future::join_all;
use purser_tests::{Answer, each_database};
use serde_json::json;

use super::{booked, eur, fresh, fresh_for, shop};

/// How often each code came back; the empty one is for what was carried out.
fn counted(answers: &[Answer], mutation: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        *counts.entry(answer.refusal(mutation)).or_default() += 1;
    }
    counts
}

fn counts(expected: &[(&str, usize)]) -> BTreeMap<String, usize> {
    expected.iter().map(|(code, count)| ((*code).to_owned(), *count)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merchant_transaction_id_pays_once_however_often_it_is_sent() {
    each_database(async |world| {
        let shop = shop(world).await;
        let mut input = fresh(&shop, "tok_visa");
        input["merchantTransactionId"] = json!("once");

        let answers = join_all((0..20).map(|_| shop.tenant.debit(input.clone()))).await;
        let later = shop.tenant.debit(input.clone()).await;

        assert_eq!(counted(&answers, "debitPayment"), counts(&[("", 1), ("DUPLICATE_TRANSACTION_ID", 19)]));
        let duplicate = ("DUPLICATE_TRANSACTION_ID".to_owned(), "merchantTransactionId".to_owned());
        assert_eq!(later.user_errors("debitPayment"), [duplicate]);
        let kept = shop.tenant.query("{ payments { totalCount } }", json!({})).await;
        assert_eq!(kept.data("payments.totalCount"), &json!(1));
        assert_eq!((booked(world), world.gate().sent()), (vec![(999, 0)], 1));

        let neighbour = world.root_tenant("neighbour").await.shop().await;
        input["connectorId"] = json!(neighbour.connector);
        let paid = neighbour.tenant.debit(input).await;
        assert_eq!(paid.text("debitPayment.payment.status"), "SUCCEEDED", "another tenant's ids are its own");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn captures_and_refunds_at_once_never_exceed_what_there_is() {
    each_database(async |world| {
        let shop = shop(world).await;
        let reserved = shop.tenant.preauthorize(fresh_for(&shop, "tok_visa", "10.00")).await;
        let id = reserved.text("preauthorizePayment.payment.id");

        let captures = join_all((0..12).map(|_| shop.tenant.capture(&id, Some(eur("3.00"))))).await;
        assert_eq!(
            counted(&captures, "capturePayment"),
            counts(&[("", 3), ("AMOUNT_EXCEEDS_AUTHORIZED", 9)])
        );
        assert_eq!(booked(world), [(900, 0)]);
        assert_eq!(
            shop.tenant.capture(&id, None).await.text("capturePayment.payment.captured.amount"),
            "10.00"
        );

        let refunds = join_all((0..12).map(|_| shop.tenant.refund(&id, Some(eur("3.00"))))).await;
        assert_eq!(counted(&refunds, "refundPayment"), counts(&[("", 3), ("AMOUNT_EXCEEDS_REFUNDABLE", 9)]));
        let rest = shop.tenant.refund(&id, None).await;
        assert_eq!(rest.text("refundPayment.payment.refunded.amount"), "10.00");
        assert_eq!(rest.text("refundPayment.payment.status"), "REFUNDED");
        assert_eq!(booked(world), [(1_000, 1_000)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn voids_captures_and_refunds_at_once_leave_our_records_equal_to_the_books() {
    each_database(async |world| {
        let shop = shop(world).await;
        for round in 0..6 {
            let reserved = shop.tenant.preauthorize(fresh_for(&shop, "tok_visa", "10.00")).await;
            let id = reserved.text("preauthorizePayment.payment.id");
            if round % 2 == 1 {
                assert_eq!(shop.tenant.capture(&id, None).await.refusal("capturePayment"), "");
            }
            let voids = join_all((0..3).map(|_| shop.tenant.void(&id)));
            let captures = join_all((0..3).map(|_| shop.tenant.capture(&id, Some(eur("3.00")))));
            let refunds = join_all((0..3).map(|_| shop.tenant.refund(&id, Some(eur("3.00")))));

            let (voids, captures, refunds) = futures::join!(voids, captures, refunds);

            for (answers, mutation) in
                [(&voids, "voidPayment"), (&captures, "capturePayment"), (&refunds, "refundPayment")]
            {
                // A refusal is as good as a success here; a fault is neither.
                let _ = counted(answers, mutation);
            }
            let document = "query($id: ID!) { payment(by: { id: $id }) { status captured { minorUnits } refunded { minorUnits } attempts { operation status } } }";
            let read = shop.tenant.query(document, json!({ "id": id })).await;
            let minor = |name: &str| -> i64 {
                read.text(&format!("payment.{name}.minorUnits")).parse().expect("a number")
            };
            let last = booked(world).pop().expect("a payment");
            assert_eq!((minor("captured"), minor("refunded")), last, "round {round}: {read}");
            assert!(last.1 <= last.0 && last.0 <= 1_000, "round {round}: {last:?}");
        }
    })
    .await;
}
