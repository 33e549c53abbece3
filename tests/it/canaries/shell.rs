//! The same by SSH: a real shell on the other side reads each line.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::json;

use super::{LOCAL, MARK, canaries, desk, send_all};
use crate::sshd::Sshd;
use crate::support::Lab;

/// In the place of every program: it notes what it was given, each word behind the one before and a NUL, and succeeds. Who
/// is asked to join the pool is in it.
fn note_what_is_run(folder: &Path) -> std::path::PathBuf {
    let (program, notes, pool) = (folder.join("env"), folder.join("notes"), folder.join("pool"));
    let (notes_at, pool_at) = (notes.display(), pool.display());
    let script = format!(
        r#"#!/bin/sh
printf '%s\0' "$@" >> {notes_at}
case "$*" in
*"peer probe "*)
    for word; do :; done
    printf 'Hostname: %s\nUuid: 0\nState: Peer in Cluster (Connected)\n\n' "$word" >> {pool_at} ;;
*"peer status"*) cat {pool_at} ;;
esac
"#
    );
    std::fs::write(&pool, "").unwrap();
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    notes
}

#[test]
fn no_shell_on_a_peer_reads_a_text_in_any_field() {
    let folder = tempfile::tempdir().unwrap();
    let notes = note_what_is_run(folder.path());
    let trap = folder.path().join("trap");
    let path = format!("SetEnv HOME={0} PATH={0}:/usr/bin:/bin\n", folder.path().display());
    let sshd = Sshd::start_with(&LOCAL, &path);
    let mut lab = Lab::new();
    lab.setting("auto_create_block_hosting_volume", json!(true));
    lab.setting("block_hosting_volume_size", json!(5));
    lab.start();
    let desk = desk(&lab, LOCAL);
    lab.stop();
    lab.setting("executor", json!("ssh"));
    let section =
        json!({"keyfile": sshd.path("user"), "user": sshd.config().user, "port": sshd.port.to_string()});
    lab.setting("sshexec", section);
    lab.start();
    let texts = canaries(trap.to_str().unwrap());
    send_all(&lab, &desk, &texts);
    let noted = std::fs::read(&notes).unwrap();
    let noted = String::from_utf8_lossy(&noted).into_owned();
    let arrived: Vec<&str> = noted.split('\0').filter(|word| word.contains(MARK)).collect();
    let whole = String::from_utf8_lossy(&texts[0].1).into_owned();
    assert!(arrived.iter().any(|word| word.contains(&whole)), "none arrived whole: {arrived:?}");
    assert!(!trap.exists(), "a shell has run a part of a text");
    assert!(!lab.log().contains("panicked"), "{}", lab.log_tail());
}
