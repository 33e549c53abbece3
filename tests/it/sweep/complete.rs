//! Nothing is left out of the sweep: whatever changes something on peers is asked for, and whatever is sent for it meets
//! faults.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use serde_json::Value;

use super::begin::Begin;
use super::changes::Change;
use super::side_by_side;

/// Routes that change something and send no command to a peer.
const WITHOUT_COMMANDS: &[(&str, &str)] = &[
    ("POST /admin", "a state of the server, for as long as it runs"),
    ("POST /clusters", "one transaction: a cluster is nothing on peers"),
    ("DELETE /clusters/{id}", "one transaction: only an empty one goes"),
    ("POST /clusters/{id}/flags", "one transaction"),
    ("POST /devices/{id}/tags", "one transaction"),
    ("POST /nodes/{id}/tags", "one transaction"),
    ("DELETE /findings/{id}", "one transaction"),
    ("POST /internal/logging", "a state of the server, for as long as it runs"),
    ("POST /volumes/{id}/block-restriction", "one transaction: no peer hears of it"),
];

/// Those that change something although they are asked with GET.
const CHANGING_GETS: [&str; 1] = ["GET /devices/{id}/resync"];

/// Commands that no clean run needs.
const NOT_IN_CLEAN_RUNS: &[(&str, &str)] = &[
    (
        "gluster volume heal",
        "only what is left for a minute; its faults are in operations/steps/tests/heal.rs",
    ),
    (
        "gluster volume remove-brick",
        "takes lost bricks out of what is to go; its faults are in gone/unwanted.rs",
    ),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_route_that_changes_something_on_peers_is_swept() {
    let text = fs::read_to_string(root().join("openapi/openapi.json")).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let routes = document["paths"].as_object().unwrap().iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    let is_changing = |route: &String| match route.split(' ').next() {
        Some("GET") => CHANGING_GETS.contains(&route.as_str()),
        method => matches!(method, Some("POST" | "PUT" | "DELETE" | "PATCH")),
    };
    let changing: BTreeSet<String> = routes.filter(is_changing).collect();
    let swept: BTreeSet<String> = Change::ALL.iter().map(|change| change.request("").route()).collect();
    let excused: BTreeSet<String> = WITHOUT_COMMANDS.iter().map(|(route, _)| (*route).to_owned()).collect();
    assert!(swept.is_disjoint(&excused));
    assert_eq!(changing, swept.union(&excused).cloned().collect());
}

/// The names in the list of all kinds of operations, as jobs show them.
fn kinds_of_operations() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("src/model/operation.rs")).unwrap();
    let name = Regex::new(r#"OperationKind::\w+ => "([a-z-]+)""#).unwrap();
    name.captures_iter(&text).map(|found| found[1].to_owned()).collect()
}

#[test]
fn every_kind_of_operation_is_swept() {
    let begin = Begin::shared();
    let swept: BTreeSet<String> =
        side_by_side(Change::ALL, |change| begin.clean(*change, |clean| clean.kinds.clone()))
            .into_iter()
            .flatten()
            .collect();
    let all = kinds_of_operations();
    assert!(all.len() >= 15, "{all:?}");
    let missing: Vec<_> = all.difference(&swept).collect();
    assert!(missing.is_empty(), "{missing:?} are in no job of a change that is swept: {swept:?}");
}

#[test]
fn every_kind_of_changing_command_is_met_by_clean_runs() {
    let begin = Begin::shared();
    let kinds = |change: &Change| {
        begin.clean(*change, |clean| clean.sent.iter().filter_map(|one| one.kind()).collect::<Vec<_>>())
    };
    let met: BTreeSet<String> = side_by_side(Change::ALL, kinds).into_iter().flatten().collect();
    let built = built();
    let excused: BTreeMap<&str, &str> = NOT_IN_CLEAN_RUNS.iter().copied().collect();
    let missing: Vec<_> =
        built.difference(&met).filter(|kind| !excused.contains_key(kind.as_str())).collect();
    assert!(missing.is_empty(), "no change that is swept sends {missing:?}");
    let needless: Vec<_> =
        excused.keys().filter(|kind| met.contains(**kind) || !built.contains(**kind)).collect();
    assert!(needless.is_empty(), "{needless:?} need no excuse");
}

/// All files of the executor that make commands.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !matches!(name.as_str(), "sim" | "ssh" | "faulty") {
            sources(&path, found);
        } else if path.is_file() && !matches!(name.as_str(), "tests.rs" | "command.rs" | "measured.rs") {
            found.push(path);
        }
    }
}

/// The kinds of commands which change something that the executor can make.
fn built() -> BTreeSet<String> {
    let mut files = Vec::new();
    sources(&root().join("src/executor"), &mut files);
    let mut kinds = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        kinds.extend(kinds_in(text.split("#[cfg(test)]").next().unwrap()));
    }
    assert!(kinds.contains("lvm lvcreate") && kinds.contains("gluster volume start"), "{kinds:?}");
    kinds
}

/// The kinds in a file: the words behind each call that begins a command. Functions called `change`, and one that is for
/// snapshots, begin those of their callers.
fn kinds_in(code: &str) -> Vec<String> {
    let code = code.split_whitespace().collect::<Vec<_>>().join(" ").replace(" .", ".");
    let ways = [
        (r#"Command::change\("([\w.]+)""#, ""),
        (r#"[^:_\w]change\(settings, "(\w+)""#, "lvm "),
        (r#"[^:_\w]change\(settings, [^"]*?\)\.args\(\["((?:--xml", ")?\w+", "?[\w-]+)"#, "gluster "),
        (r#"[^_\w]snapshot\(settings, plan, "(\w+)""#, "gluster snapshot "),
        (r#"[^:_\w]change\(plan\)\.args\(\["(\w+)""#, "gluster-block "),
    ];
    let mut kinds = Vec::new();
    for (way, before) in ways {
        let way = Regex::new(way).unwrap();
        for found in way.captures_iter(&code) {
            let words = found[1].replace("--xml", "").replace(['"', ','], " ");
            kinds.push(format!("{before}{}", words.split_whitespace().collect::<Vec<_>>().join(" ")));
        }
    }
    // The command lines that all of one program have in common, and the beginning of what is done to snapshots.
    kinds.retain(|kind| !matches!(kind.as_str(), "gluster" | "gluster snapshot what"));
    let begun = Regex::new(r"[^_\w](?:change|snapshot)\(").unwrap().find_iter(&code).count();
    let declared = Regex::new(r"fn (?:change|snapshot)\(").unwrap().find_iter(&code).count();
    let of_helpers = Regex::new(
        r#"Command::change\((?:PROGRAM|LVM|wrapper|"gluster")|args\(\["--xml", "snapshot", what\]"#,
    );
    let of_helpers = of_helpers.unwrap().find_iter(&code).count();
    assert_eq!(
        begun,
        kinds.len() + declared + of_helpers,
        "commands are begun in a new way in\n{code}\n{kinds:?}"
    );
    kinds
}
