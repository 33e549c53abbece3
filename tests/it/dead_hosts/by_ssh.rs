//! Hosts behind a real SSH, in a network of their own, from which nothing comes any more.

use std::collections::BTreeSet;

use serde_json::json;

use super::network::Network;
use super::{BACK, MINUTE, all_end, ask_for_many, becomes, cluster_of, nothing_is_unfinished, others_go_on};
use crate::support::operator::replica_3;
use crate::support::{Lab, settled};

/// A server that reaches the hosts of a network by SSH; they are in one cluster.
pub fn reaching(network: &Network) -> Lab {
    let mut lab = Lab::started();
    cluster_of(&lab, &network.addresses());
    lab.stop();
    lab.setting("executor", json!("ssh"));
    lab.setting("sshexec", network.section());
    lab
}

/// The bricks that a host has are those of volumes that there are.
fn is_clean(lab: &Lab, network: &Network, host: &str) -> bool {
    let node = lab.node_of(host).id;
    let volumes = lab.volumes().into_iter().map(|id| lab.volume(&id));
    let bricks = volumes.flat_map(|volume| volume.bricks.to_vec()).filter(|brick| brick.node == node);
    let known: BTreeSet<String> = bricks.map(|brick| format!("brick_{}", brick.id)).collect();
    network.volumes_on(host) == known
}

/// What follows when a host is dead already.
fn is_noticed_and_leaves_nothing(lab: &Lab, network: &Network, dead: &str, jobs: &[String]) {
    becomes(lab, dead, false, MINUTE);
    others_go_on(lab, dead);
    let ends = all_end(lab, jobs);
    assert!(ends.iter().any(|end| end.status == 303), "{ends:?}");
    network.revive(dead);
    becomes(lab, dead, true, BACK);
    assert!(settled(BACK, || nothing_is_unfinished(lab)), "{}", lab.log_tail());
    for host in network.addresses() {
        assert!(settled(MINUTE, || is_clean(lab, network, &host)), "{host}: {:?}", network.volumes_on(&host));
    }
    lab.create(&replica_3(1)).unwrap();
}

#[test]
#[ignore = "makes name spaces of the network, as root; `make dead-hosts` has it"]
fn a_host_that_falls_silent_after_the_handshake_is_noticed_within_a_minute() {
    let network = Network::of(4);
    let mut lab = reaching(&network);
    lab.start();
    let dead = network.addresses().remove(1);
    // A connection to each is there, and commands have run on it.
    let made: Vec<_> = (0..4).map(|_| lab.create(&replica_3(1)).unwrap()).collect();
    let node = lab.node_of(&dead).id;
    let there: Vec<_> =
        made.iter().filter(|made| made.bricks.iter().any(|brick| brick.node == node)).collect();
    assert!(!there.is_empty(), "{made:?}");
    let left: BTreeSet<String> = network.volumes_on(&dead);
    assert!(!left.is_empty());
    becomes(&lab, &dead, true, MINUTE);
    network.kill(&dead);
    let mut jobs = ask_for_many(&lab);
    // What they had on it has to go when it is back.
    jobs.extend(there.iter().map(|made| lab.begin_delete(&made.id)));
    is_noticed_and_leaves_nothing(&lab, &network, &dead, &jobs);
    assert!(network.volumes_on(&dead).is_disjoint(&left));
}

#[test]
#[ignore = "makes name spaces of the network, as root; `make dead-hosts` has it"]
fn a_host_that_answers_syn_with_nothing_is_noticed_within_a_minute() {
    let network = Network::of(4);
    let mut lab = reaching(&network);
    let dead = network.addresses().remove(1);
    network.kill(&dead);
    lab.start();
    let jobs = ask_for_many(&lab);
    is_noticed_and_leaves_nothing(&lab, &network, &dead, &jobs);
}
