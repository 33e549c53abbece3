//! The power of a peer goes at each stage of a create: the answer is true, and when the peer is back nothing is half done.

use std::time::Instant;

use serde_json::{Value, json};

use crate::audit;
use crate::faults::{Sent, kinds};
use crate::orphans::wait_until_runs;
use crate::peers::{ADDRESSES, boot_ends, lab};
use crate::requests::{Answer, end_of};
use crate::scenarios::Operator as _;
use crate::server::Server;

/// What a create sends beside its stages: they are in reach of the same cut as the command before.
const LEFT_OUT: [&str; 2] = ["mkdir", "sync"];

/// What has gluster's marks of the bricks written to their disks, once it has taken them into the volume.
const MARKS: &str = "^sync .*/brick$";

/// Commands that take long enough for the power to go in the middle of them. gluster is cut off on the peer that is asked, which
/// carries a change out before it tells the others.
const LONG: [&str; 5] = ["lvcreate", "mkfs", "volume create", "volume set", "volume start"];

/// How long the command line of gluster waits for glusterd, in seconds; ten minutes where nobody says otherwise.
const GLUSTER_WAITS: u64 = 120;

/// When the power goes, seen from a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    Before,
    /// It has begun on the peer.
    While,
}

fn request(name: &str) -> Value {
    json!({"size": 1, "name": name, "durability": {"type": "replicate", "replicate": {"replica": 3}}})
}

/// What is sent like this.
fn is_like(kind: &str, sent: &Sent) -> bool {
    kind == sent.kind()
        || kind == MARKS && sent.command.starts_with("sync ") && sent.command.ends_with("/brick")
}

fn is_of_gluster(kind: &str) -> bool {
    kind.starts_with("^gluster ")
}

/// The stages, read off a create that nothing disturbs, in its order.
fn stages(server: &mut Server) -> Vec<(String, Moment)> {
    server.start_with(&[]);
    let volume = server.create("undisturbed", &["--size=1"]);
    let mut kinds = kinds(&server.sent());
    kinds.retain(|kind| LEFT_OUT.iter().all(|left_out| !kind.starts_with(&format!("^{left_out} "))));
    assert!(
        ["lvcreate", "mkfs", "tee", "mount", "volume create", "volume start"]
            .iter()
            .all(|known| { kinds.iter().any(|kind| kind.contains(known)) }),
        "{kinds:?}"
    );
    server.delete(&volume);
    let is_long = |kind: &&String| LONG.iter().any(|long| kind.contains(long));
    let cut_off = kinds.iter().filter(is_long).map(|kind| (kind.clone(), Moment::While)).collect::<Vec<_>>();
    assert_eq!(cut_off.len(), LONG.len(), "{cut_off:?}");
    let before = kinds.into_iter().chain([MARKS.to_owned()]).map(|kind| (kind, Moment::Before));
    before.chain(cut_off).collect()
}

/// Cuts a peer off at one stage; whether the volume was made all the same.
fn cut_at(server: &mut Server, number: usize, kind: &str, moment: Moment) -> bool {
    let begun = Instant::now();
    let gate = server.path("gate");
    std::fs::write(&gate, "").expect("the gate is shut");
    let mut fault = json!({"command": kind, "fault": "hold", "cond_file": gate});
    if !is_of_gluster(kind) {
        fault["host"] = json!(ADDRESSES[number % 3]);
    }
    server.start_with(&[fault]);
    let job = server.begin("POST", "/volumes", &request("disturbed"));
    server.wait_until(&format!("a command like {kind}"), || server.met() == 1);
    let sent = server.sent().into_iter().rfind(|sent| is_like(kind, sent)).expect("it was recorded");
    let speaker = ADDRESSES.iter().position(|address| *address == sent.host).expect("a peer");
    // The one that gluster is asked on, or another one of the pool.
    let asked = |moment| if moment == Moment::While { speaker } else { speaker + number % 2 };
    let victim = if is_of_gluster(kind) { asked(moment) } else { number } % 3;
    let power = |words: &[&str]| lab(&[&["power", &(victim + 1).to_string()], words].concat());

    if moment == Moment::Before {
        power(&["cut"]);
    }
    std::fs::remove_file(&gate).expect("the gate opens");
    if moment == Moment::While {
        let words = kind.trim_start_matches('^').trim_end();
        wait_until_runs(words.rsplit(".*").next().unwrap_or(words));
        power(&["cut"]);
    }
    // glusterd may wait for a peer that has gone in the middle of a command for longer than its command line does.
    let Answer { status, text, .. } = end_of(server, &job).expect("the server answers");
    let is_there = server.volumes().iter().any(|volume| volume.name == "disturbed");
    assert_eq!(is_there, status == 303, "{kind}: the job said {status} {text}, and it is there: {is_there}");
    assert!(is_there || text.contains(ADDRESSES[victim]), "{kind}: {} is not in {text}", ADDRESSES[victim]);
    power(&["on", "--wait"]);
    boot_ends(victim + 1);
    server.rests();
    audit::is_clean(server);
    eprintln!("{} cut {moment:?} {kind}: {status}, {} s", ADDRESSES[victim], begun.elapsed().as_secs());
    is_there
}

#[test]
#[ignore = "needs the lab: make test-all"]
fn a_peer_loses_its_power_at_each_stage_of_a_create_and_nothing_is_half_done() {
    let mut server = Server::with_topology();
    // It is waited for to its end where the power goes in the middle of a command of gluster's.
    server.set("/sshexec/gluster_cli_timeout", json!(GLUSTER_WAITS));
    for (number, (kind, moment)) in stages(&mut server).iter().enumerate() {
        if cut_at(&mut server, number, kind, *moment) {
            server.delete(&server.by_name("disturbed"));
        }
    }
    // Each create after the first one has been as far as its stage; the last one is not disturbed.
    let volume = server.create("afterwards", &["--size=1"]);
    audit::is_clean(&server);
    server.delete(&volume);
    audit::is_clean(&server);
}
