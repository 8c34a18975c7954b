//! The attack list on tokens: one believed token, and every way to spoil it.

mod fixtures;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use purser_types::{Source, Timestamp};
use serde_json::{Value, json};

use super::keys::KeyError;
use super::{Distrust, TOKEN_MAX, Verifier};
use crate::config::{Environment, Issuer, JwtAlgorithm};
use fixtures::{EC, ED, ED2, RSA};

/// When everything here happens, in seconds.
const NOW: i64 = 1_800_000_000;

struct Clock(AtomicI64);

impl Source for Clock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_micros(self.0.load(Ordering::SeqCst) * 1_000_000)
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

fn ed(pem: &str) -> EncodingKey {
    EncodingKey::from_ed_pem(pem.as_bytes()).expect("a key")
}

fn ec() -> EncodingKey {
    EncodingKey::from_ec_pem(EC.as_bytes()).expect("a key")
}

fn rsa() -> EncodingKey {
    EncodingKey::from_rsa_pem(RSA.as_bytes()).expect("a key")
}

fn public(key: &EncodingKey, algorithm: Algorithm, kid: &str) -> Value {
    let jwk = Jwk::from_encoding_key(key, algorithm).expect("a public key");
    let mut jwk = serde_json::to_value(jwk).expect("JSON");
    jwk["kid"] = json!(kid);
    jwk
}

fn set_of(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

fn usual_set() -> String {
    set_of(&[
        public(&ed(ED), Algorithm::EdDSA, "ed"),
        public(&ec(), Algorithm::ES256, "ec"),
        public(&rsa(), Algorithm::RS256, "rsa"),
    ])
}

struct Bench {
    directory: tempfile::TempDir,
    clock: Arc<Clock>,
    verifier: Verifier,
}

impl Bench {
    async fn new() -> Self {
        Self::with(&usual_set(), |_| {}).await
    }

    async fn with(set: &str, change: impl FnOnce(&mut Issuer)) -> Self {
        let bench = Self::unloaded(set, change);
        for (_, outcome) in bench.verifier.load().await {
            outcome.expect("the keys load");
        }
        bench
    }

    fn unloaded(set: &str, change: impl FnOnce(&mut Issuer)) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("jwks.json");
        std::fs::write(&path, set).expect("a file");
        let mut issuer = issuer(path);
        change(&mut issuer);
        let clock = Arc::new(Clock(AtomicI64::new(NOW)));
        let verifier =
            Verifier::new(&[issuer], Arc::clone(&clock) as Arc<dyn Source>).expect("a good issuer");
        Self { directory, clock, verifier }
    }

    fn replace(&self, set: &str) {
        std::fs::write(self.directory.path().join("jwks.json"), set).expect("a file");
    }

    fn wait(&self, duration: Duration) {
        self.clock.0.fetch_add(i64::try_from(duration.as_secs()).expect("short"), Ordering::SeqCst);
    }

    async fn check(&self, token: &str, expected: Result<(), Distrust>) {
        assert_eq!(self.verifier.verify(token).await.map(drop), expected, "{token:.200}");
    }
}

fn issuer(path: PathBuf) -> Issuer {
    Issuer {
        issuer: "https://id.example".to_owned(),
        audience: "purser".to_owned(),
        algorithms: vec![JwtAlgorithm::EdDsa, JwtAlgorithm::Es256, JwtAlgorithm::Rs256],
        jwks_file: Some(path),
        jwks_url: None,
        environment: Environment::Sandbox,
        lifetime_max_s: 3_600,
    }
}

fn claims() -> Value {
    json!({
        "iss": "https://id.example", "aud": "purser", "sub": "prf_1", "tid": "ten_1", "scp": ["read", "write"],
        "env": "SANDBOX", "iat": NOW - 10, "nbf": NOW - 10, "exp": NOW + 600,
    })
}

fn without(claim: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().expect("an object").remove(claim);
    claims
}

fn having(claim: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[claim] = value;
    claims
}

fn sign(header: &str, payload: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), key, algorithm).expect("a signature");
    format!("{signed}.{signature}")
}

/// The usual header over these claims.
fn usual(claims: &Value) -> String {
    sign(r#"{"alg":"EdDSA","kid":"ed","typ":"JWT"}"#, &claims.to_string(), &ed(ED), Algorithm::EdDSA)
}

/// These header members over the usual claims, signed with the key that the header ought to name.
fn headed(header: &str) -> String {
    sign(header, &claims().to_string(), &ed(ED), Algorithm::EdDSA)
}

#[tokio::test]
async fn a_good_token_is_believed_with_each_kind_of_key() {
    let bench = Bench::new().await;

    let claims_found = bench.verifier.verify(&usual(&claims())).await.expect("believed");

    assert_eq!(claims_found.subject, "prf_1");
    assert_eq!(claims_found.tenant, "ten_1");
    assert_eq!(claims_found.scopes, ["read", "write"]);
    assert_eq!(claims_found.environment, Environment::Sandbox);
    assert_eq!(claims_found.expires_at.unix_seconds(), NOW + 600);
    let payload = claims().to_string();
    bench.check(&sign(r#"{"alg":"ES256","kid":"ec"}"#, &payload, &ec(), Algorithm::ES256), Ok(())).await;
    bench.check(&sign(r#"{"alg":"RS256","kid":"rsa"}"#, &payload, &rsa(), Algorithm::RS256), Ok(())).await;
    bench.check(&headed(r#"{"alg":"EdDSA","kid":"ed","typ":"application/at+jwt"}"#), Ok(())).await;
}

/// J1: exactly one algorithm per key.
#[tokio::test]
async fn the_header_does_not_choose_the_algorithm() {
    let bench = Bench::new().await;
    for alg in ["none", "None", "nOnE", "NONE", "HS256", "RS256", "ES256", "PS256", "eddsa", "EdDSA ", ""] {
        let header = json!({ "alg": alg, "kid": "ed" }).to_string();
        bench.check(&headed(&header), Err(Distrust::Algorithm)).await;
    }
    for header in [
        r#"{"alg":1,"kid":"ed"}"#,
        r#"{"alg":["EdDSA"],"kid":"ed"}"#,
        r#"{"alg":null,"kid":"ed"}"#,
        r#"{"kid":"ed"}"#,
    ] {
        bench.check(&headed(header), Err(Distrust::Malformed)).await;
    }
    let payload = claims().to_string();
    let swapped = sign(r#"{"alg":"PS256","kid":"rsa"}"#, &payload, &rsa(), Algorithm::PS256);
    bench.check(&swapped, Err(Distrust::Algorithm)).await;
    let padded = sign(r#"{"alg":"RS256","kid":"rsa"}"#, &payload, &rsa(), Algorithm::PS256);
    bench.check(&padded, Err(Distrust::Signature)).await;
}

#[tokio::test]
async fn a_public_key_is_no_shared_secret() {
    let bench = Bench::with(&usual_set(), |issuer| issuer.algorithms.push(JwtAlgorithm::Hs256)).await;
    for (kid, key) in
        [("rsa", public(&rsa(), Algorithm::RS256, "rsa")), ("ed", public(&ed(ED), Algorithm::EdDSA, "ed"))]
    {
        let member = if kid == "rsa" { "n" } else { "x" };
        let encoded = key[member].as_str().expect("a text");
        let raw = URL_SAFE_NO_PAD.decode(encoded).expect("base64url");
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", STANDARD.encode(&raw));
        let json = key.to_string();
        for secret in [
            raw.as_slice(),
            encoded.as_bytes(),
            pem.as_bytes(),
            format!("{pem}\n").as_bytes(),
            json.as_bytes(),
        ] {
            let forged = |alg: &str| {
                let header = json!({ "alg": alg, "kid": kid }).to_string();
                sign(&header, &claims().to_string(), &EncodingKey::from_secret(secret), Algorithm::HS256)
            };
            bench.check(&forged("HS256"), Err(Distrust::Algorithm)).await;
            let own = if kid == "rsa" { "RS256" } else { "EdDSA" };
            bench.check(&forged(own), Err(Distrust::Signature)).await;
        }
    }
}

#[tokio::test]
async fn shared_secrets_work_only_where_they_are_allowed_and_long() {
    let secret = [7_u8; 32];
    let key = json!({ "kty": "oct", "k": URL_SAFE_NO_PAD.encode(secret), "kid": "hs", "alg": "HS256" });
    let short = json!({ "kty": "oct", "k": URL_SAFE_NO_PAD.encode([7_u8; 31]), "kid": "hs", "alg": "HS256" });
    let allow = |issuer: &mut Issuer| issuer.algorithms = vec![JwtAlgorithm::Hs256];

    let allowed = Bench::with(&set_of(std::slice::from_ref(&key)), allow).await;
    let token = |secret: &[u8]| {
        let key = EncodingKey::from_secret(secret);
        sign(r#"{"alg":"HS256","kid":"hs"}"#, &claims().to_string(), &key, Algorithm::HS256)
    };
    allowed.check(&token(&secret), Ok(())).await;
    allowed.check(&token(&[8; 32]), Err(Distrust::Signature)).await;

    refuse_set(&set_of(&[key]), |_| {}, "its algorithm is not among those allowed for the issuer").await;
    refuse_set(&set_of(&[short]), allow, "its secret is too short").await;
}

async fn refuse_set(set: &str, change: impl FnOnce(&mut Issuer), why: &'static str) {
    let outcomes = Bench::unloaded(set, change).verifier.load().await;
    match &outcomes[0].1 {
        Err(KeyError::Key { why: found, .. }) => assert_eq!(*found, why),
        other => panic!("expected {why:?}, found {other:?}"),
    }
}

#[tokio::test]
async fn keys_that_cannot_be_told_apart_or_are_weak_are_refused_at_load() {
    let one = public(&ed(ED), Algorithm::EdDSA, "same");
    let mut nameless = one.clone();
    nameless.as_object_mut().expect("an object").remove("kid");
    let mut weak = public(&rsa(), Algorithm::RS256, "rsa");
    weak["n"] = json!(URL_SAFE_NO_PAD.encode([0xff_u8; 128]));

    refuse_set(&set_of(&[one.clone(), one]), |_| {}, "its kid is not unique").await;
    refuse_set(&set_of(&[nameless]), |_| {}, "it has no kid").await;
    refuse_set(&set_of(&[weak]), |_| {}, "its modulus is too short").await;
}

#[tokio::test]
async fn signatures_that_are_missing_foreign_or_trivial_are_refused() {
    let bench = Bench::new().await;
    let good = usual(&claims());
    let (signed, _) = good.rsplit_once('.').expect("three parts");
    let other = sign(r#"{"alg":"EdDSA","kid":"ed"}"#, &claims().to_string(), &ed(ED2), Algorithm::EdDSA);
    bench.check(&other, Err(Distrust::Signature)).await;
    for token in [
        format!("{signed}."),
        signed.to_owned(),
        signed.split('.').next().expect("a part").to_owned(),
        format!("{good}.x.y"),
        format!("{good}="),
        good.replace('.', "\u{2024}"),
        format!(" {good}"),
        "..".to_owned(),
        String::new(),
    ] {
        bench.check(&token, Err(Distrust::Malformed)).await;
    }
    let zero = URL_SAFE_NO_PAD.encode([0_u8; 64]);
    bench.check(&format!("{signed}.{zero}"), Err(Distrust::Signature)).await;
    let psychic = sign(r#"{"alg":"ES256","kid":"ec"}"#, &claims().to_string(), &ec(), Algorithm::ES256);
    let (psychic, _) = psychic.rsplit_once('.').expect("three parts");
    bench.check(&format!("{psychic}.{zero}"), Err(Distrust::Signature)).await;
    let nested = sign(r#"{"alg":"EdDSA","kid":"ed","cty":"JWT"}"#, &good, &ed(ED), Algorithm::EdDSA);
    bench.check(&nested, Err(Distrust::Header)).await;
    bench.check(&usual(&having("pad", json!("x".repeat(TOKEN_MAX)))), Err(Distrust::Malformed)).await;
}

/// J2: `kid` selects from a fixed map; nothing else selects anything.
#[tokio::test]
async fn the_header_does_not_bring_its_own_key() {
    let bench = Bench::new().await;
    let long = "k".repeat(200);
    for kid in ["../../dev/null", "' OR 1--", "http://127.0.0.1/", "\0", "unknown", "ED", " ed"] {
        bench.check(&headed(&json!({ "alg": "EdDSA", "kid": kid }).to_string()), Err(Distrust::Key)).await;
    }
    for kid in ["", long.as_str()] {
        bench.check(&headed(&json!({ "alg": "EdDSA", "kid": kid }).to_string()), Err(Distrust::Header)).await;
    }
    bench.check(&headed(r#"{"alg":"EdDSA"}"#), Err(Distrust::Malformed)).await;
    let own = public(&ed(ED2), Algorithm::EdDSA, "ed");
    for (member, value) in [
        ("jwk", own),
        ("jku", json!("https://evil.example/jwks")),
        ("x5u", json!("https://evil.example/cert")),
        ("x5c", json!(["AA=="])),
        ("crit", json!(["x"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("enc", json!("A128GCM")),
    ] {
        let mut header = json!({ "alg": "EdDSA", "kid": "ed" });
        for value in [value, Value::Null] {
            header[member] = value;
            bench.check(&headed(&header.to_string()), Err(Distrust::Header)).await;
        }
    }
    bench.check(&headed(r#"{"alg":"EdDSA","kid":"ed","typ":null}"#), Err(Distrust::Malformed)).await;
    for header in [
        r#"{"alg":"EdDSA","kid":"ed","kid":"ec"}"#,
        r#"{"alg":"none","alg":"EdDSA","kid":"ed"}"#,
        r#"{"alg":"EdDSA","kid":"ed"} "#,
        r#"{"alg":"EdDSA","kid":"ed"}x"#,
    ] {
        let expected = if header.ends_with("} ") { Ok(()) } else { Err(Distrust::Malformed) };
        bench.check(&headed(header), expected).await;
    }
}

/// J3: times, with five seconds of leeway and not sixty.
#[tokio::test]
async fn times_hold_now() {
    let bench = Bench::new().await;
    let expired = Err(Distrust::Claim("exp"));
    bench.check(&usual(&having("exp", json!(NOW - 4))), Ok(())).await;
    bench.check(&usual(&having("exp", json!(NOW - 5))), expired).await;
    bench.check(&usual(&having("exp", json!(NOW - 61))), expired).await;
    bench.check(&usual(&having("exp", json!(253_402_300_799_i64))), Err(Distrust::Claim("lifetime"))).await;
    bench.check(&usual(&having("exp", json!(u64::MAX))), Err(Distrust::Claim("lifetime"))).await;
    bench.check(&usual(&having("exp", json!(NOW + 3_591))), Err(Distrust::Claim("lifetime"))).await;
    bench.check(&usual(&having("exp", json!(NOW + 3_590))), Ok(())).await;
    bench.check(&usual(&having("nbf", json!(NOW + 5))), Ok(())).await;
    bench.check(&usual(&having("nbf", json!(NOW + 6))), Err(Distrust::Claim("nbf"))).await;
    bench.check(&usual(&having("iat", json!(NOW + 6))), Err(Distrust::Claim("iat"))).await;
    for exp in ["\"1800000600\"", "1800000600.0", "-1", "1e400", "1e9", "null", "[]"] {
        let payload = claims().to_string().replace("\"exp\":1800000600", &format!("\"exp\":{exp}"));
        assert!(payload.contains(exp));
        let token = sign(r#"{"alg":"EdDSA","kid":"ed"}"#, &payload, &ed(ED), Algorithm::EdDSA);
        bench.check(&token, Err(Distrust::Malformed)).await;
    }
    let twice = claims().to_string().replacen('{', "{\"exp\":1,", 1);
    bench
        .check(
            &sign(r#"{"alg":"EdDSA","kid":"ed"}"#, &twice, &ed(ED), Algorithm::EdDSA),
            Err(Distrust::Malformed),
        )
        .await;
}

/// J3, J4: everything is required, and for us alone.
#[tokio::test]
async fn every_claim_is_there_and_ours() {
    let bench = Bench::new().await;
    for claim in ["iss", "aud", "exp", "nbf", "sub", "tid", "scp", "env"] {
        bench.check(&usual(&without(claim)), Err(Distrust::Malformed)).await;
        bench.check(&usual(&having(claim, Value::Null)), Err(Distrust::Malformed)).await;
    }
    // What may be absent may not be there as null, which might mean to the issuer what it does not here.
    for claim in ["iat", "jti"] {
        bench.check(&usual(&without(claim)), Ok(())).await;
        bench.check(&usual(&having(claim, Value::Null)), Err(Distrust::Malformed)).await;
    }
    for iss in ["https://id.example/", "https://ID.example", "https://other.example", ""] {
        bench.check(&usual(&having("iss", json!(iss))), Err(Distrust::Issuer)).await;
    }
    for aud in [json!("other"), json!(["purser", "other"]), json!([]), json!(["other"]), json!("Purser")] {
        bench.check(&usual(&having("aud", aud)), Err(Distrust::Claim("aud"))).await;
    }
    bench.check(&usual(&having("aud", json!(["purser"]))), Ok(())).await;
    bench.check(&usual(&having("env", json!("LIVE"))), Err(Distrust::Claim("env"))).await;
    for env in ["sandbox", "test", "TEST", ""] {
        bench.check(&usual(&having("env", json!(env))), Err(Distrust::Malformed)).await;
    }
    for sub in [json!(["prf_1"]), json!(1), json!({})] {
        bench.check(&usual(&having("sub", sub)), Err(Distrust::Malformed)).await;
    }
    for sub in ["", "a\nb", &"x".repeat(257)] {
        bench.check(&usual(&having("sub", json!(sub))), Err(Distrust::Claim("sub"))).await;
    }
    for scp in [json!(["read admin"]), json!([""]), json!("read  write"), json!("read\tadmin")] {
        bench.check(&usual(&having("scp", scp)), Err(Distrust::Claim("scp"))).await;
    }
    bench.check(&usual(&having("scp", json!("read write"))), Ok(())).await;
    for typ in ["customer+jwt", "JWE", "dpop+jwt", ""] {
        bench
            .check(
                &headed(&json!({ "alg": "EdDSA", "kid": "ed", "typ": typ }).to_string()),
                Err(Distrust::Type),
            )
            .await;
    }
}

#[tokio::test]
async fn keys_rotate_without_a_restart() {
    let bench = Bench::new().await;
    let new = || sign(r#"{"alg":"EdDSA","kid":"new"}"#, &claims().to_string(), &ed(ED2), Algorithm::EdDSA);
    bench.replace(&set_of(&[public(&ed(ED2), Algorithm::EdDSA, "new")]));

    // Unknown ids must not make the server read its file for every request.
    bench.check(&new(), Err(Distrust::Key)).await;
    bench.wait(super::keys::RETRY_AFTER);
    bench.check(&new(), Ok(())).await;
    bench.check(&usual(&claims()), Err(Distrust::Key)).await;
}

#[tokio::test]
async fn a_broken_set_leaves_the_old_keys_in_use() {
    let bench = Bench::new().await;
    for set in ["", "{", "{\"keys\":{}}", "[]"] {
        bench.replace(set);
        let outcomes = bench.verifier.load().await;
        assert!(matches!(outcomes[0].1, Err(KeyError::Set(_))), "{outcomes:?}");
        bench.check(&usual(&claims()), Ok(())).await;
    }
}

#[tokio::test]
async fn keys_come_from_a_url_within_bounds() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let set = usual_set();
    let router = axum::Router::new()
        .route("/good", axum::routing::get(move || async move { set }))
        .route("/long", axum::routing::get(|| async { " ".repeat(100_000) }))
        .route("/moved", axum::routing::get(|| async { axum::response::Redirect::temporary("/good") }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    for (path, expected) in [
        ("good", "3 keys"),
        ("long", "the answer is too long"),
        ("moved", "status 307"),
        ("no", "status 404"),
    ] {
        let bench = Bench::unloaded("", |issuer| {
            issuer.jwks_file = None;
            issuer.jwks_url = Some(format!("{origin}/{path}"));
        });
        let found = match &bench.verifier.load().await[0].1 {
            Ok(count) => format!("{count} keys"),
            Err(KeyError::Fetch { why, .. }) => why.clone(),
            Err(other) => other.to_string(),
        };
        assert_eq!(found, expected, "{path}");
    }
}

#[test]
fn urls_that_others_can_answer_for_are_refused() {
    for url in ["http://id.example/jwks", "ftp://id.example", "file:///etc/passwd", "x"] {
        let mut issuer = issuer(PathBuf::new());
        issuer.jwks_file = None;
        issuer.jwks_url = Some(url.to_owned());
        assert!(matches!(super::keys::KeySet::new(&issuer), Err(KeyError::Configuration(_))), "{url}");
    }
}
