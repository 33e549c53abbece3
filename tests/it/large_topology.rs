//! A topology of five hundred nodes: a load of it is interrupted half-way, and loaded again.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Lab, settled};

const NODES: usize = 500;
/// It is slow where many tests share a machine; what is asserted is what comes of it.
const PATIENCE: Duration = Duration::from_secs(600);
/// Requests for each node, looks at jobs aside: one at it, the node and what came of it, the device.
const REQUESTS: usize = 5;

fn topology() -> Value {
    let node = |n: usize| {
        let host = format!("10.20.{}.{}", n / 250, n % 250 + 1);
        let hostnames = json!({"manage": [host], "storage": [host]});
        json!({"node": {"hostnames": hostnames, "zone": n % 3 + 1}, "devices": ["/dev/vdd"]})
    };
    json!({"clusters": [{"nodes": (0..NODES).map(node).collect::<Vec<_>>()}]})
}

fn requests(lab: &Lab) -> usize {
    lab.log().matches("answered with ").count()
}

#[test]
fn a_load_of_five_hundred_nodes_goes_on_where_it_was_interrupted() {
    let lab = Lab::started();
    fs::write(lab.path().join("topology.json"), topology().to_string()).unwrap();
    let said = lab.path().join("said");
    let mut first = Command::new(env!("CARGO_BIN_EXE_mortar"));
    first.args([&format!("--server={}", lab.url()), "topology", "load", "--json=topology.json"]);
    first.current_dir(lab.path()).stdin(Stdio::null()).stdout(fs::File::create(&said).unwrap());
    let mut first = first.spawn().unwrap();
    let nodes = || fs::read_to_string(&said).unwrap_or_default().matches("Creating node").count();
    assert!(settled(PATIENCE, || nodes() > NODES / 2), "{} nodes", nodes());
    first.kill().unwrap();
    first.wait().unwrap();

    let before = requests(&lab);
    let (code, out, err) = lab.mortar(&["topology", "load", "--json=topology.json"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(!out.contains("Unable") && !out.contains("Creating cluster"), "{out}");
    assert!(out.matches("\tFound node ").count() >= NODES / 2, "{out}");
    let asked = requests(&lab) - before;
    assert!(asked < NODES * REQUESTS, "{asked} requests");

    let topology = lab.client().topology().unwrap();
    assert_eq!(topology.clusters.len(), 1);
    assert_eq!(topology.clusters[0].nodes.len(), NODES);
    assert!(topology.clusters[0].nodes.iter().all(|node| node.devices.len() == 1));
    let (code, out, _) = lab.mortar(&["topology", "diff", "--json=topology.json"]);
    assert_eq!((code, out.as_str()), (Some(0), ""));
}
