//! The predicates of who sees what, once, as parts of statements.
//!
//! They rely on the first three values of [`Sql::scoped`](crate::sql::Sql::scoped): `$1` the viewer's
//! tenant, `$2` its environment, `$3` the instant. The rule of sharing itself is a pure function of the
//! domain; its result is kept in `container_access`, so that a statement tests a row and not a tree.
//! A tenant may have several such rows for one container, and each permission may come from another.

use purser_domain::container::{Permission, Permissions};
use purser_domain::{Environment, Scope};
use purser_types::id::TenantId;

use crate::error::Error;

/// The viewer has a grant for the container with at least one of the permissions.
pub(crate) fn granted(container_id: &str, any_of: &[Permission]) -> String {
    let bits: Permissions = any_of.iter().copied().collect();
    format!(
        "EXISTS (SELECT 1 FROM container_access ga JOIN container gc ON gc.id = ga.container_id \
         WHERE ga.tenant_id = $1 AND ga.container_id = {container_id} AND gc.environment = $2 \
         AND ga.expires_at > $3 AND (ga.permissions & {}) <> 0)",
        bits.bits()
    )
}

/// The viewer sees the container: it has a grant for it, or owns it and has disabled it.
pub(crate) fn container_visible(container: &str) -> String {
    format!(
        "({container}.environment = $2 AND ({container}.owner_tenant_id = $1 OR EXISTS \
         (SELECT 1 FROM container_access va WHERE va.tenant_id = $1 AND va.container_id = {container}.id \
         AND va.expires_at > $3)))"
    )
}

/// The viewer owns the container.
pub(crate) fn container_owned(container_id: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM container oc WHERE oc.id = {container_id} AND oc.owner_tenant_id = $1 \
         AND oc.environment = $2)"
    )
}

/// The viewer sees the profile: it may read profiles in the container, and owns the container or is
/// linked to the profile.
pub(crate) fn profile_visible(profile: &str) -> String {
    format!(
        "({} AND (EXISTS (SELECT 1 FROM container_access pa WHERE pa.tenant_id = $1 \
         AND pa.container_id = {profile}.container_id AND pa.is_owner AND pa.expires_at > $3) \
         OR EXISTS (SELECT 1 FROM profile_link pl WHERE pl.tenant_id = $1 \
         AND pl.profile_id = {profile}.id)))",
        granted(&format!("{profile}.container_id"), &[Permission::ReadProfile])
    )
}

/// The viewer stored the instrument, or it was stored for everybody whom the container admits.
pub(crate) fn instrument_admitted(instrument: &str) -> String {
    format!("({instrument}.stored_by_tenant_id = $1 OR {instrument}.shareable = 'CONTAINER')")
}

/// The viewer sees the instrument: it sees the profile, and the instrument is its own or shared.
pub(crate) fn instrument_visible(instrument: &str) -> String {
    format!(
        "({} AND EXISTS (SELECT 1 FROM profile ip WHERE ip.id = {instrument}.profile_id AND {}))",
        instrument_admitted(instrument),
        profile_visible("ip")
    )
}

/// The tenant is the viewer or below it.
pub(crate) fn tenant_below(tenant: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM tenant bv WHERE bv.id = $1 \
         AND substr({tenant}.path, 1, length(bv.path)) = bv.path)"
    )
}

/// The viewer may know the tenant's name: it is the viewer, below it or right above it, owns a container
/// that the viewer has a grant for, or was granted one of the viewer's.
pub(crate) fn tenant_visible(tenant: &str) -> String {
    format!(
        "({} OR {tenant}.id = (SELECT tv.parent_id FROM tenant tv WHERE tv.id = $1) \
         OR EXISTS (SELECT 1 FROM container_access ta JOIN container tc ON tc.id = ta.container_id \
         WHERE ta.tenant_id = $1 AND ta.expires_at > $3 AND tc.environment = $2 \
         AND tc.owner_tenant_id = {tenant}.id) \
         OR EXISTS (SELECT 1 FROM container_share ts JOIN container td ON td.id = ts.container_id \
         WHERE td.owner_tenant_id = $1 AND td.environment = $2 AND ts.grantee_tenant_id = {tenant}.id))",
        tenant_below(tenant)
    )
}

/// Refuses a value of another tenant or environment before any statement is sent.
pub(crate) fn own(
    doing: &'static str,
    scope: &Scope,
    tenant_id: TenantId,
    environment: Environment,
) -> Result<(), Error> {
    if tenant_id == scope.tenant() && environment == scope.environment() {
        return Ok(());
    }
    Err(Error::OutOfScope { doing })
}

/// Takes an insertion that found nothing to insert for as a value outside the scope.
pub(crate) fn reached(doing: &'static str, rows: u64) -> Result<(), Error> {
    if rows == 0 { Err(Error::OutOfScope { doing }) } else { Ok(()) }
}
