//! Bricks of sources and of clones move, and both grow.

use serde_json::json;

use super::{SOON, cloned, holders, roomy, used, write};
use crate::support::{Audit, Lab};

#[test]
fn bricks_of_sources_and_of_clones_move_and_both_grow() {
    let lab = Lab::with_four_peers();
    let source = lab.create(&roomy("data")).unwrap();
    write(&lab, "data", "letter");
    let copy = cloned(&lab, &source.id, "copy");
    for brick in [&source.bricks[0], &copy.bricks[1]] {
        let moved = lab.ask(&format!("/bricks/to-evict/{}", brick.id), &json!({}));
        assert_eq!(moved.status, 204, "{moved:?}\n{}", lab.log_tail());
        Audit::new().clean_within(&lab, SOON);
    }
    assert!(holders(&lab, &lab.volume(&copy.id), "letter") >= 2);
    for id in [&source.id, &copy.id] {
        let grown = lab.ask(&format!("/volumes/{id}/expand"), &json!({"expand_size": 5}));
        assert_eq!(grown.status, 303, "{grown:?}\n{}", lab.log_tail());
    }
    Audit::new().clean_within(&lab, SOON);
    let second = cloned(&lab, &copy.id, "second");
    assert_eq!((second.size, second.bricks.len()), (15, 6));
    for id in [&source.id, &copy.id, &second.id] {
        assert_eq!(lab.remove(id).status, 204, "{}", lab.log_tail());
        Audit::new().clean_within(&lab, SOON);
    }
    assert!(used(&lab).values().all(|used| *used == 0));
}

#[test]
fn a_device_with_clones_is_emptied_and_can_be_taken_out() {
    let lab = Lab::with_four_peers();
    let source = lab.create(&roomy("data")).unwrap();
    let copies: Vec<String> = (0..2).map(|_| cloned(&lab, &source.id, "").id).collect();
    let device = source.bricks[0].device.clone();
    let state = |state: &str| lab.ask(&format!("/devices/{device}/state"), &json!({"state": state}));
    assert_eq!(lab.delete(&format!("/devices/{device}")).status, 400, "it is in use");
    assert_eq!(state("offline").status, 204);
    let emptied = state("failed");
    assert_eq!(emptied.status, 204, "{emptied:?}\n{}", lab.log_tail());
    for id in copies.iter().chain([&source.id]) {
        let now = lab.volume(id);
        assert!(now.bricks.len() == 3 && now.bricks.iter().all(|brick| brick.device != device), "{now:?}");
    }
    assert_eq!(used(&lab)[&device], 0);
    Audit::new().clean_within(&lab, SOON);
    let gone = lab.delete(&format!("/devices/{device}"));
    assert_eq!(lab.wait_for(&gone.location).status, 204);
    Audit::new().clean_within(&lab, SOON);
}
