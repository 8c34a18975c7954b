//! What happened to payments: events, transfers, disputes.

use purser_domain::payment::dispute::Dispute;
use purser_domain::payment::event::Event;
use purser_domain::payment::ledger::{Entry, Transfer};
use purser_types::Money;
use uuid::Uuid;

use crate::Error;
use crate::read::row::{Row, Table};

/// Events, with their payment's id.
pub(in crate::read) static EVENT: Table = Table {
    name: "event",
    columns: &[
        "id",
        "payment_id",
        "position",
        "kind",
        "status_from",
        "status_to",
        "origin",
        "attempt_id",
        "currency",
        "amount",
        "at",
    ],
};

/// Transfers of the ledger.
pub(in crate::read) static TRANSFER: Table = Table {
    name: "ledger_transfer",
    columns: &["payment_id", "position", "attempt_id", "debit", "credit", "minor", "currency", "at"],
};

/// Disputes.
pub(in crate::read) static DISPUTE: Table = Table {
    name: "dispute",
    columns: &[
        "id",
        "payment_id",
        "connector_reference",
        "stage",
        "status",
        "reason",
        "currency",
        "amount",
        "due_at",
        "opened_at",
        "resolved_at",
    ],
};

/// A row of [`EVENT`].
pub(in crate::read) fn event(row: &mut Row) -> Result<Event, Error> {
    row.begin(&EVENT);
    Ok(Event {
        id: row.id()?,
        payment_id: row.id()?,
        position: row.int4()?,
        kind: row.word()?,
        status_from: row.word_or_none()?,
        status_to: row.word()?,
        origin: row.word()?,
        attempt_id: row.id_or_none()?,
        amount: {
            let currency = row.word()?;
            let minor = row.int_or_none()?;
            let money = minor.map(|minor| Money::try_new(minor, currency));
            money.transpose().map_err(|_| row.refused("a negative amount"))?
        },
        at: row.at()?,
    })
}

/// A row of [`TRANSFER`], with its payment's id.
pub(in crate::read) fn transfer(row: &mut Row) -> Result<(Uuid, Entry), Error> {
    row.begin(&TRANSFER);
    let payment_id = row.uuid()?;
    let entry = Entry {
        position: row.int4()?,
        attempt_id: row.id_or_none()?,
        transfer: Transfer { debit: row.word()?, credit: row.word()?, minor: row.int()? },
        currency: row.word()?,
        at: row.at()?,
    };
    Ok((payment_id, entry))
}

/// A row of [`DISPUTE`].
pub(in crate::read) fn dispute(row: &mut Row) -> Result<Dispute, Error> {
    row.begin(&DISPUTE);
    Ok(Dispute {
        id: row.id()?,
        payment_id: row.id()?,
        connector_reference: row.text()?,
        stage: row.word()?,
        status: row.word()?,
        reason: row.text_or_none()?,
        amount: {
            let currency = row.word()?;
            let minor = row.int()?;
            Money::try_new(minor, currency).map_err(|_| row.refused("a negative amount"))?
        },
        due_at: row.at_or_none()?,
        opened_at: row.at()?,
        resolved_at: row.at_or_none()?,
    })
}
