//! Stored instruments and what may be shown of them.

use std::sync::Arc;

use async_graphql::parser::types::Field;
use purser_domain::instrument::Instrument;
use purser_services::values::{CardDetails, IbanDetails, InstrumentDetails as Details};
use purser_services::views::{InstrumentView, ProfileView};

use super::Scene;
use super::compile::Row::{Leaf, Nested};
use super::compile::{Compiler, Object, Show, Table};
use super::json::Json;
use crate::instruments::display_name;

pub(super) static INSTRUMENT: Table<InstrumentView> = Table {
    name: "Instrument",
    rows: &[
        ("id", Leaf(|it, _, out| out.plain(it.instrument.id))),
        (
            "paymentToken",
            Leaf(|it, scene, out| {
                match crate::security::may(scene.ctx.viewer(), "Instrument.paymentToken") {
                    true => out.text(&it.instrument.payment_token),
                    false => out.null(),
                }
            }),
        ),
        ("kind", Leaf(|it, _, out| out.word(it.instrument.kind.as_str()))),
        ("method", Leaf(|it, _, out| out.text(&it.instrument.method))),
        ("displayName", Leaf(|it, _, out| out.text(&display_name(&it.instrument.details)))),
        ("details", Nested(details)),
        ("status", Leaf(|it, _, out| out.word(it.instrument.status.as_str()))),
        ("shareable", Leaf(|it, _, out| out.word(it.instrument.shareable.as_str()))),
        ("isPreferred", Leaf(|it, _, out| out.flag(it.is_preferred))),
        ("isOwn", Leaf(|it, scene, out| out.flag(is_own(it, scene)))),
        ("createdAt", Leaf(|it, _, out| out.plain(it.instrument.created_at))),
        (
            "lastUsedAt",
            Leaf(|it, scene, out| {
                out.option(it.instrument.last_used_at.filter(|_| is_own(it, scene)), Json::plain);
            }),
        ),
    ],
};

/// Whether details are of a member.
type Fits = fn(&Details) -> bool;

/// A member of the union `InstrumentDetails`. Its fields are written from the whole view, whose grant
/// decides who sees the holder; they are asked for only where the details are of this kind.
struct Member {
    table: Table<InstrumentView>,
    fits: Fits,
}

static MEMBERS: &[Member] = &[
    Member {
        table: Table {
            name: "CardDetails",
            rows: &[
                ("brand", Leaf(|it, _, out| out.maybe(card(it).map(|card| card.brand.as_str())))),
                (
                    "holder",
                    Leaf(|it, scene, out| {
                        let is_shown = scene.may_in(it.grant.permissions, "CardDetails.holder");
                        out.maybe(card(it).and_then(|card| card.holder.as_deref()).filter(|_| is_shown));
                    }),
                ),
                (
                    "firstSixDigits",
                    Leaf(|it, _, out| out.maybe(card(it).and_then(|card| card.bin6.as_deref()))),
                ),
                ("lastFourDigits", Leaf(|it, _, out| out.maybe(card(it).map(|card| card.last4.as_str())))),
                (
                    "expiryMonth",
                    Leaf(|it, _, out| out.option(card(it).map(|card| card.exp_month), Json::number)),
                ),
                (
                    "expiryYear",
                    Leaf(|it, _, out| out.option(card(it).map(|card| card.exp_year), Json::number)),
                ),
                (
                    "funding",
                    Leaf(|it, _, out| {
                        out.option(card(it).and_then(|card| card.funding), |out, it| out.word(it.as_str()));
                    }),
                ),
                (
                    "issuerCountry",
                    Leaf(|it, _, out| {
                        out.option(card(it).and_then(|card| card.issuer_country), |out, it| {
                            out.word(it.code());
                        });
                    }),
                ),
            ],
        },
        fits: |details| matches!(details, Details::Card(_)),
    },
    Member {
        table: Table {
            name: "IbanDetails",
            rows: &[
                ("ibanMasked", Leaf(|it, _, out| out.maybe(iban(it).map(|iban| iban.iban_masked.as_str())))),
                ("bic", Leaf(|it, _, out| out.maybe(iban(it).and_then(|iban| iban.bic.as_deref())))),
                (
                    "mandateId",
                    Leaf(|it, _, out| out.maybe(iban(it).and_then(|iban| iban.mandate_id.as_deref()))),
                ),
                (
                    "holder",
                    Leaf(|it, scene, out| {
                        let is_shown = scene.may_in(it.grant.permissions, "IbanDetails.holder");
                        out.maybe(iban(it).and_then(|iban| iban.holder.as_deref()).filter(|_| is_shown));
                    }),
                ),
            ],
        },
        fits: |details| matches!(details, Details::Iban(_)),
    },
    unknown("WalletDetails", |details| matches!(details, Details::Wallet(_))),
    unknown("MobileMoneyDetails", |details| matches!(details, Details::MobileMoney(_))),
    unknown("MealVoucherDetails", |details| matches!(details, Details::MealVoucher(_))),
    unknown("BankTransferDetails", |details| matches!(details, Details::BankTransfer(_))),
    unknown("OtherDetails", |details| matches!(details, Details::Other(_))),
];

/// A member of which no field is known here, and so only its name can be shown.
const fn unknown(name: &'static str, fits: Fits) -> Member {
    Member { table: Table { name, rows: &[] }, fits }
}

fn card(view: &InstrumentView) -> Option<&CardDetails> {
    match &view.instrument.details {
        Details::Card(card) => Some(card),
        _ => None,
    }
}

fn iban(view: &InstrumentView) -> Option<&IbanDetails> {
    match &view.instrument.details {
        Details::Iban(iban) => Some(iban),
        _ => None,
    }
}

/// The view of an instrument that was fetched with its profile.
pub(super) fn view_of(profile: &ProfileView, instrument: &Arc<Instrument>) -> InstrumentView {
    InstrumentView {
        instrument: Arc::clone(instrument),
        grant: profile.container.grant,
        is_preferred: profile.profile.preferred_instrument_id == Some(instrument.id),
    }
}

fn is_own(view: &InstrumentView, scene: &Scene<'_>) -> bool {
    view.instrument.stored_by_tenant_id == scene.ctx.viewer().tenant()
}

/// The member that the details are.
fn details<'a>(compiler: &mut Compiler<'a>, field: &'a Field) -> Option<Show<InstrumentView>> {
    let mut members: Vec<(Fits, Object<InstrumentView>)> = Vec::with_capacity(MEMBERS.len());
    for member in MEMBERS {
        let name = member.table.name;
        let others: Vec<&str> =
            MEMBERS.iter().map(|other| other.table.name).filter(|other| *other != name).collect();
        members.push((member.fits, compiler.member(&member.table, &others, &field.selection_set.node)?));
    }
    Some(Box::new(move |it, scene, out| {
        match members.iter().find(|(fits, _)| fits(&it.instrument.details)) {
            Some((_, object)) => object.write(it, scene, out),
            None => out.give_up(),
        }
    }))
}
