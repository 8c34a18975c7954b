//! Every viewer sees exactly what the rule says, one by one and in batches.

use purser_domain::Scope;
use purser_domain::profile::Profile;
use purser_storage::Store;
use purser_storage::read::{self, PaymentLookup, ProfileKey, ProfileSelection};
use purser_types::id::{InstrumentId, PaymentId, ProfileId};

use crate::database::databases;
use crate::pages::{first, key_of};
use crate::rule::Proof;
use crate::world::{EXPIRED, GRANTEE, NOT_READING, OTHER_TREE, OWNER, UNGRANTED, World};

fn everything() -> ProfileSelection {
    ProfileSelection {
        instruments: true,
        payments: vec![key_of(first(3))],
        lines: vec![key_of(first(2))],
        totals: true,
        ..ProfileSelection::default()
    }
}

async fn check(
    world: &World,
    store: &Store,
    scope: &Scope,
    key: ProfileKey,
    profile: &Profile,
    proof: Proof,
) {
    for selection in [everything(), ProfileSelection::default()] {
        let seen = read::profile(store, scope, &key, &selection).await.expect("an answer");
        assert_eq!(seen, world.profile_view(scope, profile, proof, &selection), "{key:?} of {scope:?}");
    }
}

#[tokio::test]
async fn every_key_shows_exactly_the_profiles_that_the_rule_admits() {
    let world = World::new();
    for database in databases(&world).await {
        for scope in world.scopes() {
            for profile in world.profiles.iter().step_by(3) {
                let store = &database.store;
                check(&world, store, &scope, ProfileKey::Id(profile.id), profile, Proof::Link).await;
                let guid = ProfileKey::Guid(profile.guid.clone());
                check(&world, store, &scope, guid, profile, Proof::Capability).await;
                if let Some(value) = profile.customer_identification.clone() {
                    let container_id = profile.container_id;
                    let key = ProfileKey::CustomerIdentification { container_id, value };
                    check(&world, store, &scope, key, profile, Proof::Capability).await;
                }
                let external_id = world.overlay(&scope, profile).and_then(|own| own.external_id.clone());
                if let Some(external_id) = external_id {
                    let key = ProfileKey::ExternalId(external_id);
                    check(&world, store, &scope, key, profile, Proof::Link).await;
                }
            }
        }
    }
}

/// The made-up world holds each case that the rule distinguishes, so that the tests around this one are
/// not true of nothing.
#[test]
fn the_world_has_every_case() {
    let world = World::new();
    let seen = |tenant: usize, container: usize| {
        let scope = world.live(tenant);
        let here = |profile: &&Profile| profile.container_id == world.containers[container].id;
        let all = world.profiles.iter().filter(here);
        let sees =
            |profile: &&Profile| world.profile_view(&scope, profile, Proof::Link, &everything()).is_some();
        let proven = |profile: &&Profile| {
            world.profile_view(&scope, profile, Proof::Capability, &everything()).is_some()
        };
        (all.clone().filter(sees).count(), all.filter(proven).count())
    };

    assert_eq!(seen(OWNER, 0), (50, 50));
    let (linked, proven) = seen(GRANTEE, 0);
    assert!(linked > 10 && linked < 40 && proven == 50, "{linked} linked");
    for tenant in [EXPIRED, NOT_READING, UNGRANTED, OTHER_TREE] {
        assert_eq!(seen(tenant, 0), (0, 0), "tenant {tenant}");
    }
    assert_eq!(seen(OWNER, 1), (0, 0), "the sandbox is another environment");
    assert_eq!(seen(OWNER, 2), (0, 0), "a disabled container shows nothing, to its owner neither");
    assert_eq!(seen(GRANTEE, 3), (25, 25));
}

#[tokio::test]
async fn batches_answer_every_id_in_its_order() {
    let world = World::new();
    let profile_ids: Vec<ProfileId> = world.profiles.iter().map(|profile| profile.id).collect();
    // Asked for twice and unknown: both are answered in their place.
    let asked: Vec<&Profile> = world.profiles.iter().chain(&world.profiles[..2]).collect();
    let unknown = ProfileId::from_uuid(uuid::Uuid::from_u128(1));
    let ids: Vec<ProfileId> = profile_ids.iter().chain(&profile_ids[..2]).copied().chain([unknown]).collect();
    for database in databases(&world).await {
        for scope in world.scopes() {
            let store = &database.store;
            let seen = read::profiles_by_id(store, &scope, &ids).await.expect("profiles");
            let view = |profile: &&Profile| {
                world.profile_view(&scope, profile, Proof::Link, &ProfileSelection::default())
            };
            assert_eq!(seen, asked.iter().map(view).chain([None]).collect::<Vec<_>>());

            let seen = read::instruments_of(store, &scope, &ids).await.expect("instruments");
            let expected = asked.iter().map(|profile| world.instruments_of(&scope, profile));
            assert_eq!(seen, expected.chain([Vec::new()]).collect::<Vec<_>>());

            let seen = read::totals_of(store, &scope, &ids).await.expect("totals");
            let expected = asked.iter().map(|profile| world.totals_of(&scope, profile));
            assert_eq!(seen, expected.chain([Vec::new()]).collect::<Vec<_>>());
        }
    }
}

#[tokio::test]
async fn instruments_are_as_visible_as_their_profile_and_their_sharing_allows() {
    let world = World::new();
    let ids: Vec<InstrumentId> = world.instruments.iter().map(|instrument| instrument.id).collect();
    for database in databases(&world).await {
        for scope in world.scopes() {
            let seen = read::instruments_by_id(&database.store, &scope, &ids).await.expect("instruments");
            let expected =
                world.instruments.iter().map(|instrument| world.instrument_view(&scope, instrument));
            assert_eq!(seen, expected.collect::<Vec<_>>());
        }
    }
}

#[tokio::test]
async fn payments_and_attempts_are_their_own_tenants_alone() {
    let world = World::new();
    let ids: Vec<PaymentId> = world.payments.iter().map(|payment| payment.id).collect();
    for database in databases(&world).await {
        for scope in world.scopes() {
            let is_own = |id: &PaymentId| {
                let found = world.payments.iter().find(|payment| payment.id == *id).expect("a payment");
                (found.tenant_id, found.environment) == (scope.tenant(), scope.environment())
            };
            let expected: Vec<_> =
                world.payments.iter().map(|payment| is_own(&payment.id).then(|| payment.clone())).collect();
            let seen = read::payments_by_id(&database.store, &scope, &ids).await.expect("payments");
            assert_eq!(seen, expected);

            let attempts = read::attempts_of(&database.store, &scope, &ids).await.expect("attempts");
            for (id, attempts) in ids.iter().zip(attempts) {
                let all = world.attempts.iter().filter(|attempt| attempt.payment_id == *id && is_own(id));
                assert_eq!(attempts, all.cloned().collect::<Vec<_>>());
            }
            for payment in world.payments.iter().step_by(20) {
                let own = is_own(&payment.id).then(|| payment.clone());
                let transaction_id = payment.merchant_transaction_id.clone();
                for lookup in [PaymentLookup::Id(payment.id), PaymentLookup::TransactionId(transaction_id)] {
                    let seen = read::payment(&database.store, &scope, &lookup).await.expect("an answer");
                    assert_eq!(seen, own, "{lookup:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn tenants_containers_connectors_and_routers_are_seen_by_whom_the_rule_admits() {
    let world = World::new();
    let tenant_ids: Vec<_> = world.tenants.iter().map(|tenant| tenant.id).collect();
    let container_ids: Vec<_> = world.containers.iter().map(|container| container.id).collect();
    let connector_ids: Vec<_> = world.connectors.iter().map(|connector| connector.id).collect();
    let router_ids: Vec<_> = world.routers.iter().map(|router| router.id).collect();
    for database in databases(&world).await {
        for scope in world.scopes() {
            let store = &database.store;
            let own = (scope.tenant(), scope.environment());
            let seen = read::tenants_by_id(store, &scope, &tenant_ids).await.expect("tenants");
            let expected = tenant_ids.iter().map(|id| world.tenant_view(&scope, *id));
            assert_eq!(seen, expected.collect::<Vec<_>>(), "{scope:?}");

            let seen = read::containers_by_id(store, &scope, &container_ids).await.expect("containers");
            let expected = container_ids.iter().map(|id| world.container_view(&scope, *id));
            assert_eq!(seen, expected.collect::<Vec<_>>(), "{scope:?}");

            let seen = read::connectors_by_id(store, &scope, &connector_ids).await.expect("connectors");
            let all = world.connectors.iter();
            let expected = all.map(|one| ((one.tenant_id, one.environment) == own).then(|| one.clone()));
            assert_eq!(seen, expected.collect::<Vec<_>>());

            let seen = read::routers_by_id(store, &scope, &router_ids).await.expect("routers");
            let all = world.routers.iter();
            let expected = all.map(|one| ((one.tenant_id, one.environment) == own).then(|| one.clone()));
            assert_eq!(seen, expected.collect::<Vec<_>>());
        }
    }
}
