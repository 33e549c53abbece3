//! What heketi exported of a database is what is read from it.

use mortar::heketi_db::json::JsonError;
use mortar::heketi_db::{Database, Kind, check, json, read, read_before};

use super::fixtures::{ALL, database, file};

/// The recorded exports are indented by one blank and have no line feed at their end.
fn as_recorded(export: &[u8]) -> String {
    let export = std::str::from_utf8(export).unwrap();
    let narrow = |line: &str| {
        let text = line.trim_start();
        format!("{}{text}", " ".repeat((line.len() - text.len()) / 4))
    };
    export.lines().map(narrow).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_export_of_a_database_file_is_what_heketi_exported() {
    for name in ALL {
        let reading = read(&database(name)).unwrap();
        assert_eq!(reading.findings, [], "{name}");
        let (ours, theirs) = (json::write(&reading.database), file(&format!("{name}.json")));
        let value = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).unwrap();
        assert_eq!(value(&ours), value(&theirs), "{name}");
        // The same order, numbers and escapes, too.
        assert_eq!(as_recorded(&ours), std::str::from_utf8(&theirs).unwrap(), "{name}");
    }
}

#[test]
fn an_export_says_the_same_as_its_database_file() {
    for name in ALL {
        let exported = json::read(&file(&format!("{name}.json"))).unwrap();
        assert_eq!(exported.findings, [], "{name}");
        let mut stored = read(&database(name)).unwrap().database;
        // What exports do not have.
        stored.node_names.clear();
        stored.device_names.clear();
        assert_eq!(exported.database, stored, "{name}");
    }
}

#[test]
fn the_documented_export_comes_back_byte_for_byte() {
    let text = file("example.json");
    let reading = json::read(&text).unwrap();
    assert_eq!(reading.findings, []);
    assert_eq!(check(&reading.database), []);
    assert_eq!(String::from_utf8(json::write(&reading.database)).unwrap(), String::from_utf8(text).unwrap());
}

#[test]
fn nothing_in_the_recorded_databases_contradicts_itself() {
    for name in ALL {
        let reading = read(&database(name)).unwrap();
        assert_eq!(check(&reading.database), [], "{name}");
        assert!(!reading.is_damaged());
        // Two names for each node.
        assert_eq!(reading.database.node_names.len(), 2 * reading.database.nodes.len(), "{name}");
    }
}

#[test]
fn the_state_before_the_last_change_can_be_read_as_well() {
    for name in ALL {
        let reading = read_before(&database(name)).unwrap();
        assert_eq!(reading.findings, [], "{name}");
        assert_eq!(check(&reading.database), [], "{name}");
    }
    let before = read_before(&database("pending-create")).unwrap().database;
    let now = read(&database("pending-create")).unwrap().database;
    assert_eq!((before.operations.len(), now.operations.len()), (0, 1));
    assert_eq!(before.volumes.len() + 1, now.volumes.len());
}

#[test]
fn every_kind_of_object_occurs_in_the_recorded_databases() {
    let read = |name| read(&database(name)).unwrap().database;
    let (clean, pending) = (read("clean"), read("pending-create"));
    for kind in Kind::ALL {
        let count = match kind {
            Kind::Cluster => clean.clusters.len(),
            Kind::Volume => clean.volumes.len(),
            Kind::Brick => clean.bricks.len(),
            Kind::Node => clean.nodes.len(),
            Kind::Device => clean.devices.len(),
            Kind::BlockVolume => clean.block_volumes.len(),
            Kind::Attribute => clean.attributes.len(),
            Kind::Operation => pending.operations.len(),
        };
        assert!(count > 0, "{kind}");
    }
    let named = clean.volumes.values().find(|volume| volume.info.name == "named").unwrap();
    assert_eq!((named.info.gid, named.info.snapshot.factor), (2001, 1.5));
}

#[test]
fn an_export_is_read_as_heketi_reads_it() {
    let text = br#"{"ClusterEntries": {"c": {"info": {"ID": "c", "nodes": null, "Block": true, "file": null}}},
        "nodeentries": null,
        "pendingoperations": {"f": {"Id": "f", "Actions": [{"Change": 5, "Id": "e", "Delta": 7.0}]}}} and more"#;
    let reading = json::read(text).unwrap();
    assert_eq!(reading.findings, []);
    let cluster = &reading.database.clusters["c"].info;
    assert_eq!((cluster.id.as_str(), cluster.block, cluster.file), ("c", true, false));
    assert_eq!(reading.database.operations["f"].actions[0].delta, Some(7));
    assert_eq!(json::read(b"{}").unwrap().database, Database::default());
}

#[test]
fn what_does_not_fit_in_an_export_is_listed_and_the_rest_is_read() {
    let text = br#"{
        "nodeentries": {"a": {"State": 1, "Devices": ["d"], "Info": {"zone": "2", "hostnames": {"manage": ["m", 3]},
            "id": "a", "tags": {"k": 1}, "color": "red"}}, "b": 5, "c": null},
        "volumeentries": {"v": {"Info": [], "Bricks": {}}},
        "brickentries": [], "snapshots": {}}"#;
    let reading = json::read(text).unwrap();
    let found: Vec<String> = reading.findings.iter().map(|f| format!("{:?} {f}", f.class)).collect();
    let read_so = "belongs; it was read as if there were none";
    let expected = [
        format!("Misfit node a has a number as State where a text {read_so}"),
        format!("Misfit node a has a text as Info.zone where a whole number {read_so}"),
        format!("Misfit node a has a list as Info.hostnames.manage where a list of texts {read_so}"),
        format!("Misfit node a has an object as Info.tags where a map of texts {read_so}"),
        "Unknown node a has a field Info.color, a text, which is not known here and was left out".to_owned(),
        "Damage node b is a number and no object; it was left out".to_owned(),
        "Damage node c is nothing and no object; it was left out".to_owned(),
        format!("Misfit volume v has a list as Info where an object {read_so}"),
        format!("Misfit volume v has an object as Bricks where a list of texts {read_so}"),
        "Damage bucket brickentries is a list where an object belongs; it was left out".to_owned(),
        "Unknown bucket snapshots is not known here and was left out".to_owned(),
    ];
    assert_eq!(found, expected);
    assert_eq!(reading.database.nodes["a"].devices, ["d"]);
    assert_eq!(reading.database.nodes.len(), 1);
}

#[test]
fn what_is_no_export_is_an_error() {
    assert!(matches!(json::read(br#"{"a": {}}"#), Err(JsonError::NoExport)));
    assert!(matches!(json::read(b"[]"), Err(JsonError::NoExport)));
    let error = json::read(b"{\"clusterentries\": {\n  \"c\" 1}}").unwrap_err().to_string();
    assert_eq!(error, "this is no JSON: expected `:` at line 2 column 7");
    assert!(json::read(b"").is_err());
    assert!(json::read(&b"[".repeat(100_000)).is_err());
}

#[test]
fn texts_and_numbers_are_written_as_go_writes_them() {
    let mut database = json::read(&file("example.json")).unwrap().database;
    let named = |database: &mut Database, name: &str, factor: f32| {
        let volume = database.volumes.values_mut().next().unwrap();
        (volume.info.name, volume.info.snapshot.factor) = (name.to_owned(), factor);
    };
    let mut check = |name: &str, factor: f32, shown: &str, number: &str| {
        named(&mut database, name, factor);
        let text = String::from_utf8(json::write(&database)).unwrap();
        assert!(text.contains(&format!("\"name\": \"{shown}\",\n")), "{text}");
        assert!(text.contains(&format!("\"factor\": {number}\n")), "{text}");
        assert_eq!(json::read(text.as_bytes()).unwrap().database, database);
    };
    check("<a>&", 1.0, r"\u003ca\u003e\u0026", "1");
    check("\u{2028}é\"\\", 1.33, r#"\u2028é\"\\"#, "1.33");
    check("\u{8}\u{c}\n\u{1}", 0.0, r"\u0008\u000c\n\u0001", "0");
    check("\u{7f}/", 2e21, "\u{7f}/", "2e+21");
    check("x", 1.5e-7, "x", "1.5e-7");
    check("x", 16_777_216.0, "x", "16777216");
}
