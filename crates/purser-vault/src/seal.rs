//! Sealing: what is sealed for one place opens there only.
//!
//! A sealed value is `key number (1) ‖ nonce (12) ‖ ciphertext and tag (length + 16)`.

use aes_gcm_siv::aead::{Aead, Payload};
use aes_gcm_siv::{Aes256GcmSiv, KeyInit, Nonce};
use zeroize::Zeroizing;

use crate::VaultError;
use crate::keys::{Keyring, fill_random};

const NONCE_LENGTH: usize = 12;

/// The place of a sealed value; part of what is authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aad<'a> {
    /// The table.
    pub table: &'a str,
    /// The tenant that owns the row: the bytes of its id.
    pub tenant: &'a [u8],
    /// The row: the bytes of its id.
    pub row: &'a [u8],
    /// The column.
    pub column: &'a str,
}

impl Aad<'_> {
    /// Each part behind its length, so that no two places have the same bytes.
    fn encode(&self, key_number: u8) -> Vec<u8> {
        let mut bytes = vec![key_number];
        for part in [self.table.as_bytes(), self.tenant, self.row, self.column.as_bytes()] {
            bytes.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            bytes.extend_from_slice(part);
        }
        bytes
    }
}

impl Keyring {
    /// Seals `plaintext` for the place `aad`. Two seals of one value differ.
    #[must_use]
    pub fn seal(&self, aad: Aad<'_>, plaintext: &[u8]) -> Vec<u8> {
        let key_number = u8::try_from(self.sealing.len()).expect("a keyring has at most 255 keys");
        let key = self.sealing.last().expect("a keyring has a key");
        let mut nonce = [0; NONCE_LENGTH];
        fill_random(&mut nonce);
        let payload = Payload { msg: plaintext, aad: &aad.encode(key_number) };
        let ciphertext = Aes256GcmSiv::new(&(**key).into())
            .encrypt(&Nonce::from(nonce), payload)
            .expect("a value in memory is below the cipher's 64 GiB");
        [&[key_number], nonce.as_slice(), &ciphertext].concat()
    }

    /// Opens a value that was sealed for the place `aad`.
    ///
    /// # Errors
    /// [`VaultError::UnknownKey`] or [`VaultError::Refused`]; it never panics, whatever the bytes.
    pub fn open(&self, aad: Aad<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (&key_number, rest) = sealed.split_first().ok_or(VaultError::Refused)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LENGTH>().ok_or(VaultError::Refused)?;
        let index = usize::from(key_number).checked_sub(1).ok_or(VaultError::Refused)?;
        let key = self.sealing.get(index).ok_or(VaultError::UnknownKey(key_number))?;
        let payload = Payload { msg: ciphertext, aad: &aad.encode(key_number) };
        Aes256GcmSiv::new(&(**key).into())
            .decrypt(&Nonce::from(*nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| VaultError::Refused)
    }
}
