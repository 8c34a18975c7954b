//! The checks, and which of them a connector has to face.

mod agreement;
mod authorize;
mod capability;
mod code;
mod configuration;
mod effect;
mod follow_up;
mod identity;
mod notification;
mod redirect;
mod register;
mod robustness;
mod secrecy;

use purser_connector::{Capabilities, Idempotency, Notifications, OperationKind};

use crate::Verdict;
use crate::bench::Bench;
use crate::subject::Subject;

/// One check: a trial of its own, on a bench of its own.
pub(crate) struct Check {
    pub(crate) name: String,
    body: fn(&Bench<'_>) -> Verdict,
}

impl Check {
    pub(crate) fn run(&self, subject: &Subject) -> Verdict {
        (self.body)(&Bench::new(subject)?)
    }
}

/// The checks that the capabilities of `subject` ask for.
pub(crate) fn of(subject: &Subject) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut add = |is_due: bool, name: &str, body: fn(&Bench<'_>) -> Verdict| {
        if is_due {
            checks.push(Check { name: name.to_owned(), body });
        }
    };
    let Ok(connector) = (subject.configure)(subject.config.clone()) else {
        add(true, "c14_settings_make_a_connector", |_| Ok(()));
        return checks;
    };
    let can = |operation| connector.capabilities().supports(operation);
    let sells = can(OperationKind::Sale);
    add(true, "c01_every_declared_payment_works", capability::declared_payments_work);
    add(true, "c01_what_is_not_declared_is_unsupported", capability::undeclared_is_unsupported);
    add(true, "c01_credentials_are_probed", capability::probe_works);
    add(sells, "c02_minor_units_are_exact", authorize::amounts_are_exact);
    add(sells, "c02_zero_is_not_sent", authorize::zero_is_not_sent);
    add(sells, "c02_an_unlisted_currency_is_not_sent", authorize::unlisted_currency_is_not_sent);
    add(sells, "c03_reference_and_key_are_sent", identity::reference_and_key_are_sent);
    add(sells, "c03_a_repetition_is_the_same_and_moves_nothing", identity::repetition_is_the_same);
    add(sells, "c03_a_request_that_was_kept_is_the_same", identity::kept_request_is_the_same);
    add(!subject.declines.is_empty(), "c04_declines_are_translated", authorize::declines_are_translated);
    add(subject.pending.is_some(), "c04_pending_is_found_done", authorize::pending_is_found_done);
    add(subject.partial.is_some(), "c04_a_partial_approval_is_told", authorize::partial_approval);
    add(sells, "c05_what_was_not_sent_has_no_effect", effect::refused_connection);
    add(sells, "c05_without_a_whole_answer_nobody_knows", effect::no_whole_answer);
    add(sells, "c05_a_foreign_answer_proves_nothing", effect::foreign_answer);
    add(sells, "c05_a_documented_refusal_is_certain", effect::documented_refusal);
    add(sells, "c05_a_lost_answer_is_found", effect::lost_answer_is_found);
    add(sells, "c05_what_never_arrived_is_not_found", effect::unknown_reference);
    // Asking again is what repair does, so it has to be safe where the connector says so.
    let repeats = matches!(connector.capabilities().idempotency, Idempotency::Native { .. });
    add(repeats && sells, "c05_asking_again_sells_once", effect::repeated_sale);
    let captures = can(OperationKind::Authorize) && can(OperationKind::Capture);
    add(repeats && captures, "c05_asking_again_captures_once", effect::repeated_capture);
    let challenges = subject.challenge.is_some();
    add(challenges, "c06_challenge_passed", redirect::passed);
    add(challenges, "c06_challenge_failed", redirect::failed);
    add(challenges, "c06_challenge_abandoned", redirect::abandoned);
    add(challenges, "c06_challenge_expired", redirect::expired);
    add(challenges, "c06_tampered_state_is_refused", redirect::tampered);
    let restores = subject.challenge.as_ref().is_some_and(|challenge| challenge.is_restored);
    add(restores, "c06_a_lost_action_is_found_again", redirect::restored);
    add(subject.code.is_some(), "c06_the_right_code_pays", code::right);
    add(subject.code.is_some(), "c06_a_wrong_code_pays_nothing", code::wrong);
    follow_ups(connector.capabilities(), &mut add);
    let stores = can(OperationKind::Register);
    add(stores, "c08_a_stored_instrument_pays_until_it_is_forgotten", register::life_of_a_token);
    add(stores, "c08_a_payment_stores_only_when_asked", register::stores_when_asked);
    add(stores, "c08_details_are_not_the_number", register::details_are_not_the_number);
    let shares = stores && subject.siblings.is_some();
    add(shares, "c08_a_token_keeps_to_its_scope", register::token_keeps_its_scope);
    let notifies = connector.capabilities().notifications == Notifications::Signed && sells;
    add(notifies, "c09_a_notification_is_read", notification::valid);
    add(notifies, "c09_a_changed_notification_is_refused", notification::changed);
    add(notifies, "c09_an_old_notification_is_refused", notification::old);
    add(sells, "c10_answer_and_lookup_agree", agreement::lookup);
    add(notifies, "c10_answer_and_notification_agree", agreement::notification);
    add(notifies && subject.dispute.is_some(), "c10_a_dispute_is_told", agreement::dispute);
    add(true, "c11_nothing_secret_is_printed", secrecy::nothing_is_printed);
    add(sells, "c12_arbitrary_answers_never_succeed", robustness::arbitrary_answers);
    add(true, "c12_arbitrary_notifications_are_refused", robustness::arbitrary_notifications);
    add(sells, "c13_only_declared_hosts_are_called", identity::only_declared_hosts);
    add(true, "c14_wrong_settings_are_named", configuration::wrong_settings_are_named);
    checks
}

fn follow_ups(capabilities: &Capabilities, add: &mut impl FnMut(bool, &str, fn(&Bench<'_>) -> Verdict)) {
    let can = |operation| capabilities.supports(operation);
    let any = |has: fn(&purser_connector::MethodCapability) -> bool| capabilities.methods.iter().any(has);
    let captures = can(OperationKind::Capture);
    add(captures, "c07_a_capture_takes_what_is_asked", follow_up::capture_is_exact);
    add(captures, "c07_an_excessive_capture_is_refused", follow_up::excessive_capture);
    let parts = captures && any(|method| method.capture.partial && method.capture.multiple);
    add(parts, "c07_captures_in_parts", follow_up::captures_in_parts);
    add(
        captures && any(|method| method.capture.partial),
        "c07_a_final_capture_is_final",
        follow_up::final_capture,
    );
    let increments = can(OperationKind::Increment) && captures;
    add(increments, "c07_an_increment_reserves_more", follow_up::increment);
    let voids = can(OperationKind::Void) && captures;
    add(voids, "c07_a_void_releases", follow_up::void_releases);
    let refunds = can(OperationKind::Refund) && can(OperationKind::Sale);
    add(refunds, "c07_refunds_return_at_most_what_was_taken", follow_up::refunds);
    add(refunds, "c07_an_excessive_refund_is_refused", follow_up::excessive_refund);
}

/// Requires something, or says what is wrong.
pub(crate) fn ensure(holds: bool, wrong: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(wrong()) }
}
