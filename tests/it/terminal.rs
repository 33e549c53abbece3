//! What a person sees at a terminal while a job runs, and what a script does not.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::operator::{assert_says, replica_3};
use crate::support::{Lab, settled};

const SOON: Duration = Duration::from_secs(60);

/// A server whose peers stand still when they are to make a gluster volume.
fn lab_that_waits() -> Lab {
    let mut lab = Lab::with_three_peers();
    lab.stop();
    lab.hold(&["gluster .*volume create"]);
    lab.start();
    lab
}

/// Runs a command line of the shell in the lab's folder; a terminal is what `script` makes one.
fn shell(lab: &Lab, line: &str, is_terminal: bool) -> Child {
    let mut command = if is_terminal {
        let mut script = Command::new("script");
        // Nothing is kept back, so that it can be waited for.
        script.args(["--quiet", "--return", "--flush", "--command", line, "typescript"]);
        script
    } else {
        let mut sh = Command::new("sh");
        sh.args(["-c", &format!("({line}) > typescript 2>&1")]);
        sh
    };
    command.current_dir(lab.path()).env_remove("MORTAR_EXPLAIN").env("TERM", "xterm").env("SHELL", "/bin/sh");
    command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap()
}

fn create(lab: &Lab) -> String {
    let client = env!("CARGO_BIN_EXE_mortar");
    format!("{client} --server={} volume create --size=10 --replica=3 --name=data > answer", lab.url())
}

/// What was written where standard error goes.
fn written(lab: &Lab) -> String {
    let bytes = fs::read(lab.path().join("typescript")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn a_terminal_shows_the_running_step_and_is_clean_at_the_end() {
    let lab = lab_that_waits();
    let mut client = shell(&lab, &create(&lab), true);
    let step = "creating gluster volume data";
    assert!(settled(SOON, || written(&lab).contains(step)), "{:?}", written(&lab));
    lab.open_gate();
    assert!(client.wait().unwrap().success(), "{:?}", written(&lab));
    let written = written(&lab);
    let (_, cleared) = written.rsplit_once("\r\u{1b}[2K").unwrap();
    // What follows is of `script` itself.
    assert!(cleared.trim_start().starts_with("Script done"), "{written:?}");
    assert_says(&fs::read_to_string(lab.path().join("answer")).unwrap(), &["Name: data\nSize: 10\n"]);
}

#[test]
fn where_there_is_no_terminal_nothing_of_it_is_written() {
    let lab = lab_that_waits();
    let mut client = shell(&lab, &create(&lab), false);
    assert!(settled(SOON, || lab.was_polled()), "{}", lab.get("/metrics").text);
    lab.open_gate();
    assert!(client.wait().unwrap().success(), "{:?}", written(&lab));
    assert_eq!(written(&lab), "");
    assert_says(&fs::read_to_string(lab.path().join("answer")).unwrap(), &["Name: data\nSize: 10\n"]);
}

#[test]
fn a_load_shows_the_running_step_behind_its_line_and_takes_it_away() {
    let mut lab = Lab::new();
    lab.hold(&["vgcreate"]);
    lab.start();
    let client = env!("CARGO_BIN_EXE_mortar");
    let topology = concat!(env!("CARGO_MANIFEST_DIR"), "/topology/lab.json");
    let line = format!("{client} --server={} topology load --json={topology}", lab.url());
    let mut load = shell(&lab, &line, true);
    let shown = "Adding device /dev/vdd ... \u{1b}7preparing /dev/vdd on 10.10.10.17";
    assert!(settled(SOON, || written(&lab).contains(shown)), "{:?}", written(&lab));
    lab.open_gate();
    assert!(load.wait().unwrap().success(), "{:?}", written(&lab));
    assert_says(&written(&lab), &["\u{1b}8\u{1b}[KOK"]);
}

#[test]
fn lists_are_tables_on_a_terminal_and_heketi_clis_lines_elsewhere() {
    let lab = Lab::with_three_peers();
    let made = lab.create(&replica_3(10)).unwrap();
    let client = env!("CARGO_BIN_EXE_mortar");
    let list = format!("{client} --server={} volume list", lab.url());
    for (line, coloured) in [(list.clone(), true), (format!("NO_COLOR=1 {list}"), false)] {
        assert!(shell(&lab, &line, true).wait().unwrap().success(), "{:?}", written(&lab));
        let shown = written(&lab);
        assert_says(&shown, &["NAME", "DURABILITY", &made.id, "replicate"]);
        assert_eq!(shown.contains("\u{1b}[1m"), coloured, "{shown:?}");
    }
    assert!(shell(&lab, &list, false).wait().unwrap().success(), "{:?}", written(&lab));
    let line = format!("Id:{:<35} Cluster:{:<35} Name:{}\n", made.id, made.cluster, made.name);
    assert_eq!(written(&lab), line);
}

#[test]
fn a_name_in_the_place_of_an_id_is_told_with_the_id_at_a_terminal_only() {
    let lab = Lab::with_three_peers();
    let mut body = replica_3(1);
    body["name"] = "data".into();
    let made = lab.create(&body).unwrap();
    let client = format!("{} --server={}", env!("CARGO_BIN_EXE_mortar"), lab.url());
    for (line, told) in [
        ("volume delete data".to_owned(), format!("data is volume {}", made.id)),
        (
            "node info 10.10.10.18".to_owned(),
            format!("10.10.10.18 is node {}", lab.node_of("10.10.10.18").id),
        ),
        ("device info /dev/vdd".to_owned(), "3 have that name: device ".to_owned()),
        (
            "volume create --size=1 --name=data".to_owned(),
            format!("cluster {} has it as volume {}", made.cluster, made.id),
        ),
        ("volume create --size=1 --durability=raid".to_owned(), "none, replicate or disperse".to_owned()),
    ] {
        let line = format!("{client} {line}");
        assert_eq!(shell(&lab, &line, true).wait().unwrap().code(), Some(255));
        assert_says(&written(&lab), &["Error: ", &told]);
        assert_eq!(shell(&lab, &line, false).wait().unwrap().code(), Some(255));
        let said = written(&lab);
        assert!(said.starts_with("Error: ") && said.lines().count() == 1, "{said}");
    }
    assert_eq!(lab.volumes(), [made.id]);
}
