//! Peers that go away and come back.

use serde_json::json;

use crate::audit;
use crate::peers::{lab, on, reset};
use crate::server::{PATIENCE, Server, wait_until};

#[test]
#[ignore = "needs the lab: make test-all"]
fn a_peer_that_reboots_brings_its_bricks_back_and_one_that_is_off_delays_a_delete() {
    reset();
    let server = Server::start();
    let loaded = server.load(true);
    assert!(!loaded.contains("Unable"), "{loaded}");
    let (done, text) = server.mortar(&["volume", "create", "--size=1", "--name=v"]);
    assert!(done, "{text}");

    lab(&["power", "2", "reboot", "--wait"]);
    let online = "gluster volume status v detail | grep -c '^Online.*: Y' || true";
    audit::wait_on(1, "all three bricks to be online", online, "3");
    assert!(on(2, "cat /proc/mounts").contains("/var/lib/heketi/mounts/"));
    audit::is_clean(&server, &[]);

    lab(&["power", "3", "cut"]);
    let id = server.client().volume_list().expect("the volumes").volumes[0].clone();
    let (status, text) = server.finished(&server.begin("DELETE", &format!("/volumes/{id}"), &json!({})));
    assert_eq!(status, 500, "{text}");
    assert!(server.client().volume_list().expect("the volumes").volumes.is_empty());
    let again = server.client().volume_delete(&id).expect_err("it is being deleted").to_string();
    assert!(again.contains("The target exists, contains other items, or is in use."), "{again}");
    lab(&["power", "3", "on", "--wait"]);
    wait_until(PATIENCE, "the delete to be finished", || {
        server.client().volume_delete(&id).expect_err("it never succeeds twice").to_string() == "Id not found"
    });
    audit::is_clean(&server, &[]);
}
