//! Every fault but those that kill: a process of its own would be needed.

use std::time::{Duration, Instant};

use super::*;
use crate::executor::LockName;
use crate::executor::sim::{Flavour, SimCluster};

struct Lab {
    directory: tempfile::TempDir,
    peers: Arc<dyn Executor>,
}

fn lab() -> Lab {
    let directory = tempfile::tempdir().unwrap();
    let peers = SimCluster::open(&directory.path().join("peers"), Flavour::Strict).unwrap();
    Lab { directory, peers: Arc::new(peers) }
}

impl Lab {
    fn faulty(&self, config: serde_json::Value) -> Faulty<Arc<dyn Executor>> {
        Faulty::new(self.peers.clone(), serde_json::from_value(config).unwrap()).unwrap()
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).to_str().unwrap().to_owned()
    }
}

fn change(line: &str) -> Command {
    let (program, args) = line.split_once(' ').unwrap();
    let command = Command::change(program, LockName::new("brick", "b"), Duration::from_millis(50));
    command.args(args.split(' '))
}

async fn run(executor: &impl Executor, line: &str) -> Result<Output, RemoteError> {
    executor.run(&Host::new("a").unwrap(), &change(line)).await
}

/// `ok`, or what became of it.
fn word(result: &Result<Output, RemoteError>) -> String {
    match result {
        Ok(output) => format!("ok {}", output.stdout),
        Err(RemoteError::Exited { code, stderr, .. }) => format!("{code} {stderr}"),
        Err(RemoteError::Unreachable { .. }) => "unreachable".to_owned(),
        Err(RemoteError::StillRunning { .. }) => "still running".to_owned(),
        Err(RemoteError::NotLocked { .. }) => "not locked".to_owned(),
        Err(RemoteError::OutcomeUnknown { .. }) => "unknown".to_owned(),
    }
}

#[tokio::test]
async fn faults_happen_as_often_as_they_should() {
    let lab = lab();
    let faults =
        json!([{ "command": "^mkdir /mnt/a", "host": "^a$", "skip": 1, "times": 2, "fault": "unreachable" }]);
    let faulty = lab.faulty(json!({ "faults": faults }));
    let mut words = Vec::new();
    for number in 0..4 {
        words.push(word(&run(&faulty, &format!("mkdir /mnt/a{number}")).await));
    }
    assert_eq!(words, ["ok ", "unreachable", "unreachable", "ok "]);
    assert_eq!(word(&run(&faulty, "test -d /mnt/a1").await), "1 ");
}

#[tokio::test]
async fn each_fault_does_what_its_name_says() {
    let lab = lab();
    let fault =
        |kind: &str| lab.faulty(json!({ "faults": [{ "command": "mkdir", "fault": kind, "stall_ms": 30 }] }));
    let check = async |kind: &str, expected: &str, ran: bool| {
        let (faulty, line) = (fault(kind), format!("mkdir /mnt/{kind}"));
        assert_eq!(word(&run(&faulty, &line).await), expected, "{kind}");
        let found = run(&faulty, &format!("test -d /mnt/{kind}")).await.is_ok();
        assert_eq!(found, ran, "{kind}");
    };
    check("refuse", "1 refused by fault injection\n", false).await;
    check("unreachable", "unreachable", false).await;
    check("lose_reply", "unknown", true).await;
    let started = Instant::now();
    check("stall", "unknown", false).await;
    assert!(started.elapsed() >= Duration::from_millis(30));
    check("garbage", &format!("ok {GARBAGE}"), true).await;
}

#[tokio::test]
async fn a_command_that_is_held_runs_when_the_file_is_gone() {
    let lab = lab();
    let gate = lab.path("gate");
    let faulty = lab.faulty(json!({ "faults": [
        { "command": "mkdir", "fault": "hold", "times": 0, "cond_file": gate }] }));
    std::fs::write(&gate, "").unwrap();
    assert_eq!(word(&run(&faulty, "mkdir /mnt/late").await), "unknown", "its deadline comes first");
    assert_eq!(word(&run(&faulty, "test -d /mnt/late").await), "1 ");
    let patient = change("mkdir /mnt/held").deadline(Duration::from_secs(60));
    let host = Host::new("a").unwrap();
    let mut held = faulty.run(&host, &patient);
    assert!(futures_util::FutureExt::now_or_never(&mut held).is_none());
    assert_eq!(word(&run(&faulty, "test -d /mnt/held").await), "1 ");
    std::fs::remove_file(&gate).unwrap();
    assert_eq!(word(&held.await), "ok ");
    assert_eq!(word(&run(&faulty, "mkdir /mnt/free").await), "ok ");
}

#[tokio::test]
async fn heketis_hooks_answer_as_heketi_does() {
    let lab = lab();
    let flag = lab.path("flag");
    let faulty = lab.faulty(json!({ "command_injection": {
        "commands": [
            { "Cmd": "^mkdir /x", "Reaction": { "Err": "e", "ExitStatus": 5, "ErrOutput": "  no room\n" } },
            { "Cmd": "^mkdir /y", "Reaction": { "Err": "e" } },
            { "Cmd": "^mkdir /z", "CondFile": flag, "Reaction": { "Result": "faked" } },
            { "Cmd": "(", "Reaction": { "Err": "never" } },
        ],
        "results": [
            { "Cmd": "^test", "Result": "^Process exited with status 1$", "Reaction": { "Result": "there" } },
            { "Cmd": "^mkdir /mnt/r", "Result": ".*", "Reaction": { "ForceErr": true, "Result": "{}" } },
        ],
    } }));
    assert_eq!(word(&run(&faulty, "mkdir /x").await), "5   no room\n");
    assert_eq!(word(&run(&faulty, "mkdir /y").await), "1 e");
    assert_eq!(word(&run(&faulty, "mkdir --parents /z").await), "ok ");
    assert_eq!(word(&run(&faulty, "mkdir /z").await), "1 mkdir: cannot create directory '/z': File exists\n");
    std::fs::write(&flag, "").unwrap();
    assert_eq!(word(&run(&faulty, "mkdir /z").await), "ok faked");
    assert_eq!(word(&run(&faulty, "test -d /nothing").await), "ok there");
    assert_eq!(word(&run(&faulty, "mkdir /mnt/r").await), "1 ");
    assert_eq!(word(&run(&lab.peers.clone(), "test -d /mnt/r").await), "ok ");
}

#[tokio::test]
async fn commands_are_recorded_and_spent_faults_stay_spent() {
    let lab = lab();
    let config =
        json!({ "record": lab.path("record"), "faults": [{ "command": "mkdir", "fault": "unreachable" }] });
    assert_eq!(word(&run(&lab.faulty(config.clone()), "mkdir /mnt/a").await), "unreachable");
    assert_eq!(word(&run(&lab.faulty(config), "mkdir /mnt/a").await), "ok ");
    let record = std::fs::read_to_string(lab.path("record")).unwrap();
    assert_eq!(
        record.lines().next().unwrap(),
        r#"{"changing":true,"command":"mkdir /mnt/a","host":"a","words":["mkdir","/mnt/a"]}"#
    );
    assert_eq!(record.lines().count(), 2);
}

#[tokio::test]
async fn a_late_command_holds_its_lock_until_it_has_run() {
    let lab = lab();
    let file = lab.path("late");
    late::postpone(Path::new(&file), &Host::new("a").unwrap(), &change("mkdir /mnt/late"), 500).unwrap();
    let faulty = lab.faulty(json!({ "late_file": file }));
    assert_eq!(word(&run(&faulty, "mkdir /mnt/late").await), "still running");
    let look = Command::look("test").args(["-d", "/mnt/late"]);
    let host = Host::new("a").unwrap();
    assert!(faulty.run(&host, &look).await.is_err());
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(run(&faulty, "mkdir /mnt/late").await.is_err_and(|error| error.stderr().is_some()));
    assert!(faulty.run(&host, &look).await.is_ok());
    assert!(!Path::new(&file).exists());
}

#[test]
fn a_late_fault_needs_a_file() {
    let config = serde_json::from_value(json!({ "faults": [{ "command": "x", "fault": "late" }] })).unwrap();
    assert!(matches!(Faulty::new(lab().peers, config), Err(FaultyError::NoLateFile)));
}

/// Runs in a process of its own, which it kills.
#[tokio::test]
#[ignore = "started by another test"]
async fn dies() {
    let file = |name: &str| Path::new(&std::env::var("FAULTY_TEST").unwrap()).join(name);
    let peers = SimCluster::open(&file("peers"), Flavour::Strict).unwrap();
    let config = json!({ "record": file("record"), "faults": [
        { "command": "/mnt/after", "fault": "kill_after" },
        { "command": "/mnt/before", "fault": "kill_before" },
        { "command": "/mnt/late", "fault": "late", "late_ms": 1 },
    ] });
    let faulty = Faulty::new(peers, serde_json::from_value(config).unwrap()).unwrap();
    for line in ["mkdir /mnt/after", "mkdir /mnt/before", "mkdir /mnt/late", "mkdir /mnt/end"] {
        drop(run(&faulty, line).await);
    }
    // The late one has been waiting since this process began.
    tokio::time::sleep(Duration::from_millis(300)).await;
}

#[test]
fn a_killed_server_leaves_what_had_happened() {
    use std::os::unix::process::ExitStatusExt;
    let lab = lab();
    let there = |name: &str| {
        let dump = crate::executor::sim::SimPeers::read(Path::new(&lab.path("peers"))).unwrap();
        dump.hosts.values().any(|host| host.root.iter().any(|path| path.ends_with(name)))
    };
    let again = || {
        let mut test = std::process::Command::new(std::env::current_exe().unwrap());
        test.args(["--ignored", "--exact", "executor::faulty::tests::dies"])
            .env("FAULTY_TEST", lab.directory.path());
        test.output().unwrap().status
    };
    assert_eq!(again().signal(), Some(9));
    assert!(there("after") && !there("before"));
    assert_eq!(again().signal(), Some(9));
    assert!(!there("before") && !there("late"));
    assert_eq!(again().signal(), Some(9));
    assert!(there("before") && !there("late") && Path::new(&lab.path("record.late")).exists());
    assert!(again().success());
    assert!(there("late") && there("end") && !Path::new(&lab.path("record.late")).exists());
}
