//! Jobs as JSON, and volumes with names and sizes in one answer.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::operator::{DISKS, assert_says, replica_3};
use crate::support::{Lab, settled};

const SOON: Duration = Duration::from_secs(60);

impl Lab {
    /// The job of an answer, as it is now.
    fn job(&self, id: &str) -> Value {
        let reply = self.get(&format!("/jobs/{id}"));
        assert_eq!((reply.status, reply.location.as_str()), (200, ""), "{reply:?}");
        reply.json()
    }

    /// The same when it has ended.
    fn ended_job(&self, id: &str) -> Value {
        let reply = self.send("GET", &format!("/jobs/{id}"), &[("Prefer", "wait=60")], None);
        assert_eq!(reply.status, 200, "{reply:?}\n{}", self.log_tail());
        reply.json()
    }
}

#[test]
fn a_job_is_followed_from_the_202_to_its_volume_without_a_redirect() {
    let mut lab = Lab::new();
    lab.hold(&["volume create"]);
    lab.start();
    let cluster = lab.three_peers();
    let accepted = lab.post("/volumes", &replica_3(10));
    assert_eq!((accepted.status, accepted.location), (202, format!("/queue/{}", accepted.job)));
    let id = accepted.job;
    assert!(settled(SOON, || lab.job(&id)["step"].to_string().contains("creating gluster volume")));
    let early = lab.job(&id);
    assert_eq!((&early["id"], &early["state"]), (&json!(id), &json!("running")), "{early}");
    assert_eq!(early["kind"], "volume-create");
    assert_eq!(early["hosts"].as_array().map(Vec::len), Some(1), "{early}");
    assert!(early["age_seconds"].is_u64() && early["result"].is_null(), "{early}");
    let waited = lab.send("GET", &format!("/jobs/{id}"), &[("Prefer", "wait=1")], None);
    assert_eq!((waited.status, waited.preference_applied.as_str()), (200, "wait"));
    lab.open_gate();
    let done = lab.ended_job(&id);
    let volume = lab.volumes()[0].clone();
    assert_eq!(done["state"], "done", "{done}");
    assert_eq!(done["result"], json!({"path": format!("/volumes/{volume}"), "id": volume}));
    assert_eq!((&done["target"], &done["step"]), (&json!(volume), &Value::Null));
    // Beside it, heketi's clients see what they have always seen.
    let polled = lab.wait_for(&format!("/queue/{id}"));
    assert_eq!((polled.status, polled.located()), (303, volume));
    assert_eq!(lab.job(&id)["state"], "done", "it can be read again");

    let node = lab.client().cluster_info(&cluster).unwrap().nodes[0].clone();
    let again = lab.post("/devices", &json!({"node": node, "name": DISKS[0]}));
    let failed = lab.ended_job(&again.job);
    assert_eq!((&failed["state"], &failed["kind"]), (&json!("failed"), &json!("device-add")));
    assert_eq!(lab.wait_for(&again.location).text.trim_end(), failed["error"]["title"]);
    let resynced = lab.get(&format!("/devices/{}/resync", lab.node_of("10.10.10.17").devices[0].id));
    assert_eq!(lab.ended_job(&resynced.job)["state"], "done");
    lab.restart();
    assert_eq!(lab.job(&id)["kind"], "volume-create", "a restart forgets nothing");
    for unknown in ["/jobs/0123456789abcdef0123456789abcdef", "/jobs/12", "/jobs/none"] {
        assert_eq!(lab.get(unknown).status, 404, "{unknown}");
    }
}

#[test]
fn jobs_that_fail_wait_and_queue_say_so() {
    let mut lab = Lab::new();
    let held = lab.held("volume create .*slow");
    lab.close_gate();
    let refused =
        json!({"command": "volume create .*never", "fault": "refuse", "stderr": "no such thing", "times": 0});
    let busy = json!({"command": "volume delete", "fault": "refuse", "times": 3,
                      "stderr": "volume delete: failed: Some of the peers are down"});
    lab.inject(Some(json!({"faults": [held, refused, busy]})));
    lab.start();
    lab.three_peers();
    let ask = |name: &str| {
        let mut body = replica_3(1);
        body["name"] = json!(name);
        lab.post("/volumes", &body).job
    };
    let failed = lab.ended_job(&ask("never"));
    assert_eq!(failed["state"], "failed", "{failed}");
    assert_says(failed["error"]["title"].as_str().unwrap(), &["no such thing"]);
    // Eight run at a time; the ninth has not begun.
    let slow: Vec<String> = (0..9).map(|n| ask(&format!("slow{n}"))).collect();
    let state = |id: &String| lab.job(id)["state"].clone();
    assert!(settled(SOON, || slow[..8].iter().all(|id| state(id) == "running")), "{}", lab.log_tail());
    assert_eq!(state(&slow[8]), "queued");
    let listed = lab.get("/jobs").json();
    let listed: Vec<&Value> = listed["jobs"].as_array().unwrap().iter().map(|job| &job["id"]).collect();
    assert!(slow.iter().all(|id| listed[..9].contains(&&json!(id))), "unfinished ones come first");
    assert!(listed.contains(&&failed["id"]));
    lab.open_gate();
    let made = lab.ended_job(&slow[8])["result"]["id"].as_str().unwrap().to_owned();
    let gone = lab.delete(&format!("/volumes/{made}")).job;
    assert!(settled(SOON, || lab.job(&gone)["state"] == "waiting"), "{}", lab.log_tail());
    let gone = lab.ended_job(&gone);
    assert_eq!((&gone["state"], &gone["result"]), (&json!("done"), &Value::Null));
    assert_eq!((&gone["kind"], &gone["target"]), (&json!("volume-delete"), &json!(made)));
}

#[test]
fn volumes_are_listed_with_names_and_sizes_and_users_see_their_own() {
    let mut lab = Lab::with_three_peers();
    let mine = lab.create(&replica_3(2)).unwrap();
    let listed = lab.get("/volumes/summary");
    let expected = json!({"volumes": [{"id": mine.id, "name": mine.name, "size": 2, "cluster": mine.cluster,
                                       "durability": "replicate", "block": false}]});
    assert_eq!((listed.status, listed.json()), (200, expected));
    lab.stop();
    lab.keys("a", "u");
    lab.start();
    let user = |method: &str, path: &str, body: Option<&Value>| lab.signed("user", "u", method, path, body);
    let accepted = user("POST", "/volumes", Some(&replica_3(1)));
    let job = format!("/jobs/{}", accepted.job);
    assert!(settled(SOON, || user("GET", &job, None).json()["state"] == "done"), "{}", lab.log_tail());
    let own = user("GET", &job, None).json()["result"]["id"].clone();
    let of = |reply: Value, list: &str| -> Vec<Value> {
        reply[list].as_array().unwrap().iter().map(|one| one["id"].clone()).collect()
    };
    assert_eq!(of(user("GET", "/volumes/summary", None).json(), "volumes"), [own]);
    assert_eq!(of(user("GET", "/jobs", None).json(), "jobs"), [json!(accepted.job)]);
    let all = lab.signed("admin", "a", "GET", "/volumes/summary", None).json();
    assert_eq!(all["volumes"].as_array().unwrap().len(), 2);
    let others = lab.signed("admin", "a", "GET", "/jobs", None).json();
    let other =
        others["jobs"].as_array().unwrap().iter().find(|one| one["id"] != json!(accepted.job)).unwrap();
    let refused = user("GET", &format!("/jobs/{}", other["id"].as_str().unwrap()), None);
    assert_eq!((refused.status, refused.text.as_str()), (401, "Administrator access required\n"));
    for path in ["/jobs", "/volumes/summary"] {
        assert_eq!(lab.get(path).status, 401, "without a token");
    }
}
