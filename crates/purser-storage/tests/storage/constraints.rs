//! Every rule that the database keeps has the same name on both engines.

use purser_domain::container::Permissions;
use purser_domain::payment::Amounts;
use purser_domain::payment::Payment;
use purser_storage::{
    Constraint, Engine, Error, connectors, containers, instruments, payments, profiles, tenants,
};

use crate::database::on_each_engine;
use crate::world::{NOW, World, eur, operator, scope};

fn conflict<T: std::fmt::Debug>(result: Result<T, Error>) -> Constraint {
    match result.expect_err("a conflict") {
        Error::Conflict(constraint) => constraint,
        other => panic!("not a conflict: {other:?}"),
    }
}

#[tokio::test]
async fn slugs_are_unique() {
    on_each_engine(async |world: &World| {
        let write = world.begin().await;
        let twin = world.child_of(&world.market, "partner");

        let refused = tenants::insert_child(&write, &scope(&world.market), &twin).await;

        assert_eq!(conflict(refused), Constraint::TenantSlug);
    })
    .await;
}

#[tokio::test]
async fn names_of_containers_connectors_and_routers_are_unique_at_their_owner() {
    on_each_engine(async |world: &World| {
        let owner = scope(&world.owner);
        let write = world.begin().await;
        let twin = world.container_of(&world.owner, "customers");
        assert_eq!(conflict(containers::insert(&write, &owner, &twin).await), Constraint::ContainerName);
        drop(write);

        let first = world.stored_connector(&world.owner, "main").await;
        world.stored_connector(&world.partner, "main").await;
        let write = world.begin().await;
        let twin = world.connector_of(&world.owner, "main");
        assert_eq!(conflict(connectors::insert(&write, &owner, &twin, b"").await), Constraint::ConnectorName);
        drop(write);

        let write = world.begin().await;
        let router = world.router_of(&world.owner, "all", vec![first.id]);
        connectors::insert_router(&write, &owner, &router).await.expect("stored");
        let twin = world.router_of(&world.owner, "all", vec![]);
        assert_eq!(conflict(connectors::insert_router(&write, &owner, &twin).await), Constraint::RouterName);
    })
    .await;
}

#[tokio::test]
async fn identifications_are_unique_in_a_container_and_external_ids_at_a_tenant() {
    on_each_engine(async |world: &World| {
        let partner = scope(&world.partner);
        let mut first = world.profile_in(&world.customers, &world.partner);
        first.customer_identification = Some("c-1".to_owned());
        let second = world.stored_profile(&world.partner).await;
        let write = world.begin().await;
        profiles::insert(&write, &partner, &first).await.expect("stored");
        let mut overlay = world.overlay_of(&world.partner, &first);
        overlay.external_id = Some("e-1".to_owned());
        profiles::put_overlay(&write, &partner, &overlay, NOW).await.expect("stored");
        write.commit().await.expect("a commit");

        let write = world.begin().await;
        let mut twin = world.profile_in(&world.customers, &world.partner);
        twin.customer_identification = Some("c-1".to_owned());
        let refused = profiles::insert(&write, &partner, &twin).await;
        assert_eq!(conflict(refused), Constraint::CustomerIdentification);
        drop(write);

        let write = world.begin().await;
        let mut overlay = world.overlay_of(&world.partner, &second);
        overlay.external_id = Some("e-1".to_owned());
        let refused = profiles::put_overlay(&write, &partner, &overlay, NOW).await;
        assert_eq!(conflict(refused), Constraint::ExternalId);
        drop(write);

        let write = world.begin().await;
        let mut other = world.overlay_of(&world.owner, &second);
        other.external_id = Some("e-1".to_owned());
        profiles::put_overlay(&write, &scope(&world.owner), &other, NOW).await.expect("its own namespace");
    })
    .await;
}

#[tokio::test]
async fn the_same_instrument_is_stored_once_per_profile_and_tenant() {
    on_each_engine(async |world: &World| {
        let partner = scope(&world.partner);
        let profile = world.stored_profile(&world.partner).await;
        let write = world.begin().await;
        let first = world.instrument_of(&world.partner, &profile);
        instruments::insert(&write, &partner, &first, b"a", Some(&[1; 32])).await.expect("stored");
        let none = world.instrument_of(&world.partner, &profile);
        instruments::insert(&write, &partner, &none, b"a", None).await.expect("stored");
        let twin = world.instrument_of(&world.partner, &profile);
        let refused = instruments::insert(&write, &partner, &twin, b"b", Some(&[1; 32])).await;
        assert_eq!(conflict(refused), Constraint::Fingerprint);
    })
    .await;
}

#[tokio::test]
async fn a_tenant_opts_out_once_of_each_container_and_once_of_all() {
    on_each_engine(async |world: &World| {
        for container_id in [None, Some(world.customers.id)] {
            let partner = scope(&world.partner);
            let write = world.begin().await;
            let first = world.opt_out_of(&world.partner, container_id);
            containers::insert_opt_out(&write, &partner, &first).await.expect("stored");
            let twin = world.opt_out_of(&world.partner, container_id);
            let refused = containers::insert_opt_out(&write, &partner, &twin).await;
            assert_eq!(conflict(refused), Constraint::OptOut);
        }
    })
    .await;
}

#[tokio::test]
async fn transaction_ids_and_positions_of_attempts_are_unique() {
    on_each_engine(async |world: &World| {
        let partner = scope(&world.partner);
        let payment = world.payment_of(&world.partner, "t-1", eur(100));
        let attempt = world.attempt_of(&payment, 1, "AUTHORIZE");
        world.stored_payment(&payment, &attempt, &world.partner).await;

        let write = world.begin().await;
        let twin = world.payment_of(&world.partner, "t-1", eur(100));
        let refused = payments::insert(&write, &partner, &twin).await;
        assert_eq!(conflict(refused), Constraint::MerchantTransactionId);
        drop(write);

        let write = world.begin().await;
        let twin = world.attempt_of(&payment, 1, "CAPTURE");
        let refused = payments::insert_attempt(&write, &partner, &twin).await;
        assert_eq!(conflict(refused), Constraint::AttemptPosition);
    })
    .await;
}

#[tokio::test]
async fn amounts_that_contradict_each_other_are_refused() {
    on_each_engine(async |world: &World| {
        let blank = Amounts::requested(eur(100));
        for amounts in [
            Amounts { requested: -1, ..blank },
            Amounts { authorized: -1, ..blank },
            Amounts { authorized: 10, captured: 11, ..blank },
            Amounts { authorized: 10, captured: 5, capture_pending: 6, ..blank },
            Amounts { authorized: 10, captured: 5, refunded: 3, refund_pending: 3, ..blank },
        ] {
            let payment = world.payment_of(&world.partner, "t-1", eur(100));
            let write = world.begin().await;
            let refused =
                payments::insert(&write, &scope(&world.partner), &Payment { amounts, ..payment }).await;
            let constraint = conflict(refused);
            match world.store().engine() {
                Engine::Postgres => assert_eq!(constraint, Constraint::Check("payment".to_owned())),
                // SQLite repeats the condition instead of the table's name.
                Engine::Sqlite => {
                    assert!(matches!(&constraint, Constraint::Check(text) if text.contains("amount")));
                }
            }
        }
    })
    .await;
}

/// `ShareGrantee`, `BindingDefault` and `BindingConnector` cannot be met through the functions, which
/// replace the row; two writers of the same new id can still meet another rule, which keeps its own name.
#[tokio::test]
async fn any_other_rule_keeps_its_own_name() {
    on_each_engine(async |world: &World| {
        let owner = scope(&world.owner);
        let write = world.begin().await;
        let nobody = world.child_of(&world.market, "nobody");
        let share = world.share_of(&world.customers, &nobody, Permissions::all());
        let refused = conflict(containers::put_share(&write, &owner, &share).await);
        assert!(matches!(refused, Constraint::Other(_)), "{refused:?}");
        drop(write);

        let write = world.begin().await;
        let refused = conflict(tenants::insert(&write, &operator(), &world.owner).await);
        assert!(matches!(refused, Constraint::Other(_) | Constraint::TenantSlug), "{refused:?}");
    })
    .await;
}
