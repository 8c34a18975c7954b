//! `purser doctor`: looks at everything that must be right before the first customer, and says what to do.
//!
//! Each check ends in OK, WARN (works, but not as it should in production) or FAIL (does not work), with a
//! sentence of what was found and one of what to do. Checks change nothing but a file that is removed at
//! once. To add one: a function that answers a [`Finding`], a line in [`examine`].

use std::fmt;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use purser_storage::payments::Backlog;
use purser_types::{Source, Timestamp};

use crate::config::{Loaded, Problems};
use crate::http::jwt::Verifier;

/// What the database is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseState {
    /// What it calls itself, as in `PostgreSQL 16.2`.
    pub version: String,
    /// Migrations of this binary that have not run.
    pub pending_migrations: usize,
    /// Migrations that have run and that this binary does not know: a newer one was here.
    pub unknown_migrations: usize,
    /// Its clock, if it has one of its own.
    pub now: Option<Timestamp>,
}

/// How the doctor looks at the database; whoever wires the program implements it.
pub trait Patient: Send + Sync {
    /// Connects and looks. The text of a failure says why, without the password.
    fn database(&self) -> impl Future<Output = Result<DatabaseState, String>> + Send;

    /// Counts what waits at an instant, in a database that is up to date.
    fn backlog(&self, now: Timestamp) -> impl Future<Output = Result<Backlog, String>> + Send;
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Works, but should be different in production.
    Warn,
    /// Does not work.
    Fail,
}

/// The outcome of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub check: &'static str,
    /// How bad it is.
    pub verdict: Verdict,
    /// What was found.
    pub detail: String,
    /// What to do, or empty.
    pub advice: &'static str,
}

impl Finding {
    fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Ok, detail: detail.into(), advice: "" }
    }

    fn warn(check: &'static str, detail: impl Into<String>, advice: &'static str) -> Self {
        Self { check, verdict: Verdict::Warn, detail: detail.into(), advice }
    }

    fn fail(check: &'static str, detail: impl Into<String>, advice: &'static str) -> Self {
        Self { check, verdict: Verdict::Fail, detail: detail.into(), advice }
    }
}

/// All findings. Prints as a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report(pub Vec<Finding>);

impl Report {
    /// 0, or 1 if anything fails.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        u8::from(self.0.iter().any(|finding| finding.verdict == Verdict::Fail))
    }

    /// The report of a configuration that could not be loaded.
    #[must_use]
    pub fn unconfigured(problems: &Problems) -> Self {
        let findings = problems.0.iter().map(|problem| {
            Finding::fail(
                "config",
                problem.to_string(),
                "Correct the key; `purser config check` looks again.",
            )
        });
        Self(findings.collect())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|finding| finding.check.len()).max().unwrap_or_default();
        for Finding { check, verdict, detail, advice } in &self.0 {
            let verdict = match verdict {
                Verdict::Ok => "OK  ",
                Verdict::Warn => "WARN",
                Verdict::Fail => "FAIL",
            };
            writeln!(f, "{verdict}  {check:width$}  {detail}")?;
            if !advice.is_empty() {
                writeln!(f, "      {:width$}  -> {advice}", "")?;
            }
        }
        Ok(())
    }
}

/// Looks at everything.
pub async fn examine(loaded: &Loaded, patient: &impl Patient, source: Arc<dyn Source>) -> Report {
    let config = &loaded.config;
    let now = source.now();
    let mut findings = vec![config_found(loaded)];
    let state = patient.database().await;
    findings.push(database(&state, config.database.url.is_embedded()));
    let is_current = |state: &DatabaseState| state.pending_migrations == 0 && state.unknown_migrations == 0;
    if state.as_ref().is_ok_and(is_current) {
        findings.push(payments(&patient.backlog(now).await, config.workers.enabled, now));
    }
    findings.push(clock(now, state.as_ref().ok().and_then(|state| state.now)));
    findings.push(disk(&config.data_dir));
    findings.push(key_file(&config.vault.key_file));
    findings.push(public_url(loaded));
    findings.push(loopback(loaded));
    findings.extend(issuers(loaded, source).await);
    Report(findings)
}

fn config_found(loaded: &Loaded) -> Finding {
    let set = loaded.origins.len();
    Finding::ok("config", format!("{set} keys set; `purser config check` shows all"))
}

fn database(state: &Result<DatabaseState, String>, is_embedded: bool) -> Finding {
    let check = "database";
    match state {
        Err(why) => Finding::fail(check, why.clone(), "Check database.url, and that the database runs."),
        Ok(state) if state.unknown_migrations > 0 => {
            let detail =
                format!("{}: {} migrations of a newer purser", state.version, state.unknown_migrations);
            Finding::fail(check, detail, "Run the newer binary, or restore the backup made before it.")
        }
        Ok(state) if state.pending_migrations > 0 => {
            let detail = format!("{}: {} migrations have not run", state.version, state.pending_migrations);
            Finding::warn(check, detail, "Run `purser migrate`; the server does it at start.")
        }
        Ok(state) if is_embedded => Finding::warn(
            check,
            format!("{}, migrated; embedded", state.version),
            "One machine only. Use PostgreSQL for more than one node.",
        ),
        Ok(state) => Finding::ok(check, format!("{}, migrated", state.version)),
    }
}

/// How long a doubt may last: the janitor needs seconds where a processor answers.
const DOUBT_MAX: Duration = Duration::from_secs(10 * 60);

fn payments(backlog: &Result<Backlog, String>, has_workers: bool, now: Timestamp) -> Finding {
    let check = "payments";
    let backlog = match backlog {
        Ok(backlog) => backlog,
        Err(why) => return Finding::fail(check, why.clone(), "Check that the database can be read."),
    };
    let oldest = backlog.oldest_doubt_at.map(|at| now.since(at)).unwrap_or_default();
    let detail = match backlog.oldest_doubt_at {
        Some(_) => format!(
            "{} attempts in review; {} in doubt, the oldest for {} s",
            backlog.in_review,
            backlog.in_doubt,
            oldest.as_secs()
        ),
        None => format!("{} attempts in review; none in doubt", backlog.in_review),
    };
    if backlog.in_review > 0 {
        let advice =
            "List them with `attemptsInReview` and decide with `resolveAttempt`; see docs/recipes.md.";
        return Finding::warn(check, detail, advice);
    }
    if oldest > DOUBT_MAX {
        let advice = "Check that a server with workers.enabled runs, and that its processors answer.";
        return Finding::warn(check, detail, advice);
    }
    if !has_workers {
        let advice = "workers.enabled is off here; another node has to have it on.";
        return Finding::warn(check, detail, advice);
    }
    Finding::ok(check, detail)
}

/// 2026-11-01: this binary was made later, so an earlier time is a clock that was never set.
const BUILT_AFTER: Timestamp = Timestamp::from_unix_micros(1_793_491_200_000_000);
/// Microseconds that our clock and the database's may differ; tokens allow five seconds.
const SKEW_MAX: u64 = 2_000_000;

fn clock(now: Timestamp, database: Option<Timestamp>) -> Finding {
    let check = "clock";
    let advice = "Run a time service such as chrony.";
    if now < BUILT_AFTER {
        return Finding::fail(check, format!("it is {now}, which is before this program was made"), advice);
    }
    let skew = database.map(|other| other.unix_micros().abs_diff(now.unix_micros()));
    match skew {
        Some(skew) if skew > SKEW_MAX => {
            let detail = format!("{} ms apart from the database's", skew / 1_000);
            Finding::warn(check, detail, advice)
        }
        _ => Finding::ok(check, now.to_string()),
    }
}

fn disk(directory: &Path) -> Finding {
    let check = "disk";
    let probe = directory.join(".purser-doctor");
    let written = std::fs::create_dir_all(directory).and_then(|()| std::fs::write(&probe, b"purser"));
    let removed = written.and_then(|()| std::fs::remove_file(&probe));
    match removed {
        Ok(()) => Finding::ok(check, format!("{} can be written", directory.display())),
        Err(error) => Finding::fail(
            check,
            format!("{}: {error}", directory.display()),
            "Let the server's user write data_dir, or set another.",
        ),
    }
}

fn key_file(path: &Path) -> Finding {
    use std::os::unix::fs::PermissionsExt;
    let check = "key file";
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Finding::warn(
            check,
            format!("{} does not exist", path.display()),
            "It is made at first start. If there was one before, restore it: nothing sealed opens without it.",
        ),
        Err(error) => {
            Finding::fail(check, format!("{}: {error}", path.display()), "Let the server's user read it.")
        }
        Ok(metadata) if metadata.permissions().mode() & 0o077 != 0 => {
            let mode = metadata.permissions().mode() & 0o777;
            let detail = format!("{} has mode {mode:03o}: others may read it", path.display());
            Finding::fail(check, detail, "Run `chmod 600` on it, and consider the key known.")
        }
        Ok(_) => Finding::ok(check, format!("{} is the server's alone", path.display())),
    }
}

fn public_url(loaded: &Loaded) -> Finding {
    let check = "public url";
    let server = &loaded.config.server;
    let origin = server.origin();
    if origin.starts_with("https://") {
        return Finding::ok(check, origin);
    }
    match server.listen.ip().is_loopback() {
        true => Finding::warn(
            check,
            format!("{origin} is reachable from this machine only"),
            "Set server.public_url to the https address that customers and processors use.",
        ),
        false => Finding::fail(
            check,
            format!("{origin} is not https, and the server listens to the network"),
            "Put a proxy with TLS in front, and set server.public_url to its https address.",
        ),
    }
}

fn loopback(loaded: &Loaded) -> Finding {
    let check = "connectors";
    let connectors = &loaded.config.connectors;
    match connectors.allow_loopback {
        true => Finding::warn(
            check,
            "they may reach this machine",
            "Unset connectors.allow_loopback in production.",
        ),
        false => {
            Finding::ok(check, format!("{} hosts allowed besides their own", connectors.allowed_hosts.len()))
        }
    }
}

async fn issuers(loaded: &Loaded, source: Arc<dyn Source>) -> Vec<Finding> {
    let check = "issuer";
    let issuers = &loaded.config.auth.issuers;
    if issuers.is_empty() {
        return vec![Finding::ok(check, "none; API keys only")];
    }
    let advice = "Check jwks_file or jwks_url of the issuer, and its algorithms.";
    let verifier = match Verifier::new(issuers, source) {
        Ok(verifier) => verifier,
        Err(error) => return vec![Finding::fail(check, error.to_string(), advice)],
    };
    let loaded = verifier.load().await;
    let finding = |(name, outcome): (String, Result<usize, _>)| match outcome {
        Ok(0) => Finding::fail(check, format!("{name}: no keys"), advice),
        Ok(count) => Finding::ok(check, format!("{name}: {count} keys")),
        Err(error) => Finding::fail(check, format!("{name}: {error}"), advice),
    };
    loaded.into_iter().map(finding).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::config::{Config, Sources, load};

    struct Fixed;

    impl Source for Fixed {
        fn now(&self) -> Timestamp {
            BUILT_AFTER
        }

        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    struct Database(Result<DatabaseState, String>, Backlog);

    impl Patient for Database {
        async fn database(&self) -> Result<DatabaseState, String> {
            self.0.clone()
        }

        async fn backlog(&self, _now: Timestamp) -> Result<Backlog, String> {
            Ok(self.1)
        }
    }

    fn healthy() -> DatabaseState {
        DatabaseState {
            version: "PostgreSQL 16.2".to_owned(),
            pending_migrations: 0,
            unknown_migrations: 0,
            now: Some(BUILT_AFTER),
        }
    }

    async fn check(change: impl FnOnce(&mut Config, &Path), state: Result<DatabaseState, String>) -> Report {
        check_with(change, state, Backlog::default()).await
    }

    async fn check_with(
        change: impl FnOnce(&mut Config, &Path),
        state: Result<DatabaseState, String>,
        backlog: Backlog,
    ) -> Report {
        let directory = tempfile::tempdir().expect("a directory");
        let mut config = Config::default();
        let key = directory.path().join("vault.key");
        std::fs::write(&key, "key").expect("a file");
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).expect("permissions");
        config.data_dir = directory.path().to_owned();
        config.vault.key_file = key;
        config.database.url = "postgres://host/db".into();
        config.server.public_url = Some("https://pay.example".to_owned());
        change(&mut config, directory.path());
        examine(&Loaded { config, origins: BTreeMap::new() }, &Database(state, backlog), Arc::new(Fixed))
            .await
    }

    fn verdict(report: &Report, check: &str) -> Verdict {
        let finding = report.0.iter().find(|finding| finding.check == check);
        finding.expect("the check is there").verdict
    }

    #[tokio::test]
    async fn a_healthy_server_is_all_ok() {
        let report = check(|_, _| {}, Ok(healthy())).await;

        assert!(report.0.iter().all(|finding| finding.verdict == Verdict::Ok), "{report}");
        assert_eq!(report.exit_code(), 0);
        assert!(report.to_string().contains("OK    database    PostgreSQL 16.2, migrated\n"), "{report}");
    }

    #[tokio::test]
    async fn what_does_not_work_fails_with_advice() {
        let open = |config: &mut Config, _: &Path| {
            let everybody = std::fs::Permissions::from_mode(0o644);
            std::fs::set_permissions(&config.vault.key_file, everybody).expect("permissions");
            config.server.listen = ([0, 0, 0, 0], 80).into();
            config.server.public_url = None;
            config.data_dir = "/proc/nowhere".into();
            config.auth.issuers = vec![crate::config::Issuer {
                jwks_file: Some("/nowhere/jwks.json".into()),
                ..Default::default()
            }];
        };

        let report = check(open, Err("connection refused".to_owned())).await;

        for failing in ["database", "key file", "public url", "disk", "issuer"] {
            assert_eq!(verdict(&report, failing), Verdict::Fail, "{failing}");
        }
        assert_eq!(report.exit_code(), 1);
        assert!(report.to_string().contains("-> Run `chmod 600` on it"), "{report}");
    }

    #[tokio::test]
    async fn what_works_but_should_not_stay_so_is_warned_of() {
        let later = BUILT_AFTER.saturating_add(Duration::from_secs(10));
        let state = DatabaseState { pending_migrations: 2, now: Some(later), ..healthy() };
        let loose = |config: &mut Config, directory: &Path| {
            config.vault.key_file = directory.join("missing.key");
            config.server.public_url = None;
            config.connectors.allow_loopback = true;
        };

        let report = check(loose, Ok(state)).await;

        for warned in ["database", "clock", "key file", "public url", "connectors"] {
            assert_eq!(verdict(&report, warned), Verdict::Warn, "{warned}");
        }
        assert_eq!(report.exit_code(), 0);
        let newer = DatabaseState { unknown_migrations: 1, ..healthy() };
        assert_eq!(verdict(&check(|_, _| {}, Ok(newer)).await, "database"), Verdict::Fail);
    }

    #[tokio::test]
    async fn money_in_doubt_is_warned_of() {
        let hour_ago = Timestamp::from_unix_micros(BUILT_AFTER.unix_micros() - 3_600_000_000);
        let young = Backlog { in_doubt: 2, oldest_doubt_at: Some(BUILT_AFTER), ..Backlog::default() };
        let old = Backlog { oldest_doubt_at: Some(hour_ago), ..young };
        let in_review = Backlog { in_review: 3, ..Backlog::default() };
        for (backlog, expected, text) in [
            (Backlog::default(), Verdict::Ok, "0 attempts in review; none in doubt"),
            (young, Verdict::Ok, "0 attempts in review; 2 in doubt, the oldest for 0 s"),
            (old, Verdict::Warn, "0 attempts in review; 2 in doubt, the oldest for 3600 s"),
            (in_review, Verdict::Warn, "3 attempts in review; none in doubt"),
        ] {
            let report = check_with(|_, _| {}, Ok(healthy()), backlog).await;
            assert_eq!(verdict(&report, "payments"), expected, "{report}");
            assert!(report.to_string().contains(text), "{report}");
        }
        let off = check(|config, _| config.workers.enabled = false, Ok(healthy())).await;
        assert_eq!(verdict(&off, "payments"), Verdict::Warn);
    }

    #[test]
    fn a_configuration_that_does_not_load_is_a_finding() {
        let sources =
            Sources { flags: vec![("server.listn".to_owned(), "x".to_owned())], ..Sources::default() };
        let problems = load(&sources).expect_err("the key is unknown");

        let report = Report::unconfigured(&problems);

        assert_eq!(report.exit_code(), 1);
        assert_eq!(
            report.0[0].detail,
            "flag server.listn: server.listn: unknown key; did you mean server.listen?"
        );
    }
}
