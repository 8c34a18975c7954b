//! What the test instruments and the test amounts do, late outcomes and customers included.

use std::time::Duration;

use purser_connector::{
    ActionKind, Authorize, CaptureMethod, DisputeStatus, Effect, Finding, Initiator, MitReason,
    OperationKind, Outcome, Settled,
};
use purser_plugin_sandbox::{ActionType, Amount, CODE, Payment, Sandbox, Status};
use purser_types::Source;
use url::Url;

use crate::world::{Lines, Names, World, asked, declined, done, eur, failed, sale, world};

fn with_return(token: &str, minor: i64) -> Authorize {
    Authorize { return_url: Url::parse("https://shop.example/back").ok(), ..sale(token, minor) }
}

fn disputes(findings: Vec<Finding>) -> Vec<DisputeStatus> {
    let status = |finding| match finding {
        Finding::Dispute(dispute) => Some(dispute.status),
        _ => None,
    };
    findings.into_iter().filter_map(status).collect()
}

fn later(world: &World) {
    world.clock.advance(Duration::from_secs(30));
}

#[tokio::test]
async fn the_right_code_pays_and_the_third_wrong_one_declines() {
    let world = world();
    let right = asked(world.authorize("a", sale("tok_otp", 500)).await);
    let wrong = asked(world.authorize("b", sale("tok_otp", 700)).await);

    assert!(matches!(right.kind, ActionKind::Otp { length: Some(6), .. }));
    asked(world.resume("a", 1, &right.state, ("code", "000000")).await);
    done(world.resume("a", 2, &right.state, ("code", CODE)).await);
    for nth in [1, 1, 1, 2] {
        asked(world.resume("b", nth, &wrong.state, ("code", "000000")).await);
    }
    let last = declined(world.resume("b", 3, &wrong.state, ("code", "000000")).await);

    assert_eq!(last, "authentication_failed");
    assert_eq!(declined(world.resume("b", 4, &wrong.state, ("code", CODE)).await), last);
    assert_eq!(world.balance(), 500);
}

#[tokio::test]
async fn a_code_is_scanned_on_another_device() {
    let world = world();
    let by_look_up = asked(world.authorize("a", sale("tok_qr", 500)).await);
    let by_page = asked(world.authorize("b", sale("tok_qr", 700)).await);
    let refused = asked(world.authorize("c", sale("tok_qr", 900)).await);
    let answer = |state: &bytes::Bytes, result| {
        world.sandbox.answer_challenge("northbank", std::str::from_utf8(state).expect("a name"), result)
    };

    assert!(
        matches!(&by_look_up.kind, ActionKind::Display { qr: Some(qr), .. } if qr.contains("/challenge/auth_"))
    );
    assert_eq!(answer(&by_page.state, "authenticated"), Some(Status::Succeeded));
    assert_eq!(answer(&refused.state, "failed"), Some(Status::Declined));
    assert!(matches!(world.found("a").await[..], [Finding::Settled(_)]));
    assert!(matches!(world.found("c").await[..], [Finding::Declined(_)]));
    assert_eq!(world.balance(), 1200);
}

#[tokio::test]
async fn a_challenge_that_ran_out_is_found_expired() {
    let world = world();
    let at_once = asked(world.authorize("a", with_return("tok_expires", 500)).await);
    let slow = asked(world.authorize("b", with_return("tok_threeDSecureRequired", 500)).await);
    assert_eq!(at_once.expires_at, Some(world.clock.now()));

    assert_eq!(world.found("a").await, [Finding::Expired]);
    assert!(matches!(world.found("b").await[..], [Finding::ActionRequired(Some(_))]));
    world.clock.advance(Duration::from_secs(15 * 60));
    let reply = world.resume("b", 1, &slow.state, ("result", "authenticated")).await;

    assert_eq!(declined(reply), "authentication_expired");
    assert_eq!(world.found("b").await, [Finding::Expired]);
    assert_eq!(world.balance(), 0);
}

#[tokio::test]
async fn what_is_late_is_told_by_notification() {
    let world = world();
    for (own, token) in [("a", "tok_delayedSuccess"), ("b", "tok_lateSuccess"), ("c", "tok_qr")] {
        let _reply = world.authorize(own, sale(token, 500)).await;
    }
    assert!(matches!(
        world.told()[..],
        [Finding::Pending(_), Finding::Declined(_), Finding::ActionRequired(Some(_))]
    ));
    assert_eq!(world.told(), [], "nothing is ripe");

    later(&world);

    assert_eq!(world.told(), [], "it goes on, and the next time tells");
    assert!(matches!(world.told()[..], [Finding::Settled(_), Finding::Settled(_), Finding::Settled(_)]));
    assert_eq!(world.told(), []);
    assert_eq!(world.balance(), 1500);
}

#[tokio::test]
async fn a_decline_that_was_an_approval_is_found_later() {
    let world = world();

    assert_eq!(declined(world.authorize("a", sale("tok_lateSuccess", 500)).await), "do_not_honor");
    assert_eq!(declined(world.authorize("b", sale("tok_visa", 7708)).await), "do_not_honor");
    assert_eq!(world.balance(), 0);

    assert!(matches!(&world.found("a").await[..], [Finding::Settled(settled)] if settled.amount == eur(500)));
    assert!(matches!(world.found("b").await[..], [Finding::Settled(_)]));
    done(world.authorize("a", sale("tok_lateSuccess", 500)).await);
    assert_eq!(world.balance(), 8208);
}

#[tokio::test]
async fn half_is_approved_for_those_who_welcome_it() {
    let world = world();

    assert_eq!(declined(world.authorize("a", sale("tok_partialApproval", 999)).await), "insufficient_funds");
    let request = Authorize { accepts_partial: true, ..sale("tok_partialApproval", 999) };
    let settled = done(world.authorize("b", request).await);

    assert_eq!(settled.amount, eur(500));
    assert_eq!(world.balance(), 500);
}

#[tokio::test]
async fn there_are_ten_units_of_the_currency() {
    let world = world();
    let pay = async |own: &str, minor, currency: &str| {
        let amount =
            purser_types::Money::try_new(minor, currency.parse().expect("currency")).expect("amount");
        world.authorize(own, Authorize { amount, ..sale("tok_insufficientFundsAbove10", 1) }).await
    };

    for (own, minor, currency) in [("a", 1000, "EUR"), ("b", 10, "JPY"), ("c", 10_000, "KWD")] {
        done(pay(own, minor, currency).await);
        let above = declined(pay(&format!("{own}2"), minor + 1, currency).await);
        assert_eq!(above, "insufficient_funds", "{currency}");
    }
}

#[tokio::test]
async fn a_dispute_is_told_and_takes_the_money_until_it_is_won() {
    use DisputeStatus::{Lost, Open, Won};
    for (token, statuses, balances) in [
        ("tok_createDispute", [None, Some(Open), None, None], [500, 0, 0, 0, 0]),
        ("tok_disputeWon", [None, Some(Open), Some(Won), None], [500, 0, 500, 500, 500]),
        ("tok_disputeLost", [None, Some(Open), Some(Lost), None], [500, 0, 0, 0, 0]),
    ] {
        let world = world();
        done(world.authorize("a", sale(token, 500)).await);
        assert_eq!(world.balance(), balances[0], "{token}");
        for (status, balance) in statuses.into_iter().zip(&balances[1..]) {
            let expected: Vec<DisputeStatus> = status.into_iter().collect();
            assert_eq!(disputes(world.told()), expected, "{token}");
            assert_eq!(world.balance(), *balance, "{token}");
        }
        let found = world.found("a").await;
        assert!(matches!(found[..], [Finding::Settled(_), Finding::Dispute(_)]), "{token}: {found:?}");
    }
}

#[tokio::test]
async fn what_is_only_reserved_or_given_back_is_not_disputed() {
    let world = world();
    let request = Authorize { capture: CaptureMethod::Manual, ..sale("tok_createDispute", 500) };
    let reference = done(world.authorize("a", request).await).connector_reference;
    assert_eq!(disputes([world.told(), world.told()].concat()), []);

    done(world.follow_up("b", OperationKind::Capture, &reference, 300).await);
    done(world.follow_up("c", OperationKind::Refund, &reference, 100).await);
    let told = [world.told(), world.told()].concat();

    assert_eq!(disputes(told), [DisputeStatus::Open]);
    let refused = failed(world.follow_up("d", OperationKind::Refund, &reference, 1).await);
    assert_eq!((refused.effect, refused.detail.as_str()), (Effect::Rejected, "amount_too_large"));
    assert_eq!(world.balance(), 0);
}

#[tokio::test]
async fn answers_that_do_not_fit_say_so_wherever_they_are_told() {
    let world = world();
    let amount = done(world.authorize("a", sale("tok_wrongAmount", 500)).await);
    let currency = done(world.authorize("b", sale("tok_wrongCurrency", 500)).await);
    let reference = failed(world.authorize("c", sale("tok_wrongReference", 500)).await);

    assert_eq!(amount.amount, eur(501));
    assert_eq!((currency.amount.minor(), currency.amount.currency().code()), (500, "USD"));
    assert_eq!(reference.effect, Effect::Unknown);
    let is = |found: Vec<Finding>, said: &Settled| matches!(&found[..], [Finding::Settled(settled)] if **settled == *said);
    assert!(is(world.found("a").await, &amount) && is(world.found("b").await, &currency));
    assert_eq!(world.looked_up("c").await.expect_err("not ours").effect, Effect::Unknown);
    assert_eq!(world.balance(), 1500, "what was asked is what was booked");
}

#[tokio::test]
async fn the_merchants_own_payment_needs_an_agreement_and_no_challenge() {
    let world = world();
    let merchants = |network_transaction_id: Option<&str>| Authorize {
        initiator: Initiator::Merchant,
        mit_reason: Some(MitReason::Recurring),
        network_transaction_id: network_transaction_id.map(str::to_owned),
        ..sale("tok_threeDSecureRequired", 500)
    };

    let without = declined(world.authorize("a", merchants(None)).await);
    let settled = done(world.authorize("b", merchants(Some("NT0001"))).await);

    assert_eq!(without, "authentication_required");
    assert!(settled.network_transaction_id.is_some());
    assert_eq!(world.balance(), 500);
}

#[tokio::test]
async fn an_increment_can_fail_late_and_leaves_what_was_reserved() {
    let world = world();
    let request = Authorize { capture: CaptureMethod::Manual, ..sale("tok_visa", 1000) };
    let reference = done(world.authorize("a", request).await).connector_reference;
    let reserved = || world.sandbox.books("northbank").payment(&reference).map(Payment::reserved);

    let pending = world.follow_up("b", OperationKind::Increment, &reference, 8803).await;
    assert!(matches!(pending, Ok(Outcome::Pending(_))), "{pending:?}");
    assert!(matches!(world.found("b").await[..], [Finding::Declined(_)]));
    assert_eq!(reserved(), Some(1000));

    let added = done(world.follow_up("c", OperationKind::Increment, &reference, 250).await);
    assert_eq!((added.amount, added.captured), (eur(250), false));
    assert_eq!(reserved(), Some(1250));
}

#[tokio::test]
async fn a_refund_that_fails_late_can_be_made_again() {
    let world = world();
    let reference = done(world.authorize("a", sale("tok_visa", 9000)).await).connector_reference;

    let pending = world.follow_up("b", OperationKind::Refund, &reference, 8803).await;
    assert!(matches!(pending, Ok(Outcome::Pending(_))), "{pending:?}");
    assert_eq!(world.balance(), 197);
    assert!(matches!(world.found("b").await[..], [Finding::Declined(_)]));

    done(world.follow_up("c", OperationKind::Refund, &reference, 9000).await);
    assert_eq!(world.balance(), 0);
}

#[tokio::test]
async fn voids_have_amounts_of_their_own() {
    let world = world();
    for (minor, is_known, balance) in [(8900, true, 0), (8901, true, 8901), (8904, false, 8904)] {
        let before = world.balance();
        let own = format!("sale-{minor}");
        let reference = done(world.authorize(&own, sale("tok_visa", minor)).await).connector_reference;
        let own = format!("void-{minor}");
        let _reply = world.follow_up(&own, OperationKind::Void, &reference, 0).await;
        assert_eq!(world.found(&own).await.len(), usize::from(is_known), "{minor}");
        assert_eq!(world.balance() - before, balance, "{minor}");
    }
}

#[tokio::test]
async fn notifications_go_where_the_client_said() {
    let world = world();
    let url = Url::parse("https://pay.example/connectors/con_1/notifications").expect("an address");
    let names = Names { notification_url: Some(url.clone()), ..Names::new("a", "key-a") };
    let said = world.connector.authorize(&names.call(&world), sale("tok_visa", 500)).await;
    done(said);
    done(world.authorize("b", sale("tok_visa", 700)).await);

    let sent = world.sandbox.take_deliveries();

    assert_eq!(sent.len(), 1, "nobody said where the other one is to go");
    assert_eq!(sent[0].url, Some(url));
    assert_eq!(sent[0].account, "acct-1");
    assert!(world.sandbox.take_deliveries().is_empty());
}

#[tokio::test]
async fn notifications_wait_after_a_restart_until_their_key_is_known() {
    let lines = Lines::default();
    let plain = world();
    let sandbox = Sandbox::open(plain.clock.clone(), [], lines.clone()).expect("empty journal");
    let world = World { sandbox, ..plain };
    assert!(matches!(world.authorize("a", sale("tok_delayedSuccess", 500)).await, Ok(Outcome::Pending(_))));
    let journal = lines.text();
    let sandbox = Sandbox::open(world.clock.clone(), journal.lines().map(str::to_owned), lines);
    let world = World { sandbox: sandbox.expect("own journal"), ..world };
    later(&world);

    assert_eq!([world.told(), world.told()].concat(), [], "nobody could check a signature");
    done(world.authorize("b", sale("tok_visa", 700)).await);

    let amounts: Vec<i64> = world.told().iter().filter_map(settled_minor).collect();
    assert_eq!(amounts, [500, 700]);
}

fn settled_minor(finding: &Finding) -> Option<i64> {
    match finding {
        Finding::Settled(settled) => Some(settled.amount.minor()),
        _ => None,
    }
}

#[tokio::test]
async fn the_page_of_a_challenge_knows_what_it_is_about() {
    let plain = world();
    let base = Url::parse("http://localhost:8080/sandbox").expect("an address");
    let world = World { sandbox: Sandbox::new(plain.clock.clone()).with_pages(base), ..plain };
    let action = asked(world.authorize("a", with_return("tok_threeDSecureRequired", 500)).await);
    let ActionKind::Redirect { url } = &action.kind else { panic!("a redirect") };
    let name = std::str::from_utf8(&action.state).expect("a name");

    assert_eq!(url.path(), format!("/sandbox/northbank/challenge/{name}"));
    let page = world.sandbox.challenge("northbank", name).expect("a page");
    assert_eq!(page.amount, Some(Amount { minor: 500, currency: "EUR".parse().expect("EUR") }));
    assert_eq!((page.reference.as_str(), page.action_type), ("a", ActionType::Redirect));
    assert_eq!(
        (page.return_url, page.expires_at),
        (Url::parse("https://shop.example/back").ok(), action.expires_at)
    );
    assert_eq!(world.sandbox.challenge("northbank", "auth_0000000000000000"), None);
    assert_eq!(world.sandbox.challenge("southbank", name), None);

    done(world.resume("a", 1, &action.state, ("result", "authenticated")).await);
    assert_eq!(world.sandbox.challenge("northbank", name).map(|page| page.expires_at), Some(None));
}
