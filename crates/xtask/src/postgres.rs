//! A throw-away PostgreSQL server for tests and developers.
//!
//! The server listens on a free port of 127.0.0.1 and on a unix socket in its own directory, trusts
//! everyone who can reach it, and does not care about a power cut (`fsync=off`).
//! It goes when its owner goes: a small shell stands between the two and waits for the end of its
//! standard input, which the kernel closes however the owner died, be it by `Ctrl-C`, by `kill -9` or
//! by the end of a test binary that kept the server in a static, which is never dropped.

use std::{
    env, fs,
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail, ensure};

/// The variable under which a server that runs already is made known to tests.
pub const URL_VARIABLE: &str = "PURSER_TEST_POSTGRES";

/// How long a server may take to answer; a cold disk on a busy machine has been seen to need ten seconds.
const START_TIMEOUT: Duration = Duration::from_mins(1);
/// Between choosing a free port and binding it somebody else may take it.
const PORT_ATTEMPTS: u32 = 5;
/// Settings that trade durability, which a throw-away server does not need, for speed.
const SETTINGS: [&str; 6] = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=400",
    "listen_addresses=127.0.0.1",
    "log_min_messages=warning",
];
/// Runs the server (`"$@"`) until standard input ends, then stops it and removes its directory (`$0`).
/// Signals from a terminal reach the whole group of processes; they are left to the owner.
const KEEPER: &str = r#"trap '' INT TERM HUP
"$@" >"$0/server.log" 2>&1 </dev/null &
server=$!
read -r _
kill -INT "$server" 2>/dev/null
wait "$server"
rm -rf "$0""#;

/// A running server, stopped and removed when this value is dropped.
#[derive(Debug)]
pub struct Postgres {
    keeper: Child,
    directory: PathBuf,
    port: u16,
}

impl Postgres {
    /// Makes a new cluster in a temporary directory and starts a server on it.
    /// When the caller is root the server runs as `postgres` or `nobody`, since it refuses to be root.
    ///
    /// # Errors
    /// When no server is installed, when the cluster cannot be made, or when the server does not answer in time.
    pub fn start() -> Result<Self> {
        let binaries =
            binaries().context("PostgreSQL is not installed (Debian: apt-get install postgresql)")?;
        let user = User::unprivileged()?;
        let mut last = anyhow!("no attempt was made");
        for _ in 0..PORT_ATTEMPTS {
            let directory = tempfile::Builder::new().prefix("purser-postgres-").tempdir()?.keep();
            match Self::start_in(&binaries, user, &directory) {
                Ok(server) => return Ok(server),
                Err(error) => last = error,
            }
            // The keeper has removed it if it came to run; otherwise it is ours to remove.
            drop(fs::remove_dir_all(&directory));
            if !last.to_string().contains("Address already in use") {
                return Err(last);
            }
        }
        Err(last.context("no port stayed free long enough"))
    }

    fn start_in(binaries: &Path, user: Option<User>, directory: &Path) -> Result<Self> {
        if let Some(user) = user {
            std::os::unix::fs::chown(directory, Some(user.uid), Some(user.gid))?;
        }
        let made = command_as(user, &binaries.join("initdb"), directory)
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"])
            .arg("--pgdata")
            .arg(directory.join("data"))
            .output()
            .context("cannot run initdb")?;
        ensure!(made.status.success(), "initdb failed: {}", String::from_utf8_lossy(&made.stderr));
        Self::serve(binaries, user, directory)
    }

    fn serve(binaries: &Path, user: Option<User>, directory: &Path) -> Result<Self> {
        let port = free_port()?;
        let mut command = command_as(user, Path::new("sh"), directory);
        command.args(["-c", KEEPER]).arg(directory).arg(binaries.join("postgres"));
        command
            .arg("-D")
            .arg(directory.join("data"))
            .arg("-k")
            .arg(directory)
            .args(["-p", &port.to_string()]);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let keeper = command.spawn().context("cannot run sh")?;
        let server = Self { keeper, directory: directory.to_owned(), port };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// The server writes "ready" into its pid file when it takes connections, which is also how `pg_ctl` knows.
    fn wait_until_ready(&self) -> Result<()> {
        let deadline = Instant::now() + START_TIMEOUT;
        while Instant::now() < deadline {
            let pid_file = fs::read_to_string(self.directory.join("data/postmaster.pid")).unwrap_or_default();
            if pid_file.lines().nth(7).is_some_and(|status| status.trim() == "ready") {
                return Ok(());
            }
            let log = self.log();
            if log.contains("FATAL") {
                bail!("the server did not start: {log}");
            }
            thread::sleep(Duration::from_millis(20));
        }
        bail!("the server did not answer within {} s: {}", START_TIMEOUT.as_secs(), self.log())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.join("server.log")).unwrap_or_default()
    }

    /// The URL of one of the server's databases; `postgres` is there from the start.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Where the unix socket and the server's files are.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // Nothing can be done about a keeper that cannot be waited for; it ends by itself.
        drop(self.keeper.wait());
    }
}

/// The folder that holds `initdb` and `postgres`: in `PATH`, or where Debian puts the newest version.
#[must_use]
pub fn binaries() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let in_path = env::split_paths(&path).map(|folder| folder.join("initdb"));
    let in_debian = debian_versions().into_iter().map(|version| version.join("bin/initdb"));
    in_path
        .chain(in_debian)
        .filter_map(|initdb| fs::canonicalize(initdb).ok()?.parent().map(Path::to_owned))
        .find(|folder| folder.join("postgres").exists())
}

fn debian_versions() -> Vec<PathBuf> {
    let folders = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = folders
        .filter_map(|folder| Some((folder.file_name().to_str()?.parse().ok()?, folder.path())))
        .collect();
    versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    versions.into_iter().map(|(_, folder)| folder).collect()
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// The working directory is given because the caller's may be closed to the server's user.
fn command_as(user: Option<User>, program: &Path, directory: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(directory);
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
    command
}

#[derive(Clone, Copy, Debug)]
struct User {
    uid: u32,
    gid: u32,
}

impl User {
    /// The user to become, or none when the caller is not root and may stay what it is.
    fn unprivileged() -> Result<Option<Self>> {
        let id = Command::new("id").arg("-u").output().context("cannot run id")?;
        if String::from_utf8_lossy(&id.stdout).trim() != "0" {
            return Ok(None);
        }
        let accounts = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        let found = Self::named(&accounts, "postgres").or_else(|| Self::named(&accounts, "nobody"));
        found.map(Some).context("root needs a user `postgres` or `nobody` to run the server as")
    }

    fn named(accounts: &str, name: &str) -> Option<Self> {
        let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some(Self { uid: fields.next()?.parse().ok()?, gid: fields.next()?.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn a_user_is_read_from_the_accounts() {
        let accounts = "root:x:0:0:root:/:/bin/sh\npostgres:x:101:104:admin:/var:/bin/bash\n";

        let user = User::named(accounts, "postgres").expect("it is in the second line");

        assert_eq!((user.uid, user.gid), (101, 104));
        assert!(User::named(accounts, "nobody").is_none());
    }

    #[test]
    fn a_server_accepts_connections_and_leaves_nothing_behind() {
        let server = Postgres::start().expect("the server starts");
        let (port, directory) = (server.port, server.directory().to_owned());
        assert_eq!(server.url("shop"), format!("postgres://postgres@127.0.0.1:{port}/shop"));
        assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());

        drop(server);

        assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
        assert!(!directory.exists());
    }
}
