//! Whole command lines against canned answers: output, exit status, requests.

mod server;

use super::*;
use crate::client::stub::{Stub, answer, json};

/// What a run left behind.
struct Ran {
    status: u8,
    out: String,
    err: String,
}

fn run_with(arguments: &[&str], server: &str, explain: bool) -> Ran {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let variable = |name: &str| match name {
        "HEKETI_CLI_SERVER" => Some(server.to_owned()),
        _ => None,
    };
    let surroundings = Surroundings { variable: &variable, explain, out: &mut out, err: &mut err };
    let line = std::iter::once("/usr/bin/heketi-cli").chain(arguments.iter().copied());
    let status = run(line.map(OsString::from).collect(), surroundings);
    Ran { status, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}

/// Runs a command that needs no server.
fn alone(arguments: &[&str]) -> Ran {
    run_with(arguments, "http://127.0.0.1:1", false)
}

/// Runs a command against answers; gives what was asked too.
fn against(arguments: &[&str], answers: Vec<String>) -> (Ran, Vec<String>) {
    let stub = Stub::new(answers);
    let ran = run_with(arguments, &stub.url, false);
    (ran, stub.lines())
}

fn accepted() -> String {
    answer("202 Accepted", &["Location: /queue/1"], "")
}

fn done() -> String {
    answer("204 No Content", &[], "")
}

#[test]
fn wrong_command_lines_are_refused_in_heketi_clis_words() {
    let check = |line: &str, expected: &str| {
        let ran = alone(&line.split(' ').collect::<Vec<_>>());
        assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (255, "", expected), "{line}");
    };
    check("volume create --nosuch=1", "Error: unknown flag: --nosuch\n");
    check("volume list -x", "Error: unknown shorthand flag: 'x' in -x\n");
    check("volume create --size", "Error: flag needs an argument: --size\n");
    check("cluster list -s", "Error: flag needs an argument: 's' in -s\n");
    check(
        "volume create --size=1.5",
        "Error: invalid argument \"1.5\" for \"--size\" flag: strconv.ParseInt: parsing \"1.5\": invalid syntax\n",
    );
    check(
        "cluster create --file=maybe",
        "Error: invalid argument \"maybe\" for \"--file\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax\n",
    );
    check(
        "nosuch",
        "Error: unknown command \"nosuch\" for \"heketi-cli\"\nRun 'heketi-cli --help' for usage.\n",
    );
    check(
        "clutser",
        "Error: unknown command \"clutser\" for \"heketi-cli\"\n\nDid you mean this?\n\tcluster\n\nRun 'heketi-cli --help' for usage.\n",
    );
    check("cluster list --version", "Error: unknown flag: --version\n");
    check("volume create", "Error: Missing volume size\n");
    check("volume create --size=0x0", "Error: Missing volume size\n");
    check(
        "volume create --size=1 --persistent-volume",
        "--persistent-volume-endpoint must be provided when using --persistent-volume\nError: Missing endpoint\n",
    );
    check("volume expand --expand-size=1", "Error: Missing volume id\n");
    check("volume clone --name=x", "Error: Volume id missing\n");
    check("volume set-block-hosting-restriction locked", "Error: Volume id missing\n");
    check("volume expand v", "Error: Missing volume amount to expand\n");
    check("device enable", "Error: device id missing\n");
    check("device info", "Error: Device id missing\n");
    check("device resync", "Error: object/cluster id missing\n");
    check("brick evict", "Error: Brick id missing\n");
    check("brick evict b c", "Error: Too many arguments provided\n");
    check("node settags", "Error: id required\n");
    check("device settags d", "Error: at least one tag:value pair expected\n");
    check("node settags n a:b c", "Error: expected colon (:) between tag name and value, got: c\n");
    check("device rmtags --all", "Error: id required\n");
    check("node removetags n", "Error: at least one tag expected\n");
    check("device deltags --all d t", "Error: --all may not be combined with named tags\n");
    check("loglevel set", "Error: missing log-level argument\n");
    check("loglevel set info debug", "Error: too many arguments\n");
    check("server mode set", "Error: missing mode argument\n");
    check("server mode set normal normal", "Error: too many arguments\n");
    check("volume endpoint patch", "Error: Volume id missing\n");
    check("device frobnicate --nosuch", "Error: unknown flag: --nosuch\n");
    check("node add --zone=1 --management-host-name=h", "Error: Missing storage hostname\n");
    check("cluster setflags c", "Error: At least one of --file or --block must be specified.\n");
    check("topology load", "Error: Missing configuration file\n");
    check("topology load --json=/no/such/file", "Error: Unable to open config file\n");
    check(
        "cluster list -C /no/such/file",
        "Error: failed to read cert file /no/such/file: open /no/such/file: no such file or directory\n",
    );
}

#[test]
fn help_and_version_exit_with_zero() {
    let check = |line: &[&str], to_out: bool| {
        let ran = alone(line);
        assert_eq!((ran.status, ran.out.is_empty(), ran.err.is_empty()), (0, !to_out, to_out), "{line:?}");
    };
    check(&[], false);
    check(&["--json"], false);
    for line in ["--help", "-h", "help", "cluster", "cluster bogus", "help cluster create", "--version", "-v"]
    {
        check(&line.split(' ').collect::<Vec<_>>(), true);
    }
    check(&["volume", "create", "--help", "--size=1"], true);
    assert_eq!(alone(&["--version"]).out, format!("heketi-cli {}\n", env!("CARGO_PKG_VERSION")));
    assert!(alone(&["help", "volume", "create"]).out.contains("--persistent-volume-endpoint"));
}

#[test]
fn flags_stand_anywhere_and_the_last_one_counts() {
    let info = r#"{"id":"c","nodes":["n"],"volumes":[],"block":true,"file":false,"blockvolumes":[]}"#;
    let lines: [&[&str]; 4] = [
        &["cluster", "info", "c", "--json"],
        &["--json", "cluster", "info", "c", "surplus"],
        &["cluster", "--json=false", "--json=1", "--user", "admin", "info", "--", "c"],
        &["-Is=http://x", "--secret=", "--server=", "cluster", "info", "c", "--json"],
    ];
    for line in lines {
        let (ran, asked) = against(line, vec![json(info)]);
        assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (0, info, ""), "{line:?}");
        assert_eq!(asked, ["GET /clusters/c"], "{line:?}");
    }
    let (ran, _) = against(&["cluster", "info", "c"], vec![json(info)]);
    assert_eq!(ran.out, "Cluster id: c\nNodes:\nn\nVolumes:\n\nBlock: true\n\nFile: false\n");
}

#[test]
fn a_volume_is_requested_and_shown_as_heketi_cli_does() {
    let volume = concat!(
        r#"{"size":3,"name":"v1","durability":{"type":"replicate","replicate":{"replica":3},"disperse":{}},"#,
        r#""snapshot":{"enable":true,"factor":1.5},"id":"0123456789","cluster":"c","#,
        r#""mount":{"glusterfs":{"hosts":["a","b"],"device":"a:v1","options":{"backup-volfile-servers":"b"}}},"#,
        r#""blockinfo":{},"bricks":[{"id":"1","size":3},{"id":"2"},{"id":"3"}]}"#
    );
    let answers = || vec![accepted(), answer("303 See Other", &["Location: /volumes/v"], ""), json(volume)];
    let (ran, asked) = against(&["volume", "create", "--size", "3", "--snapshot-factor=1.5"], answers());
    assert_eq!(
        asked[0],
        concat!(
            r#"POST /volumes {"size":3,"name":"","durability":{"type":"replicate","replicate":{"replica":3},"#,
            r#""disperse":{"data":4,"redundancy":2}},"snapshot":{"enable":true,"factor":1.5}}"#
        )
    );
    assert_eq!(
        ran.out,
        concat!(
            "Name: v1\nSize: 3\nVolume Id: 0123456789\nCluster Id: c\nMount: a:v1\n",
            "Mount Options: backup-volfile-servers=b\nBlock: false\nFree Size: 0\nReserved Size: 0\n",
            "Block Hosting Restriction: (none)\nBlock Volumes: []\nDurability Type: replicate\n",
            "Distribute Count: 1\nReplica Count: 3\nSnapshot Factor: 1.50\n\n"
        )
    );
    for (line, body) in
        [(&["volume", "clone", "v"][..], "{}"), (&["volume", "clone", "--name", "x", "v"], r#"{"name":"x"}"#)]
    {
        let (cloned, asked) = against(line, answers());
        assert_eq!(
            (asked[0].as_str(), &cloned.out),
            (format!("POST /volumes/v/clone {body}").as_str(), &ran.out)
        );
    }
    for (word, body) in [("locked", "locked"), ("unlocked", "")] {
        let (ran, asked) = against(&["volume", "set-block-hosting-restriction", word, "v"], answers());
        assert_eq!(asked[0], format!(r#"POST /volumes/v/block-restriction {{"restriction":"{body}"}}"#));
        assert!(ran.out.contains("\nBlock Hosting Restriction: (none)\n"), "{}", ran.out);
    }
    let line = ["volume", "create", "--size=3", "--persistent-volume", "--persistent-volume-endpoint=e"];
    let (ran, _) = against(&line, answers());
    assert!(ran.out.contains("\"name\": \"glusterfs-01234567\",\n"), "{}", ran.out);
    assert!(ran.out.ends_with("  \"status\": {}\n}\n"), "{}", ran.out);
}

#[test]
fn people_are_told_which_word_a_group_does_not_know() {
    let ran = run_with(&["device", "frobnicate"], "http://127.0.0.1:1", true);
    assert!(ran.out.contains("resync"), "{}", ran.out);
    let told = "unknown command \"frobnicate\" for \"heketi-cli device\"\n";
    assert_eq!((ran.status, ran.err.as_str()), (0, told));
    assert_eq!(run_with(&["device"], "http://127.0.0.1:1", true).err, "");
}

#[test]
fn bricks_are_evicted_and_devices_read_again() {
    let (ran, asked) = against(&["brick", "evict", "b"], vec![accepted(), done()]);
    assert_eq!((ran.status, ran.out.as_str()), (0, "Brick b evicted\n"));
    assert_eq!(asked[0], r#"POST /bricks/to-evict/b {"healcheck":""}"#);
    let (ran, asked) = against(&["device", "resync", "d"], vec![accepted(), done()]);
    assert_eq!((ran.status, ran.out.as_str()), (0, "Device d updated\n"));
    assert_eq!(asked, ["GET /devices/d/resync", "GET /queue/1"]);
    let refused = || answer("404 Not Found", &[], "Id not found\n");
    let (ran, _) = against(&["device", "resync", "d"], vec![refused()]);
    assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (255, "", "Error: Id not found\n"));
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
fn the_endpoints_of_a_volume_are_printed_without_a_line_feed() {
    let volume = r#"{"id":"v","mount":{"glusterfs":{"hosts":["10.0.0.1","b"],"device":"b:v","options":{}}}}"#;
    let (ran, asked) = against(&["volume", "endpoint", "patch", "v"], vec![json(volume)]);
    let subsets = concat!(
        r#"{"subsets": [{"addresses":[{"ip":"10.0.0.1"}],"ports":[{"port":1}]},"#,
        r#"{"addresses":[{"ip":"b"}],"ports":[{"port":1}]}]}"#
    );
    assert_eq!((ran.status, ran.out.as_str(), asked), (0, subsets, vec!["GET /volumes/v".to_owned()]));
}

#[test]
fn refusals_are_explained_to_people_only() {
    let problem = || {
        answer(
            "500 Internal Server Error",
            &["Content-Type: application/problem+json"],
            r#"{"title":"No space","status":500,"detail":"Nothing is left."}"#,
        )
    };
    let check = |explain: bool, expected: &str| {
        let stub = Stub::new(vec![problem()]);
        let ran = run_with(&["volume", "delete", "v"], &stub.url, explain);
        assert_eq!((ran.status, ran.err.as_str()), (255, expected));
    };
    check(false, "Error: No space\n");
    check(true, "Error: No space\nNothing is left.\n");
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

/// A topology file for a test, gone at its end.
fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
    file
}

const ONE_NODE: &str = r#"{"clusters":[{"block":false,"nodes":[{"node":{"hostnames":{"manage":["n1"],"storage":["s1"]},
    "zone":1,"tags":{"rack":"a"}},"devices":["/dev/vdd",{"NAME":"/dev/vde","destroydata":true}]}]}]} and more"#;

#[test]
fn a_topology_is_loaded_and_failures_do_not_end_it() {
    let file = file(ONE_NODE);
    let argument = format!("--json={}", file.path().display());
    let (ran, asked) = against(
        &["topology", "load", &argument],
        vec![
            json(r#"{"clusters":[]}"#),
            answer("201 Created", &[], r#"{"id":"c"}"#),
            accepted(),
            answer("303 See Other", &["Location: /nodes/n"], ""),
            json(r#"{"id":"n"}"#),
            answer("400 Bad Request", &[], "in use\n"),
            accepted(),
            done(),
            json(r#"{"id":"c","nodes":["n"]}"#),
        ],
    );
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert_eq!(
        ran.out,
        concat!(
            "Creating cluster ... ID: c\n\tAllowing file volumes on cluster.\n\tCreating node n1 ... ID: n\n",
            "\t\tAdding device /dev/vdd ... Unable to add device: in use\n\t\tAdding device /dev/vde ... OK\n"
        )
    );
    assert_eq!(
        asked,
        [
            "GET /clusters",
            r#"POST /clusters {"block":false,"file":true}"#,
            r#"POST /nodes {"zone":1,"hostnames":{"manage":["n1"],"storage":["s1"]},"cluster":"c","tags":{"rack":"a"}}"#,
            "GET /queue/1",
            "GET /nodes/n",
            r#"POST /devices {"name":"/dev/vdd","node":"n"}"#,
            r#"POST /devices {"name":"/dev/vde","node":"n","destroydata":true}"#,
            "GET /queue/1",
            "GET /clusters/c",
        ]
    );
}

#[test]
fn a_second_load_finds_what_is_there() {
    let file = file(ONE_NODE);
    let path = file.path().display().to_string();
    let cluster = || json(r#"{"id":"c","nodes":["n"]}"#);
    let node = r#"{"id":"n","cluster":"c","hostnames":{"manage":["n1"]},"devices":[{"name":"/dev/vdd"}]}"#;
    let (ran, _) = against(
        &["topology", "load", "-j", &path],
        vec![json(r#"{"clusters":["c"]}"#), cluster(), json(node), cluster(), accepted(), done()],
    );
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert_eq!(
        ran.out,
        "\tFound node n1 on cluster c\n\t\tFound device /dev/vdd\n\t\tAdding device /dev/vde ... OK\n"
    );
}

#[test]
fn a_cluster_that_nobody_could_join_is_deleted_again() {
    let file = file(ONE_NODE);
    let argument = format!("--json={}", file.path().display());
    let (ran, asked) = against(
        &["topology", "load", &argument],
        vec![
            json(r#"{"clusters":[]}"#),
            answer("201 Created", &[], r#"{"id":"c"}"#),
            answer("400 Bad Request", &[], "no glusterd\n"),
            json(r#"{"id":"c","nodes":[],"volumes":[]}"#),
            answer("200 OK", &[], ""),
        ],
    );
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert!(ran.out.ends_with("\tCreating node n1 ... Unable to create node: no glusterd\n"), "{}", ran.out);
    assert_eq!(asked[3..], ["GET /clusters/c", "DELETE /clusters/c"]);
}

#[test]
fn a_wrong_topology_file_is_refused_with_the_place_before_anything_is_sent() {
    let check = |text: &str, expected: &[&str]| {
        let file = file(text);
        let path = file.path().display().to_string();
        let ran = alone(&["topology", "load", "--json", &path]);
        let expected = format!("Error: Unable to parse config file\n{path}: {}\n", expected.join("\n"));
        assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (255, "", expected.as_str()), "{text}");
    };
    check("", &["EOF while parsing a value at line 1 column 0"]);
    check("{\n  \"clusters\": [,]\n}", &["expected value at line 2 column 16"]);
    check(r#"{"clusters":{}}"#, &["clusters: a list is expected, not an object"]);
    let node = |node: &str, devices: &str| {
        format!(r#"{{"clusters":[{{"nodes":[{{"node":{node},"devices":{devices}}}]}}]}}"#)
    };
    let good = r#"{"zone":1,"hostnames":{"manage":["n1"],"storage":["s"]}}"#;
    check(
        &node(r#"{"zone":"1"}"#, "[]"),
        &["clusters[0].nodes[0].node.zone: an integer is expected, not a string"],
    );
    check(
        &node(r#"{"hostnames":{"manage":"n1"}}"#, "[]"),
        &["clusters[0].nodes[0].node.hostnames.manage: a list is expected, not a string"],
    );
    check(
        &node("{}", "[null]"),
        &[
            "clusters[0].nodes[0].node.hostnames.manage is missing",
            "clusters[0].nodes[0].node.hostnames.storage is missing",
            "clusters[0].nodes[0].node.zone is missing",
            "clusters[0].nodes[0].devices[0].name is missing",
        ],
    );
    check(
        &node(good, r#"["/dev/vdd",{"name":"/dev/vdd"}]"#),
        &["clusters[0].nodes[0].devices[1]: /dev/vdd is listed twice for node n1"],
    );
    check(&node(good, "[3]"), &["clusters[0].nodes[0].devices[0]: an object is expected, not an integer"]);
}

#[test]
fn the_topology_is_shown_byte_for_byte() {
    let topology = r#"{"clusters":[{"volumes":[{"size":10,"name":"one","durability":{"type":"replicate",
        "replicate":{"replica":3}},"id":"v","cluster":"c","mount":{"glusterfs":{"device":"a:one",
        "options":{"backup-volfile-servers":"b"}}},"bricks":[{"id":"b","path":"/p","device":"d","node":"n",
        "size":10485760}]}],"nodes":[{"zone":2,"hostnames":{"manage":["m","m2"],"storage":["s"]},"cluster":"c",
        "tags":{"rack":"a","row":"3"},"id":"n","state":"online","devices":[{"name":"/dev/sdb","tags":{"x":"y"},
        "storage":{"total":524288000,"free":524288000,"used":0},"id":"d","state":"online","bricks":[{"id":"b",
        "path":"/p","size":10485760}]}]}],"id":"c","block":true,"file":true}]}"#;
    let topology = crate::json::decode(topology.as_bytes()).unwrap();
    let expected = concat!(
        "\nCluster Id: c\n\n    File:  true\n    Block: true\n\n    Volumes:\n",
        "\n\tName: one\n\tSize: 10\n\tId: v\n\tCluster Id: c\n\tMount: a:one\n",
        "\tMount Options: backup-volfile-servers=b\n\tDurability Type: replicate\n\tReplica: 3\n",
        "\tSnapshot: Disabled\n\n\t\tBricks:\n",
        "\t\t\tId: b\n\t\t\tPath: /p\n\t\t\tSize (GiB): 10\n\t\t\tNode: n\n\t\t\tDevice: d\n\n",
        "\n\n    Nodes:\n",
        "\n\tNode Id: n\n\tState: online\n\tCluster Id: c\n\tZone: 2\n\tManagement Hostnames: m, m2\n",
        "\tStorage Hostnames: s\n\tTags: rack:a row:3\n\n\tDevices:\n",
        "\t\tId:d                                  State:online    Size (GiB):500     Used (GiB):0       Free (GiB):500     \n",
        "\t\t\tTags: x:y\n\n\t\t\tKnown Paths: /dev/sdb\n\n\t\t\tBricks:\n",
        "\t\t\t\tId:b                                  Size (GiB):10      Path: /p\n\n"
    );
    assert_eq!(topology_info::text(&topology), expected);
    let (ran, _) = against(&["topology", "info"], vec![json(r#"{"clusters":[]}"#)]);
    assert_eq!(ran.out, "\n");
    let (ran, _) = against(&["topology", "info", "--json"], vec![json(r#"{"clusters":[]}"#)]);
    assert_eq!(ran.out, r#"{"clusters":[]}"#);
}
