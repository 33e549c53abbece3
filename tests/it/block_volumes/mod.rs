//! Block volumes: made, found room for, made larger and deleted, with the volumes that host them.

mod failures;
mod imports;
mod interruptions;
mod life;
mod refusals;
mod room;
mod secrets;

use std::time::Duration;

use mortar::executor::sim::Action;
use serde_json::{Value, json};

use crate::support::operator::replica_3;
use crate::support::{Lab, Reply};

const SOON: Duration = Duration::from_secs(60);

/// The size of hosting volumes that are made by themselves here.
const HOSTING: u64 = 100;

/// A server that makes hosting volumes by itself; not started yet.
fn making_hosting_volumes() -> Lab {
    let mut lab = Lab::new();
    lab.setting("auto_create_block_hosting_volume", json!(true));
    lab.setting("block_hosting_volume_size", json!(HOSTING));
    lab
}

/// The same with the three peers of the lab.
fn started() -> Lab {
    let mut lab = making_hosting_volumes();
    lab.start();
    lab.three_peers();
    lab
}

/// A hosting volume that an admin makes; its id.
fn hosting(lab: &Lab, size: u64) -> String {
    let mut body = replica_3(size);
    body["block"] = json!(true);
    lab.create(&body).unwrap().id
}

/// Free and kept back, in GiB.
fn room(lab: &Lab, hosting: &str) -> (i64, i64) {
    let info = lab.volume(hosting).blockinfo;
    (info.freesize, info.reservedsize)
}

fn grow(lab: &Lab, block: &str, size: u64) -> Reply {
    lab.ask(&format!("/blockvolumes/{block}/expand"), &json!({"new_size": size}))
}

#[track_caller]
fn check(reply: &Reply, status: u16, text: &str) {
    assert_eq!((reply.status, reply.text.trim()), (status, text), "{reply:?}");
}

/// The last answer of a job, with its explanation.
fn explained(lab: &Lab, job: &str) -> Reply {
    lab.wait_for(job);
    lab.send("GET", job, &[("Accept", "application/problem+json")], None)
}

/// Injects faults from the next start on.
fn with_faults(lab: &mut Lab, faults: &Value) {
    let record = lab.path().join("commands");
    std::fs::remove_file(&record).ok();
    lab.inject(Some(json!({"record": record, "faults": faults})));
}

/// How often a command was sent.
fn times_sent(lab: &Lab, command: &str) -> usize {
    let recorded = std::fs::read_to_string(lab.path().join("commands")).unwrap_or_default();
    recorded.lines().filter(|line| line.contains(command)).count()
}

/// As somebody who is logged in on a peer.
fn gluster_block(words: &str) -> Action {
    let args = words.split(' ').chain(["--json"]).map(str::to_owned).collect();
    Action::Run { program: "gluster-block".to_owned(), args, stdin: String::new() }
}
