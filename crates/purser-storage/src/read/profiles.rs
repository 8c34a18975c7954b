//! Profiles with what a document selects of their surroundings.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use purser_domain::Scope;
use purser_domain::instrument::Instrument;
use purser_types::id::{ContainerId, InstrumentId, ProfileId};
use purser_types::page::{Page, Slice};

use super::key::{Key, PerKey, known};
use super::keyset::{page_params, slice, total_of};
use super::row::Row;
use super::selection::{ProfileKey, ProfileSelection};
use super::statement::{Param, Sql, Statement};
use super::surroundings::{self, Surroundings};
use super::tables::containers::{CONTAINER, container};
use super::tables::instruments::{INSTRUMENT, instrument};
use super::tables::profiles::{LINK, PROFILE, overlay, profile as core};
use super::view::{ContainerView, InstrumentView, ProfileFilter, ProfileTotal, ProfileView};
use super::visibility::{grant_of, scoped};
use super::{key, net, profile_pages};
use crate::visibility::instrument_admitted;
use crate::{Error, Store};

/// The profile of a key with container, overlay and grants.
static BY_KEY: LazyLock<PerKey> = LazyLock::new(|| {
    let columns = [PROFILE.list_as("p"), CONTAINER.list_as("c"), LINK.list_as("l")].join(", ");
    PerKey::new(|kind| {
        Sql::both(&format!("{} SELECT * FROM known k WHERE {}", kind.known(&columns, 4), kind.sees()))
    })
});

/// Instruments by their ids, each as visible as its profile, with the grants.
static INSTRUMENTS_BY_ID: LazyLock<Sql> = LazyLock::new(|| {
    let known = known(
        "p.id, p.preferred_instrument_id",
        "p.id IN (SELECT n.profile_id FROM instrument n WHERE n.id IN_IDS($4))",
    );
    Sql::both(&format!(
        "{known} SELECT {columns}, k.preferred_instrument_id, k.grants \
         FROM instrument i JOIN_NEXT known k ON k.id = i.profile_id WHERE i.id IN_IDS($4) AND {sees} AND {shown}",
        columns = INSTRUMENT.list("i"),
        sees = key::Kind::Ids.sees(),
        shown = instrument_admitted("i"),
    ))
});

/// One profile with its surroundings: one statement for the profile and one for each part that is
/// selected, all in one flush.
///
/// # Errors
/// As of every read.
pub async fn profile(
    store: &Store,
    scope: &Scope,
    key: &ProfileKey,
    selection: &ProfileSelection,
) -> Result<Option<ProfileView>, Error> {
    let key = Key::of(key);
    let mut answers = store.reads().run(one_statements(scope, &key, selection)).await?.into_iter();
    let Some(mut view) = views(answers.next().unwrap_or_default(), true)?.pop() else { return Ok(None) };
    Surroundings::read(selection, &mut answers)?.attach(selection, &mut view);
    Ok(Some(view))
}

/// The profile of a key, then its surroundings.
pub(super) fn one_statements(scope: &Scope, key: &Key, selection: &ProfileSelection) -> Vec<Statement> {
    let mut batch = vec![Statement::new(BY_KEY.of(key), scoped(scope, key.params()))];
    batch.extend(surroundings::statements(scope, key, selection));
    batch
}

/// A page of the profiles that the viewer sees, newest first, with their surroundings: one statement for
/// the page, one for its total if asked, then one for each part that is selected, in two flushes.
///
/// # Errors
/// As of every read.
pub async fn profiles(
    store: &Store,
    scope: &Scope,
    filter: &ProfileFilter,
    page: Page,
    selection: &ProfileSelection,
) -> Result<Slice<ProfileView>, Error> {
    let has_overlay = has_overlay(filter, selection);
    let mut answers =
        store.reads().run(page_statements(scope, filter, &page, has_overlay)).await?.into_iter();
    let rows = views(answers.next().unwrap_or_default(), has_overlay)?;
    let mut slice = slice(&page, rows, total_of(answers.next())?);
    let ids = slice.items.iter().map(|view| view.profile.id.uuid()).collect();
    let batch = surroundings::statements(scope, &Key::seen(ids), selection);
    let batch = if slice.items.is_empty() { Vec::new() } else { batch };
    let mut answers = store.reads().run(batch).await?.into_iter();
    let mut found = Surroundings::read(selection, &mut answers)?;
    for view in &mut slice.items {
        found.attach(selection, view);
    }
    Ok(slice)
}

/// Whether a page reads the viewer's overlays. One by tag does, since tags are theirs.
fn has_overlay(filter: &ProfileFilter, selection: &ProfileSelection) -> bool {
    filter.tag.is_some() || !selection.without_overlay
}

/// A page of profiles, then the number of all if it is asked for.
pub(super) fn page_statements(
    scope: &Scope,
    filter: &ProfileFilter,
    page: &Page,
    has_overlay: bool,
) -> Vec<Statement> {
    let (rows, total) = match &filter.tag {
        Some(_) => (&profile_pages::TAGGED, &profile_pages::TAGGED_TOTAL),
        None if has_overlay => (&profile_pages::NEWEST, &profile_pages::NEWEST_TOTAL),
        None => (&profile_pages::NEWEST_BARE, &profile_pages::NEWEST_TOTAL),
    };
    let container_id = Param::IdOrNone(filter.container_id.map(ContainerId::uuid));
    let tag = filter.tag.as_deref().map(|tag| Param::Text(tag.into()));
    let params = page_params(page, None, None).into_iter().chain([container_id]).chain(tag);
    let params = scoped(scope, params);
    let mut batch = vec![Statement::new(rows.of(page), params.clone())];
    if page.with_total {
        batch.push(Statement::new(total, params));
    }
    batch
}

/// The profiles of the ids without surroundings, in their order; `None` for what the viewer does not see.
///
/// # Errors
/// As of every read.
pub async fn profiles_by_id(
    store: &Store,
    scope: &Scope,
    ids: &[ProfileId],
) -> Result<Vec<Option<ProfileView>>, Error> {
    let rows = rows_of(store, scope, ids, &BY_KEY).await?;
    Ok(net::options(ids, views(rows, true)?.into_iter().map(|view| (view.profile.id.uuid(), view))))
}

/// The visible instruments of each profile, newest first, in the order of the ids.
///
/// # Errors
/// As of every read.
pub async fn instruments_of(
    store: &Store,
    scope: &Scope,
    profile_ids: &[ProfileId],
) -> Result<Vec<Vec<Arc<Instrument>>>, Error> {
    let rows = rows_of(store, scope, profile_ids, &surroundings::INSTRUMENTS).await?;
    Ok(net::aligned(profile_ids, surroundings::instruments(rows)?, Vec::new))
}

/// What each customer paid at the viewer, per currency, in the order of the ids.
///
/// # Errors
/// As of every read.
pub async fn totals_of(
    store: &Store,
    scope: &Scope,
    profile_ids: &[ProfileId],
) -> Result<Vec<Vec<ProfileTotal>>, Error> {
    let rows = rows_of(store, scope, profile_ids, &surroundings::TOTALS).await?;
    Ok(net::aligned(profile_ids, surroundings::totals(rows)?, Vec::new))
}

async fn rows_of(
    store: &Store,
    scope: &Scope,
    ids: &[ProfileId],
    texts: &'static PerKey,
) -> Result<Vec<Row>, Error> {
    let key = Key::ids(net::distinct(ids));
    store.reads().one(texts.of(&key), scoped(scope, key.params())).await
}

/// The instruments of the ids, in their order; `None` for what the viewer does not see.
///
/// # Errors
/// As of every read.
pub async fn instruments_by_id(
    store: &Store,
    scope: &Scope,
    ids: &[InstrumentId],
) -> Result<Vec<Option<InstrumentView>>, Error> {
    let params = scoped(scope, [Param::Ids(net::distinct(ids))]);
    let rows = store.reads().one(&INSTRUMENTS_BY_ID, params).await?;
    let found = rows.into_iter().map(|mut row| {
        let instrument = instrument(&mut row)?;
        let preferred: Option<InstrumentId> = row.id_or_none()?;
        let (id, grant) = (instrument.id, grant_of(row.int()?));
        let is_preferred = preferred == Some(id);
        Ok((id.uuid(), InstrumentView { instrument: Arc::new(instrument), grant, is_preferred }))
    });
    Ok(net::options(ids, found.collect::<Result<Vec<_>, Error>>()?))
}

/// Rows of profile, container, perhaps link, and grants. Profiles of one container share its view.
fn views(rows: Vec<Row>, has_overlay: bool) -> Result<Vec<ProfileView>, Error> {
    let mut containers: HashMap<ContainerId, Arc<ContainerView>> = HashMap::new();
    let views = rows.into_iter().map(|mut row| {
        let profile = core(&mut row)?;
        let known = containers.get(&profile.container_id).cloned();
        let unknown = match known {
            Some(_) => {
                row.skip(&CONTAINER);
                None
            }
            None => Some(container(&mut row)?),
        };
        let overlay = if has_overlay { overlay(&mut row)? } else { None };
        let grant = grant_of(row.int()?);
        let fresh = unknown.map(|container| Arc::new(ContainerView { container, grant }));
        let container = known.or(fresh).expect("a container is either known or was read just now");
        containers.insert(profile.container_id, Arc::clone(&container));
        let (payments, lines) = (Vec::new(), Vec::new());
        Ok(ProfileView { profile, overlay, container, instruments: None, payments, lines, totals: None })
    });
    views.collect()
}
