//! Block volumes that come with the dump of another server.

use std::fs;

use serde_json::{Value, json};

use super::{SOON, grow, room, started};
use crate::support::{Audit, Lab};

/// A server on what a dump says.
fn imported(dump: &Value) -> Lab {
    let mut lab = Lab::new();
    let file = lab.path().join("dump.json");
    fs::write(&file, dump.to_string()).unwrap();
    let names = [format!("--jsonfile={}", file.display()), format!("--dbfile={}", lab.database().display())];
    let (code, _, text) = lab.mortard(&["db", "import", &names[0], &names[1]]);
    assert_eq!(code, Some(0), "{text}");
    lab.start();
    lab
}

#[test]
fn block_volumes_of_a_heketi_are_kept_with_their_logins() {
    let first = started();
    let made = first.create_block(&json!({"size": 8, "name": "disk", "hacount": 2, "auth": true})).unwrap();
    first.create_block(&json!({"size": 1})).unwrap();
    let mut dump = first.get("/db/dump").json();
    // heketi writes the password down.
    dump["blockvolumeentries"][&made.id]["Info"]["blockvolume"]["password"] =
        json!(made.blockvolume.password.expose());
    let lab = imported(&dump);
    assert_eq!(lab.block(&made.id), made);
    assert_eq!(lab.blocks(), first.blocks());
    assert_eq!(room(&lab, &made.blockhostingvolume), (89, 2));
    Audit::new().clean_within(&lab, SOON);
    assert_eq!(grow(&lab, &made.id, 9).status, 303);
    assert_eq!(lab.remove_block(&made.id).status, 204);
    assert_eq!(room(&lab, &made.blockhostingvolume), (97, 2));
    Audit::new().clean_within(&lab, SOON);
    // An export says it, too: heketi is to go on with it.
    let file = first.path().join("export.json");
    let names =
        [format!("--jsonfile={}", file.display()), format!("--dbfile={}", first.database().display())];
    assert_eq!(first.mortard(&["db", "export", &names[0], &names[1]]).0, Some(0));
    assert_eq!(serde_json::from_slice::<Value>(&fs::read(file).unwrap()).unwrap(), dump);
    // A dump of ours says everything but that.
    let dump = dump_of(&lab);
    assert_eq!(dump_of(&imported(&dump)), dump);
}

/// Without what is drawn anew for each database.
fn dump_of(lab: &Lab) -> Value {
    let mut dump = lab.get("/db/dump").json();
    dump["dbattributeentries"].as_object_mut().unwrap().remove("DB_GENERATION_ID").unwrap();
    dump
}
