//! Our own figures; heketi's are in `tests/conformance`.

use std::time::Duration;

use mortar::executor::sim::Action;
use serde_json::json;

use crate::support::operator::{HOSTS, replica_3};
use crate::support::{Lab, settled};

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
    const SOON: Duration = Duration::from_secs(60);
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
