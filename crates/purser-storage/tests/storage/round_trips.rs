//! What is stored comes back as it was, from every table.

use purser_domain::container::{Permission, Permissions};
use purser_domain::instrument::InstrumentStatus;
use purser_domain::profile::{Gender, Person, ProfileKind};
use purser_storage::payments::TotalDelta;
use purser_storage::{
    Engine, ProfileKey, connectors, containers, instruments, keys, payments, profiles, tenants,
};
use purser_types::Timestamp;
use serde_json::json;

use crate::database::on_each_engine;
use crate::world::{NOW, World, currency, eur, operator, partner_permissions, rebuild, scope};

const LATER: Timestamp = Timestamp::from_unix_micros(NOW.unix_micros() + 1);

#[tokio::test]
async fn tenants_come_back() {
    on_each_engine(async |world: &World| {
        let mut shop = world.child_of(&world.owner, "shop");
        let write = world.begin().await;
        assert!(tenants::insert_child(&write, &scope(&world.market), &shop).await.expect("stored"));
        write.commit().await.expect("a commit");
        let store = world.store();

        let found = tenants::find(store, &scope(&world.owner), shop.id).await.expect("an answer");
        let found = found.expect("a tenant");
        assert_eq!((found.tenant, found.is_full), (shop.clone(), true));
        let by_slug = tenants::find_by_slug_full(store, &scope(&world.market), "shop").await;
        assert_eq!(by_slug.expect("an answer"), Some(shop.clone()));
        assert_eq!(tenants::by_slug(store, &operator(), "shop").await.expect("one"), Some(shop.clone()));
        assert_eq!(tenants::all(store, &operator()).await.expect("all").len(), 5);

        shop.name = "The new shop".to_owned();
        shop.updated_at = LATER;
        let write = world.begin().await;
        let market = scope(&world.market);
        assert!(tenants::update(&write, &market, &shop, 1).await.expect("changed"));
        assert!(!tenants::update(&write, &market, &shop, 1).await.expect("refused"));
        write.commit().await.expect("a commit");
        shop.version = 2;
        assert_eq!(tenants::by_id(store, &operator(), shop.id).await.expect("one"), Some(shop));
    })
    .await;
}

#[tokio::test]
async fn keys_come_back_by_their_hash_and_stay_revoked() {
    on_each_engine(async |world: &World| {
        let key = world.key_of(&world.owner);
        let write = world.begin().await;
        assert!(keys::insert(&write, &scope(&world.market), &key, &[7; 32]).await.expect("stored"));
        write.commit().await.expect("a commit");

        let before = world.store().statements();
        let found = keys::by_hash(world.store(), &operator(), &[7; 32]).await.expect("an answer");
        assert_eq!(world.store().statements() - before, 1);
        assert_eq!(found, Some((key.clone(), world.owner.clone())));
        assert_eq!(keys::by_hash(world.store(), &operator(), &[8; 32]).await.expect("none"), None);

        let write = world.begin().await;
        let revoked = keys::revoke(&write, &scope(&world.owner), key.id).await.expect("revoked");
        assert_eq!(revoked.and_then(|key| key.revoked_at), Some(NOW));
        write.commit().await.expect("a commit");
        let found = keys::find(world.store(), &scope(&world.owner), key.id).await.expect("an answer");
        assert_eq!(found.and_then(|key| key.revoked_at), Some(NOW));
        let listed = keys::list_system(world.store(), &operator(), Some(world.owner.id)).await;
        assert_eq!(listed.expect("a list").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn containers_come_back_with_all_grants_of_the_viewer_together() {
    on_each_engine(async |world: &World| {
        let owner = scope(&world.owner);
        let partner = scope(&world.partner);
        let id = world.customers.id;

        let seen = containers::find(world.store(), &partner, id).await.expect("an answer");
        let seen = seen.expect("a container");
        assert_eq!(seen.container, world.customers);
        assert_eq!((seen.grant.permissions, seen.grant.is_owner), (partner_permissions(), false));
        let use_it: Permissions = [Permission::UseInstrument].into_iter().collect();
        let write = world.begin().await;
        let share = world.share_of(&world.customers, &world.owner, use_it);
        containers::put_share(&write, &owner, &share).await.expect("a share with itself");
        rebuild(&write, id).await;
        write.commit().await.expect("a commit");
        let (_, grant) =
            containers::grant(world.store(), &owner, id).await.expect("an answer").expect("a grant");
        assert_eq!((grant.permissions, grant.is_owner), (Permissions::all(), true));

        let mut changed = world.customers.clone();
        changed.description = Some("Everybody's".to_owned());
        let write = world.begin().await;
        assert!(containers::update(&write, &owner, &changed, 1).await.expect("changed"));
        assert!(!containers::update(&write, &owner, &changed, 1).await.expect("refused"));
        write.commit().await.expect("a commit");
        changed.version = 2;
        let found = containers::find_owned(world.store(), &owner, id).await.expect("an answer");
        assert_eq!(found, Some(changed));
    })
    .await;
}

#[tokio::test]
async fn a_share_that_is_put_again_keeps_its_id_and_is_in_force_again() {
    on_each_engine(async |world: &World| {
        let owner = scope(&world.owner);
        let shop = world.child_of(&world.partner, "shop");
        let write = world.begin().await;
        tenants::insert(&write, &operator(), &shop).await.expect("a tenant");
        let first = world.share_of(&world.customers, &shop, Permissions::all());
        assert_eq!(containers::put_share(&write, &owner, &first).await.expect("stored"), first);
        assert!(containers::revoke_share(&write, &owner, first.id, LATER).await.expect("revoked"));
        assert!(!containers::revoke_share(&write, &owner, first.id, LATER).await.expect("refused"));

        let second = world.share_of(&world.customers, &shop, partner_permissions());
        let stored = containers::put_share(&write, &owner, &second).await.expect("stored");
        assert_eq!((stored.id, stored.permissions), (first.id, partner_permissions()));
        let found = containers::find_share(&write, &owner, first.id).await.expect("an answer");
        assert_eq!(found, Some(stored));

        let reaching = containers::ids_touched_by_tenant(&write, &shop.path).await.expect("ids");
        assert_eq!(reaching, []);
        let everyone = world.share_of(&world.customers, &world.partner, Permissions::all());
        let everyone = purser_domain::container::Share { include_descendants: true, ..everyone };
        containers::put_share(&write, &owner, &everyone).await.expect("stored");
        let reaching = containers::ids_touched_by_tenant(&write, &shop.path).await.expect("ids");
        assert_eq!(reaching, [world.customers.id]);
        let ids = containers::ids_of_tree(&write, world.market.id).await.expect("ids");
        assert_eq!(ids, [world.customers.id]);
    })
    .await;
}

#[tokio::test]
async fn opt_outs_and_bindings_come_back() {
    on_each_engine(async |world: &World| {
        let partner = scope(&world.partner);
        let connector = world.stored_connector(&world.partner, "main").await;
        let own = world.binding_of(&world.partner, Some(connector.id), &world.customers);
        let default = world.binding_of(&world.partner, None, &world.customers);
        let opt_out = world.opt_out_of(&world.partner, Some(world.customers.id));
        let write = world.begin().await;
        for binding in [&own, &default] {
            containers::put_binding(&write, &partner, binding).await.expect("bound");
        }
        containers::insert_opt_out(&write, &partner, &opt_out).await.expect("stored");
        rebuild(&write, world.customers.id).await;
        write.commit().await.expect("a commit");

        let both = containers::bindings(world.store(), &partner, Some(connector.id)).await.expect("two");
        assert_eq!(both, [own, default.clone()]);
        let again = world.binding_of(&world.partner, None, &world.customers);
        let write = world.begin().await;
        let refused = containers::put_binding(&write, &partner, &again).await.expect_err("not visible");
        assert_eq!(refused.to_string(), "binding a container: the value is outside the scope of the request");
        assert_eq!(
            containers::delete_opt_out(&write, &partner, opt_out.id).await.expect("gone"),
            Some(opt_out)
        );
        rebuild(&write, world.customers.id).await;
        containers::put_binding(&write, &partner, &again).await.expect("replaced");
        assert_eq!(containers::bindings(&write, &partner, None).await.expect("one"), [again]);
        assert!(containers::delete_binding(&write, &partner, None).await.expect("gone"));
        assert!(!containers::delete_binding(&write, &partner, None).await.expect("none left"));
    })
    .await;
}

#[tokio::test]
async fn connectors_and_routers_come_back() {
    on_each_engine(async |world: &World| {
        let partner = scope(&world.partner);
        let mut first = world.stored_connector(&world.partner, "first").await;
        let second = world.stored_connector(&world.partner, "second").await;
        let mut router = world.router_of(&world.partner, "all", vec![second.id, first.id]);
        let write = world.begin().await;
        connectors::insert_router(&write, &partner, &router).await.expect("stored");
        first.name = "renamed".to_owned();
        let changed = connectors::update(&write, &partner, &first, Some(b"resealed"), 1).await;
        assert!(changed.expect("changed"));
        assert!(!connectors::update(&write, &partner, &first, None, 1).await.expect("refused"));
        router.connector_ids.pop();
        assert!(connectors::update_router(&write, &partner, &router, 1).await.expect("changed"));
        write.commit().await.expect("a commit");
        (first.version, router.version) = (2, 2);

        let ids = [second.id, world.mint(), first.id];
        let found = connectors::find_many(world.store(), &partner, &ids).await.expect("two");
        let found: Vec<_> = found.into_iter().map(|it| (it.connector, it.sealed_credentials)).collect();
        assert_eq!(found, [(second, b"sealed".to_vec()), (first.clone(), b"resealed".to_vec())]);
        let one = connectors::find(world.store(), &partner, first.id).await.expect("an answer");
        assert_eq!(one.map(|one| one.connector), Some(first));
        let found = connectors::find_router(world.store(), &partner, router.id).await.expect("an answer");
        assert_eq!(found, Some(router));
        assert!(connectors::find_many(world.store(), &partner, &[]).await.expect("none").is_empty());
    })
    .await;
}

#[tokio::test]
async fn profiles_and_overlays_come_back_by_every_key() {
    on_each_engine(async |world: &World| {
        let partner = scope(&world.partner);
        let mut profile = world.profile_in(&world.customers, &world.partner);
        profile.customer_identification = Some("c-1".to_owned());
        profile.person = Person {
            kind: ProfileKind::Company,
            birth_date: Some("1970-01-02".parse().expect("a date")),
            gender: Some(Gender::X),
            email: Some(purser_domain::contact::Email::parse("a@example.org").expect("an address")),
            phone: Some(purser_domain::contact::Phone::parse("+14155552671").expect("a number")),
            locale: Some("de-DE".to_owned()),
            addresses: serde_json::from_value(json!([{"kind": "HOME", "isDefault": true, "city": "Köln"}]))
                .expect("addresses"),
            ..profile.person
        };
        let mut overlay = world.overlay_of(&world.partner, &profile);
        overlay.external_id = Some("e-1".to_owned());
        overlay.metadata.insert("tier".to_owned(), json!("gold"));
        overlay.tags = vec!["vip".to_owned()];
        let write = world.begin().await;
        profiles::insert(&write, &partner, &profile).await.expect("stored");
        profiles::put_overlay(&write, &partner, &overlay, NOW).await.expect("stored");
        write.commit().await.expect("a commit");

        for key in [
            ProfileKey::Id(profile.id),
            ProfileKey::Guid(profile.guid.clone()),
            ProfileKey::CustomerIdentification { container_id: world.customers.id, value: "c-1".to_owned() },
            ProfileKey::ExternalId("e-1".to_owned()),
        ] {
            let view = profiles::find(world.store(), &partner, &key).await.expect("an answer");
            let view = view.expect("a profile");
            assert_eq!((view.profile, view.overlay), (profile.clone(), Some(overlay.clone())));
            assert_eq!(view.container.grant.permissions, partner_permissions());
        }

        profile.person.name = None;
        overlay.is_favorite = true;
        let write = world.begin().await;
        assert!(profiles::update(&write, &partner, &profile, 1).await.expect("changed"));
        assert!(!profiles::update(&write, &partner, &profile, 1).await.expect("refused"));
        profiles::put_overlay(&write, &partner, &overlay, NOW).await.expect("changed");
        profile.version = 2;
        let view = profiles::find(&write, &partner, &ProfileKey::Id(profile.id)).await.expect("an answer");
        let view = view.expect("a profile");
        assert_eq!((view.profile, view.overlay), (profile.clone(), Some(overlay)));
        assert!(profiles::unlink(&write, &partner, profile.id).await.expect("unlinked"));
        let gone = profiles::find(&write, &partner, &ProfileKey::Id(profile.id)).await.expect("an answer");
        assert_eq!(gone, None);
    })
    .await;
}

#[tokio::test]
async fn instruments_come_back_with_their_sealed_token() {
    on_each_engine(async |world: &World| {
        let partner = scope(&world.partner);
        let profile = world.stored_profile(&world.partner).await;
        let mut instrument = world.instrument_of(&world.partner, &profile);
        let write = world.begin().await;
        let hash = [9; 32];
        instruments::insert(&write, &partner, &instrument, b"sealed", Some(&hash)).await.expect("stored");
        assert!(
            profiles::set_preferred(&write, &partner, profile.id, Some(instrument.id)).await.expect("so")
        );
        write.commit().await.expect("a commit");

        let view = instruments::find(world.store(), &partner, instrument.id).await.expect("an answer");
        let view = view.expect("an instrument");
        assert_eq!((&*view.instrument, view.is_preferred), (&instrument, true));
        assert_eq!((view.grant.permissions, view.grant.is_owner), (partner_permissions(), false));
        let token = instrument.payment_token.clone();
        let found = instruments::by_payment_token(world.store(), &scope(&world.owner), &token).await;
        let (view, sealed) = found.expect("an answer").expect("an instrument");
        assert_eq!((view.grant.is_owner, sealed), (true, b"sealed".to_vec()));

        let write = world.begin().await;
        instruments::touch(&write, &partner, instrument.id, LATER).await.expect("touched");
        let status = InstrumentStatus::Revoked;
        assert!(instruments::set_status(&write, &partner, instrument.id, status).await.expect("revoked"));
        instrument.last_used_at = Some(LATER);
        let known = instruments::by_fingerprint(&write, &partner, profile.id, "sandbox", "sandbox", &hash);
        let known = known.await.expect("an answer").expect("an instrument");
        assert_eq!(known, purser_domain::instrument::Instrument { status, ..instrument.clone() });
        let (origin, details) = (&instrument.origin, &instrument.details);
        let replaced = instruments::replace_token(&write, &partner, instrument.id, origin, b"new", details);
        replaced.await.expect("replaced");
        let found = instruments::by_payment_token(&write, &partner, &token).await.expect("an answer");
        let (view, sealed) = found.expect("an instrument");
        assert_eq!((&*view.instrument, sealed), (&instrument, b"new".to_vec()));

        assert!(instruments::delete(&write, &partner, instrument.id).await.expect("deleted"));
        let view = profiles::find(&write, &partner, &ProfileKey::Id(profile.id)).await.expect("an answer");
        let preferred = view.expect("a profile").profile.preferred_instrument_id;
        assert_eq!(preferred, None);
    })
    .await;
}

#[tokio::test]
async fn totals_add_up_and_keep_the_last_instant() {
    on_each_engine(async |world: &World| {
        let partner = scope(&world.partner);
        let profile = world.stored_profile(&world.partner).await;
        let delta = TotalDelta {
            profile_id: profile.id,
            currency: currency("EUR"),
            payment_count: 1,
            success_count: 1,
            captured: 500,
            refunded: 100,
            at: LATER,
        };
        let write = world.begin().await;
        payments::add_total(&write, &partner, &delta).await.expect("added");
        let refund = TotalDelta { payment_count: 0, success_count: 0, captured: 0, ..delta };
        payments::add_total(&write, &partner, &refund).await.expect("a refund alone");
        let void = TotalDelta { captured: -300, refunded: 0, at: NOW, ..delta };
        payments::add_total(&write, &partner, &void).await.expect("taken away");
        let gone = TotalDelta { profile_id: world.mint(), ..delta };
        payments::add_total(&write, &partner, &gone).await.expect("a profile that is gone is no error");
        write.commit().await.expect("a commit");

        let total = format!(
            "SELECT COUNT(*) AS it FROM profile_total WHERE payment_count = 2 AND success_count = 2 \
             AND captured = 200 AND refunded = 200 AND last_payment_at = {}",
            LATER.unix_micros()
        );
        assert_eq!(world.database.number(&total).await, 1);
        assert_eq!(world.database.number("SELECT COUNT(*) AS it FROM profile_total").await, 1);
    })
    .await;
}

/// Totals may begin in the middle of a payment's life; that money moved is recorded all the same.
#[tokio::test]
async fn totals_refuse_nothing() {
    on_each_engine(async |world: &World| {
        let partner = scope(&world.partner);
        let profile = world.stored_profile(&world.partner).await;
        let nothing = TotalDelta {
            profile_id: profile.id,
            currency: currency("EUR"),
            payment_count: 0,
            success_count: 0,
            captured: 0,
            refunded: 0,
            at: LATER,
        };
        let total = "SELECT captured || ' ' || refunded AS it FROM profile_total";
        for (captured, refunded, expected) in [
            (0, 100, "0 0"),
            (70, 100, "70 70"),
            (-90, 0, "0 0"),
            (i64::MAX, 5, "9223372036854775807 5"),
            (1, i64::MAX, "9223372036854775807 9223372036854775807"),
        ] {
            let write = world.begin().await;
            let delta = TotalDelta { captured, refunded, ..nothing };
            payments::add_total(&write, &partner, &delta).await.expect("added");
            write.commit().await.expect("a commit");
            assert_eq!(world.database.texts(total).await, [expected]);
        }
    })
    .await;
}

#[tokio::test]
async fn payments_outlive_their_profile_and_keep_its_id() {
    on_each_engine(async |world: &World| {
        let owner = scope(&world.owner);
        let profile = world.stored_profile(&world.partner).await;
        let instrument = world.stored_instrument(&world.partner, &profile).await;
        let mut payment = world.payment_of(&world.partner, "t-1", eur(999));
        payment.profile_id = Some(profile.id);
        payment.instrument_id = Some(instrument.id);
        let attempt = world.attempt_of(&payment, 1, "AUTHORIZE");
        world.stored_payment(&payment, &attempt, &world.partner).await;
        let partner = scope(&world.partner);
        let counts = profiles::deletion_counts(world.store(), &partner, profile.id).await.expect("counts");
        assert_eq!((counts.instruments, counts.own_payments), (1, 1));

        let write = world.begin().await;
        assert!(profiles::delete(&write, &owner, profile.id).await.expect("deleted"));
        write.commit().await.expect("a commit");

        let found = payments::find(world.store(), &partner, payment.id).await.expect("an answer");
        assert_eq!(found, Some(payment));
        let left = "SELECT (SELECT COUNT(*) FROM profile_link) + (SELECT COUNT(*) FROM instrument) AS it";
        assert_eq!(world.database.number(left).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_named() {
    on_each_engine(async |world: &World| {
        world.database.tamper("UPDATE tenant SET status = 'ODD' WHERE slug = 'partner'").await;

        let read = tenants::by_slug(world.store(), &operator(), "partner").await;

        let said = format!("tenant.status of row {} cannot be read", world.partner.id.uuid());
        assert_eq!(read.expect_err("inconsistent").to_string(), said);
    })
    .await;
}

#[tokio::test]
async fn the_store_says_which_engine_it_runs_on_and_answers() {
    on_each_engine(async |world: &World| {
        assert!(matches!(world.store().engine(), Engine::Sqlite | Engine::Postgres));
        world.store().ping().await.expect("an answer");
    })
    .await;
}
