//! Stored instruments, without the sealed token.

use purser_domain::instrument::{Instrument, Origin};

use crate::Error;
use crate::read::row::{Row, Table};

/// What may be shown of an instrument.
pub(in crate::read) static INSTRUMENT: Table = Table {
    name: "instrument",
    columns: &[
        "id",
        "payment_token",
        "profile_id",
        "container_id",
        "stored_by_tenant_id",
        "kind",
        "method",
        "details",
        "status",
        "shareable",
        "connector_id",
        "plugin_id",
        "processor",
        "token_scope",
        "created_at",
        "last_used_at",
    ],
};

/// A row of [`INSTRUMENT`].
pub(in crate::read) fn instrument(row: &mut Row) -> Result<Instrument, Error> {
    row.begin(&INSTRUMENT);
    Ok(Instrument {
        id: row.id()?,
        payment_token: row.text()?,
        profile_id: row.id()?,
        container_id: row.id()?,
        stored_by_tenant_id: row.id()?,
        kind: row.word()?,
        method: row.text()?,
        details: row.json()?,
        status: row.word()?,
        shareable: row.word()?,
        origin: Origin {
            connector_id: row.id()?,
            plugin_id: row.text()?,
            processor: row.text()?,
            token_scope: row.word()?,
        },
        created_at: row.at()?,
        last_used_at: row.at_or_none()?,
    })
}
