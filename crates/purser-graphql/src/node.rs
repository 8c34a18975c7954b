//! Relay's `node`: any object of the graph by its id.
//!
//! An id's prefix names its kind and so the loader. An id of no kind, of nothing, or of something that
//! the viewer may not see is null, and the three are never told apart.

use async_graphql::{Context, Error, ID, Interface, Object};
use purser_types::id::{self, Id, Kind};

use crate::connectors::{Connector, Router};
use crate::containers::Container;
use crate::context::{Session, enter};
use crate::error::{Nullable, bad_input, nullable};
use crate::instruments::Instrument;
use crate::loaders::Net;
use crate::orders::Order;
use crate::payments::{Dispute, Event, Payment, PaymentAttempt};
use crate::profiles::Profile;
use crate::tenants::Tenant;

/// The most ids of one `nodes`.
const NODES_MAX: usize = 100;

/// An object of the graph with a global id.
#[derive(Interface)]
#[graphql(field(
    name = "id",
    ty = "ID",
    desc = "The global id: a prefix that names the kind, and 26 characters."
))]
pub(crate) enum Node {
    Tenant(Tenant),
    Container(Container),
    Profile(Profile),
    Instrument(Instrument),
    Payment(Payment),
    PaymentAttempt(PaymentAttempt),
    Event(Event),
    Dispute(Dispute),
    Order(Order),
    Connector(Connector),
    Router(Router),
}

async fn find(session: &Session, text: &str) -> Result<Option<Node>, Error> {
    let net = session.loaders();
    let Some((prefix, _)) = text.split_once('_') else { return Ok(None) };
    match prefix {
        id::Tenant::PREFIX => one(session, "Tenant", text, &net.tenants, Tenant::new).await,
        id::Container::PREFIX => one(session, "Container", text, &net.containers, Container::new).await,
        id::Profile::PREFIX => one(session, "Profile", text, &net.profiles, Profile::new).await,
        id::Instrument::PREFIX => one(session, "Instrument", text, &net.instruments, Instrument::new).await,
        id::Payment::PREFIX => one(session, "Payment", text, &net.payments, Payment::new).await,
        id::Attempt::PREFIX => one(session, "PaymentAttempt", text, &net.attempts, PaymentAttempt::new).await,
        id::Event::PREFIX => one(session, "Event", text, &net.events, Event::new).await,
        id::Dispute::PREFIX => one(session, "Dispute", text, &net.disputes, Dispute::new).await,
        id::Order::PREFIX => one(session, "Order", text, &net.orders, Order::new).await,
        id::Connector::PREFIX => one(session, "Connector", text, &net.connectors, Connector::new).await,
        id::Router::PREFIX => one(session, "Router", text, &net.routers, Router::new).await,
        _ => Ok(None),
    }
}

/// An object of one kind; none if the id is malformed or unknown, or the viewer may not see the kind.
async fn one<K: Kind, V: Clone + Send + 'static, N: Into<Node>>(
    session: &Session,
    object: &'static str,
    text: &str,
    net: &Net<Id<K>, Option<V>>,
    show: fn(V) -> N,
) -> Result<Option<Node>, Error> {
    let Some(id) = text.parse().ok().filter(|_| session.may(object)) else { return Ok(None) };
    Ok(net.load(id).await?.map(|value| show(value).into()))
}

/// Reads an id of a query: one that is malformed names nothing.
pub(crate) fn known<K: Kind>(id: &ID) -> Option<Id<K>> {
    id.parse().ok()
}

#[derive(Default)]
pub(crate) struct NodeQuery;

#[Object]
impl NodeQuery {
    /// The object with an id; null if there is none that you can see. What kinds you can see is for
    /// your scopes to say. Needs a secret key or a token.
    async fn node(&self, gql: &Context<'_>, #[graphql(desc = "The global id.")] id: ID) -> Nullable<Node> {
        nullable(match enter(gql, "Query.node") {
            Ok(session) => find(session, &id).await,
            Err(denied) => Err(denied),
        })
    }

    /// The objects with these ids, in the order of the ids; null where there is none that you can see.
    /// Needs a secret key or a token.
    async fn nodes(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The global ids, at most 100.")] ids: Vec<ID>,
    ) -> Result<Vec<Nullable<Node>>, Error> {
        let session = enter(gql, "Query.nodes")?;
        if ids.len() > NODES_MAX {
            return Err(bad_input(format!("At most {NODES_MAX} ids are looked up at once.")));
        }
        let found = ids.iter().map(|id| find(session, id));
        Ok(futures::future::join_all(found).await.into_iter().map(nullable).collect())
    }
}
