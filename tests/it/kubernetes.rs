//! Exactly what the provisioner inside Kubernetes asks, in its order.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Audit, Lab, Reply};

const SOON: Duration = Duration::from_secs(60);

/// What its client does with a job: look, and take what is no 200 as the answer; 303 is followed.
fn poll(lab: &Lab, job: &str) -> Reply {
    let reply = lab.wait_for(job);
    if reply.status == 303 { lab.get(&reply.location) } else { reply }
}

fn provision(lab: &Lab, size: u64, durability: &Value) -> Value {
    let body = json!({"size": size, "name": "", "durability": durability, "gid": 2000,
        "snapshot": {"enable": true, "factor": 1}});
    let accepted = lab.post("/volumes", &body);
    assert_eq!(accepted.status, 202, "{accepted:?}");
    assert!(accepted.location.starts_with("/queue/"), "{accepted:?}");
    let volume = poll(lab, &accepted.location);
    assert_eq!(volume.status, 200, "{volume:?}\n{}", lab.log_tail());
    volume.json()
}

#[test]
fn a_claim_is_provisioned_and_deleted() {
    let lab = Lab::with_three_peers();
    let durability = json!({"type": "replicate", "replicate": {"replica": 3}, "disperse": {}});
    let volume = provision(&lab, 5, &durability);
    let id = volume["id"].as_str().unwrap();
    assert_eq!(volume["size"], 5);
    assert_eq!(volume["name"], format!("vol_{id}"));
    assert_eq!(volume["gid"], 2000);
    let cluster = lab.get(&format!("/clusters/{}", volume["cluster"].as_str().unwrap())).json();
    let nodes = cluster["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 3);
    for node in nodes {
        let node = lab.get(&format!("/nodes/{}", node.as_str().unwrap())).json();
        let storage = node["hostnames"]["storage"][0].as_str().unwrap();
        assert!(storage.parse::<std::net::IpAddr>().is_ok(), "{storage} goes into an Endpoints object");
    }
    Audit::new().clean_within(&lab, SOON);
    // It repeats a delete until that is a success, and takes this text for one.
    let accepted = lab.delete(&format!("/volumes/{id}"));
    assert_eq!(accepted.status, 202);
    assert_eq!(poll(&lab, &accepted.location).status, 204);
    let again = lab.delete(&format!("/volumes/{id}"));
    assert_eq!((again.status, again.text.trim()), (404, "Id not found"));
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn every_volume_type_of_a_storage_class_is_provisioned() {
    let lab = Lab::with_three_peers();
    for durability in [
        json!({"type": "none", "replicate": {}, "disperse": {}}),
        json!({"type": "disperse", "replicate": {}, "disperse": {"data": 2, "redundancy": 1}}),
        json!({"type": "replicate", "replicate": {"replica": 2}, "disperse": {}}),
    ] {
        let volume = provision(&lab, 4, &durability);
        assert_eq!(volume["size"], 4);
    }
    Audit::new().clean_within(&lab, SOON);
}

#[test]
fn a_claim_that_does_not_fit_says_so_in_the_text_that_it_looks_for() {
    let lab = Lab::with_three_peers();
    let body = json!({"size": 9000, "name": "", "gid": 2000, "snapshot": {"enable": true, "factor": 1},
        "durability": {"type": "replicate", "replicate": {"replica": 3}, "disperse": {}}});
    let reply = lab.post("/volumes", &body);
    let reply = if reply.status == 202 { poll(&lab, &reply.location) } else { reply };
    assert_eq!(reply.status, 500);
    assert!(reply.text.contains("No space"), "{reply:?}");
    Audit::new().clean_within(&lab, SOON);
}
