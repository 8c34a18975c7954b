//! What processors find out about our references, in the words of this floor.
//!
//! A look-up and a notification bring the same values, so that neither is believed more than the other.

use purser_connector::{self as connector, DisputeFinding, Finding, OwnReference};
use purser_domain::payment::attempt::AttemptStatus;
use purser_domain::payment::event::Origin;
use purser_domain::payment::state::Observation;

use super::call::{Learned, Stored};
use super::repair::Case;

/// What one finding says.
pub(super) enum Found {
    /// Something about an attempt.
    Attempt(Box<Learned>),
    /// Something about a dispute of its payment.
    Dispute(Box<DisputeFinding>),
    /// Nothing that we keep.
    Nothing,
}

/// Reads one finding about the attempt of a case.
pub(super) fn read(case: &Case, observed: connector::Observation, origin: Origin) -> Found {
    let (attempt, opened) = (&case.attempt, &case.opened);
    let order = case.order.as_ref();
    // What names another reference or another operation is about something else, and proves nothing.
    let is_same = observed.own == OwnReference::from(attempt.id) && observed.operation == attempt.operation;
    let learned = match observed.finding {
        Finding::Settled(settled) => {
            let kept = settled.stored.clone().filter(|_| case.may_store());
            let learned = Learned::of_settled(opened, attempt, order, *settled, origin);
            let stored = kept.map(|stored| Stored::new(opened, stored));
            Learned { stored, ..learned }
        }
        Finding::Stored(stored) => {
            let mut learned = Learned::of_stored(opened, order, *stored, origin);
            learned.stored = learned.stored.filter(|_| case.may_store());
            learned
        }
        Finding::Pending(pending) => Learned::of_pending(pending, origin),
        Finding::ActionRequired(Some(action)) => Learned::of_action(action, origin),
        // Without the action the customer cannot be asked; if we have one, we have asked already.
        Finding::ActionRequired(None) if attempt.status == AttemptStatus::RequiresAction => {
            return Found::Nothing;
        }
        Finding::ActionRequired(None) => Learned::only(Observation::Pending, origin),
        Finding::Declined(decline) => Learned::of_decline(decline, origin),
        Finding::Expired => Learned::only(Observation::Expired, origin),
        Finding::Dispute(dispute) => return Found::Dispute(dispute),
        Finding::Confirmed => return Found::Nothing,
    };
    let connector_reference = learned.connector_reference.clone().or(observed.connector_reference);
    let learned = Learned { connector_reference, ..learned };
    match learned.observation {
        // A success of something else is a contradiction that an operator has to see.
        Observation::Done { minor, is_same_currency, is_same_reference } => {
            let is_same_reference = is_same_reference && is_same;
            let observation = Observation::Done { minor, is_same_currency, is_same_reference };
            Found::Attempt(Box::new(Learned { observation, ..learned }))
        }
        // Refusals and doubt of something else say nothing about this one.
        _ if is_same => Found::Attempt(Box::new(learned)),
        _ => Found::Nothing,
    }
}
