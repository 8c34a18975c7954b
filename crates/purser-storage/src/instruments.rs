//! Stored instruments: who sees one, who changes one, and the sealed token that pays.

use std::sync::Arc;

use purser_domain::Scope;
use purser_domain::container::Permission;
use purser_domain::instrument::{Instrument, InstrumentStatus, Origin};
use purser_types::Timestamp;
use purser_types::id::{InstrumentId, ProfileId};
use serde::Serialize;

use crate::containers;
use crate::db::{Read, Write, column, columns, one};
use crate::entity::instrument::Model;
use crate::error::Error;
use crate::parse::to_json;
use crate::read::view::{Grant, InstrumentView};
use crate::sql::Sql;
use crate::visibility::{granted, instrument_admitted, instrument_visible, own, profile_visible, reached};

/// Stores an instrument of the viewer's in a profile that it sees and where it may store, with the sealed
/// token and the keyed hash of the underlying instrument.
///
/// # Errors
/// [`Constraint::Fingerprint`](crate::Constraint::Fingerprint) if the viewer stored it there already;
/// [`Error::OutOfScope`] for another tenant's, a profile that is not visible, or without the permission.
pub async fn insert(
    w: &Write,
    scope: &Scope,
    instrument: &Instrument,
    sealed_token: &[u8],
    fingerprint: Option<&[u8; 32]>,
) -> Result<(), Error> {
    let doing = "storing an instrument";
    own(doing, scope, instrument.stored_by_tenant_id, scope.environment())?;
    let condition = format!(
        "FROM profile p WHERE p.id = $4 AND p.container_id = $5 AND {} AND {}",
        profile_visible("p"),
        granted("p.container_id", &[Permission::StoreInstrument])
    );
    let sql = Sql::scoped(scope, condition)
        .bind(instrument.profile_id.uuid())
        .bind(instrument.container_id.uuid())
        .insert(&Model::of(instrument, sealed_token, fingerprint), &[]);
    reached(doing, w.execute(doing, sql).await?)
}

/// An instrument that the viewer sees.
///
/// # Errors
/// Faults of the database.
pub async fn find(on: &impl Read, scope: &Scope, id: InstrumentId) -> Result<Option<InstrumentView>, Error> {
    let condition = format!("i.id = $4 AND {}", instrument_visible("i"));
    let found = view(on, Sql::scoped(scope, viewing(&condition)).bind(id.uuid())).await?;
    Ok(found.map(|(view, _)| view))
}

/// An instrument that the viewer sees, by its payment token.
///
/// # Errors
/// Faults of the database.
pub async fn find_by_payment_token(
    on: &impl Read,
    scope: &Scope,
    payment_token: &str,
) -> Result<Option<InstrumentView>, Error> {
    let condition = format!("i.payment_token = $4 AND {}", instrument_visible("i"));
    let found = view(on, Sql::scoped(scope, viewing(&condition)).bind(payment_token)).await?;
    Ok(found.map(|(view, _)| view))
}

/// The instrument of a payment token, with its sealed token. The payment token is a capability inside its
/// container: the viewer needs a grant to read profiles there, but no link to the profile.
///
/// # Errors
/// Faults of the database.
pub async fn by_payment_token(
    on: &impl Read,
    scope: &Scope,
    payment_token: &str,
) -> Result<Option<(InstrumentView, Vec<u8>)>, Error> {
    let condition = format!(
        "i.payment_token = $4 AND {} AND {}",
        instrument_admitted("i"),
        granted("i.container_id", &[Permission::ReadProfile])
    );
    view(on, Sql::scoped(scope, viewing(&condition)).bind(payment_token)).await
}

/// One row per grant, with the profile's preference.
fn viewing(condition: &str) -> String {
    format!(
        "SELECT i.*, a.permissions AS granted, a.is_owner AS grants_to_owner, \
         COALESCE(p.preferred_instrument_id = i.id, FALSE) AS is_preferred \
         FROM instrument i JOIN profile p ON p.id = i.profile_id JOIN container_access a \
         ON a.container_id = i.container_id AND a.tenant_id = $1 AND a.expires_at > $3 WHERE {condition}"
    )
}

async fn view(on: &impl Read, sql: Sql) -> Result<Option<(InstrumentView, Vec<u8>)>, Error> {
    let doing = "finding an instrument";
    let rows = on.rows(doing, sql).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let (instrument, sealed_token) = columns::<Model>(doing, first, "")?.parse()?;
    let mut is_owner = false;
    for row in &rows {
        is_owner |= column::<bool>(doing, row, "grants_to_owner")?;
    }
    let grant = Grant { permissions: containers::granted(doing, &rows)?, is_owner };
    let is_preferred = column(doing, first, "is_preferred")?;
    let view = InstrumentView { instrument: Arc::new(instrument), grant, is_preferred };
    Ok(Some((view, sealed_token)))
}

/// The instrument that the viewer itself stored in a profile for the same underlying instrument at the
/// same processor.
///
/// # Errors
/// Faults of the database.
pub async fn by_fingerprint(
    on: &impl Read,
    scope: &Scope,
    profile_id: ProfileId,
    plugin_id: &str,
    processor: &str,
    fingerprint: &[u8; 32],
) -> Result<Option<Instrument>, Error> {
    let text = format!(
        "SELECT i.* FROM instrument i WHERE i.profile_id = $4 AND i.stored_by_tenant_id = $1 \
         AND i.plugin_id = $5 AND i.processor = $6 AND i.fingerprint = $7 AND {}",
        granted("i.container_id", &[Permission::ReadProfile, Permission::StoreInstrument])
    );
    let sql = Sql::scoped(scope, text)
        .bind(profile_id.uuid())
        .bind(plugin_id)
        .bind(processor)
        .bind(fingerprint.to_vec());
    let row: Option<Model> = one(on, "finding an instrument", sql).await?;
    row.map(|row| Ok(row.parse()?.0)).transpose()
}

/// Changes the status of an instrument that the viewer sees, and stored or may change profiles of.
/// False if not so.
///
/// # Errors
/// Faults of the database.
pub async fn set_status(
    w: &Write,
    scope: &Scope,
    id: InstrumentId,
    status: InstrumentStatus,
) -> Result<bool, Error> {
    let text = format!("UPDATE instrument SET status = $5 WHERE {}", changed_with(Permission::UpdateProfile));
    let sql = Sql::scoped(scope, text).bind(id.uuid()).bind(status.as_str());
    Ok(w.execute("changing an instrument", sql).await? == 1)
}

/// Notes that an instrument paid at the viewer, if it stored it: when a customer paid elsewhere is known
/// there only.
///
/// # Errors
/// Faults of the database.
pub async fn touch(w: &Write, scope: &Scope, id: InstrumentId, now: Timestamp) -> Result<(), Error> {
    let text = format!(
        "UPDATE instrument SET last_used_at = $5 WHERE instrument.id = $4 \
         AND instrument.stored_by_tenant_id = $1 AND {}",
        granted("instrument.container_id", &[Permission::ReadProfile])
    );
    let sql = Sql::scoped(scope, text).bind(id.uuid()).bind(now.unix_micros());
    w.execute("changing an instrument", sql).await?;
    Ok(())
}

/// Puts a newer token in the place of the one of an instrument that the viewer stored; the customer just
/// gave it again, so that it is active again. `details` are the instrument's details.
///
/// # Errors
/// [`Error::OutOfScope`] if the viewer did not store it or may not store there any more.
pub async fn replace_token(
    w: &Write,
    scope: &Scope,
    id: InstrumentId,
    origin: &Origin,
    sealed_token: &[u8],
    details: &impl Serialize,
) -> Result<(), Error> {
    let doing = "replacing the token of an instrument";
    let text = format!(
        "UPDATE instrument SET connector_id = $5, plugin_id = $6, processor = $7, token_scope = $8, \
         sealed_token = $9, details = $10, status = 'ACTIVE' \
         WHERE instrument.id = $4 AND instrument.stored_by_tenant_id = $1 AND {}",
        granted("instrument.container_id", &[Permission::StoreInstrument])
    );
    let sql = Sql::scoped(scope, text)
        .bind(id.uuid())
        .bind(origin.connector_id.uuid())
        .bind(origin.plugin_id.as_str())
        .bind(origin.processor.as_str())
        .bind(origin.token_scope.as_str())
        .bind(sealed_token.to_vec())
        .bind(to_json(details));
    reached(doing, w.execute(doing, sql).await?)
}

/// Deletes an instrument that the viewer sees, and stored or may delete profiles of. A profile that
/// preferred it prefers none then. False if not so.
///
/// # Errors
/// Faults of the database.
pub async fn delete(w: &Write, scope: &Scope, id: InstrumentId) -> Result<bool, Error> {
    let doing = "deleting an instrument";
    let text =
        format!("DELETE FROM instrument WHERE {} RETURNING *", changed_with(Permission::DeleteProfile));
    let gone: Option<Model> = one(w, doing, Sql::scoped(scope, text).bind(id.uuid())).await?;
    let Some(gone) = gone else { return Ok(false) };
    let text = "UPDATE profile SET preferred_instrument_id = NULL, updated_at = $1, \
                version = version + 1 WHERE id = $2 AND preferred_instrument_id = $3";
    let forget = Sql::internal(text).bind(scope.now().unix_micros()).bind(gone.profile_id).bind(id.uuid());
    w.execute(doing, forget).await?;
    Ok(true)
}

/// The instrument is `$4`, the viewer sees it, its container takes changes, and the viewer stored it or
/// has the permission.
fn changed_with(permission: Permission) -> String {
    format!(
        "instrument.id = $4 AND {} AND EXISTS (SELECT 1 FROM container cw \
         WHERE cw.id = instrument.container_id AND cw.status = 'ACTIVE') \
         AND (instrument.stored_by_tenant_id = $1 OR {})",
        instrument_visible("instrument"),
        granted("instrument.container_id", &[permission])
    )
}

/// The card network's name of the first payment of the viewer's with an instrument that got one: the
/// agreement under which the merchant may start further ones.
///
/// # Errors
/// Faults of the database.
pub async fn agreement(
    on: &impl Read,
    scope: &Scope,
    instrument_id: InstrumentId,
) -> Result<Option<String>, Error> {
    let doing = "finding the first payment of an instrument";
    let text = "SELECT network_transaction_id FROM payment WHERE instrument_id = $4 AND tenant_id = $1 \
                AND environment = $2 AND network_transaction_id IS NOT NULL \
                ORDER BY created_at, id LIMIT 1";
    let sql = Sql::scoped(scope, text).bind(instrument_id.uuid());
    let rows = on.rows(doing, sql).await?;
    rows.first().map(|row| column(doing, row, "network_transaction_id")).transpose()
}
