//! What a PostgreSQL URL says about the connection, and the TLS it asks for.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::Error;
use crate::read::fault;

/// How a connection is protected.
pub(crate) enum Tls {
    /// Not at all: a unix socket, the same machine, or a network that is trusted.
    Off,
    /// TLS with the server's certificate verified against the public roots and `sslrootcert`.
    Verified(MakeRustlsConnect),
}

/// Reads a URL such as `postgres://user:password@host/database?sslmode=verify-full&sslrootcert=ca.pem`.
///
/// `require` verifies like `verify-full`: encryption to whoever answers protects against nobody. `prefer`,
/// `allow` and no mode at all mean no TLS, for the same reason.
pub(crate) fn configure(url: &str) -> Result<(Config, Tls), Error> {
    let refused = |source: &str| fault::unavailable("reading the database URL", source.to_owned());
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let mut kept = Vec::new();
    let mut is_verified = false;
    let mut roots_path = None;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("sslmode" | "ssl-mode", mode)) => {
                is_verified = match mode {
                    "disable" | "allow" | "prefer" => false,
                    "require" | "verify-ca" | "verify-full" => true,
                    _ => return Err(refused("sslmode is none of disable, prefer, require, verify-full")),
                };
            }
            Some(("sslrootcert" | "ssl-root-cert", path)) => roots_path = Some(path),
            // Settings of the write pool, which our driver does not know.
            Some(("statement-cache-capacity", _)) => {}
            _ => kept.push(pair),
        }
    }
    let separator = if kept.is_empty() { "" } else { "?" };
    let plain = format!("{base}{separator}{}", kept.join("&"));
    // The parser's own message could repeat the password.
    let mut config: Config = plain
        .parse()
        .map_err(|_| refused("it is not a PostgreSQL URL, or has parameters that reads do not know"))?;
    if !is_verified {
        config.ssl_mode(SslMode::Disable);
        return Ok((config, Tls::Off));
    }
    config.ssl_mode(SslMode::Require);
    Ok((config, Tls::Verified(MakeRustlsConnect::new(client_config(roots_path)?))))
}

fn client_config(roots_path: Option<&str>) -> Result<ClientConfig, Error> {
    let doing = "reading sslrootcert";
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = roots_path {
        let certificates =
            CertificateDer::pem_file_iter(path).map_err(|error| fault::unavailable(doing, error))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| fault::unavailable(doing, error))?;
            roots.add(certificate).map_err(|error| fault::unavailable(doing, error))?;
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| fault::unavailable("setting up TLS", error))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(parameters: &str, expected: Result<(bool, SslMode), &str>) {
        let configured = configure(&format!("postgres://ann:hidden@db.example:5433/purser?{parameters}"));
        let seen = configured.map(|(config, tls)| (matches!(tls, Tls::Verified(_)), config.get_ssl_mode()));
        match (seen, expected) {
            (Ok(seen), Ok(expected)) => assert_eq!(seen, expected, "{parameters}"),
            (Err(error), Err(expected)) => {
                let text = error.to_string();
                assert!(text.contains(expected) && !text.contains("hidden"), "{parameters}: {text}");
            }
            (seen, _) => panic!("{parameters}: {seen:?}"),
        }
    }

    #[test]
    fn tls_is_verified_or_off() {
        for off in ["", "sslmode=disable", "sslmode=prefer", "sslmode=allow&application_name=a"] {
            check(off, Ok((false, SslMode::Disable)));
        }
        for verified in ["sslmode=require", "sslmode=verify-ca", "connect_timeout=3&ssl-mode=verify-full"] {
            check(verified, Ok((true, SslMode::Require)));
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_without_the_password() {
        check("sslmode=sometimes", Err("sslmode is none of"));
        check("sslmode=require&sslrootcert=/nowhere.pem", Err("reading sslrootcert"));
        check("colour=blue", Err("parameters that reads do not know"));
    }
}
