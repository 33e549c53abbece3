//! A host of which nothing is heard any more, or a part of it: it is shown as not well within a minute, whoever does not need it
//! goes on, and when it is back nothing is left over on it.

mod by_ssh;
mod network;
mod simulated;
mod speed;

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::operator::{DISKS, replica_3};
use crate::support::{Lab, Reply, settled};

const MINUTE: Duration = Duration::from_secs(60);

/// As long as it takes to notice that a host is back, and to try again what waits for it.
const BACK: Duration = Duration::from_secs(120);

/// More than run at the same time in a cluster.
const CROWD: usize = 12;

/// One cluster of these nodes, with two disks each.
fn cluster_of(lab: &Lab, hosts: &[String]) {
    let cluster = lab.new_cluster();
    for host in hosts {
        let node = lab.add_node(&cluster, host).id;
        DISKS.iter().for_each(|disk| lab.add_device(&node, disk, false).unwrap());
    }
}

/// What the metrics say of a node; none where nobody has looked yet.
fn is_up(lab: &Lab, host: &str) -> Option<bool> {
    let sample = format!("mortar_peer_up{{node=\"{}\"}} ", lab.node_of(host).id);
    let metrics = lab.get("/metrics").text;
    metrics.lines().find_map(|line| line.strip_prefix(&sample)).map(|value| value == "1")
}

#[track_caller]
fn becomes(lab: &Lab, host: &str, up: bool, limit: Duration) {
    let is_so = || is_up(lab, host) == Some(up);
    assert!(settled(limit, is_so), "{host} is not shown as up: {up}\n{}", lab.log_tail());
}

fn two_copies() -> Value {
    json!({"size": 1, "durability": {"type": "replicate", "replicate": {"replica": 2}}})
}

/// Begins more creates than run at once, each with bricks on three of the four nodes.
fn ask_for_many(lab: &Lab) -> Vec<String> {
    (0..CROWD).map(|_| lab.begin_create(&replica_3(1))).collect()
}

/// Whoever asks now is served, without the host, also while others wait for it.
fn others_go_on(lab: &Lab, dead: &str) {
    let dead = lab.node_of(dead).id;
    for body in [two_copies(), replica_3(1)] {
        let made = lab.create(&body).unwrap();
        assert!(made.bricks.iter().all(|brick| brick.node != dead), "{made:?}");
        assert_eq!(lab.remove(&made.id).status, 204, "{}", lab.log_tail());
    }
}

/// The last answer of each: done, or undone.
fn all_end(lab: &Lab, jobs: &[String]) -> Vec<Reply> {
    let ends = jobs.iter().map(|job| lab.wait_for(job));
    ends.inspect(|end| assert!(matches!(end.status, 303 | 204 | 500), "{end:?}")).collect()
}

fn nothing_is_unfinished(lab: &Lab) -> bool {
    lab.get("/operations").json()["total"] == 0
}
