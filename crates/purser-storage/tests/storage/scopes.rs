//! What the scope does not reach is neither seen nor changed, by any function.

use purser_domain::container::{ContainerStatus, Permission, Permissions};
use purser_domain::instrument::{Instrument, InstrumentStatus};
use purser_domain::payment::{Amounts, Payment, PaymentStatus};
use purser_domain::profile::Profile;
use purser_domain::{Environment, Scope};
use purser_storage::{
    Error, ProfileKey, Write, connectors, containers, instruments, keys, payments, profiles, tenants,
};
use purser_types::Timestamp;

use crate::database::on_each_engine;
use crate::world::{NOW, World, eur, operator, partner_permissions, rebuild, scope, scope_in};

fn refused<T: std::fmt::Debug>(result: Result<T, Error>) {
    let error = result.expect_err("refused");
    assert!(matches!(error, Error::OutOfScope { .. }), "{error:?}");
}

/// What the partner has in the shared container.
struct Things {
    profile: Profile,
    instrument: Instrument,
    payment: Payment,
}

async fn things(world: &World) -> Things {
    let profile = world.stored_profile(&world.partner).await;
    let instrument = world.stored_instrument(&world.partner, &profile).await;
    let amounts = Amounts { authorized: 100, captured: 50, ..Amounts::requested(eur(100)) };
    let payment = world.payment_of(&world.partner, "t-1", eur(100));
    let payment = Payment { amounts, status: PaymentStatus::PartiallyCaptured, ..payment };
    let attempt = world.attempt_of(&payment, 1, "AUTHORIZE");
    world.stored_payment(&payment, &attempt, &world.partner).await;
    Things { profile, instrument, payment }
}

/// Calls every function about profiles and instruments that is given a scope; none reaches anything.
async fn reaches_no_profile(world: &World, scope: &Scope, things: &Things) {
    let before = world.database.dump().await;
    let Things { profile, instrument, .. } = things;
    let write = world.begin().await;
    for key in [
        ProfileKey::Id(profile.id),
        ProfileKey::Guid(profile.guid.clone()),
        ProfileKey::CustomerIdentification { container_id: profile.container_id, value: String::new() },
        ProfileKey::ExternalId(String::new()),
    ] {
        assert_eq!(profiles::find(&write, scope, &key).await.expect("an answer"), None, "{key:?}");
    }
    assert_eq!(profiles::find_proven(&write, scope, profile.id).await.expect("an answer"), None);
    reaches_no_core(&write, scope, things).await;
    let found = instruments::by_payment_token(&write, scope, &instrument.payment_token).await;
    assert_eq!(found.expect("an answer"), None);
    instruments::touch(&write, scope, instrument.id, NOW).await.expect("nothing touched");
    write.commit().await.expect("a commit");
    assert_eq!(world.database.dump().await, before);
}

/// What needs more than a capability: a link, or a permission to change.
async fn reaches_no_core(write: &Write, scope: &Scope, things: &Things) {
    let Things { profile, instrument, .. } = things;
    let key = ProfileKey::Id(profile.id);
    assert_eq!(profiles::find(write, scope, &key).await.expect("an answer"), None);
    assert!(!profiles::update(write, scope, profile, 1).await.expect("an answer"));
    assert!(!profiles::set_preferred(write, scope, profile.id, None).await.expect("an answer"));
    assert!(!profiles::unlink(write, scope, profile.id).await.expect("an answer"));
    assert!(!profiles::delete(write, scope, profile.id).await.expect("an answer"));
    profiles::lock(write, scope, profile.id).await.expect("nothing locked");
    let counts = profiles::deletion_counts(write, scope, profile.id).await.expect("an answer");
    assert_eq!((counts.instruments, counts.own_payments), (0, 0));

    let id = instrument.id;
    assert_eq!(instruments::find(write, scope, id).await.expect("an answer"), None);
    let own = Instrument { stored_by_tenant_id: scope.tenant(), ..instrument.clone() };
    refused(instruments::insert(write, scope, &own, b"stolen", None).await);
    let status = InstrumentStatus::Revoked;
    assert!(!instruments::set_status(write, scope, id, status).await.expect("an answer"));
    let (origin, details) = (&instrument.origin, &instrument.details);
    refused(instruments::replace_token(write, scope, id, origin, b"stolen", details).await);
    assert!(!instruments::delete(write, scope, id).await.expect("an answer"));
    let found = instruments::by_fingerprint(write, scope, profile.id, "sandbox", "sandbox", &[1; 32]).await;
    assert_eq!(found.expect("an answer"), None);
}

#[tokio::test]
async fn a_stranger_reaches_no_profile_and_no_instrument() {
    on_each_engine(async |world: &World| {
        let things = things(world).await;
        let stranger = scope(&world.stranger);

        reaches_no_profile(world, &stranger, &things).await;

        let write = world.begin().await;
        let profile = world.profile_in(&world.customers, &world.stranger);
        refused(profiles::insert(&write, &stranger, &profile).await);
        let overlay = world.overlay_of(&world.stranger, &things.profile);
        refused(profiles::put_overlay(&write, &stranger, &overlay, NOW).await);
        assert!(!profiles::link(&write, &stranger, &overlay, NOW).await.expect("an answer"));
        refused(instruments::insert(&write, &stranger, &things.instrument, b"stolen", None).await);
    })
    .await;
}

#[tokio::test]
async fn a_grant_reaches_only_its_environment_and_only_until_it_ends() {
    on_each_engine(async |world: &World| {
        let things = things(world).await;
        let end = Timestamp::from_unix_micros(NOW.unix_micros() + 10);
        let write = world.begin().await;
        let mut share = world.share_of(&world.customers, &world.partner, partner_permissions());
        share.expires_at = end;
        containers::put_share(&write, &scope(&world.owner), &share).await.expect("a share");
        rebuild(&write, world.customers.id).await;
        write.commit().await.expect("a commit");
        let key = ProfileKey::Id(things.profile.id);
        let seen = profiles::find(world.store(), &scope(&world.partner), &key).await.expect("an answer");
        assert!(seen.is_some());

        let live = scope_in(&world.partner, Environment::Live, NOW);
        let found = instruments::find(world.store(), &live, things.instrument.id).await.expect("an answer");
        assert_eq!(found, None);
        reaches_no_profile(world, &live, &things).await;
        assert_eq!(containers::find(world.store(), &live, world.customers.id).await.expect("none"), None);
        assert_eq!(payments::find(world.store(), &live, things.payment.id).await.expect("none"), None);

        // Its own link is its own to drop, with or without a grant; the rest is out of reach.
        let ended = scope_in(&world.partner, Environment::Sandbox, end);
        let container = containers::find(world.store(), &ended, world.customers.id).await;
        assert_eq!(container.expect("an answer"), None);
        for found in [
            profiles::find(world.store(), &ended, &key).await,
            profiles::find_proven(world.store(), &ended, things.profile.id).await,
        ] {
            assert_eq!(found.expect("an answer"), None);
        }
        let token = &things.instrument.payment_token;
        let found = instruments::by_payment_token(world.store(), &ended, token).await.expect("an answer");
        assert_eq!(found, None);
        let before = world.database.dump().await;
        let write = world.begin().await;
        assert!(!profiles::update(&write, &ended, &things.profile, 1).await.expect("an answer"));
        assert!(!instruments::delete(&write, &ended, things.instrument.id).await.expect("an answer"));
        write.commit().await.expect("a commit");
        assert_eq!(world.database.dump().await, before);
    })
    .await;
}

#[tokio::test]
async fn a_grantee_without_a_link_has_only_what_a_capability_gives() {
    on_each_engine(async |world: &World| {
        let things = things(world).await;
        let shop = world.child_of(&world.market, "shop");
        let write = world.begin().await;
        tenants::insert(&write, &operator(), &shop).await.expect("a tenant");
        let share = world.share_of(&world.customers, &shop, Permissions::all());
        containers::put_share(&write, &scope(&world.owner), &share).await.expect("a share");
        rebuild(&write, world.customers.id).await;
        write.commit().await.expect("a commit");
        let shop_scope = scope(&shop);

        let before = world.database.dump().await;
        let write = world.begin().await;
        reaches_no_core(&write, &shop_scope, &things).await;
        write.commit().await.expect("a commit");
        assert_eq!(world.database.dump().await, before);

        let write = world.begin().await;
        let guid = ProfileKey::Guid(things.profile.guid.clone());
        let view = profiles::find(&write, &shop_scope, &guid).await.expect("an answer").expect("a profile");
        assert_eq!((view.profile.id, view.overlay), (things.profile.id, None));
        let token = &things.instrument.payment_token;
        let found = instruments::by_payment_token(&write, &shop_scope, token).await.expect("an answer");
        assert_eq!(found.map(|(view, _)| view.instrument.id), Some(things.instrument.id));
        let overlay = world.overlay_of(&shop, &things.profile);
        assert!(profiles::link(&write, &shop_scope, &overlay, NOW).await.expect("linked"));
        assert!(!profiles::link(&write, &shop_scope, &overlay, NOW).await.expect("linked before"));
        assert!(instruments::find(&write, &shop_scope, things.instrument.id).await.expect("one").is_some());
        assert!(profiles::delete(&write, &shop_scope, things.profile.id).await.expect("may delete"));
    })
    .await;
}

#[tokio::test]
async fn each_permission_is_needed_for_its_change() {
    on_each_engine(async |world: &World| {
        let things = things(world).await;
        let reading: Permissions = [Permission::ReadProfile].into_iter().collect();
        let write = world.begin().await;
        let share = world.share_of(&world.customers, &world.partner, reading);
        containers::put_share(&write, &scope(&world.owner), &share).await.expect("a share");
        rebuild(&write, world.customers.id).await;
        write.commit().await.expect("a commit");
        let partner = scope(&world.partner);

        let before = world.database.dump().await;
        let write = world.begin().await;
        let key = ProfileKey::Id(things.profile.id);
        assert!(profiles::find(&write, &partner, &key).await.expect("an answer").is_some());
        assert!(!profiles::update(&write, &partner, &things.profile, 1).await.expect("an answer"));
        assert!(!profiles::delete(&write, &partner, things.profile.id).await.expect("an answer"));
        assert!(!profiles::set_preferred(&write, &partner, things.profile.id, None).await.expect("so"));
        let profile = world.profile_in(&world.customers, &world.partner);
        refused(profiles::insert(&write, &partner, &profile).await);
        let instrument = world.instrument_of(&world.partner, &things.profile);
        refused(instruments::insert(&write, &partner, &instrument, b"", None).await);
        write.commit().await.expect("a commit");
        assert_eq!(world.database.dump().await, before);
    })
    .await;
}

#[tokio::test]
async fn a_merchants_own_instrument_is_hidden_from_others_and_kept_from_their_changes() {
    on_each_engine(async |world: &World| {
        let things = things(world).await;
        world.database.tamper("UPDATE instrument SET shareable = 'MERCHANT_ONLY'").await;
        let owner = scope(&world.owner);

        let before = world.database.dump().await;
        let write = world.begin().await;
        let id = things.instrument.id;
        assert_eq!(instruments::find(&write, &owner, id).await.expect("an answer"), None);
        let token = &things.instrument.payment_token;
        let found = instruments::by_payment_token(&write, &owner, token).await.expect("an answer");
        assert_eq!(found, None);
        assert!(!instruments::delete(&write, &owner, id).await.expect("an answer"));
        let status = InstrumentStatus::Revoked;
        assert!(!instruments::set_status(&write, &owner, id, status).await.expect("an answer"));
        assert!(!profiles::set_preferred(&write, &owner, things.profile.id, Some(id)).await.expect("so"));
        let counts = profiles::deletion_counts(&write, &owner, things.profile.id).await.expect("counts");
        assert_eq!((counts.instruments, counts.own_payments), (0, 0));
        write.commit().await.expect("a commit");
        assert_eq!(world.database.dump().await, before);

        assert!(instruments::find(world.store(), &scope(&world.partner), id).await.expect("one").is_some());
    })
    .await;
}

#[tokio::test]
async fn a_read_only_container_is_read_and_not_changed() {
    on_each_engine(async |world: &World| {
        let things = things(world).await;
        let owner = scope(&world.owner);
        let mut container = world.customers.clone();
        container.status = ContainerStatus::ReadOnly;
        let write = world.begin().await;
        assert!(containers::update(&write, &owner, &container, 1).await.expect("changed"));
        rebuild(&write, container.id).await;
        write.commit().await.expect("a commit");

        let before = world.database.dump().await;
        for scope in [owner, scope(&world.partner)] {
            let write = world.begin().await;
            let found = instruments::find(&write, &scope, things.instrument.id).await.expect("an answer");
            assert!(found.is_some());
            assert!(!profiles::update(&write, &scope, &things.profile, 1).await.expect("an answer"));
            assert!(!profiles::delete(&write, &scope, things.profile.id).await.expect("an answer"));
            assert!(!instruments::delete(&write, &scope, things.instrument.id).await.expect("an answer"));
            write.commit().await.expect("a commit");
        }
        assert_eq!(world.database.dump().await, before);
    })
    .await;
}

#[tokio::test]
async fn only_the_owner_reaches_the_management_of_a_container() {
    on_each_engine(async |world: &World| {
        let container = &world.customers;
        let share = world.share_of(container, &world.partner, Permissions::all());
        let write = world.begin().await;
        let share = containers::put_share(&write, &scope(&world.owner), &share).await.expect("stored");
        let opt_out = world.opt_out_of(&world.owner, None);
        containers::insert_opt_out(&write, &scope(&world.owner), &opt_out).await.expect("stored");
        let default = world.binding_of(&world.owner, None, container);
        containers::put_binding(&write, &scope(&world.owner), &default).await.expect("bound");
        write.commit().await.expect("a commit");

        let before = world.database.dump().await;
        for tenant in [&world.partner, &world.market, &world.stranger] {
            let scope = scope(tenant);
            let write = world.begin().await;
            refused(containers::insert(&write, &scope, &world.container_of(&world.owner, "new")).await);
            assert!(!containers::update(&write, &scope, container, 1).await.expect("an answer"));
            assert_eq!(containers::find_owned(&write, &scope, container.id).await.expect("none"), None);
            refused(containers::put_share(&write, &scope, &share).await);
            assert_eq!(containers::find_share(&write, &scope, share.id).await.expect("none"), None);
            assert!(!containers::revoke_share(&write, &scope, share.id, NOW).await.expect("an answer"));
            refused(containers::insert_opt_out(&write, &scope, &opt_out).await);
            assert_eq!(containers::delete_opt_out(&write, &scope, opt_out.id).await.expect("none"), None);
            refused(containers::put_binding(&write, &scope, &default).await);
            assert!(!containers::delete_binding(&write, &scope, None).await.expect("an answer"));
            assert_eq!(containers::bindings(&write, &scope, None).await.expect("none"), []);
            write.commit().await.expect("a commit");
        }
        let write = world.begin().await;
        for tenant in [&world.market, &world.stranger] {
            let scope = scope(tenant);
            assert_eq!(containers::find(&write, &scope, container.id).await.expect("none"), None);
            assert!(containers::grant(&write, &scope, container.id).await.expect("none").is_none());
            refused(
                containers::put_binding(&write, &scope, &world.binding_of(tenant, None, container)).await,
            );
        }
        let elsewhere = world.opt_out_of(&world.stranger, Some(container.id));
        refused(containers::insert_opt_out(&write, &scope(&world.stranger), &elsewhere).await);
        write.commit().await.expect("a commit");
        assert_eq!(world.database.dump().await, before);
    })
    .await;
}

#[tokio::test]
async fn nobody_else_reaches_connectors_and_routers() {
    on_each_engine(async |world: &World| {
        let connector = world.stored_connector(&world.partner, "main").await;
        let router = world.router_of(&world.partner, "all", vec![connector.id]);
        let write = world.begin().await;
        connectors::insert_router(&write, &scope(&world.partner), &router).await.expect("stored");
        write.commit().await.expect("a commit");

        let before = world.database.dump().await;
        let live = scope_in(&world.partner, Environment::Live, NOW);
        for scope in [scope(&world.owner), scope(&world.market), scope(&world.stranger), live] {
            let write = world.begin().await;
            assert_eq!(connectors::find(&write, &scope, connector.id).await.expect("none"), None);
            let many = connectors::find_many(&write, &scope, &[connector.id]).await.expect("none");
            assert_eq!(many, []);
            refused(connectors::insert(&write, &scope, &connector, b"").await);
            assert!(!connectors::update(&write, &scope, &connector, Some(b"x"), 1).await.expect("so"));
            assert_eq!(connectors::find_router(&write, &scope, router.id).await.expect("none"), None);
            refused(connectors::insert_router(&write, &scope, &router).await);
            assert!(!connectors::update_router(&write, &scope, &router, 1).await.expect("an answer"));
            write.commit().await.expect("a commit");
        }
        let write = world.begin().await;
        let binding = world.binding_of(&world.owner, Some(connector.id), &world.customers);
        refused(containers::put_binding(&write, &scope(&world.owner), &binding).await);
        write.commit().await.expect("a commit");
        assert_eq!(world.database.dump().await, before);
    })
    .await;
}

#[tokio::test]
async fn tenants_and_keys_are_reached_from_above_only() {
    on_each_engine(async |world: &World| {
        let key = world.key_of(&world.owner);
        let write = world.begin().await;
        keys::insert_system(&write, &operator(), &key, &[1; 32]).await.expect("stored");
        write.commit().await.expect("a commit");

        let before = world.database.dump().await;
        for tenant in [&world.partner, &world.stranger] {
            let scope = scope(tenant);
            let write = world.begin().await;
            let id = world.owner.id;
            assert_eq!(tenants::find_full(&write, &scope, id).await.expect("none"), None);
            assert_eq!(tenants::find_by_slug_full(&write, &scope, "owner").await.expect("none"), None);
            assert!(!tenants::update(&write, &scope, &world.owner, 1).await.expect("an answer"));
            let child = world.child_of(&world.owner, "shop");
            assert!(!tenants::insert_child(&write, &scope, &child).await.expect("an answer"));
            assert!(!keys::insert(&write, &scope, &world.key_of(&world.owner), &[2; 32]).await.expect("so"));
            assert_eq!(keys::find(&write, &scope, key.id).await.expect("none"), None);
            assert_eq!(keys::revoke(&write, &scope, key.id).await.expect("none"), None);
            write.commit().await.expect("a commit");
        }
        let write = world.begin().await;
        let mut forged = world.child_of(&world.owner, "shop");
        forged.path = world.partner.path.child(forged.id);
        let market = scope(&world.market);
        assert!(!tenants::insert_child(&write, &market, &forged).await.expect("another's path"));
        write.commit().await.expect("a commit");
        assert_eq!(world.database.dump().await, before);
    })
    .await;
}

#[tokio::test]
async fn a_tenant_knows_the_names_of_those_it_shares_with() {
    on_each_engine(async |world: &World| {
        let view = async |viewer, id| {
            let found = tenants::find(world.store(), &scope(viewer), id).await.expect("an answer");
            found.map(|view| view.is_full)
        };

        assert_eq!(view(&world.market, world.partner.id).await, Some(true));
        assert_eq!(view(&world.partner, world.partner.id).await, Some(true));
        assert_eq!(view(&world.partner, world.owner.id).await, Some(false));
        assert_eq!(view(&world.owner, world.partner.id).await, Some(false));
        assert_eq!(view(&world.partner, world.market.id).await, Some(false));
        assert_eq!(view(&world.stranger, world.partner.id).await, None);
        assert_eq!(view(&world.partner, world.stranger.id).await, None);
        let partner = scope(&world.partner);
        let same = tenants::in_same_tree(world.store(), &partner, world.owner.id).await.expect("one");
        assert_eq!(same.as_ref(), Some(&world.owner));
        let other = tenants::in_same_tree(world.store(), &partner, world.stranger.id).await.expect("none");
        assert_eq!(other, None);
    })
    .await;
}
