//! The server is killed in the middle of a create and of a delete, four times. Afterwards the volume is there or
//! not, the job says which, and nothing is left over.

use serde_json::{Value, json};

use crate::audit;
use crate::orphans::Orphans;
use crate::server::Server;

fn request(name: &str) -> Value {
    json!({"size": 1, "name": name, "durability": {"type": "replicate", "replicate": {"replica": 3}}})
}

/// The server dies by its own hand around the first command that matches.
fn dies(server: &Server, fault: &str, command: &str) -> Value {
    json!({"record": server.path("commands"), "faults": [{"command": command, "fault": fault}]})
}

fn names(server: &Server) -> Vec<String> {
    let client = server.client();
    let ids = client.volume_list().expect("the volumes").volumes;
    ids.iter().map(|id| client.volume_info(id).expect("a volume").name).collect()
}

/// The job of a create tells the truth about whether its volume is there.
fn create_is_true(server: &Server, orphans: Orphans, job: &str, name: &str) -> bool {
    let (status, text) = server.finished(job);
    let is_there = names(server).iter().any(|there| there == name);
    assert_eq!(
        is_there,
        status == 303,
        "the job said {status} {text}, and the volume's presence is {is_there}"
    );
    audit::is_clean_after(orphans, server);
    is_there
}

#[test]
#[ignore = "needs the lab: make test-lab"]
fn killed_at_four_commands_nothing_is_half_done() {
    let mut server = Server::with_topology();

    // While a command runs on a peer: it goes on there without us, and recovery waits for it.
    let job = server.begin("POST", "/volumes", &request("orphan"));
    server.wait_for_log("lvcreate");
    server.kill();
    let orphans = Orphans::watch();
    server.start_again(&Value::Null);
    assert!(!create_is_true(&server, orphans, &job, "orphan"));

    // After gluster has made the volume.
    server.kill();
    server.start_again(&dies(&server, "kill_after", "volume create"));
    let job = server.begin("POST", "/volumes", &request("made"));
    server.wait_until_dead();
    let orphans = Orphans::watch();
    server.start_again(&Value::Null);
    assert!(!create_is_true(&server, orphans, &job, "made"));

    // At the last step: it is finished.
    server.kill();
    server.start_again(&dies(&server, "kill_before", "volume start"));
    let job = server.begin("POST", "/volumes", &request("nearly"));
    server.wait_until_dead();
    let orphans = Orphans::watch();
    server.start_again(&Value::Null);
    assert!(create_is_true(&server, orphans, &job, "nearly"));

    // During a delete, when gluster has deleted the volume: there is only forward.
    server.kill();
    server.start_again(&dies(&server, "kill_after", "volume delete"));
    let id = server.client().volume_list().expect("the volumes").volumes[0].clone();
    let job = server.begin("DELETE", &format!("/volumes/{id}"), &json!({}));
    server.wait_until_dead();
    let orphans = Orphans::watch();
    server.start_again(&Value::Null);
    assert_eq!(server.finished(&job).0, 204);
    assert!(names(&server).is_empty());
    audit::is_clean_after(orphans, &server);
}
