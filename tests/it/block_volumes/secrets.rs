//! The password of a block volume is shown by its info, and nowhere else.

use serde_json::json;

use super::{SOON, grow, making_hosting_volumes, started};
use crate::support::{Audit, Lab, settled};

/// What gluster-block prints in the middle of this scenario: the password that is looked for.
const PLANTED: &str = "Tr0ub4dor-and-3";

/// All that the server has written and says, except for what is meant for clients.
fn all_texts(lab: &Lab) -> Vec<(String, String)> {
    let paths = [
        "/db/dump",
        "/db/check",
        "/operations",
        "/operations/pending",
        "/operations/progress",
        "/internal/state/examine/gluster",
        "/metrics",
        "/blockvolumes",
        "/internal/logging",
    ];
    let mut texts: Vec<(String, String)> =
        paths.map(|path| (path.to_owned(), lab.get(path).text)).into_iter().collect();
    let pending = lab.get("/operations/pending").json()["pendingoperations"].clone();
    for one in pending.as_array().into_iter().flatten() {
        let path = format!("/operations/pending/{}", one["id"].as_str().unwrap());
        texts.push((path.clone(), lab.get(&path).text));
    }
    texts.push(("log".to_owned(), lab.log()));
    texts
}

/// What the database keeps of operations and jobs.
fn records(lab: &Lab) -> String {
    let tables = "SELECT * FROM operation; SELECT * FROM operation_step; SELECT * FROM job; SELECT * FROM idempotency_key";
    let mut shell = std::process::Command::new("sqlite3");
    let output = shell.arg("-readonly").arg(lab.database()).arg(tables).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[track_caller]
fn is_nowhere(lab: &Lab, secret: &str) {
    for (place, text) in all_texts(lab) {
        assert!(!text.contains(secret), "the password is in {place}");
    }
    assert!(!records(lab).contains(secret), "the password is in a record");
}

fn loud() -> Lab {
    let mut lab = making_hosting_volumes();
    lab.setting("loglevel", json!("debug"));
    lab
}

#[test]
fn a_password_is_shown_by_the_info_and_kept_by_a_backup_and_nowhere_else() {
    let mut lab = loud();
    lab.start();
    lab.three_peers();
    let begun = lab.post("/blockvolumes", &json!({"size": 8, "auth": true}));
    let answer = lab.wait_for(&begun.location);
    let made = lab.block(&answer.located());
    let secret = made.blockvolume.password.expose().to_owned();
    assert_eq!(secret.len(), 36);
    assert!(!answer.text.contains(&secret));
    assert!(!format!("{made:?}").contains(&secret), "the password is in what a program prints to debug");
    assert_eq!(grow(&lab, &made.id, 9).status, 303);
    is_nowhere(&lab, &secret);
    // Kept in heketi's place for it, and empty there.
    let stored = lab.get("/db/dump").json()["blockvolumeentries"][&made.id]["Info"].clone();
    assert_eq!((&stored["auth"], &stored["blockvolume"]["password"]), (&json!(true), &json!("")));
    assert_eq!(stored["blockvolume"]["username"], made.blockvolume.username.as_str());
    let backup = lab.path().join("backup.db");
    crate::support::download(lab.port(), "/backup/db", &backup);
    let kept = String::from_utf8_lossy(&std::fs::read(&backup).unwrap()).into_owned();
    assert!(kept.contains(&secret));
    assert_eq!(lab.remove_block(&made.id).status, 204);
    is_nowhere(&lab, &secret);
    Audit::new().clean_within(&lab, SOON);
}

/// A gluster-block that answers otherwise than any that is known, with a password in it.
fn answering(lab: &mut Lab, command: &str, text: &str, fails: bool) {
    let reaction = if fails {
        json!({"Result": text, "ForceErr": true, "ForceErrOutput": true})
    } else {
        json!({"Result": text})
    };
    lab.inject(Some(json!({
        "command_injection": {"commands": [{"Cmd": command, "Reaction": reaction}]},
    })));
}

#[test]
fn a_password_in_an_answer_that_nobody_can_read_is_not_repeated() {
    let texts = [
        format!("IQN: iqn.2016-12.org.gluster-block:1\nUSERNAME: u\nPASSWORD: {PLANTED}\nRESULT: SUCCESS"),
        format!("{{ \"USERNAME\": \"u\", \"PASSWORD\": \"{PLANTED}\", \"RESULT\": \"SUCCESS\" }}"),
        format!("{{ \"PASSWORD\": \"{PLANTED}\", \"RESULT\": \"PERHAPS\" "),
    ];
    for text in &texts {
        for fails in [false, true] {
            let mut lab = loud();
            answering(&mut lab, "^gluster-block create ", text, fails);
            lab.start();
            lab.three_peers();
            let begun = lab.post("/blockvolumes", &json!({"size": 8, "auth": true}));
            let answer = lab.wait_for(&begun.location);
            assert_eq!(answer.status, 500, "{answer:?}");
            let shown = [("Accept", "application/problem+json")];
            let explained = lab.send("GET", &begun.location, &shown, None);
            for text in [&answer.text, &explained.text] {
                assert!(!text.contains(PLANTED), "{text}");
            }
            is_nowhere(&lab, PLANTED);
            Audit::new().clean_within(&lab, SOON);
        }
    }
}

#[test]
fn a_password_in_an_operation_that_waits_is_in_no_record_of_it() {
    let mut lab = loud();
    // Made, and every look at it is unreadable and full of passwords: neither can it be finished nor undone.
    let look = format!("{{ \"GBID\": \"1\", \"SIZE\": \"8 apples\", \"PASSWORD\": \"{PLANTED}\" }}");
    lab.start();
    lab.three_peers();
    let made = lab.create_block(&json!({"size": 8, "auth": true})).unwrap();
    answering(&mut lab, "^gluster-block info ", &look, false);
    lab.restart();
    let answer = grow(&lab, &made.id, 20);
    assert_eq!(answer.status, 500);
    assert!(!answer.text.contains(PLANTED));
    let waits = || lab.get("/operations").json()["failed"] == 1;
    assert!(settled(SOON, waits), "{}", lab.log_tail());
    is_nowhere(&lab, PLANTED);
    is_nowhere(&lab, made.blockvolume.password.expose());
    lab.inject(None);
    lab.restart();
    Audit::new().clean_within(&lab, SOON);
    assert_eq!(lab.block(&made.id), made);
}

#[test]
fn files_that_hold_passwords_are_for_the_server_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let lab = started();
    lab.create_block(&json!({"size": 8, "auth": true})).unwrap();
    let copy = lab.path().join("copy.db");
    let config = format!("--config={}", lab.config_file().display());
    let (code, _, said) = lab.mortard(&["backup", copy.to_str().unwrap(), &config]);
    assert_eq!(code, Some(0), "{said}");
    for name in ["heketi.db", "heketi.db-wal", "heketi.db.peers", "copy.db"] {
        let mode = std::fs::metadata(lab.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
    }
}
