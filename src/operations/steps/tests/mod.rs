//! Steps against a scripted peer: which commands, in which order, and what follows from each answer. The answers are
//! what LVM 2.03.16, util-linux 2.38, xfsprogs 6.1 and gluster 10.3 print. What the commands do together is tested on
//! the simulated and the real peers.

mod block;
mod brick;
mod clone;
mod detach;
mod device;
mod extend;
mod heal;
mod peer;
mod replace;
mod simulated;
mod simulated_clone;
mod snapshot;
mod volume;
mod word;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::StepRunner;
use crate::executor::settings::PeerSettings;
use crate::executor::{Command, Executor, Output, RemoteError};
use crate::model::host::Host;
use crate::model::step::Peer;

/// How the scripted peer answers a command.
#[derive(Clone, Copy)]
enum Answer {
    Says(&'static str),
    Refuses(i32, &'static str),
    /// With the answer on standard output, as gluster does under `--xml`.
    RefusesAloud(&'static str),
    /// It runs, and nobody hears how.
    Lost,
    /// It did not run: an earlier command on the same thing still does.
    StillRuns,
    Unreachable,
}

/// One expected command: what its line contains, and the answer. Used up by the first command that matches.
type Rule = (&'static str, Answer);

/// Succeeds without a word at whatever no rule is left for.
struct Script {
    rules: Mutex<Vec<Rule>>,
    ran: Mutex<Vec<String>>,
}

#[async_trait]
impl Executor for Script {
    async fn run(&self, host: &Host, command: &Command) -> Result<Output, RemoteError> {
        let line = command.to_string();
        let lock = command.lock().map_or_else(String::new, |lock| format!(" [{}]", lock.as_str()));
        self.ran.lock().unwrap().push(format!("{line}{lock}"));
        let mut rules = self.rules.lock().unwrap();
        let found = rules.iter().position(|(words, _)| format!("{host} {line}").contains(words));
        let answer = found.map_or(Answer::Says(""), |at| rules.remove(at).1);
        let (host, command) = (host.clone(), Box::new(command.clone()));
        match answer {
            Answer::Says(text) => Ok(Output { stdout: text.to_owned(), stderr: String::new() }),
            Answer::Refuses(code, text) => Err(RemoteError::Exited {
                host,
                command,
                code,
                stdout: String::new(),
                stderr: text.to_owned(),
            }),
            Answer::RefusesAloud(text) => Err(RemoteError::Exited {
                host,
                command,
                code: 1,
                stdout: text.to_owned(),
                stderr: String::new(),
            }),
            Answer::StillRuns => {
                let lock = command.lock().map_or_else(String::new, |lock| lock.as_str().to_owned());
                Err(RemoteError::StillRunning { host, command, lock, since: None })
            }
            Answer::Lost => Err(RemoteError::OutcomeUnknown { host, command, source: "broken pipe".into() }),
            Answer::Unreachable => Err(RemoteError::Unreachable { host, source: "no route".into() }),
        }
    }
}

impl Script {
    fn new(rules: &[Rule]) -> (Arc<Script>, StepRunner) {
        Script::with(PeerSettings::default(), rules)
    }

    fn with(settings: PeerSettings, rules: &[Rule]) -> (Arc<Script>, StepRunner) {
        let script = Arc::new(Script { rules: Mutex::new(rules.to_vec()), ran: Mutex::default() });
        (Arc::clone(&script), StepRunner::new(script, Arc::new(settings)))
    }

    fn ran(&self) -> Vec<String> {
        self.ran.lock().unwrap().clone()
    }

    fn times(&self, words: &str) -> usize {
        self.ran().iter().filter(|line| line.contains(words)).count()
    }

    /// No rule may be left: a command that was expected and never came.
    fn assert_used_up(&self) {
        let left: Vec<&str> = self.rules.lock().unwrap().iter().map(|(words, _)| *words).collect();
        assert!(left.is_empty(), "not asked for: {left:?}; ran: {:#?}", self.ran());
    }

    fn assert_changed_nothing(&self) {
        const CHANGES: [&str; 5] = ["wipefs --all", "pvcreate", "vgcreate", "vgremove", "pvremove"];
        assert!(CHANGES.iter().all(|words| self.times(words) == 0), "{:#?}", self.ran());
    }
}

fn peer(n: u8) -> Peer {
    let node = format!("{n:032x}").parse().unwrap();
    Peer { node, host: Host::new(format!("gluster{n}")).unwrap(), storage: format!("10.10.10.{}", 16 + n) }
}
