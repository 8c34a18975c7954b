//! What goes wrong at the processor, decided by a seed.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::random::Dice;
use crate::wire::Kind;

/// One thing that goes wrong with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Fault {
    /// Answered with 500; nothing is booked.
    ErrorBefore,
    /// Booked, then answered with 500.
    ErrorAfter,
    /// The connection is cut; nothing is booked.
    CutBefore,
    /// Booked, then the connection is cut somewhere in the answer.
    CutAfter,
    /// Booked only after every deadline, while a look-up says that nobody knows the reference.
    SlowBefore,
    /// Booked at once, answered after every deadline.
    SlowAfter,
    /// Answered "pending", done later.
    LateSuccess,
    /// Answered "pending", declined later.
    LateDecline,
    /// The answer comes twice.
    Duplicate,
    /// Look-ups do not find it for a while.
    Eventual,
    /// Look-ups say "pending" for a while, although the answer said done.
    Contradictory,
    /// Booked, then the connection is cut, and look-ups do not find it for a while: whoever believes them
    /// and sends it again without its key does it twice.
    Vanished,
}

impl Fault {
    /// Out of a hundred requests. Crashes lose answers all the time; these are what crashes do not do.
    const RATES: [(Self, u64); 12] = [
        (Self::ErrorBefore, 3),
        (Self::ErrorAfter, 3),
        (Self::CutBefore, 2),
        (Self::CutAfter, 2),
        (Self::SlowBefore, 1),
        (Self::SlowAfter, 1),
        (Self::LateSuccess, 3),
        (Self::LateDecline, 1),
        (Self::Duplicate, 2),
        (Self::Eventual, 4),
        (Self::Contradictory, 2),
        (Self::Vanished, 5),
    ];

    /// A card's capture or void that the processor has accepted is not declined later by any processor that we
    /// know; that a payment or a refund is, happens.
    fn suits(self, kind: Kind) -> bool {
        match self {
            Self::LateDecline => kind.is_first_step() || kind == Kind::Refund,
            Self::LateSuccess => {
                !matches!(kind, Kind::Register | Kind::Resume | Kind::Lookup | Kind::Deregister)
            }
            Self::Eventual | Self::Contradictory | Self::Vanished => kind != Kind::Lookup,
            Self::ErrorBefore
            | Self::ErrorAfter
            | Self::CutBefore
            | Self::CutAfter
            | Self::SlowBefore
            | Self::SlowAfter
            | Self::Duplicate => true,
        }
    }
}

/// What becomes of the notification about a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Notice {
    /// Sent, and waited for, before the answer.
    BeforeAnswer,
    /// Sent after the answer.
    After,
    /// Sent twice.
    Twice,
    /// Sent so late that younger ones overtake it.
    Overtaken,
    /// Not sent.
    Never,
}

impl Notice {
    const ALL: [Self; 5] = [Self::BeforeAnswer, Self::After, Self::Twice, Self::Overtaken, Self::Never];
}

/// How the processor is, for a whole run.
#[derive(Debug, Clone)]
pub(crate) struct Mood {
    /// Whether requests go wrong by themselves.
    pub(crate) is_faulty: bool,
    pub(crate) ignores_keys: bool,
    pub(crate) is_lenient: bool,
    /// Whether it sends notifications.
    pub(crate) notifies: bool,
    /// How long each answer takes at least.
    pub(crate) latency: Duration,
    /// Longer than the server's deadline for a call.
    pub(crate) slow: Duration,
}

impl Mood {
    /// Nothing goes wrong, and nothing is told but in answers.
    pub(crate) fn calm() -> Self {
        Self {
            is_faulty: false,
            ignores_keys: false,
            is_lenient: false,
            notifies: false,
            latency: Duration::ZERO,
            slow: Duration::ZERO,
        }
    }
}

/// Decides, and counts what it decided.
pub(crate) struct Plan {
    dice: Dice,
    is_faulty: bool,
    notifies: bool,
    /// What goes wrong with the next request of a kind, whatever the dice say.
    forced: BTreeMap<Kind, Fault>,
    pub(crate) faults: BTreeMap<(Kind, Fault), u64>,
    pub(crate) notices: BTreeMap<Notice, u64>,
}

impl Plan {
    pub(crate) fn new(seed: u64, mood: &Mood) -> Self {
        Self {
            dice: Dice::new(seed, 1_000_001),
            is_faulty: mood.is_faulty,
            notifies: mood.notifies,
            forced: BTreeMap::new(),
            faults: BTreeMap::new(),
            notices: BTreeMap::new(),
        }
    }

    /// From now on nothing goes wrong.
    pub(crate) fn calm_down(&mut self) {
        self.is_faulty = false;
        self.forced.clear();
    }

    pub(crate) fn is_calm(&self) -> bool {
        !self.is_faulty && self.forced.is_empty()
    }

    pub(crate) fn force(&mut self, kind: Kind, fault: Fault) {
        self.forced.insert(kind, fault);
    }

    /// What goes wrong with a request.
    pub(crate) fn fault(&mut self, kind: Kind) -> Option<Fault> {
        let fault = self.forced.remove(&kind).or_else(|| self.thrown())?;
        if !fault.suits(kind) {
            return None;
        }
        *self.faults.entry((kind, fault)).or_default() += 1;
        Some(fault)
    }

    fn thrown(&mut self) -> Option<Fault> {
        let mut number = self.dice.between(0, 99);
        if !self.is_faulty {
            return None;
        }
        for (fault, rate) in Fault::RATES {
            if number < rate {
                return Some(fault);
            }
            number -= rate;
        }
        None
    }

    /// What becomes of the notification about a change.
    pub(crate) fn notice(&mut self) -> Notice {
        if !self.notifies {
            return Notice::Never;
        }
        let notice = if self.is_faulty { *self.dice.pick(&Notice::ALL) } else { Notice::After };
        *self.notices.entry(notice).or_default() += 1;
        notice
    }

    /// So long a look-up is wrong: up to the three seconds of an index that lags.
    pub(crate) fn lag(&mut self) -> Duration {
        Duration::from_millis(self.dice.between(200, 3_000))
    }

    /// So long something is pending.
    pub(crate) fn delay(&mut self) -> Duration {
        Duration::from_millis(self.dice.between(50, 2_000))
    }

    /// How much of an answer arrives before the connection is cut: nothing, or a part.
    pub(crate) fn cut(&mut self, length: usize) -> usize {
        let most = u64::try_from(length.saturating_sub(1)).unwrap_or(0);
        let at = if self.dice.happens(50) { 0 } else { self.dice.between(0, most) };
        usize::try_from(at).unwrap_or(0)
    }
}
