//! Who was told something was told the truth.

use std::collections::BTreeMap;

use super::{Findings, Ledgers, Wrong};
use crate::database::hex_of;
use crate::log::{Outcome, Seen, Told};
use crate::wire::Kind;

/// What clients were told of one order.
#[derive(Default)]
struct Story<'a> {
    accepted: BTreeMap<Kind, u64>,
    unanswered: BTreeMap<Kind, u64>,
    /// The last payment that was shown.
    seen: Option<&'a Seen>,
    is_voided: bool,
}

pub(super) fn check(books: &Ledgers<'_>, findings: &mut Findings) {
    let mut stories: BTreeMap<&str, Story<'_>> = BTreeMap::new();
    for told in books.told {
        let story = stories.entry(&told.order).or_default();
        match &told.outcome {
            Outcome::Accepted(seen) => {
                *story.accepted.entry(told.kind).or_default() += 1;
                story.seen = Some(seen);
                story.is_voided |= told.kind == Kind::Void;
            }
            Outcome::Refused(codes) => refused(told, codes, findings),
            Outcome::Unanswered => {
                *story.unanswered.entry(told.kind).or_default() += 1;
                findings
                    .add(Wrong::Unanswered, format!("{} {} ({})", told.kind.name(), told.order, told.key));
            }
        }
    }
    let mut attempts: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for attempt in books.recorded.attempts.values() {
        *attempts.entry((&attempt.payment, &attempt.operation)).or_default() += 1;
    }
    for (order, story) in &stories {
        let Some(seen) = story.seen else { continue };
        let id = hex_of(&seen.payment).unwrap_or_default();
        let Some(payment) = books.recorded.payments.get(&id).filter(|payment| payment.order == *order) else {
            findings
                .add(Wrong::Missing, format!("{order}: {} was acknowledged and is not there", seen.payment));
            continue;
        };
        let went_back = payment.captured < seen.captured && !story.is_voided;
        if went_back || payment.refunded < seen.refunded {
            let what = format!("{order}: {seen:?} was acknowledged, recorded is {payment:?}");
            findings.add(Wrong::Missing, what);
        }
        for kind in [Kind::Capture, Kind::Refund, Kind::Void, Kind::Increment] {
            let accepted = story.accepted.get(&kind).copied().unwrap_or(0);
            let most = accepted + story.unanswered.get(&kind).copied().unwrap_or(0);
            let found = attempts.get(&(id.as_str(), kind.name())).copied().unwrap_or(0);
            if found < accepted {
                let what =
                    format!("{order}: {accepted} × {} were acknowledged, {found} are there", kind.name());
                findings.add(Wrong::Missing, what);
            }
            if found > most {
                let what =
                    format!("{order}: {} was asked for {most} times and begun {found} times", kind.name());
                findings.add(Wrong::DoubleCharge, what);
            }
        }
    }
}

/// A first step is never refused here: its order is new, its card is good and its connector works. What
/// follows may be: the payment may be in no state for it.
fn refused(told: &Told, codes: &[String], findings: &mut Findings) {
    let is_first = told.kind.is_first_step() || told.kind == Kind::Register;
    if is_first {
        findings.add(Wrong::WronglyRefused, format!("{} {}: {codes:?}", told.kind.name(), told.order));
    }
}
