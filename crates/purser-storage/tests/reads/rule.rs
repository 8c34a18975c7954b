//! The rule of visibility read plainly, row by row, over the world in memory.

use std::cmp::Reverse;
use std::sync::Arc;

use purser_domain::Scope;
use purser_domain::container::{Permission, Permissions};
use purser_domain::instrument::{Instrument, is_visible};
use purser_domain::payment::Payment;
use purser_domain::profile::{Overlay, Profile};
use purser_storage::read::{
    ContainerView, Grant, InstrumentView, PaymentFilter, PaymentLine, PaymentsKey, ProfileFilter,
    ProfileSelection, ProfileTotal, ProfileView, TenantView,
};
use purser_types::Timestamp;
use purser_types::id::{ContainerId, TenantId};
use purser_types::page::{Direction, Page, Slice};
use uuid::Uuid;

use crate::world::World;

/// What proves that a viewer may see a profile of a container that it may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Its link, or that it owns the container.
    Link,
    /// A capability that it presented.
    Capability,
}

impl World {
    pub(crate) fn container_view(&self, scope: &Scope, id: ContainerId) -> Option<ContainerView> {
        let container = self.containers.iter().find(|container| container.id == id)?.clone();
        let counts = self.accesses.iter().filter(|(container_id, access)| {
            *container_id == id && access.tenant_id == scope.tenant() && access.expires_at > scope.now()
        });
        let counting: Vec<_> = counts.map(|(_, access)| access.permissions).collect();
        let is_owner = container.owner_tenant_id == scope.tenant();
        let is_seen = container.environment == scope.environment() && (is_owner || !counting.is_empty());
        let permissions = counting.into_iter().fold(Permissions::NONE, Permissions::union);
        is_seen.then_some(ContainerView { container, grant: Grant { permissions, is_owner } })
    }

    pub(crate) fn overlay(&self, scope: &Scope, profile: &Profile) -> Option<&Overlay> {
        let is_own =
            |overlay: &&Overlay| overlay.profile_id == profile.id && overlay.tenant_id == scope.tenant();
        self.overlays.iter().find(is_own)
    }

    /// The container of a profile that the viewer sees.
    fn admitting(&self, scope: &Scope, profile: &Profile, proof: Proof) -> Option<ContainerView> {
        let view = self.container_view(scope, profile.container_id)?;
        let is_close =
            proof == Proof::Capability || view.grant.is_owner || self.overlay(scope, profile).is_some();
        (view.grant.permissions.contains(Permission::ReadProfile) && is_close).then_some(view)
    }

    pub(crate) fn profile_view(
        &self,
        scope: &Scope,
        profile: &Profile,
        proof: Proof,
        selection: &ProfileSelection,
    ) -> Option<ProfileView> {
        let container = self.admitting(scope, profile, proof)?;
        let payments = selection.payments.iter().map(|wanted| {
            let filter = PaymentFilter { profile_id: Some(profile.id), ..wanted.filter.clone() };
            (wanted.clone(), self.payments_page(scope, &filter, &wanted.page))
        });
        let lines = selection.lines.iter().map(|wanted| {
            let filter = PaymentFilter { profile_id: Some(profile.id), ..wanted.filter.clone() };
            (wanted.clone(), lines(self.payments_page(scope, &filter, &wanted.page)))
        });
        Some(ProfileView {
            profile: profile.clone(),
            overlay: self.overlay(scope, profile).cloned(),
            container: Arc::new(container),
            instruments: selection.instruments.then(|| self.instruments_shown(scope, profile)),
            payments: payments.collect(),
            lines: lines.collect(),
            totals: selection.totals.then(|| self.own_totals(scope, profile)),
        })
    }

    fn instruments_shown(&self, scope: &Scope, profile: &Profile) -> Vec<Arc<Instrument>> {
        let is_shown = |instrument: &&Instrument| {
            instrument.profile_id == profile.id
                && is_visible(instrument.stored_by_tenant_id, instrument.shareable, scope.tenant())
        };
        let mut shown: Vec<_> = self.instruments.iter().filter(is_shown).cloned().map(Arc::new).collect();
        shown.sort_by_key(|instrument| Reverse((instrument.created_at, instrument.id)));
        shown
    }

    fn own_totals(&self, scope: &Scope, profile: &Profile) -> Vec<ProfileTotal> {
        let own = self.totals.iter().filter(|(tenant_id, _)| *tenant_id == scope.tenant());
        let of_profile = own.map(|(_, total)| total).filter(|total| total.profile_id == profile.id);
        let mut totals: Vec<_> = of_profile.cloned().collect();
        totals.sort_by_key(|total| total.currency.code());
        totals
    }

    pub(crate) fn instruments_of(&self, scope: &Scope, profile: &Profile) -> Vec<Arc<Instrument>> {
        match self.admitting(scope, profile, Proof::Link) {
            Some(_) => self.instruments_shown(scope, profile),
            None => Vec::new(),
        }
    }

    pub(crate) fn totals_of(&self, scope: &Scope, profile: &Profile) -> Vec<ProfileTotal> {
        match self.admitting(scope, profile, Proof::Link) {
            Some(_) => self.own_totals(scope, profile),
            None => Vec::new(),
        }
    }

    pub(crate) fn instrument_view(&self, scope: &Scope, instrument: &Instrument) -> Option<InstrumentView> {
        let profile = self.profiles.iter().find(|profile| profile.id == instrument.profile_id)?;
        let container = self.admitting(scope, profile, Proof::Link)?;
        let is_shown = is_visible(instrument.stored_by_tenant_id, instrument.shareable, scope.tenant());
        is_shown.then(|| InstrumentView {
            instrument: Arc::new(instrument.clone()),
            grant: container.grant,
            is_preferred: profile.preferred_instrument_id == Some(instrument.id),
        })
    }

    pub(crate) fn profiles_page(
        &self,
        scope: &Scope,
        filter: &ProfileFilter,
        page: &Page,
        selection: &ProfileSelection,
    ) -> Slice<ProfileView> {
        let passes = |profile: &&Profile| {
            let tags =
                self.overlay(scope, profile).map(|overlay| overlay.tags.as_slice()).unwrap_or_default();
            filter.container_id.is_none_or(|id| id == profile.container_id)
                && filter.tag.as_ref().is_none_or(|tag| tags.contains(tag))
        };
        let seen = self.profiles.iter().filter(passes);
        let views = seen.filter_map(|profile| self.profile_view(scope, profile, Proof::Link, selection));
        let is_bare = selection.without_overlay && filter.tag.is_none();
        let views =
            views.map(|view| ProfileView { overlay: view.overlay.clone().filter(|_| !is_bare), ..view });
        cut(views.collect(), page, |view| (view.profile.created_at, view.profile.id.uuid()))
    }

    pub(crate) fn payments_page(&self, scope: &Scope, filter: &PaymentFilter, page: &Page) -> Slice<Payment> {
        let passes = |payment: &&Payment| {
            payment.tenant_id == scope.tenant()
                && payment.environment == scope.environment()
                && (filter.statuses.is_empty() || filter.statuses.contains(&payment.status))
                && (filter.kinds.is_empty() || filter.kinds.contains(&payment.kind))
                && filter.source.is_none_or(|source| source == payment.source.source)
                && (filter.profile_id.is_none() || filter.profile_id == payment.profile_id)
                && (filter.instrument_id.is_none() || filter.instrument_id == payment.instrument_id)
                && (filter.connector_id.is_none() || filter.connector_id == payment.connector_id)
                && filter.created_from.is_none_or(|from| from <= payment.created_at)
                && filter.created_before.is_none_or(|before| payment.created_at < before)
        };
        let own = self.payments.iter().filter(passes).cloned().collect();
        cut(own, page, |payment| (payment.created_at, payment.id.uuid()))
    }

    pub(crate) fn payments_of(
        &self,
        scope: &Scope,
        profile: &Profile,
        wanted: &PaymentsKey,
    ) -> Slice<Payment> {
        if wanted.filter.profile_id.is_some_and(|id| id != profile.id) {
            return cut(Vec::new(), &wanted.page, |_: &Payment| (scope.now(), Uuid::nil()));
        }
        let filter = PaymentFilter { profile_id: Some(profile.id), ..wanted.filter.clone() };
        self.payments_page(scope, &filter, &wanted.page)
    }

    pub(crate) fn tenant_view(&self, scope: &Scope, id: TenantId) -> Option<TenantView> {
        let find = |id: TenantId| self.tenants.iter().find(|tenant| tenant.id == id);
        let (tenant, viewer) = (find(id)?, find(scope.tenant())?);
        let is_full = tenant.id == viewer.id || tenant.path.is_below(&viewer.path);
        let here = self.containers.iter().filter(|container| container.environment == scope.environment());
        let is_connected = here.into_iter().any(|container| {
            let has_grant = self.accesses.iter().any(|(container_id, access)| {
                *container_id == container.id
                    && access.tenant_id == viewer.id
                    && access.expires_at > scope.now()
            });
            let is_grantee = self
                .shares
                .iter()
                .any(|share| share.container_id == container.id && share.grantee_tenant_id == id);
            (container.owner_tenant_id == id && has_grant)
                || (container.owner_tenant_id == viewer.id && is_grantee)
        });
        let is_seen = is_full || viewer.parent_id == Some(id) || is_connected;
        is_seen.then(|| TenantView { tenant: tenant.clone(), is_full })
    }
}

/// A page of items, newest first.
pub(crate) fn cut<T>(mut items: Vec<T>, page: &Page, key: impl Fn(&T) -> (Timestamp, Uuid)) -> Slice<T> {
    let total = i64::try_from(items.len()).expect("small");
    let from = page.from.map(|position| (position.created_at, position.id));
    match page.direction {
        Direction::Forward => {
            items.sort_by_key(|item| Reverse(key(item)));
            items.retain(|item| from.is_none_or(|from| key(item) < from));
        }
        Direction::Backward => {
            items.sort_by_key(&key);
            items.retain(|item| from.is_none_or(|from| key(item) > from));
        }
    }
    items.truncate(usize::try_from(page.size).expect("small") + 1);
    Slice::of(page, items, page.with_total.then_some(total))
}

/// What lines tell of payments of profiles.
fn lines(slice: Slice<Payment>) -> Slice<PaymentLine> {
    let line = |payment: Payment| PaymentLine {
        id: payment.id,
        profile_id: payment.profile_id.expect("it is a profile's"),
        instrument_id: payment.instrument_id,
        kind: payment.kind,
        merchant_transaction_id: payment.merchant_transaction_id,
        status: payment.status,
        currency: payment.amounts.currency,
        requested: payment.amounts.requested,
        created_at: payment.created_at,
    };
    let Slice { items, has_previous, has_next, total } = slice;
    Slice { items: items.into_iter().map(line).collect(), has_previous, has_next, total }
}
