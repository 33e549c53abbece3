//! The server as a process of its own, with its own folder, port and database.

use std::fs::{self, File};
use std::io::Read as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Map, Value, json};

use super::http;

const SERVER: &str = env!("CARGO_BIN_EXE_mortard");
const CLIENT: &str = env!("CARGO_BIN_EXE_mortar");
const START_LIMIT: Duration = Duration::from_secs(30);
/// The server waits up to 25 seconds for what is running.
const STOP_LIMIT: Duration = Duration::from_secs(40);
const CLIENT_LIMIT: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(10);

pub struct Server {
    pub port: u16,
    directory: PathBuf,
    setup: Value,
    process: Option<Child>,
}

impl Server {
    /// `setup`: `config`, `env` and `args`.
    pub fn new(directory: &Path, port: u16, setup: Value) -> Server {
        Server { port, directory: directory.to_owned(), setup, process: None }
    }

    /// Starts it and waits until it answers.
    pub fn start(&mut self) -> Result<()> {
        self.spawn()?;
        let begun = Instant::now();
        loop {
            if let Some(status) = self.process.as_mut().and_then(|process| process.try_wait().transpose()) {
                self.process = None;
                bail!("the server ended: {}\n{}", status?, self.log_tail());
            }
            if http::send(self.port, "GET", "/hello", &[], None).is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            ensure!(
                begun.elapsed() < START_LIMIT,
                "the server does not answer GET /hello\n{}",
                self.log_tail()
            );
            std::thread::sleep(PAUSE);
        }
    }

    /// Stops it, and starts it with another setup on the same folder.
    pub fn restart(&mut self, setup: Value) -> Result<()> {
        self.stop()?;
        self.setup = setup;
        self.start()
    }

    /// Starts it with a setup that it should refuse: its status, and what it says is wrong.
    pub fn start_in_vain(&mut self, setup: Value) -> Result<Value> {
        self.stop()?;
        self.setup = setup;
        let _ = fs::remove_file(self.log());
        self.spawn()?;
        let status = self.process.as_mut().map(|process| wait(process, START_LIMIT)).transpose()?.flatten();
        // It has ended: its number may be another process's by now.
        self.process = None;
        let log = fs::read(self.log())?;
        let log = String::from_utf8_lossy(&log);
        let errors: Vec<&str> = log.lines().filter(|line| line.starts_with("ERROR:")).collect();
        Ok(json!({"exit": status, "errors": errors}))
    }

    /// Sends it a signal.
    pub fn signal(&self, name: &str) -> Result<()> {
        self.kill(name.trim_start_matches("SIG"))
    }

    /// Runs the program with other arguments to its end.
    pub fn run_command(&self, arguments: &[String]) -> Result<Option<i32>> {
        let mut command = self.command(SERVER, &Map::new());
        let mut child = command.args(arguments).stdout(self.open_log()?).stderr(self.open_log()?).spawn()?;
        wait(&mut child, CLIENT_LIMIT)
    }

    /// Runs the client to its end.
    pub fn run_client(&self, arguments: &[String], environment: &Map<String, Value>) -> Result<Output> {
        let mut command = self.command(CLIENT, environment);
        let mut child = command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        // Read at the side, for the client waits when a pipe is full.
        let read = |pipe: Option<Box<dyn std::io::Read + Send>>| {
            std::thread::spawn(move || {
                let mut text = Vec::new();
                pipe.map(|mut pipe| pipe.read_to_end(&mut text)).transpose().map(|_| text)
            })
        };
        let stdout = read(stdout.map(|pipe| Box::new(pipe) as _));
        let stderr = read(stderr.map(|pipe| Box::new(pipe) as _));
        let code = wait(&mut child, CLIENT_LIMIT)?;
        ensure!(code.is_some(), "the client was killed, or did not end within {CLIENT_LIMIT:?}");
        let status = child.wait()?;
        let joined = |reader: std::thread::JoinHandle<std::io::Result<Vec<u8>>>| -> Result<Vec<u8>> {
            Ok(reader.join().map_err(|_| anyhow::anyhow!("a reader panicked"))??)
        };
        Ok(Output { status, stdout: joined(stdout)?, stderr: joined(stderr)? })
    }

    /// The end of its log.
    pub fn log_tail(&self) -> String {
        let mut text = Vec::new();
        if let Ok(mut log) = File::open(self.log()) {
            let _ = log.read_to_end(&mut text);
        }
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }

    fn stop(&mut self) -> Result<()> {
        if self.process.is_none() {
            return Ok(());
        }
        let _ = self.kill("TERM");
        let Some(mut process) = self.process.take() else { return Ok(()) };
        // Killed instead of stopped, a server would be tested for something else than the scenario says.
        let status = wait(&mut process, STOP_LIMIT)?;
        ensure!(status.is_some(), "the server did not end by itself after SIGTERM\n{}", self.log_tail());
        Ok(())
    }

    fn spawn(&mut self) -> Result<()> {
        let config = self.directory.join("server.json");
        fs::write(&config, serde_json::to_string_pretty(&self.setup["config"])?)?;
        let environment = self.setup["env"].as_object().cloned().unwrap_or_default();
        let mut command = self.command(SERVER, &environment);
        command.arg(format!("--config={}", config.display())).args(texts(&self.setup["args"]));
        command.stdout(self.open_log()?).stderr(self.open_log()?);
        self.process = Some(command.spawn().with_context(|| format!("cannot run {SERVER}"))?);
        Ok(())
    }

    /// A program in the folder, with nothing of our environment. `null` takes a variable away.
    fn command(&self, program: &str, environment: &Map<String, Value>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.directory).stdin(Stdio::null()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", &self.directory).env("LC_ALL", "C");
        for (name, value) in environment {
            match value.as_str() {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    fn kill(&self, signal: &str) -> Result<()> {
        let process = self.process.as_ref().context("the server does not run")?;
        let status = Command::new("sh").args(["-c", &format!("kill -{signal} {}", process.id())]).status()?;
        ensure!(status.success(), "cannot send {signal} to the server");
        Ok(())
    }

    fn log(&self) -> PathBuf {
        self.directory.join("server.log")
    }

    fn open_log(&self) -> Result<File> {
        Ok(File::options().create(true).append(true).open(self.log())?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.stop();
    }
}

/// The exit status; `None` if it takes too long or a signal ended it.
fn wait(process: &mut Child, limit: Duration) -> Result<Option<i32>> {
    let begun = Instant::now();
    while begun.elapsed() < limit {
        if let Some(status) = process.try_wait()? {
            return Ok(status.code());
        }
        std::thread::sleep(PAUSE);
    }
    process.kill()?;
    process.wait()?;
    Ok(None)
}

/// The texts of a list.
pub fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// A port that no other scenario has: below those that the system gives to clients, one of which could take it in the
/// moment before the server does.
pub fn free_port() -> Result<u16> {
    const FIRST: u32 = 20_000;
    const COUNT: u32 = 12_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    for _ in 0..COUNT {
        // Several test processes at once begin at different places.
        let offset = std::process::id().wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT;
        let port = u16::try_from(FIRST + offset)?;
        if TcpListener::bind(("0.0.0.0", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port is free")
}
