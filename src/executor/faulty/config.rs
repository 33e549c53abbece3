//! Which faults are injected: heketi's `injectexec`, and ours beside it. Keys are read in any case, as Go does.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;

/// The whole section. Everything is optional.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FaultyConfig {
    /// heketi's hooks.
    pub hooks: Hooks,
    /// Our faults, in order: the first that applies counts.
    pub faults: Vec<Fault>,
    /// A file that gets every command as a JSON line before it runs.
    pub record: Option<PathBuf>,
    /// Where late commands wait for the next start; beside `record` where it is not given.
    pub late_file: Option<PathBuf>,
    /// How long a command waits for a lock, in milliseconds; as long as its deadline where it is not given.
    pub lock_wait_ms: Option<u64>,
}

/// heketi's hooks. Source: heketi's `injectexec`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Hooks {
    /// Instead of a command.
    pub commands: Vec<Hook>,
    /// Instead of the result of a command that ran.
    pub results: Vec<Hook>,
}

/// What happens to commands that match.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Hook {
    /// On the bare command; matches everything where it is empty, and nothing where it is no expression.
    #[serde(rename = "cmd")]
    pub command: String,
    /// On its standard output, or on `Process exited with status N`; for results only.
    pub result: String,
    /// It counts only while this file is there.
    #[serde(rename = "condfile")]
    pub condition_file: String,
    /// What happens.
    pub reaction: Reaction,
}

/// heketi's reactions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Reaction {
    /// Standard output.
    pub result: String,
    /// Makes it an error with this text.
    pub err: String,
    /// Seconds before anything else.
    pub pause: u64,
    /// The server dies with this text.
    pub panic: String,
    /// Exit status.
    #[serde(rename = "exitstatus")]
    pub exit_status: i32,
    /// Standard error.
    #[serde(rename = "erroutput")]
    pub err_output: String,
    /// Makes it an error without a text.
    #[serde(rename = "forceerr")]
    pub force_err: bool,
    /// Leaves standard error empty although there is an error text.
    #[serde(rename = "forceerroutput")]
    pub force_err_output: bool,
}

/// One of our faults.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Fault {
    /// On the bare command.
    pub command: String,
    /// On the name of the peer; all peers where it is not given.
    #[serde(default)]
    pub host: Option<String>,
    /// How many commands that match are let through first.
    #[serde(default)]
    pub skip: u64,
    /// How often it happens; 0 is for ever.
    #[serde(default = "once")]
    pub times: u64,
    /// What happens.
    pub fault: FaultKind,
    /// It counts only while this file is there; for `hold`, the command stands still as long.
    #[serde(default)]
    pub cond_file: Option<PathBuf>,
    /// For `stall`: how long, in milliseconds; until the command's deadline where it is not given.
    #[serde(default)]
    pub stall_ms: Option<u64>,
    /// For `late`: how long after the next start, in milliseconds.
    #[serde(default)]
    pub late_ms: u64,
    /// For `refuse`: the exit status.
    #[serde(default = "failure")]
    pub code: i32,
    /// For `refuse`: what is printed on standard error.
    #[serde(default = "refusal")]
    pub stderr: String,
}

fn once() -> u64 {
    1
}

fn failure() -> i32 {
    1
}

fn refusal() -> String {
    "refused by fault injection\n".to_owned()
}

/// What happens to a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The program refuses, without having done anything.
    Refuse,
    /// The peer cannot be reached: the command does not run.
    Unreachable,
    /// The command runs, and nobody hears of it.
    LoseReply,
    /// The command does not run, and nobody hears of that before its deadline.
    Stall,
    /// The command runs when `cond_file` is gone. Nobody hears of one that would wait beyond its deadline: it does not run.
    Hold,
    /// The command runs, and what it prints is something else.
    Garbage,
    /// The command does not run, and the task that sent it panics.
    Panic,
    /// The server is killed before the command runs.
    KillBefore,
    /// The server is killed after the command has run.
    KillAfter,
    /// The server is killed, and the command runs when it has started again.
    Late,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Keys {
    command_injection: Hooks,
    faults: Vec<Fault>,
    record: Option<PathBuf>,
    late_file: Option<PathBuf>,
    lock_wait_ms: Option<u64>,
}

impl<'de> Deserialize<'de> for FaultyConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = lower_case(Value::deserialize(deserializer)?);
        if value.is_null() {
            return Ok(FaultyConfig::default());
        }
        let keys: Keys = serde_json::from_value(value).map_err(D::Error::custom)?;
        Ok(FaultyConfig {
            hooks: keys.command_injection,
            faults: keys.faults,
            record: keys.record,
            late_file: keys.late_file,
            lock_wait_ms: keys.lock_wait_ms,
        })
    }
}

/// Keys in lower case, without those whose value is `null`: to Go both are as if they were not there.
fn lower_case(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key.to_lowercase(), lower_case(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(lower_case).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heketis_section_and_ours_are_read() {
        let config: FaultyConfig = serde_json::from_str(
            r#"{"Command_Injection": {"commands": [{"Cmd": "lvcreate", "CondFile": "", "Reaction":
                {"Result": "", "Err": "e", "Pause": 0, "Panic": "", "ExitStatus": 5, "ErrOutput": "s", "ForceErr": false,
                 "ForceErrOutput": false}}], "results": null},
                "faults": [{"command": "mkfs", "fault": "lose_reply"}], "unknown": 1}"#,
        )
        .unwrap();
        assert_eq!(config.hooks.commands[0].reaction.exit_status, 5);
        assert_eq!(config.faults[0].fault, FaultKind::LoseReply);
        assert_eq!((config.faults[0].times, config.faults[0].skip), (1, 0));
        assert_eq!(serde_json::from_str::<FaultyConfig>("null").unwrap(), FaultyConfig::default());
        assert!(
            serde_json::from_str::<FaultyConfig>(r#"{"faults": [{"command": "x", "fault": "nonsense"}]}"#)
                .is_err()
        );
    }
}
