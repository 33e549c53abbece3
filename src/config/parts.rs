//! The configuration as the program uses it: domain types, in parts.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::ConfigError;
use super::environment::Environment;
use super::file::{File, Glusterfs, PeerKeys};
use crate::executor::settings::{PeerSettings, XfsStripe};
use crate::model::sizes::{GiB, KiB};

/// heketi's number of volumes a cluster may have.
const MAX_VOLUMES: usize = 1000;

/// heketi's number for "unlimited".
const UNLIMITED_VOLUMES: usize = 2_147_483_647;

/// heketi's number of further tries of a volume create.
const CREATE_RETRIES: u32 = 4;

/// How long a command waits for an earlier one on the same object.
const LOCK_WAIT: u32 = 60;

/// The words that turn the check of host keys off.
const UNCHECKED: &str = "do-not-check";

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text, for computing with it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// The whole configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The TCP port on all addresses; 0 takes a free one.
    pub port: u16,
    /// The keys of tokens; `None` where authentication is off.
    pub auth: Option<AuthConfig>,
    /// How far the clock of a client may be ahead, in seconds.
    pub iat_leeway: i64,
    /// The admin state to begin with: `normal`, `read-only` or `local-client`.
    pub default_state: String,
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
    /// Background and limits.
    pub background: BackgroundConfig,
}

/// The keys of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthConfig {
    /// Of issuer `admin`.
    pub admin: Secret,
    /// Of issuer `user`.
    pub user: Secret,
}

/// The database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseConfig {
    /// Its file.
    pub path: PathBuf,
}

/// How much is logged. Source: heketi's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogLevel {
    /// Nothing.
    None,
    /// Errors; heketi's `critical` too.
    Error,
    /// Errors and warnings.
    Warning,
    /// What happens.
    #[default]
    Info,
    /// Everything.
    Debug,
}

impl LogLevel {
    /// Reads heketi's words.
    pub fn parse(word: &str) -> Option<LogLevel> {
        match word {
            "none" => Some(LogLevel::None),
            "critical" | "error" => Some(LogLevel::Error),
            "warning" => Some(LogLevel::Warning),
            "info" => Some(LogLevel::Info),
            "debug" => Some(LogLevel::Debug),
            _ => None,
        }
    }
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

/// Background and limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackgroundConfig {
    /// heketi's `max_inflight_operations`; 0 is unset.
    pub max_inflight: u64,
    /// Further tries of a volume create.
    pub create_retries: u32,
}

pub(super) fn assemble(
    file: File,
    environment: &Environment,
    disable_auth: bool,
) -> Result<Config, ConfigError> {
    let application = |text: &str| ConfigError::Application(text.to_owned());
    let glusterfs =
        file.glusterfs.ok_or_else(|| application("the configuration has no `glusterfs` section"))?;
    if file.enable_tls {
        return Err(application(
            "enable_tls is set, and this version serves plain HTTP only; put a proxy before it",
        ));
    }
    let port = environment.text("HEKETI_HTTP_PORT", file.port).unwrap_or_default();
    let default_state = environment.text("HEKETI_DEFAULT_STATE", file.default_state);
    Ok(Config {
        port: read_port(&port)?,
        auth: auth(file.jwt.admin.key, file.jwt.user.key, environment, disable_auth)?,
        iat_leeway: iat_leeway(environment),
        default_state: admin_state(default_state)?,
        log_level: log_level(environment.text("HEKETI_GLUSTERAPP_LOGLEVEL", glusterfs.loglevel.clone())),
        database: DatabaseConfig {
            path: environment
                .text("HEKETI_DB_PATH", glusterfs.db.clone())
                .unwrap_or_else(|| "heketi.db".to_owned())
                .into(),
        },
        bounds: bounds(&glusterfs, environment),
        options: options(&glusterfs, environment),
        background: background(&glusterfs, environment),
        executor: executor(glusterfs, environment)?,
    })
}

fn read_port(text: &str) -> Result<u16, ConfigError> {
    if text.is_empty() {
        return Ok(0);
    }
    text.parse().map_err(|_| {
        ConfigError::Application(format!("`{text}` is no TCP port; give `port` a number below 65536"))
    })
}

fn auth(
    admin: String,
    user: String,
    environment: &Environment,
    disabled: bool,
) -> Result<Option<AuthConfig>, ConfigError> {
    if disabled {
        return Ok(None);
    }
    let key = |name, file| environment.text(name, file).map(Secret).ok_or(ConfigError::MissingKeys);
    Ok(Some(AuthConfig { admin: key("HEKETI_ADMIN_KEY", admin)?, user: key("HEKETI_USER_KEY", user)? }))
}

/// heketi's leeway for the clocks of clients, in seconds.
fn iat_leeway(environment: &Environment) -> i64 {
    const STANDARD: u32 = 120;
    environment.number("HEKETI_JWT_IAT_LEEWAY_SECONDS", STANDARD).unwrap_or(STANDARD).into()
}

fn admin_state(name: Option<String>) -> Result<String, ConfigError> {
    let name = name.unwrap_or_else(|| "normal".to_owned());
    match name.as_str() {
        "normal" | "read-only" | "local-client" => Ok(name),
        _ => Err(ConfigError::AdminState(name)),
    }
}

fn log_level(word: Option<String>) -> LogLevel {
    let Some(word) = word else { return LogLevel::default() };
    LogLevel::parse(&word).unwrap_or_else(|| {
        tracing::error!("invalid log level: {word}");
        LogLevel::default()
    })
}

fn bounds(keys: &Glusterfs, environment: &Environment) -> Bounds {
    let size = |gib: i64| GiB::from_sql(gib).filter(|size| size.get() > 0).map(KiB::from);
    let positive = |number: i64| usize::try_from(number).ok().filter(|number| *number > 0);
    let max_volumes: i64 = environment
        .number("HEKETI_GLUSTER_MAX_VOLUMES_PER_CLUSTER", 0)
        .unwrap_or(keys.max_volumes_per_cluster);
    Bounds {
        brick_min: size(keys.brick_min_size_gb),
        brick_max: size(keys.brick_max_size_gb),
        max_bricks: positive(keys.max_bricks_per_volume),
        average_file: KiB::new(keys.average_file_size_kb).filter(|size| size.get() > 0),
        zone_checking: environment
            .text("HEKETI_ZONE_CHECKING", keys.zone_checking.clone())
            .unwrap_or_default(),
        max_volumes: match max_volumes {
            0 => MAX_VOLUMES,
            negative if negative < 0 => UNLIMITED_VOLUMES,
            positive => usize::try_from(positive).unwrap_or(UNLIMITED_VOLUMES),
        },
    }
}

fn options(keys: &Glusterfs, environment: &Environment) -> OptionLists {
    let list = |name, file: &String| {
        let text = environment.text(name, file.clone()).unwrap_or_default();
        text.split(',').map(str::to_owned).collect::<Vec<_>>()
    };
    let hosting = if keys.block_hosting_volume_options.is_empty() {
        "group gluster-block".to_owned()
    } else {
        keys.block_hosting_volume_options.clone()
    };
    OptionLists {
        pre: list("HEKETI_PRE_REQUEST_VOLUME_OPTIONS", &keys.pre_request_volume_options),
        post: list("HEKETI_POST_REQUEST_VOLUME_OPTIONS", &keys.post_request_volume_options),
        block_hosting: list("HEKETI_BLOCK_HOSTING_VOLUME_OPTIONS", &hosting),
    }
}

fn background(keys: &Glusterfs, environment: &Environment) -> BackgroundConfig {
    let inflight: Option<i64> = environment.number("HEKETI_MAX_INFLIGHT_OPERATIONS", 0);
    BackgroundConfig {
        // heketi takes a negative number for "practically unlimited".
        max_inflight: inflight.map_or(keys.max_inflight_operations, |n| u64::try_from(n).unwrap_or(u64::MAX)),
        create_retries: u32::try_from(keys.operation_retry_limits.volume_create)
            .ok()
            .filter(|retries| *retries > 0)
            .unwrap_or(CREATE_RETRIES),
    }
}

fn executor(keys: Glusterfs, environment: &Environment) -> Result<ExecutorConfig, ConfigError> {
    let name = environment.text("HEKETI_EXECUTOR", keys.executor).unwrap_or_default();
    let (kind, injects) = match name.as_str() {
        "" | "ssh" => (ExecutorKind::Ssh, false),
        "sim" => (ExecutorKind::Sim, false),
        "mock" => (ExecutorKind::Mock, false),
        "inject/ssh" => (ExecutorKind::Ssh, true),
        "inject/sim" => (ExecutorKind::Sim, true),
        "inject/mock" => (ExecutorKind::Mock, true),
        "kube" | "kubernetes" => {
            let text = "the executor `kubernetes` is not supported yet; use `ssh`";
            return Err(ConfigError::Application(text.to_owned()));
        }
        other => return Err(ConfigError::Application(format!("invalid executor: {other}"))),
    };
    let common = if kind == ExecutorKind::Ssh { &keys.sshexec } else { pick(&keys.sshexec, &keys.kubeexec) };
    Ok(ExecutorConfig {
        kind,
        inject: injects.then_some(keys.injectexec),
        peer: peer(common, environment)?,
        ssh: (kind == ExecutorKind::Ssh).then(|| ssh(&keys.sshexec, environment)).transpose()?,
    })
}

/// The section that says anything, for simulated peers.
fn pick<'a>(ssh: &'a PeerKeys, kube: &'a PeerKeys) -> &'a PeerKeys {
    if ssh.fstab.is_empty() && !kube.fstab.is_empty() { kube } else { ssh }
}

fn peer(keys: &PeerKeys, environment: &Environment) -> Result<PeerSettings, ConfigError> {
    let default = PeerSettings::default();
    let or = |value: &String, default: String| if value.is_empty() { default } else { value.clone() };
    let timeout = environment.number("HEKETI_GLUSTER_CLI_TIMEOUT", keys.gluster_cli_timeout);
    let timeout = Some(timeout.unwrap_or(keys.gluster_cli_timeout)).filter(|seconds| *seconds > 0);
    // heketi ignores a limit that is no number.
    let limit = environment.get("HEKETI_SNAPSHOT_LIMIT").and_then(|text| text.parse().ok());
    Ok(PeerSettings {
        fstab: environment.text("HEKETI_FSTAB", keys.fstab.clone()).unwrap_or(default.fstab),
        mount_options: environment
            .text("HEKETI_MOUNT_OPTS", keys.mountopts.clone())
            .unwrap_or(default.mount_options),
        gluster_cli_timeout: timeout.map_or(default.gluster_cli_timeout, |s| Duration::from_secs(s.into())),
        pv_data_alignment: or(&keys.pv_data_alignment, default.pv_data_alignment),
        vg_extent_size: or(&keys.vg_physicalextentsize, default.vg_extent_size),
        lv_chunk_size: or(&keys.lv_chunksize, default.lv_chunk_size),
        xfs_stripe: stripe(keys.xfs_su, keys.xfs_sw)?,
        backup_lvm_metadata: keys.backup_lvm_metadata,
        lvm_wrapper: environment.text("HEKETI_LVM_WRAPPER", keys.lvm_wrapper.clone()),
        snapshot_limit: u32::try_from(limit.unwrap_or(keys.snapshot_limit)).unwrap_or(0),
    })
}

fn stripe(su: i64, sw: i64) -> Result<Option<XfsStripe>, ConfigError> {
    if su == 0 || sw == 0 {
        return Ok(None);
    }
    match (u32::try_from(su), u32::try_from(sw)) {
        (Ok(su), Ok(sw)) => Ok(Some(XfsStripe { su, sw })),
        _ => Err(ConfigError::Application(format!(
            "xfs_su {su} and xfs_sw {sw} are no stripe of a file system"
        ))),
    }
}

fn ssh(keys: &PeerKeys, environment: &Environment) -> Result<SshSettings, ConfigError> {
    let application = |text: String| ConfigError::Application(text);
    let key = environment.text("HEKETI_SSH_KEYFILE", keys.keyfile.clone());
    let key = PathBuf::from(
        key.ok_or_else(|| application("Missing ssh private key file in configuration".to_owned()))?,
    );
    std::fs::File::open(&key).map_err(|error| {
        application(format!("Unable to read private key file {}: {error}", key.display()))
    })?;
    let port = environment.text("HEKETI_SSH_PORT", keys.port.clone()).unwrap_or_else(|| "22".to_owned());
    let known = environment.get("SSH_KNOWN_HOSTS");
    let files = known.map(|list| list.split(':').map(PathBuf::from).collect::<Vec<_>>());
    let (strict, unchecked) = match (files, keys.host_keys.as_str()) {
        (Some(files), _) => (Some(files), false),
        (None, "" | "learn") => (None, false),
        (None, "strict") => (Some(Vec::new()), false),
        (None, UNCHECKED) => (None, true),
        (None, other) => {
            return Err(application(format!("host_keys is `{other}`; give learn, strict or {UNCHECKED}")));
        }
    };
    Ok(SshSettings {
        user: environment.text("HEKETI_SSH_USER", keys.user.clone()).unwrap_or_else(|| "heketi".to_owned()),
        port: port.parse().map_err(|_| application(format!("`{port}` is no TCP port of ssh")))?,
        key,
        sudo: keys.sudo,
        strict,
        unchecked,
        lock_wait: Duration::from_secs(if keys.lock_wait == 0 { LOCK_WAIT } else { keys.lock_wait }.into()),
    })
}
