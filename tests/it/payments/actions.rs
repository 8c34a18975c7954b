//! The customer is sent away, and comes back.

use std::time::Duration;

use purser_connector::{ActionKind, OperationKind};
use purser_domain::payment::attempt::AttemptStatus;
use purser_services::payments::{self, Destination, Pay, Terms};
use purser_services::{Code, reads};
use purser_tests::{World, each_database, eventually};
use purser_types::id::PaymentId;

use super::till::{Till, brought, card, refusal, stands};
use super::{booked, shop};

/// A debit that needs a challenge, with an address for each outcome.
fn challenged(till: &Till, id: &str) -> Pay {
    let url = |path: &str| Some(format!("https://shop.example.org/{path}").parse().expect("a URL"));
    Pay {
        return_url: url("back?cart=7"),
        terms: Terms {
            success_url: url("thanks"),
            error_url: url("sorry"),
            cancel_url: url("cart"),
            ..Terms::default()
        },
        ..till.debit(id, card("tok_threeDSecureRequired"))
    }
}

/// The token in the address that the processor sends the browser back to.
async fn token(till: &Till, id: PaymentId) -> String {
    let Some(ActionKind::Redirect { url }) = till.payment(id).await.next_action else {
        panic!("the customer should be sent away")
    };
    let back = url.query_pairs().find(|(name, _)| name == "return_url").expect("an address").1.into_owned();
    back.rsplit_once("/return/").expect("an address of ours").1.to_owned()
}

fn goes_to(path: &str, id: PaymentId, transaction: &str, status: &str) -> Option<Destination> {
    let url = format!(
        "https://shop.example.org/{path}paymentId={id}&merchantTransactionId={transaction}&status={status}"
    );
    Some(Destination::To(url.parse().expect("a URL")))
}

async fn comes_back(world: &World, token: &str, result: &str) -> Option<Destination> {
    payments::resume_by_token(world.app(), token, brought(result)).await.expect("an answer")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_comes_back_ends_the_payment_and_goes_where_the_merchant_said() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        for (n, result, path, status, captured) in [
            (1, "authenticated", "thanks?", "SUCCEEDED", 999),
            (2, "failed", "sorry?", "FAILED", 0),
            (3, "left", "cart?", "FAILED", 0),
        ] {
            let transaction = format!("t-{n}");
            let paid = payments::pay(&till.ctx, challenged(&till, &transaction)).await.expect("a payment");
            assert_eq!(till.standing(paid).await, stands("REQUIRES_ACTION", 0, 0));
            let token = token(&till, paid.payment_id).await;

            let first = comes_back(world, &token, result).await;
            let sent = world.gate().sent();
            let again = comes_back(world, &token, "authenticated").await;

            assert_eq!(first, goes_to(path, paid.payment_id, &transaction, status), "{result}");
            assert_eq!(again, first, "coming back twice changes nothing");
            assert_eq!(world.gate().sent(), sent);
            assert_eq!(till.standing(paid).await, stands(status, captured, captured), "{result}");
        }
        assert_eq!(comes_back(world, "0123456789abcdef0123456789abcdef", "authenticated").await, None);
        assert_eq!(booked(world), [(999, 0)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_resumed_once_however_often_that_is_asked() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let id = payments::pay(&till.ctx, challenged(&till, "t-1")).await.expect("a payment").payment_id;
        let sent = world.gate().sent();

        let resumes = (0..10).map(|_| payments::resume(&till.ctx, id, brought("authenticated")));
        let resumed = futures::future::join_all(resumes).await;
        let later = payments::resume(&till.ctx, id, brought("failed")).await.expect("the truth");

        assert!(resumed.iter().all(Result::is_ok), "{resumed:?}");
        assert_eq!(till.standing(later).await, stands("SUCCEEDED", 999, 999));
        assert_eq!((world.gate().sent(), booked(world)), (sent + 1, vec![(999, 0)]));
        let debit = payments::pay(&till.ctx, till.debit("t-2", card("tok_visa"))).await.expect("a payment");
        let refused = payments::resume(&till.ctx, debit.payment_id, brought("authenticated")).await;
        assert_eq!(refusal(refused), (Code::NotResumable, "paymentId".to_owned()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_was_called_off_does_not_go_on() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let id = payments::pay(&till.ctx, challenged(&till, "t-1")).await.expect("a payment").payment_id;
        let token = token(&till, id).await;
        let sent = world.gate().sent();

        payments::cancel(&till.ctx, id).await.expect("a cancellation");
        let back = comes_back(world, &token, "authenticated").await;

        assert_eq!(back, goes_to("cart?", id, "t-1", "CANCELED"));
        assert_eq!((world.gate().sent(), booked(world)), (sent, Vec::new()), "nothing was sent");
        assert_eq!(refusal(payments::cancel(&till.ctx, id).await).0, Code::NotCancelable);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_comes_after_the_end_goes_back_by_itself() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let paid = payments::pay(&till.ctx, challenged(&till, "t-1")).await.expect("a payment");
        let id = paid.payment_id;
        let Some(ActionKind::Redirect { url }) = till.payment(id).await.next_action else {
            panic!("the customer should be sent away")
        };
        let challenge = url.path_segments().and_then(|mut parts| parts.next_back()).expect("a challenge");
        payments::cancel(&till.ctx, id).await.expect("a cancellation");

        world.sandbox().answer_challenge("northbank", challenge, "authenticated").expect("an answer");
        assert_eq!(booked(world), [(999, 0)], "the issuer was quicker than the merchant");
        payments::sync(&till.ctx, id).await.expect("a look-up");

        eventually("the money is back", async || booked(world) == [(0, 0)]).await;
        let ended = async || {
            let attempts = reads::attempts_of(&till.ctx, &[id]).await.expect("an answer").remove(0);
            attempts
                .iter()
                .map(|it| (it.operation, it.status, it.next_check_at.is_some()))
                .collect::<Vec<_>>()
        };
        let expected = [
            (OperationKind::Sale, AttemptStatus::Succeeded, false),
            (OperationKind::Void, AttemptStatus::Succeeded, false),
        ];
        eventually("it is written down", async || ended().await == expected).await;
        assert_eq!(till.standing(paid).await, stands("CANCELED", 0, 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_doubt_or_paid_is_not_called_off() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        for (n, token) in [(1, "tok_visa"), (2, "tok_unknownOutcome"), (3, "tok_delayedSuccess")] {
            let asked = till.debit(&format!("t-{n}"), card(token));
            let id = payments::pay(&till.ctx, asked).await.expect("a payment").payment_id;
            let before = till.payment(id).await;

            let refused = payments::cancel(&till.ctx, id).await;

            assert_eq!(refusal(refused), (Code::NotCancelable, "paymentId".to_owned()), "{token}");
            assert_eq!(till.payment(id).await, before, "{token}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_too_late_is_a_refusal() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let paid = payments::pay(&till.ctx, challenged(&till, "t-1")).await.expect("a payment");
        world.advance(Duration::from_secs(16 * 60));

        payments::resume(&till.ctx, paid.payment_id, brought("authenticated")).await.expect("an answer");

        assert_eq!(till.standing(paid).await, stands("FAILED", 0, 0));
        assert_eq!(booked(world), []);
    })
    .await;
}
