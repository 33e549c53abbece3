//! Peers that go away and come back.

use serde_json::json;

use super::{Operator, Others, Place};

pub fn a_peer_that_reboots_brings_its_bricks_back_and_one_that_is_off_delays_a_delete<P: Place>(
    place: &mut P,
) {
    place.start_with_topology();
    let volume = place.create("v", &["--size=1"]);

    place.reboot(2);
    place.wait_until("all three bricks to be online", || place.online("v") == 3);
    let mounts = place.look(2, &["cat", "/proc/mounts"]).expect("the mounts");
    assert!(mounts.contains("/var/lib/heketi/mounts/"), "{mounts}");
    place.audit(&Others::default());

    place.power(3, false);
    let path = format!("/volumes/{}", volume.id);
    let (status, text) = place.finished(&place.begin("DELETE", &path, &json!({})));
    assert_eq!(status, 500, "{text}");
    assert!(place.volumes().is_empty());
    let again = || place.client().volume_delete(&volume.id).expect_err("it never succeeds twice").to_string();
    let refused = again();
    assert!(refused.contains("The target exists, contains other items, or is in use."), "{refused}");
    place.power(3, true);
    place.wait_until("the delete to be finished", || again() == "Id not found");
    place.audit(&Others::default());
}
