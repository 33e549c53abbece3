//! Creating and deleting a volume on the three peers of the lab: through the server, and with the same commands
//! sent by a script, in turn. Run it inside the lab's network: `tests/lab/vm/lab exec cargo bench --bench lab`.
//! `PAIRS` says how many of each; nothing is asserted.

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use common::{Connection, Server, VOLUME, quantile};
use serde_json::{Value, json};

const HOSTS: [&str; 3] = ["10.10.10.17", "10.10.10.18", "10.10.10.19"];
const DISK: &str = "/dev/vdd";
const PAIRS: usize = 7;

fn main() -> Result<()> {
    let pairs = std::env::var("PAIRS").ok().and_then(|text| text.parse().ok()).unwrap_or(PAIRS);
    // A short path: ssh's sockets are below it.
    let directory = tempfile::Builder::new().prefix("mb").tempdir_in("/tmp")?;
    let key = key()?;
    // Others may have used the peers before, and left volumes on them.
    lab(&["reset"])?;
    let server = Server::start(
        directory.path(),
        &json!({ "executor": "ssh", "sshexec": { "keyfile": key, "user": "root", "host_keys": "do-not-check" } }),
    )?;
    let mut connection = server.connect()?;
    let devices = topology(&mut connection)?;
    let by_hand = ByHand { key, sockets: directory.path().join("s"), devices };
    std::fs::create_dir(&by_hand.sockets)?;
    by_hand.run(&["open"])?;
    // One of each that does not count.
    through_server(&mut connection)?;
    by_hand.pair("bench-warm")?;
    let (mut ours, mut theirs) = (Measured::default(), Measured::default());
    for number in 1..=pairs {
        let took = through_server(&mut connection)?;
        let script = by_hand.pair(&format!("bench-{number}"))?;
        report(&format!("pair {number}"), took, script);
        ours.add(took);
        theirs.add(script);
    }
    report("medians", ours.medians(), theirs.medians());
    println!("memory of the server  {:.1} MiB", server.resident_kib()? as f64 / 1024.0);
    by_hand.run(&["close"])
}

/// The key of the lab, from the environment or from `lab env`.
fn key() -> Result<PathBuf> {
    if let Some(key) = std::env::var_os("LAB_SSH_KEY") {
        return Ok(key.into());
    }
    let environment = lab(&["env"])?;
    let line = environment.lines().find_map(|line| line.strip_prefix("LAB_SSH_KEY="));
    Ok(line.context("`lab env` names no key")?.trim_matches('"').into())
}

/// Runs the lab's program; what it printed.
fn lab(arguments: &[&str]) -> Result<String> {
    let output = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/vm/lab"))
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(output.status.success(), "`lab {}` failed; run `tests/lab/vm/lab up`", arguments.join(" "));
    Ok(String::from_utf8(output.stdout)?)
}

/// One cluster of the three peers, a disk each. Returns the ids of the devices.
fn topology(connection: &mut Connection) -> Result<Vec<String>> {
    let made = connection.ask("POST", "/clusters", r#"{"file": true, "block": true}"#)?;
    let made: Value = serde_json::from_slice(&made.body)?;
    let cluster = made["id"].as_str().context("POST /clusters gave no id")?;
    let mut devices = Vec::new();
    for (host, zone) in HOSTS.iter().zip(1..) {
        let names = json!({ "manage": [host], "storage": [host] });
        let node = json!({ "zone": zone, "hostnames": names, "cluster": cluster }).to_string();
        let (_, path) = connection.change("POST", "/nodes", &node)?;
        let id = path.trim_start_matches("/nodes/");
        connection.change("POST", "/devices", &json!({ "name": DISK, "node": id }).to_string())?;
        let node: Value = serde_json::from_slice(&connection.ask("GET", &path, "")?.body)?;
        devices.push(node["devices"][0]["id"].as_str().context("the node has no device")?.to_owned());
    }
    Ok(devices)
}

/// How long a create took, and the delete after it.
type Pair = (Duration, Duration);

fn through_server(connection: &mut Connection) -> Result<Pair> {
    let (create, volume) = connection.change("POST", "/volumes", VOLUME)?;
    let (delete, _) = connection.change("DELETE", &volume, "")?;
    Ok((create, delete))
}

/// The script beside this file.
struct ByHand {
    key: PathBuf,
    sockets: PathBuf,
    devices: Vec<String>,
}

impl ByHand {
    fn run(&self, arguments: &[&str]) -> Result<()> {
        let status = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/by-hand"))
            .args(arguments)
            .env("LAB_SSH_KEY", &self.key)
            .env("BY_HAND", &self.sockets)
            .stdin(Stdio::null())
            .status()?;
        ensure!(status.success(), "`benches/by-hand {}` failed", arguments.join(" "));
        Ok(())
    }

    fn pair(&self, name: &str) -> Result<Pair> {
        Ok((self.timed("create", name)?, self.timed("delete", name)?))
    }

    fn timed(&self, what: &str, name: &str) -> Result<Duration> {
        let places: Vec<String> =
            HOSTS.iter().zip(&self.devices).map(|(host, device)| format!("{host}={device}")).collect();
        let mut arguments = vec![what, name];
        arguments.extend(places.iter().map(String::as_str));
        let begun = Instant::now();
        self.run(&arguments)?;
        Ok(begun.elapsed())
    }
}

#[derive(Default)]
struct Measured {
    creates: Vec<Duration>,
    deletes: Vec<Duration>,
}

impl Measured {
    fn add(&mut self, (create, delete): Pair) {
        self.creates.push(create);
        self.deletes.push(delete);
    }

    fn medians(&self) -> Pair {
        (quantile(&self.creates, 0.5), quantile(&self.deletes, 0.5))
    }
}

fn report(what: &str, server: Pair, script: Pair) {
    let line = |change: &str, server: Duration, script: Duration| {
        let (server, script) = (server.as_secs_f64(), script.as_secs_f64());
        println!(
            "{what}: {change}  server {server:.2} s, by hand {script:.2} s, ratio {:.2}",
            server / script
        );
    };
    line("create", server.0, script.0);
    line("delete", server.1, script.1);
}
