//! Which program a command is. What is not simulated is not found: nothing succeeds by silence.

use super::answer::{Answer, refuse, silent};
use super::world::Peer;
use super::{block_tools, block_volumes, files, gluster, lvm, mounts, texts};

/// Runs a program.
pub fn run(peer: &mut Peer<'_>, program: &str, args: &[String]) -> Answer {
    match program {
        "/usr/sbin/lvm" | "lvm" => lvm::run(peer, args),
        "gluster" => gluster::run(peer, args),
        "gluster-block" => block_volumes::run(peer, args),
        "systemctl" => systemctl(peer, args),
        "lsblk" => block_tools::lsblk(peer, args),
        "sync" => block_tools::sync(peer, args),
        "wipefs" => block_tools::wipefs(peer, args),
        "/usr/bin/udevadm" | "udevadm" => block_tools::udevadm(peer, args),
        "blkid" => block_tools::blkid(peer, args),
        "mkfs.xfs" => block_tools::mkfs_xfs(peer, args),
        "xfs_db" => block_tools::xfs_db(peer, args),
        "mount" if args.is_empty() => Ok(mounts::table(peer)),
        "mount" => mounts::mount(peer, args),
        "umount" => mounts::umount(peer, args),
        "mkdir" => files::mkdir(peer, args),
        "rmdir" => files::rmdir(peer, args),
        "rm" => files::rm(peer, args),
        "chown" => files::chown(peer, args),
        "chmod" => files::chmod(peer, args),
        "find" => files::find(peer, args),
        "test" => files::test(peer, args),
        "stat" => files::stat(peer, args),
        "cat" => texts::cat(peer, args),
        "tail" => texts::tail(peer, args),
        "tee" => texts::tee(peer, args),
        "sed" => texts::sed(peer, args),
        "true" => silent(),
        _ => wrapped(peer, program, args),
    }
}

/// A program that runs another one, such as heketi's `lvm_wrapper`.
fn wrapped(peer: &mut Peer<'_>, wrapper: &str, args: &[String]) -> Answer {
    match args.split_first() {
        Some((program, args)) if matches!(program.rsplit('/').next(), Some("lvm" | "udevadm")) => {
            run(peer, program, args)
        }
        _ => Err(refuse(127, format!("bash: line 1: {wrapper}: command not found"))),
    }
}

fn systemctl(peer: &Peer<'_>, args: &[String]) -> Answer {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let machine = &peer.host().machine;
    let inactive = |code| Err(super::answer::Refused { stdout: "inactive\n".to_owned(), ..refuse(code, "") });
    match words[..] {
        ["is-active" | "status", "glusterd" | "glusterd.service"] if machine.glusterd_stopped => inactive(3),
        ["is-active" | "status", "glusterd" | "glusterd.service"] => Ok("active\n".to_owned()),
        ["is-active" | "status", "gluster-blockd"] if !machine.without_blocks => match machine.blockd_stopped
        {
            true => inactive(3),
            false => Ok("active\n".to_owned()),
        },
        ["is-active" | "status", ..] => inactive(4),
        _ => Err(refuse(1, "systemctl: only is-active and status are simulated")),
    }
}
