//! Dumps and checks of the database while operations run, wait and have ended.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::operator::replica_3;
use crate::support::{Audit, Lab, settled};

const SOON: Duration = Duration::from_secs(60);

/// The only unfinished operation of a dump; all three bricks and the volume carry its mark.
fn only_operation(dump: &Value) -> Value {
    let operations = dump["pendingoperations"].as_object().unwrap();
    assert_eq!(operations.len(), 1, "{dump}");
    let (id, operation) = operations.iter().next().unwrap();
    let marks = |kind: &str| -> Vec<String> {
        let entries = dump[kind].as_object().unwrap().values();
        entries.map(|entry| entry["Pending"]["Id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(marks("volumeentries"), [id.as_str()]);
    assert_eq!(marks("brickentries"), [id.as_str(); 3]);
    assert_eq!(operation["Id"], id.as_str());
    operation.clone()
}

fn changes(operation: &Value) -> Vec<i64> {
    let actions = operation["Actions"].as_array().unwrap();
    assert!(actions.iter().all(|action| action["Delta"].is_null()), "{operation}");
    actions.iter().map(|action| action["Change"].as_i64().unwrap()).collect()
}

fn assert_sound(lab: &Lab, pending: u64) {
    let report = lab.get("/db/check").json();
    assert_eq!(report["totalinconsistencies"], 0, "{report}");
    assert_eq!(report["volumes"]["pending"], pending, "{report}");
    assert_eq!(report["bricks"]["pending"], 3 * pending, "{report}");
}

#[test]
fn a_dump_shows_what_runs_and_what_waits() {
    let mut lab = Lab::new();
    lab.hold(&["volume create"]);
    lab.start();
    lab.three_peers();
    let job = lab.begin_create(&replica_3(1));
    let reply = lab.get("/db/dump");
    assert!(reply.text.starts_with("{\n    \"clusterentries\": {\n        \""), "{}", reply.text);
    let running = only_operation(&reply.json());
    assert_eq!((&running["Type"], &running["Status"]), (&json!(1), &json!("")));
    assert_eq!(changes(&running), [1, 1, 1, 2]);
    assert_sound(&lab, 1);
    lab.open_gate();
    let made = lab.wait_for(&job).located();
    assert_eq!(lab.get("/db/dump").json()["pendingoperations"], json!({}));
    assert_sound(&lab, 0);

    let refuse = json!({"command": "lvremove", "fault": "unreachable", "times": 1000});
    lab.inject(Some(json!({"faults": [refuse]})));
    lab.restart();
    assert_eq!(lab.wait_for(&lab.begin_delete(&made)).status, 500);
    let waiting = only_operation(&lab.get("/db/dump").json());
    assert_eq!((&waiting["Type"], &waiting["Status"]), (&json!(2), &json!("failed")));
    assert_eq!(changes(&waiting), [3, 3, 3, 4]);
    assert_sound(&lab, 1);

    let generation = |lab: &Lab| lab.get("/db/dump").json()["dbattributeentries"]["DB_GENERATION_ID"].clone();
    let before = generation(&lab);
    lab.inject(None);
    lab.restart();
    assert_eq!(generation(&lab), before);
    assert!(settled(SOON, || lab.get("/db/dump").json()["volumeentries"] == json!({})), "{}", lab.log_tail());
    Audit::new().clean_within(&lab, SOON);
}
