//! Whole command lines against canned answers: output, exit status, requests.

mod errors;
mod people;
mod server;
mod storage;
mod topology;

use super::*;
use crate::client::stub::{Stub, answer, json};

/// What a run left behind.
struct Ran {
    status: u8,
    out: String,
    err: String,
}

fn run_with(arguments: &[&str], server: &str, explain: bool) -> Ran {
    run_on(arguments, server, explain, None)
}

fn run_on(arguments: &[&str], server: &str, explain: bool, screen: Option<Screen>) -> Ran {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let variable = |name: &str| match name {
        "HEKETI_CLI_SERVER" => Some(OsString::from(server)),
        _ => None,
    };
    let surroundings = Surroundings { variable: &variable, explain, screen, out: &mut out, err: &mut err };
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
    check("help volume -v", "Error: unknown shorthand flag: 'v' in -v\n");
    check("setup-openshift-heketi-storage --durability=raid", "Error: raid is not a valid durability type\n");
    check("volume list --jsom", "Error: unknown flag: --jsom\n");
    check("man", "Error: Missing directory for the manual pages\n");
    check("topology diff", "Error: Missing configuration file\n");
    check("volume create", "Error: Missing volume size\n");
    check("volume create --size=0x0", "Error: Missing volume size\n");
    check(
        "volume create --size=1 --persistent-volume",
        "--persistent-volume-endpoint must be provided when using --persistent-volume\nError: Missing endpoint\n",
    );
    check("volume create --size=1 --snapshot-factor=1e300", "Error: json: unsupported value: +Inf\n");
    check(
        "volume create --size=",
        "Error: invalid argument \"\" for \"--size\" flag: strconv.ParseInt: parsing \"\": invalid syntax\n",
    );
    check("volume expand --expand-size=1", "Error: Missing volume id\n");
    check("volume clone --name=x", "Error: Volume id missing\n");
    check("volume set-block-hosting-restriction locked", "Error: Volume id missing\n");
    check("blockvolume create", "Error: Missing volume size\n");
    check("blockvolume create --size=1 --ha=-1", "Error: Invalid HA count\n");
    check("blockvolume info", "Error: Volume id missing\n");
    check("blockvolume delete", "Error: Volume id missing\n");
    check("blockvolume expand --new-size=3", "Error: Missing block volume id\n");
    check("blockvolume expand b", "Error: Missing block volume net new size\n");
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
fn words_that_a_command_has_no_use_for_end_it_before_anything_is_sent() {
    let check = |line: &str, word: &str, advice: &str| {
        let ran = alone(&line.split(' ').collect::<Vec<_>>());
        let told = format!("Error: too many arguments: \"{word}\"\n{advice}. Nothing was sent.\n");
        assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (255, "", told.as_str()), "{line}");
    };
    check("volume delete a b", "b", "`volume delete` takes one at a time");
    check("node remove a --json b c", "b", "`node remove` takes one at a time");
    check("volume list data", "data", "`volume list` takes flags only, see `volume list --help`");
    check(
        "volume create data --size=1",
        "data",
        "`volume create` takes flags only, see `volume create --help`",
    );
    let file = "`topology load` takes flags only: the file is given as --json=t.json";
    check("topology load t.json", "t.json", file);
    let equals = |flag: &str| {
        format!("The value of a flag that is true or false stands behind an equals sign: --{flag}=false")
    };
    check("cluster create --block false", "false", &equals("block"));
    check(
        "device remove d --expert-option-disable-heal-check false",
        "false",
        &equals("expert-option-disable-heal-check"),
    );
    // That is what the flag says anyway.
    let (ran, asked) = against(
        &["cluster", "create", "--block", "true", "--file=false"],
        vec![answer("201 Created", &[], r#"{"id":"c"}"#)],
    );
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert_eq!(asked, [r#"POST /clusters {"block":true,"file":false}"#]);
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
    assert_eq!(alone(&["help", "cluster", "bogus"]).out, alone(&["cluster"]).out);
    for line in [&["help", "nosuch"][..], &["help", "nosuch", "more"]] {
        let ran = alone(line);
        let told = format!("Unknown help topic [`{}`]\n", line[1..].join("` `"));
        assert_eq!((ran.status, ran.out.as_str()), (0, ""));
        assert!(ran.err.starts_with(&told) && ran.err.contains("blockvolume"), "{}", ran.err);
    }
    // What stands behind `--` is no command.
    let ended = alone(&["--", "volume", "list"]);
    assert_eq!((ended.status, ended.err), (0, alone(&[]).err));
    let listed = alone(&["--help"]).out;
    let (_, commands) = listed.split_once("Commands:\n").unwrap();
    let names: Vec<&str> = commands.lines().map_while(|line| line.split_whitespace().next()).collect();
    assert!(names.is_sorted() && names.contains(&"brick"), "{names:?}");
    let empty = alone(&["-C", "", "cluster", "list"]).err;
    assert!(empty.contains("connection refused"), "{empty}");
    let person = run_with(&["volume", "list", "--jsom"], "", true);
    assert_eq!(person.err, "Error: unknown flag: --jsom\nDid you mean --json?\n");
    for name in ["completion", "help", "setup-openshift-heketi-storage", "loglevel", "--version"] {
        assert!(listed.contains(&format!("  {name}")) || listed.contains(&format!(", {name}")), "{listed}");
    }
    let of_group = alone(&["volume"]).out;
    assert!(
        of_group
            .ends_with("Use \"heketi-cli volume [command] --help\" for more information about a command.\n")
    );
    let of_command = alone(&["volume", "list", "-h"]).out;
    for shown in ["Global Flags:\n", "--insecure-tls", "--json"] {
        assert!(of_command.contains(shown), "{shown}\n{of_command}");
    }
}

#[test]
fn flags_stand_anywhere_and_the_last_one_counts() {
    let info = r#"{"id":"c","nodes":["n"],"volumes":[],"block":true,"file":false,"blockvolumes":[]}"#;
    let lines: [&[&str]; 4] = [
        &["cluster", "info", "c", "--json"],
        &["--json", "cluster", "info", "c"],
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
fn a_set_of_no_bricks_is_an_error() {
    let volume = r#"{"id":"v","durability":{"type":"replicate"},"bricks":[{"id":"1"}]}"#;
    let (ran, _) = against(&["volume", "info", "v"], vec![json(volume)]);
    let told = "Error: the server says that a set of volume v has no bricks\n";
    assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (255, "", told));
}

#[test]
fn people_are_told_which_word_a_group_does_not_know() {
    let ran = run_with(&["device", "frobnicate"], "http://127.0.0.1:1", true);
    assert!(ran.out.contains("resync"), "{}", ran.out);
    let told = "unknown command \"frobnicate\" for \"heketi-cli device\"\n";
    assert_eq!((ran.status, ran.err.as_str()), (0, told));
    let ran = run_with(&["volume", "delet"], "http://127.0.0.1:1", true);
    let told = "unknown command \"delet\" for \"heketi-cli volume\"; did you mean delete?\n";
    assert_eq!((ran.status, ran.err.as_str()), (0, told));
    assert_eq!(run_with(&["device"], "http://127.0.0.1:1", true).err, "");
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
