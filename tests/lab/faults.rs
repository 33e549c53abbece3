//! Faults that the server injects into its own commands on the real peers, and the commands that it sent.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::server::Server;

/// A command that changes something, as the server recorded it before it was sent.
#[derive(Debug, Clone, Deserialize)]
pub struct Sent {
    pub host: String,
    pub command: String,
    changing: bool,
}

impl Sent {
    /// What kind of command it is, as an expression that all of its kind match.
    pub fn kind(&self) -> String {
        let mut words = self.command.split(' ');
        let program = words.next().unwrap_or_default();
        let mut words = words.filter(|word| !word.starts_with('-'));
        let mut word = || words.next().unwrap_or_default();
        match program.rsplit('/').next().unwrap_or_default() {
            "gluster" => format!("^{program} .*{} {} ", word(), word()),
            "lvm" => format!("^{program} {} ", word()),
            _ => format!("^{program} "),
        }
    }
}

/// The kinds of these commands, each once, in the order of the first of each.
pub fn kinds(sent: &[Sent]) -> Vec<String> {
    let mut kinds = Vec::new();
    for kind in sent.iter().map(Sent::kind) {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

impl Server {
    /// Starts the server anew with these faults and without a record of what it did before.
    pub fn start_with(&mut self, faults: &[Value]) {
        self.kill();
        for file in ["commands", "commands.spent"] {
            std::fs::remove_file(self.path(file)).ok();
        }
        self.start_again(&json!({"record": self.path("commands"), "faults": faults}));
    }

    /// The changing commands since then.
    pub fn sent(&self) -> Vec<Sent> {
        let text = std::fs::read_to_string(self.path("commands")).unwrap_or_default();
        // The last line may still be being written.
        let sent = text.lines().filter_map(|line| serde_json::from_str::<Sent>(line).ok());
        sent.filter(|sent| sent.changing).collect()
    }

    /// How many of the faults have happened since then.
    pub fn met(&self) -> usize {
        std::fs::read_to_string(self.path("commands.spent")).unwrap_or_default().lines().count()
    }
}
