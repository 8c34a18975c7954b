//! The keys of one issuer: a JSON Web Key Set (RFC 7517) from a file or a URL.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use purser_types::Timestamp;
use tokio::sync::Mutex;
use url::Url;

use crate::config::{Issuer, JwtAlgorithm};

/// How soon after a load an unknown key id may cause another one.
pub const RETRY_AFTER: Duration = Duration::from_secs(10);
/// How often a URL is loaded without a reason.
const REFRESH_EVERY: Duration = Duration::from_secs(600);
/// How long a URL may take.
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of the longest key set.
const SET_MAX: usize = 64 * 1024;
/// Keys of the largest key set.
const KEYS_MAX: usize = 50;
/// Bytes of the shortest secret of an HMAC key; RFC 7518, 3.2 wants as many as the hash has.
const SECRET_MIN: usize = 32;
/// Bytes of the shortest RSA modulus, 2048 bits; RFC 7518, 3.3.
const MODULUS_MIN: usize = 256;

/// Why keys were not loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The issuer's configuration makes no sense.
    #[error("{0}")]
    Configuration(&'static str),
    /// The file cannot be read.
    #[error("cannot read {path}: {why}")]
    File {
        /// Which file.
        path: String,
        /// What the operating system says.
        why: String,
    },
    /// The URL did not answer with a key set.
    #[error("cannot fetch {url}: {why}")]
    Fetch {
        /// Which URL.
        url: String,
        /// What happened.
        why: String,
    },
    /// The set is not one.
    #[error("not a JSON Web Key Set: {0}")]
    Set(String),
    /// A key that must not be used.
    #[error("key {kid:?}: {why}")]
    Key {
        /// Its id.
        kid: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// One key with its one algorithm.
pub struct Key {
    algorithm: Algorithm,
    name: &'static str,
    key: DecodingKey,
}

impl Key {
    /// The `alg` that a header must say.
    #[must_use]
    pub fn algorithm_name(&self) -> &'static str {
        self.name
    }

    /// Whether the signature over `message` is this key's.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &str) -> bool {
        jsonwebtoken::crypto::verify(signature, message, &self.key, self.algorithm).unwrap_or(false)
    }
}

enum Origin {
    File(PathBuf),
    Url(Url, reqwest::Client),
}

/// The keys of one issuer, swapped as a whole when they change.
pub struct KeySet {
    origin: Origin,
    allowed: Vec<JwtAlgorithm>,
    keys: ArcSwap<HashMap<String, Arc<Key>>>,
    /// When loading was last tried, in microseconds.
    tried_at: AtomicI64,
    /// Held while loading, so that a burst of unknown key ids loads once; holds the file's last change.
    loading: Mutex<Option<SystemTime>>,
}

impl KeySet {
    /// An empty set with its origin.
    ///
    /// # Errors
    /// Neither file nor URL or both, no algorithm, or a URL that is not safe.
    pub fn new(issuer: &Issuer) -> Result<Self, KeyError> {
        let origin = match (&issuer.jwks_file, &issuer.jwks_url) {
            (Some(path), None) => Origin::File(path.clone()),
            (None, Some(url)) => Origin::Url(checked_url(url)?, client()?),
            _ => return Err(KeyError::Configuration("an issuer needs either jwks_file or jwks_url")),
        };
        if issuer.algorithms.is_empty() {
            return Err(KeyError::Configuration("an issuer needs at least one algorithm"));
        }
        Ok(Self {
            origin,
            allowed: issuer.algorithms.clone(),
            keys: ArcSwap::default(),
            tried_at: AtomicI64::new(i64::MIN),
            loading: Mutex::new(None),
        })
    }

    /// The key with that id.
    #[must_use]
    pub fn find(&self, kid: &str) -> Option<Arc<Key>> {
        self.keys.load().get(kid).cloned()
    }

    /// Loads the set now.
    ///
    /// # Errors
    /// The old keys stay.
    pub async fn load(&self, now: Timestamp) -> Result<usize, KeyError> {
        let mut changed_at = self.loading.lock().await;
        self.load_locked(now, &mut changed_at).await
    }

    async fn load_locked(
        &self,
        now: Timestamp,
        changed_at: &mut Option<SystemTime>,
    ) -> Result<usize, KeyError> {
        self.tried_at.store(now.unix_micros(), Ordering::Relaxed);
        let bytes = match &self.origin {
            Origin::File(path) => {
                *changed_at = modified(path).await;
                read(path).await?
            }
            Origin::Url(url, client) => fetch(client, url).await?,
        };
        let keys = parse(&bytes, &self.allowed)?;
        let count = keys.len();
        self.keys.store(Arc::new(keys));
        Ok(count)
    }

    /// Loads the set if the file has changed, or the URL's turn has come.
    ///
    /// # Errors
    /// The old keys stay.
    pub async fn refresh_if_due(&self, now: Timestamp) -> Result<(), KeyError> {
        let mut changed_at = self.loading.lock().await;
        let is_due = match &self.origin {
            Origin::File(path) => modified(path).await != *changed_at,
            Origin::Url(..) => self.is_older_than(now, REFRESH_EVERY),
        };
        if is_due {
            self.load_locked(now, &mut changed_at).await?;
        }
        Ok(())
    }

    /// Loads the set because of a key id that is not in it, unless that was just tried.
    pub async fn refresh_for_unknown(&self, now: Timestamp) {
        if !self.is_older_than(now, RETRY_AFTER) {
            return;
        }
        let mut changed_at = self.loading.lock().await;
        if self.is_older_than(now, RETRY_AFTER)
            && let Err(error) = self.load_locked(now, &mut changed_at).await
        {
            tracing::warn!(%error, "keys of an issuer were not refreshed");
        }
    }

    fn is_older_than(&self, now: Timestamp, age: Duration) -> bool {
        let tried_at = Timestamp::from_unix_micros(self.tried_at.load(Ordering::Relaxed));
        now.since(tried_at) >= age
    }
}

/// Keys that anybody on the way could replace are no keys.
fn checked_url(text: &str) -> Result<Url, KeyError> {
    let url = Url::parse(text).map_err(|_| KeyError::Configuration("jwks_url is not a URL"))?;
    let is_local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_local => Ok(url),
        _ => Err(KeyError::Configuration("jwks_url must be https")),
    }
}

fn client() -> Result<reqwest::Client, KeyError> {
    reqwest::Client::builder()
        .timeout(FETCH_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .map_err(|_| KeyError::Configuration("no TLS for jwks_url"))
}

async fn modified(path: &PathBuf) -> Option<SystemTime> {
    tokio::fs::metadata(path).await.ok()?.modified().ok()
}

async fn read(path: &PathBuf) -> Result<Vec<u8>, KeyError> {
    let bytes = tokio::fs::read(path).await;
    bytes.map_err(|error| KeyError::File { path: path.display().to_string(), why: error.to_string() })
}

async fn fetch(client: &reqwest::Client, url: &Url) -> Result<Vec<u8>, KeyError> {
    let failed = |why: String| KeyError::Fetch { url: url.to_string(), why };
    let plain = |error: reqwest::Error| failed(error.without_url().to_string());
    let mut response = client.get(url.clone()).send().await.map_err(plain)?;
    if !response.status().is_success() {
        return Err(failed(format!("status {}", response.status().as_u16())));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(plain)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > SET_MAX {
            return Err(failed("the answer is too long".to_owned()));
        }
    }
    Ok(bytes)
}

fn parse(bytes: &[u8], allowed: &[JwtAlgorithm]) -> Result<HashMap<String, Arc<Key>>, KeyError> {
    if bytes.len() > SET_MAX {
        return Err(KeyError::Set("it is too long".to_owned()));
    }
    let set: jsonwebtoken::jwk::JwkSet = serde_json::from_slice(bytes)
        .map_err(|error| KeyError::Set(format!("line {}, column {}", error.line(), error.column())))?;
    if set.keys.len() > KEYS_MAX {
        return Err(KeyError::Set("it has too many keys".to_owned()));
    }
    let mut keys = HashMap::new();
    for jwk in &set.keys {
        // Sets of identity providers hold encryption keys too; those are nobody's business here.
        if matches!(jwk.common.public_key_use, Some(PublicKeyUse::Encryption)) {
            continue;
        }
        let kid = jwk.common.key_id.clone().unwrap_or_default();
        let refuse = |why| KeyError::Key { kid: kid.clone(), why };
        if kid.is_empty() {
            return Err(refuse("it has no kid"));
        }
        let key = admit(jwk, allowed).map_err(refuse)?;
        if keys.insert(kid.clone(), Arc::new(key)).is_some() {
            return Err(refuse("its kid is not unique"));
        }
    }
    Ok(keys)
}

/// Decides the one algorithm of a key: its own `alg`, or the only one that fits its type; it must be
/// among those that the operator allowed.
fn admit(jwk: &Jwk, allowed: &[JwtAlgorithm]) -> Result<Key, &'static str> {
    let fits = |algorithm: &&JwtAlgorithm| fits(**algorithm, &jwk.algorithm);
    let fitting: Vec<JwtAlgorithm> = allowed.iter().filter(fits).copied().collect();
    let chosen = match (jwk.common.key_algorithm, fitting.as_slice()) {
        (Some(named), _) => fitting.iter().find(|algorithm| algorithm.as_str() == named.to_string()),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    let chosen = chosen.ok_or("its algorithm is not among those allowed for the issuer")?;
    check_strength(&jwk.algorithm)?;
    let key = DecodingKey::from_jwk(jwk).map_err(|_| "it is malformed")?;
    Ok(Key { algorithm: chosen.algorithm(), name: chosen.as_str(), key })
}

fn fits(algorithm: JwtAlgorithm, parameters: &AlgorithmParameters) -> bool {
    use JwtAlgorithm::{EdDsa, Es256, Es384, Hs256, Ps256, Rs256};
    match parameters {
        AlgorithmParameters::RSA(_) => matches!(algorithm, Rs256 | Ps256),
        AlgorithmParameters::EllipticCurve(key) => match key.curve {
            EllipticCurve::P256 => algorithm == Es256,
            EllipticCurve::P384 => algorithm == Es384,
            _ => false,
        },
        AlgorithmParameters::OctetKeyPair(key) => key.curve == EllipticCurve::Ed25519 && algorithm == EdDsa,
        AlgorithmParameters::OctetKey(_) => algorithm == Hs256,
        _ => false,
    }
}

fn check_strength(parameters: &AlgorithmParameters) -> Result<(), &'static str> {
    let length = |text: &str| URL_SAFE_NO_PAD.decode(text).map_or(0, |bytes| bytes.len());
    match parameters {
        AlgorithmParameters::OctetKey(key) if length(&key.value) < SECRET_MIN => {
            Err("its secret is too short")
        }
        AlgorithmParameters::RSA(key) if length(&key.n) < MODULUS_MIN => Err("its modulus is too short"),
        _ => Ok(()),
    }
}
