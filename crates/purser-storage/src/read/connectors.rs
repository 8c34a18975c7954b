//! Connectors and routers, which only their own tenant sees.

use std::sync::LazyLock;

use purser_domain::Scope;
use purser_domain::connector::{Connector, Router};
use purser_types::id::{ConnectorId, RouterId};
use purser_types::page::{Page, Slice};

use super::list::List;
use super::net;
use super::statement::{Param, Sql};
use super::tables::connectors::{CONNECTOR, ROUTER, connector, router};
use super::visibility::scoped;
use crate::{Error, Store};

/// The viewer's own connectors.
const OWN_CONNECTORS: &str = "FROM connector n WHERE n.tenant_id = $1 AND n.environment = $2";
/// The viewer's own routers.
const OWN_ROUTERS: &str = "FROM router r WHERE r.tenant_id = $1 AND r.environment = $2";

/// The connectors of the ids, in their order; `None` for what is not the viewer's.
///
/// # Errors
/// As of every read.
pub async fn connectors_by_id(
    store: &Store,
    scope: &Scope,
    ids: &[ConnectorId],
) -> Result<Vec<Option<Connector>>, Error> {
    static SQL: LazyLock<Sql> = LazyLock::new(|| {
        Sql::both(&format!("SELECT {} {OWN_CONNECTORS} AND n.id IN_IDS($4)", CONNECTOR.list("n")))
    });
    let rows = store.reads().one(&SQL, scoped(scope, [Param::Ids(net::distinct(ids))])).await?;
    let found = rows.into_iter().map(|mut row| connector(&mut row).map(|found| (found.id.uuid(), found)));
    Ok(net::options(ids, found.collect::<Result<Vec<_>, Error>>()?))
}

/// The routers of the ids, in their order; `None` for what is not the viewer's.
///
/// # Errors
/// As of every read.
pub async fn routers_by_id(
    store: &Store,
    scope: &Scope,
    ids: &[RouterId],
) -> Result<Vec<Option<Router>>, Error> {
    static SQL: LazyLock<Sql> = LazyLock::new(|| {
        Sql::both(&format!("SELECT {} {OWN_ROUTERS} AND r.id IN_IDS($4)", ROUTER.list("r")))
    });
    let rows = store.reads().one(&SQL, scoped(scope, [Param::Ids(net::distinct(ids))])).await?;
    let found = rows.into_iter().map(|mut row| router(&mut row).map(|found| (found.id.uuid(), found)));
    Ok(net::options(ids, found.collect::<Result<Vec<_>, Error>>()?))
}

/// The viewer's own connectors.
///
/// # Errors
/// As of every read.
pub async fn connectors(store: &Store, scope: &Scope, page: Page) -> Result<Slice<Connector>, Error> {
    static LIST: LazyLock<List> = LazyLock::new(|| List::new(&CONNECTOR.list("n"), "n", OWN_CONNECTORS));
    LIST.page(store, scope, &page, &[], connector).await
}

/// The viewer's own routers.
///
/// # Errors
/// As of every read.
pub async fn routers(store: &Store, scope: &Scope, page: Page) -> Result<Slice<Router>, Error> {
    static LIST: LazyLock<List> = LazyLock::new(|| List::new(&ROUTER.list("r"), "r", OWN_ROUTERS));
    LIST.page(store, scope, &page, &[], router).await
}
