//! One-way values: fingerprints, hashes of API keys, signatures.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::keys::{Key, Keyring};

impl Keyring {
    /// The fingerprint of an instrument inside one container.
    ///
    /// It finds the same card twice in one container and says nothing across containers, since the
    /// container's id is part of the key.
    #[must_use]
    pub fn fingerprint(&self, container: &[u8], basis: &[u8]) -> [u8; 32] {
        mac(&self.fingerprint, container, basis)
    }

    /// The hash under which an API key is stored.
    #[must_use]
    pub fn api_key_hash(&self, api_key: &str) -> [u8; 32] {
        *blake3::keyed_hash(&self.api_key, api_key.as_bytes()).as_bytes()
    }

    /// A tag that proves that this server made `bytes` for the purpose `label`.
    #[must_use]
    pub fn sign(&self, label: &str, bytes: &[u8]) -> [u8; 32] {
        mac(&self.sign, label.as_bytes(), bytes)
    }

    /// Whether `tag` is the signature of `bytes` for `label`, compared in constant time.
    #[must_use]
    pub fn verify(&self, label: &str, bytes: &[u8], tag: &[u8]) -> bool {
        self.sign(label, bytes).as_slice().ct_eq(tag).into()
    }
}

/// HMAC over `scope` behind its length, then `bytes`, so that no two pairs have the same input.
fn mac(key: &Key, scope: &[u8], bytes: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(&**key).expect("HMAC takes keys of any length");
    mac.update(&u64::try_from(scope.len()).unwrap_or(u64::MAX).to_be_bytes());
    mac.update(scope);
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}
