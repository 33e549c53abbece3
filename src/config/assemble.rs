//! From the file and the environment to the configuration. The environment wins, and 0 or an empty text means that
//! nothing was said.

use std::time::Duration;

use super::ConfigError;
use super::parts::{
    AuthConfig, BackgroundConfig, Bounds, Config, DatabaseConfig, HostingConfig, OptionLists, Timing,
    TlsConfig,
};
use super::peers::executor;
use super::values::{Unreadable, Values};
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

/// heketi's size of a hosting volume, in GiB.
const HOSTING_SIZE: i128 = 1024;

/// heketi's leeway for the clocks of clients, in seconds.
const IAT_LEEWAY: i64 = 120;

/// Its warnings are empty: they are known when all was read.
pub(super) fn assemble(
    values: &Values<'_>,
    has_glusterfs: bool,
    disable_auth: bool,
) -> Result<Config, ConfigError> {
    if !has_glusterfs {
        return refused("the configuration has no `glusterfs` section");
    }
    let log_level = log_level(values);
    // The order of what is refused is heketi's: the executor before keys, keys before the state.
    let executor = executor(values)?;
    Ok(Config {
        port: port(values)?,
        auth: auth(values, disable_auth)?,
        iat_leeway: match values.number("HEKETI_JWT_IAT_LEEWAY_SECONDS", Unreadable::Nothing) {
            // As it is: 0 can only be said by the variable, and its default is another number.
            0 if !values.is_zero("HEKETI_JWT_IAT_LEEWAY_SECONDS") => IAT_LEEWAY,
            seconds => i64::try_from(seconds).unwrap_or(IAT_LEEWAY),
        },
        scoped_tokens: scoped_tokens(values)?,
        default_state: admin_state(values)?,
        tls: tls(values)?,
        strict_permissions: values.flag_or("strict_permissions", true),
        log_level,
        database: database(values),
        bounds: bounds(values),
        options: options(values),
        hosting: hosting(values),
        background: background(values),
        executor,
        warnings: Vec::new(),
    })
}

pub(super) fn refused<T>(text: impl Into<String>) -> Result<T, ConfigError> {
    Err(ConfigError::Application(text.into()))
}

fn port(values: &Values<'_>) -> Result<u16, ConfigError> {
    let Some(text) = values.text("port") else { return Ok(0) };
    let wrong =
        || ConfigError::Application(format!("`{text}` is no TCP port; give `port` a number below 65536"));
    text.parse().map_err(|_| wrong())
}

fn database(values: &Values<'_>) -> DatabaseConfig {
    DatabaseConfig {
        path: values.text("glusterfs.db").unwrap_or_else(|| "heketi.db".to_owned()).into(),
        read_only: values.flag("glusterfs.db_read_only"),
        alone: values.flag_and("MORTAR_DB_ALONE"),
    }
}

fn tls(values: &Values<'_>) -> Result<Option<TlsConfig>, ConfigError> {
    let (certificate, key) = (values.text("cert_file"), values.text("key_file"));
    if !values.flag("enable_tls") {
        return Ok(None);
    }
    let missing = match (certificate, key) {
        (Some(certificate), Some(key)) => {
            return Ok(Some(TlsConfig { certificate: certificate.into(), key: key.into() }));
        }
        (None, None) => "cert_file and key_file are",
        (None, _) => "cert_file is",
        (_, None) => "key_file is",
    };
    refused(format!(
        "enable_tls is set, and {missing} empty; name the PEM files of the certificate chain and of its private key"
    ))
}

fn auth(values: &Values<'_>, disabled: bool) -> Result<Option<AuthConfig>, ConfigError> {
    let (admin, user) = (values.text("jwt.admin.key"), values.text("jwt.user.key"));
    if disabled {
        return Ok(None);
    }
    let (admin, user) = admin.zip(user).ok_or(ConfigError::MissingKeys)?;
    Ok(Some(AuthConfig { admin: Secret::new(admin), user: Secret::new(user) }))
}

fn scoped_tokens(values: &Values<'_>) -> Result<ScopedTokens, ConfigError> {
    match values.text("jwt.scoped_tokens").as_deref() {
        None | Some("off") => Ok(ScopedTokens::Off),
        Some("tls") => Ok(ScopedTokens::Tls),
        Some(EVEN_WITHOUT_TLS) => Ok(ScopedTokens::EvenWithoutTls),
        Some(other) => refused(format!("scoped_tokens is `{other}`; give off, tls or {EVEN_WITHOUT_TLS}")),
    }
}

fn admin_state(values: &Values<'_>) -> Result<String, ConfigError> {
    let name = values.text("default_state").unwrap_or_else(|| "normal".to_owned());
    match name.as_str() {
        "normal" | "read-only" | "local-client" => Ok(name),
        _ => Err(ConfigError::AdminState(name)),
    }
}

fn log_level(values: &Values<'_>) -> LogLevel {
    let Some(word) = values.text("glusterfs.loglevel") else { return LogLevel::default() };
    LogLevel::parse(&word).unwrap_or_else(|| {
        values.falls_back("glusterfs.loglevel", format!("invalid log level: {word}"));
        LogLevel::default()
    })
}

fn bounds(values: &Values<'_>) -> Bounds {
    let number = |name| values.number(name, Unreadable::Nothing);
    let size = |name| gib(number(name)).map(KiB::from);
    let positive = |number: i128| usize::try_from(number).ok().filter(|number| *number > 0);
    let zone_checking = values.text("glusterfs.zone_checking").unwrap_or_default();
    if !matches!(zone_checking.as_str(), "" | "none" | "strict") {
        let text = format!("zone_checking {zone_checking:?} is neither none nor strict: none is used");
        values.falls_back("glusterfs.zone_checking", text);
    }
    let average = u64::try_from(number("glusterfs.average_file_size_kb")).ok();
    Bounds {
        brick_min: size("glusterfs.brick_min_size_gb"),
        brick_max: size("glusterfs.brick_max_size_gb"),
        max_bricks: positive(number("glusterfs.max_bricks_per_volume")),
        average_file: average.and_then(KiB::new).filter(|size| size.get() > 0),
        zone_checking,
        max_volumes: match number("glusterfs.max_volumes_per_cluster") {
            0 => MAX_VOLUMES,
            negative if negative < 0 => UNLIMITED_VOLUMES,
            positive => usize::try_from(positive).unwrap_or(UNLIMITED_VOLUMES),
        },
    }
}

fn gib(number: i128) -> Option<GiB> {
    i64::try_from(number).ok().and_then(GiB::from_sql).filter(|size| size.get() > 0)
}

fn options(values: &Values<'_>) -> OptionLists {
    let list = |name, default: &str| {
        let text = values.text(name).unwrap_or_else(|| default.to_owned());
        text.split(',').map(str::to_owned).collect::<Vec<_>>()
    };
    OptionLists {
        pre: list("glusterfs.pre_request_volume_options", ""),
        post: list("glusterfs.post_request_volume_options", ""),
        block_hosting: list("glusterfs.block_hosting_volume_options", "group gluster-block"),
    }
}

/// As in heketi a variable that cannot be read counts as if it said no, or nothing.
fn hosting(values: &Values<'_>) -> HostingConfig {
    let size = values.number("glusterfs.block_hosting_volume_size", Unreadable::Nothing);
    HostingConfig {
        auto_create: values.flag_or("glusterfs.auto_create_block_hosting_volume", false),
        size: gib(size).or_else(|| gib(HOSTING_SIZE)).unwrap_or_default(),
    }
}

fn background(values: &Values<'_>) -> BackgroundConfig {
    let inflight = values.number("glusterfs.max_inflight_operations", Unreadable::File);
    let retries = values.number("glusterfs.operation_retry_limits.volume_create", Unreadable::File);
    // Either of the file and the variable turns a task off, and neither can turn it on again.
    let monitor = !values.flag_and("glusterfs.disable_monitor_gluster_nodes");
    let cleaner = !values.flag_and("glusterfs.disable_background_cleaner");
    let looks = timing(values, "monitor_gluster_nodes", (10, 120));
    let cleans = timing(values, "background_cleaner", (60, 3600));
    BackgroundConfig {
        // heketi takes a negative number for "practically unlimited".
        max_inflight: u64::try_from(inflight).unwrap_or(u64::MAX),
        create_retries: u32::try_from(retries).ok().filter(|retries| *retries > 0).unwrap_or(CREATE_RETRIES),
        rebalance: values.flag_or("HEKETI_GLUSTERAPP_REBALANCE_ON_EXPANSION", true),
        delete_patience: seconds(values, "glusterfs.delete_patience").unwrap_or(DELETE_PATIENCE),
        node_monitor: monitor.then_some(looks),
        cleaner: cleaner.then_some(cleans),
    }
}

/// When a task runs, each with what heketi takes instead of 0.
fn timing(values: &Values<'_>, task: &str, (start, refresh): (u64, u64)) -> Timing {
    let read = |word: &str, standard| {
        let given = seconds(values, &format!("glusterfs.{word}_time_{task}"));
        given.unwrap_or(Duration::from_secs(standard))
    };
    Timing { start: read("start", start), refresh: read("refresh", refresh) }
}

/// Seconds; `None` for 0.
pub(super) fn seconds(values: &Values<'_>, path: &str) -> Option<Duration> {
    let seconds = u64::try_from(values.number(path, Unreadable::File)).ok();
    seconds.filter(|seconds| *seconds > 0).map(Duration::from_secs)
}
