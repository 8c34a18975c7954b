//! The merchants of the demo, and what is typical of each.

use purser_types::Timestamp;

use super::dice::Dice;

/// The first simulated processor; takes every method and currency.
pub(super) const NORTHBANK: &str = "northbank";
/// The second one; takes cards, wallets and direct debits in a few currencies.
pub(super) const SOUTHPAY: &str = "southpay";
/// What the second one takes.
pub(super) const SOUTHPAY_CURRENCIES: [&str; 4] = ["EUR", "USD", "GBP", "CHF"];
/// How the second one takes it.
pub(super) const SOUTHPAY_METHODS: [&str; 3] = ["CARD", "WALLET", "IBAN"];

/// A tenant of the demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Merchant {
    /// The marketplace: the root of the tree and the owner of the shared container.
    HarborMarket,
    /// A bookshop.
    NorthBooks,
    /// An outfitter, who reserves first and captures when it ships.
    TideOutdoor,
    /// A café with a coffee club.
    LanternCafe,
    /// The merchant that nobody shared with.
    QuietCorner,
}

impl Merchant {
    pub(super) const ALL: [Self; 5] =
        [Self::HarborMarket, Self::NorthBooks, Self::TideOutdoor, Self::LanternCafe, Self::QuietCorner];
    /// Those that share customers.
    pub(super) const PARTNERS: [Self; 3] = [Self::NorthBooks, Self::TideOutdoor, Self::LanternCafe];

    pub(super) const fn slug(self) -> &'static str {
        match self {
            Self::HarborMarket => "harbor-market",
            Self::NorthBooks => "north-books",
            Self::TideOutdoor => "tide-outdoor",
            Self::LanternCafe => "lantern-cafe",
            Self::QuietCorner => "quiet-corner",
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::HarborMarket => "Harbor Market",
            Self::NorthBooks => "North Books",
            Self::TideOutdoor => "Tide Outdoor",
            Self::LanternCafe => "Lantern Café",
            Self::QuietCorner => "Quiet Corner",
        }
    }

    /// What it is in the demo, for people.
    pub(super) const fn role(self) -> &'static str {
        match self {
            Self::HarborMarket => "marketplace, owns the shared container",
            Self::NorthBooks | Self::TideOutdoor | Self::LanternCafe => "partner, shares customers",
            Self::QuietCorner => "left out, sees none of them",
        }
    }

    /// The start of its own numbers.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::HarborMarket => "HM",
            Self::NorthBooks => "NB",
            Self::TideOutdoor => "TO",
            Self::LanternCafe => "LC",
            Self::QuietCorner => "QC",
        }
    }

    /// Its processors in order of preference.
    pub(super) const fn preference(self) -> [&'static str; 2] {
        match self {
            Self::HarborMarket | Self::NorthBooks => [NORTHBANK, SOUTHPAY],
            Self::TideOutdoor | Self::LanternCafe | Self::QuietCorner => [SOUTHPAY, NORTHBANK],
        }
    }

    pub(super) fn is_partner(self) -> bool {
        Self::PARTNERS.contains(&self)
    }

    /// A price in cents, as such a shop has them.
    pub(super) fn price(self, dice: &mut Dice) -> i64 {
        match self {
            Self::HarborMarket => dice.pick(&[2_500, 5_000, 10_000]),
            Self::NorthBooks => dice.between(7, 54) * 100 + dice.pick(&[0, 50, 90, 99]),
            Self::TideOutdoor => dice.between(19, 389) * 100 + dice.pick(&[0, 90, 95]),
            Self::LanternCafe => dice.between(28, 210) * 10,
            Self::QuietCorner => dice.between(5, 60) * 100 + 50,
        }
    }

    /// What was bought, for the card statement.
    pub(super) fn goods(self, dice: &mut Dice) -> &'static str {
        let goods: &[&'static str] = match self {
            Self::HarborMarket => &["Gift card"],
            Self::NorthBooks => &["Novels", "Poetry", "Cook book", "Travel guides", "Comics", "Audio book"],
            Self::TideOutdoor => {
                &["Rain jacket", "Hiking boots", "Tent", "Sleeping bag", "Kayak hire", "Stove"]
            }
            Self::LanternCafe => &["Breakfast", "Lunch", "Coffee beans", "Cake to go", "Catering"],
            Self::QuietCorner => &["Candles", "Tea", "Stationery"],
        };
        dice.pick(goods)
    }

    /// How busy each month of the year is, January first.
    const fn season(self) -> [u64; 12] {
        match self {
            Self::HarborMarket | Self::NorthBooks => [5, 5, 5, 5, 5, 5, 6, 6, 7, 8, 13, 20],
            Self::TideOutdoor => [3, 3, 6, 9, 13, 15, 14, 11, 7, 5, 4, 6],
            Self::LanternCafe | Self::QuietCorner => [7, 7, 8, 8, 9, 9, 7, 6, 9, 9, 8, 9],
        }
    }

    /// When people pay there, in UTC: the first hour, and how many.
    const fn hours(self) -> (u64, u64) {
        match self {
            Self::HarborMarket | Self::NorthBooks | Self::QuietCorner => (7, 15),
            Self::TideOutdoor => (9, 12),
            Self::LanternCafe => (6, 8),
        }
    }

    /// An instant between two others at which a customer of this merchant might pay.
    pub(super) fn instant(self, dice: &mut Dice, from: Timestamp, to: Timestamp) -> Timestamp {
        let season = self.season();
        let mut found = from;
        // A few throws let the season show; the last one counts whatever it is.
        for _ in 0..6 {
            let day = dice.between(from.unix_micros() / DAY, (to.unix_micros() / DAY - 1).max(0));
            let (first, hours) = self.hours();
            let second = first * 3_600 + dice.below(hours * 3_600);
            let second = i64::try_from(second).unwrap_or(0);
            found = Timestamp::from_unix_micros(day * DAY + second * SECOND);
            let month = usize::from(found.date().month().saturating_sub(1));
            if dice.below(20) < season.get(month).copied().unwrap_or(0) {
                break;
            }
        }
        found.clamp(from, to)
    }
}

/// Microseconds.
pub(super) const SECOND: i64 = 1_000_000;
/// Microseconds.
pub(super) const DAY: i64 = 24 * 60 * 60 * SECOND;
