//! How much slower others are beside a dead host: measured in one run, before it is dead, from the moment when it is, and
//! while it is known to be.

use std::time::{Duration, Instant};

use serde_json::json;

use super::by_ssh::reaching;
use super::network::Network;
use super::simulated::{SICK, with_what_may_hang};
use super::{BACK, MINUTE, ask_for_many, becomes, is_up, two_copies};
use crate::support::Lab;
use crate::support::operator::replica_3;

/// Creates before and after; twice as many in between.
const CREATES: usize = 40;

/// Deletes of volumes that have no brick on the host, before it is dead, and as many from the moment when it is.
const DELETES: usize = 40;

/// The times that so many creates take, one after the other.
fn creates(lab: &Lab, count: usize) -> Vec<Duration> {
    let create = |_| {
        let begun = Instant::now();
        let made = lab.create(&replica_3(1)).unwrap();
        let took = begun.elapsed();
        assert_eq!(lab.remove(&made.id).status, 204);
        took
    };
    (0..count).map(create).collect()
}

/// Volumes that do not need a host: it is offline while they are made. It is emptier than the others afterwards.
fn volumes_elsewhere(lab: &Lab, host: &str, count: usize) -> Vec<String> {
    let path = format!("/nodes/{}/state", lab.node_of(host).id);
    let state = |state: &str| assert_eq!(lab.ask(&path, &json!({"state": state})).status, 204);
    state("offline");
    let volumes = (0..count).map(|_| lab.create(&two_copies()).unwrap().id).collect();
    state("online");
    volumes
}

/// The times that deletes take, one after the other.
fn deletes(lab: &Lab, volumes: &[String]) -> Vec<Duration> {
    let delete = |id: &String| {
        let begun = Instant::now();
        assert_eq!(lab.remove(id).status, 204);
        begun.elapsed()
    };
    volumes.iter().map(delete).collect()
}

/// Times of operations without a host, and beside it.
struct Times {
    without: Vec<Duration>,
    beside: Vec<Duration>,
}

impl std::fmt::Display for Times {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [without, beside] = [&self.without, &self.beside].map(|times| {
            let mut times = times.clone();
            times.sort();
            times
        });
        let at = |times: &[Duration], percent: usize| times[(times.len() - 1) * percent / 100];
        let ratio = |percent| at(&beside, percent).as_secs_f64() / at(&without, percent).as_secs_f64();
        write!(
            f,
            "p95 {:.1?} beside it, {:.1?} without, ratio {:.2}; p50 ratio {:.2}; the longest {:.1?} and {:.1?}",
            at(&beside, 95),
            at(&without, 95),
            ratio(95),
            ratio(50),
            at(&beside, 100),
            at(&without, 100)
        )
    }
}

/// Prints how long creates take with and without a host, and what does not need it while nobody knows yet that it is dead.
fn compare(what: &str, lab: &Lab, host: &str, kill: impl Fn(), revive: impl Fn()) {
    creates(lab, 5);
    becomes(lab, host, true, MINUTE);
    let elsewhere = volumes_elsewhere(lab, host, 2 * DELETES);
    let mut known = Times { without: creates(lab, CREATES), beside: Vec::new() };
    let mut unknown = Times { without: deletes(lab, &elsewhere[..DELETES]), beside: Vec::new() };
    kill();
    // They are what waits for it all the time.
    let begun = Instant::now();
    ask_for_many(lab);
    unknown.beside = deletes(lab, &elsewhere[DELETES..]);
    let is_known = is_up(lab, host) == Some(false);
    becomes(lab, host, false, MINUTE);
    let noticed = begun.elapsed();
    known.beside = creates(lab, 2 * CREATES);
    revive();
    becomes(lab, host, true, BACK);
    known.without.extend(creates(lab, CREATES));
    println!("{what}: noticed after {:.1} s", noticed.as_secs_f64());
    println!("  creates beside it when it is known: {known}");
    let when = if is_known { "until it is known, and after" } else { "before it is known" };
    println!("  deletes that do not need it, {when}: {unknown}");
}

/// `make dead-hosts`
#[test]
#[ignore = "measures"]
fn creates_beside_a_peer_on_which_something_hangs() {
    for (what, commands) in [("a glusterd that hangs", "^gluster "), ("an lvcreate that hangs", "lvcreate")] {
        let lab = with_what_may_hang(commands);
        compare(what, &lab, SICK, || lab.close_gate(), || lab.open_gate());
    }
}

/// `make dead-hosts`
#[test]
#[ignore = "measures, and makes name spaces of the network, as root"]
fn creates_beside_a_host_from_which_nothing_comes() {
    let network = Network::of(4);
    let dead = network.addresses().remove(1);
    let mut lab = reaching(&network);
    lab.start();
    let (kill, revive) = (|| network.kill(&dead), || network.revive(&dead));
    compare("a host that falls silent after the handshake", &lab, &dead, kill, revive);
    lab.stop();
    network.kill(&dead);
    lab.start();
    becomes(&lab, &dead, false, MINUTE);
    let beside = creates(&lab, CREATES);
    network.revive(&dead);
    becomes(&lab, &dead, true, BACK);
    let times = Times { without: creates(&lab, CREATES), beside };
    println!("a host that answers SYN with nothing, creates: {times}");
}
