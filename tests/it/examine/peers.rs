//! Peers that answer, and one that does not.

use mortar::executor::sim::Action;
use serde_json::{Value, json};

use super::{IDLE, MATCHES, PATH, examine, lab_with_letters, nodes, report};
use crate::support::Lab;
use crate::support::operator::{HOSTS, assert_says, replica_3};

#[test]
fn where_all_is_well_there_are_heketis_lines_only() {
    let (lab, made) = lab_with_letters();
    let found = examine(&lab);
    assert_eq!(report(&found), [IDLE, MATCHES]);
    assert_eq!(found["heketidb"], lab.get("/db/dump").json());
    let nodes = nodes(&found);
    assert_eq!(nodes.len(), 3);
    for node in &nodes {
        let volumes = &node["VolumeInfo"]["Volumes"];
        assert_eq!(
            (&volumes["Count"], &volumes["VolumeList"][0]["VolumeName"]),
            (&json!(1), &json!("letters"))
        );
        assert_eq!(volumes["VolumeList"][0]["Bricks"]["BrickList"].as_array().unwrap().len(), 3);
        assert_eq!(node["LVMVGInfo"]["report"][0]["vg"].as_array().unwrap().len(), 2);
        assert_eq!(node["LVMPVInfo"]["report"][0]["pv"][0]["pv_size"], "524152832.00k");
        let volumes = node["LVMLVInfo"]["report"][0]["lv"].as_array().unwrap();
        let names: Vec<&str> = volumes.iter().map(|row| row["lv_name"].as_str().unwrap()).collect();
        let own = made.bricks.iter().find(|brick| node["NodeHeketiID"] == brick.node.as_str()).unwrap();
        assert_eq!(names, [format!("brick_{}", own.id), format!("tp_{}", own.id)]);
        let mounts = node["BricksMountStatus"]["Statuses"].as_array().unwrap();
        assert_eq!((mounts.len(), &mounts[0]["Mounted"]), (1, &json!(true)));
        assert_eq!(node["BlockVolumeNames"], Value::Null);
    }
}

#[test]
fn the_body_is_indented_and_the_client_prints_it_as_it_is() {
    let (lab, _) = lab_with_letters();
    let body = lab.get(PATH).text;
    assert!(body.starts_with("{\n    \"heketidb\": {\n        \"clusterentries\": {"), "{body}");
    let printed = lab.mortar(&["server", "state", "examine", "gluster"]);
    assert_eq!(printed, (Some(0), body, String::new()));
}

#[test]
fn a_peer_that_is_off_is_a_line_and_the_others_are_compared_all_the_same() {
    let (lab, _) = lab_with_letters();
    lab.on(HOSTS[1], Action::Power { on: false });
    let found = examine(&lab);
    let (off, lines) = (lab.node_of(HOSTS[1]).id, report(&found));
    let why = format!("cannot reach {0}: connect: No route to host", HOSTS[1]);
    let host = HOSTS[1];
    let expected = [
        IDLE.to_owned(),
        format!("could not fetch data from node {host}"),
        format!("could not fetch LVM pvs data from node {host} : {why}"),
        format!("could not fetch LVM vgs data from node {host} : {why}"),
        format!("could not fetch LVM lvs data from node {host} : {why}"),
        format!("could not fetch brick mount status from node {host} : {why}"),
        format!(
            "heketi volume list could not be compared with volume list of node {off} due to missing info"
        ),
    ];
    assert_eq!(lines[..7], expected);
    assert_eq!(lines.len(), 8, "{lines:#?}");
    assert_says(&lines[7], &[HOSTS[1], "No route to host", "glusterd"]);
    for node in nodes(&found) {
        let silent = node["NodeHeketiID"] == off.as_str();
        for part in ["VolumeInfo", "LVMPVInfo", "LVMVGInfo", "LVMLVInfo", "BricksMountStatus"] {
            assert_eq!(node[part].is_null(), silent, "{part} of {node}");
        }
    }
}

#[test]
fn where_no_peer_answers_the_cluster_is_named() {
    let (lab, _) = lab_with_letters();
    HOSTS.into_iter().for_each(|host| lab.on(host, Action::Power { on: false }));
    let found = examine(&lab);
    let cluster = found["clusters"][0]["ClusterHeketiID"].as_str().unwrap();
    let lines = report(&found);
    assert!(lines.contains(&format!("not able to fetch any data from cluster {cluster}")), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("volume list")), "{lines:#?}");
}

#[test]
fn what_operations_are_about_to_make_or_take_away_is_not_missed() {
    let mut lab = Lab::new();
    lab.hold(&["volume create", "volume delete"]);
    lab.start();
    lab.three_peers();
    let job = lab.begin_create(&replica_3(10));
    let lines = report(&examine(&lab));
    assert_eq!(lines[0], "OnDemand Examiner invoked while 1 ops are in flight");
    assert_eq!(lines.len(), 4, "{lines:#?}");
    assert!(
        lines[1..].iter().all(|line| line.starts_with("heketi volume list does not match")),
        "{lines:#?}"
    );
    lab.open_gate();
    let made = lab.wait_for(&job).located();
    assert_eq!(report(&examine(&lab)), [IDLE, MATCHES]);
    lab.close_gate();
    let job = lab.begin_delete(&made);
    let lines = report(&examine(&lab));
    assert!(lines[1..].iter().all(|line| line.starts_with("heketi volume list ")), "{lines:#?}");
    lab.open_gate();
    assert_eq!(lab.wait_for(&job).status, 204);
    assert_eq!(report(&examine(&lab)), [IDLE, MATCHES]);
}

#[test]
fn without_a_server_the_same_is_printed_between_heketis_marks() {
    let (mut lab, _) = lab_with_letters();
    let config = format!("--config={}", lab.config_file().display());
    let command = ["offline", "state", "examine", "gluster", &config];
    let (status, out, err) = lab.mortard(&command);
    assert_eq!(
        (status, out.as_str()),
        (Some(1), "OFFLINE COMMAND: Examine state of Gluster\nStarting examiner now...\n")
    );
    assert_says(&err, &["ERROR: Unable to start application: Unable to open database: ", "heketi.db"]);
    let mut expected = examine(&lab);
    expected["report"].as_array_mut().unwrap().remove(0);
    lab.stop();
    let (status, out, err) = lab.mortard(&command);
    assert_eq!(status, Some(0), "{err}");
    let (before, rest) = out.split_once("EXAMINER_OUTPUT_STARTS\n").unwrap();
    assert!(
        before.starts_with("OFFLINE COMMAND: Examine state of Gluster\nStarting examiner now...\n"),
        "{before}"
    );
    let json = rest.strip_suffix("EXAMINER_OUTPUT_ENDS\n").unwrap();
    assert_eq!(serde_json::from_str::<Value>(json).unwrap(), expected);
    let (status, out, err) = lab.mortard(&["offline", "state", "examine", "gluster"]);
    let said = (status, out.as_str(), err.as_str());
    assert_eq!(
        said,
        (Some(1), "OFFLINE COMMAND: Examine state of Gluster\n", "Configuration file is required\n")
    );
}
