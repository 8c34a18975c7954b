//! A small made-up world, the same on every run: tenants that share containers in every way there is.

use purser_domain::connector::{Connector, ConnectorStatus, Router};
use purser_domain::container::{
    Access, Binding, Container, ContainerStatus, OptOut, OptOutReach, Permission, Permissions, Share,
    ShareStatus,
};
use purser_domain::instrument::Instrument;
use purser_domain::payment::Payment;
use purser_domain::payment::attempt::Attempt;
use purser_domain::profile::{Overlay, Profile};
use purser_domain::scope::{Actor, KeyScopes, Viewer};
use purser_domain::tenant::{ApiKey, Features, Path, Tenant, TenantStatus};
use purser_domain::{Environment, Scope};
use purser_storage::read::ProfileTotal;
use purser_types::id::{ContainerId, Kind, TenantId};
use purser_types::{Id, Timestamp};
use uuid::Uuid;

use crate::people;

/// The instant of every request.
pub(crate) const NOW: i64 = 1_800_000_000_000_000;

/// Tenants by what they are to the first container.
pub(crate) const OWNER: usize = 0;
pub(crate) const GRANTEE: usize = 1;
pub(crate) const EXPIRED: usize = 2;
pub(crate) const NOT_READING: usize = 3;
pub(crate) const UNGRANTED: usize = 4;
pub(crate) const OTHER_TREE: usize = 5;

/// Everything that is stored.
pub(crate) struct World {
    pub(crate) tenants: Vec<Tenant>,
    pub(crate) keys: Vec<ApiKey>,
    pub(crate) containers: Vec<Container>,
    pub(crate) accesses: Vec<(ContainerId, Access)>,
    pub(crate) shares: Vec<Share>,
    pub(crate) opt_outs: Vec<OptOut>,
    pub(crate) connectors: Vec<Connector>,
    pub(crate) routers: Vec<Router>,
    pub(crate) bindings: Vec<Binding>,
    pub(crate) profiles: Vec<Profile>,
    pub(crate) overlays: Vec<Overlay>,
    pub(crate) instruments: Vec<Instrument>,
    pub(crate) payments: Vec<Payment>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) totals: Vec<(TenantId, ProfileTotal)>,
}

/// Numbers that look random and are the same on every run (SplitMix64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).expect("small");
        usize::try_from(self.next() % bound).expect("below a usize")
    }

    pub(crate) fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }

    pub(crate) fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    pub(crate) fn some<T>(&mut self, value: T) -> Option<T> {
        if self.one_in(2) { Some(value) } else { None }
    }

    pub(crate) fn id<K: Kind>(&mut self) -> Id<K> {
        Id::from_uuid(Uuid::from_u64_pair(self.next(), self.next()))
    }

    /// One of a few instants, so that many rows tie.
    pub(crate) fn instant(&mut self) -> Timestamp {
        at(i64::try_from(self.below(12)).expect("small") * 1_000_000 - 100_000_000)
    }
}

/// An instant as microseconds from now.
pub(crate) fn at(micros: i64) -> Timestamp {
    Timestamp::from_unix_micros(NOW + micros)
}

/// The scope of a tenant's requests.
pub(crate) fn scope(tenant: TenantId, environment: Environment) -> Scope {
    Viewer::verified(tenant, environment, Actor::Operator, KeyScopes::all()).scope(at(0))
}

impl World {
    /// Makes the world.
    pub(crate) fn new() -> Self {
        let mut dice = Dice::new(7);
        let tenants = tenants(&mut dice);
        let containers = containers(&mut dice, &tenants);
        let mut world = Self {
            keys: people::keys(&mut dice, &tenants),
            connectors: tenants.iter().flat_map(|tenant| connectors(&mut dice, tenant.id)).collect(),
            accesses: Vec::new(),
            shares: Vec::new(),
            opt_outs: Vec::new(),
            routers: Vec::new(),
            bindings: Vec::new(),
            profiles: Vec::new(),
            overlays: Vec::new(),
            instruments: Vec::new(),
            payments: Vec::new(),
            attempts: Vec::new(),
            totals: Vec::new(),
            tenants,
            containers,
        };
        world.share(&mut dice);
        world.route(&mut dice);
        people::settle(&mut dice, &mut world);
        world
    }

    /// The scope of a tenant's live requests.
    pub(crate) fn live(&self, tenant: usize) -> Scope {
        scope(self.tenants[tenant].id, Environment::Live)
    }

    /// Every viewer there is.
    pub(crate) fn scopes(&self) -> Vec<Scope> {
        let both = |tenant: &Tenant| {
            Environment::ALL.iter().map(|environment| scope(tenant.id, *environment)).collect::<Vec<_>>()
        };
        self.tenants.iter().flat_map(both).collect()
    }

    /// The first container is shared in every way; the last belongs to a grantee and is read by the owner.
    fn share(&mut self, dice: &mut Dice) {
        let (read, never) = (Permission::ReadProfile, Timestamp::NEVER);
        let rows = [
            (0, OWNER, None, Permissions::of_owner(), never),
            (0, GRANTEE, Some(1), [read, Permission::UseInstrument].into_iter().collect(), never),
            (0, GRANTEE, Some(2), [Permission::ReadPii].into_iter().collect(), at(1)),
            (0, GRANTEE, Some(3), [Permission::DeleteProfile].into_iter().collect(), at(0)),
            (0, EXPIRED, Some(4), [read].into_iter().collect(), at(0)),
            (0, NOT_READING, Some(5), [Permission::StoreInstrument].into_iter().collect(), never),
            (1, OWNER, None, Permissions::of_owner(), never),
            (1, GRANTEE, Some(6), [read].into_iter().collect(), never),
            (3, GRANTEE, None, Permissions::of_owner(), never),
            (3, OWNER, Some(7), [read, Permission::ReadHistory].into_iter().collect(), never),
        ];
        for (container, tenant, share, permissions, expires_at) in rows {
            let tenant_id = self.tenants[tenant].id;
            let container_id = self.containers[container].id;
            let share_id = share.map(|_: i32| dice.id());
            self.accesses.push((container_id, Access { tenant_id, share_id, permissions, expires_at }));
        }
        for container in &self.containers {
            for tenant in [GRANTEE, EXPIRED, NOT_READING, OWNER] {
                if self.tenants[tenant].id != container.owner_tenant_id {
                    self.shares.push(share(dice, container.id, self.tenants[tenant].id));
                }
            }
        }
        for (container_id, tenant) in [(None, OWNER), (Some(0), OWNER), (Some(1), OWNER), (Some(0), GRANTEE)]
        {
            self.opt_outs.push(OptOut {
                id: dice.id(),
                tenant_id: self.tenants[tenant].id,
                environment: container_id
                    .map_or(Environment::Live, |index: usize| self.containers[index].environment),
                reach: dice.pick(OptOutReach::ALL),
                container_id: container_id.map(|index: usize| self.containers[index].id),
                reason: dice.some("why not".to_owned()),
                created_at: dice.instant(),
            });
        }
    }

    fn route(&mut self, dice: &mut Dice) {
        for tenant in &self.tenants {
            for environment in Environment::ALL {
                let is_own = |connector: &&Connector| {
                    connector.tenant_id == tenant.id && connector.environment == *environment
                };
                let connectors: Vec<_> =
                    self.connectors.iter().filter(is_own).map(|connector| connector.id).collect();
                let here = self.containers.iter().find(|container| container.environment == *environment);
                let container_id = here.expect("a container of each environment").id;
                for connector_id in connectors.iter().take(2).copied().map(Some).chain([None]) {
                    self.bindings.push(Binding {
                        id: dice.id(),
                        tenant_id: tenant.id,
                        environment: *environment,
                        connector_id,
                        container_id,
                        created_at: dice.instant(),
                    });
                }
                self.routers.push(Router {
                    id: dice.id(),
                    tenant_id: tenant.id,
                    environment: *environment,
                    name: "all".to_owned(),
                    connector_ids: connectors,
                    created_at: dice.instant(),
                    updated_at: dice.instant(),
                    version: 3,
                });
            }
        }
    }
}

/// A root with four children, one of which has a child, and another root.
fn tenants(dice: &mut Dice) -> Vec<Tenant> {
    let above = [None, Some(0), Some(0), Some(1), Some(0), None];
    let mut tenants: Vec<Tenant> = Vec::new();
    for (index, above) in above.into_iter().enumerate() {
        let id = dice.id();
        let parent: Option<&Tenant> = above.map(|above: usize| &tenants[above]);
        tenants.push(Tenant {
            id,
            parent_id: parent.map(|parent| parent.id),
            root_id: parent.map_or(id, |parent| parent.root_id),
            path: parent.map_or_else(|| Path::root(id), |parent| parent.path.child(id)),
            slug: format!("tenant-{index}"),
            name: format!("Tenant {index}"),
            status: TenantStatus::Active,
            features: Features::all(),
            default_currency: "EUR".parse().expect("EUR"),
            created_at: dice.instant(),
            updated_at: dice.instant(),
            version: 1,
        });
    }
    tenants
}

/// Live and shared, sandbox, live and disabled, and live of a grantee.
fn containers(dice: &mut Dice, tenants: &[Tenant]) -> Vec<Container> {
    let kinds = [
        (OWNER, Environment::Live, ContainerStatus::Active),
        (OWNER, Environment::Sandbox, ContainerStatus::Active),
        (OWNER, Environment::Live, ContainerStatus::Disabled),
        (GRANTEE, Environment::Live, ContainerStatus::Active),
    ];
    let container =
        |(index, (owner, environment, status)): (usize, (usize, Environment, ContainerStatus))| Container {
            id: dice.id(),
            owner_tenant_id: tenants[owner].id,
            environment,
            name: format!("container {index}"),
            description: dice.some("for tests".to_owned()),
            status,
            created_at: dice.instant(),
            updated_at: dice.instant(),
            version: 2,
        };
    kinds.into_iter().enumerate().map(container).collect()
}

fn share(dice: &mut Dice, container_id: ContainerId, grantee_tenant_id: TenantId) -> Share {
    Share {
        id: dice.id(),
        container_id,
        grantee_tenant_id,
        include_descendants: dice.one_in(2),
        permissions: Permissions::from_bits(i64::try_from(dice.below(128)).expect("small")),
        status: dice.pick(ShareStatus::ALL),
        granted_by: "operator".to_owned(),
        expires_at: dice.pick(&[Timestamp::NEVER, at(0)]),
        created_at: dice.instant(),
        updated_at: dice.instant(),
    }
}

fn connectors(dice: &mut Dice, tenant_id: TenantId) -> Vec<Connector> {
    let connector = |(index, environment): (usize, Environment)| Connector {
        id: dice.id(),
        tenant_id,
        environment,
        plugin_id: "sandbox".to_owned(),
        processor: "simulator".to_owned(),
        name: format!("connector {index}"),
        status: dice.pick(ConnectorStatus::ALL),
        settings: serde_json::json!({"region": "eu", "level": index}),
        ignores_tenant_default: dice.one_in(2),
        created_at: dice.instant(),
        updated_at: dice.instant(),
        version: 1,
    };
    (0..6).map(|index| (index, Environment::ALL[index % 2])).map(connector).collect()
}
