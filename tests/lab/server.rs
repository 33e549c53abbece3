//! A real server that works on the real peers.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use mortar::client::{Client, Credentials, Quiet};
use serde_json::{Value, json};

use crate::peers;

/// How long anything in the lab may take: emulated peers are slow.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// A directory with a database, and the server on it.
pub struct Server {
    directory: tempfile::TempDir,
    process: Option<Child>,
    port: u16,
}

impl Server {
    /// Starts a server on an empty database.
    pub fn start() -> Server {
        let directory = tempfile::tempdir().expect("a directory");
        let mut server = Server { directory, process: None, port: 0 };
        server.start_again(&json!(null));
        server
    }

    /// The same on peers to which nothing was ever done, with the topology loaded.
    pub fn with_topology() -> Server {
        peers::reset();
        let server = Server::start();
        let loaded = server.load(true);
        assert!(!loaded.contains("Unable"), "{loaded}");
        server
    }

    /// Starts the server on its database, with faults to inject, or null.
    pub fn start_again(&mut self, faults: &Value) {
        let path = self.path("heketi.json");
        std::fs::write(&path, self.configuration(faults).to_string()).expect("the configuration is written");
        let log = File::options().create(true).append(true).open(self.path("log")).expect("a log");
        let mut process = Command::new(env!("CARGO_BIN_EXE_mortard"))
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

    fn configuration(&self, faults: &Value) -> Value {
        let executor = if faults.is_null() { "ssh" } else { "inject/ssh" };
        json!({"glusterfs": {"executor": executor, "db": self.path("mortar.db"), "loglevel": "debug",
               "injectexec": faults, "sshexec": {"keyfile": peers::key(), "user": "root"}}})
    }

    /// A file in the server's directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// What the server logged so far.
    pub fn log(&self) -> String {
        let mut text = String::new();
        File::open(self.path("log")).and_then(|mut file| file.read_to_string(&mut text)).expect("the log");
        text
    }

    /// Waits until a line of the log holds `text`.
    pub fn wait_for_log(&self, text: &str) {
        wait_until(PATIENCE, &format!("a line with {text}"), || self.log().contains(text));
    }

    /// Ends the server the hard way.
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.kill().expect("it can be killed");
        process.wait().expect("it ends");
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

    /// A client of the server.
    pub fn client(&self) -> Client {
        Client::new(self.url(), Credentials::default(), Box::new(Quiet))
    }

    /// Where the server is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Runs the command line with its explanations; what it printed on both streams.
    pub fn mortar(&self, arguments: &[&str]) -> (bool, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_mortar"))
            .args(arguments)
            .env("HEKETI_CLI_SERVER", self.url())
            .env("MORTAR_EXPLAIN", "1")
            .output()
            .expect("mortar runs");
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    }

    /// Asks for something and returns the path of its job.
    pub fn begin(&self, method: &str, path: &str, body: &Value) -> String {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url()));
        request = request.header("content-type", "application/json");
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .build()
            .into();
        let request = request.body(body.to_string()).expect("a request");
        let answer = agent.run(request).expect("an answer");
        assert_eq!(answer.status(), 202, "{method} {path}");
        answer.headers()["location"].to_str().expect("a path").to_owned()
    }

    /// What a path answers, as JSON.
    pub fn get(&self, path: &str) -> Value {
        let mut answer = ureq::get(format!("{}{path}", self.url())).call().expect("an answer");
        let text = answer.body_mut().with_config().limit(u64::MAX).read_to_string().expect("a body");
        serde_json::from_str(&text).expect("JSON")
    }

    /// Waits for a job: its status and its body.
    pub fn finished(&self, job: &str) -> (u16, String) {
        let mut answer = None;
        wait_until(PATIENCE, &format!("{job} to end"), || {
            answer = self.answer_of(job);
            answer.is_some()
        });
        answer.expect("it was just set")
    }

    /// The status and the body of a job that has ended.
    pub fn answer_of(&self, job: &str) -> Option<(u16, String)> {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
        let mut found = agent.get(format!("{}{job}", self.url())).call().expect("an answer");
        if found.headers().contains_key("x-pending") {
            return None;
        }
        Some((found.status().as_u16(), found.body_mut().read_to_string().unwrap_or_default()))
    }

    /// Waits for a change that must succeed and has nothing to show.
    pub fn done(&self, method: &str, path: &str, body: &Value) {
        let (status, text) = self.finished(&self.begin(method, path, body));
        assert_eq!(status, 204, "{method} {path}: {text}");
    }

    /// Sets the state of a node or a device: `/nodes/ID` or `/devices/ID`.
    pub fn set_state(&self, path: &str, state: &str) {
        self.done("POST", &format!("{path}/state"), &json!({"state": state}));
    }

    /// Loads a topology in which every disk may be erased or not.
    pub fn load(&self, destroy_data: bool) -> String {
        let file = self.path("topology.json");
        write_topology(&file, destroy_data);
        let (_, text) = self.mortar(&["topology", "load", &format!("--json={}", file.display())]);
        text
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

fn write_topology(file: &Path, destroy_data: bool) {
    let disk = |name: &str| json!({"name": name, "destroydata": destroy_data});
    let node = |address: &&str| {
        json!({"node": {"hostnames": {"manage": [address], "storage": [address]}, "zone": 1},
               "devices": [disk("/dev/vdd"), disk("/dev/vde")]})
    };
    let nodes: Vec<Value> = peers::ADDRESSES.iter().map(node).collect();
    std::fs::write(file, json!({"clusters": [{"nodes": nodes}]}).to_string())
        .expect("the topology is written");
}

/// Looks until `holds`.
pub fn wait_until(limit: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < limit, "{what} did not come within {limit:?}");
        std::thread::sleep(Duration::from_millis(200));
    }
}
