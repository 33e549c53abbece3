//! Peers that stand still.

use serde_json::json;

use super::{Operator, Others, Place};

pub fn a_peer_that_stands_still_for_a_while_delays_a_create_and_spoils_nothing<P: Place>(place: &mut P) {
    place.start_with_topology();
    place.freeze(2, true);
    let body = json!({"size": 1, "durability": {"type": "replicate", "replicate": {"replica": 3}}});
    let job = place.begin("POST", "/volumes", &body);
    for peer in [1, 3] {
        place.wait_until("the brick of a peer that works", || {
            let mounts = place.look(peer, &["cat", "/proc/mounts"]).expect("the mounts");
            mounts.contains("/var/lib/heketi/mounts/")
        });
    }
    assert_eq!(place.answer_of(&job), None, "it waits for the second peer");
    place.freeze(2, false);
    let (status, text) = place.finished(&job);
    assert_eq!(status, 303, "{text}");
    let volumes = place.volumes();
    assert_eq!(volumes.iter().map(|volume| volume.bricks.len()).collect::<Vec<_>>(), [3]);
    place.audit(&Others::default());
    place.delete(&volumes[0]);
    place.audit(&Others::default());
}
