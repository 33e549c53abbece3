//! A real server that works on the real peers.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::orphans::Orphans;
use crate::peers;
use crate::scenarios::Operator as _;

/// How long anything in the lab may take: emulated peers are slow.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// A directory with a database, and the server on it.
pub struct Server {
    directory: tempfile::TempDir,
    process: Option<Child>,
    port: u16,
    orphans: Mutex<Option<Orphans>>,
    /// Names of hosts that it alone knows.
    hosts: Option<PathBuf>,
    /// What its configuration has beside what all need, by JSON pointers into its section `glusterfs`.
    settings: Vec<(String, Value)>,
}

impl Server {
    /// A server on an empty database that was not started yet.
    pub fn new() -> Server {
        let directory = tempfile::tempdir().expect("a directory");
        Server {
            directory,
            process: None,
            port: 0,
            orphans: Mutex::default(),
            hosts: None,
            settings: Vec::new(),
        }
    }

    /// A started one on peers to which nothing was ever done, with the topology loaded.
    pub fn with_topology() -> Server {
        peers::reset();
        let mut server = Server::new();
        server.start_with_topology();
        server
    }

    /// Starts the server on its database, with faults to inject, or null.
    pub fn start_again(&mut self, faults: &Value) {
        let path = self.path("heketi.json");
        std::fs::write(&path, self.configuration(faults).to_string()).expect("the configuration is written");
        let log = File::options().create(true).append(true).open(self.path("log")).expect("a log");
        let mut process = self
            .program()
            .arg(format!("--config={}", path.display()))
            .arg("--disable-auth")
            .stdout(Stdio::piped())
            .stderr(log.try_clone().expect("a second handle"))
            .spawn()
            .expect("mortard starts");
        let mut lines = BufReader::new(process.stdout.take().expect("its output"));
        self.port = port_of(&mut lines);
        // The log goes on into the file; the thread ends with the server.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut { log }));
        self.process = Some(process);
    }

    /// The same with more patience: emulated peers take minutes for many deletes at once, which is no failure.
    pub fn patient() -> Server {
        peers::reset();
        let mut server = Server::new();
        server.set("/delete_patience", json!(PATIENCE.as_secs()));
        server.start_with_topology();
        server
    }

    /// A value of the section `glusterfs`, by its JSON pointer, from the next start on.
    pub fn set(&mut self, pointer: &str, value: Value) {
        self.settings.push((pointer.to_owned(), value));
    }

    /// From the next start on it knows hosts by these names.
    pub fn call_hosts(&mut self, names: &[(&str, &str)]) {
        let lines: String = names.iter().map(|(name, address)| format!("{address} {name}\n")).collect();
        let file = self.path("hosts");
        std::fs::write(&file, format!("127.0.0.1 localhost\n{lines}")).expect("the names are written");
        self.hosts = Some(file);
    }

    /// Puts a database of heketi's, compressed, where its own would be.
    pub fn put_heketis_database(&self, compressed: &[u8]) {
        let mut database = Vec::new();
        flate2::read::GzDecoder::new(compressed).read_to_end(&mut database).expect("it is whole");
        std::fs::write(self.path("mortar.db"), database).expect("the database is written");
    }

    /// The server, in a place where it finds its own names of hosts.
    fn program(&self) -> Command {
        let server = env!("CARGO_BIN_EXE_mortard");
        let Some(hosts) = &self.hosts else { return Command::new(server) };
        let mut command = Command::new("unshare");
        let script = format!("mount --bind {} /etc/hosts && exec \"$@\"", hosts.display());
        command.args(["--mount", "sh", "-c", &script, "sh", server]);
        command
    }

    fn configuration(&self, faults: &Value) -> Value {
        let executor = if faults.is_null() { "ssh" } else { "inject/ssh" };
        let user = peers::user();
        let sudo = user != "root";
        let mut section = json!({"executor": executor, "db": self.path("mortar.db"), "loglevel": "debug",
               "injectexec": faults, "sshexec": {"keyfile": peers::key(), "user": user, "sudo": sudo}});
        for (pointer, value) in &self.settings {
            let (above, key) = pointer.rsplit_once('/').expect("a JSON pointer");
            section.pointer_mut(above).expect("a section")[key] = value.clone();
        }
        json!({"glusterfs": section})
    }

    /// A file in the server's directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Notes what it left on the peers when it was killed.
    pub fn leaves(&self, orphans: Orphans) {
        *self.orphans.lock().unwrap_or_else(PoisonError::into_inner) = Some(orphans);
    }

    /// What was noted, until it is asked for.
    pub fn orphans(&self) -> Option<Orphans> {
        self.orphans.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// What the server logged so far.
    pub fn log(&self) -> String {
        let mut text = String::new();
        File::open(self.path("log")).and_then(|mut file| file.read_to_string(&mut text)).expect("the log");
        text
    }

    /// Waits until nothing that was begun is unfinished.
    pub fn rests(&self) {
        self.wait_until("all that was begun to end", || self.get("/operations")["total"] == 0);
    }

    /// Kills the server beside those who use it; [`Server::kill`] is for who has it alone.
    pub fn signal_kill(&self) {
        let Some(process) = &self.process else { return };
        let killed = Command::new("kill").args(["-9", &process.id().to_string()]).status();
        assert!(killed.is_ok_and(|status| status.success()), "it cannot be killed");
    }

    /// Ends the server the hard way, if it runs.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("it can be killed");
            process.wait().expect("it ends");
        }
    }

    /// Waits until the server has ended by itself.
    pub fn wait_until_dead(&mut self) -> ExitStatus {
        let mut process = self.process.take().expect("it runs");
        let begun = Instant::now();
        loop {
            if let Some(status) = process.try_wait().expect("its status") {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "the server goes on: {}", self.log());
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().ok();
            process.wait().ok();
        }
        // A panic in here would end the whole run: a log that is missing is no reason.
        if std::thread::panicking()
            && let Ok(log) = std::fs::read_to_string(self.path("log"))
        {
            let lines: Vec<&str> = log.lines().collect();
            eprintln!("the end of the log:\n{}", lines[lines.len().saturating_sub(60)..].join("\n"));
        }
    }
}

fn port_of(lines: &mut impl std::io::BufRead) -> u16 {
    loop {
        let mut line = String::new();
        assert!(lines.read_line(&mut line).expect("a line") > 0, "the server did not start");
        if let Some(port) = line.trim().strip_prefix("Listening on port ") {
            return port.parse().expect("a port");
        }
    }
}

/// Looks until `holds`.
pub fn wait_until(limit: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < limit, "{what} did not come within {limit:?}");
        std::thread::sleep(Duration::from_millis(200));
    }
}
