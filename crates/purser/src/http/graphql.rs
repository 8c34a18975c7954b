//! `/graphql`: GraphQL over HTTP.

mod body;
mod execute;
pub(super) mod once;
mod parameters;

use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::types::OperationType;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use axum::routing::any;

use super::answer::Answer;
use super::auth;
use super::cost::PlainLists;
use super::document::Documents;
use super::jwt::Verifier;
use super::media::Media;
use super::ports::{Authenticate, Execute, Operation};
use super::record::{Noted, RequestId};
use super::refusal::{Code, Refusal};
use super::server::InFlight;
use crate::config;
use execute::Done;
use parameters::Parameters;

/// What an endpoint is made of.
pub struct EdgeParts<A, E> {
    /// Who is asking.
    pub authenticate: Arc<A>,
    /// What is executed.
    pub execute: Arc<E>,
    /// Whose tokens are believed.
    pub tokens: Arc<Verifier>,
    /// `[graphql]`.
    pub graphql: config::Graphql,
    /// `[server]`.
    pub server: config::Server,
    /// The schema, for the fields that are plain lists.
    pub sdl: String,
    /// Counts running operations, so that the process waits for them when it stops.
    pub in_flight: InFlight,
}

/// One GraphQL endpoint. The federated one is a second value with another schema.
pub struct Edge<A, E> {
    authenticate: Arc<A>,
    tokens: Arc<Verifier>,
    graphql: config::Graphql,
    body_max: usize,
    body_timeout: Duration,
    documents: Documents,
    runner: execute::Runner<E>,
}

impl<A, E> Edge<A, E>
where
    A: Authenticate,
    E: Execute<Viewer = A::Viewer>,
{
    /// An endpoint.
    #[must_use]
    pub fn new(parts: EdgeParts<A, E>) -> Arc<Self> {
        let EdgeParts { authenticate, execute, tokens, graphql, server, sdl, in_flight } = parts;
        let time_limit = Duration::from_millis(graphql.time_limit_ms);
        Arc::new(Self {
            authenticate,
            tokens,
            body_max: server.body_max,
            body_timeout: Duration::from_millis(server.body_timeout_ms),
            documents: Documents::new(graphql.limits.clone(), PlainLists::from_sdl(&sdl)),
            runner: execute::Runner::new(execute, graphql.concurrency, time_limit, in_flight),
            graphql,
        })
    }

    /// The endpoint at a path, as in `/graphql`.
    pub fn routes(self: Arc<Self>, path: &str) -> Router {
        Router::new().route(path, any(answer::<A, E>)).with_state(self)
    }

    /// Everything up to execution: each step may end it.
    async fn serve(&self, request: Request, id: &str, noted: &mut Noted) -> Result<Answer, Refusal> {
        let is_get = request.method() == Method::GET;
        let (head, body) = request.into_parts();
        let parameters = if is_get {
            refuse_cross_site(&head.headers)?;
            Parameters::from_query(head.uri.query().unwrap_or_default())?
        } else {
            body::check_headers(&head.headers)?;
            let bytes = body::read(body, &head.headers, self.body_max, self.body_timeout).await?;
            Parameters::from_body(&bytes)?
        };
        let viewer = auth::viewer(&head.headers, self.authenticate.as_ref(), &self.tokens).await?;
        noted.tenant = self.authenticate.tenant(&viewer);
        let prepared = self.documents.prepare(&parameters.query)?;
        let Parameters { operation_name, variables, .. } = parameters;
        let operation = self.documents.select(&prepared, operation_name.as_deref(), &variables)?;
        noted.operation = Some(operation.kind);
        noted.operation_hash = Some(operation.hash.clone());
        self.check_operation(&operation, is_get)?;
        prepared.check_variables(&operation, &variables)?;
        if let Err(error) = self.runner.authorize(&viewer, &operation) {
            return Ok(Answer::new(async_graphql::Response::from_errors(vec![error]), id));
        }
        let key = once::key(&head.headers, &operation)?;
        let plan = prepared.plan(&operation).map(|plan| (plan, variables.clone()));
        let (runner, kind) = (&self.runner, operation.kind);
        let done = {
            let (prepared, operation) = (Arc::clone(&prepared), operation.clone());
            let request = move || prepared.request(&operation, variables);
            runner.run(plan, request, key, viewer, kind, id).await?
        };
        match done {
            Done::Planned(json) => Ok(Answer::whole(json)),
            Done::Executed(response) => {
                if kind == OperationType::Query && response.errors.is_empty() {
                    prepared.learn(&operation, |document, name| runner.plan(document, name));
                }
                Ok(Answer::new(*response, id))
            }
        }
    }

    fn check_operation(&self, operation: &Operation, is_get: bool) -> Result<(), Refusal> {
        match operation.kind {
            OperationType::Mutation if is_get => {
                let message = "Mutations must be sent with POST.";
                let refusal = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, Code::BadUserInput, message);
                Err(refusal.allow("POST"))
            }
            OperationType::Subscription => {
                Err(Refusal::bad_request("Subscriptions are not served over this transport."))
            }
            _ if operation.introspects && !self.graphql.introspection => {
                Err(Refusal::request_error("Introspection is off.").code(Code::Forbidden))
            }
            OperationType::Query | OperationType::Mutation => Ok(()),
        }
    }
}

async fn answer<A, E>(State(edge): State<Arc<Edge<A, E>>>, request: Request) -> Response<Body>
where
    A: Authenticate,
    E: Execute<Viewer = A::Viewer>,
{
    let id = RequestId::of(&request);
    let mode = edge.graphql.status;
    let mut noted = Noted::default();
    let accepted = Media::negotiate(request.headers());
    let media = accepted.unwrap_or(Media::Json);
    let is_served = matches!(*request.method(), Method::GET | Method::POST);
    let outcome = if !is_served {
        let message = "Use GET for queries, or POST.";
        Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, Code::BadUserInput, message).allow("GET, POST"))
    } else if accepted.is_none() {
        let message = "Answers are application/json or application/graphql-response+json.";
        Err(Refusal::new(StatusCode::NOT_ACCEPTABLE, Code::BadUserInput, message))
    } else {
        edge.serve(request, id.as_str(), &mut noted).await
    };
    let mut response = match outcome {
        Ok(answer) => {
            noted.code = answer.code();
            answer.into_response(media, mode)
        }
        Err(refusal) => {
            noted.code = Some(refusal.reason().as_str().to_owned());
            refusal.into_response(media, mode, id.as_str())
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("accept, authorization"));
    response.extensions_mut().insert(noted);
    response
}

/// A page of somebody else may make a browser send a GET with the user's cookies and addresses.
fn refuse_cross_site(headers: &HeaderMap) -> Result<(), Refusal> {
    let is_cross_site = headers.get("sec-fetch-site").is_some_and(|site| site.as_bytes() == b"cross-site");
    if is_cross_site {
        let message = "Cross-site GET is refused; use POST with application/json.";
        return Err(Refusal::new(StatusCode::FORBIDDEN, Code::Forbidden, message));
    }
    Ok(())
}
