//! How peers are reached and worked on, from the sections `sshexec` and `kubeexec`.

use std::path::PathBuf;
use std::time::Duration;

use super::assemble::{above_zero, refuse, seconds};
use super::parts::{ExecutorConfig, ExecutorKind, SshSettings};
use super::values::Values;
use crate::executor::settings::{PeerSettings, XfsStripe};
use crate::words::go::os_reason;

/// How long a command waits for an earlier one on the same object.
const LOCK_WAIT: Duration = Duration::from_secs(60);

/// The words that turn the check of host keys off.
const UNCHECKED: &str = "do-not-check";

/// The port of sshd where none is named.
const SSH_PORT: u16 = 22;

pub(super) const EXECUTOR: &str = "glusterfs.executor";
const KEY_FILE: &str = "glusterfs.sshexec.keyfile";
const SSH: &str = "glusterfs.sshexec";
const KUBE: &str = "glusterfs.kubeexec";

/// What stands in for an executor that nobody has named, for whoever wants to know what else is refused.
pub(super) fn no_executor() -> ExecutorConfig {
    ExecutorConfig { kind: ExecutorKind::Mock, inject: None, ssh: None, peer: PeerSettings::default() }
}

pub(super) fn executor(values: &Values<'_>) -> ExecutorConfig {
    let name = values.text("glusterfs.executor").unwrap_or_default();
    let (kind, injects) = match name.as_str() {
        "" | "ssh" => (ExecutorKind::Ssh, false),
        "sim" => (ExecutorKind::Sim, false),
        "mock" => (ExecutorKind::Mock, false),
        "inject/ssh" => (ExecutorKind::Ssh, true),
        "inject/sim" => (ExecutorKind::Sim, true),
        "inject/mock" => (ExecutorKind::Mock, true),
        other => {
            let text = match other {
                "kube" | "kubernetes" => {
                    "the executor `kubernetes` is not supported yet; use `ssh`".to_owned()
                }
                other => format!("invalid executor: {other}"),
            };
            refuse(values, EXECUTOR, text);
            return no_executor();
        }
    };
    // Simulated peers take the section that says anything.
    let simulates_pods = kind != ExecutorKind::Ssh
        && !values.is_given("glusterfs.sshexec.fstab")
        && values.is_given("glusterfs.kubeexec.fstab");
    if kind != ExecutorKind::Ssh {
        // How large simulated disks are; the simulation itself reads it.
        values.number("HEKETI_MOCK_DEVICE_SIZE_GB");
    }
    ExecutorConfig {
        kind,
        inject: injects.then(|| values.any("glusterfs.injectexec")),
        peer: peer(values, if simulates_pods { KUBE } else { SSH }),
        ssh: if kind == ExecutorKind::Ssh { ssh(values) } else { None },
    }
}

fn peer(values: &Values<'_>, section: &str) -> PeerSettings {
    let default = PeerSettings::default();
    let path = |name: &str| format!("{section}.{name}");
    let text = |name: &str, default: String| values.text(&path(name)).unwrap_or(default);
    let timeout = seconds(values, &path("gluster_cli_timeout"));
    PeerSettings {
        fstab: text("fstab", default.fstab),
        mount_options: text("mountopts", default.mount_options),
        gluster_cli_timeout: timeout.unwrap_or(default.gluster_cli_timeout),
        pv_data_alignment: text("pv_data_alignment", default.pv_data_alignment),
        vg_extent_size: text("vg_physicalextentsize", default.vg_extent_size),
        lv_chunk_size: text("lv_chunksize", default.lv_chunk_size),
        xfs_stripe: stripe(values, &path("xfs_su"), &path("xfs_sw")),
        backup_lvm_metadata: values.flag(&path("backup_lvm_metadata")),
        lvm_wrapper: values.text(&path("lvm_wrapper")),
        snapshot_limit: above_zero(values, &path("snapshot_limit"), |n| u32::try_from(n).ok()).unwrap_or(0),
        block_prealloc: prealloc(values, default.block_prealloc),
    }
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

/// Both numbers, or none: `mkfs.xfs` wants the two of them.
fn stripe(values: &Values<'_>, su_path: &str, sw_path: &str) -> Option<XfsStripe> {
    let (su, sw) = (values.number(su_path), values.number(sw_path));
    let alone = "it has no effect without the other one of xfs_su and xfs_sw";
    match (su, sw) {
        (0, 0) => return None,
        (0, _) => values.falls_back(sw_path, alone.to_owned()),
        (_, 0) => values.falls_back(su_path, alone.to_owned()),
        (su, sw) => match (u32::try_from(su), u32::try_from(sw)) {
            (Ok(su), Ok(sw)) => return Some(XfsStripe { su, sw }),
            _ => {
                let text = format!("xfs_su {su} and xfs_sw {sw} are no stripe of a file system");
                refuse(values, "glusterfs.sshexec.xfs_su", text);
            }
        },
    }
    None
}

fn ssh(values: &Values<'_>) -> Option<SshSettings> {
    let key = values.bytes(KEY_FILE).map(PathBuf::from);
    match &key {
        None => refuse(values, KEY_FILE, "Missing ssh private key file in configuration"),
        Some(key) => {
            if let Err(error) = std::fs::File::open(key) {
                let (key, reason) = (key.display(), os_reason(&error));
                refuse(values, KEY_FILE, format!("Unable to read private key file {key}: {reason}"));
            }
        }
    }
    let port = values.text("glusterfs.sshexec.port").unwrap_or_else(|| SSH_PORT.to_string());
    let port = port.parse().unwrap_or_else(|_| {
        refuse(values, "glusterfs.sshexec.port", format!("`{port}` is no TCP port of ssh"));
        SSH_PORT
    });
    let (strict, unchecked) = host_keys(values);
    Some(SshSettings {
        user: values.text("glusterfs.sshexec.user").unwrap_or_else(|| "heketi".to_owned()),
        port,
        sudo: values.flag("glusterfs.sshexec.sudo"),
        strict,
        unchecked,
        lock_wait: seconds(values, "glusterfs.sshexec.lock_wait").unwrap_or(LOCK_WAIT),
        key: key?,
    })
}

/// The files of the only keys that are trusted, if it is so; and whether nothing is checked.
fn host_keys(values: &Values<'_>) -> (Option<Vec<PathBuf>>, bool) {
    let word = values.text("glusterfs.sshexec.host_keys");
    if let Some(list) = values.bytes("SSH_KNOWN_HOSTS") {
        let files = std::env::split_paths(&list).filter(|file| !file.as_os_str().is_empty());
        return (Some(files.collect()), false);
    }
    match word.as_deref() {
        None | Some("learn") => (None, false),
        Some("strict") => (Some(Vec::new()), false),
        Some(UNCHECKED) => (None, true),
        Some(other) => {
            let text = format!("host_keys is `{other}`; give learn, strict or {UNCHECKED}");
            refuse(values, "glusterfs.sshexec.host_keys", text);
            (None, false)
        }
    }
}
