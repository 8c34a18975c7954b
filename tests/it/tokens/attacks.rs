//! The attack list on tokens, one row each: what is done, and the credential that does it.
//!
//! Rows about claims differ from a good token in the one claim; rows about headers are signed by the key
//! that the header ought to name.  So each would be believed but for what it is here for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::fixtures::{EC_PUBLIC, ED_LIVE, ED_PUBLIC, RSA_PUBLIC};
use super::forge::{self, Forge, KEYS, LIVE, part, saying, sign, usual};

/// What is done, and with which credential.
pub(super) type Attack = (String, String);

fn attack(what: impl Into<String>, credential: impl Into<String>) -> Attack {
    (what.into(), credential.into())
}

/// Every attack that one request makes.
pub(super) fn all(forge: &Forge) -> Vec<Attack> {
    [
        algorithms(forge),
        public_keys_as_secrets(forge),
        swaps(forge),
        trivial_signatures(forge),
        shapes(forge),
        key_ids(forge),
        header_members(forge),
        duplicates(forge),
        times(forge),
        audiences_and_issuers(forge),
        subjects_and_tenants(forge),
        scopes_and_environments(forge),
        encodings(forge),
    ]
    .concat()
}

fn algorithms(forge: &Forge) -> Vec<Attack> {
    let mut attacks = vec![attack("no alg", forge.headed(r#"{"kid":"ed"}"#))];
    let names = ["none", "None", "nOnE", "NONE", "", "eddsa", "EdDSA ", "Ed25519", "HS256", "HS512"];
    let others = [json!(null), json!(0), json!(["EdDSA"]), json!({ "alg": "EdDSA" }), json!(true)];
    for alg in names.into_iter().map(Value::from).chain(others) {
        let header = json!({ "alg": alg, "kid": "ed" }).to_string();
        let token = forge.headed(&header);
        let (signed, _) = token.rsplit_once('.').expect("three parts");
        attacks.push(attack(format!("alg {alg}, without a signature"), format!("{signed}.")));
        attacks.push(attack(format!("alg {alg}"), token));
    }
    attacks
}

/// HMAC with what everybody knows of a key: the server must not take its own public key for a secret.
fn public_keys_as_secrets(forge: &Forge) -> Vec<Attack> {
    let mut attacks = Vec::new();
    for (kid, algorithm, pem) in [
        ("rs", Algorithm::RS256, RSA_PUBLIC),
        ("ec", Algorithm::ES256, EC_PUBLIC),
        ("ed", Algorithm::EdDSA, ED_PUBLIC),
    ] {
        let jwk = forge::jwk(&forge::key(algorithm), algorithm, kid);
        let own = forge::name(algorithm);
        for (form, secret) in [
            ("PEM", pem.as_bytes().to_vec()),
            ("PEM with a newline", format!("{pem}\n").into_bytes()),
            ("PEM with CRLF", pem.replace('\n', "\r\n").into_bytes()),
            ("DER", forge::der(pem)),
            ("JWK", jwk.to_string().into_bytes()),
            ("JWK's bytes", forge::bytes(jwk["x"].as_str().or(jwk["n"].as_str()).expect("a member"))),
        ] {
            for (named, alg) in [(kid, "HS256"), (kid, own.as_str()), ("hs", "HS256")] {
                let header = json!({ "alg": alg, "kid": named }).to_string();
                let claims = forge.claims().to_string();
                let token = sign(&header, &claims, &EncodingKey::from_secret(&secret), Algorithm::HS256);
                attacks.push(attack(format!("the {form} of {kid} as a secret, {named} {alg}"), token));
            }
        }
    }
    attacks
}

/// Each key with each algorithm that is not its own: once it is said in the header, once it is not.
fn swaps(forge: &Forge) -> Vec<Attack> {
    let mut attacks = Vec::new();
    for (kid, own) in KEYS {
        for (_, other) in KEYS.into_iter().filter(|(_, other)| *other != own) {
            for said in [own, other] {
                let header = json!({ "alg": forge::name(said), "kid": kid }).to_string();
                let token = sign(&header, &forge.claims().to_string(), &forge::key(other), other);
                attacks.push(attack(format!("{kid} said to be {said:?} signed with {other:?}"), token));
            }
        }
    }
    attacks
}

fn trivial_signatures(forge: &Forge) -> Vec<Attack> {
    // The order of P-256.
    let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let order: Vec<u8> = (0..32)
        .map(|at| u8::from_str_radix(&order[at * 2..at * 2 + 2], 16).expect("hexadecimal digits"))
        .collect();
    let one = [[0; 31].as_slice(), &[1]].concat();
    let mut attacks = Vec::new();
    for (kid, algorithm) in KEYS {
        let token = forge.good(kid, algorithm);
        let (signed, own) = token.rsplit_once('.').expect("three parts");
        let own = forge::bytes(own);
        let mut flipped = own.clone();
        flipped[0] ^= 1;
        for (what, signature) in [
            ("r = s = 0", vec![0; own.len()]),
            ("r = s = 0 in DER", vec![0x30, 6, 2, 1, 0, 2, 1, 0]),
            ("r = 0, s = 1", [vec![0; 32], one.clone()].concat()),
            ("r = s = n", [order.clone(), order.clone()].concat()),
            ("all ones", vec![0xff; own.len()]),
            ("one byte", vec![0]),
            ("a bit flipped", flipped),
            ("cut short", own[..own.len() - 1].to_vec()),
            ("longer", [own.as_slice(), &[0]].concat()),
            ("twice", own.repeat(2)),
        ] {
            attacks.push(attack(format!("{kid}, {what}"), format!("{signed}.{}", part(signature))));
        }
    }
    let token = forge.good("ed", Algorithm::EdDSA);
    let (signed, own) = token.rsplit_once('.').expect("three parts");
    attacks.push(attack("Ed25519, S + L", format!("{signed}.{}", part(plus_order(&forge::bytes(own))))));
    attacks
}

/// A signature of Ed25519 with the order of the group added to S: the same number to who does not look.
fn plus_order(signature: &[u8]) -> Vec<u8> {
    let mut order = [0_u8; 32];
    order[..16].copy_from_slice(&0x14de_f9de_a2f7_9cd6_5812_631a_5cf5_d3ed_u128.to_le_bytes());
    order[31] = 0x10;
    let mut sum = signature[..32].to_vec();
    let mut carry = 0_u16;
    for (s, l) in signature[32..].iter().zip(order) {
        carry += u16::from(*s) + u16::from(l);
        sum.push(carry.to_le_bytes()[0]);
        carry >>= 8;
    }
    sum
}

fn shapes(forge: &Forge) -> Vec<Attack> {
    let good = forge.good("ed", Algorithm::EdDSA);
    let parts: Vec<&str> = good.split('.').collect();
    let (a, b, c) = (parts[0], parts[1], parts[2]);
    let nested = |header: &str| sign(header, &good, &forge::key(Algorithm::EdDSA), Algorithm::EdDSA);
    let other_claims = part(forge.having("sub", json!("eve")).to_string());
    let deep = format!("{}{}", "[".repeat(2_000), "]".repeat(2_000));
    let deep = forge.claims().to_string().replace("\"purser\"", &deep);
    vec![
        attack("a.b.", format!("{a}.{b}.")),
        attack("a.b", format!("{a}.{b}")),
        attack("a.", format!("{a}.")),
        attack("a", a),
        attack(".b.c", format!(".{b}.{c}")),
        attack("a..c", format!("{a}..{c}")),
        attack("dots", ".."),
        attack("one dot", "."),
        attack("four parts", format!("{good}.{c}")),
        attack("five parts", format!("{a}.{b}.{c}.{b}.{c}")),
        attack("JWE", format!("{}.{b}.{c}.{b}.{c}", part(r#"{"alg":"dir","enc":"A128GCM","kid":"hs"}"#))),
        attack("nested", nested(r#"{"alg":"EdDSA","kid":"ed","cty":"JWT"}"#)),
        attack("nested, not said", nested(r#"{"alg":"EdDSA","kid":"ed"}"#)),
        attack("other claims under the signature", format!("{a}.{other_claims}.{c}")),
        attack("JSON serialisation", json!({ "protected": a, "payload": b, "signature": c }).to_string()),
        attack("no object", saying("[]")),
        attack("no JSON", saying("x")),
        attack("two objects", saying(&format!("{}{{}}", forge.claims()))),
        attack("a deep audience", saying(&deep)),
        attack("longer than tokens are", usual(&forge.having("x", json!("x".repeat(8_192))))),
    ]
}

fn key_ids(forge: &Forge) -> Vec<Attack> {
    let mut attacks = vec![attack("no kid", forge.headed(r#"{"alg":"EdDSA"}"#))];
    let long = "k".repeat(4_000);
    let names = [
        "../../dev/null",
        "/dev/null",
        "' OR 1--",
        "ed' --",
        "http://127.0.0.1/",
        "file:///etc/passwd",
        "\0",
        "ed\0",
        "",
        " ed",
        "ED",
        "unknown",
        "*",
        "live",
        "ec",
        &long,
    ];
    let others = [json!(null), json!(0), json!(["ed"]), json!({ "kid": "ed" })];
    for kid in names.into_iter().map(Value::from).chain(others) {
        let token = forge.headed(&json!({ "alg": "EdDSA", "kid": kid }).to_string());
        attacks.push(attack(format!("kid {kid:.40}"), token));
    }
    // `/dev/null` as a file is the empty secret to who opens it.
    let header = r#"{"alg":"HS256","kid":"../../dev/null"}"#;
    let token = sign(header, &forge.claims().to_string(), &EncodingKey::from_secret(b""), Algorithm::HS256);
    attacks.push(attack("the empty secret", token));
    // A key that is known, of an issuer that is, in the name of another.
    let live = r#"{"alg":"EdDSA","kid":"live"}"#;
    let token = sign(live, &forge.claims().to_string(), &forge::ed(ED_LIVE), Algorithm::EdDSA);
    attacks.push(attack("another issuer's key", token));
    attacks.push(attack("another issuer's name", usual(&forge.having("iss", json!(LIVE)))));
    attacks
}

fn header_members(forge: &Forge) -> Vec<Attack> {
    let own = forge::jwk(&forge::ed(ED_LIVE), Algorithm::EdDSA, "ed");
    let mut attacks = Vec::new();
    for (member, value) in [
        ("jwk", own),
        ("jku", json!("http://127.0.0.1/jwks.json")),
        ("x5u", json!("http://127.0.0.1/cert.pem")),
        ("x5c", json!(["AA=="])),
        ("crit", json!(["x"])),
        ("crit", json!([])),
        ("crit", json!(["b64"])),
        ("b64", json!(false)),
        ("b64", json!(true)),
        ("zip", json!("DEF")),
        ("enc", json!("A128GCM")),
        ("cty", json!("JWT")),
        ("typ", json!("")),
        ("typ", json!("JWE")),
        ("typ", json!("customer+jwt")),
        ("typ", json!("dpop+jwt")),
        ("typ", json!("id_token+jwt")),
        ("typ", json!(["JWT"])),
    ] {
        for value in [value, Value::Null] {
            let mut header = json!({ "alg": "EdDSA", "kid": "ed" });
            header[member] = value;
            let token = forge.headed(&header.to_string());
            attacks.push(attack(format!("a header with {header}"), token));
        }
    }
    let mut forged = json!({ "alg": "EdDSA", "kid": "ed" });
    forged["jwk"] = forge::jwk(&forge::ed(ED_LIVE), Algorithm::EdDSA, "ed");
    let claims = forge.claims().to_string();
    let token = sign(&forged.to_string(), &claims, &forge::ed(ED_LIVE), Algorithm::EdDSA);
    attacks.push(attack("a key that comes with its signature", token));
    attacks
}

/// Which of two counts must not be a question.
fn duplicates(forge: &Forge) -> Vec<Attack> {
    let mut attacks: Vec<Attack> = [
        r#"{"alg":"none","alg":"EdDSA","kid":"ed"}"#,
        r#"{"alg":"EdDSA","alg":"none","kid":"ed"}"#,
        r#"{"alg":"EdDSA","alg":"EdDSA","kid":"ed"}"#,
        r#"{"alg":"EdDSA","kid":"ec","kid":"ed"}"#,
        r#"{"alg":"EdDSA","kid":"ed","kid":"ec"}"#,
        r#"{"alg":"EdDSA","kid":"ed","k\u0069d":"ec"}"#,
        r#"{"alg":"EdDSA","kid":"ed","typ":"JWT","typ":"JWT"}"#,
    ]
    .into_iter()
    .map(|header| attack(header, forge.headed(header)))
    .collect();
    let claims = forge.claims();
    let text = claims.to_string();
    for (claim, value) in claims.as_object().expect("claims are an object") {
        let first = text.replacen('{', &format!("{{\"{claim}\":{value},"), 1);
        let last = format!("{},\"{claim}\":{value}}}", text.trim_end_matches('}'));
        attacks.push(attack(format!("{claim} first"), saying(&first)));
        attacks.push(attack(format!("{claim} last"), saying(&last)));
    }
    attacks
}

fn times(forge: &Forge) -> Vec<Attack> {
    let now = forge.now;
    let mut attacks: Vec<Attack> = [
        ("exp", now - 6),
        ("exp", now - 61),
        ("exp", 0),
        ("exp", -1),
        ("exp", i64::MAX),
        // Beyond the lifetime of an hour, and the last second of the year 9999.
        ("exp", now + 3_600),
        ("exp", 253_402_300_799),
        // In milliseconds, as who confuses the units has it.
        ("exp", (now + 600) * 1_000),
        ("nbf", now + 60),
        ("nbf", now + 700),
        ("nbf", now - 7_200),
        ("nbf", -1),
        ("iat", now + 60),
        ("iat", now - 7_200),
        ("iat", -1),
    ]
    .into_iter()
    .map(|(claim, at)| attack(format!("{claim} {at}"), usual(&forge.having(claim, json!(at)))))
    .collect();
    let soon = now + 600;
    for claim in ["exp", "nbf", "iat"] {
        let marked = forge.having(claim, json!("MARK")).to_string();
        let texts = [format!("\"{soon}\""), format!("{soon}.0"), format!("{soon}e0")];
        let fixed = ["1e400", "-1e400", "1e9", "null", "[]", "true", "\"\"", "NaN", "18446744073709551616"];
        for text in texts.into_iter().chain(fixed.map(str::to_owned)) {
            attacks.push(attack(format!("{claim} {text}"), saying(&marked.replace("\"MARK\"", &text))));
        }
    }
    for claim in ["exp", "nbf"] {
        attacks.push(attack(format!("no {claim}"), usual(&forge.without(claim))));
    }
    attacks
}

fn audiences_and_issuers(forge: &Forge) -> Vec<Attack> {
    let wrong = [
        ("aud", json!(null)),
        ("aud", json!("")),
        ("aud", json!("other")),
        ("aud", json!("Purser")),
        ("aud", json!("purser ")),
        ("aud", json!([])),
        ("aud", json!(["other"])),
        ("aud", json!(["purser", "other"])),
        ("aud", json!(["purser", "purser"])),
        ("aud", json!([["purser"]])),
        ("aud", json!({ "purser": true })),
        ("iss", json!(null)),
        ("iss", json!("")),
        ("iss", json!("https://id.example/")),
        ("iss", json!("https://ID.example")),
        ("iss", json!("http://id.example")),
        ("iss", json!(" https://id.example")),
        ("iss", json!("https://id.example\u{0}")),
        ("iss", json!("https://other.example")),
        ("iss", json!(["https://id.example"])),
    ];
    changed(forge, &["aud", "iss"], wrong)
}

fn subjects_and_tenants(forge: &Forge) -> Vec<Attack> {
    let wrong = [
        ("sub", json!(null)),
        ("sub", json!("")),
        ("sub", json!(0)),
        ("sub", json!(["ann"])),
        ("sub", json!({ "sub": "ann" })),
        ("sub", json!("ann\nroot")),
        ("sub", json!("\0")),
        ("sub", json!("a".repeat(257))),
        ("tid", json!(null)),
        ("tid", json!("")),
        ("tid", json!(1)),
        ("tid", json!([forge.claims()["tid"]])),
        ("tid", json!("target")),
        ("tid", json!("*")),
        ("tid", json!("' OR 1--")),
        ("tid", json!("\0")),
        ("tid", json!(" ten_00000000000000000000000001")),
        // The form of a tenant's id, and there is none.
        ("tid", json!("ten_00000000000000000000000001")),
        ("jti", json!("")),
        ("jti", json!(1)),
    ];
    changed(forge, &["sub", "tid"], wrong)
}

fn scopes_and_environments(forge: &Forge) -> Vec<Attack> {
    let wrong = [
        ("scp", json!(null)),
        ("scp", json!(1)),
        ("scp", json!(["containers:read containers:admin"])),
        ("scp", json!(["read admin"])),
        ("scp", json!([""])),
        ("scp", json!([["containers:admin"]])),
        ("scp", json!("containers:read  containers:admin")),
        ("scp", json!(" containers:read")),
        ("scp", json!("containers:read\tcontainers:admin")),
        ("scp", json!("containers:read\ncontainers:admin")),
        ("scp", json!("containers:read\u{a0}containers:admin")),
        ("scp", json!(vec!["containers:read"; 101])),
        ("env", json!(null)),
        ("env", json!("")),
        ("env", json!("LIVE")),
        ("env", json!("sandbox")),
        ("env", json!("test")),
        ("env", json!(["SANDBOX"])),
    ];
    let mut attacks = changed(forge, &["scp", "env"], wrong);
    let mut claims = forge.having("iss", json!(LIVE));
    let live = r#"{"alg":"EdDSA","kid":"live"}"#;
    let token = sign(live, &claims.to_string(), &forge::ed(ED_LIVE), Algorithm::EdDSA);
    attacks.push(attack("a live issuer's token of the sandbox", token));
    claims["env"] = json!("LIVE");
    let token =
        sign(r#"{"alg":"EdDSA","kid":"ed"}"#, &claims.to_string(), &forge::ed(ED_LIVE), Algorithm::EdDSA);
    attacks.push(attack("a live issuer's token under the kid of another", token));
    attacks
}

/// Good claims with one changed, and good claims with one of these missing.
fn changed<const N: usize>(forge: &Forge, required: &[&str], wrong: [(&str, Value); N]) -> Vec<Attack> {
    let missing = required.iter().map(|claim| attack(format!("no {claim}"), usual(&forge.without(claim))));
    let changed = wrong
        .into_iter()
        .map(|(claim, value)| attack(format!("{claim} {value:.60}"), usual(&forge.having(claim, value))));
    missing.chain(changed).collect()
}

fn encodings(forge: &Forge) -> Vec<Attack> {
    let good = forge.good("ed", Algorithm::EdDSA);
    let (signed, signature) = good.rsplit_once('.').expect("three parts");
    let (header, payload) = signed.split_once('.').expect("two parts");
    let padded = |part: &str| URL_SAFE.encode(forge::bytes(part));
    let foreign = |byte: u8, instead: u8| {
        // Tokens with this letter of the alphabet in the signature come up soon.
        let tokens = (0..).map(|jti| usual(&forge.having("jti", json!(format!("t{jti}")))));
        let is_in =
            |token: &String| token.rsplit('.').next().is_some_and(|part| part.as_bytes().contains(&byte));
        let token = tokens.into_iter().find(is_in).expect("one of many");
        token.replace(char::from(byte), &char::from(instead).to_string())
    };
    // 64 bytes leave four bits of the last letter without a meaning; letters after it set them.
    let last = signature.chars().next_back().expect("a letter");
    let trailing = char::from_u32(u32::from(last) + 1).expect("a letter");
    let mut attacks = vec![
        attack("padding of the header", format!("{header}=.{payload}.{signature}")),
        attack("padding of the payload", format!("{header}.{payload}==.{signature}")),
        attack("padding of the signature", format!("{signed}.{}", padded(signature))),
        attack("the letter + for -", foreign(b'-', b'+')),
        attack("the letter / for _", foreign(b'_', b'/')),
        attack("bits after the end", format!("{signed}.{}{trailing}", &signature[..signature.len() - 1])),
        attack("escaped dots", good.replace('.', "%2E")),
        attack("a byte order mark", forge.headed("\u{feff}{\"alg\":\"EdDSA\",\"kid\":\"ed\"}")),
    ];
    for between in [" ", "\t", ",", ";"] {
        attacks.push(attack(format!("{between:?} before"), format!("{between}{good}")));
        attacks
            .push(attack(format!("{between:?} inside"), format!("{header}{between}.{payload}.{signature}")));
    }
    for dot in ['\u{2024}', '\u{ff0e}', '\u{3002}', '\u{b7}'] {
        attacks.push(attack(format!("{dot:?} for a dot"), good.replace('.', &dot.to_string())));
        attacks.push(attack(format!("{dot:?} for the last dot"), format!("{signed}{dot}{signature}")));
    }
    attacks
}
