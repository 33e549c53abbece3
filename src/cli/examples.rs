//! What the help of a command says of its ids, and lines to begin with.

use clap::Command;

/// Commands and what follows the name of the program in a line that works.
pub(super) const EXAMPLES: [(&str, &[&str]); 22] = [
    ("cluster setflags", &["cluster setflags --block=false ID"]),
    (
        "node add",
        &[
            "node add --zone=1 --cluster=ID --management-host-name=10.10.10.20 --storage-host-name=10.10.10.20",
        ],
    ),
    ("node remove", &["node disable ID", "node remove ID"]),
    ("node settags", &["node settags ID rack:a row:3"]),
    ("node rmtags", &["node rmtags ID rack"]),
    ("device add", &["device add --name=/dev/vdd --node=ID"]),
    ("device delete", &["device disable ID", "device remove ID", "device delete ID"]),
    ("device remove", &["device disable ID", "device remove ID"]),
    ("device settags", &["device settags ID arbiter:required"]),
    ("device rmtags", &["device rmtags ID arbiter"]),
    (
        "volume create",
        &[
            "volume create --size=10 --name=data",
            "volume create --size=100 --durability=disperse --disperse-data=4 --redundancy=2",
            "volume create --size=10 --snapshot-factor=1.5 --gluster-volume-options=\"performance.read-ahead off\"",
        ],
    ),
    ("volume expand", &["volume expand ID --expand-size=5"]),
    ("volume clone", &["volume clone ID --name=copy"]),
    ("volume list", &["volume list --wide"]),
    ("blockvolume create", &["blockvolume create --size=8 --ha=2 --auth"]),
    ("blockvolume expand", &["blockvolume expand ID --new-size=20"]),
    (
        "topology load",
        &["topology load --json=topology.json --dry-run", "topology load --json=topology.json"],
    ),
    ("topology diff", &["topology diff --json=topology.json"]),
    ("loglevel set", &["loglevel set debug"]),
    ("server mode set", &["server mode set read-only"]),
    ("token", &["--user=user token --lifetime=8h"]),
    ("server operations cleanup", &["server operations cleanup", "server operations cleanup ID"]),
];

/// What does not fit into a line of a list of commands.
const NOTES: [(&str, &str); 2] = [
    (
        "token",
        "A server takes no such tokens unless `scoped_tokens` in the section `jwt` of its configuration, or\n\
         MORTAR_SCOPED_TOKENS in its environment, says so.",
    ),
    (
        "server mode set",
        "read-only     lets no change in, of an admin neither: this command is refused then, too\n\
         local-client  lets changes in from the server's own machine only\n\n\
         Back to normal from both: kill -USR2 with the process of mortard on its host, or a restart, which\n\
         forgets what was set.",
    ),
];

/// Kinds of objects by the words of their commands: how one is called, and what shows the ids.
const IDS: [(&str, &str, &str); 7] = [
    ("cluster", "cluster", "cluster list"),
    ("node", "node", "topology info"),
    ("device", "device", "device list"),
    ("volume", "volume", "volume list"),
    ("blockvolume", "block volume", "blockvolume list"),
    ("brick", "brick", "device info"),
    ("server operations", "operation", "server operations list"),
];

/// A command whose help knows of which object it wants the id, and has examples; `path` is its name with all words
/// before it.
pub(super) fn added(command: Command, path: &str) -> Command {
    let Some((name, words)) = path.split_once(' ') else { return command };
    let command = match IDS.iter().find(|(group, ..)| words.starts_with(&format!("{group} "))) {
        Some((_, what, list)) => {
            let what = if words == "device resync" { "device or cluster" } else { what };
            with_ids(command, what, &format!("{name} {list}"))
        }
        None => command,
    };
    let note = NOTES.iter().find(|(of, _)| *of == words).map(|(_, note)| (*note).to_owned());
    let examples = EXAMPLES.iter().find(|(of, _)| *of == words).map(|(_, lines)| {
        let lines: Vec<String> = lines.iter().map(|line| format!("  {name} {line}")).collect();
        format!("Examples:\n{}", lines.join("\n"))
    });
    let more: Vec<String> = note.into_iter().chain(examples).collect();
    if more.is_empty() { command } else { command.after_help(more.join("\n\n")) }
}

fn with_ids(command: Command, what: &str, list: &str) -> Command {
    let argument = |id: &str| command.get_positionals().any(|arg| arg.get_id() == id);
    let one = format!("Id of the {what}, 32 hex digits: `{list}` shows them");
    if argument("id") {
        return command.mut_arg("id", |arg| arg.help(one));
    }
    if argument("ids") {
        return command.mut_arg("ids", |arg| arg.help(one));
    }
    if argument("words") {
        return command.mut_arg("words", |arg| arg.help(format!("{one}; then the tags")));
    }
    command
}
