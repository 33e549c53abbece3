//! A disk or a whole peer is taken out of service while its volumes are in use: what is on it moves, and a client sees
//! nothing of that.

use mortar::api::{BrickInfo, VolumeInfo};
use serde_json::json;

use crate::audit;
use crate::mounts::Mounted;
use crate::peers::{ADDRESSES, on};
use crate::scenarios::{Mounted as _, Operator as _};
use crate::server::{PATIENCE, Server, wait_until};
use crate::volumes::{is_whole, sums_on};

/// The brick that a volume has now and did not have before.
fn newcomer(before: &VolumeInfo, after: &VolumeInfo) -> BrickInfo {
    let is_new = |brick: &&BrickInfo| before.bricks.iter().all(|old| old.id != brick.id);
    let new: Vec<&BrickInfo> = after.bricks.iter().filter(is_new).collect();
    assert_eq!(new.len(), 1, "{new:?}");
    new[0].clone()
}

/// What a brick's root directory grants, as `gid:mode`.
fn grants(server: &Server, brick: &BrickInfo) -> String {
    on(server.peer_of(brick), &format!("stat --format=%g:%a {}", brick.path)).trim().to_owned()
}

fn has_exchanged_a_brick(server: &Server) -> bool {
    server.log().lines().any(|line| line.contains("Ran command") && line.contains(" replace-brick "))
}

/// Sets a node or a device offline and then failed, while a client goes on writing until its brick has been exchanged;
/// how many files it wrote. It ends there: on a machine as slow as this, new files all the time keep gluster from healing
/// the others of their directory.
fn fails_in_use(server: &Server, path: &str, client: &Mounted) -> usize {
    server.set_state(path, "offline");
    let job = server.begin("POST", &format!("{path}/state"), &json!({"state": "failed"}));
    let mut written = 0;
    wait_until(PATIENCE, "the brick to be exchanged", || {
        written += 1;
        client.write(&format!("meanwhile-{written}"), &format!("line {written}\n"));
        // One that is answered before has been refused.
        server.answer_of(&job).is_some() || has_exchanged_a_brick(server)
    });
    let (status, text) = server.finished(&job);
    assert_eq!(status, 204, "{text}");
    eprintln!("a client wrote {written} files meanwhile");
    written
}

/// What a client sees has all that was there before the move, byte for byte, and all that was written meanwhile; its
/// checksums.
fn all_is_there(client: &Mounted, before: &str, written: usize) -> String {
    let sums = client.sums();
    let lost: Vec<&str> = before.lines().filter(|&file| !sums.lines().any(|other| other == file)).collect();
    assert!(lost.is_empty(), "{lost:?} are not among {sums}");
    for number in 1..=written {
        assert_eq!(client.read(&format!("meanwhile-{number}")), format!("line {number}\n"));
    }
    assert_eq!(sums.lines().count(), before.lines().count() + written);
    sums
}

#[test]
#[ignore = "needs the lab: make test-all"]
fn a_peer_taken_out_of_service_hands_its_brick_to_the_third_with_all_that_is_on_it() {
    let server = Server::with_topology();
    let before = server.create("data", &["--size=1", "--replica=2", "--gid=2000"]);
    // The first peer stays: it is the one that the client and the audit ask.
    let leaves = before.bricks.iter().find(|brick| server.peer_of(brick) != 1).expect("two bricks");
    let peer = server.peer_of(leaves);
    let client = Mounted::new(&format!("{}:data", ADDRESSES[0]));
    client.fill("letters", 20);
    let sums_before = client.sums();
    assert_eq!(sums_before.lines().count(), 20);

    let written = fails_in_use(&server, &format!("/nodes/{}", leaves.node), &client);
    assert!(is_whole("data", 2), "the job has waited for the heal");
    let after = server.by_name("data");
    let new = newcomer(&before, &after);
    assert!(before.bricks.iter().all(|brick| brick.node != new.node), "the third peer has it");
    let sums = all_is_there(&client, &sums_before, written);
    for brick in &after.bricks {
        assert_eq!(sums_on(&server, brick), sums);
        assert_eq!(grants(&server, brick), "2000:2775");
    }
    audit::is_clean(&server);

    // Nothing holds the peer any more.
    for device in &server.client().node_info(&leaves.node).expect("the node").devices[..] {
        assert_eq!((device.bricks.len(), device.storage.used), (0, 0));
        server.done("DELETE", &format!("/devices/{}", device.id), &json!({}));
    }
    server.done("DELETE", &format!("/nodes/{}", leaves.node), &json!({}));
    assert_eq!(on(peer, "lvm pvs --noheadings -o pv_name").trim(), "");
    assert!(!on(1, "gluster pool list").contains(ADDRESSES[peer - 1]));
    audit::is_clean(&server);
    assert_eq!(client.sums(), sums);
    client.unmount();
    server.delete(&after);
    audit::is_clean(&server);
}

#[test]
#[ignore = "needs the lab: make test-all"]
fn an_arbiter_moves_to_the_other_disk_of_its_peer() {
    let server = Server::with_topology();
    let flags = ["--size=1", "--gid=2000", "--gluster-volume-options=user.heketi.arbiter true"];
    let before = server.create("data", &flags);
    let leaves = before.bricks.iter().min_by_key(|brick| brick.size).expect("three bricks");
    let client = Mounted::new(&before.mount.glusterfs.device);
    client.fill("letters", 20);
    let sums_before = client.sums();
    assert_eq!(sums_before.lines().count(), 20);

    let written = fails_in_use(&server, &format!("/devices/{}", leaves.device), &client);
    assert!(is_whole("data", 3), "the job has waited for the heal");
    let after = server.by_name("data");
    let new = newcomer(&before, &after);
    assert_eq!((&new.node, new.size), (&leaves.node, leaves.size), "the other peers have copies");
    assert_eq!(server.layout("data"), "1 x (2 + 1) = 3");
    let sums = all_is_there(&client, &sums_before, written);
    for brick in after.bricks.iter().filter(|brick| brick.id != new.id) {
        assert_eq!(sums_on(&server, brick), sums);
    }
    // The arbiter has the name of each file, and nothing in it.
    let peer = server.peer_of(&new);
    let of_arbiter = format!("find {} -path '*/.glusterfs' -prune -o -type f -printf '%s\\n'", new.path);
    let sizes = on(peer, &of_arbiter);
    assert_eq!((sizes.lines().count(), sizes.lines().all(|size| size == "0")), (20 + written, true));
    assert!(on(1, "gluster volume info data").contains(&format!("{} (arbiter)", new.path)));
    assert_eq!(grants(&server, &new), "2000:2775");
    client.unmount();

    let device = server.client().device_info(&leaves.device).expect("the device");
    assert_eq!((device.bricks.len(), device.storage.used), (0, 0));
    server.done("DELETE", &format!("/devices/{}", device.id), &json!({}));
    audit::is_clean(&server);
    server.delete(&after);
    audit::is_clean(&server);
}
