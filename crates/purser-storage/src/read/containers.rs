//! Containers, shares, opt-outs and bindings.

use std::sync::LazyLock;

use purser_domain::Scope;
use purser_domain::container::{Binding, OptOut, Share};
use purser_types::id::ContainerId;
use purser_types::page::{Page, Slice};

use super::list::List;
use super::net;
use super::row::Row;
use super::statement::{Param, Sql};
use super::tables::containers::{BINDING, CONTAINER, OPT_OUT, SHARE, binding, container, opt_out, share};
use super::view::{ContainerView, Grant};
use super::visibility::{grant_of, grants_for, scoped};
use crate::visibility::container_visible;
use crate::{Error, Store};

/// The columns of container `c` with the viewer's grants, which an owner lacks while it is disabled.
fn columns() -> String {
    format!("{}, coalesce({}, 0)", CONTAINER.list("c"), grants_for("c.id"))
}

fn view(scope: &Scope, row: &mut Row) -> Result<ContainerView, Error> {
    let container = container(row)?;
    let is_owner = container.owner_tenant_id == scope.tenant();
    let grant = Grant { is_owner, ..grant_of(row.int()?) };
    Ok(ContainerView { container, grant })
}

/// The containers of the ids, in their order; `None` for those that the viewer neither owns nor has a
/// grant for.
///
/// # Errors
/// As of every read.
pub async fn containers_by_id(
    store: &Store,
    scope: &Scope,
    ids: &[ContainerId],
) -> Result<Vec<Option<ContainerView>>, Error> {
    static SQL: LazyLock<Sql> = LazyLock::new(|| {
        Sql::both(&format!(
            "SELECT {} FROM container c WHERE c.id IN_IDS($4) AND {}",
            columns(),
            container_visible("c"),
        ))
    });
    let params = scoped(scope, [Param::Ids(net::distinct(ids))]);
    let rows = store.reads().one(&SQL, params).await?;
    let found = rows.into_iter().map(|mut row| {
        let view = view(scope, &mut row)?;
        Ok((view.container.id.uuid(), view))
    });
    Ok(net::options(ids, found.collect::<Result<Vec<_>, Error>>()?))
}

/// The containers that the viewer owns or has a grant for.
///
/// # Errors
/// As of every read.
pub async fn containers(store: &Store, scope: &Scope, page: Page) -> Result<Slice<ContainerView>, Error> {
    static LIST: LazyLock<List> = LazyLock::new(|| {
        let source = "FROM container c WHERE c.environment = $2 AND c.id IN (\
            SELECT a.container_id FROM container_access a WHERE a.tenant_id = $1 AND a.expires_at > $3 \
            UNION SELECT o.id FROM container o WHERE o.owner_tenant_id = $1 AND o.environment = $2)";
        List::new(&columns(), "c", source)
    });
    LIST.page(store, scope, &page, &[], |row| view(scope, row)).await
}

/// The shares of a container: all for its owner, its own for a grantee, none for others.
///
/// # Errors
/// As of every read.
pub async fn shares(
    store: &Store,
    scope: &Scope,
    container_id: ContainerId,
    page: Page,
) -> Result<Slice<Share>, Error> {
    static LIST: LazyLock<List> = LazyLock::new(|| {
        let source = "FROM container_share s JOIN container c ON c.id = s.container_id \
            WHERE s.container_id = $9 AND c.environment = $2 \
            AND (c.owner_tenant_id = $1 OR s.grantee_tenant_id = $1)";
        List::new(&SHARE.list("s"), "s", source)
    });
    LIST.page(store, scope, &page, &[Param::Id(container_id.uuid())], share).await
}

/// The viewer's own opt-outs: of all containers, and of each of its environment.
///
/// # Errors
/// As of every read.
pub async fn opt_outs(store: &Store, scope: &Scope, page: Page) -> Result<Slice<OptOut>, Error> {
    static LIST: LazyLock<List> = LazyLock::new(|| {
        let source = "FROM container_opt_out o WHERE o.tenant_id = $1 AND o.environment = $2";
        List::new(&OPT_OUT.list("o"), "o", source)
    });
    LIST.page(store, scope, &page, &[], opt_out).await
}

/// The viewer's own bindings. Those of connectors are found through the connectors, since no index leads
/// from a tenant to them.
///
/// # Errors
/// As of every read.
pub async fn bindings(store: &Store, scope: &Scope, page: Page) -> Result<Slice<Binding>, Error> {
    static LIST: LazyLock<List> = LazyLock::new(|| {
        let source = "FROM container_binding b WHERE b.id IN (\
            SELECT d.id FROM container_binding d \
            WHERE d.tenant_id = $1 AND d.environment = $2 AND d.connector_id IS NULL \
            UNION ALL SELECT d.id FROM connector n JOIN container_binding d ON d.connector_id = n.id \
            WHERE n.tenant_id = $1 AND n.environment = $2) AND b.tenant_id = $1";
        List::new(&BINDING.list("b"), "b", source)
    });
    LIST.page(store, scope, &page, &[], binding).await
}
