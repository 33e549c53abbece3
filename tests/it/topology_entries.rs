//! Topology files that grow: new peers beside known ones, wherever they stand in the file.

use std::fs;

use serde_json::{Value, json};

use crate::support::Lab;
use crate::support::operator::{HOSTS, assert_says};

fn entry(hosts: &[&str]) -> Value {
    let node = |host: &&str| json!({"node": {"hostnames": {"manage": [host], "storage": [host]}, "zone": 1}, "devices": ["/dev/vdd", "/dev/vde"]});
    json!({"nodes": hosts.iter().map(node).collect::<Vec<_>>()})
}

fn write(lab: &Lab, entries: &[Value]) {
    fs::write(lab.path().join("topology.json"), json!({"clusters": entries}).to_string()).unwrap();
}

fn load(lab: &Lab) -> (Option<i32>, String, String) {
    lab.mortar(&["topology", "load", "--json=topology.json"])
}

fn hosts_by_cluster(lab: &Lab) -> Vec<usize> {
    let topology = lab.client().topology().unwrap();
    let mut sizes: Vec<usize> = topology.clusters.iter().map(|cluster| cluster.nodes.len()).collect();
    sizes.sort_unstable();
    sizes
}

#[test]
fn a_new_peer_in_front_of_known_ones_joins_their_cluster() {
    let lab = Lab::with_three_peers();
    let cluster = lab.client().cluster_list().unwrap().clusters[0].clone();
    write(&lab, &[entry(&["10.10.10.20", HOSTS[0], HOSTS[1], "10.10.10.21", HOSTS[2]])]);
    let (code, said, err) = lab.mortar(&["topology", "load", "--dry-run", "--json=topology.json"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_says(
        &said,
        &[
            &format!("\tWould create node 10.10.10.20 on cluster {cluster}\n"),
            "0 clusters, 2 nodes, 4 devices",
        ],
    );
    let (code, said, err) = load(&lab);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(!said.contains("Unable") && !said.contains("Creating cluster"), "{said}");
    assert_eq!(hosts_by_cluster(&lab), [5]);
    assert_eq!(lab.node_of("10.10.10.20").devices.len(), 2);
    let (code, said, _) = lab.mortar(&["topology", "diff", "--json=topology.json"]);
    assert_eq!((code, said.as_str()), (Some(0), ""));
}

#[test]
fn a_new_peer_that_may_belong_to_either_of_two_clusters_is_added_to_neither() {
    let lab = Lab::with_three_peers();
    write(&lab, &[entry(&["10.10.10.20"])]);
    assert_eq!(load(&lab).0, Some(0));
    assert_eq!(hosts_by_cluster(&lab), [1, 3]);
    let doubtful = [
        vec![entry(&["10.10.10.21", HOSTS[0], "10.10.10.20"])],
        vec![entry(&[HOSTS[0], HOSTS[1]]), entry(&[HOSTS[2], "10.10.10.21"])],
    ];
    for entries in doubtful {
        write(&lab, &entries);
        let (code, said, err) = load(&lab);
        assert_eq!((code, said.as_str()), (Some(255), ""));
        assert_says(
            &err,
            &[
                "Error: Unable to tell which cluster new nodes belong to\n",
                ": 10.10.10.21 may be in",
                "Nothing was added.",
            ],
        );
        assert_eq!(hosts_by_cluster(&lab), [1, 3]);
        let (code, said, _) = lab.mortar(&["topology", "diff", "--json=topology.json"]);
        assert!(code == Some(0) && said.starts_with("! clusters["), "{said}");
    }
}
