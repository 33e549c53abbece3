//! The configuration as the program uses it: domain types, in parts.

use std::path::PathBuf;
use std::time::Duration;

use super::problem::Problem;
use crate::executor::settings::PeerSettings;
use crate::model::scoped_tokens::ScopedTokens;
use crate::model::secret::Secret;
use crate::model::sizes::{GiB, KiB};
use crate::telemetry::LogLevel;

/// The whole configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The TCP port on all addresses; 0 takes a free one.
    pub port: u16,
    /// The keys of tokens; `None` where authentication is off.
    pub auth: Option<AuthConfig>,
    /// How far the clock of a client may be ahead, in seconds.
    pub iat_leeway: i64,
    /// Whether tokens are taken that are good for all requests.
    pub scoped_tokens: ScopedTokens,
    /// The admin state to begin with: `normal`, `read-only` or `local-client`.
    pub default_state: String,
    /// The certificate to serve HTTPS with; plain HTTP without.
    pub tls: Option<TlsConfig>,
    /// Whether files with keys that others can read end the start.
    pub strict_permissions: bool,
    /// The database.
    pub database: DatabaseConfig,
    /// How much is logged.
    pub log_level: LogLevel,
    /// How peers are reached.
    pub executor: ExecutorConfig,
    /// Bounds of bricks and volumes.
    pub bounds: Bounds,
    /// Options around those of requests.
    pub options: OptionLists,
    /// Volumes that are made to host block volumes.
    pub hosting: HostingConfig,
    /// Background and limits.
    pub background: BackgroundConfig,
    /// What is odd and no reason not to start: unknown keys, variables that cannot be read. To be logged.
    pub warnings: Vec<Problem>,
}

/// A certificate and its private key, both PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsConfig {
    /// The chain of certificates.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// The keys of tokens: any bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthConfig {
    /// Of issuer `admin`.
    pub admin: Secret<Vec<u8>>,
    /// Of issuer `user`.
    pub user: Secret<Vec<u8>>,
}

/// The database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseConfig {
    /// Its file.
    pub path: PathBuf,
    /// Whether it must not be written, which no server of ours can keep to.
    pub read_only: bool,
    /// Whether one connection has it to itself, whatever the file system.
    pub alone: bool,
}

/// Which executor is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutorKind {
    /// Real peers over SSH.
    Ssh,
    /// Simulated peers as strict as real ones.
    Sim,
    /// Simulated peers as heketi's mock shows them.
    Mock,
}

/// How peers are reached and worked on.
#[derive(Debug, Clone)]
pub struct ExecutorConfig {
    /// Which executor.
    pub kind: ExecutorKind,
    /// The faults to inject, where the executor is one of `inject/…`.
    pub inject: Option<serde_json::Value>,
    /// What the SSH executor needs.
    pub ssh: Option<SshSettings>,
    /// How peers are worked on.
    pub peer: PeerSettings,
}

/// What the SSH executor needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshSettings {
    /// The user on the peers.
    pub user: String,
    /// The port on the peers.
    pub port: u16,
    /// The private key.
    pub key: PathBuf,
    /// Whether commands go through sudo.
    pub sudo: bool,
    /// Files with the peers' keys that are the only ones trusted (`SSH_KNOWN_HOSTS`, or `strict`).
    pub strict: Option<Vec<PathBuf>>,
    /// Whether host keys are not checked at all.
    pub unchecked: bool,
    /// How long a command waits for an earlier one on the same object.
    pub lock_wait: Duration,
}

/// Bounds of bricks and volumes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// The smallest data brick.
    pub brick_min: Option<KiB>,
    /// The largest brick.
    pub brick_max: Option<KiB>,
    /// Bricks a volume may have.
    pub max_bricks: Option<usize>,
    /// Expected size of a file.
    pub average_file: Option<KiB>,
    /// How zones count.
    pub zone_checking: String,
    /// Volumes a cluster may have.
    pub max_volumes: usize,
}

/// Options around those of requests. Each list has an empty text where nothing is configured, as heketi shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionLists {
    /// Before.
    pub pre: Vec<String>,
    /// After.
    pub post: Vec<String>,
    /// For volumes that host block volumes.
    pub block_hosting: Vec<String>,
}

/// Volumes that are made to host block volumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostingConfig {
    /// Whether one is made where no other has room.
    pub auto_create: bool,
    /// Its size.
    pub size: GiB,
}

/// Background and limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackgroundConfig {
    /// heketi's `max_inflight_operations`; 0 is unset.
    pub max_inflight: u64,
    /// Further tries of a volume create.
    pub create_retries: u32,
    /// Whether an expansion begins to spread what the volume holds. heketi lets only the environment say no.
    pub rebalance: bool,
    /// How long a delete may run before its client is told that it goes on.
    pub delete_patience: Duration,
    /// When nodes are looked at; never, if `None`.
    pub node_monitor: Option<Timing>,
    /// When what operations left is cleaned; never by itself, if `None`.
    pub cleaner: Option<Timing>,
}

/// When something that is done again and again is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// After the start, the first time.
    pub start: Duration,
    /// From then on.
    pub refresh: Duration,
}
