//! From the file and the environment to the configuration. The environment wins, and 0 or an empty text means that
//! nothing was said.

use std::time::Duration;

use super::ConfigError;
use super::environment::Environment;
use super::file::{File, Glusterfs};
use super::parts::{
    AuthConfig, BackgroundConfig, Bounds, Config, DatabaseConfig, HostingConfig, OptionLists, Timing,
    TlsConfig,
};
use super::peers::executor;
use crate::model::scoped_tokens::ScopedTokens;
use crate::model::secret::Secret;
use crate::model::sizes::{GiB, KiB};
use crate::telemetry::LogLevel;

/// heketi's number of volumes a cluster may have.
const MAX_VOLUMES: usize = 1000;

/// heketi's number for "unlimited".
const UNLIMITED_VOLUMES: usize = 2_147_483_647;

/// gluster waits ten minutes for a peer that lost its power; a client need not.
const DELETE_PATIENCE: Duration = Duration::from_secs(120);

/// The words that let tokens with a scope be sent in the open.
const EVEN_WITHOUT_TLS: &str = "even-without-tls";

/// heketi's number of further tries of a volume create.
const CREATE_RETRIES: u32 = 4;

pub(super) fn assemble(
    file: File,
    environment: &Environment,
    disable_auth: bool,
) -> Result<Config, ConfigError> {
    let application = |text: &str| ConfigError::Application(text.to_owned());
    let glusterfs =
        file.glusterfs.ok_or_else(|| application("the configuration has no `glusterfs` section"))?;
    let port = environment.text("HEKETI_HTTP_PORT", file.port).unwrap_or_default();
    let default_state = environment.text("HEKETI_DEFAULT_STATE", file.default_state);
    let scoped_tokens = environment.text("MORTAR_SCOPED_TOKENS", file.jwt.scoped_tokens);
    let log_level =
        log_level(environment.text("HEKETI_GLUSTERAPP_LOGLEVEL", glusterfs.loglevel.clone()), environment);
    // The order of what is refused is heketi's: the executor before keys, keys before the state.
    let executor = executor(&glusterfs, environment)?;
    Ok(Config {
        port: read_port(&port)?,
        auth: auth(file.jwt.admin.key, file.jwt.user.key, environment, disable_auth)?,
        iat_leeway: iat_leeway(environment),
        scoped_tokens: read_scoped_tokens(scoped_tokens.as_deref())?,
        default_state: admin_state(default_state)?,
        tls: file.enable_tls.then(|| tls(file.cert_file, file.key_file)).transpose()?,
        log_level,
        database: DatabaseConfig {
            path: environment
                .text("HEKETI_DB_PATH", glusterfs.db.clone())
                .unwrap_or_else(|| "heketi.db".to_owned())
                .into(),
            read_only: glusterfs.db_read_only,
            alone: environment.is_true("MORTAR_DB_ALONE"),
        },
        bounds: bounds(&glusterfs, environment),
        options: options(&glusterfs, environment),
        hosting: hosting(&glusterfs, environment),
        background: background(&glusterfs, environment),
        executor,
        warnings: environment.take_complaints(),
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

fn tls(certificate: String, key: String) -> Result<TlsConfig, ConfigError> {
    let missing = match (certificate.is_empty(), key.is_empty()) {
        (true, true) => "cert_file and key_file are",
        (true, false) => "cert_file is",
        (false, true) => "key_file is",
        (false, false) => return Ok(TlsConfig { certificate: certificate.into(), key: key.into() }),
    };
    Err(ConfigError::Application(format!(
        "enable_tls is set, and {missing} empty; name the PEM files of the certificate chain and of its private key"
    )))
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
    let key = |name, file| environment.text(name, file).map(Secret::new).ok_or(ConfigError::MissingKeys);
    Ok(Some(AuthConfig { admin: key("HEKETI_ADMIN_KEY", admin)?, user: key("HEKETI_USER_KEY", user)? }))
}

/// heketi's leeway for the clocks of clients, in seconds.
fn iat_leeway(environment: &Environment) -> i64 {
    const STANDARD: u32 = 120;
    environment.number("HEKETI_JWT_IAT_LEEWAY_SECONDS", STANDARD).unwrap_or(STANDARD).into()
}

fn read_scoped_tokens(word: Option<&str>) -> Result<ScopedTokens, ConfigError> {
    match word {
        None | Some("off") => Ok(ScopedTokens::Off),
        Some("tls") => Ok(ScopedTokens::Tls),
        Some(EVEN_WITHOUT_TLS) => Ok(ScopedTokens::EvenWithoutTls),
        Some(other) => Err(ConfigError::Application(format!(
            "scoped_tokens is `{other}`; give off, tls or {EVEN_WITHOUT_TLS}"
        ))),
    }
}

fn admin_state(name: Option<String>) -> Result<String, ConfigError> {
    let name = name.unwrap_or_else(|| "normal".to_owned());
    match name.as_str() {
        "normal" | "read-only" | "local-client" => Ok(name),
        _ => Err(ConfigError::AdminState(name)),
    }
}

fn log_level(word: Option<String>, environment: &Environment) -> LogLevel {
    let Some(word) = word else { return LogLevel::default() };
    LogLevel::parse(&word).unwrap_or_else(|| {
        environment.complain(format!("invalid log level: {word}"));
        LogLevel::default()
    })
}

fn bounds(keys: &Glusterfs, environment: &Environment) -> Bounds {
    let size = |gib: i64| GiB::from_sql(gib).filter(|size| size.get() > 0).map(KiB::from);
    let positive = |number: i64| usize::try_from(number).ok().filter(|number| *number > 0);
    let max_volumes: i64 = environment
        .number("HEKETI_GLUSTER_MAX_VOLUMES_PER_CLUSTER", 0)
        .unwrap_or(keys.max_volumes_per_cluster);
    let zone_checking =
        environment.text("HEKETI_ZONE_CHECKING", keys.zone_checking.clone()).unwrap_or_default();
    if !matches!(zone_checking.as_str(), "" | "none" | "strict") {
        environment
            .complain(format!("zone_checking {zone_checking:?} is neither none nor strict: none is used"));
    }
    Bounds {
        brick_min: size(keys.brick_min_size_gb),
        brick_max: size(keys.brick_max_size_gb),
        max_bricks: positive(keys.max_bricks_per_volume),
        average_file: KiB::new(keys.average_file_size_kb).filter(|size| size.get() > 0),
        zone_checking,
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

/// heketi's size of a hosting volume, in GiB.
const HOSTING_SIZE: i64 = 1024;

/// As in heketi a variable that cannot be read counts as if it said no, or nothing.
fn hosting(keys: &Glusterfs, environment: &Environment) -> HostingConfig {
    let auto = environment.flag("HEKETI_AUTO_CREATE_BLOCK_HOSTING_VOLUME");
    let size: Option<i64> = environment.number("HEKETI_BLOCK_HOSTING_VOLUME_SIZE", 0);
    let size = size.unwrap_or(keys.block_hosting_volume_size);
    let gib = |gib| GiB::from_sql(gib).filter(|size| size.get() > 0);
    HostingConfig {
        auto_create: auto.unwrap_or(keys.auto_create_block_hosting_volume),
        size: gib(size).or_else(|| gib(HOSTING_SIZE)).unwrap_or_default(),
    }
}

fn background(keys: &Glusterfs, environment: &Environment) -> BackgroundConfig {
    // Where the variable cannot be read, the file counts.
    let file = i64::try_from(keys.max_inflight_operations).unwrap_or(i64::MAX);
    let inflight: Option<i64> = environment.number("HEKETI_MAX_INFLIGHT_OPERATIONS", file);
    // Either of the file and the variable turns a task off, and neither can turn it on again.
    let monitor =
        !keys.disable_monitor_gluster_nodes && !environment.is_true("HEKETI_DISABLE_HEALTH_MONITOR");
    let cleaner =
        !keys.disable_background_cleaner && !environment.is_true("HEKETI_DISABLE_BACKGROUND_CLEANER");
    BackgroundConfig {
        // heketi takes a negative number for "practically unlimited".
        max_inflight: inflight.map_or(keys.max_inflight_operations, |n| u64::try_from(n).unwrap_or(u64::MAX)),
        create_retries: u32::try_from(keys.operation_retry_limits.volume_create)
            .ok()
            .filter(|retries| *retries > 0)
            .unwrap_or(CREATE_RETRIES),
        rebalance: !environment.is_false("HEKETI_GLUSTERAPP_REBALANCE_ON_EXPANSION"),
        delete_patience: match keys.delete_patience {
            0 => DELETE_PATIENCE,
            seconds => Duration::from_secs(seconds.into()),
        },
        node_monitor: monitor.then(|| {
            timing(
                (keys.start_time_monitor_gluster_nodes, 10),
                (keys.refresh_time_monitor_gluster_nodes, 120),
            )
        }),
        cleaner: cleaner.then(|| {
            timing((keys.start_time_background_cleaner, 60), (keys.refresh_time_background_cleaner, 3600))
        }),
    }
}

/// Seconds of the file, each with what heketi takes instead of 0.
fn timing(start: (u32, u32), refresh: (u32, u32)) -> Timing {
    let seconds =
        |(file, standard): (u32, u32)| Duration::from_secs(if file == 0 { standard } else { file }.into());
    Timing { start: seconds(start), refresh: seconds(refresh) }
}
