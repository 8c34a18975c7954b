//! What the vault promises: nothing opens elsewhere, nothing panics, keys outlive restarts and rotation.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use proptest::prelude::*;
use purser_vault::{Aad, Keyring, VaultError};

const AAD: Aad<'static> = Aad { table: "connectors", tenant: b"t1", row: b"r1", column: "credentials" };

fn keyring() -> Keyring {
    Keyring::from_master(&[7; 32])
}

#[test]
fn what_is_sealed_opens_in_its_place() {
    let sealed = keyring().seal(AAD, b"sk_live_1");

    assert_eq!(keyring().open(AAD, &sealed).expect("opens").as_slice(), b"sk_live_1");
    assert_ne!(keyring().seal(AAD, b"sk_live_1"), sealed, "a nonce is never reused");
    assert_eq!(sealed.len(), 1 + 12 + 9 + 16);
}

#[test]
fn a_sealed_value_moved_to_another_place_is_refused() {
    let sealed = keyring().seal(AAD, b"sk_live_1");

    let elsewhere = [
        Aad { table: "instruments", ..AAD },
        Aad { tenant: b"t2", ..AAD },
        Aad { row: b"r2", ..AAD },
        Aad { column: "token", ..AAD },
        // The same bytes, cut differently.
        Aad { tenant: b"t1r", row: b"1", ..AAD },
    ];
    for aad in elsewhere {
        assert!(matches!(keyring().open(aad, &sealed), Err(VaultError::Refused)), "{aad:?}");
    }
}

#[test]
fn every_flipped_bit_and_every_cut_is_refused() {
    let sealed = keyring().seal(AAD, b"sk_live_1");

    for bit in 0..sealed.len() * 8 {
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(keyring().open(AAD, &changed).is_err(), "bit {bit}");
    }
    for length in 0..sealed.len() {
        assert!(keyring().open(AAD, &sealed[..length]).is_err(), "length {length}");
    }
    assert!(keyring().open(AAD, &[sealed.as_slice(), &[0]].concat()).is_err());
}

#[test]
fn another_master_key_opens_nothing_and_hashes_differently() {
    let other = Keyring::from_master(&[8; 32]);

    assert!(other.open(AAD, &keyring().seal(AAD, b"x")).is_err());
    assert_ne!(other.api_key_hash("sk"), keyring().api_key_hash("sk"));
}

#[test]
fn a_newer_key_seals_while_older_ones_still_open() {
    let old = keyring().seal(AAD, b"old");
    let rotated = Keyring::from_masters(&[7; 32], &[[9; 32]]);

    assert_eq!(rotated.open(AAD, &old).expect("old key").as_slice(), b"old");
    let new = rotated.seal(AAD, b"new");
    assert_eq!(rotated.open(AAD, &new).expect("new key").as_slice(), b"new");
    assert!(matches!(keyring().open(AAD, &new), Err(VaultError::UnknownKey(2))));
    assert_eq!(rotated.fingerprint(b"c", b"b"), keyring().fingerprint(b"c", b"b"), "one-way values stay");
}

#[test]
fn fingerprints_meet_inside_a_container_only() {
    let keyring = keyring();

    assert_eq!(keyring.fingerprint(b"c1", b"card"), keyring.fingerprint(b"c1", b"card"));
    assert_ne!(keyring.fingerprint(b"c1", b"card"), keyring.fingerprint(b"c2", b"card"));
    assert_ne!(keyring.fingerprint(b"c", b"1card"), keyring.fingerprint(b"c1", b"card"));
}

#[test]
fn a_signature_holds_for_its_label_and_bytes() {
    let tag = keyring().sign("cursor", b"position");

    assert!(keyring().verify("cursor", b"position", &tag));
    assert!(!keyring().verify("session", b"position", &tag));
    assert!(!keyring().verify("cursor", b"positioN", &tag));
    assert!(!keyring().verify("cursor", b"position", &tag[..31]));
    assert!(!keyring().verify("cursor", b"position", b""));
}

#[test]
fn the_key_file_is_created_once_and_private() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("master.key");

    let sealed = Keyring::load_or_create(&path).expect("created").seal(AAD, b"x");

    let mode = fs::metadata(&path).expect("exists").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).expect("folder").count(), 1, "no draft is left");
    assert_eq!(
        Keyring::load_or_create(&path).expect("read").open(AAD, &sealed).expect("opens").as_slice(),
        b"x"
    );
}

#[test]
fn a_key_file_that_everybody_can_read_is_refused() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("master.key");
    Keyring::load_or_create(&path).expect("created");

    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("mode");

    assert!(matches!(Keyring::load_or_create(&path), Err(VaultError::ExposedKeyFile { .. })));
}

#[test]
fn a_damaged_key_file_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("master.key");
    for damaged in ["", "not base64!", "AAAA", "\n"] {
        fs::write(&path, damaged).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("mode");

        let refused = Keyring::load_or_create(&path);

        assert!(matches!(refused, Err(VaultError::MalformedKeyFile { line: 1, .. })), "{damaged:?}");
        assert_eq!(fs::read_to_string(&path).expect("still there"), damaged);
    }
}

#[test]
fn a_keyring_prints_no_key() {
    assert_eq!(format!("{:?}", keyring()), "Keyring(1 keys)");
}

proptest! {
    #[test]
    fn open_never_panics_and_never_accepts(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
        prop_assert!(keyring().open(AAD, &bytes).is_err());
    }

    #[test]
    fn every_value_comes_back(plain in proptest::collection::vec(any::<u8>(), 0..512)) {
        let sealed = keyring().seal(AAD, &plain);
        let opened = keyring().open(AAD, &sealed).expect("opens");
        prop_assert_eq!(opened.as_slice(), plain.as_slice());
    }
}
