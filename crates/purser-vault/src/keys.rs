//! The master keys and the keys derived from them.

use std::fmt;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::VaultError;

/// The most keys that a key file may have: the key's number is one byte.
const KEYS_MAX: usize = 255;

pub(crate) type Key = Zeroizing<[u8; 32]>;

/// The keys of one server.
pub struct Keyring {
    /// One sealing key per line of the key file; the last one seals.
    pub(crate) sealing: Vec<Key>,
    pub(crate) fingerprint: Key,
    pub(crate) api_key: Key,
    pub(crate) sign: Key,
}

impl Keyring {
    /// A keyring with a single master key.
    #[must_use]
    pub fn from_master(master: &[u8; 32]) -> Self {
        Self::from_masters(master, &[])
    }

    /// A keyring whose `oldest` master key makes the one-way values; the last of `newer` seals.
    #[must_use]
    pub fn from_masters(oldest: &[u8; 32], newer: &[[u8; 32]]) -> Self {
        let sealing = std::iter::once(oldest).chain(newer).take(KEYS_MAX);
        Self {
            sealing: sealing.map(|master| derive(master, "purser/seal/1")).collect(),
            fingerprint: derive(oldest, "purser/fingerprint/1"),
            api_key: derive(oldest, "purser/api-key/1"),
            sign: derive(oldest, "purser/sign/1"),
        }
    }

    /// Reads the key file, or creates one with a new random key and mode 0600.
    ///
    /// Two servers that start at once end up with the same file: the second finds the first's.
    ///
    /// # Errors
    /// [`VaultError`] if the file cannot be read or created, is open to everybody, or is malformed.
    pub fn load_or_create(path: &Path) -> Result<Self, VaultError> {
        match fs::read_to_string(path) {
            Ok(text) => Self::from_file(path, &Zeroizing::new(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                create(path)?;
                let text = fs::read_to_string(path).map_err(|source| failed(path, "read", source))?;
                Self::from_file(path, &Zeroizing::new(text))
            }
            Err(source) => Err(failed(path, "read", source)),
        }
    }

    fn from_file(path: &Path, text: &str) -> Result<Self, VaultError> {
        refuse_exposed(path)?;
        let mut keys = Vec::new();
        for (index, line) in text.lines().enumerate() {
            keys.push(parse_line(index + 1, line)?);
        }
        if keys.len() > KEYS_MAX {
            return Err(VaultError::MalformedKeyFile { line: KEYS_MAX + 1, reason: "too many keys" });
        }
        let Some((oldest, newer)) = keys.split_first() else {
            return Err(VaultError::MalformedKeyFile { line: 1, reason: "the file is empty" });
        };
        let newer: Zeroizing<Vec<[u8; 32]>> = Zeroizing::new(newer.iter().map(|key| **key).collect());
        Ok(Self::from_masters(oldest, &newer))
    }
}

/// Shows how many keys there are, and none of them.
impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({} keys)", self.sealing.len())
    }
}

fn derive(master: &[u8; 32], label: &str) -> Key {
    let mut key = Key::default();
    let derivation = Hkdf::<Sha256>::new(None, master);
    derivation.expand(label.as_bytes(), &mut *key).expect("32 bytes are within HKDF's bound");
    key
}

/// Fills `bytes` from the operating system.
pub(crate) fn fill_random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system has randomness once it is up");
}

fn parse_line(line: usize, text: &str) -> Result<Key, VaultError> {
    let malformed = |reason| VaultError::MalformedKeyFile { line, reason };
    let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| malformed("not base64"))?);
    let key: [u8; 32] = bytes.as_slice().try_into().map_err(|_| malformed("not 32 bytes"))?;
    Ok(Zeroizing::new(key))
}

/// Writes a new key beside `path`, then links it there, so that nobody ever reads half a key.
fn create(path: &Path) -> Result<(), VaultError> {
    let mut key = Key::default();
    let mut suffix = [0; 8];
    fill_random(&mut *key);
    fill_random(&mut suffix);
    let text = Zeroizing::new(format!("{}\n", STANDARD.encode(*key)));
    let draft = path.with_extension(format!("{:016x}.new", u64::from_be_bytes(suffix)));
    let written = write_private(&draft, text.as_bytes()).and_then(|()| match fs::hard_link(&draft, path) {
        // Somebody else was faster; theirs is as good.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    // A draft that cannot be removed is a spare copy of the key with mode 0600, and no failure.
    let _ = fs::remove_file(&draft);
    written.map_err(|source| failed(path, "created", source))
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(unix)]
fn refuse_exposed(path: &Path) -> Result<(), VaultError> {
    use std::os::unix::fs::PermissionsExt;

    let metadata = fs::metadata(path).map_err(|source| failed(path, "read", source))?;
    // The group may read: that is how orchestrators hand secrets to a container.
    let is_open_to_all = metadata.permissions().mode() & 0o007 != 0;
    if is_open_to_all { Err(VaultError::ExposedKeyFile { path: path.to_owned() }) } else { Ok(()) }
}

#[cfg(not(unix))]
fn refuse_exposed(_path: &Path) -> Result<(), VaultError> {
    Ok(())
}

fn failed(path: &Path, action: &'static str, source: std::io::Error) -> VaultError {
    VaultError::KeyFile { path: path.to_owned(), action, source }
}
