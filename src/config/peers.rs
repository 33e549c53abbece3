//! How peers are reached and worked on, from the sections `sshexec` and `kubeexec`.

use std::path::PathBuf;
use std::time::Duration;

use super::ConfigError;
use super::environment::Environment;
use super::file::{Glusterfs, PeerKeys};
use super::parts::{ExecutorConfig, ExecutorKind, SshSettings};
use crate::executor::settings::{PeerSettings, XfsStripe};

/// How long a command waits for an earlier one on the same object.
const LOCK_WAIT: u32 = 60;

/// The words that turn the check of host keys off.
const UNCHECKED: &str = "do-not-check";

pub(super) fn executor(keys: &Glusterfs, environment: &Environment) -> Result<ExecutorConfig, ConfigError> {
    let name = environment.text("HEKETI_EXECUTOR", keys.executor.clone()).unwrap_or_default();
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
    let kube = keys.kubeexec.common();
    // Simulated peers take the section that says anything.
    let simulates_pods = kind != ExecutorKind::Ssh && keys.sshexec.fstab.is_empty() && !kube.fstab.is_empty();
    let common = if simulates_pods { &kube } else { &keys.sshexec };
    Ok(ExecutorConfig {
        kind,
        inject: injects.then(|| keys.injectexec.clone()),
        peer: peer(common, environment)?,
        ssh: (kind == ExecutorKind::Ssh).then(|| ssh(&keys.sshexec, environment)).transpose()?,
    })
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
        block_prealloc: prealloc(keys, environment, default.block_prealloc),
    })
}

/// How block volumes are allocated. heketi warns of what cannot be such a word at each use.
fn prealloc(keys: &PeerKeys, environment: &Environment, default: String) -> String {
    let word = environment.text("HEKETI_BLOCK_VOLUME_DEFAULT_PREALLOC", keys.block_prealloc.clone());
    let Some(word) = word else { return default };
    // A hyphen at the beginning would make an option of it.
    let valid = word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if valid && !word.starts_with('-') {
        return word;
    }
    environment
        .complain(format!("block_prealloc {word:?} is no word that gluster-block takes: {default} is used"));
    default
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
    let files = known
        .map(|list| list.split(':').filter(|file| !file.is_empty()).map(PathBuf::from).collect::<Vec<_>>());
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
