//! heketi's hooks: something else instead of a command, or instead of its result.

use std::path::Path;
use std::time::Duration;

use regex::Regex;

use super::config::{Hook, Hooks, Reaction};
use super::death;
use crate::executor::{Command, Output, RemoteError};
use crate::model::host::Host;

struct Compiled {
    hook: Hook,
    command: Option<Regex>,
    result: Option<Regex>,
}

/// The hooks, ready to match.
pub struct HookSet {
    commands: Vec<Compiled>,
    results: Vec<Compiled>,
}

impl HookSet {
    /// Compiles hooks. One that is no expression never matches, as in heketi.
    pub fn new(hooks: Hooks) -> HookSet {
        let compile = |hook: Hook| Compiled {
            command: Regex::new(&hook.command).ok(),
            result: Regex::new(&hook.result).ok(),
            hook,
        };
        HookSet {
            commands: hooks.commands.into_iter().map(compile).collect(),
            results: hooks.results.into_iter().map(compile).collect(),
        }
    }

    /// What happens instead of a command.
    pub fn instead_of(&self, command: &str) -> Option<&Reaction> {
        self.commands.iter().find(|found| found.matches_command(command)).map(|found| &found.hook.reaction)
    }

    /// What happens instead of a result. A command that did not run to its end has none.
    pub fn instead_of_result(
        &self,
        command: &str,
        result: &Result<Output, RemoteError>,
    ) -> Option<&Reaction> {
        if self.results.is_empty() {
            return None;
        }
        let outcome = match result {
            Ok(output) => output.stdout.clone(),
            Err(RemoteError::Exited { code, .. }) => format!("Process exited with status {code}"),
            Err(_) => return None,
        };
        let matches = |found: &&Compiled| {
            found.matches_command(command)
                && found.result.as_ref().is_some_and(|result| result.is_match(&outcome))
        };
        self.results.iter().find(matches).map(|found| &found.hook.reaction)
    }
}

impl Compiled {
    fn matches_command(&self, command: &str) -> bool {
        let condition = &self.hook.condition_file;
        self.command.as_ref().is_some_and(|found| found.is_match(command))
            && (condition.is_empty() || Path::new(condition).exists())
    }
}

/// Carries a reaction out.
pub async fn react(reaction: &Reaction, host: &Host, command: &Command) -> Result<Output, RemoteError> {
    if reaction.pause > 0 {
        tokio::time::sleep(Duration::from_secs(reaction.pause)).await;
    }
    if !reaction.panic.is_empty() {
        death::panic(&reaction.panic);
    }
    let is_error = !reaction.err.is_empty() || reaction.force_err;
    let stderr = if reaction.err_output.is_empty() { &reaction.err } else { &reaction.err_output };
    let (stdout, stderr) = (reaction.result.clone(), stderr.clone());
    let code = if is_error && reaction.exit_status == 0 { 1 } else { reaction.exit_status };
    if code == 0 {
        return Ok(Output { stdout, stderr });
    }
    Err(RemoteError::Exited { host: host.clone(), command: Box::new(command.clone()), code, stdout, stderr })
}
