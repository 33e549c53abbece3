//! From the file and the environment to the configuration. The environment wins, and 0 or an empty text means that
//! nothing was said.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::time::Duration;

use super::ConfigError;
use super::parts::{
    AuthConfig, BackgroundConfig, Bounds, Config, DatabaseConfig, HostingConfig, OptionLists, Timing,
    TlsConfig,
};
use super::peers::{executor, no_executor};
use super::values::Values;
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

/// The state that a server begins in where nothing else is said.
const NORMAL: &str = "normal";

/// heketi's number of further tries of a volume create.
const CREATE_RETRIES: u32 = 4;

/// heketi's size of a hosting volume, in GiB.
const HOSTING_SIZE: i128 = 1024;

/// heketi's leeway for the clocks of clients, in seconds.
const IAT_LEEWAY: i64 = 120;

/// All that is refused is among the refusals of `values`. The warnings are empty: they are known when all was read.
pub(super) fn assemble(values: &Values<'_>, has_glusterfs: bool, disable_auth: bool) -> Config {
    let log_level = log_level(values);
    // The order of what is refused is heketi's: the executor before keys, keys before the state.
    let executor = if has_glusterfs {
        executor(values)
    } else {
        refuse(values, "glusterfs", "the configuration has no `glusterfs` section");
        no_executor()
    };
    Config {
        port: port(values),
        auth: auth(values, disable_auth),
        iat_leeway: match values.number("HEKETI_JWT_IAT_LEEWAY_SECONDS") {
            // As it is: 0 can only be said by the variable, and its default is another number.
            0 if !values.is_zero("HEKETI_JWT_IAT_LEEWAY_SECONDS") => IAT_LEEWAY,
            seconds => i64::try_from(seconds).unwrap_or(IAT_LEEWAY),
        },
        scoped_tokens: scoped_tokens(values),
        default_state: admin_state(values),
        tls: tls(values),
        strict_permissions: values.flag_or_variable("strict_permissions"),
        log_level,
        database: database(values),
        bounds: bounds(values),
        options: options(values),
        hosting: hosting(values),
        background: background(values),
        executor,
        warnings: Vec::new(),
    }
}

pub(super) fn refuse(values: &Values<'_>, key: &'static str, text: impl Into<String>) {
    values.refuse(key, ConfigError::Application(text.into()));
}

fn port(values: &Values<'_>) -> u16 {
    let Some(text) = values.text("port") else { return 0 };
    text.parse().unwrap_or_else(|_| {
        refuse(values, "port", format!("`{text}` is no TCP port; give `port` a number below 65536"));
        0
    })
}

fn database(values: &Values<'_>) -> DatabaseConfig {
    DatabaseConfig {
        path: values.bytes("glusterfs.db").unwrap_or_else(|| "heketi.db".into()).into(),
        read_only: values.flag("glusterfs.db_read_only"),
        alone: values.flag_and("MORTAR_DB_ALONE"),
    }
}

fn tls(values: &Values<'_>) -> Option<TlsConfig> {
    let (certificate, key) = (values.bytes("cert_file"), values.bytes("key_file"));
    if !values.flag("enable_tls") {
        return None;
    }
    let missing = match (certificate, key) {
        (Some(certificate), Some(key)) => {
            return Some(TlsConfig { certificate: certificate.into(), key: key.into() });
        }
        (None, None) => "cert_file and key_file are",
        (None, _) => "cert_file is",
        (_, None) => "key_file is",
    };
    let text = format!(
        "enable_tls is set, and {missing} empty; name the PEM files of the certificate chain and of its private key"
    );
    refuse(values, "enable_tls", text);
    None
}

fn auth(values: &Values<'_>, disabled: bool) -> Option<AuthConfig> {
    let (admin, user) = (values.bytes("jwt.admin.key"), values.bytes("jwt.user.key"));
    if disabled {
        return None;
    }
    let Some((admin, user)) = admin.zip(user) else {
        values.refuse("jwt", ConfigError::MissingKeys);
        return None;
    };
    let secret = |key: OsString| Secret::of_bytes(key.into_vec());
    Some(AuthConfig { admin: secret(admin), user: secret(user) })
}

fn scoped_tokens(values: &Values<'_>) -> ScopedTokens {
    match values.text("jwt.scoped_tokens").as_deref() {
        None | Some("off") => ScopedTokens::Off,
        Some("tls") => ScopedTokens::Tls,
        Some(EVEN_WITHOUT_TLS) => ScopedTokens::EvenWithoutTls,
        Some(other) => {
            let text = format!("scoped_tokens is `{other}`; give off, tls or {EVEN_WITHOUT_TLS}");
            refuse(values, "jwt.scoped_tokens", text);
            ScopedTokens::Off
        }
    }
}

fn admin_state(values: &Values<'_>) -> String {
    let name = values.text("default_state").unwrap_or_else(|| NORMAL.to_owned());
    match name.as_str() {
        NORMAL | "read-only" | "local-client" => name,
        _ => {
            values.refuse("default_state", ConfigError::AdminState(name));
            NORMAL.to_owned()
        }
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
    let zone_checking = values.text("glusterfs.zone_checking").unwrap_or_default();
    if !matches!(zone_checking.as_str(), "" | "none" | "strict") {
        let text = format!("zone_checking {zone_checking:?} is neither none nor strict: none is used");
        values.falls_back("glusterfs.zone_checking", text);
    }
    Bounds {
        brick_min: above_zero(values, "glusterfs.brick_min_size_gb", gib).map(KiB::from),
        brick_max: above_zero(values, "glusterfs.brick_max_size_gb", gib).map(KiB::from),
        max_bricks: above_zero(values, "glusterfs.max_bricks_per_volume", |n| usize::try_from(n).ok()),
        average_file: above_zero(values, "glusterfs.average_file_size_kb", |n| {
            u64::try_from(n).ok().and_then(KiB::new)
        }),
        zone_checking,
        max_volumes: match values.number("glusterfs.max_volumes_per_cluster") {
            0 => MAX_VOLUMES,
            negative if negative < 0 => UNLIMITED_VOLUMES,
            positive => usize::try_from(positive).unwrap_or(UNLIMITED_VOLUMES),
        },
    }
}

/// A number that is above 0 and that `into` takes; `None`, which is told, for another one, and for 0, which says nothing.
pub(super) fn above_zero<T>(
    values: &Values<'_>,
    path: &str,
    into: impl FnOnce(i128) -> Option<T>,
) -> Option<T> {
    let number = values.number(path);
    if number == 0 {
        return None;
    }
    let made = Some(number).filter(|number| *number > 0).and_then(into);
    if made.is_none() {
        let what = if number < 0 { "below 0" } else { "too large" };
        values.falls_back(path, format!("{number} is {what}: it counts as not given"));
    }
    made
}

fn gib(number: i128) -> Option<GiB> {
    i64::try_from(number).ok().and_then(GiB::from_sql)
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

fn hosting(values: &Values<'_>) -> HostingConfig {
    let size = above_zero(values, "glusterfs.block_hosting_volume_size", gib);
    HostingConfig {
        auto_create: values.flag_or_variable("glusterfs.auto_create_block_hosting_volume"),
        size: size.or_else(|| gib(HOSTING_SIZE)).unwrap_or_default(),
    }
}

fn background(values: &Values<'_>) -> BackgroundConfig {
    let inflight = values.number("glusterfs.max_inflight_operations");
    let retries = "glusterfs.operation_retry_limits.volume_create";
    let retries = above_zero(values, retries, |retries| u32::try_from(retries).ok());
    // Either of the file and the variable turns a task off, and neither can turn it on again.
    let monitor = !values.flag_and("glusterfs.disable_monitor_gluster_nodes");
    let cleaner = !values.flag_and("glusterfs.disable_background_cleaner");
    let looks = timing(values, "monitor_gluster_nodes", (10, 30));
    let cleans = timing(values, "background_cleaner", (60, 3600));
    BackgroundConfig {
        // heketi takes a negative number for "practically unlimited".
        max_inflight: u64::try_from(inflight).unwrap_or(u64::MAX),
        create_retries: retries.unwrap_or(CREATE_RETRIES),
        rebalance: values.flag_or_variable("HEKETI_GLUSTERAPP_REBALANCE_ON_EXPANSION"),
        delete_patience: seconds(values, "glusterfs.delete_patience").unwrap_or(DELETE_PATIENCE),
        node_monitor: monitor.then_some(looks),
        cleaner: cleaner.then_some(cleans),
    }
}

/// When a task runs, each with what holds instead of 0.
fn timing(values: &Values<'_>, task: &str, (start, refresh): (u64, u64)) -> Timing {
    let read = |word: &str, standard| {
        let given = seconds(values, &format!("glusterfs.{word}_time_{task}"));
        given.unwrap_or(Duration::from_secs(standard))
    };
    Timing { start: read("start", start), refresh: read("refresh", refresh) }
}

/// Seconds; `None` for 0.
pub(super) fn seconds(values: &Values<'_>, path: &str) -> Option<Duration> {
    let seconds = u64::try_from(values.number(path)).ok();
    seconds.filter(|seconds| *seconds > 0).map(Duration::from_secs)
}
