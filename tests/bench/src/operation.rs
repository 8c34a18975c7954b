//! The operations, and how each cell is asked for them.

use std::sync::Arc;

use bytes::Bytes;
use purser_types::id::{ContainerId, ProfileId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{cell::Kind, load::Prepared, peers::Peer};

pub(crate) const CUSTOMER_SQL: &str = include_str!("../operations/customer.sql");
pub(crate) const LIST_SQL: &str = include_str!("../operations/list.sql");
pub(crate) const LOOK_UP_SQL: &str = include_str!("../operations/look_up.sql");

/// Where every GraphQL server listens.
const PATH: &str = "/graphql";

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Everything about one customer.
    Customer,
    /// The newest 25 customers with instruments and last payments.
    List,
    /// One profile alone.
    LookUp,
    /// The customer 360 that GraphiQL offers, which asks for more.
    SampleCustomer,
    /// The list of customers that GraphiQL offers.
    SampleList,
}

/// A profile that is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) id: Uuid,
    pub(crate) identification: String,
}

/// The data that requests speak of.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// The tenant that asks.
    pub(crate) tenant: Uuid,
    pub(crate) container: Uuid,
    /// The tenant's secret key.
    pub(crate) secret: String,
    /// Some profiles, in no order.
    pub(crate) profiles: Vec<Asked>,
}

impl Operation {
    pub(crate) const ALL: [Self; 5] =
        [Self::Customer, Self::List, Self::LookUp, Self::SampleCustomer, Self::SampleList];
    /// Those that every cell has, and that are timed.
    pub(crate) const TIMED: [Self; 2] = [Self::Customer, Self::List];
    /// Those that are counted only.
    pub(crate) const COUNTED: [Self; 3] = [Self::LookUp, Self::SampleCustomer, Self::SampleList];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Customer => "customer 360",
            Self::List => "list of 25",
            Self::LookUp => "look-up",
            Self::SampleCustomer => "sample of customer 360",
            Self::SampleList => "sample of the list",
        }
    }

    /// The most statements that the gateway may send for it, however many rows come back.
    pub(crate) fn statements_max(self) -> f64 {
        match self {
            Self::Customer | Self::SampleCustomer => 4.0,
            Self::List | Self::SampleList => 3.0,
            Self::LookUp => 1.0,
        }
    }

    /// The most that the gateway may cost, in CPU times of the limit.
    pub(crate) fn ratio_goal(self) -> Option<f64> {
        match self {
            Self::Customer => Some(2.0),
            Self::List => Some(1.6),
            Self::LookUp | Self::SampleCustomer | Self::SampleList => None,
        }
    }

    /// The requests that ask a cell for the operation about each profile in turn; none if it has no text
    /// of the operation.
    pub(crate) fn requests(self, kind: Kind, subject: &Subject) -> Option<Arc<[Prepared]>> {
        let asked = match self {
            Self::List | Self::SampleList => &subject.profiles[..1],
            Self::Customer | Self::LookUp | Self::SampleCustomer => &subject.profiles[..],
        };
        asked.iter().map(|asked| self.request(kind, subject, asked)).collect()
    }

    fn request(self, kind: Kind, subject: &Subject, asked: &Asked) -> Option<Prepared> {
        match kind {
            Kind::Limit => {
                let path = match self {
                    Self::Customer => format!("/customer/{}", asked.id),
                    Self::List => "/list".to_owned(),
                    Self::LookUp => format!("/look-up/{}", asked.id),
                    Self::SampleCustomer | Self::SampleList => return None,
                };
                Some(Prepared { path, authorization: None, body: None })
            }
            Kind::Purser(_) => {
                let authorization = Some(format!("Bearer {}", subject.secret));
                let body = body(self.document(), &self.variables(subject, asked));
                Some(Prepared { path: PATH.to_owned(), authorization, body })
            }
            Kind::Peer(peer) => {
                let ids = json!({ "id": asked.id, "container": subject.container, "tenant": subject.tenant });
                let body = body(self.document_of(peer)?, &ids);
                Some(Prepared { path: PATH.to_owned(), authorization: None, body })
            }
        }
    }

    fn variables(self, subject: &Subject, asked: &Asked) -> Value {
        let container = ContainerId::from_uuid(subject.container);
        match self {
            Self::Customer | Self::LookUp => json!({ "id": ProfileId::from_uuid(asked.id) }),
            Self::List => json!({ "container": container }),
            Self::SampleCustomer => json!({ "by": { "customerIdentification":
                { "containerId": container, "customerIdentification": asked.identification } } }),
            Self::SampleList => json!({ "first": 25, "filter": { "containerId": container } }),
        }
    }

    fn document(self) -> &'static str {
        match self {
            Self::Customer => include_str!("../operations/customer.graphql"),
            Self::List => include_str!("../operations/list.graphql"),
            Self::LookUp => include_str!("../operations/look_up.graphql"),
            Self::SampleCustomer => include_str!("../../../crates/purser-web/samples/1-customer-360.graphql"),
            Self::SampleList => include_str!("../../../crates/purser-web/samples/2-customers.graphql"),
        }
    }

    fn document_of(self, peer: Peer) -> Option<&'static str> {
        match (peer, self) {
            (Peer::Postgraphile, Self::Customer) => {
                Some(include_str!("../peers/postgraphile.customer.graphql"))
            }
            (Peer::Postgraphile, Self::List) => Some(include_str!("../peers/postgraphile.list.graphql")),
            (Peer::Mercurius, Self::Customer) => Some(include_str!("../peers/mercurius.customer.graphql")),
            (Peer::Mercurius, Self::List) => Some(include_str!("../peers/mercurius.list.graphql")),
            (_, Self::LookUp | Self::SampleCustomer | Self::SampleList) => None,
        }
    }
}

fn body(query: &str, variables: &Value) -> Option<Bytes> {
    Some(Bytes::from(json!({ "query": query, "variables": variables }).to_string()))
}
