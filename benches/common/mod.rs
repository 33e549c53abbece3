//! What the benches share: a server of their own, a connection that stays open, and numbers.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

/// A running `mortard`; ended when it is dropped.
pub struct Server {
    process: Child,
    port: u16,
}

impl Server {
    /// Starts the server in a directory, on its database there. `executor` is merged into the section `glusterfs`.
    pub fn start(directory: &Path, executor: &Value) -> Result<Server> {
        let mut section = json!({
            "db": directory.join("bench.db"),
            "loglevel": "error",
            "max_volumes_per_cluster": -1,
        });
        if let (Some(section), Some(executor)) = (section.as_object_mut(), executor.as_object()) {
            section.extend(executor.clone());
        }
        let config = directory.join("heketi.json");
        std::fs::write(&config, json!({ "port": "0", "glusterfs": section }).to_string())?;
        let mut process = Command::new(env!("CARGO_BIN_EXE_mortard"))
            .arg("--disable-auth")
            .arg("--config")
            .arg(&config)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdout = process.stdout.take().context("the server has no standard output")?;
        let mut server = Server { process, port: 0 };
        for line in BufReader::new(stdout).lines() {
            if let Some(port) = line?.strip_prefix("Listening on port ") {
                server.port = port.parse()?;
                return Ok(server);
            }
        }
        bail!(
            "the server ended without listening; start `mortard --disable-auth --config {}`",
            config.display()
        )
    }

    /// A connection that stays open.
    pub fn connect(&self) -> Result<Connection> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_nodelay(true)?;
        Ok(Connection { reader: BufReader::new(stream.try_clone()?), stream })
    }

    /// Resident memory in KiB.
    pub fn resident_kib(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches("kB").trim().parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub location: Option<String>,
    pub pending: bool,
    pub body: Vec<u8>,
}

/// One HTTP/1.1 connection.
pub struct Connection {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
}

impl Connection {
    /// Asks and reads the whole answer.
    pub fn ask(&mut self, method: &str, path: &str, body: &str) -> Result<Answer> {
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nPrefer: wait=60\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        self.stream.write_all(request.as_bytes())?;
        let mut line = String::new();
        self.reader.read_line(&mut line)?;
        let status = line.split(' ').nth(1).with_context(|| format!("no status in `{line}`"))?.parse()?;
        let mut answer = Answer { status, location: None, pending: false, body: Vec::new() };
        let mut length = 0;
        loop {
            line.clear();
            self.reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse()?,
                "location" => answer.location = Some(value.to_owned()),
                "x-pending" => answer.pending = value == "true",
                "transfer-encoding" => bail!("an answer of unknown length to {method} {path}"),
                _ => {}
            }
        }
        answer.body.resize(length, 0);
        self.reader.read_exact(&mut answer.body)?;
        Ok(answer)
    }

    /// Asks for a change and waits until it is done: polling would take a processor from the server, and from the peers
    /// of the lab. Returns how long that took and where the object is.
    pub fn change(&mut self, method: &str, path: &str, body: &str) -> Result<(Duration, String)> {
        let begun = Instant::now();
        let accepted = self.ask(method, path, body)?;
        let Some(job) = accepted.location.filter(|_| accepted.status == 202) else {
            bail!("{method} {path}: {}: {}", accepted.status, String::from_utf8_lossy(&accepted.body));
        };
        loop {
            let answer = self.ask("GET", &job, "")?;
            match answer.status {
                200 if answer.pending => {}
                204 | 303 => return Ok((begun.elapsed(), answer.location.unwrap_or_default())),
                status => bail!("{method} {path}: {status}: {}", String::from_utf8_lossy(&answer.body)),
            }
        }
    }
}

/// The request for the volume that is measured.
pub const VOLUME: &str = r#"{"size": 1, "durability": {"type": "replicate", "replicate": {"replica": 3}}}"#;

/// A share of the way through the sorted times: 0.5 is the median.
pub fn quantile(times: &[Duration], share: f64) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort();
    let steps = share * sorted.len().saturating_sub(1) as f64;
    let at = (0..sorted.len()).rev().find(|at| *at as f64 <= steps.round());
    at.and_then(|at| sorted.get(at)).copied().unwrap_or_default()
}
