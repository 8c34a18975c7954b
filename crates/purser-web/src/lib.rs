//! The pages of purser, inside the binary.
//!
//! A gateway that must fetch its own console from somebody else's server does not work behind a
//! firewall, cannot have a content security policy, and trusts a third party with the keys that
//! people paste into it. So the pages are built ahead of time, committed compressed under `dist/`,
//! and embedded here. `cargo build` needs no Node, and no page asks another origin for anything.
//!
//! The one large page is GraphiQL. The server mounts it under `/graphiql/`:
//!
//! * `GET /graphiql/` and everything below it is answered with [`graphiql`], given the path after
//!   that prefix. `None` is a 404. `/graphiql` without the slash redirects.
//! * `GET /graphiql/config.json` is the server's own: it tells the page the endpoint, the sample
//!   tabs and the headers. `README.md` describes it. It is never embedded, since it may hold a key.
//! * Every answer carries [`CONTENT_SECURITY_POLICY`] and `X-Content-Type-Options: nosniff`.
//!
//! What an [`Asset`] says maps to headers one to one: `content_type`, `etag`, `Content-Encoding:
//! gzip` if `is_gzip`, and a year of `immutable` caching if the name contains the hash of the
//! content; anything else is `no-cache`, which means "ask, and be told 304". A client that does not
//! accept gzip is given [`Asset::plain`], and both need `Vary: Accept-Encoding`.
//!
//! Beside it there are small pages without a script, made when they are asked for: what a customer reads
//! who comes back from a processor ([`page::notice`]), and the challenge of a simulated processor
//! ([`page::challenge`]). Their templates are in `pages/`, and each brings a policy of its own.
//!
//! The crate knows no HTTP library, no configuration and no keys: it maps a path to bytes.
//!
//! To change GraphiQL, edit `graphiql/` and run `build.sh`. The build is reproducible, and the test
//! command proves that the committed bytes come from the committed sources. To add another page,
//! give it a directory of sources, a directory under `dist/` and a function beside [`graphiql`].

mod asset;
pub mod page;

pub use asset::Asset;

use rust_embed::RustEmbed;

/// What the page may do: run its own scripts, talk to its own origin, and nothing else.
///
/// Monaco, GraphiQL's editor, writes style elements at run time, hence `'unsafe-inline'` for styles
/// (and only for them), and draws a few squiggles from `data:` images.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; \
    style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; worker-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page itself, which an empty path names too.
const INDEX: &str = "index.html";

#[derive(RustEmbed)]
#[folder = "dist/graphiql"]
struct Graphiql;

/// Finds a file of the GraphiQL page by its path below `/graphiql/`.
///
/// An empty path is the page. Only exact names are known: nothing is read from the disk, so a path
/// with `..` in it is one more name that does not exist.
#[must_use]
pub fn graphiql(path: &str) -> Option<Asset> {
    let path = if path.is_empty() { INDEX } else { path };
    let file = Graphiql::get(&format!("{path}.gz"))?;
    Some(Asset::compressed(path, file.data, file.metadata.sha256_hash()))
}
