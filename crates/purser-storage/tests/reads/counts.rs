//! How many statements each question costs, whatever there is to answer.

use purser_storage::Store;
use purser_storage::read::{self, PaymentFilter, PaymentLookup, ProfileFilter, ProfileKey, ProfileSelection};
use purser_types::page::Page;

use crate::database::{databases, open};
use crate::pages::{first, key_of};
use crate::world::{OWNER, World};

async fn count<T>(store: &Store, ask: impl Future<Output = Result<T, purser_storage::Error>>) -> u64 {
    let before = store.statements();
    ask.await.expect("an answer");
    store.statements() - before
}

fn everything() -> ProfileSelection {
    ProfileSelection {
        instruments: true,
        payments: vec![key_of(first(10))],
        totals: true,
        ..ProfileSelection::default()
    }
}

#[tokio::test]
async fn a_profile_with_everything_is_four_statements_by_any_key() {
    let world = World::new();
    let scope = world.live(OWNER);
    let known = &world.profiles[0];
    let keys = [
        ProfileKey::Id(known.id),
        ProfileKey::Guid(known.guid.clone()),
        ProfileKey::ExternalId("nobody's".to_owned()),
        ProfileKey::CustomerIdentification { container_id: known.container_id, value: "nobody's".to_owned() },
    ];
    for database in databases(&world).await {
        let store = open(&database.url).await;
        for key in &keys {
            assert_eq!(count(&store, read::profile(&store, &scope, key, &everything())).await, 4);
            let alone = ProfileSelection::default();
            assert_eq!(count(&store, read::profile(&store, &scope, key, &alone)).await, 1);
        }
    }
}

#[tokio::test]
async fn a_list_of_profiles_costs_the_same_whatever_its_length() {
    let world = World::new();
    let scope = world.live(OWNER);
    let filter = ProfileFilter::default();
    let (alone, all) = (ProfileSelection::default(), everything());
    let known = ProfileSelection { totals: false, ..everything() };
    for database in databases(&world).await {
        let store = open(&database.url).await;
        for size in [1, 25, 100] {
            let page = first(size);
            assert_eq!(count(&store, read::profiles(&store, &scope, &filter, page, &alone)).await, 1);
            assert_eq!(count(&store, read::profiles(&store, &scope, &filter, page, &known)).await, 3);
            assert_eq!(count(&store, read::profiles(&store, &scope, &filter, page, &all)).await, 4);
            let page = Page { with_total: true, ..page };
            assert_eq!(count(&store, read::profiles(&store, &scope, &filter, page, &all)).await, 5);
        }
    }
}

#[tokio::test]
async fn everything_else_is_one_statement_and_one_for_a_total() {
    let world = World::new();
    let scope = world.live(OWNER);
    let filter = PaymentFilter::default();
    let profile_ids: Vec<_> = world.profiles.iter().map(|profile| profile.id).collect();
    let payment_ids: Vec<_> = world.payments.iter().map(|payment| payment.id).collect();
    let lookup = PaymentLookup::Id(payment_ids[0]);
    let with_total = Page { with_total: true, ..first(10) };
    for database in databases(&world).await {
        let store = open(&database.url).await;
        assert_eq!(count(&store, read::payment(&store, &scope, &lookup)).await, 1);
        assert_eq!(count(&store, read::payments(&store, &scope, &filter, first(10))).await, 1);
        assert_eq!(count(&store, read::payments(&store, &scope, &filter, with_total)).await, 2);
        assert_eq!(count(&store, read::profiles_by_id(&store, &scope, &profile_ids)).await, 1);
        assert_eq!(count(&store, read::instruments_of(&store, &scope, &profile_ids)).await, 1);
        assert_eq!(count(&store, read::payments_by_id(&store, &scope, &payment_ids)).await, 1);
        assert_eq!(count(&store, read::attempts_of(&store, &scope, &payment_ids)).await, 1);
        let wanted = key_of(first(3));
        assert_eq!(count(&store, read::payments_of(&store, &scope, &profile_ids, &wanted)).await, 1);
        assert_eq!(count(&store, read::containers(&store, &scope, with_total)).await, 2);
    }
}
