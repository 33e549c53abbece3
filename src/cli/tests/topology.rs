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

/// An entry of a file: hosts on their own disks.
fn entry(hosts: &[&str]) -> String {
    let node = |host: &&str| {
        format!(
            r#"{{"node":{{"hostnames":{{"manage":["{host}"],"storage":["{host}"]}},"zone":1}},"devices":["/dev/vdd"]}}"#
        )
    };
    format!(r#"{{"nodes":[{}]}}"#, hosts.iter().map(node).collect::<Vec<_>>().join(","))
}

fn entries(entries: &[&[&str]]) -> tempfile::NamedTempFile {
    let entries: Vec<String> = entries.iter().map(|hosts| entry(hosts)).collect();
    file(&format!(r#"{{"clusters":[{}]}}"#, entries.join(",")))
}

/// The server's side: clusters with their hosts, each with its disk.
fn clusters(clusters: &[(&str, &[&str])]) -> Vec<String> {
    let ids: Vec<String> = clusters.iter().map(|(id, _)| format!(r#""{id}""#)).collect();
    let mut answers = vec![json(&format!(r#"{{"clusters":[{}]}}"#, ids.join(",")))];
    for (id, hosts) in clusters {
        let nodes: Vec<String> = hosts.iter().map(|host| format!(r#""{host}""#)).collect();
        let nodes = nodes.join(",");
        answers.push(json(&format!(r#"{{"id":"{id}","nodes":[{nodes}],"file":true,"block":true}}"#)));
        answers.extend(hosts.iter().map(|host| {
            json(&format!(
                r#"{{"id":"{host}","cluster":"{id}","zone":1,"hostnames":{{"manage":["{host}"],"storage":["{host}"]}},"devices":[{{"id":"d","name":"/dev/vdd"}}]}}"#
            ))
        }));
    }
    answers
}

#[test]
fn a_new_node_joins_the_cluster_of_its_entry_wherever_it_stands_in_it() {
    let file = entries(&[&["n0", "n1"]]);
    let path = file.path().display().to_string();
    let known = || clusters(&[("c", &["n1"])]);
    let mut answers = known();
    answers.extend([
        accepted(),
        answer("303 See Other", &["Location: /nodes/n0"], ""),
        json(r#"{"id":"n0"}"#),
        accepted(),
        done(),
        json(r#"{"id":"c","nodes":["n0","n1"]}"#),
    ]);
    let (ran, asked) = against(&["topology", "load", "-j", &path], answers);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert_eq!(
        ran.out,
        concat!(
            "\tCreating node n0 ... ID: n0\n\t\tAdding device /dev/vdd ... OK\n",
            "\tFound node n1 on cluster c\n\t\tFound device /dev/vdd\n"
        )
    );
    assert!(!asked.iter().any(|line| line.starts_with("POST /clusters")), "{asked:?}");
    assert!(asked[3].starts_with("POST /nodes ") && asked[3].contains(r#""cluster":"c""#), "{asked:?}");
    let (ran, _) = against(&["topology", "load", "--dry-run", "-j", &path], known());
    assert_eq!(
        ran.out,
        concat!(
            "\tWould create node n0 on cluster c\n\t\tWould add device /dev/vdd\n",
            "\tFound node n1 on cluster c\n\t\tFound device /dev/vdd\n",
            "Nothing was changed. A load adds: 0 clusters, 1 node, 1 device\n"
        )
    );
    let (ran, _) = against(&["topology", "diff", "-j", &path], known());
    assert_eq!(ran.out, "+ node n0 in zone 1 of cluster c\n+ device /dev/vdd on n0\n");
}

#[test]
fn where_a_new_node_belongs_has_to_be_told_before_anything_is_added() {
    let check = |file: &[&[&str]], known: &[(&str, &[&str])], doubt: &str| {
        let file = entries(file);
        let path = file.path().display().to_string();
        let told = format!(
            "Error: Unable to tell which cluster new nodes belong to\n{path}: {doubt}: list new nodes in an entry with nodes \
             of one cluster, and all nodes of that cluster in the same entry\nNothing was added.\n"
        );
        for line in [&["topology", "load", "-j", &path][..], &["topology", "load", "--dry-run", "-j", &path]]
        {
            let (ran, asked) = against(line, clusters(known));
            assert_eq!(
                (ran.status, ran.out.as_str(), ran.err.as_str()),
                (255, "", told.as_str()),
                "{line:?}"
            );
            assert!(asked.iter().all(|line| line.starts_with("GET ")), "{asked:?}");
        }
        let (ran, _) = against(&["topology", "diff", "-j", &path], clusters(known));
        assert!(ran.status == 0 && ran.out.starts_with(&format!("! {doubt}: list")), "{}", ran.out);
    };
    check(
        &[&["n0", "n1", "n2"]],
        &[("a", &["n1"]), ("b", &["n2"])],
        "clusters[0]: n0 may be in any of several clusters, as its other nodes are in clusters a and b",
    );
    check(
        &[&["n1"], &["n2", "n3"]],
        &[("a", &["n1", "n2"])],
        "clusters[1]: n3 may be in any of several clusters, as cluster a has nodes of clusters[0] as well",
    );
    // Without new nodes there is nothing to be in doubt about.
    let file = entries(&[&["n1", "n2"]]);
    let answers = || {
        let mut answers = clusters(&[("a", &["n1"]), ("b", &["n2"])]);
        answers.extend([json(r#"{"id":"a"}"#), json(r#"{"id":"b"}"#)]);
        answers
    };
    let path = file.path().display().to_string();
    let (ran, _) = against(&["topology", "load", "-j", &path], answers());
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    let stub = Stub::new(answers());
    let told = format!("{path}: clusters[0]: its nodes are in clusters a and b\n");
    assert_eq!(run_with(&["topology", "load", "-j", &path], &stub.url, true).err, told);
}

#[test]
fn keys_that_nothing_reads_are_told_with_what_was_meant() {
    let file = file(concat!(
        r#"{"_comment":"x","clusters":[{"Nodes":[{"node":{"hostnames":{"manage":["n1"],"storage":["n1"]},"zone":1,"#,
        r#""zones":2,"tags":{"any":"key"}},"device":["/dev/vdd"],"colour":1,"devices":[{"name":"/dev/vdd","destroyData":true,"#,
        r#""destroy_data":true}]}]}]}"#
    ));
    let path = file.path().display().to_string();
    let told = [
        "clusters[0].Nodes[0].colour is not read",
        "clusters[0].Nodes[0].device is not read; did you mean devices?",
        "clusters[0].Nodes[0].devices[0].destroy_data is not read; did you mean destroydata?",
        "clusters[0].Nodes[0].node.zones is not read; did you mean zone?",
    ];
    let empty = || vec![json(r#"{"clusters":[]}"#)];
    for line in [&["topology", "load", "--dry-run", "-j", &path][..], &["topology", "diff", "-j", &path]] {
        let (ran, _) = against(line, empty());
        let mut lines: Vec<&str> = ran.err.lines().collect();
        lines.sort_unstable();
        assert_eq!(lines, told.map(|line| format!("{path}: {line}")), "{line:?}");
        assert_eq!(ran.status, 0);
        assert!(!ran.out.contains("not read"), "{}", ran.out);
    }
}
