//! `make run`, but for the build: `tests/run-demo` serves until it is told to end, and finds everything the next time.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::conformance::program::free_port;
use crate::support::operator::assert_says;
use crate::support::settled;

const SOON: Duration = Duration::from_secs(120);

/// A run in a folder, as somebody begins it whose shell is set up for another server.
struct Run {
    process: Child,
    folder: std::path::PathBuf,
}

impl Run {
    fn begin(folder: &Path, port: u16) -> Run {
        fs::create_dir_all(folder).unwrap();
        let said = || File::create(folder.join("said")).unwrap();
        let complained = File::create(folder.join("complained")).unwrap();
        let process = Command::new(format!("{}/tests/run-demo", env!("CARGO_MANIFEST_DIR")))
            .env("DEMO_BIN", Path::new(env!("CARGO_BIN_EXE_mortard")).parent().unwrap())
            .env("DEMO_DATA", folder.join("data"))
            .env("PORT", port.to_string())
            .env("HEKETI_EXECUTOR", "ssh")
            .env("HEKETI_ADMIN_KEY", "of another server")
            .env("HEKETI_CLI_KEY", "of another server")
            .env("HEKETI_CLI_SERVER", "http://localhost:1")
            .stdin(Stdio::null())
            .stdout(said())
            .stderr(complained)
            .spawn()
            .unwrap();
        Run { process, folder: folder.to_owned() }
    }

    fn said(&self) -> String {
        let read = |name: &str| fs::read_to_string(self.folder.join(name)).unwrap();
        read("said") + &read("complained")
    }

    /// Waits until it serves; what it has said by then.
    fn serves(&mut self) -> String {
        let is_there = settled(SOON, || {
            self.said().contains("Ctrl-C ends the server") || self.process.try_wait().unwrap().is_some()
        });
        assert!(is_there && self.process.try_wait().unwrap().is_none(), "{}", self.said());
        self.said()
    }

    /// Waits until it ends by itself: its status, and all that it said.
    fn ended(mut self) -> (Option<i32>, String) {
        assert!(settled(SOON, || self.process.try_wait().unwrap().is_some()), "{}", self.said());
        (self.process.wait().unwrap().code(), self.said())
    }

    fn terminate(&self) {
        let told = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status().unwrap();
        assert!(told.success());
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // Its server ends with it.
        if self.process.try_wait().unwrap().is_none() {
            self.terminate();
            self.process.wait().unwrap();
        }
    }
}

/// What is shown of the cluster with its volume.
fn shown(said: &str) -> &str {
    let (_, shown) = said.split_once("\n    File:  true\n").unwrap();
    shown.split_once("Try it from another terminal").unwrap().0
}

#[test]
fn a_second_run_finds_everything_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port().unwrap();
    let mut first = Run::begin(folder.path(), port);
    let made = first.serves();
    let url = format!("mortard serves on http://localhost:{port} ");
    assert_says(&made, &[&url, "Creating the volume `demo`", "Name: demo", "10.10.10.19", "/dev/vde"]);
    first.terminate();
    let (code, said) = first.ended();
    assert_eq!(code, Some(0), "{said}");
    assert_says(&said, &["The server has stopped."]);

    let mut second = Run::begin(folder.path(), port);
    let found = second.serves();
    assert_says(&found, &["The volume `demo` is there already."]);
    assert!(!found.contains("Creating"), "{found}");
    assert_eq!(shown(&found), shown(&made));
    second.terminate();
    assert_eq!(second.ended().0, Some(0));
}

#[test]
fn a_port_that_is_taken_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let port = free_port().unwrap();
    let mut first = Run::begin(&folder.path().join("first"), port);
    first.serves();
    let (code, said) = Run::begin(&folder.path().join("second"), port).ended();
    assert_eq!(code, Some(1), "{said}");
    assert_says(&said, &[&format!("Port {port} is taken already"), "make run PORT="]);
    first.terminate();
    assert_eq!(first.ended().0, Some(0));

    // Also by a program that is no server of ours, and says nothing.
    let other = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = other.local_addr().unwrap().port();
    let (code, said) = Run::begin(&folder.path().join("third"), port).ended();
    assert_eq!(code, Some(1), "{said}");
    assert_says(&said, &[&port.to_string()]);
}
