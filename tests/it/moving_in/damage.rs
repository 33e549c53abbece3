//! Files that are damaged, of another version, or contradict themselves.

use std::fs;

use serde_json::{Value, json};

use super::{exported, findings, flag, import, made, recorded, with_database};
use crate::heketi_db::fixtures;
use crate::support::Lab;
use crate::support::operator::{assert_says, refusal};

#[test]
fn a_damaged_file_is_not_imported_by_itself() {
    let whole = fixtures::database("pending-create");
    let mut flipped = whole.clone();
    // In a page of bricks or volumes: everything else of it is whole.
    for byte in flipped.iter_mut().skip(8 * 4096).take(64) {
        *byte ^= 0xff;
    }
    let mut without_first_page = whole.clone();
    without_first_page[..100].fill(0);
    let spoilt = [whole[..whole.len() / 2].to_vec(), whole[..3 * 4096].to_vec(), flipped, without_first_page];
    for (at, content) in spoilt.into_iter().enumerate() {
        let mut lab = Lab::new();
        fs::write(lab.database(), &content).unwrap();
        let (status, said) = lab.start_in_vain();
        assert_eq!(status, Some(1), "{at}");
        assert_says(&said, &["Unable to open database: ", "heketi.db", "damaged", "left untouched"]);
        assert!(!made(&lab).exists());
        assert_eq!(fs::read(lab.database()).unwrap(), content);
    }
}

#[test]
fn a_flipped_bit_in_a_text_is_damage_too() {
    let mut lab = with_database("clean");
    let mut content = fs::read(lab.database()).unwrap();
    let path = b"/var/lib/heketi/mounts/";
    let at = content.windows(path.len()).position(|bytes| bytes == path).unwrap();
    content[at + 5] ^= 0x80;
    fs::write(lab.database(), &content).unwrap();
    let (status, said) = lab.start_in_vain();
    assert_eq!(status, Some(1));
    assert_says(&said, &["is damaged (findings: 1)", "that are no text", "--despite-damage"]);
    assert!(!made(&lab).exists());
}

#[test]
fn the_state_before_is_imported_where_the_newest_one_cannot_be_read_and_somebody_says_so() {
    let lab = with_database("pending-create");
    let mut content = fs::read(lab.database()).unwrap();
    let root = u64::from_le_bytes(newest(&content)[32..40].try_into().unwrap());
    let at = usize::try_from(root).unwrap() * 4096;
    content[at..at + 4096].fill(0xff);
    fs::write(lab.database(), &content).unwrap();
    let (code, _, err) = lab.mortard(&["migrate", "heketi.db"]);
    assert_eq!(code, Some(1), "{err}");
    assert!(!made(&lab).exists());
    let (code, out, err) = lab.mortard(&["migrate", "--despite-damage", "heketi.db"]);
    assert_eq!(code, Some(0), "{out}{err}");
    let found = findings(&lab, &lab.database());
    assert!(
        found
            .iter()
            .any(|one| one["what"].as_str().unwrap().contains("that before the last change was read")),
        "{found:?}"
    );
    assert!(!exported(&lab, &lab.database())["volumeentries"].as_object().unwrap().is_empty());
}

/// The first page that names the newest state.
fn newest(content: &[u8]) -> &[u8] {
    let transaction = |page: &&[u8]| u64::from_le_bytes(page[64..72].try_into().unwrap());
    content.chunks(4096).take(2).max_by_key(transaction).unwrap()
}

#[test]
fn an_export_with_values_that_do_not_fit_is_imported_only_where_somebody_says_so() {
    for spoil in [
        |dump: &mut Value| dump["volumeentries"] = json!("x"),
        |dump: &mut Value| {
            volume_called(dump, "named")["Info"]["size"] = json!("10");
        },
    ] {
        let mut dump = recorded("clean");
        spoil(&mut dump);
        let lab = Lab::new();
        let (code, said) = import(&lab, &dump);
        assert_eq!(code, Some(1));
        assert_says(&said, &["Could not decode input file as JSON", "do not fit", "--despite-damage"]);
        assert!(!lab.database().exists());
        let (json, database) =
            (flag("jsonfile", lab.path().join("dump.json")), flag("dbfile", lab.database()));
        let (code, _, err) = lab.mortard(&["db", "import", &json, &database, "--despite-damage"]);
        assert_eq!(code, Some(0), "{err}");
        assert!(!findings(&lab, &lab.database()).is_empty());
    }
}

#[test]
fn nodes_and_devices_without_a_state_are_online_and_no_finding() {
    let mut dump = recorded("clean");
    for kind in ["nodeentries", "deviceentries"] {
        for entry in dump[kind].as_object_mut().unwrap().values_mut() {
            entry.as_object_mut().unwrap().remove("State");
        }
    }
    let lab = Lab::new();
    assert_eq!(import(&lab, &dump).0, Some(0));
    assert_eq!(findings(&lab, &lab.database()), Vec::<Value>::new());
    assert!(
        exported(&lab, &lab.database())["deviceentries"]
            .as_object()
            .unwrap()
            .values()
            .all(|one| one["State"] == "online")
    );
}

#[test]
fn what_a_clone_that_failed_in_heketi_has_left_holds_no_device() {
    let mut dump = recorded("clean");
    let source = volume_called(&mut dump, "named").clone();
    let lost = "c".repeat(32);
    let cluster = source["Info"]["cluster"].as_str().unwrap().to_owned();
    for (at, brick) in source["Bricks"].as_array().unwrap().iter().enumerate() {
        let mut copy = dump["brickentries"][brick.as_str().unwrap()].clone();
        let id = format!("{:032x}", 0xabc0 + at);
        copy["Info"]["id"] = json!(id);
        copy["Info"]["volume"] = json!(lost);
        copy["Pending"] = json!({"Id": "d".repeat(32)});
        let device = copy["Info"]["device"].as_str().unwrap().to_owned();
        dump["brickentries"][&id] = copy;
        dump["deviceentries"][&device]["Bricks"].as_array_mut().unwrap().push(json!(id));
    }
    dump["clusterentries"][&cluster]["Info"]["volumes"].as_array_mut().unwrap().push(json!(lost));
    let lab = Lab::new();
    assert_eq!(import(&lab, &dump).0, Some(0));
    let found = findings(&lab, &lab.database());
    let clones: Vec<&Value> = found.iter().filter(|one| one["subject"] == "brick").collect();
    assert_eq!(clones.len(), 3);
    for one in clones {
        assert_says(one["what"].as_str().unwrap(), &["is of a clone that failed: it has the path of brick"]);
        assert_says(one["cure"].as_str().unwrap(), &["gluster snapshot list"]);
    }
    assert!(found.iter().all(|one| one["devices"] == json!([])), "{found:?}");
}

#[test]
fn what_is_left_of_a_damaged_file_is_imported_where_somebody_says_so() {
    let mut lab = with_database("pending-create");
    let mut content = fs::read(lab.database()).unwrap();
    for byte in content.iter_mut().skip(8 * 4096).take(64) {
        *byte ^= 0xff;
    }
    fs::write(lab.database(), &content).unwrap();
    let (code, out, _) = lab.mortard(&["migrate", "--plan", "heketi.db"]);
    assert_eq!(code, Some(0));
    assert_says(&out, &["It would not, though: ", "--despite-damage", "Findings:"]);
    let (code, out, err) = lab.mortard(&["migrate", "--despite-damage", "heketi.db"]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(!findings(&lab, &lab.database()).is_empty());
    lab.start();
    assert!(lab.get("/clusters").status == 200);
}

#[test]
fn a_file_of_a_heketi_that_is_not_known_is_not_imported_by_itself() {
    let mut lab = with_database("clean");
    let mut content = fs::read(lab.database()).unwrap();
    // An attribute of another name, of the same length, wherever it stands.
    let (known, other) = (b"DB_DEVICE_HAS_ID_META", b"DB_DEVICE_HAS_ID_NEXT");
    for at in 0..content.len() - known.len() {
        if content[at..].starts_with(known) {
            content[at..at + known.len()].copy_from_slice(other);
        }
    }
    fs::write(lab.database(), &content).unwrap();
    let (status, said) = lab.start_in_vain();
    assert_eq!(status, Some(1));
    assert_says(&said, &["was written by a heketi that is not known here", "DB_DEVICE_HAS_ID_NEXT"]);
    assert!(!made(&lab).exists());
}

#[test]
fn a_database_of_version_4_is_imported_without_a_complaint() {
    let mut lab = Lab::new();
    fs::write(lab.database(), fixtures::made("version-4")).unwrap();
    lab.start();
    let found = findings(&lab, &lab.database());
    let dump = lab.get("/db/dump").json();
    assert!(!dump["brickentries"].as_object().unwrap().is_empty(), "{dump}");
    for brick in dump["brickentries"].as_object().unwrap().values() {
        assert_ne!(brick["Info"]["volume"], "", "heketi fills it in when it opens such a file");
    }
    for cluster in dump["clusterentries"].as_object().unwrap().values() {
        assert_eq!((&cluster["Info"]["file"], &cluster["Info"]["block"]), (&json!(true), &json!(true)));
    }
    assert_eq!(found, Vec::<Value>::new());
}

/// The only volume that has such a name.
fn volume_called<'a>(dump: &'a mut Value, name: &str) -> &'a mut Value {
    let mut volumes = dump["volumeentries"].as_object_mut().unwrap().values_mut();
    volumes.find(|entry| entry["Info"]["name"] == name).unwrap()
}

/// Bodies of findings about one object.
fn about(found: &[Value], id: &str) -> Vec<String> {
    found.iter().filter(|one| one["id"] == id).map(|one| one["what"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn dangling_references_are_listed_and_hold_their_devices_until_they_are_cleared() {
    let mut dump = recorded("clean");
    let lost = volume_called(&mut dump, "named")["Info"]["id"].as_str().unwrap().to_owned();
    dump["volumeentries"].as_object_mut().unwrap().remove(&lost).unwrap();
    let node = dump["nodeentries"].as_object().unwrap().keys().next().unwrap().clone();
    dump["nodeentries"][&node]["Info"]["zone"] = json!(-3);
    let mut lab = Lab::new();
    let (code, said) = import(&lab, &dump);
    assert_eq!(code, Some(0), "{said}");
    assert_says(&said, &["findings: `mortard db findings --dbfile=", "DB imported to "]);
    let found = findings(&lab, &lab.database());
    let bricks = dump["brickentries"].as_object().unwrap();
    let bricks: Vec<&String> = bricks
        .iter()
        .filter(|(_, brick)| brick["Info"]["volume"] == lost.as_str())
        .map(|(id, _)| id)
        .collect();
    assert_eq!(bricks.len(), 3);
    for id in &bricks {
        assert_eq!(about(&found, id), [format!("names volume `{lost}`, which is not there")]);
    }
    assert_eq!(about(&found, &node), ["is in zone -3"]);
    lab.start();
    for id in bricks {
        let device = dump["brickentries"][id]["Info"]["device"].as_str().unwrap();
        let before = &dump["deviceentries"][device]["Info"]["storage"];
        let now = lab.get(&format!("/devices/{device}")).json();
        assert_eq!(&now["storage"], before, "the space of what is not known stays charged");
    }
    // Only the devices that are held could take a brick.
    let set = |kind: &str, id: &str, state: &str| {
        let reply = lab.ask(&format!("/{kind}/{id}/state"), &json!({ "state": state }));
        assert!(matches!(reply.status, 200 | 204), "{reply:?}");
    };
    for (id, entry) in dump["nodeentries"].as_object().unwrap() {
        if entry["State"] == "offline" {
            set("nodes", id, "online");
        }
    }
    let held: Vec<&str> =
        found.iter().flat_map(|one| one["devices"].as_array().unwrap()).filter_map(Value::as_str).collect();
    assert!(!held.is_empty());
    for id in dump["deviceentries"].as_object().unwrap().keys().filter(|id| !held.contains(&id.as_str())) {
        set("devices", id, "offline");
    }
    let one_brick = json!({"size": 1, "durability": {"type": "none"}});
    let (_, _, explanation) = refusal(lab.create(&one_brick));
    assert_says(&explanation, &["its records do not agree with what is on it (`mortard db findings`)"]);
    let (code, out, err) = lab.mortar(&["server", "findings", "list"]);
    assert_eq!((code, err.as_str(), out.lines().count()), (Some(0), "", found.len()));
    assert_says(&out, &[&format!("names volume `{lost}`, which is not there"), "No new bricks on: "]);
    let holding: Vec<String> = found
        .iter()
        .filter(|one| !one["devices"].as_array().unwrap().is_empty())
        .map(|one| one["number"].to_string())
        .collect();
    let clear: Vec<&str> =
        ["server", "findings", "clear"].into_iter().chain(holding.iter().map(String::as_str)).collect();
    assert_eq!(lab.mortar(&clear).0, Some(0));
    lab.create(&one_brick).unwrap();
    let (code, _, err) = lab.mortar(&clear);
    assert_ne!(code, Some(0));
    assert_says(&err, &["Id not found"]);
    lab.stop();
    let found = findings(&lab, &lab.database());
    let numbers: Vec<String> = found.iter().map(|one| one["number"].to_string()).collect();
    let clear = format!("--clear={}", numbers.join(","));
    let (code, _, err) = lab.mortard(&["db", "findings", &flag("dbfile", lab.database()), &clear]);
    assert_eq!((code, err.as_str()), (Some(0), "findings cleared\n"));
    let (code, _, err) = lab.mortard(&["db", "findings", &flag("dbfile", lab.database()), "--clear=1"]);
    assert_eq!(code, Some(1));
    assert_says(&err, &["there is no finding 1"]);
    assert!(findings(&lab, &lab.database()).is_empty());
}

#[test]
fn names_of_any_bytes_are_kept_or_told() {
    let odd = "a\u{1}\u{7f}'\"; rm -rf / $(reboot) `x` \\ \u{202e}ü\u{1f600}\n-";
    let mut dump = recorded("clean");
    volume_called(&mut dump, "named")["Info"]["name"] = json!(odd);
    volume_called(&mut dump, "arb")["Info"]["name"] = json!("--mode=script\0tail");
    let block = dump["blockvolumeentries"].as_object().unwrap().keys().next().unwrap().clone();
    dump["blockvolumeentries"][&block]["Info"]["name"] = json!(odd);
    let entry = dump["volumeentries"].as_object().unwrap().values().next().unwrap().clone();
    dump["volumeentries"]["../../etc/passwd\n"] = entry.clone();
    dump["volumeentries"][""] = entry;
    dump["nodeentries"]["\u{0}"] =
        json!({"Info": {"hostnames": {"manage": ["-oProxyCommand=x"], "storage": ["\n"]}}});
    let mut lab = Lab::new();
    assert_eq!(import(&lab, &dump).0, Some(0));
    let found = findings(&lab, &lab.database());
    assert_eq!(about(&found, "../../etc/passwd\n"), ["has an id that is not 32 lower-case hex digits"]);
    let (code, out, _) = lab.mortard(&["db", "findings", &flag("dbfile", lab.database())]);
    assert_eq!(code, Some(0));
    assert!(out.lines().count() == found.len() && !out.contains('\u{1}'), "{out:?}");
    lab.start();
    let names: Vec<String> = lab.volumes().iter().map(|id| lab.volume(id).name).collect();
    assert!(names.contains(&odd.to_owned()), "{names:?}");
    assert!(names.contains(&"--mode=script\u{fffd}tail".to_owned()), "{names:?}");
    assert_eq!(lab.block(&block).name, odd);
}

#[test]
fn books_that_do_not_add_up_are_charged_for_the_worst() {
    let mut dump = recorded("clean");
    for device in dump["deviceentries"].as_object_mut().unwrap().values_mut() {
        device["Info"]["storage"] = json!({"total": 9, "free": 9, "used": 0});
    }
    let mut lab = Lab::new();
    assert_eq!(import(&lab, &dump).0, Some(0));
    let found = findings(&lab, &lab.database());
    lab.start();
    for (id, device) in dump["deviceentries"].as_object().unwrap() {
        if device["Bricks"].as_array().unwrap().is_empty() {
            continue;
        }
        let storage = lab.get(&format!("/devices/{id}")).json()["storage"].clone();
        assert_eq!((&storage["free"], &storage["total"]), (&json!(0), &storage["used"]), "{storage}");
        assert!(found.iter().any(|one| one["devices"] == json!([id])), "{id}");
    }
}
