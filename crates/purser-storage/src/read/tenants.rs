//! Tenants and API keys.
//!
//! A tenant sees itself and everything below in full. Of its parent, of the owners of containers that it
//! has a grant for, and of the tenants that it shares its own containers with, it sees that they exist
//! and what they are called.

use std::sync::LazyLock;

use purser_domain::Scope;
use purser_domain::tenant::{ApiKey, Tenant};
use purser_types::id::TenantId;
use purser_types::page::{Page, Slice};

use super::list::List;
use super::net;
use super::statement::{Param, Sql};
use super::tables::tenants::{API_KEY, TENANT, api_key, tenant};
use super::view::TenantView;
use super::visibility::scoped;
use crate::visibility::{tenant_below, tenant_visible};
use crate::{Error, Store};

static BY_ID: LazyLock<Sql> = LazyLock::new(|| {
    let (columns, is_full, is_visible) = (TENANT.list("t"), tenant_below("t"), tenant_visible("t"));
    Sql::both(&format!(
        "SELECT {columns}, CASE WHEN {is_full} THEN 1 ELSE 0 END FROM tenant t \
         WHERE t.id IN_IDS($4) AND {is_visible}"
    ))
});

/// The tenants of the ids, in their order; `None` for what the viewer does not see.
///
/// # Errors
/// As of every read.
pub async fn tenants_by_id(
    store: &Store,
    scope: &Scope,
    ids: &[TenantId],
) -> Result<Vec<Option<TenantView>>, Error> {
    let params = scoped(scope, [Param::Ids(net::distinct(ids))]);
    let rows = store.reads().one(&BY_ID, params).await?;
    let found = rows.into_iter().map(|mut row| {
        let tenant = tenant(&mut row)?;
        let is_full = row.int4()? != 0;
        Ok((tenant.id.uuid(), TenantView { tenant, is_full }))
    });
    Ok(net::options(ids, found.collect::<Result<Vec<_>, Error>>()?))
}

/// The children of a tenant that the viewer sees in full; of another there are none.
///
/// # Errors
/// As of every read.
pub async fn tenants_below(
    store: &Store,
    scope: &Scope,
    parent_id: TenantId,
    page: Page,
) -> Result<Slice<Tenant>, Error> {
    static LIST: LazyLock<List> = LazyLock::new(|| {
        let source = format!("FROM tenant t WHERE t.parent_id = $9 AND t.id <> $1 AND {}", tenant_below("t"));
        List::new(&TENANT.list("t"), "t", &source)
    });
    LIST.page(store, scope, &page, &[Param::Id(parent_id.uuid())], tenant).await
}

/// The API keys of a tenant that the viewer sees in full, of the viewer's environment.
///
/// # Errors
/// As of every read.
pub async fn keys(
    store: &Store,
    scope: &Scope,
    tenant_id: TenantId,
    page: Page,
) -> Result<Slice<ApiKey>, Error> {
    static LIST: LazyLock<List> = LazyLock::new(|| {
        let source = format!(
            "FROM api_key k WHERE k.tenant_id = $9 AND k.environment = $2 \
             AND EXISTS (SELECT 1 FROM tenant t WHERE t.id = k.tenant_id AND {})",
            tenant_below("t")
        );
        List::new(&API_KEY.list("k"), "k", &source)
    });
    LIST.page(store, scope, &page, &[Param::Id(tenant_id.uuid())], api_key).await
}
