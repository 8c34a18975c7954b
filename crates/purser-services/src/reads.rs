//! Reading, in the scope of the viewer: what the schema is made of.
//!
//! Each function is one of storage's reads with the request's scope filled in, so that no floor above
//! names a store or a scope. A profile is looked up through [`crate::profiles::find`], and an instrument
//! by its token through [`crate::instruments::find`], since presenting a capability links the viewer.

use std::sync::Arc;

use purser_domain::connector::{Connector, Router};
use purser_domain::container::{Binding, OptOut, Share};
use purser_domain::instrument::Instrument;
use purser_domain::order::Order;
use purser_domain::payment::Payment;
use purser_domain::payment::attempt::Attempt;
use purser_domain::payment::dispute::Dispute;
use purser_domain::payment::event::Event;
use purser_domain::payment::ledger::Entry;
use purser_domain::tenant::{ApiKey, Tenant};
use purser_storage::read::{
    self, ContainerView, InstrumentView, PaymentFilter, PaymentLookup, PaymentsKey, ProfileFilter,
    ProfileSelection, ProfileTotal, ProfileView, TenantView,
};
use purser_types::id::{
    AttemptId, ConnectorId, ContainerId, DisputeId, EventId, InstrumentId, OrderId, PaymentId, ProfileId,
    RouterId, TenantId,
};
use purser_types::page::{Page, Slice};

use crate::app::Ctx;
use crate::error::Error;

/// Payments of the viewer's tenant, newest first.
///
/// # Errors
/// Faults of the storage.
pub async fn payments(ctx: &Ctx, filter: &PaymentFilter, page: Page) -> Result<Slice<Payment>, Error> {
    Ok(read::payments(ctx.store(), ctx.scope(), filter, page).await?)
}

/// One payment of the viewer's tenant.
///
/// # Errors
/// Faults of the storage.
pub async fn payment(ctx: &Ctx, lookup: &PaymentLookup) -> Result<Option<Payment>, Error> {
    Ok(read::payment(ctx.store(), ctx.scope(), lookup).await?)
}

/// Payments by their ids, in the order of the ids.
///
/// # Errors
/// Faults of the storage.
pub async fn payments_by_id(ctx: &Ctx, ids: &[PaymentId]) -> Result<Vec<Option<Payment>>, Error> {
    Ok(read::payments_by_id(ctx.store(), ctx.scope(), ids).await?)
}

/// A page of each profile's payments at the viewer's tenant.
///
/// # Errors
/// Faults of the storage.
pub async fn payments_of(
    ctx: &Ctx,
    profile_ids: &[ProfileId],
    wanted: &PaymentsKey,
) -> Result<Vec<Slice<Payment>>, Error> {
    Ok(read::payments_of(ctx.store(), ctx.scope(), profile_ids, wanted).await?)
}

/// The attempts of each payment.
///
/// # Errors
/// Faults of the storage.
pub async fn attempts_of(ctx: &Ctx, payment_ids: &[PaymentId]) -> Result<Vec<Vec<Attempt>>, Error> {
    Ok(read::attempts_of(ctx.store(), ctx.scope(), payment_ids).await?)
}

/// Profiles that the viewer sees, newest first, with what is selected around them.
///
/// # Errors
/// Faults of the storage.
pub async fn profiles(
    ctx: &Ctx,
    filter: &ProfileFilter,
    page: Page,
    selection: &ProfileSelection,
) -> Result<Slice<ProfileView>, Error> {
    Ok(read::profiles(ctx.store(), ctx.scope(), filter, page, selection).await?)
}

/// Profiles by their ids, in the order of the ids.
///
/// # Errors
/// Faults of the storage.
pub async fn profiles_by_id(ctx: &Ctx, ids: &[ProfileId]) -> Result<Vec<Option<ProfileView>>, Error> {
    Ok(read::profiles_by_id(ctx.store(), ctx.scope(), ids).await?)
}

/// The visible instruments of each profile.
///
/// # Errors
/// Faults of the storage.
pub async fn instruments_of(
    ctx: &Ctx,
    profile_ids: &[ProfileId],
) -> Result<Vec<Vec<Arc<Instrument>>>, Error> {
    Ok(read::instruments_of(ctx.store(), ctx.scope(), profile_ids).await?)
}

/// What each customer paid at the viewer's tenant.
///
/// # Errors
/// Faults of the storage.
pub async fn totals_of(ctx: &Ctx, profile_ids: &[ProfileId]) -> Result<Vec<Vec<ProfileTotal>>, Error> {
    Ok(read::totals_of(ctx.store(), ctx.scope(), profile_ids).await?)
}

/// Instruments by their ids, in the order of the ids.
///
/// # Errors
/// Faults of the storage.
pub async fn instruments_by_id(
    ctx: &Ctx,
    ids: &[InstrumentId],
) -> Result<Vec<Option<InstrumentView>>, Error> {
    Ok(read::instruments_by_id(ctx.store(), ctx.scope(), ids).await?)
}

/// Containers by their ids, in the order of the ids.
///
/// # Errors
/// Faults of the storage.
pub async fn containers_by_id(ctx: &Ctx, ids: &[ContainerId]) -> Result<Vec<Option<ContainerView>>, Error> {
    Ok(read::containers_by_id(ctx.store(), ctx.scope(), ids).await?)
}

/// Containers that the viewer owns or was granted.
///
/// # Errors
/// Faults of the storage.
pub async fn containers(ctx: &Ctx, page: Page) -> Result<Slice<ContainerView>, Error> {
    Ok(read::containers(ctx.store(), ctx.scope(), page).await?)
}

/// The shares of a container: all for its owner, its own for a grantee.
///
/// # Errors
/// Faults of the storage.
pub async fn shares(ctx: &Ctx, container_id: ContainerId, page: Page) -> Result<Slice<Share>, Error> {
    Ok(read::shares(ctx.store(), ctx.scope(), container_id, page).await?)
}

/// The opt-outs of the viewer's tenant.
///
/// # Errors
/// Faults of the storage.
pub async fn opt_outs(ctx: &Ctx, page: Page) -> Result<Slice<OptOut>, Error> {
    Ok(read::opt_outs(ctx.store(), ctx.scope(), page).await?)
}

/// The bindings of the viewer's tenant.
///
/// # Errors
/// Faults of the storage.
pub async fn bindings(ctx: &Ctx, page: Page) -> Result<Slice<Binding>, Error> {
    Ok(read::bindings(ctx.store(), ctx.scope(), page).await?)
}

/// Connectors by their ids, in the order of the ids.
///
/// # Errors
/// Faults of the storage.
pub async fn connectors_by_id(ctx: &Ctx, ids: &[ConnectorId]) -> Result<Vec<Option<Connector>>, Error> {
    Ok(read::connectors_by_id(ctx.store(), ctx.scope(), ids).await?)
}

/// Routers by their ids, in the order of the ids.
///
/// # Errors
/// Faults of the storage.
pub async fn routers_by_id(ctx: &Ctx, ids: &[RouterId]) -> Result<Vec<Option<Router>>, Error> {
    Ok(read::routers_by_id(ctx.store(), ctx.scope(), ids).await?)
}

/// The connectors of the viewer's tenant.
///
/// # Errors
/// Faults of the storage.
pub async fn connectors(ctx: &Ctx, page: Page) -> Result<Slice<Connector>, Error> {
    Ok(read::connectors(ctx.store(), ctx.scope(), page).await?)
}

/// The routers of the viewer's tenant.
///
/// # Errors
/// Faults of the storage.
pub async fn routers(ctx: &Ctx, page: Page) -> Result<Slice<Router>, Error> {
    Ok(read::routers(ctx.store(), ctx.scope(), page).await?)
}

/// Tenants by their ids, in the order of the ids.
///
/// # Errors
/// Faults of the storage.
pub async fn tenants_by_id(ctx: &Ctx, ids: &[TenantId]) -> Result<Vec<Option<TenantView>>, Error> {
    Ok(read::tenants_by_id(ctx.store(), ctx.scope(), ids).await?)
}

/// The children of the viewer's tenant or of one below it.
///
/// # Errors
/// Faults of the storage.
pub async fn tenants_below(ctx: &Ctx, parent_id: TenantId, page: Page) -> Result<Slice<Tenant>, Error> {
    Ok(read::tenants_below(ctx.store(), ctx.scope(), parent_id, page).await?)
}

/// The API keys of the viewer's tenant or of one below it.
///
/// # Errors
/// Faults of the storage.
pub async fn keys(ctx: &Ctx, tenant_id: TenantId, page: Page) -> Result<Slice<ApiKey>, Error> {
    Ok(read::keys(ctx.store(), ctx.scope(), tenant_id, page).await?)
}

/// The viewer's tenant or one below it, by its slug.
///
/// # Errors
/// Faults of the storage.
pub async fn tenant_by_slug(ctx: &Ctx, slug: &str) -> Result<Option<TenantView>, Error> {
    let found = purser_storage::tenants::find_by_slug_full(ctx.store(), ctx.scope(), slug).await?;
    Ok(found.map(|tenant| TenantView { tenant, is_full: true }))
}

/// Attempts by their ids, in the order of the ids.
///
/// # Errors
/// Faults of the storage.
pub async fn attempts_by_id(ctx: &Ctx, ids: &[AttemptId]) -> Result<Vec<Option<Attempt>>, Error> {
    Ok(read::attempts_by_id(ctx.store(), ctx.scope(), ids).await?)
}

/// The newest events of each payment by their position, at most [`read::EVENTS_MAX`], in the order of the ids.
///
/// # Errors
/// Faults of the storage.
pub async fn events_of(ctx: &Ctx, payment_ids: &[PaymentId]) -> Result<Vec<Vec<Event>>, Error> {
    Ok(read::events_of(ctx.store(), ctx.scope(), payment_ids).await?)
}

/// Events by their ids, in the order of the ids.
///
/// # Errors
/// Faults of the storage.
pub async fn events_by_id(ctx: &Ctx, ids: &[EventId]) -> Result<Vec<Option<Event>>, Error> {
    Ok(read::events_by_id(ctx.store(), ctx.scope(), ids).await?)
}

/// The ledger of each payment by the position, a bounded number of transfers, in the order of the ids.
///
/// # Errors
/// Faults of the storage.
pub async fn ledgers_of(ctx: &Ctx, payment_ids: &[PaymentId]) -> Result<Vec<Vec<Entry>>, Error> {
    Ok(read::ledger_of(ctx.store(), ctx.scope(), payment_ids).await?)
}

/// The disputes of each payment, in the order of the ids.
///
/// # Errors
/// Faults of the storage.
pub async fn disputes_of(ctx: &Ctx, payment_ids: &[PaymentId]) -> Result<Vec<Vec<Dispute>>, Error> {
    Ok(read::disputes_of(ctx.store(), ctx.scope(), payment_ids).await?)
}

/// Disputes by their ids, in the order of the ids.
///
/// # Errors
/// Faults of the storage.
pub async fn disputes_by_id(ctx: &Ctx, ids: &[DisputeId]) -> Result<Vec<Option<Dispute>>, Error> {
    Ok(read::disputes_by_id(ctx.store(), ctx.scope(), ids).await?)
}

/// Orders by their ids, with where they stand, in the order of the ids.
///
/// # Errors
/// Faults of the storage.
pub async fn orders_by_id(ctx: &Ctx, ids: &[OrderId]) -> Result<Vec<Option<Order>>, Error> {
    Ok(read::orders_by_id(ctx.store(), ctx.scope(), ids).await?)
}

/// An order of the viewer's tenant by the tenant's own id of it, with where it stands.
///
/// # Errors
/// Faults of the storage.
pub async fn order_by_external_id(ctx: &Ctx, external_id: &str) -> Result<Option<Order>, Error> {
    Ok(read::order_by_external_id(ctx.store(), ctx.scope(), external_id).await?)
}

/// The orders of the viewer's tenant, with where they stand.
///
/// # Errors
/// Faults of the storage.
pub async fn orders(ctx: &Ctx, page: Page) -> Result<Slice<Order>, Error> {
    Ok(read::orders(ctx.store(), ctx.scope(), page).await?)
}

/// The payments of an order of the viewer's tenant, the newest first.
///
/// # Errors
/// Faults of the storage.
pub async fn payments_of_order(ctx: &Ctx, id: OrderId, page: Page) -> Result<Slice<Payment>, Error> {
    Ok(read::payments_of_order(ctx.store(), ctx.scope(), id, page).await?)
}

/// Attempts of the viewer's tenant about which an operator must decide, newest first.
///
/// # Errors
/// Faults of the storage.
pub async fn attempts_in_review(ctx: &Ctx, page: Page) -> Result<Slice<Attempt>, Error> {
    Ok(read::attempts_in_review(ctx.store(), ctx.scope(), page).await?)
}
