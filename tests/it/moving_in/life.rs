//! Volumes that heketi made live on: they grow, are copied and deleted.

use serde_json::json;

use super::{SOON, with_database};
use crate::support::{Audit, Lab};

/// The id of the volume that has such a name.
fn called(lab: &Lab, name: &str) -> String {
    lab.volumes().into_iter().find(|id| lab.volume(id).name == name).unwrap()
}

#[test]
fn volumes_of_an_imported_database_are_expanded_cloned_and_deleted() {
    let mut lab = with_database("pending-delete");
    lab.start();
    for name in ["v1", "v2"] {
        let id = called(&lab, name);
        let before = lab.volume(&id);
        let grown = lab.ask(&format!("/volumes/{id}/expand"), &json!({"expand_size": 2}));
        assert_eq!(grown.status, 303, "{grown:?}\n{}", lab.log_tail());
        let after = lab.volume(&id);
        assert_eq!((after.size, after.bricks.len()), (before.size + 2, before.bricks.len() + 3));
        let copied = lab.ask(&format!("/volumes/{id}/clone"), &json!({"name": format!("{name}_copy")}));
        assert_eq!(copied.status, 303, "{copied:?}\n{}", lab.log_tail());
    }
    let cleaned = lab.ask("/operations/pending/cleanup", &json!({}));
    assert_eq!(cleaned.status, 204, "{cleaned:?}");
    Audit::new().clean_within(&lab, SOON);
    for id in lab.volumes() {
        assert_eq!(lab.remove(&id).status, 204, "{}", lab.log_tail());
    }
    Audit::new().clean_within(&lab, SOON);
    let dump = lab.get("/db/dump").json();
    for device in dump["deviceentries"].as_object().unwrap().values() {
        assert_eq!(device["Info"]["storage"]["used"], 0, "{device}");
    }
}

#[test]
fn disperse_volumes_and_block_volumes_live_on() {
    let mut lab = with_database("six-nodes");
    lab.start();
    for id in lab.volumes() {
        let grown = lab.ask(&format!("/volumes/{id}/expand"), &json!({"expand_size": 4}));
        assert_eq!(grown.status, 303, "{grown:?}\n{}", lab.log_tail());
        assert_eq!(lab.remove(&id).status, 204, "{}", lab.log_tail());
    }
    Audit::new().clean_within(&lab, SOON);
    let mut lab = with_database("clean");
    lab.start();
    for block in lab.blocks() {
        assert_eq!(lab.remove_block(&block.id).status, 204, "{}", lab.log_tail());
    }
    for id in lab.volumes() {
        assert_eq!(lab.remove(&id).status, 204, "{}", lab.log_tail());
    }
    Audit::new().clean_within(&lab, SOON);
}
