//! What the peers have against what the database says, after somebody did something by hand.

mod bricks;
mod disks;
mod peers;
mod volumes;

use mortar::executor::sim::Action;
use serde_json::{Value, json};

use crate::support::operator::replica_3;
use crate::support::{Lab, Reply};

const PATH: &str = "/internal/state/examine/gluster";
const MATCHES: &str = "heketi volume list matches with volume list of all nodes";

/// heketi's first line while nothing else is under way.
const IDLE: &str = "OnDemand Examiner invoked while 0 ops are in flight";

#[track_caller]
fn examine(lab: &Lab) -> Value {
    let Reply { status, text, .. } = lab.get(PATH);
    assert_eq!(status, 200, "{text}");
    serde_json::from_str(&text).unwrap()
}

fn report(found: &Value) -> Vec<String> {
    found["report"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
}

/// The lines that are not heketi's.
#[track_caller]
fn ours(lab: &Lab) -> Vec<String> {
    let is_heketis = |line: &String| {
        line.starts_with("OnDemand ")
            || line.starts_with("could not fetch ")
            || line.starts_with("heketi volume list ")
    };
    report(&examine(lab)).into_iter().filter(|line| !is_heketis(line)).collect()
}

/// The only line that is not heketi's.
#[track_caller]
fn only_line(lab: &Lab) -> String {
    let mut lines = ours(lab);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    lines.remove(0)
}

/// The nodes of the only cluster.
fn nodes(found: &Value) -> Vec<Value> {
    let clusters = found["clusters"].as_array().unwrap();
    assert_eq!(clusters.len(), 1, "{found}");
    clusters[0]["NodesData"].as_array().unwrap().clone()
}

fn run(program: &str, args: &[&str]) -> Action {
    let args = args.iter().map(|arg| (*arg).to_owned()).collect();
    Action::Run { program: program.to_owned(), args, stdin: String::new() }
}

fn gluster(args: &[&str]) -> Action {
    run("gluster", &[&["--mode=script"], args].concat())
}

/// Three peers with a volume `letters` on them.
fn lab_with_letters() -> (Lab, mortar::api::VolumeInfo) {
    let lab = Lab::with_three_peers();
    let mut wanted = replica_3(10);
    wanted["name"] = json!("letters");
    let made = lab.create(&wanted).unwrap();
    (lab, made)
}
