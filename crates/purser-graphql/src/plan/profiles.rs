//! Profiles, their containers, addresses and totals.

use async_graphql::parser::types::Field;
use purser_domain::contact::{Email, Phone};
use purser_domain::profile::{Address, Overlay};
use purser_services::views::{ContainerView, InstrumentView, ProfileTotal, ProfileView};

use super::compile::Row::{Leaf, Nested};
use super::compile::{self, Compiler, Show, Table, arguments};
use super::connection::PAYMENTS;
use super::instruments::{INSTRUMENT, view_of};
use super::json::Json;
use super::payments::money;
use super::{AskedPayments, Scene, nothing};

pub(super) static PROFILE: Table<ProfileView> = Table {
    name: "Profile",
    rows: &[
        ("id", Leaf(|it, _, out| out.plain(it.profile.id))),
        ("guid", Leaf(|it, _, out| out.text(&it.profile.guid))),
        ("container", Nested(container)),
        (
            "customerIdentification",
            Leaf(|it, _, out| out.maybe(it.profile.customer_identification.as_deref())),
        ),
        ("status", Leaf(|it, _, out| out.word(it.profile.status.as_str()))),
        ("kind", Leaf(|it, _, out| out.word(it.profile.person.kind.as_str()))),
        ("name", Leaf(|it, _, out| out.maybe(it.profile.person.name.as_deref()))),
        ("firstName", Leaf(|it, _, out| out.maybe(it.profile.person.first_name.as_deref()))),
        ("lastName", Leaf(|it, _, out| out.maybe(it.profile.person.last_name.as_deref()))),
        ("company", Leaf(|it, _, out| out.maybe(it.profile.person.company.as_deref()))),
        (
            "birthDate",
            Leaf(|it, scene, out| {
                let date = it.profile.person.birth_date.filter(|_| sees(it, scene, "Profile.birthDate"));
                out.option(date, Json::plain);
            }),
        ),
        ("gender", Leaf(|it, _, out| out.option(it.profile.person.gender, |out, it| out.word(it.as_str())))),
        (
            "email",
            Leaf(|it, scene, out| {
                let email = it.profile.person.email.as_ref().filter(|_| sees(it, scene, "Profile.email"));
                out.maybe(email.map(Email::as_str));
            }),
        ),
        (
            "emailMasked",
            Leaf(|it, _, out| {
                out.option(it.profile.person.email.as_ref(), |out, email| out.text(&email.masked()));
            }),
        ),
        (
            "phone",
            Leaf(|it, scene, out| {
                let phone = it.profile.person.phone.as_ref().filter(|_| sees(it, scene, "Profile.phone"));
                out.maybe(phone.map(Phone::as_str));
            }),
        ),
        (
            "phoneMasked",
            Leaf(|it, _, out| {
                out.option(it.profile.person.phone.as_ref(), |out, phone| out.text(&phone.masked()));
            }),
        ),
        ("locale", Leaf(|it, _, out| out.maybe(it.profile.person.locale.as_deref()))),
        ("addresses", Nested(addresses)),
        ("preferredInstrument", Nested(preferred_instrument)),
        ("instruments", Nested(instruments)),
        ("payments", Nested(payments)),
        ("totals", Nested(totals)),
        ("isLinked", Nested(|compiler, _| own(compiler, |it, _, out| out.flag(it.overlay.is_some())))),
        (
            "linkedVia",
            Nested(|compiler, _| {
                own(compiler, |it, _, out| {
                    out.option(it.overlay.as_ref(), |out, it| out.word(it.linked_via.as_str()));
                })
            }),
        ),
        (
            "externalId",
            Nested(|compiler, _| {
                own(compiler, |it, _, out| {
                    out.maybe(it.overlay.as_ref().and_then(|it| it.external_id.as_deref()));
                })
            }),
        ),
        (
            "tags",
            Nested(|compiler, _| {
                own(compiler, |it, _, out| out.list(tags(it.overlay.as_ref()), |out, tag| out.text(tag)))
            }),
        ),
        (
            "isFavorite",
            Nested(|compiler, _| {
                own(compiler, |it, _, out| out.flag(it.overlay.as_ref().is_some_and(|it| it.is_favorite)))
            }),
        ),
        ("createdVia", Leaf(|it, _, out| out.word(it.profile.created_via.as_str()))),
        ("createdAt", Leaf(|it, _, out| out.plain(it.profile.created_at))),
        ("updatedAt", Leaf(|it, _, out| out.plain(it.profile.updated_at))),
        ("version", Leaf(|it, _, out| out.number(it.profile.version))),
    ],
};

static CONTAINER: Table<ContainerView> = Table {
    name: "Container",
    rows: &[
        ("id", Leaf(|it, _, out| out.plain(it.container.id))),
        ("name", Leaf(|it, _, out| out.text(&it.container.name))),
        ("description", Leaf(|it, _, out| out.maybe(it.container.description.as_deref()))),
        ("status", Leaf(|it, _, out| out.word(it.container.status.as_str()))),
        ("environment", Leaf(|it, _, out| out.word(it.container.environment.as_str()))),
        (
            "permissions",
            Leaf(|it, _, out| {
                out.list(it.grant.permissions.iter(), |out, permission| out.word(permission.as_str()));
            }),
        ),
        ("isOwner", Leaf(|it, _, out| out.flag(it.grant.is_owner))),
        ("createdAt", Leaf(|it, _, out| out.plain(it.container.created_at))),
        ("version", Leaf(|it, _, out| out.number(it.container.version))),
    ],
};

static ADDRESS: Table<Address> = Table {
    name: "Address",
    rows: &[
        ("kind", Leaf(|it, _, out| out.word(it.kind.as_str()))),
        ("isDefault", Leaf(|it, _, out| out.flag(it.is_default))),
        ("firstName", Leaf(|it, _, out| out.maybe(it.first_name.as_deref()))),
        ("lastName", Leaf(|it, _, out| out.maybe(it.last_name.as_deref()))),
        ("company", Leaf(|it, _, out| out.maybe(it.company.as_deref()))),
        ("line1", Leaf(|it, _, out| out.maybe(it.line1.as_deref()))),
        ("line2", Leaf(|it, _, out| out.maybe(it.line2.as_deref()))),
        ("city", Leaf(|it, _, out| out.maybe(it.city.as_deref()))),
        ("postcode", Leaf(|it, _, out| out.maybe(it.postcode.as_deref()))),
        ("state", Leaf(|it, _, out| out.maybe(it.state.as_deref()))),
        ("country", Leaf(|it, _, out| out.option(it.country, |out, country| out.word(country.code())))),
        ("phone", Leaf(|it, _, out| out.maybe(it.phone.as_deref()))),
    ],
};

static TOTAL: Table<ProfileTotal> = Table {
    name: "ProfileTotal",
    rows: &[
        ("currency", Leaf(|it, _, out| out.word(it.currency.code()))),
        ("paymentCount", Leaf(|it, _, out| out.plain(it.payment_count))),
        ("successCount", Leaf(|it, _, out| out.plain(it.success_count))),
        ("captured", Nested(|compiler, field| money(compiler, field, |it| (it.captured, it.currency)))),
        ("refunded", Nested(|compiler, field| money(compiler, field, |it| (it.refunded, it.currency)))),
        ("lastPaymentAt", Leaf(|it, _, out| out.plain(it.last_payment_at))),
    ],
};

/// A field of the viewer's own overlay.
fn own(compiler: &mut Compiler<'_>, write: compile::Leaf<ProfileView>) -> Option<Show<ProfileView>> {
    compiler.asked.overlay = true;
    Some(Box::new(write))
}

/// Whether a field about the person may be seen.
fn sees(view: &ProfileView, scene: &Scene<'_>, subject: &str) -> bool {
    scene.may_in(view.container.grant.permissions, subject)
}

fn tags(overlay: Option<&Overlay>) -> &[String] {
    overlay.map(|overlay| overlay.tags.as_slice()).unwrap_or_default()
}

fn container<'a>(compiler: &mut Compiler<'a>, field: &'a Field) -> Option<Show<ProfileView>> {
    let object = compiler.object(&CONTAINER, &field.selection_set.node)?;
    Some(Box::new(move |it, scene, out| match scene.sees_containers {
        true => object.write(&it.container, scene, out),
        false => out.null(),
    }))
}

fn addresses<'a>(compiler: &mut Compiler<'a>, field: &'a Field) -> Option<Show<ProfileView>> {
    let object = compiler.object(&ADDRESS, &field.selection_set.node)?;
    Some(Box::new(move |it, scene, out| match sees(it, scene, "Profile.addresses") {
        true => out.list(&it.profile.person.addresses, |out, address| object.write(address, scene, out)),
        false => out.null(),
    }))
}

fn preferred_instrument<'a>(compiler: &mut Compiler<'a>, field: &'a Field) -> Option<Show<ProfileView>> {
    compiler.asked.instruments = true;
    let object = compiler.object(&INSTRUMENT, &field.selection_set.node)?;
    Some(Box::new(move |it, scene, out| {
        let id = it.profile.preferred_instrument_id.filter(|_| scene.sees_instruments);
        let found = id.and_then(|id| it.instruments.iter().flatten().find(|instrument| instrument.id == id));
        out.option(found, |out, found| object.write(&view_of(it, found), scene, out));
    }))
}

fn instruments<'a>(compiler: &mut Compiler<'a>, field: &'a Field) -> Option<Show<ProfileView>> {
    compiler.asked.instruments = true;
    let object = compiler.object(&INSTRUMENT, &field.selection_set.node)?;
    Some(Box::new(move |it, scene, out| {
        let fetched = it.instruments.as_ref().filter(|_| scene.sees_instruments);
        out.option(fetched, |out, fetched| {
            let views = fetched.iter().map(|instrument| view_of(it, instrument));
            out.list(views, |out, view: InstrumentView| object.write(&view, scene, out));
        });
    }))
}

fn payments<'a>(compiler: &mut Compiler<'a>, field: &'a Field) -> Option<Show<ProfileView>> {
    let connection = compiler.connection(&PAYMENTS, &field.selection_set.node)?;
    let number = compiler.asked.payments.len();
    let with_total = connection.with_total();
    compiler.asked.payments.push(AskedPayments { arguments: arguments(field), with_total });
    Some(Box::new(move |it, scene, out| {
        if !scene.sees_payments {
            return out.null();
        }
        match scene.pages.get(number).map(|page| page.map(|page| it.lines.get(page))) {
            Some(Some(Some((_, slice)))) => connection.write(slice, scene, out),
            Some(None) => connection.write(&nothing(), scene, out),
            Some(Some(None)) | None => out.give_up(),
        }
    }))
}

fn totals<'a>(compiler: &mut Compiler<'a>, field: &'a Field) -> Option<Show<ProfileView>> {
    compiler.asked.totals = true;
    let object = compiler.object(&TOTAL, &field.selection_set.node)?;
    Some(Box::new(move |it, scene, out| {
        let fetched = it.totals.as_ref().filter(|_| scene.sees_payments);
        out.option(fetched, |out, totals| out.list(totals, |out, total| object.write(total, scene, out)));
    }))
}
