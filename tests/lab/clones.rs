//! A clone on real thin pools: it has what its source had, keeps it when the source is gone, and leaves nothing.

use serde_json::{Value, json};

use crate::audit;
use crate::mounts::Mounted;
use crate::orphans::Orphans;
use crate::scenarios::{Mounted as _, Operator as _};
use crate::server::Server;

fn used(server: &Server) -> u64 {
    let topology = server.client().topology().expect("the topology");
    let nodes = topology.clusters.iter().flat_map(|cluster| cluster.nodes.iter());
    nodes.flat_map(|node| node.devices.iter()).map(|device| device.storage.used).sum()
}

#[test]
#[ignore = "needs the lab: make test-all"]
fn a_clone_keeps_what_its_source_had_and_both_gone_leave_nothing() {
    let mut server = Server::with_topology();
    let source = server.create("data", &["--size=1", "--gid=2000", "--snapshot-factor=1.5"]);
    let before = Mounted::new(&source.mount.glusterfs.device);
    before.write("letter", "before the clone\n");
    let taken = used(&server);

    // Also while it is mounted.
    let (done, text) = server.mortar(&["volume", "clone", &source.id, "--name=copy"]);
    assert!(done, "{text}");
    assert!(text.contains("Name: copy\n") && text.contains("Snapshot Factor: 1.50\n"), "{text}");
    before.write("letter", "after the clone\n");
    let copy = server.by_name("copy");
    let cloned = Mounted::new(&copy.mount.glusterfs.device);
    assert_eq!(cloned.read("letter"), "before the clone\n");
    cloned.write("answer", "of the clone\n");
    assert_eq!(before.read("letter"), "after the clone\n");
    before.unmount();
    assert_eq!(used(&server), taken, "a clone takes no space");
    audit::is_clean(&server);

    // The server dies when gluster has made another one: that is undone.
    server.kill();
    let faults = json!([{"command": "snapshot clone", "fault": "kill_after"}]);
    server.start_again(&json!({"record": server.path("commands"), "faults": faults}));
    let job = server.begin("POST", &format!("/volumes/{}/clone", source.id), &json!({"name": "lost"}));
    server.wait_until_dead();
    let orphans = Orphans::watch();
    server.start_again(&Value::Null);
    let (status, text) = server.finished(&job);
    assert_eq!(status, 500, "{text}");
    audit::is_clean_after(orphans, &server);

    server.delete(&source);
    audit::is_clean(&server);
    assert_eq!(used(&server), taken, "the thin pools are still there");
    assert_eq!(cloned.read("letter"), "before the clone\n");
    assert_eq!(cloned.read("answer"), "of the clone\n");
    cloned.unmount();

    server.delete(&copy);
    assert_eq!(used(&server), 0);
    audit::is_clean(&server);
}
