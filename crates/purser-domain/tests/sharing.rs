//! What a share grants and an opt-out takes away, row by row.

use purser_domain::Environment;
use purser_domain::container::{
    Access, Container, ContainerStatus, Member, OptOut, OptOutReach, Permission, Permissions, Share,
    ShareStatus, accesses,
};
use purser_domain::tenant::Path;
use purser_types::Timestamp;
use purser_types::id::{ContainerId, Id, OptOutId, ShareId, TenantId};

fn id<K>(number: u128) -> Id<K>
where
    K: purser_types::id::Kind,
{
    Id::from_uuid(uuid::Uuid::from_u128(number))
}

const MARKET: u128 = 1;
const NORTH: u128 = 2;
const NORTH_STORE: u128 = 3;
const TIDE: u128 = 4;

/// A marketplace with two merchants, one of which has a store.
fn tree() -> Vec<Member> {
    let market = Path::root(id(MARKET));
    let north = market.child(id(NORTH));
    let store = north.child(id(NORTH_STORE));
    let tide = market.child(id(TIDE));
    [(MARKET, market), (NORTH, north), (NORTH_STORE, store), (TIDE, tide)]
        .map(|(number, path)| Member { tenant_id: id(number), path })
        .to_vec()
}

fn container(status: ContainerStatus) -> Container {
    Container {
        id: id::<purser_types::id::Container>(100),
        owner_tenant_id: id(MARKET),
        environment: Environment::Sandbox,
        name: "customers".to_owned(),
        description: None,
        status,
        created_at: Timestamp::default(),
        updated_at: Timestamp::default(),
        version: 1,
    }
}

fn share(grantee: u128, include_descendants: bool) -> Share {
    Share {
        id: ShareId::from_uuid(uuid::Uuid::from_u128(1_000 + grantee)),
        container_id: ContainerId::from_uuid(uuid::Uuid::from_u128(100)),
        grantee_tenant_id: id(grantee),
        include_descendants,
        permissions: [Permission::ReadProfile, Permission::UseInstrument].into_iter().collect(),
        status: ShareStatus::Active,
        granted_by: "operator".to_owned(),
        expires_at: Timestamp::NEVER,
        created_at: Timestamp::default(),
        updated_at: Timestamp::default(),
    }
}

fn opt_out(tenant: u128, reach: OptOutReach, container: Option<u128>) -> OptOut {
    OptOut {
        id: OptOutId::from_uuid(uuid::Uuid::from_u128(2_000 + tenant)),
        tenant_id: id(tenant),
        environment: Environment::Sandbox,
        reach,
        container_id: container.map(id),
        reason: None,
        created_at: Timestamp::default(),
    }
}

/// Who has access, in the order of the tree.
fn who(container: &Container, shares: &[Share], opt_outs: &[OptOut]) -> Vec<TenantId> {
    let mut tenants: Vec<TenantId> =
        accesses(container, &tree(), shares, opt_outs).iter().map(|access| access.tenant_id).collect();
    tenants.dedup();
    tenants
}

fn ids(numbers: &[u128]) -> Vec<TenantId> {
    numbers.iter().map(|number| id(*number)).collect()
}

#[test]
fn a_share_reaches_below_its_grantee_only_if_it_says_so() {
    let active = container(ContainerStatus::Active);

    assert_eq!(who(&active, &[], &[]), ids(&[MARKET]));
    assert_eq!(who(&active, &[share(NORTH, false)], &[]), ids(&[MARKET, NORTH]));
    assert_eq!(who(&active, &[share(NORTH, true)], &[]), ids(&[MARKET, NORTH, NORTH_STORE]));
}

#[test]
fn a_revoked_share_and_one_of_another_container_give_nothing() {
    let active = container(ContainerStatus::Active);
    let revoked = Share { status: ShareStatus::Revoked, ..share(NORTH, true) };
    let foreign = Share { container_id: id(101), ..share(TIDE, true) };

    assert_eq!(who(&active, &[revoked, foreign], &[]), ids(&[MARKET]));
}

#[test]
fn an_opt_out_beats_shares_below_it_and_ownership_if_it_reaches_its_own_tenant() {
    let active = container(ContainerStatus::Active);
    let shares = [share(NORTH, true), share(TIDE, false)];

    let below_north = opt_out(NORTH, OptOutReach::SubTenants, None);
    assert_eq!(who(&active, &shares, &[below_north]), ids(&[MARKET, NORTH, TIDE]));
    let other_container = opt_out(MARKET, OptOutReach::SubTenants, Some(101));
    assert_eq!(who(&active, &shares, &[other_container]), ids(&[MARKET, NORTH, NORTH_STORE, TIDE]));
    let live = OptOut { environment: Environment::Live, ..opt_out(MARKET, OptOutReach::SubTenants, None) };
    assert_eq!(who(&active, &shares, &[live]), ids(&[MARKET, NORTH, NORTH_STORE, TIDE]));
    let all = opt_out(MARKET, OptOutReach::SelfAndSubTenants, Some(100));
    assert_eq!(who(&active, &shares, &[all]), ids(&[]));
}

#[test]
fn an_owner_does_not_pay_with_partners_instruments_unless_it_granted_that_to_itself() {
    let active = container(ContainerStatus::Active);
    let only_use: Permissions = [Permission::UseInstrument].into_iter().collect();
    let to_itself = Share { permissions: only_use, ..share(MARKET, false) };

    let alone = accesses(&active, &tree(), &[], &[]);
    let [Access { permissions, share_id: None, .. }] = alone.as_slice() else {
        panic!("one access: {alone:?}")
    };
    assert!(!permissions.contains(Permission::UseInstrument));
    assert!(permissions.contains(Permission::DeleteProfile));
    let both = accesses(&active, &tree(), &[to_itself], &[]);
    assert_eq!(both.iter().map(|access| access.permissions).collect::<Vec<_>>(), [*permissions, only_use]);
}

#[test]
fn a_read_only_container_leaves_reading_and_a_disabled_one_nothing() {
    let shares = [share(NORTH, false)];

    let read_only = accesses(&container(ContainerStatus::ReadOnly), &tree(), &shares, &[]);
    let reading: Permissions = [Permission::ReadProfile].into_iter().collect();
    assert_eq!(read_only.iter().find(|it| it.tenant_id == id(NORTH)).map(|it| it.permissions), Some(reading));
    assert_eq!(accesses(&container(ContainerStatus::Disabled), &tree(), &shares, &[]), []);
}
