//! A schema with one field for each way in which a field can behave.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_graphql::{
    Context, EmptySubscription, Enum, Error, ErrorExtensions, Object, Request, Response, Schema, ServerError,
    SimpleObject,
};
use purser_connector::{Acknowledgement, Inbound};
use tokio::sync::{Notify, Semaphore};

use crate::http::jwt::Claims;
use crate::http::ports::{
    Authenticate, CameBack, ComeBack, CredentialsUnavailable, Execute, Operation, Ready, Receive, Received,
};

/// What cost looks at.
pub(super) const SDL: &str = "type Query { tags: [String!]! }";

/// What the tests watch and hold.
pub(super) struct Toys {
    /// How many operations were executed.
    pub(super) executed: AtomicUsize,
    /// How many writes came to their end.
    pub(super) written: AtomicUsize,
    /// A slow field or write has begun.
    pub(super) begun: Semaphore,
    /// Lets one slow field or write go on.
    pub(super) go_on: Semaphore,
    /// A write has ended.
    pub(super) ended: Notify,
    /// Bodies of notifications that were believed.
    pub(super) received: Mutex<Vec<Inbound>>,
    /// What browsers brought back.
    pub(super) returned: Mutex<Vec<Vec<(String, String)>>>,
}

impl Default for Toys {
    fn default() -> Self {
        Self {
            executed: AtomicUsize::new(0),
            written: AtomicUsize::new(0),
            begun: Semaphore::new(0),
            go_on: Semaphore::new(0),
            ended: Notify::new(),
            received: Mutex::default(),
            returned: Mutex::default(),
        }
    }
}

impl Toys {
    async fn pause(&self) {
        self.begun.add_permits(1);
        self.go_on.acquire().await.expect("the semaphore is never closed").forget();
    }

    pub(super) async fn has_begun(&self) {
        self.begun.acquire().await.expect("the semaphore is never closed").forget();
    }
}

#[derive(Enum, Clone, Copy, PartialEq, Eq)]
enum Colour {
    Red,
    Green,
}

#[derive(SimpleObject)]
struct Pair {
    zebra: i32,
    ant: i32,
}

pub(super) struct Query(Arc<Toys>);

#[Object]
impl Query {
    async fn hello(&self) -> &str {
        "world"
    }

    async fn pair(&self) -> Pair {
        Pair { zebra: 1, ant: 2 }
    }

    async fn add(&self, a: i32, #[graphql(default = 1)] b: i32) -> i32 {
        a.saturating_add(b)
    }

    async fn paint(&self, colour: Colour) -> bool {
        colour == Colour::Red
    }

    async fn echo(&self, date: Odd) -> bool {
        date.0.is_empty()
    }

    async fn uncoded(&self) -> Option<Result<i32, Error>> {
        Some(Err(Error::new("canary-of-the-database")))
    }

    async fn coded(&self) -> Option<Result<i32, Error>> {
        Some(Err(Error::new("Not yours.").extend_with(|_, extensions| {
            extensions.set("code", "FORBIDDEN");
            extensions.set("internal", "canary");
        })))
    }

    async fn slow(&self) -> bool {
        self.0.pause().await;
        true
    }

    async fn broken(&self) -> bool {
        assert!(self.0.written.load(Ordering::SeqCst) > 1_000, "canary-of-the-panic");
        true
    }
}

/// A scalar that quotes what it does not like, as custom scalars do.
struct Odd(String);

#[async_graphql::Scalar]
impl async_graphql::ScalarType for Odd {
    fn parse(value: async_graphql::Value) -> async_graphql::InputValueResult<Self> {
        match value {
            async_graphql::Value::String(text) if text.len() % 2 == 1 => Ok(Self(text)),
            other => Err(async_graphql::InputValueError::custom(format!("{other} is not odd"))),
        }
    }

    fn to_value(&self) -> async_graphql::Value {
        async_graphql::Value::String(self.0.clone())
    }
}

pub(super) struct Mutation(Arc<Toys>);

#[Object]
impl Mutation {
    async fn write(&self) -> i32 {
        self.0.pause().await;
        self.0.written.fetch_add(1, Ordering::SeqCst);
        self.0.ended.notify_one();
        1
    }

    /// The key that came with the request.
    async fn once(&self, ctx: &Context<'_>) -> Option<String> {
        ctx.data_opt::<Key>().map(|key| key.0.clone())
    }

    async fn touch(&self) -> i32 {
        self.0.written.fetch_add(1, Ordering::SeqCst);
        1
    }
}

struct Key(String);

/// Who is asking: a name.
pub(super) type Name = &'static str;

pub(super) struct Toy {
    schema: Schema<Query, Mutation, EmptySubscription>,
    toys: Arc<Toys>,
}

impl Toy {
    pub(super) fn new(toys: Arc<Toys>) -> Self {
        let query = Query(Arc::clone(&toys));
        let schema = Schema::build(query, Mutation(Arc::clone(&toys)), EmptySubscription);
        Self { schema: schema.disable_suggestions().finish(), toys }
    }
}

impl Authenticate for Toy {
    type Viewer = Name;

    fn anonymous(&self) -> Name {
        "nobody"
    }

    async fn api_key(&self, presented: &str) -> Result<Option<Name>, CredentialsUnavailable> {
        match presented {
            "sk_test_good" => Ok(Some("somebody")),
            "sk_test_down" => Err(CredentialsUnavailable),
            _ => Ok(None),
        }
    }

    async fn jwt(&self, _claims: Claims) -> Result<Option<Name>, CredentialsUnavailable> {
        Ok(None)
    }

    fn tenant(&self, viewer: &Name) -> Option<String> {
        (*viewer == "somebody").then(|| "ten_1".to_owned())
    }
}

impl Execute for Toy {
    type Viewer = Name;

    fn authorize(&self, viewer: &Name, operation: &Operation) -> Result<(), ServerError> {
        let needs_key = operation.root_fields.iter().any(|field| field == "touch");
        if needs_key && *viewer == "nobody" {
            let mut error = ServerError::new("A key is needed.", None);
            let mut extensions = async_graphql::ErrorExtensionValues::default();
            extensions.set("code", "UNAUTHENTICATED");
            error.extensions = Some(extensions);
            return Err(error);
        }
        Ok(())
    }

    fn once(&self, request: Request, key: String) -> Request {
        request.data(Key(key))
    }

    async fn execute(&self, request: Request, viewer: Name) -> Response {
        self.toys.executed.fetch_add(1, Ordering::SeqCst);
        self.schema.execute(request.data(viewer)).await
    }
}

impl Ready for Toy {
    async fn ping(&self) -> Result<(), String> {
        Ok(())
    }
}

impl Receive for Toy {
    async fn receive(&self, connector_id: &str, inbound: Inbound) -> Received {
        let signature = inbound.headers.get("signature").map(|value| value.as_bytes().to_vec());
        match (connector_id, signature.as_deref()) {
            ("con_good", Some(b"good")) => {}
            ("con_slow", _) => self.toys.pause().await,
            ("con_down", _) => return Received::Unavailable,
            ("con_broken", _) => panic!("canary-of-the-panic"),
            _ => return Received::Refused,
        }
        self.toys.received.lock().expect("no test panics here").push(inbound);
        self.toys.ended.notify_one();
        Received::Acknowledged(Acknowledgement {
            status: axum::http::StatusCode::ACCEPTED,
            content_type: Some("text/plain"),
            body: "[accepted]".into(),
        })
    }
}

impl ComeBack for Toy {
    async fn come_back(&self, token: &str, parameters: Vec<(String, String)>) -> CameBack {
        let came = match token {
            "shop" => CameBack::To("https://shop.example/thanks?status=SUCCEEDED".parse().expect("a URL")),
            "nowhere" => CameBack::Nowhere,
            "down" => CameBack::Unavailable,
            _ => return CameBack::Unknown,
        };
        self.toys.returned.lock().expect("no test panics here").push(parameters);
        came
    }
}
