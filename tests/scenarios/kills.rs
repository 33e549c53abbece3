//! The server is killed in the middle of a create and of a delete, four times. Afterwards the volume is there or
//! not, the job says which, and nothing is left over.

use serde_json::{Value, json};

use super::{Dies, Operator, Others, Place};

pub fn killed_at_four_commands_nothing_is_half_done<P: Place>(place: &mut P) {
    place.start_with_topology();

    // While a command runs on a peer: it goes on there without us, and recovery waits for it.
    assert!(!is_there_after(place, Dies::While, "lvcreate", "orphan"));
    // After gluster has made the volume.
    assert!(!is_there_after(place, Dies::After, "volume create", "made"));
    // At the last step: it is finished.
    assert!(is_there_after(place, Dies::Before, "volume start", "nearly"));

    // During a delete, when gluster has deleted the volume: there is only forward.
    let path = format!("/volumes/{}", place.by_name("nearly").id);
    let job = place.dies(Dies::After, "volume delete", |place| place.begin("DELETE", &path, &json!({})));
    place.start();
    assert_eq!(place.finished(&job).0, 204);
    assert!(place.volumes().is_empty());
    place.audit(&Others::default());
}

/// Asks for a volume, kills the server and starts it again. The job tells the truth about whether the volume is there,
/// and that is what is given back.
fn is_there_after<P: Place>(place: &mut P, when: Dies, command: &str, name: &str) -> bool {
    let body = request(name);
    let job = place.dies(when, command, |place| place.begin("POST", "/volumes", &body));
    place.start();
    let (status, text) = place.finished(&job);
    let is_there = place.volumes().iter().any(|volume| volume.name == name);
    assert_eq!(is_there, status == 303, "the job said {status} {text}, and the volume is there: {is_there}");
    place.audit(&Others::default());
    is_there
}

fn request(name: &str) -> Value {
    json!({"size": 1, "name": name, "durability": {"type": "replicate", "replicate": {"replica": 3}}})
}
