//! What the demo made, as much of it as somebody needs to try it, and the file that keeps it.
//!
//! API keys cannot be read back from the database, which knows only their hashes. So the demo keeps its
//! own beside the database, in a file that only the user can read. The file also says that the data is the
//! demo's: nothing is ever thrown away in a directory that lacks it.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use purser_types::Secret;
use purser_types::id::{ConnectorId, ContainerId, ProfileId, RouterId, TenantId};
use serde::{Deserialize, Serialize};

/// The file, below the data directory.
pub const FILE: &str = "demo.json";
/// Everything else that a demo leaves in its data directory.
const LEFT_BEHIND: [&str; 5] = ["purser.db", "purser.db-wal", "purser.db-shm", "vault.key", "sandbox.jsonl"];

/// A tenant of the demo with its keys.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DemoTenant {
    /// Its readable name.
    pub slug: String,
    /// Its id.
    pub id: TenantId,
    /// The name that people see.
    pub name: String,
    /// What it is in the demo.
    pub role: String,
    /// For servers.
    #[serde(with = "exposed")]
    pub secret_key: Secret,
    /// For pages.
    #[serde(with = "exposed")]
    pub publishable_key: Secret,
    /// Its router over both processors.
    pub router_id: RouterId,
    /// Its connectors by the processor's name.
    pub connectors: BTreeMap<String, ConnectorId>,
}

/// The customer that the sample operations are about.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DemoCustomer {
    /// The profile.
    pub profile_id: ProfileId,
    /// The profile's guid.
    pub guid: String,
    /// The ecosystem's identifier.
    pub customer_identification: String,
    /// The instrument that was stored first.
    pub payment_token: String,
}

/// How much sample data there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Profiles.
    pub customers: usize,
    /// Stored instruments.
    pub instruments: usize,
    /// Payments, registrations not counted.
    pub payments: usize,
}

/// A marketplace with its merchants and what people need to try it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ecosystem {
    /// The marketplace first, then the partners, then the merchant that was left out.
    pub tenants: Vec<DemoTenant>,
    /// The shared container.
    pub container_id: ContainerId,
    /// Alex Smith of the documentation.
    pub alex: DemoCustomer,
    /// How much there is.
    pub counts: Counts,
    /// Tells the sample payments of this start from those of earlier ones.
    #[serde(skip)]
    pub run: String,
    /// Where this start is reached.
    #[serde(skip)]
    pub origin: String,
}

impl Ecosystem {
    /// The tenant of a slug.
    #[must_use]
    pub fn tenant(&self, slug: &str) -> Option<&DemoTenant> {
        self.tenants.iter().find(|tenant| tenant.slug == slug)
    }
}

/// What is in a data directory.
#[derive(Debug)]
pub(super) enum Found {
    /// Nothing of a database.
    Nothing,
    /// The demo of an earlier start.
    Complete(Box<Ecosystem>),
    /// A demo whose making was interrupted.
    Interrupted,
    /// A database that is not the demo's.
    Foreign,
}

/// The file of a demo.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    /// Absent while the data is being made.
    ecosystem: Option<Ecosystem>,
}

fn file(directory: &Path) -> PathBuf {
    directory.join(FILE)
}

/// Looks at what an earlier start left.
pub(super) fn look(directory: &Path) -> anyhow::Result<Found> {
    let path = file(directory);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let has_data = LEFT_BEHIND.iter().any(|name| directory.join(name).exists());
            return Ok(if has_data { Found::Foreign } else { Found::Nothing });
        }
        Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
    };
    let document: Document = serde_json::from_str(&text)
        .with_context(|| format!("{} is not what this version writes; start with --fresh", path.display()))?;
    Ok(document.ecosystem.map_or(Found::Interrupted, |ecosystem| Found::Complete(Box::new(ecosystem))))
}

/// Removes a demo's data.
///
/// # Errors
/// The directory holds a database and no sign that the demo made it.
pub(super) fn clear(directory: &Path) -> anyhow::Result<()> {
    let path = file(directory);
    let has_data = LEFT_BEHIND.iter().any(|name| directory.join(name).exists());
    if has_data && !path.exists() {
        bail!(
            "{} holds a database that is not the demo's; choose another directory with --data",
            directory.display()
        );
    }
    // The demo's own file last, so that an interruption here is noticed.
    for name in LEFT_BEHIND.iter().copied().chain([FILE]) {
        match fs::remove_file(directory.join(name)) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                return Err(error).with_context(|| format!("removing {name} in {}", directory.display()));
            }
        }
    }
    Ok(())
}

/// Marks the directory as the demo's before anything is made in it.
pub(super) fn claim(directory: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(directory).with_context(|| format!("creating {}", directory.display()))?;
    write(directory, &Document { ecosystem: None })
}

/// Keeps what was made.
pub(super) fn keep(directory: &Path, ecosystem: &Ecosystem) -> anyhow::Result<()> {
    write(directory, &Document { ecosystem: Some(ecosystem.clone()) })
}

fn write(directory: &Path, document: &Document) -> anyhow::Result<()> {
    let path = file(directory);
    let text = serde_json::to_string_pretty(document).context("writing down what the demo made")?;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let written = options.open(&path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("writing {}", path.display()))
}

/// Secrets in the demo's own file, which is where its user finds them again.
mod exposed {
    use purser_types::Secret;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        String::deserialize(deserializer).map(Secret::new)
    }
}
