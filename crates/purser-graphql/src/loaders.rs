//! The net under the look-ahead: batched loads of whatever was not fetched ahead.
//!
//! One set of loaders belongs to one session, and so to one viewer: an id is key enough, and nothing is
//! remembered from one request to the next.
//!
//! How a batch forms: a load puts its key into the pending set and yields to the runtime a few times,
//! while its siblings, polled in the same task, add theirs; the first to wake up takes all. No
//! timer is on the path. The loads therefore stay in the request's task (tasks of their own would be
//! stolen by idle workers, and each would go off with half a batch), but the batch itself runs in one
//! of its own, so that a sibling's failure never cuts a statement off. The `dataloader` crate answers
//! "not found" to a load whose batch was taken by a load that has since been dropped; it is then
//! loaded again.

use std::collections::HashMap;
use std::fmt::Debug;
use std::future::Future;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::Arc;

use async_graphql::Error;
use dataloader::BatchFn;
use dataloader::cached::Loader;
use purser_domain::connector::{Connector, Router};
use purser_domain::instrument::Instrument;
use purser_domain::order::Order;
use purser_domain::payment::Payment;
use purser_domain::payment::attempt::Attempt;
use purser_domain::payment::dispute::Dispute;
use purser_domain::payment::event::Event;
use purser_domain::payment::ledger::Entry;
use purser_services::selection::PaymentsKey;
use purser_services::views::{ContainerView, InstrumentView, ProfileTotal, ProfileView, TenantView};
use purser_services::{Ctx, reads};
use purser_types::id::{
    AttemptId, ConnectorId, ContainerId, DisputeId, EventId, InstrumentId, OrderId, PaymentId, ProfileId,
    RouterId, TenantId,
};
use purser_types::page::Slice;

use crate::error::{ServiceError, internal, told, told_again};
use crate::page::shared;

/// The most keys of one batch: two pages of the largest size.
const BATCH_MAX: usize = 200;
/// How often a load whose batch was taken away is put again.
const LOADS_MAX: usize = 4;

type Loaded<V> = Result<V, Arc<ServiceError>>;
type Batched<V> = Pin<Box<dyn Future<Output = Result<Vec<V>, ServiceError>> + Send>>;

/// The statement behind one loader: values in the order of the keys, one for each.
type Load<K, V> = Box<dyn Fn(Vec<K>) -> Batched<V> + Send + Sync>;

struct Batch<K, V> {
    load: Load<K, V>,
}

impl<K, V> BatchFn<K, Loaded<V>> for Batch<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + 'static,
{
    async fn load(&mut self, keys: &[K]) -> HashMap<K, Loaded<V>> {
        use tracing::Instrument as _;
        let load = (self.load)(keys.to_vec()).in_current_span();
        let values = tokio::spawn(load).await.unwrap_or_else(|error| {
            Err(ServiceError::Fault { doing: "loading a batch", detail: error.to_string() })
        });
        let filled = values.and_then(|values| filled(keys, values));
        filled.unwrap_or_else(|error| {
            let _logged_once_for_all_keys = told(&error);
            let error = Arc::new(error);
            keys.iter().map(|key| (key.clone(), Err(Arc::clone(&error)))).collect()
        })
    }
}

fn filled<K: Clone + Eq + Hash, V>(
    keys: &[K],
    values: Vec<V>,
) -> Result<HashMap<K, Loaded<V>>, ServiceError> {
    if keys.len() != values.len() {
        let detail = format!("{} values for {} keys", values.len(), keys.len());
        return Err(ServiceError::Fault { doing: "loading a batch", detail });
    }
    Ok(keys.iter().cloned().zip(values.into_iter().map(Ok)).collect())
}

/// One kind of load.
pub(crate) struct Net<K, V>
where
    K: Clone + Debug + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + 'static,
{
    loader: Loader<K, Loaded<V>, Batch<K, V>>,
}

impl<K, V> Net<K, V>
where
    K: Clone + Debug + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + 'static,
{
    fn new(ctx: &Ctx, load: fn(Ctx, Vec<K>) -> Batched<V>) -> Self {
        let ctx = ctx.clone();
        Self::of(Box::new(move |keys| load(ctx.clone(), keys)))
    }

    fn of(load: Load<K, V>) -> Self {
        Self { loader: Loader::new(Batch { load }).with_max_batch_size(BATCH_MAX) }
    }

    /// The value of one key.
    ///
    /// # Errors
    /// The fault of the batch, which is logged already.
    pub(crate) async fn load(&self, key: K) -> Result<V, Error> {
        for _ in 0..LOADS_MAX {
            if let Ok(loaded) = self.loader.try_load(key.clone()).await {
                return loaded.map_err(|error| told_again(&error));
            }
        }
        Err(internal())
    }

    /// The values of several keys, in their order.
    ///
    /// # Errors
    /// The fault of the batch, which is logged already.
    pub(crate) async fn load_many(&self, keys: &[K]) -> Result<Vec<V>, Error> {
        futures::future::try_join_all(keys.iter().map(|key| self.load(key.clone()))).await
    }

    async fn clear(&self) {
        self.loader.clear_all().await;
    }
}

/// Every loader of one session.
pub(crate) struct Loaders {
    pub(crate) tenants: Net<TenantId, Option<TenantView>>,
    pub(crate) containers: Net<ContainerId, Option<ContainerView>>,
    pub(crate) profiles: Net<ProfileId, Option<ProfileView>>,
    pub(crate) instruments: Net<InstrumentId, Option<InstrumentView>>,
    pub(crate) instruments_of: Net<ProfileId, Vec<Arc<Instrument>>>,
    pub(crate) payments: Net<PaymentId, Option<Payment>>,
    pub(crate) payments_of: Net<(ProfileId, PaymentsKey), Slice<Arc<Payment>>>,
    pub(crate) totals_of: Net<ProfileId, Vec<ProfileTotal>>,
    pub(crate) attempts_of: Net<PaymentId, Vec<Attempt>>,
    pub(crate) attempts: Net<AttemptId, Option<Attempt>>,
    pub(crate) events_of: Net<PaymentId, Vec<Event>>,
    pub(crate) events: Net<EventId, Option<Event>>,
    pub(crate) ledgers_of: Net<PaymentId, Vec<Entry>>,
    pub(crate) disputes_of: Net<PaymentId, Vec<Dispute>>,
    pub(crate) disputes: Net<DisputeId, Option<Dispute>>,
    pub(crate) orders: Net<OrderId, Option<Order>>,
    pub(crate) connectors: Net<ConnectorId, Option<Connector>>,
    pub(crate) routers: Net<RouterId, Option<Router>>,
}

impl Loaders {
    pub(crate) fn new(ctx: &Ctx) -> Self {
        Self {
            tenants: Net::new(ctx, |ctx, ids| {
                Box::pin(async move { reads::tenants_by_id(&ctx, &ids).await })
            }),
            containers: Net::new(ctx, |ctx, ids| {
                Box::pin(async move { reads::containers_by_id(&ctx, &ids).await })
            }),
            profiles: Net::new(ctx, |ctx, ids| {
                Box::pin(async move { reads::profiles_by_id(&ctx, &ids).await })
            }),
            instruments: Net::new(ctx, |ctx, ids| {
                Box::pin(async move { reads::instruments_by_id(&ctx, &ids).await })
            }),
            instruments_of: Net::new(ctx, |ctx, ids| {
                Box::pin(async move { reads::instruments_of(&ctx, &ids).await })
            }),
            payments: Net::new(ctx, |ctx, ids| {
                Box::pin(async move { reads::payments_by_id(&ctx, &ids).await })
            }),
            payments_of: Net::new(ctx, |ctx, keys| Box::pin(payments_of(ctx, keys))),
            totals_of: Net::new(ctx, |ctx, ids| Box::pin(async move { reads::totals_of(&ctx, &ids).await })),
            attempts_of: Net::new(ctx, |ctx, ids| {
                Box::pin(async move { reads::attempts_of(&ctx, &ids).await })
            }),
            attempts: Net::new(ctx, |ctx, ids| {
                Box::pin(async move { reads::attempts_by_id(&ctx, &ids).await })
            }),
            events_of: Net::new(ctx, |ctx, ids| Box::pin(async move { reads::events_of(&ctx, &ids).await })),
            events: Net::new(ctx, |ctx, ids| Box::pin(async move { reads::events_by_id(&ctx, &ids).await })),
            ledgers_of: Net::new(ctx, |ctx, ids| {
                Box::pin(async move { reads::ledgers_of(&ctx, &ids).await })
            }),
            disputes_of: Net::new(ctx, |ctx, ids| {
                Box::pin(async move { reads::disputes_of(&ctx, &ids).await })
            }),
            disputes: Net::new(ctx, |ctx, ids| {
                Box::pin(async move { reads::disputes_by_id(&ctx, &ids).await })
            }),
            orders: Net::new(ctx, |ctx, ids| Box::pin(async move { reads::orders_by_id(&ctx, &ids).await })),
            connectors: Net::new(ctx, |ctx, ids| {
                Box::pin(async move { reads::connectors_by_id(&ctx, &ids).await })
            }),
            routers: Net::new(ctx, |ctx, ids| {
                Box::pin(async move { reads::routers_by_id(&ctx, &ids).await })
            }),
        }
    }

    /// Forgets everything: a write has changed the graph.
    pub(crate) async fn clear(&self) {
        self.tenants.clear().await;
        self.containers.clear().await;
        self.profiles.clear().await;
        self.instruments.clear().await;
        self.instruments_of.clear().await;
        self.payments.clear().await;
        self.payments_of.clear().await;
        self.totals_of.clear().await;
        self.attempts_of.clear().await;
        self.attempts.clear().await;
        self.events_of.clear().await;
        self.events.clear().await;
        self.ledgers_of.clear().await;
        self.disputes_of.clear().await;
        self.disputes.clear().await;
        self.orders.clear().await;
        self.connectors.clear().await;
        self.routers.clear().await;
    }
}

/// Payments of profiles: one statement per distinct set of arguments, which a document has few of.
async fn payments_of(
    ctx: Ctx,
    keys: Vec<(ProfileId, PaymentsKey)>,
) -> Result<Vec<Slice<Arc<Payment>>>, ServiceError> {
    let mut selections: Vec<&PaymentsKey> = Vec::new();
    for (_, selection) in &keys {
        if !selections.contains(&selection) {
            selections.push(selection);
        }
    }
    let mut found: HashMap<(ProfileId, PaymentsKey), Slice<Arc<Payment>>> =
        HashMap::with_capacity(keys.len());
    for selection in selections {
        let of_selection = keys.iter().filter(|(_, key)| key == selection);
        let ids: Vec<ProfileId> = of_selection.map(|(id, _)| *id).collect();
        let slices = reads::payments_of(&ctx, &ids, selection).await?.into_iter().map(shared);
        found.extend(ids.into_iter().map(|id| (id, selection.clone())).zip(slices));
    }
    keys.iter()
        .map(|key| {
            let slice = found.get(key).cloned();
            slice.ok_or_else(|| ServiceError::Fault {
                doing: "loading payments of profiles",
                detail: "a key was not filled".to_owned(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures::future::{join_all, poll_immediate};
    use tokio::sync::Semaphore;

    use super::*;

    type Batches = Arc<Mutex<Vec<Vec<u32>>>>;

    /// A net that doubles its keys once the gate lets it, and the batches that it has loaded.
    fn doubling(gate: &Arc<Semaphore>) -> (Net<u32, u32>, Batches) {
        let batches = Batches::default();
        let (gate, seen) = (Arc::clone(gate), Arc::clone(&batches));
        let net = Net::of(Box::new(move |mut keys: Vec<u32>| {
            let gate = Arc::clone(&gate);
            let values = keys.iter().map(|key| key * 2).collect();
            keys.sort_unstable();
            seen.lock().expect("no panic").push(keys);
            Box::pin(async move {
                gate.acquire().await.expect("the gate is open").forget();
                Ok(values)
            })
        }));
        (net, batches)
    }

    async fn load_all(net: &Net<u32, u32>, keys: &[u32]) -> Vec<Option<u32>> {
        join_all(keys.iter().map(|key| net.load(*key))).await.into_iter().map(Result::ok).collect()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn siblings_are_one_batch_and_repetitions_are_remembered() {
        let (net, batches) = doubling(&Arc::new(Semaphore::new(10)));

        let first = load_all(&net, &[1, 2, 3, 2]).await;
        let second = load_all(&net, &[3, 1]).await;
        net.clear().await;
        let third = load_all(&net, &[3]).await;

        assert_eq!(first, [Some(2), Some(4), Some(6), Some(4)]);
        assert_eq!((second, third), (vec![Some(6), Some(2)], vec![Some(6)]));
        assert_eq!(*batches.lock().expect("no panic"), [vec![1, 2, 3], vec![3]]);
    }

    #[tokio::test]
    async fn a_load_whose_batch_was_taken_by_one_that_was_dropped_is_loaded_again() {
        let gate = Arc::new(Semaphore::new(0));
        let (net, batches) = doubling(&gate);
        let mut dropped = Box::pin(net.load(1));
        let mut waiting = Box::pin(net.load(2));
        // Both are pending; then the first takes the batch and waits at the gate, and goes away.
        while batches.lock().expect("no panic").is_empty() {
            assert!(poll_immediate(&mut dropped).await.is_none());
            if batches.lock().expect("no panic").is_empty() {
                assert!(poll_immediate(&mut waiting).await.is_none());
            }
            tokio::task::yield_now().await;
        }
        drop(dropped);
        gate.add_permits(10);

        assert_eq!(waiting.await.ok(), Some(4));
        assert_eq!(*batches.lock().expect("no panic"), [vec![1, 2], vec![2]]);
    }

    #[tokio::test]
    async fn a_batch_that_fails_or_fills_too_few_keys_is_a_fault_of_each_load() {
        let failing: Net<u32, u32> = Net::of(Box::new(|_| {
            Box::pin(async { Err(ServiceError::Fault { doing: "x", detail: "y".into() }) })
        }));
        let short: Net<u32, u32> = Net::of(Box::new(|_| Box::pin(async { Ok(vec![1]) })));
        let panicking: Net<u32, u32> = Net::of(Box::new(|_| Box::pin(async { panic!("planted") })));

        for net in [failing, short, panicking] {
            let told = join_all([net.load(1), net.load(2)]).await;
            let told: Vec<_> = told.into_iter().map(|loaded| loaded.map_err(|error| error.message)).collect();
            assert_eq!(told, vec![Err(internal().message); 2]);
        }
    }
}
