//! Profiles, overlays and totals.

use purser_domain::contact::{Email, Phone};
use purser_domain::profile::{Overlay, Person, Profile};

use crate::Error;
use crate::read::row::{Row, Table};
use crate::read::view::ProfileTotal;

/// The shared core.
pub(in crate::read) static PROFILE: Table = Table {
    name: "profile",
    columns: &[
        "id",
        "guid",
        "container_id",
        "customer_identification",
        "status",
        "kind",
        "name",
        "first_name",
        "last_name",
        "company",
        "birth_date",
        "gender",
        "email",
        "phone",
        "locale",
        "addresses",
        "preferred_instrument_id",
        "created_by_tenant_id",
        "created_via",
        "created_at",
        "updated_at",
        "version",
    ],
};

/// The viewer's own overlay.
pub(in crate::read) static LINK: Table = Table {
    name: "profile_link",
    columns: &[
        "profile_id",
        "tenant_id",
        "external_id",
        "metadata",
        "tags",
        "is_favorite",
        "linked_via",
        "created_at",
        "updated_at",
    ],
};

/// What a customer paid.
pub(in crate::read) static TOTAL: Table = Table {
    name: "profile_total",
    columns: &[
        "profile_id",
        "currency",
        "payment_count",
        "success_count",
        "captured",
        "refunded",
        "last_payment_at",
    ],
};

/// A row of [`PROFILE`].
pub(in crate::read) fn profile(row: &mut Row) -> Result<Profile, Error> {
    row.begin(&PROFILE);
    Ok(Profile {
        id: row.id()?,
        guid: row.text()?,
        container_id: row.id()?,
        customer_identification: row.text_or_none()?,
        status: row.word()?,
        person: person(row)?,
        preferred_instrument_id: row.id_or_none()?,
        created_by_tenant_id: row.id()?,
        created_via: row.word()?,
        created_at: row.at()?,
        updated_at: row.at()?,
        version: row.int4()?,
    })
}

fn person(row: &mut Row) -> Result<Person, Error> {
    Ok(Person {
        kind: row.word()?,
        name: row.text_or_none()?,
        first_name: row.text_or_none()?,
        last_name: row.text_or_none()?,
        company: row.text_or_none()?,
        birth_date: row.word_or_none()?,
        gender: row.word_or_none()?,
        email: row.text_or_none()?.map(Email::from_stored),
        phone: row.text_or_none()?.map(Phone::from_stored),
        locale: row.text_or_none()?,
        addresses: row.json()?,
    })
}

/// A row of [`LINK`], or nothing if the join found none.
pub(in crate::read) fn overlay(row: &mut Row) -> Result<Option<Overlay>, Error> {
    row.begin(&LINK);
    if row.is_null() {
        row.skip(&LINK);
        return Ok(None);
    }
    Ok(Some(Overlay {
        profile_id: row.id()?,
        tenant_id: row.id()?,
        external_id: row.text_or_none()?,
        metadata: row.json()?,
        tags: row.json()?,
        is_favorite: row.flag()?,
        linked_via: row.word()?,
        created_at: row.at()?,
        updated_at: row.at()?,
    }))
}

/// A row of [`TOTAL`].
pub(in crate::read) fn total(row: &mut Row) -> Result<ProfileTotal, Error> {
    row.begin(&TOTAL);
    Ok(ProfileTotal {
        profile_id: row.id()?,
        currency: row.word()?,
        payment_count: row.int()?,
        success_count: row.int()?,
        captured: row.int()?,
        refunded: row.int()?,
        last_payment_at: row.at()?,
    })
}
