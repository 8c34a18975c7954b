//! Bearer tokens: which are believed, and what they say.
//!
//! A token is believed if one of the configured issuers signed it with the one algorithm of the one key
//! that its `kid` names, and every claim that must be there is there and holds now. Nothing in a token
//! chooses how it is verified: `alg` is compared, not obeyed; `jku`, `jwk`, `x5u` and their kin are
//! refused, not ignored; `kid` is looked up in a table that the operator's file or URL filled.
//!
//! Signatures are checked by the `jsonwebtoken` crate; times, audience and issuer by [`claims`], since
//! the crate reads the wall clock itself, allows a minute of leeway by default and does not require
//! most claims.
//!
//! Where the standards leave a choice, ours is:
//!
//! - one refusal for every reason, the one of an unknown API key; the reason is in the log alone;
//! - `kid` is required, and a key has one algorithm (RFC 7515 makes the first optional, RFC 7517 both);
//! - every member of a header that brings a key or changes what is signed is refused, not ignored, even
//!   `crit` with an extension that could be understood (RFC 7515, 4.1);
//! - `typ` is absent, `JWT` or `at+jwt` (RFC 9068), so that no other kind of token passes for these;
//! - a token is for one audience, begins and ends, and lives no longer than its issuer's
//!   `lifetime_max_s`; see [`claims`];
//! - no more leeway than [`claims::LEEWAY`], no token longer than [`TOKEN_MAX`];
//! - an issuer is the operator's choice and is believed for every tenant: `tid` is not tied to `iss`;
//! - a set of keys that cannot be loaded leaves the old one in use, however long that lasts: an outage
//!   of the identity provider does not become one of ours. Who must end a key at once takes it out of a
//!   set that loads, and restarts.
//!
//! To rotate a key: add the new one to the JWKS, wait until no token of the old one lives, remove the
//! old one. Files are looked at every few seconds; URLs at an interval, and at once (but not more often
//! than [`keys::RETRY_AFTER`]) when a token names a key that is not known yet.

pub mod claims;
pub mod keys;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use purser_types::Source;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

pub use claims::Claims;
use claims::Payload;
use keys::{Key, KeySet};

use crate::config::Issuer;

/// Bytes of the longest token that is looked at.
pub const TOKEN_MAX: usize = 8 * 1024;
/// Bytes of the longest key id.
const KID_MAX: usize = 128;
/// How often files are looked at for changes.
const WATCH_EVERY: Duration = Duration::from_secs(5);

/// Why a token is not believed. For the log; a client hears 401 and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// Not three base64url parts of JSON.
    #[error("malformed")]
    Malformed,
    /// A header that asks for something we do not do.
    #[error("header")]
    Header,
    /// `typ` is of another kind of token.
    #[error("type")]
    Type,
    /// No issuer of that name.
    #[error("issuer")]
    Issuer,
    /// No key of that id.
    #[error("key")]
    Key,
    /// `alg` is not the key's.
    #[error("algorithm")]
    Algorithm,
    /// The signature does not verify.
    #[error("signature")]
    Signature,
    /// A claim is missing, of the wrong type, or does not hold.
    #[error("claim {0}")]
    Claim(&'static str),
}

/// The header of a token. Members that would choose or carry a key, or change what is signed, are
/// named so that their presence is seen, whatever they hold; serde refuses any of these that is given
/// twice.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
    #[serde(default, deserialize_with = "some")]
    typ: Option<String>,
    #[serde(default, deserialize_with = "some")]
    crit: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "some")]
    jku: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "some")]
    jwk: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "some")]
    x5u: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "some")]
    x5c: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "some")]
    b64: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "some")]
    zip: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "some")]
    enc: Option<IgnoredAny>,
    #[serde(default, deserialize_with = "some")]
    cty: Option<IgnoredAny>,
}

impl Header {
    fn check(&self) -> Result<(), Distrust> {
        let unwanted = [
            &self.crit, &self.jku, &self.jwk, &self.x5u, &self.x5c, &self.b64, &self.zip, &self.enc,
            &self.cty,
        ];
        if unwanted.iter().any(|member| member.is_some()) || self.kid.is_empty() || self.kid.len() > KID_MAX {
            return Err(Distrust::Header);
        }
        let is_ours = self.typ.as_ref().is_none_or(|typ| {
            let typ = typ.to_ascii_lowercase();
            matches!(typ.strip_prefix("application/").unwrap_or(&typ), "jwt" | "at+jwt")
        });
        if is_ours { Ok(()) } else { Err(Distrust::Type) }
    }
}

/// Verifies tokens of the configured issuers.
pub struct Verifier {
    issuers: Vec<(Issuer, KeySet)>,
    source: Arc<dyn Source>,
}

impl Verifier {
    /// A verifier that has not loaded any keys yet; call [`Self::load`].
    ///
    /// # Errors
    /// An issuer without keys, with two sources of them, or with an algorithm that is not offered.
    pub fn new(issuers: &[Issuer], source: Arc<dyn Source>) -> Result<Self, keys::KeyError> {
        let with_keys = issuers.iter().map(|issuer| Ok((issuer.clone(), KeySet::new(issuer)?)));
        Ok(Self { issuers: with_keys.collect::<Result<_, keys::KeyError>>()?, source })
    }

    /// Whether any issuer is configured.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.issuers.is_empty()
    }

    /// Loads the keys of every issuer; answers what went wrong, by issuer. Keys that were loaded before
    /// stay in use.
    pub async fn load(&self) -> Vec<(String, Result<usize, keys::KeyError>)> {
        let mut outcomes = Vec::new();
        for (issuer, keys) in &self.issuers {
            outcomes.push((issuer.issuer.clone(), keys.load(self.source.now()).await));
        }
        outcomes
    }

    /// Keeps the keys fresh until the future is dropped.
    pub async fn watch(&self) {
        let mut tick = tokio::time::interval(WATCH_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            for (issuer, keys) in &self.issuers {
                if let Err(error) = keys.refresh_if_due(self.source.now()).await {
                    tracing::warn!(issuer = issuer.issuer, %error, "keys of an issuer were not refreshed");
                }
            }
        }
    }

    /// Verifies a token.
    ///
    /// # Errors
    /// Why it is not believed.
    pub async fn verify(&self, token: &str) -> Result<Claims, Distrust> {
        let parts = Parts::split(token)?;
        let header: Header = parse(parts.header)?;
        header.check()?;
        let payload: Payload = parse(parts.payload)?;
        let of_issuer = self.issuers.iter().find(|(issuer, _)| issuer.issuer == payload.iss);
        let (issuer, keys) = of_issuer.ok_or(Distrust::Issuer)?;
        let key = self.key(keys, &header.kid).await.ok_or(Distrust::Key)?;
        if header.alg != key.algorithm_name() {
            return Err(Distrust::Algorithm);
        }
        if !key.verifies(parts.signed.as_bytes(), parts.signature) {
            return Err(Distrust::Signature);
        }
        payload.check(issuer, self.source.now())
    }

    async fn key(&self, keys: &KeySet, kid: &str) -> Option<Arc<Key>> {
        if let Some(key) = keys.find(kid) {
            return Some(key);
        }
        keys.refresh_for_unknown(self.source.now()).await;
        keys.find(kid)
    }
}

/// The parts of a JWS in compact serialisation (RFC 7515, 7.1).
struct Parts<'a> {
    signed: &'a str,
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
}

impl<'a> Parts<'a> {
    fn split(token: &'a str) -> Result<Self, Distrust> {
        if token.len() > TOKEN_MAX {
            return Err(Distrust::Malformed);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Distrust::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(Distrust::Malformed)?;
        let is_base64url = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        let all = [header, payload, signature].into_iter().all(is_base64url);
        if all { Ok(Self { signed, header, payload, signature }) } else { Err(Distrust::Malformed) }
    }
}

/// A member that is there and is no null: serde takes null for absent if it is not told.
fn some<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

fn parse<T>(part: &str) -> Result<T, Distrust>
where
    T: serde::de::DeserializeOwned,
{
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| Distrust::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| Distrust::Malformed)
}
