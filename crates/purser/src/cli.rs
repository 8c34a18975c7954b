//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// A self-hosted GraphQL gateway to a customer graph.
#[derive(Debug, Parser)]
#[command(name = "purser", version, about, arg_required_else_help = true)]
pub struct Cli {
    /// The configuration file; PURSER_CONFIG or ./purser.toml if absent.
    #[arg(long, global = true)]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve what is configured.
    Serve(ServeArgs),
    /// Build an ecosystem of sample data in an embedded database, and serve it.
    Demo(DemoArgs),
    /// Tenants, at the command line of the server itself.
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// API keys, at the command line of the server itself.
    #[command(subcommand)]
    Key(KeyCommand),
    /// The configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Look at everything that must be right before the first customer.
    Doctor,
    /// Bring the database up to date and stop.
    Migrate,
    /// Print the GraphQL schema.
    Schema,
}

/// Flags of `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// The address to listen on.
    #[arg(long)]
    pub listen: Option<SocketAddr>,
}

/// Flags of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// The address to listen on; port 0 takes any free one.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Where the sample data lives.
    #[arg(long, default_value = "demo-data")]
    pub data: PathBuf,
    /// Throw away the sample data of an earlier start.
    #[arg(long)]
    pub fresh: bool,
    /// Print one line of JSON instead of words.
    #[arg(long)]
    pub json: bool,
}

/// `tenant …`
#[derive(Debug, Subcommand)]
pub enum TenantCommand {
    /// Create a root tenant.
    Create {
        /// Unique: lower-case letters, digits and dashes.
        slug: String,
        /// The name that people see; the slug if absent.
        #[arg(long)]
        name: Option<String>,
        /// ISO 4217 code of amounts that name none.
        #[arg(long, default_value = "EUR")]
        currency: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// List every tenant.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

/// What a key is for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum KeyKind {
    /// For servers.
    Secret,
    /// For pages and apps.
    Publishable,
}

/// Where a key works.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum KeyEnvironment {
    /// Real money.
    Live,
    /// Test data.
    Sandbox,
}

/// `key …`
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Create a key and show its secret this once.
    Create {
        /// The tenant's slug.
        #[arg(long)]
        tenant: String,
        /// What it is for.
        #[arg(long, value_enum, default_value = "secret")]
        kind: KeyKind,
        /// Where it works.
        #[arg(long, value_enum, default_value = "sandbox")]
        environment: KeyEnvironment,
        /// The name that people see.
        #[arg(long, default_value = "command line")]
        name: String,
        /// What it may do, such as profiles:read; everything if absent.
        #[arg(long = "scope")]
        scopes: Vec<String>,
        /// RFC 3339 time at which it stops working.
        #[arg(long)]
        expires_at: Option<String>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// List keys, without their secrets.
    List {
        /// Only of this tenant.
        #[arg(long)]
        tenant: Option<String>,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Revoke a key.
    Revoke {
        /// The key's id: key_….
        id: String,
    },
}

/// `config …`
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Load exactly what the server would, and print it or what is wrong with it.
    Check,
    /// Print every key with its meaning and default.
    Sample,
}
