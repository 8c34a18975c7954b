//! Closed enums of the graph: the domain's words with the meaning that the graph tells.
//!
//! Each is bound to its domain enum by conversions in both directions, so that a new value there does
//! not compile here until it is described; a test holds the spelling to that of the domain.

mod connectors;
mod containers;
mod history;
mod instruments;
mod orders;
mod payments;
mod profiles;
mod tenants;

pub(crate) use connectors::{
    ConnectorNotifications, ConnectorStatus, CustomerAuthentication, Operation, RouteVerdict, TokenScope,
};
pub(crate) use containers::{
    BindingDenial, BindingVia, ContainerStatus, OptOutReach, Permission, ShareStatus,
};
pub(crate) use history::{DisputeStage, DisputeStatus, EventKind, EventOrigin, LedgerAccount};
pub(crate) use instruments::{CardFunding, InstrumentKind, InstrumentStatus, Shareable};
pub(crate) use orders::OrderStatus;
pub(crate) use payments::{
    AttemptStatus, DeclineAdvice, DeclineCode, Initiator, MitReason, PaymentKind, PaymentSource,
    PaymentStatus,
};
pub(crate) use profiles::{AddressKind, CreatedVia, Gender, LinkedVia, ProfileKind, ProfileStatus};
pub(crate) use tenants::{ApiKeyKind, Environment, Feature, TenantStatus, ViewerKind};

#[cfg(test)]
mod tests {
    use async_graphql::resolver_utils::EnumType;

    fn check<G: EnumType + From<T>, T: Copy>(all: &[T], text: impl Fn(T) -> &'static str) {
        assert_eq!(G::items().len(), all.len());
        for value in all {
            let word = G::from(*value);
            let item = G::items().iter().find(|item| item.value == word).expect("every value is an item");
            assert_eq!(item.name, text(*value));
        }
    }

    #[test]
    fn words_of_tenants_are_spelt_as_in_the_database() {
        check::<super::Environment, _>(
            purser_domain::scope::Environment::ALL,
            purser_domain::scope::Environment::as_str,
        );
        check::<super::ViewerKind, _>(
            purser_domain::scope::ViewerKind::ALL,
            purser_domain::scope::ViewerKind::as_str,
        );
        check::<super::TenantStatus, _>(
            purser_domain::tenant::TenantStatus::ALL,
            purser_domain::tenant::TenantStatus::as_str,
        );
        check::<super::Feature, _>(
            purser_domain::tenant::Feature::ALL,
            purser_domain::tenant::Feature::as_str,
        );
        check::<super::ApiKeyKind, _>(
            purser_domain::tenant::ApiKeyKind::ALL,
            purser_domain::tenant::ApiKeyKind::as_str,
        );
    }

    #[test]
    fn words_of_containers_are_spelt_as_in_the_database() {
        check::<super::ContainerStatus, _>(
            purser_domain::container::ContainerStatus::ALL,
            purser_domain::container::ContainerStatus::as_str,
        );
        check::<super::Permission, _>(
            purser_domain::container::Permission::ALL,
            purser_domain::container::Permission::as_str,
        );
        check::<super::ShareStatus, _>(
            purser_domain::container::ShareStatus::ALL,
            purser_domain::container::ShareStatus::as_str,
        );
        check::<super::OptOutReach, _>(
            purser_domain::container::OptOutReach::ALL,
            purser_domain::container::OptOutReach::as_str,
        );
        check::<super::BindingVia, _>(
            purser_domain::container::BindingVia::ALL,
            purser_domain::container::BindingVia::as_str,
        );
        check::<super::BindingDenial, _>(
            purser_domain::container::BindingDenial::ALL,
            purser_domain::container::BindingDenial::as_str,
        );
    }

    #[test]
    fn words_of_profiles_are_spelt_as_in_the_database() {
        check::<super::ProfileStatus, _>(
            purser_domain::profile::ProfileStatus::ALL,
            purser_domain::profile::ProfileStatus::as_str,
        );
        check::<super::ProfileKind, _>(
            purser_domain::profile::ProfileKind::ALL,
            purser_domain::profile::ProfileKind::as_str,
        );
        check::<super::Gender, _>(
            purser_domain::profile::Gender::ALL,
            purser_domain::profile::Gender::as_str,
        );
        check::<super::CreatedVia, _>(
            purser_domain::profile::CreatedVia::ALL,
            purser_domain::profile::CreatedVia::as_str,
        );
        check::<super::LinkedVia, _>(
            purser_domain::profile::LinkedVia::ALL,
            purser_domain::profile::LinkedVia::as_str,
        );
        check::<super::AddressKind, _>(
            purser_domain::profile::AddressKind::ALL,
            purser_domain::profile::AddressKind::as_str,
        );
    }

    #[test]
    fn words_of_instruments_are_spelt_as_in_the_database() {
        check::<super::InstrumentKind, _>(
            purser_services::values::Method::ALL,
            purser_services::values::Method::as_str,
        );
        check::<super::InstrumentStatus, _>(
            purser_domain::instrument::InstrumentStatus::ALL,
            purser_domain::instrument::InstrumentStatus::as_str,
        );
        check::<super::Shareable, _>(
            purser_domain::instrument::Shareable::ALL,
            purser_domain::instrument::Shareable::as_str,
        );
        check::<super::CardFunding, _>(
            purser_services::values::Funding::ALL,
            purser_services::values::Funding::as_str,
        );
    }

    #[test]
    fn words_of_connectors_are_spelt_as_in_the_database() {
        check::<super::ConnectorStatus, _>(
            purser_domain::connector::ConnectorStatus::ALL,
            purser_domain::connector::ConnectorStatus::as_str,
        );
        check::<super::RouteVerdict, _>(
            purser_domain::routing::Verdict::ALL,
            purser_domain::routing::Verdict::as_str,
        );
        check::<super::Operation, _>(
            purser_services::values::OperationKind::ALL,
            purser_services::values::OperationKind::as_str,
        );
        check::<super::TokenScope, _>(
            purser_services::values::TokenScope::ALL,
            purser_services::values::TokenScope::as_str,
        );
        check::<super::CustomerAuthentication, _>(
            purser_services::values::Authentication::ALL,
            purser_services::values::Authentication::as_str,
        );
        check::<super::ConnectorNotifications, _>(
            purser_services::values::Notifications::ALL,
            purser_services::values::Notifications::as_str,
        );
    }

    #[test]
    fn words_of_payments_are_spelt_as_in_the_database() {
        check::<super::PaymentKind, _>(
            purser_domain::payment::PaymentKind::ALL,
            purser_domain::payment::PaymentKind::as_str,
        );
        check::<super::PaymentStatus, _>(
            purser_domain::payment::PaymentStatus::ALL,
            purser_domain::payment::PaymentStatus::as_str,
        );
        check::<super::PaymentSource, _>(
            purser_domain::payment::PaymentSource::ALL,
            purser_domain::payment::PaymentSource::as_str,
        );
        check::<super::AttemptStatus, _>(
            purser_domain::payment::attempt::AttemptStatus::ALL,
            purser_domain::payment::attempt::AttemptStatus::as_str,
        );
        check::<super::MitReason, _>(
            purser_services::values::MitReason::ALL,
            purser_services::values::MitReason::as_str,
        );
        check::<super::OrderStatus, _>(
            purser_domain::order::OrderStatus::ALL,
            purser_domain::order::OrderStatus::as_str,
        );
        check::<super::Initiator, _>(
            purser_services::values::Initiator::ALL,
            purser_services::values::Initiator::as_str,
        );
        check::<super::DeclineCode, _>(
            purser_services::values::DeclineCode::ALL,
            purser_services::values::DeclineCode::as_str,
        );
        check::<super::DeclineAdvice, _>(
            purser_services::values::Advice::ALL,
            purser_services::values::Advice::as_str,
        );
    }

    #[test]
    fn words_of_histories_are_spelt_as_in_the_database() {
        check::<super::EventKind, _>(
            purser_domain::payment::event::EventKind::ALL,
            purser_domain::payment::event::EventKind::as_str,
        );
        check::<super::EventOrigin, _>(
            purser_domain::payment::event::Origin::ALL,
            purser_domain::payment::event::Origin::as_str,
        );
        check::<super::LedgerAccount, _>(
            purser_domain::payment::ledger::Account::ALL,
            purser_domain::payment::ledger::Account::as_str,
        );
        check::<super::DisputeStage, _>(
            purser_domain::payment::dispute::DisputeStage::ALL,
            purser_domain::payment::dispute::DisputeStage::as_str,
        );
        check::<super::DisputeStatus, _>(
            purser_domain::payment::dispute::DisputeStatus::ALL,
            purser_domain::payment::dispute::DisputeStatus::as_str,
        );
    }
}
