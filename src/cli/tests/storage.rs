//! `node …`, `device …`, `brick …` and `blockvolume …`

use super::*;

#[test]
fn bricks_are_evicted_and_devices_read_again() {
    let (ran, asked) = against(&["brick", "evict", "b"], vec![accepted(), done()]);
    assert_eq!((ran.status, ran.out.as_str()), (0, "Brick b evicted\n"));
    assert_eq!(asked[0], r#"POST /bricks/to-evict/b {"healcheck":""}"#);
    let (ran, asked) = against(&["device", "resync", "d"], vec![accepted(), done()]);
    assert_eq!((ran.status, ran.out.as_str()), (0, "Device d updated\n"));
    assert_eq!(asked, ["GET /devices/d/resync", "GET /queue/1"]);
    let refused = || answer("404 Not Found", &[], "Id not found\n");
    // Recorded runs say nothing of an unknown id; people are told.
    let (ran, _) = against(&["device", "resync", "d"], vec![refused()]);
    assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (0, "", ""));
    let stub = Stub::new(vec![refused()]);
    let ran = run_with(&["device", "resync", "d"], &stub.url, true);
    assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (0, "", "d: Id not found\n"));
    let broken = answer("500 Internal Server Error", &[], "no such disk\n");
    let (ran, _) = against(&["device", "resync", "d"], vec![broken]);
    assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (255, "", "Error: no such disk\n"));
    let node = r#"{"id":"n","devices":[{"id":"d"},{"id":"e"}]}"#;
    let walk = vec![json(r#"{"clusters":["c"]}"#), json(r#"{"id":"c","nodes":["n"]}"#), json(node)];
    let answers = [walk, vec![refused(), accepted(), done()]].concat();
    let (ran, _) = against(&["device", "resync", "--cluster", "c"], answers);
    let out = concat!(
        "Cluster-wide resync operation requested. Using object_id as cluster_id.\n",
        "Now resyncing device d..\nNow resyncing device e..\nDevice e (node n) in cluster c updated\n"
    );
    let err = "Device d (node n) was not updated: Id not found\nError: devices that were not updated: 1\n";
    assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (255, out, err));
}

#[test]
fn tags_are_set_and_removed_without_a_word() {
    let check = |line: &str, path: &str, body: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let (ran, asked) = against(&words, vec![json("{}")]);
        assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (0, "", ""), "{line}");
        assert_eq!(asked, [format!("POST {path} {body}")], "{line}");
    };
    let update = r#"{"tags":{"a":"2","b":"x:y","c":""},"change_type":"update"}"#;
    check("node settags n a:1 b:x:y c: a:2", "/nodes/n/tags", update);
    check("device settags d -e a:1", "/devices/d/tags", r#"{"tags":{"a":"1"},"change_type":"set"}"#);
    check("device settags --exact d a:1", "/devices/d/tags", r#"{"tags":{"a":"1"},"change_type":"set"}"#);
    let delete = r#"{"tags":{"a":"","b":""},"change_type":"delete"}"#;
    for word in ["rmtags", "deltags", "removetags"] {
        check(&format!("node {word} n a b"), "/nodes/n/tags", delete);
        check(&format!("device {word} d a b"), "/devices/d/tags", delete);
    }
    check("node rmtags n --all", "/nodes/n/tags", r#"{"tags":{},"change_type":"set"}"#);

    let (ran, _) =
        against(&["node", "settags", "n", ":x"], vec![answer("400 Bad Request", &[], "no name\n")]);
    assert_eq!((ran.status, ran.err.as_str()), (255, "Error: no name\n"));
}

#[test]
fn nodes_and_devices_are_shown_in_columns() {
    let device = concat!(
        r#"{"name":"/dev/vdc","tags":{"b":"2","a":"1"},"storage":{"total":524288000,"free":524288000,"used":0},"#,
        r#""id":"315da2f9075e9cacdfba947dda594aba","state":"failed","bricks":[{"id":"b","path":"/p","size":7340032}]}"#
    );
    let node = format!(
        r#"{{"zone":1,"hostnames":{{"manage":["m"],"storage":["s"]}},"cluster":"c","id":"n","state":"online","devices":[{device}]}}"#
    );
    let (ran, _) = against(&["node", "info", "n"], vec![json(&node)]);
    assert_eq!(
        ran.out,
        concat!(
            "Node Id: n\nState: online\nCluster Id: c\nZone: 1\nManagement Hostname: m\nStorage Hostname: s\n",
            "Devices:\nId:315da2f9075e9cacdfba947dda594aba   Name:/dev/vdc            State:removed   ",
            "Size (GiB):500     Used (GiB):0       Free (GiB):500     Bricks:1       \n"
        )
    );
    let (ran, _) = against(&["device", "info", "d"], vec![json(device)]);
    assert_eq!(
        ran.out,
        concat!(
            "Device Id: 315da2f9075e9cacdfba947dda594aba\nState: removed\nSize (GiB): 500\nUsed (GiB): 0\n",
            "Free (GiB): 500\nCreate Path: /dev/vdc\nPhysical Volume UUID: \nKnown Paths: \n",
            "Tags:\n  a: 1\n  b: 2\nBricks:\n",
            "Id:b                                  Size (GiB):7       Path: /p\n"
        )
    );
    let (ran, asked) = against(&["device", "remove", "d"], vec![accepted(), done()]);
    assert_eq!(ran.out, "Device d is now removed\n");
    assert_eq!(asked, [r#"POST /devices/d/state {"state":"failed","healcheck":""}"#, "GET /queue/1"]);
}

#[test]
fn all_devices_are_listed_with_their_nodes() {
    let answers = || {
        vec![
            json(r#"{"clusters":["c"]}"#),
            json(r#"{"id":"c","nodes":["n"]}"#),
            json(r#"{"id":"n","devices":[{"id":"d","name":"/dev/vdd","state":"online"}]}"#),
        ]
    };
    let (ran, _) = against(&["device", "list"], answers());
    assert_eq!(
        ran.out,
        concat!(
            "Id:d                                  Node:n                                  ",
            "Name:/dev/vdd            State:online    Size (GiB):0       Used (GiB):0       Free (GiB):0\n"
        )
    );
    let (ran, _) = against(&["device", "list", "--json"], answers());
    assert_eq!(
        ran.out,
        concat!(
            r#"{"devices":[{"cluster":"c","node":"n","name":"/dev/vdd","storage":{"total":0,"free":0,"used":0},"#,
            r#""id":"d","state":"online","bricks":null}]}"#
        )
    );
}

#[test]
fn block_volumes_are_made_and_shown_with_their_login() {
    let block = concat!(
        r#"{"size":2,"name":"disk","hacount":2,"id":"b","blockvolume":{"hosts":["s1","s2"],"iqn":"iqn:1","lun":0,"#,
        r#""username":"u","password":"p"},"cluster":"c","blockhostingvolume":"v","usablesize":2}"#
    );
    let answers = || vec![accepted(), json(block)];
    let words = ["blockvolume", "create", "--size=2", "--ha=2", "--auth", "--name=disk", "--clusters=c,d"];
    let (ran, asked) = against(&words, answers());
    let text = concat!(
        "Name: disk\nSize: 2\nUsableSize: 2\nVolume Id: b\nCluster Id: c\nHosts: [s1 s2]\nIQN: iqn:1\nLUN: 0\n",
        "Hacount: 2\nUsername: u\nPassword: p\nBlock Hosting Volume: v\n"
    );
    assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (0, text, ""));
    let body = r#"{"size":2,"clusters":["c","d"],"name":"disk","hacount":2,"auth":true}"#;
    assert_eq!(asked[0], format!("POST /blockvolumes {body}"));
    let (_, asked) = against(&["blockvolume", "create", "--size=1"], answers());
    assert_eq!(asked[0], r#"POST /blockvolumes {"size":1,"name":""}"#);
    let words = ["blockvolume", "expand", "x", "--blockvolume=b", "--new-size=2", "--json"];
    let (ran, asked) = against(&words, answers());
    assert_eq!((ran.status, ran.out.as_str()), (0, block));
    assert_eq!(asked[0], r#"POST /blockvolumes/b/expand {"new_size":2}"#);
}

#[test]
fn a_file_that_cannot_be_written_is_told_to_people_before_a_volume_is_made() {
    let volume =
        r#"{"size":1,"name":"data","id":"0123456789abcdef0123456789abcdef","durability":{"type":"none"}}"#;
    let answers = || vec![accepted(), json(volume)];
    let line = |file: &str| {
        [
            "volume".to_owned(),
            "create".to_owned(),
            "--size=1".to_owned(),
            format!("--persistent-volume-file={file}"),
        ]
    };
    let run_to = |file: &str| {
        let line = line(file);
        against(&line.iter().map(String::as_str).collect::<Vec<_>>(), answers())
    };
    let told = "Unable to write to file /dev/null/pv.json\nError: open /dev/null/pv.json: not a directory\n";
    let to_nowhere = line("/dev/null/pv.json");
    let to_nowhere: Vec<&str> = to_nowhere.iter().map(String::as_str).collect();
    let person = run_with(&to_nowhere, "http://127.0.0.1:1", true);
    assert_eq!((person.status, person.err.as_str()), (255, told), "no server is asked");
    // heketi-cli's way: the volume is there.
    let (ran, asked) = run_to("/dev/null/pv.json");
    assert_eq!((ran.status, ran.err.as_str(), asked.len()), (255, told, 2));
    // Full as a disk may be.
    let (ran, asked) = run_to("/dev/full");
    assert_eq!((ran.status, ran.out.as_str(), asked.len()), (255, "", 2));
    let told = concat!(
        "Unable to write to file /dev/full\nError: write /dev/full: no space left on device\n",
        "Volume 0123456789abcdef0123456789abcdef (data) was made all the same: ",
        "`volume info 0123456789abcdef0123456789abcdef` shows what the file would say, ",
        "`volume delete 0123456789abcdef0123456789abcdef` takes it away again\n"
    );
    assert_eq!(ran.err, told);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pv.json");
    std::fs::write(&file, "x".repeat(10_000)).unwrap();
    let (ran, _) = run_to(&file.display().to_string());
    assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (0, "", ""));
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(written.ends_with("  \"status\": {}\n}") && written.contains("\"path\": \"data\""), "{written}");
}

#[test]
fn a_refused_create_leaves_no_file_and_none_of_before_touched() {
    let folder = tempfile::tempdir().unwrap();
    let (new, old) = (folder.path().join("new.json"), folder.path().join("old.json"));
    std::fs::write(&old, "of before").unwrap();
    for file in [&new, &old] {
        let argument = format!("--persistent-volume-file={}", file.display());
        let refused = vec![answer("500 Internal Server Error", &[], "No space\n")];
        let (ran, _) = against(&["volume", "create", "--size=1", &argument], refused);
        assert_eq!((ran.status, ran.err.as_str()), (255, "Error: No space\n"));
    }
    assert!(!new.exists());
    assert_eq!(std::fs::read_to_string(&old).unwrap(), "of before");
}

#[test]
fn the_file_of_the_database_volume_is_looked_at_before_the_volume_is_made() {
    let nothing = || json(r#"{"clusters":[]}"#);
    let made = || json(r#"{"id":"v","name":"heketidbstorage","durability":{"type":"replicate"}}"#);
    let line = |file: &str| ["setup-openshift-heketi-storage".to_owned(), format!("--listfile={file}")];
    let run_to = |file: &str, answers: Vec<String>| {
        let line = line(file);
        against(&line.iter().map(String::as_str).collect::<Vec<_>>(), answers)
    };
    let (ran, asked) = run_to("/dev/null/list", vec![nothing()]);
    assert_eq!((ran.status, ran.err.as_str()), (255, "Error: open /dev/null/list: not a directory\n"));
    assert_eq!(asked, ["GET /clusters"]);
    let backup = || answer("200 OK", &[], "database");
    let (ran, asked) = run_to("/dev/full", vec![nothing(), accepted(), made(), backup(), accepted(), done()]);
    let told = "Cleaning up\nError: write /dev/full: no space left on device\n";
    assert_eq!((ran.status, ran.err.as_str()), (255, told));
    assert!(asked.iter().any(|line| line == "DELETE /volumes/v"), "{asked:?}");
    let refused = answer("409 Conflict", &[], "Cannot delete volume containing the Heketi database\n");
    let stub = Stub::new(vec![nothing(), accepted(), made(), backup(), refused]);
    let line = ["setup-openshift-heketi-storage", "--listfile=/dev/full"];
    let ran = run_with(&line, &stub.url, true);
    let left = concat!(
        "Volume heketidbstorage (v) is still there: Cannot delete volume containing the Heketi database. ",
        "Before the next try: `volume delete v`\n"
    );
    assert_eq!(ran.err, format!("{told}{left}"));
}

#[test]
fn a_snapshot_factor_without_effect_is_told() {
    let made = || vec![accepted(), json(r#"{"id":"v","durability":{"type":"none"},"bricks":[{"id":"b"}]}"#)];
    let check = |factor: &str, told: &str| {
        let flag = format!("--snapshot-factor={factor}");
        let (ran, asked) = against(&["volume", "create", "--size=1", &flag], made());
        assert_eq!((ran.status, ran.err.as_str()), (0, told), "{factor}");
        assert!(asked[0].contains(r#""snapshot":{"enable":false,"factor":0}"#), "{asked:?}");
    };
    check("0.5", "--snapshot-factor=0.5 is below 1: the volume has no room for snapshots\n");
    check("-2", "--snapshot-factor=-2 is below 1: the volume has no room for snapshots\n");
    check("1", "");
    check("0", "");
}
