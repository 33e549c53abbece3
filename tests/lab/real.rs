//! The scenarios that simulated peers share, on real ones.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::audit;
use crate::mounts::Mounted;
use crate::orphans::{Orphans, wait_until_runs};
use crate::peers::{self, ADDRESSES, boot_ends, lab, on, try_on};
use crate::scenarios::{Dies, Others, Part, Place};
use crate::server::{PATIENCE, Server};

crate::scenarios::suite! { crate::server::Server, #[ignore = "needs the lab: make test-lab or make test-all"] }

impl Place for Server {
    type Client = Mounted;
    const PATIENCE: Duration = PATIENCE;

    fn fresh() -> Server {
        peers::reset();
        Server::new()
    }

    fn start(&mut self) {
        self.start_again(&Value::Null);
    }

    fn dies(&mut self, when: Dies, command: &str, ask: impl FnOnce(&Self) -> String) -> String {
        self.kill();
        let fault = |fault: &str| json!({"record": self.file("commands"), "faults": [{"command": command, "fault": fault}]});
        let faults = match when {
            Dies::Before => fault("kill_before"),
            Dies::While => Value::Null,
            Dies::After => fault("kill_after"),
        };
        self.start_again(&faults);
        let asked = ask(self);
        if when == Dies::While {
            wait_until_runs(command);
            self.kill();
        } else {
            self.wait_until_dead();
        }
        let orphans = Orphans::watch();
        assert!(
            when != Dies::While || orphans.has(command),
            "{command} had ended when the server was killed"
        );
        self.leaves(orphans);
        asked
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path(name)
    }

    fn look(&self, peer: usize, words: &[&str]) -> Result<String, String> {
        try_on(peer, &line(words))
    }

    fn run(&self, peer: usize, words: &[&str]) {
        on(peer, &line(words));
    }

    fn format(&self, peer: usize, disk: &str) {
        on(peer, &format!("mkfs.ext4 -q -F {disk}"));
    }

    fn group(&self, peer: usize, disk: &str, group: &str, volume: &str) {
        let make = format!("lvm pvcreate -qq {disk} && lvm vgcreate -qq {group} {disk}");
        on(peer, &format!("{make} && lvm lvcreate -qq -L 64M -n {volume} {group}"));
    }

    fn power(&self, peer: usize, on: bool) {
        let name = peer.to_string();
        if on {
            lab(&["power", &name, "on", "--wait"]);
            boot_ends(peer);
        } else {
            lab(&["power", &name, "cut"]);
        }
    }

    fn reboot(&self, peer: usize) {
        lab(&["power", &peer.to_string(), "reboot", "--wait"]);
    }

    fn freeze(&self, peer: usize, frozen: bool) {
        lab(&[if frozen { "freeze" } else { "thaw" }, &peer.to_string()]);
    }

    fn do_without_gluster_block(&self) {
        for peer in 1..=ADDRESSES.len() {
            assert!(try_on(peer, "command -v gluster-block").is_err(), "peer {peer} has gluster-block");
        }
    }

    fn mount(&self, volume: &str) -> Mounted {
        Mounted::new(&format!("{}:{volume}", ADDRESSES[0]))
    }

    fn holds(&self, peer: usize, path: &str, text: &str, part: Part) -> bool {
        let size = || on(peer, &format!("stat --format=%s {path}")).trim().parse::<usize>();
        match part {
            Part::All => on(peer, &format!("cat {path}")) == text,
            Part::Half => size() == Ok(text.len() / 2),
            Part::Name => size() == Ok(0),
        }
    }

    fn audit(&self, others: &Others<'_>) {
        let since = self.orphans().map_or_else(Instant::now, Orphans::ended);
        audit::is_clean_besides(self, others, since);
    }
}

/// A line for a shell that has the words as they are.
fn line(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{}'", word.replace('\'', r"'\''"))).collect();
    quoted.join(" ")
}
