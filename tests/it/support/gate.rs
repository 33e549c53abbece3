//! Commands that stand still at a gate until the scenario has seen what it wants to see.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::server::Lab;

impl Lab {
    /// From the next start on, commands that match stand still while the gate is closed. It is closed now.
    pub fn hold(&mut self, commands: &[&str]) {
        self.close_gate();
        let faults: Vec<Value> = commands.iter().map(|command| self.held(command)).collect();
        self.inject(Some(json!({"faults": faults})));
    }

    /// The fault of a command that stands still at the gate.
    pub fn held(&self, command: &str) -> Value {
        json!({"command": command, "fault": "hold", "times": 0, "cond_file": self.gate()})
    }

    /// Asks for something, and lets its commands begin when the answer is there: a server that dies of one of them has
    /// answered before. Needs `held(".")` as the first of the faults.
    pub fn answered_first<T>(&self, ask: impl FnOnce(&Lab) -> T) -> T {
        self.close_gate();
        let answer = ask(self);
        self.open_gate();
        answer
    }

    pub fn close_gate(&self) {
        fs::write(self.gate(), "").unwrap();
    }

    /// Lets the commands at the gate go on, and those that come.
    pub fn open_gate(&self) {
        fs::remove_file(self.gate()).unwrap();
    }

    fn gate(&self) -> PathBuf {
        self.path().join("gate")
    }
}
