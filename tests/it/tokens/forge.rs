//! Makes tokens: good ones, and ones that say anything, signed with anything.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use purser::config::{Config, Environment, Issuer, JwtAlgorithm};
use purser_tests::World;
use purser_types::Source as _;
use serde_json::{Value, json};

use super::fixtures;

/// The issuer of most tokens, whose keys are of every kind.
pub(super) const ISSUER: &str = "https://id.example";
/// The issuer of the live environment.
pub(super) const LIVE: &str = "https://live.example";
/// For whom all tokens are meant.
pub(super) const AUDIENCE: &str = "purser";
/// The secret that [`ISSUER`] shares with the server.
const SHARED: [u8; 32] = [7; 32];

/// Key ids of [`ISSUER`] with the algorithm of each key. Two name the same RSA key.
pub(super) const KEYS: [(&str, Algorithm); 6] = [
    ("ed", Algorithm::EdDSA),
    ("ec", Algorithm::ES256),
    ("ec384", Algorithm::ES384),
    ("rs", Algorithm::RS256),
    ("ps", Algorithm::PS256),
    ("hs", Algorithm::HS256),
];

/// A private key for an algorithm.
pub(super) fn key(algorithm: Algorithm) -> EncodingKey {
    match algorithm {
        Algorithm::EdDSA => ed(fixtures::ED),
        Algorithm::ES256 => EncodingKey::from_ec_pem(fixtures::EC.as_bytes()).expect("a key"),
        Algorithm::ES384 => EncodingKey::from_ec_pem(fixtures::EC_384.as_bytes()).expect("a key"),
        Algorithm::HS256 => EncodingKey::from_secret(&SHARED),
        _ => EncodingKey::from_rsa_pem(fixtures::RSA.as_bytes()).expect("a key"),
    }
}

/// A private key of Ed25519.
pub(super) fn ed(pem: &str) -> EncodingKey {
    EncodingKey::from_ed_pem(pem.as_bytes()).expect("a key")
}

/// What a key set says of a key.
pub(super) fn jwk(key: &EncodingKey, algorithm: Algorithm, kid: &str) -> Value {
    let jwk = match algorithm {
        Algorithm::HS256 => json!({ "kty": "oct", "k": URL_SAFE_NO_PAD.encode(SHARED) }),
        _ => serde_json::to_value(Jwk::from_encoding_key(key, algorithm).expect("a public key"))
            .expect("a key of a set is JSON"),
    };
    let mut jwk = jwk;
    jwk["kid"] = json!(kid);
    jwk["alg"] = json!(name(algorithm));
    jwk
}

/// What a header calls an algorithm.
pub(super) fn name(algorithm: Algorithm) -> String {
    format!("{algorithm:?}")
}

/// The usual keys of [`ISSUER`].
pub(super) fn usual_keys() -> Vec<Value> {
    KEYS.iter().map(|(kid, algorithm)| jwk(&key(*algorithm), *algorithm, kid)).collect()
}

/// Writes a key set in one step, so that nobody reads half of it.
pub(super) fn write_keys(path: &Path, keys: &[Value]) {
    let new = path.with_extension("new");
    std::fs::write(&new, json!({ "keys": keys }).to_string()).expect("a file");
    std::fs::rename(new, path).expect("a file");
}

/// Two issuers whose keys are in the directory.
pub(super) fn configure(config: &mut Config, directory: &Path) {
    use JwtAlgorithm::{EdDsa, Es256, Es384, Hs256, Ps256, Rs256};
    let live = jwk(&ed(fixtures::ED_LIVE), Algorithm::EdDSA, "live");
    for (issuer, file, environment, keys) in [
        (ISSUER, "keys.json", Environment::Sandbox, usual_keys()),
        (LIVE, "live.json", Environment::Live, vec![live]),
    ] {
        write_keys(&directory.join(file), &keys);
        config.auth.issuers.push(Issuer {
            issuer: issuer.to_owned(),
            audience: AUDIENCE.to_owned(),
            algorithms: vec![EdDsa, Es256, Es384, Rs256, Ps256, Hs256],
            jwks_file: Some(directory.join(file)),
            environment,
            ..Issuer::default()
        });
    }
}

/// Makes tokens of one tenant at one time.
#[derive(Clone)]
pub(super) struct Forge {
    /// Seconds since the epoch.
    pub(super) now: i64,
    tenant: String,
}

impl Forge {
    pub(super) fn new(world: &World, tenant: &str) -> Self {
        Self { now: world.source().now().unix_seconds(), tenant: tenant.to_owned() }
    }

    /// Claims that hold.
    pub(super) fn claims(&self) -> Value {
        json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": "ann", "tid": self.tenant, "env": "SANDBOX",
            "scp": "containers:read containers:admin",
            "iat": self.now - 10, "nbf": self.now - 10, "exp": self.now + 600,
        })
    }

    /// The same with one that says something else.
    pub(super) fn having(&self, claim: &str, value: Value) -> Value {
        let mut claims = self.claims();
        claims[claim] = value;
        claims
    }

    /// The same without one.
    pub(super) fn without(&self, claim: &str) -> Value {
        let mut claims = self.claims();
        claims.as_object_mut().expect("claims are an object").remove(claim);
        claims
    }

    /// A good token of a key of [`ISSUER`].
    pub(super) fn good(&self, kid: &str, algorithm: Algorithm) -> String {
        let header = json!({ "alg": name(algorithm), "kid": kid, "typ": "JWT" });
        sign(&header.to_string(), &self.claims().to_string(), &key(algorithm), algorithm)
    }

    /// Good claims under this header, signed as the usual header says.
    pub(super) fn headed(&self, header: &str) -> String {
        sign(header, &self.claims().to_string(), &key(Algorithm::EdDSA), Algorithm::EdDSA)
    }
}

/// These claims under the usual header.
pub(super) fn usual(claims: &Value) -> String {
    saying(&claims.to_string())
}

/// This payload under the usual header.
pub(super) fn saying(payload: &str) -> String {
    sign(r#"{"alg":"EdDSA","kid":"ed"}"#, payload, &key(Algorithm::EdDSA), Algorithm::EdDSA)
}

/// A header and a payload, signed.
pub(super) fn sign(header: &str, payload: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
    let signed = format!("{}.{}", part(header), part(payload));
    let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), key, algorithm).expect("a signature");
    format!("{signed}.{signature}")
}

/// A part of a token.
pub(super) fn part(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of a part.
pub(super) fn bytes(part: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(part).expect("a part of a token of ours")
}

/// What is between the lines of a PEM.
pub(super) fn der(pem: &str) -> Vec<u8> {
    let lines: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(lines).expect("a PEM of ours")
}
