//! A real server process in a folder of its own, on simulated peers.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use mortar::client::Trust;
use mortar::executor::sim::{Action, ControlOp, SimHandle, SimPeers};
use serde_json::{Value, json};
use tempfile::TempDir;

const SERVER: &str = env!("CARGO_BIN_EXE_mortard");
const CLIENT: &str = env!("CARGO_BIN_EXE_mortar");
const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(40);
pub(super) const PAUSE: Duration = Duration::from_millis(10);

/// A server, its folder and its peers.
pub struct Lab {
    folder: TempDir,
    process: Option<Child>,
    port: u16,
    inject: Option<Value>,
    keys: Option<(String, String)>,
    alone: bool,
    variables: Vec<(&'static str, OsString)>,
    settings: Vec<(String, Value)>,
    top_settings: Vec<(String, Value)>,
    database: Option<PathBuf>,
    /// The size in KiB of the disk that the database has for itself.
    disk_kib: Option<u32>,
    /// How many files and connections it may have open.
    descriptors: Option<u32>,
    /// The certificates that its clients believe, where it speaks TLS.
    certificates: Option<PathBuf>,
}

impl Lab {
    /// A server in an empty folder; not started yet.
    pub fn new() -> Lab {
        Lab {
            folder: tempfile::tempdir().unwrap(),
            process: None,
            port: 0,
            inject: None,
            keys: None,
            alone: false,
            variables: Vec::new(),
            settings: Vec::new(),
            top_settings: Vec::new(),
            database: None,
            disk_kib: None,
            descriptors: None,
            certificates: None,
        }
    }

    /// A started server.
    pub fn started() -> Lab {
        let mut lab = Lab::new();
        lab.start();
        lab
    }

    /// A copy of the folder of a server that does not run.
    pub fn copied_from(other: &Path) -> Lab {
        let lab = Lab::new();
        for entry in fs::read_dir(other).unwrap() {
            let entry = entry.unwrap();
            if !entry.file_name().to_string_lossy().ends_with(".log") {
                fs::copy(entry.path(), lab.path().join(entry.file_name())).unwrap();
            }
        }
        lab
    }

    /// Faults from the next start on; `None` for none.
    pub fn inject(&mut self, inject: Option<Value>) {
        self.inject = inject;
    }

    /// Keys of `admin` and `user` from the next start on.
    pub fn keys(&mut self, admin: &str, user: &str) {
        self.keys = Some((admin.to_owned(), user.to_owned()));
    }

    /// No keys from the next start on.
    pub fn no_keys(&mut self) {
        self.keys = None;
    }

    /// One connection has the database to itself from the next start on, as on a network file system.
    pub fn database_alone(&mut self) {
        self.alone = true;
    }

    /// An environment variable from the next start on.
    pub fn variable(&mut self, name: &'static str, value: &OsStr) {
        self.variables.push((name, value.to_owned()));
    }

    /// A key of the section `glusterfs` from the next start on.
    pub fn setting(&mut self, key: &str, value: Value) {
        self.settings.push((key.to_owned(), value));
    }

    /// A key outside of any section from the next start on.
    pub fn top_setting(&mut self, key: &str, value: Value) {
        self.top_settings.push((key.to_owned(), value));
    }

    /// Names the database by another path from the next start on.
    pub fn call_database(&mut self, path: &Path) {
        self.database = Some(path.to_owned());
    }

    /// The database is on a disk of its own of so many KiB, which is there as long as the server runs. The peers are not
    /// on it.
    pub fn small_disk(&mut self, kib: u32) {
        self.disk_kib = Some(kib);
    }

    /// From the next start on it may have no more files and connections open.
    pub fn descriptors(&mut self, count: u32) {
        self.descriptors = Some(count);
    }

    /// The small disk, as it is seen from outside.
    pub fn disk(&self) -> PathBuf {
        let process = self.process.as_ref().unwrap().id();
        PathBuf::from(format!("/proc/{process}/root{}/disk", self.path().display()))
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn database(&self) -> PathBuf {
        self.database.clone().unwrap_or_else(|| self.path().join("heketi.db"))
    }

    pub fn url(&self) -> String {
        let scheme = if self.certificates.is_some() { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// From the next start on it speaks TLS with the certificate in these files; its clients believe `authority`.
    pub fn encrypt(&mut self, certificate: &Path, key: &Path, authority: &Path) {
        self.top_settings.retain(|(key, _)| !matches!(key.as_str(), "enable_tls" | "cert_file" | "key_file"));
        self.top_setting("enable_tls", json!(true));
        self.top_setting("cert_file", json!(certificate));
        self.top_setting("key_file", json!(key));
        self.certificates = Some(authority.to_owned());
    }

    /// From the next start on it speaks plain HTTP, as at first.
    pub fn speak_plainly(&mut self) {
        self.top_settings.retain(|(key, _)| key != "enable_tls");
        self.certificates = None;
    }

    /// What its clients believe.
    pub fn trust(&self) -> Trust {
        match &self.certificates {
            Some(file) => Trust::Only(Trust::certificates(&fs::read(file).unwrap())),
            None => Trust::System,
        }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    fn log_file(&self) -> PathBuf {
        self.path().join("server.log")
    }

    /// All that the server has said.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.log_file()).unwrap_or_default()).into_owned()
    }

    /// The end of it, for failures.
    pub fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().filter(|line| !line.contains("answered with 2")).collect();
        lines[lines.len().saturating_sub(25)..].join("\n")
    }

    pub fn config_file(&self) -> PathBuf {
        self.path().join("heketi.json")
    }

    fn write_config(&self) {
        let executor = if self.inject.is_some() { "inject/sim" } else { "sim" };
        let mut gluster = json!({"executor": executor, "db": self.database(), "loglevel": "info"});
        if let Some(inject) = &self.inject {
            gluster["injectexec"] = inject.clone();
        }
        for (key, value) in &self.settings {
            gluster[key] = value.clone();
        }
        let mut config = json!({"port": "", "glusterfs": gluster});
        if let Some((admin, user)) = &self.keys {
            config["jwt"] = json!({"admin": {"key": admin}, "user": {"key": user}});
        }
        for (key, value) in &self.top_settings {
            config[key] = value.clone();
        }
        fs::write(self.config_file(), serde_json::to_string_pretty(&config).unwrap()).unwrap();
    }

    fn spawn(&self) -> Child {
        self.write_config();
        let log = || File::options().create(true).append(true).open(self.log_file()).unwrap();
        let mut command = match (self.disk_kib, self.descriptors) {
            (Some(kib), _) => self.on_disk(kib),
            (None, Some(count)) => {
                let mut command = program("sh", self.path());
                command.args(["-c", &format!("ulimit -n {count} && exec \"$@\""), "sh", SERVER]);
                command
            }
            (None, None) => program(SERVER, self.path()),
        };
        command.arg(format!("--config={}", self.config_file().display()));
        if self.keys.is_none() {
            command.arg("--disable-auth");
        }
        if self.alone {
            command.env("MORTAR_DB_ALONE", "true");
        }
        command.envs(self.variables.iter().cloned());
        command.stdout(log()).stderr(log()).spawn().unwrap()
    }

    /// The server in a name space with a disk in memory, which needs no rights.
    fn on_disk(&self, kib: u32) -> Command {
        let disk = self.path().join("disk");
        fs::create_dir_all(&disk).unwrap();
        // The database is called by a link: what belongs to the peers is beside that, and what is SQLite's beside the file.
        let file = disk.join("heketi.db");
        std::os::unix::fs::symlink(&file, self.database()).unwrap();
        let script = format!(
            "mount -t tmpfs -o size={kib}k none {} && : > {} && exec \"$@\"",
            disk.display(),
            file.display()
        );
        let mut command = program("unshare", self.path());
        command.args(["--map-root-user", "--mount", "sh", "-c", &script, "sh", SERVER]);
        command
    }

    /// Starts the server and waits until it listens.
    pub fn start(&mut self) {
        self.try_start().unwrap_or_else(|said| panic!("the server ended: {said}"));
    }

    /// The same; what it said where it ends before that, as it may at a fault that kills it.
    pub fn try_start(&mut self) -> Result<(), String> {
        assert!(self.process.is_none(), "it runs already");
        let before = self.log().len();
        let mut process = self.spawn();
        let begun = Instant::now();
        loop {
            let log = fs::read(self.log_file()).unwrap();
            let log = String::from_utf8_lossy(&log[before.min(log.len())..]).into_owned();
            let listening = log.lines().find_map(|line| line.strip_prefix("Listening on port "));
            let whole = log.ends_with('\n');
            let port =
                listening.filter(|_| whole).and_then(|said| said.split(' ').next()?.trim().parse().ok());
            if let Some(port) = port {
                self.port = port;
                break;
            }
            if let Some(ended) = process.try_wait().unwrap() {
                return Err(format!("{ended:?}\n{log}"));
            }
            assert!(begun.elapsed() < START_LIMIT, "the server does not listen\n{log}");
            std::thread::sleep(PAUSE);
        }
        self.process = Some(process);
        Ok(())
    }

    /// Starts the server and kills it that much later, wherever it is then.
    pub fn start_and_kill_after(&mut self, time: Duration) {
        let mut process = self.spawn();
        // Any moment will do: there is nothing to wait for.
        std::thread::sleep(time);
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// Starts the server where it should refuse to: its status and what it said.
    pub fn start_in_vain(&mut self) -> (Option<i32>, String) {
        let before = self.log().len();
        let mut process = self.spawn();
        let status = wait(&mut process, START_LIMIT);
        if status.is_none() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
        (status.flatten(), self.log()[before..].to_owned())
    }

    /// Stops the server as an operator does.
    pub fn stop(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        signal(&process, "TERM");
        let status = wait(&mut process, STOP_LIMIT);
        if status.is_none() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
        assert!(status.is_some(), "the server does not stop\n{}", self.log_tail());
    }

    /// A figure of the server's memory in KiB, as the kernel calls it: `VmRSS` now, `VmHWM` at most so far.
    pub fn memory_kib(&self, name: &str) -> u64 {
        let process = self.process.as_ref().unwrap().id();
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    /// Sends the server a signal.
    pub fn signal(&self, name: &str) {
        signal(self.process.as_ref().unwrap(), name);
    }

    /// Kills the server.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Stops it and starts it on the same folder.
    pub fn restart(&mut self) {
        self.stop();
        self.start();
    }

    /// Whether it has ended by itself, as it does at a fault that kills it.
    pub fn has_died(&mut self) -> bool {
        let Some(process) = &mut self.process else { return true };
        if process.try_wait().unwrap().is_none() {
            return false;
        }
        self.process = None;
        true
    }

    /// Runs the client program: its status, standard output and standard error.
    pub fn mortar(&self, arguments: &[impl AsRef<OsStr>]) -> (Option<i32>, String, String) {
        self.mortar_with(&[], arguments)
    }

    /// The same in an environment of its own.
    pub fn mortar_with(
        &self,
        variables: &[(&str, &OsStr)],
        arguments: &[impl AsRef<OsStr>],
    ) -> (Option<i32>, String, String) {
        let mut command = program(CLIENT, self.path());
        command.arg(format!("--server={}", self.url()));
        command.args(self.certificates.iter().map(|file| format!("--tls-cert={}", file.display())));
        command.args(arguments).envs(variables.iter().copied());
        said(&command.output().unwrap())
    }

    /// Runs the server program in an environment of its own.
    pub fn mortard_with(
        &self,
        variables: &[(&str, &str)],
        arguments: &[&str],
    ) -> (Option<i32>, String, String) {
        let mut command = program(SERVER, self.path());
        said(&command.envs(variables.iter().copied()).args(arguments).output().unwrap())
    }

    /// Runs the server program with other arguments.
    pub fn mortard(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        said(&program(SERVER, self.path()).args(arguments).output().unwrap())
    }

    /// Beside the database that the server works on: where heketi's was named, that is the one that was made of it.
    fn peers_file(&self) -> PathBuf {
        let moved = self.path().join("heketi.db.mortar.peers");
        if moved.exists() { moved } else { self.path().join("heketi.db.peers") }
    }

    /// The peers as they are now.
    pub fn peers(&self) -> SimPeers {
        SimPeers::read(&self.peers_file()).unwrap()
    }

    /// Does something to a peer, behind the server's back, before its next command.
    pub fn on(&self, host: &str, action: Action) {
        SimHandle::new(&self.peers_file()).send(&ControlOp { host: host.to_owned(), action }).unwrap();
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("--- the server said\n{}", self.log_tail());
        }
    }
}

/// Waits until something holds, and says whether it does.
pub fn settled(limit: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < limit {
        if holds() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    holds()
}

/// A program in a folder, with nothing of our environment.
fn program(path: &str, folder: &Path) -> Command {
    let mut command = Command::new(path);
    command.current_dir(folder).stdin(Stdio::null()).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("HOME", folder).env("LC_ALL", "C");
    command
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn signal(process: &Child, name: &str) {
    let script = format!("kill -{name} {}", process.id());
    Command::new("sh").args(["-c", &script]).status().unwrap();
}

/// The exit status, `Some(None)` after a signal; `None` where it takes too long.
fn wait(process: &mut Child, limit: Duration) -> Option<Option<i32>> {
    let begun = Instant::now();
    while begun.elapsed() < limit {
        if let Some(status) = process.try_wait().unwrap() {
            return Some(status.code());
        }
        std::thread::sleep(PAUSE);
    }
    None
}
