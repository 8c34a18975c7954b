//! Seal, open, fingerprint and sign: everything in the server that needs a key.
//!
//! The vault knows bytes and where they are kept, and nothing else: no SQL, no HTTP, no GraphQL, no
//! domain. It starts from one master key (32 random bytes in a file that only the server's user
//! can read) and derives a separate key for each use with HKDF-SHA-256, so that a weakness of one
//! use never reaches another:
//!
//! | use | construction | key |
//! |---|---|---|
//! | seal a value of a row | AES-256-GCM-SIV, random nonce | `seal`, per key version |
//! | fingerprint of an instrument | HMAC-SHA-256, per container | `fingerprint` |
//! | hash of an API key | BLAKE3, keyed | `api-key` |
//! | signature of cursors and sessions | HMAC-SHA-256, per label | `sign` |
//!
//! # Sealing
//!
//! A sealed value is bound to the place where it is kept, its [`Aad`]: table, tenant, row and column.
//! Whoever can write to the database can therefore not move a credential from one row to another,
//! nor cut it, nor flip a bit, without [`Keyring::open`] refusing it. GCM-SIV was chosen over GCM
//! because a repeated nonce then reveals only that two values are equal.
//!
//! # Rotation
//!
//! The key file has one key per line. The last line seals; every line opens; a sealed value says
//! in its first byte which line it needs. To rotate, append a line and let rows be re-sealed as they are
//! written. One-way values cannot be computed anew, so they always use the first line.
//!
//! # Randomness
//!
//! Nonces and new keys come straight from the operating system and not from a
//! `purser_types::Source`: a seeded source in production would be a disaster, and no test needs to
//! predict a nonce.

mod fingerprint;
mod keys;
mod seal;

pub use keys::Keyring;
pub use seal::Aad;

/// Why a key or a sealed value is refused.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The sealed value is not one, was changed, or belongs to another place.
    #[error("the sealed value cannot be opened here")]
    Refused,
    /// The sealed value needs a key that the key file does not have.
    #[error("the sealed value needs key {0}, which the key file does not have")]
    UnknownKey(u8),
    /// The key file has no key, too many keys, or a line that is not 32 bytes of base64.
    #[error("line {line} of the key file is not a key: {reason}")]
    MalformedKeyFile {
        /// The line, from 1.
        line: usize,
        /// What is wrong, without the content.
        reason: &'static str,
    },
    /// The key file can be read or written by every user of the machine.
    #[error("the key file {path} is open to every user of the machine; set its mode to 0600")]
    ExposedKeyFile {
        /// Where the file is.
        path: std::path::PathBuf,
    },
    /// The key file cannot be read or created.
    #[error("the key file {path} cannot be {action}")]
    KeyFile {
        /// Where the file is.
        path: std::path::PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the operating system says.
        source: std::io::Error,
    },
}
