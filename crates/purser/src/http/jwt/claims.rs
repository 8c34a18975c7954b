//! What a believed token says, and whether it holds now.

use std::time::Duration;

use purser_types::Timestamp;
use serde::Deserialize;

use super::{Distrust, some};
use crate::config::{Environment, Issuer};

/// How far the issuer's clock may be from ours. Ours: RFC 7519, 4.1.4 allows "some small leeway".
pub const LEEWAY: Duration = Duration::from_secs(5);
/// Characters of the longest subject, tenant, token id or scope.
const TEXT_MAX: usize = 256;
/// Scopes of one token.
const SCOPES_MAX: usize = 100;

/// The claims of a token that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// Who issued it.
    pub issuer: String,
    /// Whom it speaks for; fixed, no argument of an operation widens it.
    pub subject: String,
    /// The tenant's id, as text; whoever maps the claims parses and checks it.
    pub tenant: String,
    /// What it allows.
    pub scopes: Vec<String>,
    /// Live or sandbox.
    pub environment: Environment,
    /// The token's own id, if it has one, for revocation.
    pub token_id: Option<String>,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// The claims as they come. Each is required by its type unless it is an `Option`, which may be absent
/// and not null; serde refuses one that is given twice.
///
/// Ours: RFC 7519 makes all of them optional and lets a `NumericDate` have a fraction. Here times are
/// whole and not negative, `nbf` is required because a lifetime is counted from it, `tid` and `env` are
/// our own names, and `scp` is required so that a token without scopes is not one with all of them.
#[derive(Deserialize)]
pub(super) struct Payload {
    pub(super) iss: String,
    aud: Audience,
    exp: u64,
    nbf: u64,
    #[serde(default, deserialize_with = "some")]
    iat: Option<u64>,
    sub: String,
    tid: String,
    scp: Scopes,
    env: Environment,
    #[serde(default, deserialize_with = "some")]
    jti: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scopes {
    /// RFC 8693: separated by single spaces.
    Text(String),
    /// Each member is one scope; a space inside would smuggle a second one.
    List(Vec<String>),
}

impl Payload {
    pub(super) fn check(self, issuer: &Issuer, now: Timestamp) -> Result<Claims, Distrust> {
        self.check_audience(&issuer.audience)?;
        self.check_times(issuer, now)?;
        if self.env != issuer.environment {
            return Err(Distrust::Claim("env"));
        }
        let subject = bounded(self.sub, "sub")?;
        let tenant = bounded(self.tid, "tid")?;
        let token_id = self.jti.map(|id| bounded(id, "jti")).transpose()?;
        Ok(Claims {
            issuer: self.iss,
            subject,
            tenant,
            scopes: self.scp.split()?,
            environment: self.env,
            token_id,
            expires_at: instant(self.exp),
        })
    }

    /// A token that is also meant for somebody else could be replayed here by them. Ours: RFC 7519, 4.1.3
    /// is content if we are among those it is meant for.
    fn check_audience(&self, ours: &str) -> Result<(), Distrust> {
        let is_ours = match &self.aud {
            Audience::One(audience) => audience == ours,
            Audience::Many(audiences) => audiences.len() == 1 && audiences[0] == ours,
        };
        if is_ours { Ok(()) } else { Err(Distrust::Claim("aud")) }
    }

    fn check_times(&self, issuer: &Issuer, now: Timestamp) -> Result<(), Distrust> {
        let soonest = now.saturating_sub(LEEWAY);
        let latest = now.saturating_add(LEEWAY);
        let begins = self.iat.unwrap_or(self.nbf);
        let lifetime = self.exp.checked_sub(begins.min(self.nbf)).ok_or(Distrust::Claim("exp"))?;
        match () {
            () if instant(self.exp) <= soonest => Err(Distrust::Claim("exp")),
            () if instant(self.nbf) > latest => Err(Distrust::Claim("nbf")),
            () if self.iat.is_some_and(|iat| instant(iat) > latest) => Err(Distrust::Claim("iat")),
            () if lifetime > issuer.lifetime_max_s => Err(Distrust::Claim("lifetime")),
            () => Ok(()),
        }
    }
}

impl Scopes {
    fn split(self) -> Result<Vec<String>, Distrust> {
        let scopes: Vec<String> = match self {
            Self::Text(text) if text.is_empty() => Vec::new(),
            Self::Text(text) => text.split(' ').map(str::to_owned).collect(),
            Self::List(list) => list,
        };
        let is_scope = |scope: &String| {
            !scope.is_empty() && scope.len() <= TEXT_MAX && scope.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let all = scopes.len() <= SCOPES_MAX && scopes.iter().all(is_scope);
        if all { Ok(scopes) } else { Err(Distrust::Claim("scp")) }
    }
}

fn bounded(text: String, claim: &'static str) -> Result<String, Distrust> {
    let fits = !text.is_empty() && text.len() <= TEXT_MAX && !text.chars().any(char::is_control);
    if fits { Ok(text) } else { Err(Distrust::Claim(claim)) }
}

/// Seconds since the epoch; what does not fit is later than everything.
fn instant(seconds: u64) -> Timestamp {
    let micros = i64::try_from(seconds).ok().and_then(|seconds| seconds.checked_mul(1_000_000));
    micros.map_or(Timestamp::NEVER, Timestamp::from_unix_micros)
}
