//! The simulated peers while a command works on them: what is changed is applied at once and written down at the end
//! of the command.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Flavour;
use super::objects::{Machine, MachineId};
use super::state::{Host, Record, State};

/// All peers, and the records of the running command.
#[derive(Debug)]
pub struct World {
    /// The peers.
    pub state: State,
    /// How true to real peers they are.
    pub flavour: Flavour,
    line: Vec<u8>,
    records: u64,
}

impl World {
    /// A world in that state.
    pub fn new(state: State, flavour: Flavour) -> World {
        World { state, flavour, line: Vec::new(), records: 0 }
    }

    /// Changes one thing.
    pub fn set(&mut self, record: Record) {
        self.line.push(if self.records == 0 { b'[' } else { b',' });
        // Writing into memory cannot fail, and every record has string keys.
        if serde_json::to_writer(&mut self.line, &record).is_ok() {
            self.records += 1;
        }
        self.state.apply(record);
    }

    /// What was changed since the last call, as a line for the journal, with the number of records.
    pub fn take_line(&mut self) -> Option<(Vec<u8>, u64)> {
        if self.records == 0 {
            return None;
        }
        self.line.extend_from_slice(b"]\n");
        Some((std::mem::take(&mut self.line), std::mem::take(&mut self.records)))
    }

    /// The machine of that name, made when nobody has spoken of it before.
    pub fn machine(&mut self, name: &str) -> MachineId {
        if let Some(id) = self.state.find(name) {
            return id;
        }
        let id = self.state.free_machine();
        let uuid = self.uuid(name).to_string();
        let pool = self.state.free_pool();
        let machine = Machine { names: vec![name.to_owned()], uuid, pool, ..Machine::default() };
        self.set(Record::Machine(id, machine));
        id
    }

    /// Tells that two names are one machine: the one that either of them means already, if that has anything.
    pub fn introduce(&mut self, manage: &str, storage: &str) {
        let (by_manage, by_storage) = (self.state.find(manage), self.state.find(storage));
        let is_bare = |id: MachineId| self.state.hosts.get(&id).is_none_or(Host::is_bare);
        let id = match (by_manage, by_storage) {
            (None, Some(id)) => id,
            (Some(bare), Some(id)) if is_bare(bare) => id,
            _ => self.machine(manage),
        };
        let strangers = [(manage, by_manage), (storage, by_storage)];
        for (name, _) in strangers.iter().filter(|(_, known)| known.is_some_and(|known| known != id)) {
            self.take_name_away(name);
        }
        let Some(host) = self.state.hosts.get(&id) else { return };
        let mut machine = host.machine.clone();
        for name in [manage, storage] {
            if !machine.names.iter().any(|known| known == name) {
                machine.names.push(name.to_owned());
            }
        }
        machine.gluster = machine.gluster.or_else(|| Some(storage.to_owned()));
        if machine != host.machine {
            self.set(Record::Machine(id, machine));
            self.state.recount();
        }
    }

    /// A name that another machine had: names are given anew when hosts are replaced.
    fn take_name_away(&mut self, name: &str) {
        let Some(id) = self.state.find(name) else { return };
        let Some(host) = self.state.hosts.get(&id) else { return };
        let mut machine = host.machine.clone();
        machine.names.retain(|known| known != name);
        if machine.gluster.as_deref() == Some(name) {
            machine.gluster = None;
        }
        self.set(Record::Machine(id, machine));
    }

    /// A UUID that nothing else has.
    pub fn uuid(&self, what: &str) -> Uuid {
        let digest = Sha256::digest(format!("{what}/{}", self.state.serial()));
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// One machine, to work on.
    pub fn peer<'a>(&'a mut self, at: MachineId, stdin: &'a str) -> Peer<'a> {
        Peer { world: self, at, stdin }
    }
}

/// The machine that a command runs on.
pub struct Peer<'a> {
    /// All peers.
    pub world: &'a mut World,
    /// This one.
    pub at: MachineId,
    /// What the command reads on standard input.
    pub stdin: &'a str,
}

impl Peer<'_> {
    /// The machine; an empty one if there is none of that number, which does not happen.
    pub fn host(&self) -> &Host {
        static NOBODY: std::sync::OnceLock<Host> = std::sync::OnceLock::new();
        self.world.state.hosts.get(&self.at).unwrap_or_else(|| NOBODY.get_or_init(Host::default))
    }

    /// Another machine of the same world.
    pub fn on(&mut self, at: MachineId) -> Peer<'_> {
        Peer { world: self.world, at, stdin: "" }
    }

    /// Changes one thing.
    pub fn set(&mut self, record: Record) {
        self.world.set(record);
    }

    /// Whether the peers are as strict as real ones.
    pub fn is_strict(&self) -> bool {
        self.world.flavour == Flavour::Strict
    }
}
