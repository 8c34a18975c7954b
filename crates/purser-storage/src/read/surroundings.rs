//! What lies around profiles: their instruments, payments and totals, as a document selects them.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use purser_domain::Scope;
use purser_domain::instrument::Instrument;
use purser_domain::payment::Payment;
use purser_types::page::Slice;
use uuid::Uuid;

use super::key::{Key, Kind, PerKey};
use super::row::Row;
use super::selection::{PaymentsKey, ProfileSelection};
use super::statement::{Sql, Statement};
use super::tables::instruments::{INSTRUMENT, instrument};
use super::tables::profiles::{TOTAL, total};
use super::view::{PaymentLine, ProfileTotal, ProfileView};
use super::visibility::scoped;
use super::{net, payments};
use crate::Error;
use crate::visibility::instrument_admitted;

/// The first parameter of a key behind the scope.
const KEY_AT: usize = 4;

/// Reads the index `instrument_profile`. A profile has a bounded number of instruments, so they come all.
pub(super) static INSTRUMENTS: LazyLock<PerKey> = LazyLock::new(|| {
    let columns = INSTRUMENT.list("i");
    PerKey::new(|kind| {
        if matches!(kind, Kind::Seen) {
            let admitted = instrument_admitted("i");
            let own = format!("i.profile_id IN_IDS(${KEY_AT}) AND {admitted}");
            return Sql::both(&format!("SELECT {columns} FROM instrument i WHERE {own}"));
        }
        Sql::both(&format!(
            "{} SELECT {columns} FROM known k JOIN_NEXT instrument i ON i.profile_id = k.id \
             WHERE {} AND {}",
            kind.known("p.id", KEY_AT),
            kind.sees(),
            instrument_admitted("i"),
        ))
    })
});

/// Reads the primary key of `profile_total`. Totals are the viewer's own, whoever else sees the profile.
pub(super) static TOTALS: LazyLock<PerKey> = LazyLock::new(|| {
    let columns = TOTAL.list("t");
    PerKey::new(|kind| {
        if matches!(kind, Kind::Seen) {
            let own = format!("t.tenant_id = $1 AND t.profile_id IN_IDS(${KEY_AT})");
            return Sql::both(&format!("SELECT {columns} FROM profile_total t WHERE {own}"));
        }
        Sql::both(&format!(
            "{} SELECT {columns} FROM known k JOIN_NEXT profile_total t ON t.tenant_id = $1 AND t.profile_id = k.id \
             WHERE {}",
            kind.known("p.id", KEY_AT),
            kind.sees(),
        ))
    })
});

/// The surroundings of several profiles, by profile.
pub(super) struct Surroundings {
    instruments: Option<HashMap<Uuid, Vec<Arc<Instrument>>>>,
    totals: Option<HashMap<Uuid, Vec<ProfileTotal>>>,
    payments: Vec<HashMap<Uuid, Slice<Payment>>>,
    lines: Vec<HashMap<Uuid, Slice<PaymentLine>>>,
}

/// One statement for each kind of surroundings and each page of payments, one more for each total.
pub(super) fn statements(scope: &Scope, key: &Key, selection: &ProfileSelection) -> Vec<Statement> {
    let mut batch = Vec::with_capacity(4);
    if selection.instruments {
        batch.push(Statement::new(INSTRUMENTS.of(key), scoped(scope, key.params())));
    }
    if selection.totals {
        batch.push(Statement::new(TOTALS.of(key), scoped(scope, key.params())));
    }
    for wanted in &selection.payments {
        batch.extend(payments::statements_of(scope, key, wanted));
    }
    for wanted in &selection.lines {
        batch.extend(payments::statements_of_lines(scope, key, wanted));
    }
    batch
}

impl Surroundings {
    /// The answers to [`statements`].
    pub(super) fn read(
        selection: &ProfileSelection,
        answers: &mut impl Iterator<Item = Vec<Row>>,
    ) -> Result<Self, Error> {
        let instruments = match selection.instruments {
            true => Some(instruments(answers.next().unwrap_or_default())?),
            false => None,
        };
        let totals = match selection.totals {
            true => Some(totals(answers.next().unwrap_or_default())?),
            false => None,
        };
        let pages = selection.payments.iter().map(|wanted| payments::slices_of(wanted, answers));
        let payments = pages.collect::<Result<_, Error>>()?;
        let pages = selection.lines.iter().map(|wanted| payments::lines_of(wanted, answers));
        Ok(Self { instruments, totals, payments, lines: pages.collect::<Result<_, Error>>()? })
    }

    /// Moves what is a profile's into its view.
    pub(super) fn attach(&mut self, selection: &ProfileSelection, view: &mut ProfileView) {
        let id = view.profile.id.uuid();
        view.instruments = self.instruments.as_mut().map(|all| all.remove(&id).unwrap_or_default());
        view.totals = self.totals.as_mut().map(|all| all.remove(&id).unwrap_or_default());
        view.payments = taken(&selection.payments, &mut self.payments, id);
        view.lines = taken(&selection.lines, &mut self.lines, id);
    }
}

/// The pages of one profile, for each of the keys.
fn taken<T>(
    keys: &[PaymentsKey],
    pages: &mut [HashMap<Uuid, Slice<T>>],
    profile_id: Uuid,
) -> Vec<(PaymentsKey, Slice<T>)> {
    let slices = keys.iter().zip(pages).map(|(wanted, all)| {
        let slice = all.remove(&profile_id).unwrap_or_else(|| payments::nothing(wanted));
        (wanted.clone(), slice)
    });
    slices.collect()
}

/// Instruments by profile, newest first.
pub(super) fn instruments(rows: Vec<Row>) -> Result<HashMap<Uuid, Vec<Arc<Instrument>>>, Error> {
    let found = rows.into_iter().map(|mut row| {
        instrument(&mut row).map(|instrument| (instrument.profile_id.uuid(), Arc::new(instrument)))
    });
    let mut groups = net::grouped(found.collect::<Result<Vec<_>, Error>>()?);
    for group in groups.values_mut() {
        group.sort_unstable_by_key(|instrument| std::cmp::Reverse((instrument.created_at, instrument.id)));
    }
    Ok(groups)
}

/// Totals by profile, in the order of the currencies' codes.
pub(super) fn totals(rows: Vec<Row>) -> Result<HashMap<Uuid, Vec<ProfileTotal>>, Error> {
    let found = rows.into_iter().map(|mut row| total(&mut row).map(|total| (total.profile_id.uuid(), total)));
    let mut groups = net::grouped(found.collect::<Result<Vec<_>, Error>>()?);
    for group in groups.values_mut() {
        group.sort_unstable_by_key(|total| total.currency.code());
    }
    Ok(groups)
}
