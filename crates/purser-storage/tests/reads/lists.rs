//! The small lists: tenants, keys, containers and their sharing, connectors and routers.

use purser_domain::Environment;
use purser_storage::read;
use purser_types::page::Direction;

use crate::database::databases;
use crate::pages::{first, walk};
use crate::rule::cut;
use crate::world::World;

/// Walks a list from both ends and compares what was met with the items that the rule admits.
macro_rules! check {
    ($name:literal, $expected:expr, $read:expr, $key:expr) => {
        for direction in [Direction::Forward, Direction::Backward] {
            let read = async |page| $read(page).await.expect("a page");
            let walked = walk(2, direction, read, $key).await;
            let expected = cut($expected.collect::<Vec<_>>(), &first(100), $key).items;
            assert_eq!(walked, expected, "{} {direction:?}", $name);
        }
    };
}

#[tokio::test]
async fn walks_over_tenants_and_keys_stay_below_the_viewer() {
    let world = World::new();
    for database in databases(&world).await {
        for scope in world.scopes() {
            for above in &world.tenants {
                let is_full = world.tenant_view(&scope, above.id).is_some_and(|view| view.is_full);
                let children = world.tenants.iter().filter(|one| is_full && one.parent_id == Some(above.id));
                let of_tenant = |key: &&purser_domain::tenant::ApiKey| {
                    is_full && key.tenant_id == above.id && key.environment == scope.environment()
                };
                check!(
                    "tenants",
                    children.clone().cloned(),
                    |page| read::tenants_below(&database.store, &scope, above.id, page),
                    |one| (one.created_at, one.id.uuid())
                );
                check!(
                    "keys",
                    world.keys.iter().filter(of_tenant).cloned(),
                    |page| read::keys(&database.store, &scope, above.id, page),
                    |one| (one.created_at, one.id.uuid())
                );
            }
        }
    }
}

#[tokio::test]
async fn walks_over_containers_and_shares_show_what_is_owned_or_granted() {
    let world = World::new();
    for database in databases(&world).await {
        for scope in world.scopes() {
            let containers = world.containers.iter().map(|one| one.id);
            check!(
                "containers",
                containers.clone().filter_map(|id| world.container_view(&scope, id)),
                |page| read::containers(&database.store, &scope, page),
                |one| (one.container.created_at, one.container.id.uuid())
            );
            for container in world.containers.iter() {
                let is_here = container.environment == scope.environment();
                let shown = world.shares.iter().filter(|share| {
                    let is_party =
                        [container.owner_tenant_id, share.grantee_tenant_id].contains(&scope.tenant());
                    is_here && share.container_id == container.id && is_party
                });
                check!(
                    "shares",
                    shown.clone().cloned(),
                    |page| read::shares(&database.store, &scope, container.id, page),
                    |one| (one.created_at, one.id.uuid())
                );
            }
        }
    }
}

#[tokio::test]
async fn walks_over_opt_outs_bindings_connectors_and_routers_show_ones_own() {
    let world = World::new();
    for database in databases(&world).await {
        for scope in world.scopes() {
            let is_own = |tenant_id, environment: Environment| {
                (tenant_id, environment) == (scope.tenant(), scope.environment())
            };
            let opt_outs = world.opt_outs.iter().filter(|one| is_own(one.tenant_id, one.environment));
            check!(
                "opt-outs",
                opt_outs.clone().cloned(),
                |page| read::opt_outs(&database.store, &scope, page),
                |one| (one.created_at, one.id.uuid())
            );
            let bindings = world.bindings.iter().filter(|one| is_own(one.tenant_id, one.environment));
            check!(
                "bindings",
                bindings.clone().cloned(),
                |page| read::bindings(&database.store, &scope, page),
                |one| (one.created_at, one.id.uuid())
            );
            let connectors = world.connectors.iter().filter(|one| is_own(one.tenant_id, one.environment));
            check!(
                "connectors",
                connectors.clone().cloned(),
                |page| read::connectors(&database.store, &scope, page),
                |one| (one.created_at, one.id.uuid())
            );
            let routers = world.routers.iter().filter(|one| is_own(one.tenant_id, one.environment));
            check!(
                "routers",
                routers.clone().cloned(),
                |page| read::routers(&database.store, &scope, page),
                |one| (one.created_at, one.id.uuid())
            );
        }
    }
}
