//! `topology …`

use super::*;

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

/// The server's side: n1 with one of its disks and one more, and a node that the file does not name.
fn walk() -> Vec<String> {
    let node = concat!(
        r#"{"id":"n","cluster":"c","zone":2,"hostnames":{"manage":["n1"],"storage":["s1"]},"tags":{"rack":"b"},"#,
        r#""devices":[{"id":"d","name":"/dev/vdd"},{"id":"x","name":"/dev/vdx"}]}"#
    );
    let other = r#"{"id":"o","cluster":"c","zone":1,"hostnames":{"manage":["n9"],"storage":["s9"]}}"#;
    vec![
        json(r#"{"clusters":["c"]}"#),
        json(r#"{"id":"c","nodes":["n","o"],"volumes":["v"],"file":true,"block":true}"#),
        json(node),
        json(other),
    ]
}

#[test]
fn a_comparison_tells_what_a_load_adds_what_differs_and_what_is_not_in_the_file() {
    let file = file(ONE_NODE);
    let path = file.path().display().to_string();
    let (ran, asked) = against(&["topology", "diff", "--json", &path], walk());
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert_eq!(
        ran.out,
        concat!(
            "~ cluster c: it is for file and block volumes, the file says file volumes\n",
            "~ node n1: zone is 2, the file says 1\n~ node n1: tag rack is b, the file says a\n",
            "+ device /dev/vde on n1, erased before\n- device /dev/vdx on n1\n- node n9 in cluster c\n"
        )
    );
    assert!(asked.iter().all(|line| line.starts_with("GET ") && !line.contains("volumes")), "{asked:?}");
    let (ran, _) = against(&["topology", "diff", "-j", &path], vec![json(r#"{"clusters":[]}"#)]);
    assert_eq!(
        ran.out,
        concat!(
            "+ cluster for file volumes\n+ node n1 in zone 1 of a new cluster\n+ device /dev/vdd on n1\n",
            "+ device /dev/vde on n1, erased before\n"
        )
    );
}

#[test]
fn where_nothing_differs_a_comparison_is_silent_to_scripts() {
    let text = r#"{"clusters":[{"nodes":[{"node":{"hostnames":{"manage":["n9"],"storage":["s9"]},"zone":1}},
        {"node":{"hostnames":{"manage":["n1"],"storage":["s1"]},"zone":2,"tags":{"rack":"b"}},"devices":["/dev/vdx","/dev/vdd"]}]}]}"#;
    let file = file(text);
    let line = ["topology", "diff", "-j", &file.path().display().to_string()];
    let (ran, _) = against(&line, walk());
    assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (0, "", ""));
    let stub = Stub::new(walk());
    assert_eq!(run_with(&line, &stub.url, true).err, "The server has what the file says.\n");
}

#[test]
fn a_dry_run_tells_what_a_load_would_do_and_only_reads() {
    let file = file(ONE_NODE);
    let path = file.path().display().to_string();
    let (ran, asked) = against(&["topology", "load", "--dry-run", "-j", &path], walk());
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert_eq!(
        ran.out,
        concat!(
            "\tFound node n1 on cluster c\n\t\tFound device /dev/vdd\n\t\tWould add device /dev/vde\n",
            "Nothing was changed. A load adds: 0 clusters, 0 nodes, 1 device\n"
        )
    );
    assert!(asked.iter().all(|line| line.starts_with("GET ")), "{asked:?}");
    let empty = vec![json(r#"{"clusters":[]}"#)];
    let (ran, _) = against(&["topology", "load", "--dry-run", "-j", &path], empty);
    assert_eq!(
        ran.out,
        concat!(
            "Would create cluster\n\tWould create node n1\n\t\tWould add device /dev/vdd\n",
            "\t\tWould add device /dev/vde\nNothing was changed. A load adds: 1 cluster, 1 node, 2 devices\n"
        )
    );
}

#[test]
fn what_an_interrupted_load_had_begun_is_waited_for_and_gone_on_with_in_its_cluster() {
    let file = file(ONE_NODE);
    let path = file.path().display().to_string();
    let in_use = "Initializing device /dev/vdd failed: Device already in use (ID: d)\n";
    let (ran, asked) = against(
        &["topology", "load", "-j", &path],
        vec![
            json(r#"{"clusters":["c"]}"#),
            json(r#"{"id":"c","nodes":[]}"#),
            answer("201 Created", &[], r#"{"id":"new"}"#),
            answer("409 Conflict", &[], "Hostname n1 already used by node with id n\n"),
            answer("404 Not Found", &[], "Id not found\n"),
            json(r#"{"id":"n","cluster":"c","hostnames":{"manage":["n1"]}}"#),
            accepted(),
            answer("500 Internal Server Error", &[], in_use),
            json(r#"{"id":"d","name":"/dev/vdd"}"#),
            json(r#"{"id":"n","devices":[{"id":"d","name":"/dev/vdd"}]}"#),
            accepted(),
            done(),
            json(r#"{"id":"new","nodes":[],"volumes":[]}"#),
            answer("200 OK", &[], ""),
        ],
    );
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    let out = concat!(
        "Creating cluster ... ID: new\n\tAllowing file volumes on cluster.\n\tCreating node n1 ... ID: n\n",
        "\t\tAdding device /dev/vdd ... OK\n\t\tAdding device /dev/vde ... OK\n"
    );
    assert_eq!(ran.out, out);
    assert!(asked.last().is_some_and(|line| line == "DELETE /clusters/new"), "{asked:?}");
}
