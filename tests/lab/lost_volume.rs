//! What a brick is made of is taken away by hand, or held by somebody, on its peer.

use mortar::api::{BrickInfo, VolumeInfo};
use serde_json::json;

use crate::audit;
use crate::mounts::Mounted;
use crate::peers::{ADDRESSES, lab, on};
use crate::requests::ask;
use crate::scenarios::{Mounted as _, Operator as _};
use crate::server::{PATIENCE, Server, wait_until};
use crate::volumes::is_whole;

/// The peer on which all of it happens.
const PEER: usize = 2;

fn brick_of(server: &Server, volume: &VolumeInfo) -> BrickInfo {
    let mut bricks = volume.bricks.iter();
    bricks.find(|brick| server.peer_of(brick) == PEER).expect("a brick on each peer").clone()
}

fn mount_point(brick: &BrickInfo) -> &str {
    brick.path.trim_end_matches("/brick")
}

/// Removes the logical volume of a brick, as one does who takes it for something else.
fn remove_by_hand(brick: &BrickInfo) {
    on(PEER, &format!("pkill --full '[g]lusterfsd.*{}'; umount --lazy {}", brick.id, mount_point(brick)));
    let volume = format!("vg_{}/brick_{}", brick.device, brick.id);
    wait_until(PATIENCE, "the volume to be removed", || {
        on(
            PEER,
            &format!("lvm lvremove -qq -f {volume} 2>&1 || true; lvm lvs --noheadings {volume} 2>&1 || true"),
        )
        .contains("Failed to find logical volume")
    });
}

fn examined(server: &Server) -> Vec<String> {
    let found = server.get("/internal/state/examine/gluster");
    let report = found["report"].as_array().expect("a report");
    report.iter().map(|line| line.as_str().expect("a line").to_owned()).collect()
}

#[test]
#[ignore = "needs the lab: make test-all"]
fn a_peer_reboots_without_the_volumes_of_two_bricks_and_one_is_replaced_and_the_other_goes() {
    let server = Server::with_topology();
    let volumes = [server.create("kept", &["--size=1"]), server.create("unwanted", &["--size=1"])];
    let client = Mounted::new(&format!("{}:kept", ADDRESSES[0]));
    client.fill("letters", 5);
    let sums = client.sums();
    let lost = volumes.each_ref().map(|volume| brick_of(&server, volume));
    lost.iter().for_each(remove_by_hand);
    lab(&["power", &PEER.to_string(), "reboot", "--wait"]);

    // It says what is missing and where, and works on.
    let found = examined(&server);
    for brick in &lost {
        let words = [&format!("brick_{} is missing", brick.id), ADDRESSES[PEER - 1]];
        let says_all = |line: &String| words.iter().all(|word| line.contains(word));
        assert!(found.iter().any(says_all), "{words:?} in {found:#?}");
    }
    assert_eq!(server.create("another", &["--size=1"]).bricks.len(), 3);

    server.delete(&volumes[1]);
    let (moved, text) = server.mortar(&["brick", "evict", &lost[0].id]);
    assert!(moved, "{text}");
    assert!(server.by_name("kept").bricks.iter().all(|brick| brick.id != lost[0].id));
    assert!(is_whole("kept", 3), "the eviction has waited for the heal");
    assert_eq!(client.sums(), sums);
    client.unmount();
    server.rests();
    audit::is_clean(&server);
    server.volumes().iter().for_each(|volume| server.delete(volume));
    audit::is_clean(&server);
}

#[test]
#[ignore = "needs the lab: make test-all"]
fn a_brick_that_somebody_uses_on_its_peer_is_left_until_he_has_gone() {
    let server = Server::with_topology();
    let volume = server.create("v", &["--size=1"]);
    let brick = brick_of(&server, &volume);
    let point = mount_point(&brick);
    let user = format!("(cd {point} && exec setsid sleep infinity) </dev/null >/dev/null 2>&1 & echo $!");
    let user = on(PEER, &user).trim().to_owned();

    let answer = ask(&server, "DELETE", &format!("/volumes/{}", volume.id), &json!({}));
    let answer = answer.expect("the server answers");
    assert_eq!(answer.status, 500, "{}", answer.text);
    for words in [point, ADDRESSES[PEER - 1], "still in use", "goes on in the background"] {
        assert!(answer.text.contains(words), "{words} is not in {}", answer.text);
    }
    assert!(on(PEER, "cat /proc/mounts").contains(point), "it was left");
    on(PEER, &format!("kill {user}"));
    server.rests();
    assert!(server.volumes().is_empty());
    audit::is_clean(&server);
}
