//! Walks over the pages of profiles and payments meet every row once, in order, from either end.

use purser_domain::payment::{Payment, PaymentKind, PaymentSource, PaymentStatus};
use purser_domain::routing::Route;
use purser_storage::read::{self, PaymentFilter, PaymentsKey, ProfileFilter, ProfileSelection};
use purser_types::Timestamp;
use purser_types::id::{InstrumentId, ProfileId};
use purser_types::page::{Direction, Page, Position, Slice};
use uuid::Uuid;

use crate::database::databases;
use crate::rule::cut;
use crate::world::{GRANTEE, OWNER, World, at};

/// The first page of a size.
pub(crate) fn first(size: u32) -> Page {
    Page { size, from: None, direction: Direction::Forward, with_total: false }
}

/// A slice as a brief page has it.
fn without_documents(mut slice: Slice<Payment>) -> Slice<Payment> {
    for payment in &mut slice.items {
        payment.decline = None;
        payment.next_action = None;
        payment.route = Route::default();
        payment.metadata.clear();
    }
    slice
}

/// A page of payments, whatever they are.
pub(crate) fn key_of(page: Page) -> PaymentsKey {
    PaymentsKey { page, filter: PaymentFilter::default(), is_brief: false }
}

/// Walks from one end to the other and returns every item, in list order.
pub(crate) async fn walk<T>(
    size: u32,
    direction: Direction,
    read: impl AsyncFn(Page) -> Slice<T>,
    key: impl Fn(&T) -> (Timestamp, Uuid),
) -> Vec<T> {
    let mut page = Page { size, from: None, direction, with_total: true };
    let mut walked = Vec::new();
    let mut total = None;
    loop {
        let slice = read(page).await;
        assert!(slice.items.len() <= usize::try_from(size).expect("small"));
        assert_eq!(*total.get_or_insert(slice.total), slice.total, "the total does not move with the page");
        let has_more = match direction {
            Direction::Forward => slice.has_next,
            Direction::Backward => slice.has_previous,
        };
        let edge = match direction {
            Direction::Forward => slice.items.last(),
            Direction::Backward => slice.items.first(),
        };
        page.from = edge.map(&key).map(|(created_at, id)| Position { created_at, id });
        match direction {
            Direction::Forward => walked.extend(slice.items),
            Direction::Backward => walked.splice(0..0, slice.items).for_each(drop),
        }
        if !has_more {
            break;
        }
    }
    assert_eq!(total, Some(Some(i64::try_from(walked.len()).expect("small"))), "the total is what was met");
    walked
}

#[tokio::test]
async fn walks_over_profiles_meet_every_visible_profile_once() {
    let world = World::new();
    let container_id = Some(world.containers[0].id);
    let filters = [
        ProfileFilter::default(),
        ProfileFilter { container_id, tag: None },
        ProfileFilter { container_id: None, tag: Some("vip".to_owned()) },
        ProfileFilter { container_id, tag: Some("it's".to_owned()) },
        ProfileFilter { container_id: None, tag: Some("nobody's".to_owned()) },
    ];
    let whole = Page { size: 100, with_total: true, ..first(100) };
    for database in databases(&world).await {
        for scope in world.scopes() {
            for filter in &filters {
                for (size, direction) in [
                    (1, Direction::Forward),
                    (7, Direction::Forward),
                    (7, Direction::Backward),
                    (100, Direction::Backward),
                ] {
                    let selection = ProfileSelection::default();
                    let read = async |page| {
                        let slice = read::profiles(&database.store, &scope, filter, page, &selection).await;
                        slice.expect("a page")
                    };
                    let key = |view: &read::ProfileView| (view.profile.created_at, view.profile.id.uuid());
                    let walked = walk(size, direction, read, key).await;
                    let expected = world.profiles_page(&scope, filter, &whole, &selection).items;
                    assert_eq!(walked, expected, "{filter:?} {size} {direction:?} of {scope:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_list_of_profiles_carries_the_surroundings_of_each() {
    let world = World::new();
    let filter = PaymentFilter { kinds: vec![PaymentKind::Debit], ..PaymentFilter::default() };
    let last = Page { direction: Direction::Backward, with_total: true, ..first(2) };
    let keys = vec![key_of(first(2)), PaymentsKey { page: last, filter, is_brief: false }];
    let around = ProfileSelection { instruments: true, totals: true, ..ProfileSelection::default() };
    let selections = [
        ProfileSelection { payments: keys.clone(), ..around.clone() },
        ProfileSelection { lines: keys.clone(), without_overlay: true, ..around.clone() },
        ProfileSelection { payments: keys.clone(), lines: keys, ..around },
    ];
    for database in databases(&world).await {
        for scope in [world.live(OWNER), world.live(GRANTEE)] {
            for selection in &selections {
                let (filter, page) = (ProfileFilter::default(), first(30));
                let seen =
                    read::profiles(&database.store, &scope, &filter, page, selection).await.expect("a page");
                assert_eq!(seen, world.profiles_page(&scope, &filter, &page, selection));
                assert_eq!(seen.items.len(), 30);
            }
        }
    }
}

fn payment_filters(world: &World) -> Vec<PaymentFilter> {
    let paid = world.payments.iter().find(|payment| payment.instrument_id.is_some()).expect("a payment");
    let none = PaymentFilter::default();
    vec![
        none.clone(),
        PaymentFilter { statuses: vec![PaymentStatus::Failed, PaymentStatus::Refunded], ..none.clone() },
        PaymentFilter {
            kinds: vec![PaymentKind::Register],
            source: Some(PaymentSource::Api),
            ..none.clone()
        },
        PaymentFilter { profile_id: paid.profile_id, ..none.clone() },
        PaymentFilter { instrument_id: paid.instrument_id, ..none.clone() },
        PaymentFilter { profile_id: paid.profile_id, instrument_id: paid.instrument_id, ..none.clone() },
        PaymentFilter {
            connector_id: world.payments.iter().find_map(|payment| payment.connector_id),
            ..none.clone()
        },
        PaymentFilter {
            created_from: Some(at(-98_000_000)),
            created_before: Some(at(-92_000_000)),
            ..none.clone()
        },
        PaymentFilter { instrument_id: Some(InstrumentId::from_uuid(Uuid::from_u128(9))), ..none.clone() },
        PaymentFilter { profile_id: Some(ProfileId::from_uuid(Uuid::from_u128(9))), ..none },
    ]
}

#[tokio::test]
async fn walks_over_payments_meet_every_own_payment_once() {
    let world = World::new();
    for database in databases(&world).await {
        for scope in world.scopes() {
            for filter in payment_filters(&world) {
                for (size, direction) in
                    [(13, Direction::Forward), (13, Direction::Backward), (100, Direction::Forward)]
                {
                    let read = async |page| {
                        read::payments(&database.store, &scope, &filter, page).await.expect("a page")
                    };
                    let key = |payment: &Payment| (payment.created_at, payment.id.uuid());
                    let walked = walk(size, direction, read, key).await;
                    let whole = Page { size: 10_000, ..first(1) };
                    let expected = world.payments_page(&scope, &filter, &whole).items;
                    assert_eq!(walked, expected, "{filter:?} {size} {direction:?} of {scope:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn payments_of_many_profiles_are_a_page_each() {
    let world = World::new();
    let ids: Vec<ProfileId> = world.profiles.iter().map(|profile| profile.id).collect();
    let middle = Position { created_at: at(-95_000_000), id: Uuid::from_u128(u128::MAX / 2) };
    for database in databases(&world).await {
        for scope in [world.live(OWNER), world.live(GRANTEE)] {
            for filter in payment_filters(&world) {
                for (size, from, direction) in [
                    (1, None, Direction::Forward),
                    (2, Some(middle), Direction::Forward),
                    (2, Some(middle), Direction::Backward),
                    (3, None, Direction::Backward),
                ] {
                    let wanted = PaymentsKey {
                        page: Page { size, from, direction, with_total: size > 1 },
                        filter: filter.clone(),
                        is_brief: false,
                    };
                    let seen =
                        read::payments_of(&database.store, &scope, &ids, &wanted).await.expect("pages");
                    let expected =
                        world.profiles.iter().map(|profile| world.payments_of(&scope, profile, &wanted));
                    let expected = expected.collect::<Vec<_>>();
                    assert_eq!(seen, expected, "{wanted:?} of {scope:?}");

                    let brief = PaymentsKey { is_brief: true, ..wanted };
                    let seen = read::payments_of(&database.store, &scope, &ids, &brief).await.expect("pages");
                    let expected = expected.into_iter().map(without_documents).collect::<Vec<_>>();
                    assert_eq!(seen, expected, "{brief:?} of {scope:?}");
                }
            }
        }
    }
}

#[test]
fn the_plain_reading_cuts_pages_like_a_list() {
    let items: Vec<i64> = (0..5).collect();
    let key = |item: &i64| (at(*item), Uuid::nil());
    let page = Page { size: 2, from: Some(Position { created_at: at(3), id: Uuid::nil() }), ..first(2) };
    assert_eq!(cut(items, &page, key).items, [2, 1]);
}
