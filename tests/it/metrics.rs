//! Our own figures; heketi's are in `tests/conformance`.

use std::time::Duration;

use mortar::executor::sim::Action;
use serde_json::json;

use crate::support::operator::{HOSTS, replica_3};
use crate::support::{Lab, settled};

const SOON: Duration = Duration::from_secs(60);
const SPARE: &str = "10.10.10.20";

/// The value of a sample, by its name and labels as they are written.
fn value(lab: &Lab, sample: &str) -> Option<f64> {
    let text = lab.get("/metrics").text;
    text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' ')?.parse().ok())
}

#[test]
fn requests_commands_operations_and_failures_are_counted() {
    let lab = Lab::with_three_peers();
    lab.create(&replica_3(1)).unwrap();
    let made = "mortar_remote_command_duration_seconds_count{command=\"mkfs.xfs\",outcome=\"ok\"}";
    assert_eq!(value(&lab, made), Some(3.0));
    let ended = "mortar_operation_duration_seconds_count{kind=\"volume-create\",result=\"done\"}";
    assert_eq!(value(&lab, ended), Some(1.0));
    assert_eq!(lab.get("/volumes/0123456789abcdef").status, 404);
    let asked =
        "mortar_http_request_duration_seconds_count{method=\"GET\",route=\"/volumes/{id}\",status=\"4xx\"}";
    assert_eq!(value(&lab, asked), Some(1.0));
    assert_eq!(lab.get("/nothing/0123").status, 404);
    let unknown = "mortar_http_request_duration_seconds_count{method=\"GET\",route=\"other\",status=\"4xx\"}";
    assert_eq!(value(&lab, unknown), Some(1.0));
    for state in ["running", "waiting", "parked"] {
        assert_eq!(value(&lab, &format!("mortar_operations{{state=\"{state}\"}}")), Some(0.0));
    }
    assert_eq!(value(&lab, "mortar_failures_total{kind=\"refused\"}"), None);
    assert_eq!(lab.post("/volumes", &replica_3(100_000)).status, 500);
    assert_eq!(value(&lab, "mortar_failures_total{kind=\"refused\"}"), Some(1.0));
}

#[test]
fn steps_that_fail_are_counted_by_what_was_in_their_way() {
    let mut lab = Lab::new();
    lab.inject(Some(json!({"faults": [{"command": "mkfs.xfs", "fault": "refuse", "times": 1}]})));
    lab.start();
    lab.three_peers();
    let failed = |kind: &str| value(&lab, &format!("mortar_failures_total{{kind=\"step_{kind}\"}}"));
    assert_eq!(lab.ask("/volumes", &replica_3(1)).status, 303, "another disk takes the brick");
    assert_eq!((failed("command"), failed("unreachable")), (Some(1.0), None));
    lab.on(HOSTS[1], Action::Power { on: false });
    assert_eq!(lab.ask("/volumes", &replica_3(1)).status, 500);
    assert!(failed("unreachable").is_some_and(|count| count >= 1.0));
    assert_eq!(failed("undo"), None);
}

#[test]
fn the_fullness_of_thin_pools_is_shown_while_it_is_known_and_warned_of() {
    let mut lab = Lab::new();
    for key in ["start_time_monitor_gluster_nodes", "refresh_time_monitor_gluster_nodes"] {
        lab.setting(key, json!(1));
    }
    lab.start();
    let cluster = lab.three_peers();
    let volume = lab.create(&replica_3(10)).unwrap();
    let host = HOSTS[0];
    let brick = volume.bricks.iter().find(|brick| lab.node_of(host).id == brick.node).unwrap();
    let device = lab.client().device_info(&brick.device).unwrap();
    let (name, id) = (&device.name, &device.id);
    let labels = format!("{{cluster=\"{cluster}\",device=\"{name}\",hostname=\"{host}\",id=\"{id}\"}}");
    let ratio = |what: &str| value(&lab, &format!("mortar_device_thin_pool_{what}_used_ratio{labels}"));
    let becomes = |data, metadata| settled(SOON, || (ratio("data"), ratio("metadata")) == (data, metadata));
    assert!(becomes(Some(0.0), Some(0.0)));
    let fill = |data, metadata| lab.on(host, Action::FillPools { path: name.clone(), data, metadata });
    let warnings = || lab.log().lines().filter(|line| line.contains("is full to")).count();
    fill(81, 12);
    assert!(becomes(Some(0.81), Some(0.12)));
    fill(90, 96);
    assert!(becomes(Some(0.9), Some(0.96)));
    assert!(settled(SOON, || warnings() == 2), "{}", lab.log());
    assert!(lab.log().contains("is full to 90 %, its metadata to 96 %"));
    // Of a peer that is off nothing is known.
    lab.on(host, Action::Power { on: false });
    assert!(becomes(None, None));
    lab.on(host, Action::Power { on: true });
    assert!(becomes(Some(0.9), Some(0.96)));
    assert_eq!(warnings(), 2, "what was told is not told again");
    assert_eq!(lab.remove(&volume.id).status, 204);
    assert!(becomes(None, None));
}

/// A server that asks its nodes at its start and then each so many seconds.
fn watching(seconds: u64) -> Lab {
    let mut lab = Lab::new();
    lab.setting("start_time_monitor_gluster_nodes", json!(1));
    lab.setting("refresh_time_monitor_gluster_nodes", json!(seconds));
    lab
}

fn peer_up(lab: &Lab, host: &str) -> Option<f64> {
    value(lab, &format!("mortar_peer_up{{node=\"{}\"}}", lab.node_of(host).id))
}

#[test]
fn peers_are_up_or_down_or_not_asked() {
    let mut lab = watching(1);
    lab.start();
    lab.three_peers();
    let becomes = |up: [Option<f64>; 3]| settled(SOON, || HOSTS.map(|host| peer_up(&lab, host)) == up);
    assert!(becomes([Some(1.0); 3]));
    lab.on(HOSTS[0], Action::Power { on: false });
    lab.on(HOSTS[1], Action::Glusterd { running: false });
    assert!(becomes([Some(0.0), Some(0.0), Some(1.0)]), "{}", lab.log_tail());
    lab.on(HOSTS[0], Action::Power { on: true });
    assert!(becomes([Some(1.0), Some(0.0), Some(1.0)]), "{}", lab.log_tail());
    lab.on(HOSTS[1], Action::Glusterd { running: true });
    assert!(becomes([Some(1.0); 3]), "{}", lab.log_tail());
    // Nobody asks one that is out of service.
    let state = format!("/nodes/{}/state", lab.node_of(HOSTS[2]).id);
    assert_eq!(lab.ask(&state, &json!({"state": "offline"})).status, 204);
    assert!(becomes([Some(1.0), Some(1.0), None]));
    assert_eq!(lab.ask(&state, &json!({"state": "online"})).status, 204);
    assert!(becomes([Some(1.0); 3]));
}

#[test]
fn of_a_node_that_is_gone_nothing_is_shown() {
    let mut lab = watching(3600);
    lab.start();
    let node = lab.add_node(&lab.three_peers(), SPARE).id;
    // It asks its nodes once: nothing but the delete takes the figure away.
    lab.restart();
    assert!(settled(SOON, || peer_up(&lab, SPARE) == Some(1.0)), "{}", lab.log_tail());
    assert!(lab.get("/metrics").text.contains(&node));
    assert_eq!(lab.wait_for(&lab.delete(&format!("/nodes/{node}")).location).status, 204);
    assert!(settled(SOON, || !lab.get("/metrics").text.contains(&node)), "{}", lab.get("/metrics").text);
    assert!(HOSTS.iter().all(|host| peer_up(&lab, host) == Some(1.0)), "the others are shown");
}
