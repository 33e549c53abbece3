//! The scenarios that real peers share, on simulated ones.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use mortar::executor::sim::{Action, ControlOp, Flavour, NewVolume, SimCluster, SimHandle};
use mortar::executor::{Command, Executor as _};
use mortar::model::host::Host;
use serde_json::{Value, json};

use crate::scenarios::{ADDRESSES, Dies, Mounted, Others, Part, Place};
use crate::support::{Audit, Lab, settled};

crate::scenarios::suite! { crate::simulated::Simulated, }

/// How long a command goes on after its server has died and started again.
const LATE_MS: u64 = 300;

/// A server on simulated peers.
pub struct Simulated {
    lab: Lab,
    peers: Peers,
}

impl Simulated {
    fn inject(&mut self, faults: &[Value]) {
        let record = self.lab.path().join("commands");
        self.lab.inject(Some(json!({"record": record, "faults": faults})));
    }

    /// Does something to a peer, and sees to it that it is done if a server runs.
    fn act(&self, peer: usize, action: Action) {
        self.peers.ask_for(peer, action);
        // Any command will do: what is asked for is done before it.
        self.lab.try_send("GET", "/internal/state/examine/gluster", &[], None).ok();
    }
}

impl Place for Simulated {
    type Client = Client;
    const PATIENCE: Duration = Duration::from_secs(60);

    fn fresh() -> Simulated {
        let lab = Lab::new();
        let file = lab.path().join("heketi.db.peers");
        Simulated { lab, peers: Peers { file, served: Rc::default(), written: Rc::default() } }
    }

    fn start(&mut self) {
        self.peers.served.set(true);
        self.lab.start();
    }

    fn dies(&mut self, when: Dies, command: &str, ask: impl FnOnce(&Self) -> String) -> String {
        let fault = match when {
            Dies::Before => "kill_before",
            Dies::While => "late",
            Dies::After => "kill_after",
        };
        let fault = json!({"command": command, "fault": fault, "late_ms": LATE_MS});
        self.lab.kill();
        self.inject(&[self.lab.held("."), fault]);
        self.lab.start();
        self.lab.close_gate();
        let asked = ask(self);
        self.lab.open_gate();
        assert!(settled(Self::PATIENCE, || self.lab.has_died()), "{}", self.lab.log_tail());
        // The next one, too: what is late arrives in it.
        self.inject(&[]);
        asked
    }

    fn url(&self) -> String {
        self.lab.url()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.lab.path().join(name)
    }

    fn look(&self, peer: usize, words: &[&str]) -> Result<String, String> {
        self.peers.look(peer, words)
    }

    fn run(&self, peer: usize, words: &[&str]) {
        self.look(peer, words).unwrap_or_else(|refused| panic!("{words:?}: {refused}"));
        let (program, args) =
            (words[0].to_owned(), words[1..].iter().map(|word| (*word).to_owned()).collect());
        self.act(peer, Action::Run { program, args, stdin: String::new() });
    }

    fn format(&self, peer: usize, disk: &str) {
        self.act(peer, Action::Format { path: disk.to_owned(), fs: "ext4".to_owned() });
    }

    fn group(&self, peer: usize, disk: &str, group: &str, volume: &str) {
        let volumes = vec![NewVolume { name: volume.to_owned(), size_kib: 65_536 }];
        self.act(peer, Action::ForeignGroup { path: disk.to_owned(), group: group.to_owned(), volumes });
    }

    fn power(&self, peer: usize, on: bool) {
        self.act(peer, Action::Power { on });
    }

    fn reboot(&self, peer: usize) {
        self.act(peer, Action::Reboot);
    }

    fn freeze(&self, peer: usize, frozen: bool) {
        // Nothing is asked of the others: that would wait for this one.
        self.peers.ask_for(peer, Action::Hang { on: frozen });
    }

    fn do_without_gluster_block(&self) {
        for peer in 1..=ADDRESSES.len() {
            self.act(peer, Action::Blocks { installed: false });
        }
    }

    fn mount(&self, volume: &str) -> Client {
        Client { peers: self.peers.clone(), volume: volume.to_owned() }
    }

    fn holds(&self, peer: usize, path: &str, _text: &str, _part: Part) -> bool {
        self.look(peer, &["test", "-e", path]).is_ok()
    }

    fn audit(&self, others: &Others<'_>) {
        let mut audit = Audit::new();
        for volume in others.volumes {
            audit = audit.besides(volume);
        }
        for group in others.groups {
            audit = audit.besides_group(group);
        }
        for peer in others.peers {
            audit = audit.besides_peer(ADDRESSES[peer - 1]);
        }
        audit.clean_within(&self.lab, Self::PATIENCE);
        let log = self.lab.log();
        let refused = log.lines().find(|line| line.contains("the simulated peers cannot do"));
        assert_eq!(refused, None);
    }
}

/// The peers, as somebody reaches them who is not their server.
#[derive(Clone)]
struct Peers {
    file: PathBuf,
    /// Whether a server has been started on them.
    served: Rc<Cell<bool>>,
    /// What clients have written, by volume and file: simulated bricks know names only.
    written: Rc<RefCell<BTreeMap<(String, String), String>>>,
}

impl Peers {
    /// Has something done to a peer: before the next command of the server, or at once before there is one.
    fn ask_for(&self, peer: usize, action: Action) {
        let op = ControlOp { host: ADDRESSES[peer - 1].to_owned(), action };
        if self.served.get() {
            SimHandle::new(&self.file).send(&op).unwrap();
        } else {
            SimCluster::open(&self.file, Flavour::Strict).unwrap().control(&op).unwrap();
        }
    }

    /// Runs a command on a copy of the peers. What waits to be done to them is done to the copy.
    fn look(&self, peer: usize, words: &[&str]) -> Result<String, String> {
        let copies = tempfile::tempdir().unwrap();
        let copy = copies.path().join("peers");
        // In this order: how much of the second is done stands in the first.
        for end in ["", ".control"] {
            let with_end = |path: &Path| format!("{}{end}", path.display());
            if Path::new(&with_end(&self.file)).exists() {
                fs::copy(with_end(&self.file), with_end(&copy)).unwrap();
            }
        }
        let peers = SimCluster::open(&copy, Flavour::Strict).unwrap();
        let host = Host::new(ADDRESSES[peer - 1]).unwrap();
        let command = Command::look(words[0]).args(words[1..].iter().copied());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answer = runtime.block_on(peers.run(&host, &command));
        answer.map(|output| output.stdout).map_err(|error| format!("{error:?}"))
    }
}

/// Somebody who uses a volume by way of the first peer.
pub struct Client {
    peers: Peers,
    volume: String,
}

impl Client {
    /// Whether a brick has a file, on a peer that answers.
    fn is_there(&self, name: &str) -> bool {
        let told = self.peers.look(1, &["gluster", "volume", "info", &self.volume]).unwrap();
        let bricks = told.lines().filter(|line| line.starts_with("Brick"));
        let bricks = bricks.filter_map(|line| line.split_once(": ")).map(|(_, brick)| brick);
        let mut places = bricks.filter_map(|brick| brick.trim_end_matches(" (arbiter)").split_once(':'));
        places.any(|(host, path)| {
            let peer = 1 + ADDRESSES.iter().position(|address| *address == host).unwrap();
            self.peers.look(peer, &["test", "-e", &format!("{path}/{name}")]).is_ok()
        })
    }

    fn key(&self, name: &str) -> (String, String) {
        (self.volume.clone(), name.to_owned())
    }
}

impl Mounted for Client {
    fn write(&self, name: &str, text: &str) {
        self.peers.ask_for(1, Action::WriteFile { volume: self.volume.clone(), name: name.to_owned() });
        self.peers.written.borrow_mut().insert(self.key(name), text.to_owned());
    }

    fn read(&self, name: &str) -> String {
        assert!(self.is_there(name), "no brick of {} has {name}", self.volume);
        self.peers.written.borrow()[&self.key(name)].clone()
    }

    fn size(&self) -> Option<u64> {
        None
    }

    fn unmount(self) {}
}
