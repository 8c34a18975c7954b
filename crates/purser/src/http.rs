//! Everything between a socket and the schema.
//!
//! One request to `/graphql` goes through these modules, each of which may answer it:
//!
//! 1. [`server`]: connections, time for the head of a request, draining when the process stops;
//! 2. [`record`]: gives the request an id, and writes one line and two metrics when it is answered;
//! 3. [`graphql`]: method, media types, cross-site rules, bytes and time of the body;
//! 4. [`guard`]: the raw bytes: card numbers, JSON nesting, encoding, tokens, brackets, fragments;
//! 5. [`auth`] and [`jwt`]: who is asking;
//! 6. [`document`] and [`cost`]: parse, choose the operation, depth and points, required variables;
//! 7. [`ports::Execute::authorize`], then [`ports::Execute::execute`] in a task of its own;
//! 8. [`answer`]: what may be said about errors, serialised in the order of the selection.
//!
//! Beside it there are two routes that nobody needs a key for: [`notifications`], where processors prove
//! who they are by a signature, and [`returns`], where a customer's browser does by a token.
//!
//! The layer knows no tenant, no table and no rule of the trade: it is generic over the traits in
//! [`ports`]. It exists because the library's own HTTP service executes mutations over GET and over
//! `text/plain`, reads bodies without a bound, runs batches of any size, and echoes what it was sent.
//!
//! The tests drive a real server on 127.0.0.1 over a toy schema, see `tests.rs`.

pub mod answer;
pub mod auth;
mod body;
pub mod cors;
pub mod cost;
pub mod document;
pub mod graphql;
pub mod guard;
pub mod health;
pub mod jwt;
pub mod media;
pub mod notifications;
pub mod pages;
pub mod ports;
pub mod record;
pub mod refusal;
pub mod returns;
pub mod server;
#[cfg(test)]
mod tests;

pub use graphql::{Edge, EdgeParts};
pub use ports::{
    Authenticate, CameBack, ComeBack, CredentialsUnavailable, Execute, Operation, Ready, Receive, Received,
};
pub use record::RequestId;
