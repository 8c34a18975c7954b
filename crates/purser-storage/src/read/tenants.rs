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
use crate::{Error, Store};

/// Whether tenant `t` is the viewer's `v` or below it. Text functions instead of `LIKE`, in which the
/// underscore of an id stands for any character.
const IS_FULL: &str = "substr(t.path, 1, length(v.path)) = v.path";

static BY_ID: LazyLock<Sql> = LazyLock::new(|| {
    let columns = TENANT.list("t");
    Sql::both(&format!(
        "SELECT {columns}, CASE WHEN {IS_FULL} THEN 1 ELSE 0 END FROM tenant v CROSS JOIN tenant t \
         WHERE v.id = $1 AND t.id IN_IDS($4) AND ({IS_FULL} OR t.id = v.parent_id \
         OR EXISTS (SELECT 1 FROM container_access a JOIN container c ON c.id = a.container_id \
         WHERE a.tenant_id = $1 AND a.expires_at > $3 AND c.environment = $2 AND c.owner_tenant_id = t.id) \
         OR EXISTS (SELECT 1 FROM container_share s JOIN container c ON c.id = s.container_id \
         WHERE s.grantee_tenant_id = t.id AND c.environment = $2 AND c.owner_tenant_id = $1))"
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
        let source = format!(
            "FROM tenant t WHERE t.parent_id = $9 \
             AND EXISTS (SELECT 1 FROM tenant v WHERE v.id = $1 AND {IS_FULL} AND t.id <> v.id)"
        );
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
             AND EXISTS (SELECT 1 FROM tenant v JOIN tenant t ON t.id = $9 WHERE v.id = $1 AND {IS_FULL})"
        );
        List::new(&API_KEY.list("k"), "k", &source)
    });
    LIST.page(store, scope, &page, &[Param::Id(tenant_id.uuid())], api_key).await
}
