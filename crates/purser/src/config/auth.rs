//! `[auth]` and `[[auth.issuers]]`

use std::path::PathBuf;

use jsonwebtoken::Algorithm;
use serde::{Deserialize, Serialize};

use super::fault;
use crate::http::jwt::keys::KeySet;

section! {
    /// Who may present tokens.
    pub struct Auth {
        /// Issuers of JSON Web Tokens that are believed. API keys work without any.
        pub issuers: Vec<Issuer> = Vec::new(),
    }
}

section! {
    /// An issuer of JSON Web Tokens.
    pub struct Issuer {
        /// The claim `iss`, to the letter.
        pub issuer: String = String::new(),
        /// The claim `aud`, to the letter; tokens that are also meant for others are refused.
        pub audience: String = String::new(),
        /// Algorithms that the issuer's keys may have: "EdDSA", "ES256", "ES384", "RS256", "PS256", "HS256".
        pub algorithms: Vec<JwtAlgorithm> = vec![JwtAlgorithm::Es256, JwtAlgorithm::EdDsa],
        /// File with the issuer's JSON Web Key Set; it is read again when it changes.
        pub jwks_file: Option<PathBuf> = None,
        /// URL of the issuer's JSON Web Key Set; https, unless it is on this machine. It is fetched every ten minutes.
        pub jwks_url: Option<String> = None,
        /// What the claim `env` must say: "LIVE" or "SANDBOX", as the API spells them.
        pub environment: Environment = Environment::Sandbox,
        /// Seconds between a token's `iat` or `nbf`, whichever is earlier, and its `exp`.
        pub lifetime_max_s: u64 = 3_600,
    }
}

impl Auth {
    pub(super) fn faults(&self) -> Vec<(String, String)> {
        let mut faults = Vec::new();
        for (at, issuer) in self.issuers.iter().enumerate() {
            let key = |name: &str| format!("auth.issuers[{at}].{name}");
            if issuer.issuer.is_empty() {
                faults.push(fault(&key("issuer"), "expected the issuer's name"));
            }
            if issuer.audience.is_empty() {
                faults.push(fault(&key("audience"), "expected the audience of this server"));
            }
            if self.issuers[..at].iter().any(|other| other.issuer == issuer.issuer) {
                faults.push(fault(&key("issuer"), "expected a name that no other issuer has"));
            }
            if let Err(error) = KeySet::new(issuer) {
                faults.push(fault(&key("jwks_url"), &error.to_string()));
            }
        }
        faults
    }
}

/// Live or sandbox, spelled as the API spells them: a credential of one never works in the other.
///
/// An enum of its own because serde tells the operator which words it expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Environment {
    /// Money moves.
    Live,
    /// Money is simulated.
    Sandbox,
}

/// Algorithms on offer: one per key type and strength.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum JwtAlgorithm {
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// ECDSA on P-256.
    #[serde(rename = "ES256")]
    Es256,
    /// ECDSA on P-384.
    #[serde(rename = "ES384")]
    Es384,
    /// RSA, PKCS #1 1.5.
    #[serde(rename = "RS256")]
    Rs256,
    /// RSA, PSS.
    #[serde(rename = "PS256")]
    Ps256,
    /// HMAC; only with `oct` keys of at least 32 bytes, and only if listed.
    #[serde(rename = "HS256")]
    Hs256,
}

impl JwtAlgorithm {
    /// What a header calls it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Hs256 => "HS256",
        }
    }

    /// What the verifying crate calls it.
    #[must_use]
    pub const fn algorithm(self) -> Algorithm {
        match self {
            Self::EdDsa => Algorithm::EdDSA,
            Self::Es256 => Algorithm::ES256,
            Self::Es384 => Algorithm::ES384,
            Self::Rs256 => Algorithm::RS256,
            Self::Ps256 => Algorithm::PS256,
            Self::Hs256 => Algorithm::HS256,
        }
    }
}
