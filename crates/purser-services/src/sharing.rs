//! Keeps the result of the sharing rule next to its inputs.
//!
//! Whatever changes shares, opt-outs, containers or the tree calls this in the same transaction, under
//! the lock of the tree; hot queries then test one row instead of walking the tree.

use purser_domain::container;
use purser_domain::tenant::Tenant;
use purser_storage::{Write, containers as stored};
use purser_types::id::ContainerId;

use crate::error::Error;

/// Gives a new tenant what shares with the tenants above it say it has.
pub(crate) async fn rebuild_for_new_tenant(write: &Write, tenant: &Tenant) -> Result<(), Error> {
    for id in stored::ids_touched_by_tenant(write, &tenant.path).await? {
        rebuild(write, id).await?;
    }
    Ok(())
}

/// Computes the rule of sharing anew for one container and keeps its result.
pub(crate) async fn rebuild(write: &Write, id: ContainerId) -> Result<(), Error> {
    let Some(sharing) = stored::sharing(write, id).await? else { return Ok(()) };
    let accesses =
        container::accesses(&sharing.container, &sharing.members, &sharing.shares, &sharing.opt_outs);
    stored::store_access(write, id, &accesses).await?;
    Ok(())
}
