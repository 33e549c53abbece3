//! How peers are reached and worked on, from the sections `sshexec` and `kubeexec`.

use std::path::PathBuf;
use std::time::Duration;

use super::ConfigError;
use super::assemble::{refused, seconds};
use super::parts::{ExecutorConfig, ExecutorKind, SshSettings};
use super::values::{Unreadable, Values};
use crate::executor::settings::{PeerSettings, XfsStripe};

/// How long a command waits for an earlier one on the same object.
const LOCK_WAIT: Duration = Duration::from_secs(60);

/// The words that turn the check of host keys off.
const UNCHECKED: &str = "do-not-check";

const SSH: &str = "glusterfs.sshexec";
const KUBE: &str = "glusterfs.kubeexec";

pub(super) fn executor(values: &Values<'_>) -> Result<ExecutorConfig, ConfigError> {
    let name = values.text("glusterfs.executor").unwrap_or_default();
    let (kind, injects) = match name.as_str() {
        "" | "ssh" => (ExecutorKind::Ssh, false),
        "sim" => (ExecutorKind::Sim, false),
        "mock" => (ExecutorKind::Mock, false),
        "inject/ssh" => (ExecutorKind::Ssh, true),
        "inject/sim" => (ExecutorKind::Sim, true),
        "inject/mock" => (ExecutorKind::Mock, true),
        "kube" | "kubernetes" => {
            return refused("the executor `kubernetes` is not supported yet; use `ssh`");
        }
        other => return refused(format!("invalid executor: {other}")),
    };
    // Simulated peers take the section that says anything.
    let simulates_pods = kind != ExecutorKind::Ssh
        && !values.is_given("glusterfs.sshexec.fstab")
        && values.is_given("glusterfs.kubeexec.fstab");
    if kind != ExecutorKind::Ssh {
        // How large simulated disks are; the simulation itself reads it.
        values.number("HEKETI_MOCK_DEVICE_SIZE_GB", Unreadable::Nothing);
    }
    Ok(ExecutorConfig {
        kind,
        inject: injects.then(|| values.any("glusterfs.injectexec")),
        peer: peer(values, if simulates_pods { KUBE } else { SSH })?,
        ssh: (kind == ExecutorKind::Ssh).then(|| ssh(values)).transpose()?,
    })
}

fn peer(values: &Values<'_>, section: &str) -> Result<PeerSettings, ConfigError> {
    let default = PeerSettings::default();
    let path = |name: &str| format!("{section}.{name}");
    let text = |name: &str, default: String| values.text(&path(name)).unwrap_or(default);
    let number = |name: &str| values.number(&path(name), Unreadable::File);
    let timeout = seconds(values, &path("gluster_cli_timeout"));
    Ok(PeerSettings {
        fstab: text("fstab", default.fstab),
        mount_options: text("mountopts", default.mount_options),
        gluster_cli_timeout: timeout.unwrap_or(default.gluster_cli_timeout),
        pv_data_alignment: text("pv_data_alignment", default.pv_data_alignment),
        vg_extent_size: text("vg_physicalextentsize", default.vg_extent_size),
        lv_chunk_size: text("lv_chunksize", default.lv_chunk_size),
        xfs_stripe: stripe(number("xfs_su"), number("xfs_sw"))?,
        backup_lvm_metadata: values.flag(&path("backup_lvm_metadata")),
        lvm_wrapper: values.text(&path("lvm_wrapper")),
        snapshot_limit: u32::try_from(number("snapshot_limit")).unwrap_or(0),
        block_prealloc: prealloc(values, default.block_prealloc),
    })
}

/// How block volumes are allocated. heketi warns of what cannot be such a word at each use.
fn prealloc(values: &Values<'_>, default: String) -> String {
    let path = "glusterfs.sshexec.block_prealloc";
    let Some(word) = values.text(path) else { return default };
    // A hyphen at the beginning would make an option of it.
    let valid = word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if valid && !word.starts_with('-') {
        return word;
    }
    let text = format!("block_prealloc {word:?} is no word that gluster-block takes: {default} is used");
    values.falls_back(path, text);
    default
}

fn stripe(su: i128, sw: i128) -> Result<Option<XfsStripe>, ConfigError> {
    if su == 0 || sw == 0 {
        return Ok(None);
    }
    match (u32::try_from(su), u32::try_from(sw)) {
        (Ok(su), Ok(sw)) => Ok(Some(XfsStripe { su, sw })),
        _ => refused(format!("xfs_su {su} and xfs_sw {sw} are no stripe of a file system")),
    }
}

fn ssh(values: &Values<'_>) -> Result<SshSettings, ConfigError> {
    let Some(key) = values.text("glusterfs.sshexec.keyfile").map(PathBuf::from) else {
        return refused("Missing ssh private key file in configuration");
    };
    if let Err(error) = std::fs::File::open(&key) {
        return refused(format!("Unable to read private key file {}: {error}", key.display()));
    }
    let port = values.text("glusterfs.sshexec.port").unwrap_or_else(|| "22".to_owned());
    let wrong_port = || ConfigError::Application(format!("`{port}` is no TCP port of ssh"));
    let (strict, unchecked) = host_keys(values)?;
    Ok(SshSettings {
        user: values.text("glusterfs.sshexec.user").unwrap_or_else(|| "heketi".to_owned()),
        port: port.parse().map_err(|_| wrong_port())?,
        key,
        sudo: values.flag("glusterfs.sshexec.sudo"),
        strict,
        unchecked,
        lock_wait: seconds(values, "glusterfs.sshexec.lock_wait").unwrap_or(LOCK_WAIT),
    })
}

/// The files of the only keys that are trusted, if it is so; and whether nothing is checked.
fn host_keys(values: &Values<'_>) -> Result<(Option<Vec<PathBuf>>, bool), ConfigError> {
    let word = values.text("glusterfs.sshexec.host_keys");
    if let Some(list) = values.text("SSH_KNOWN_HOSTS") {
        let files = list.split(':').filter(|file| !file.is_empty());
        return Ok((Some(files.map(PathBuf::from).collect()), false));
    }
    match word.as_deref() {
        None | Some("learn") => Ok((None, false)),
        Some("strict") => Ok((Some(Vec::new()), false)),
        Some(UNCHECKED) => Ok((None, true)),
        Some(other) => refused(format!("host_keys is `{other}`; give learn, strict or {UNCHECKED}")),
    }
}
