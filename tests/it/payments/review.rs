//! The operator's queue: what no machine can decide, decided once, with a reason.

use purser_domain::KeyScopes;
use purser_domain::payment::attempt::AttemptStatus;
use purser_domain::payment::event::{EventKind, Origin};
use purser_domain::scope::{Actor, Viewer};
use purser_domain::{Environment, KeyScope};
use purser_services::payments::{self, Paid, Resolution, ResolveAttempt};
use purser_services::{Code, reads};
use purser_tests::each_database;
use purser_types::id::AttemptId;
use purser_types::page::{Direction, Page};

use super::repair::{SOON, attempts, events, look, successes};
use super::shop;
use super::till::{Till, card, refusal, stands};

const PAGE: Page = Page { size: 20, from: None, direction: Direction::Forward, with_total: true };

async fn contradictory(till: &Till, id: &str) -> (Paid, AttemptId) {
    let paid = payments::pay(&till.ctx, till.debit(id, card("tok_wrongAmount"))).await.expect("a payment");
    let attempt = attempts(till, paid.payment_id).await.remove(0);
    (paid, attempt.id)
}

fn decision(attempt_id: AttemptId, outcome: Resolution) -> ResolveAttempt {
    ResolveAttempt {
        attempt_id,
        outcome,
        connector_reference: None,
        reason: "seen in the processor's dashboard".to_owned(),
    }
}

async fn queue(till: &Till) -> Vec<AttemptId> {
    let slice = reads::attempts_in_review(&till.ctx, PAGE).await.expect("a page");
    assert_eq!(slice.total, Some(i64::try_from(slice.items.len()).expect("few")));
    slice.items.iter().map(|attempt| attempt.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_decides_and_the_reason_is_kept() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let (first, taken) = contradictory(&till, "t-1").await;
        let (second, not_taken) = contradictory(&till, "t-2").await;
        assert_eq!(queue(&till).await, [not_taken, taken], "the newest first");

        payments::resolve(&till.ctx, decision(taken, Resolution::Succeeded)).await.expect("a decision");
        payments::resolve(&till.ctx, decision(not_taken, Resolution::Failed)).await.expect("a decision");

        assert_eq!(queue(&till).await, []);
        assert_eq!(till.standing(first).await, stands("SUCCEEDED", 999, 999));
        assert_eq!(till.standing(second).await, stands("FAILED", 0, 0));
        let told = events(&till, first.payment_id).await;
        assert!(told.contains(&(EventKind::AttemptResolved, Origin::Operator)), "{told:?}");
        assert!(told.contains(&(EventKind::PaymentSucceeded, Origin::Operator)), "{told:?}");
        let settled = attempts(&till, first.payment_id).await.remove(0);
        assert_eq!((settled.settled_by, settled.review), (Some(Origin::Operator), None));
        let reason = settled.failure.expect("a reason");
        assert!(reason.ends_with("seen in the processor's dashboard"), "{reason}");
        assert_eq!(look(world, SOON).await.leased, 0, "nothing is left to look at");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_made_once_and_only_where_one_is_needed() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let (paid, attempt) = contradictory(&till, "t-1").await;
        let decided = decision(attempt, Resolution::Succeeded);
        let once = till.once("resolveAttempt", "key-1", "{}");

        payments::resolve(&once.ctx, decided.clone()).await.expect("a decision");
        let again = payments::resolve(&once.ctx, decided.clone()).await.expect("the same answer");
        let refused = payments::resolve(&till.ctx, decided).await;

        assert_eq!(again.payment_id, paid.payment_id);
        assert_eq!(refusal(refused), (Code::AttemptNotInReview, "attemptId".to_owned()));
        assert_eq!(successes(&till, paid.payment_id).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_decides_without_the_scope_or_about_what_is_not_theirs() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let (paid, attempt) = contradictory(&till, "t-1").await;
        let tenant = shop.tenant.id.parse().expect("the id of a tenant");
        let scopes: KeyScopes =
            KeyScope::ALL.iter().copied().filter(|scope| *scope != KeyScope::PaymentsResolve).collect();
        let clerk = Viewer::verified(tenant, Environment::Sandbox, Actor::Operator, scopes);
        let stranger = Till::of(world, &world.root_tenant("other").await.shop().await);
        let decided = || decision(attempt, Resolution::Succeeded);

        let without_scope = payments::resolve(&world.app().ctx(clerk), decided()).await;
        let foreign = payments::resolve(&stranger.ctx, decided()).await;
        let without_reason = ResolveAttempt { reason: " ".to_owned(), ..decided() };
        let without_reason = payments::resolve(&till.ctx, without_reason).await;

        assert_eq!(refusal(without_scope).0, Code::ScopeNotHeld);
        assert_eq!(refusal(foreign), (Code::AttemptNotFound, "attemptId".to_owned()));
        assert_eq!(refusal(without_reason), (Code::InvalidInput, "reason".to_owned()));
        assert_eq!(queue(&stranger).await, []);
        assert_eq!(till.standing(paid).await, stands("PENDING", 0, 0));
        let kept = attempts(&till, paid.payment_id).await.remove(0);
        assert_eq!((kept.status, kept.review.as_deref()), (AttemptStatus::Unknown, Some("integrity")));
    })
    .await;
}
