//! The command-line client: heketi-cli's commands, its texts and its exit status.
//!
//! What it prints on standard output is compared by scripts, so additions of ours go to standard error, and
//! only where a person reads it.

mod args;
mod block_volume;
mod brick;
mod cluster;
mod db;
mod device;
mod examples;
mod failure;
mod flag_reader;
mod flags;
mod go;
mod hints;
mod loglevel;
mod manifest;
mod node;
mod operations;
mod output;
mod persistent_volume;
mod raw;
mod screen;
mod server;
mod session;
mod setup_storage;
mod shells;
mod storage_list;
mod table;
mod tags;
#[cfg(test)]
mod tests;
mod token;
mod topology_diff;
mod topology_file;
mod topology_info;
mod topology_load;
mod topology_meanwhile;
mod topology_plan;
mod tree;
mod volume;
mod volume_list;
mod written_file;

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::Path;

use clap::Parser;

use self::args::{Cli, Command, TopologyCommand};
use self::failure::Failure;
use self::flags::{Asked, Line, Parsed};
use self::output::Output;
pub use self::screen::Screen;
use self::session::Session;
use crate::words::near::nearest;

/// The exit status of a command that failed: heketi-cli's.
const FAILED: u8 = 255;
/// The one where nobody reads any more, as of `mortar volume list | head -1`. What the shell says of heketi-cli, which
/// ends of SIGPIPE then: 128 and the number of that signal.
const NOBODY_READS: u8 = 141;

/// The surroundings of a run, as far as they matter.
pub struct Surroundings<'a> {
    /// Looks a variable up.
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// Whether refusals are explained.
    pub explain: bool,
    /// The terminal that results are shown on, where they are.
    pub screen: Option<Screen>,
    /// Where results go.
    pub out: &'a mut dyn Write,
    /// Where errors go.
    pub err: &'a mut dyn Write,
}

/// Runs the command line of this process and gives its exit status.
pub fn main() -> u8 {
    let variable = |name: &str| std::env::var_os(name);
    let text = |name: &str| variable(name).map(|value| raw::text(&value));
    let explain = std::io::stderr().is_terminal() || text("MORTAR_EXPLAIN").as_deref() == Some("1");
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    let surroundings = Surroundings {
        variable: &variable,
        explain,
        screen: Screen::of_stdout(&text),
        out: &mut out,
        err: &mut err,
    };
    run(std::env::args_os().collect(), surroundings)
}

/// Runs a command line and gives its exit status.
pub fn run(arguments: Vec<OsString>, surroundings: Surroundings<'_>) -> u8 {
    let Surroundings { variable, explain, screen, out, err } = surroundings;
    let variable = |name: &str| variable(name).map(|value| raw::text(&value));
    let mut output = Output::new(out, err, explain, screen);
    let mut arguments = arguments.into_iter().map(|argument| raw::text(&argument));
    let name = program(&arguments.next().unwrap_or_default());
    let line: Vec<String> = arguments.collect();
    match dispatch(name, &line, &variable, &mut output) {
        Ok(()) => 0,
        Err(failure) if failure.reader_has_gone => NOBODY_READS,
        Err(failure) => {
            output.failure(&failure);
            FAILED
        }
    }
}

/// The name it was called by, which tells apart nothing but names in messages.
fn program(path: &str) -> &'static str {
    match Path::new(path).file_stem().and_then(|name| name.to_str()) {
        Some("heketi-cli") => "heketi-cli",
        _ => "mortar",
    }
}

fn dispatch(
    name: &'static str,
    line: &[String],
    variable: &dyn Fn(&str) -> Option<String>,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    match line.split_first() {
        Some((asks, words)) if asks == "__complete" || asks == "__completeNoDesc" => {
            return output.text(&shells::candidates(name, words, asks == "__complete"));
        }
        _ => {}
    }
    let colours = output.screen().is_some_and(|screen| screen.colours);
    let help = |path: &[String]| tree::help(name, path, colours);
    let Line { words, asked } = match flags::parse(&tree::plain(name), line)? {
        Parsed::Command(canonical) => canonical,
        Parsed::Version => return output.line(&format!("{name} {}", env!("CARGO_PKG_VERSION"))),
        Parsed::Help(path) => return output.text(&help(&path)),
        Parsed::Group { path, unknown } => {
            output.text(&help(&path))?;
            // heketi-cli leaves it at that, with success.
            return unknown.map_or(Ok(()), |word| output.hint(&unknown_word(name, &path, &word)));
        }
        Parsed::Usage => return output.note(&tree::help(name, &[], false)),
        Parsed::UnknownTopic(topic) => return output.note(&unknown_topic(name, &topic)),
    };
    let cli = Cli::try_parse_from(std::iter::once(name.to_owned()).chain(words)).map_err(flags::refused)?;
    execute(cli, &asked, name, variable, output)
}

fn unknown_word(name: &'static str, path: &[String], word: &str) -> String {
    let root = tree::plain(name);
    let group = path.iter().try_fold(&root, |command, word| command.find_subcommand(word));
    let names = group.into_iter().flat_map(clap::Command::get_subcommands).map(clap::Command::get_name);
    let meant = nearest(word, names).map(|near| format!("; did you mean {near}?"));
    format!("unknown command \"{word}\" for \"{name} {}\"{}\n", path.join(" "), meant.unwrap_or_default())
}

fn unknown_topic(name: &'static str, topic: &[String]) -> String {
    let words: Vec<String> = topic.iter().map(|word| format!("`{word}`")).collect();
    format!("Unknown help topic [{}]\n{}", words.join(" "), tree::help(name, &[], false))
}

fn execute(
    cli: Cli,
    asked: &Asked,
    name: &'static str,
    variable: &dyn Fn(&str) -> Option<String>,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let session = Session::new(cli.global, variable)?;
    carry_out(cli.command, name, &session, output).map_err(|failure| {
        let failure = session.explained(failure);
        if output.has_reader() { hints::explained(failure, asked, name, &session) } else { failure }
    })
}

fn carry_out(
    command: Command,
    name: &'static str,
    session: &Session,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    match command {
        Command::Cluster(command) => cluster::run(command, session, output),
        Command::Node(command) => node::run(command, session, output),
        Command::Device(command) => device::run(command, session, output),
        Command::Brick(command) => brick::run(&command, session, output),
        Command::Blockvolume(command) => block_volume::run(&command, session, output),
        Command::Volume(command) => volume::run(command, session, output),
        Command::Db(command) => db::run(&command, session, output),
        Command::Loglevel(command) => loglevel::run(&command, session, output),
        Command::Server(command) => server::run(&command, session, output),
        Command::Token(arguments) => token::run(&arguments, session, output),
        Command::Topology(TopologyCommand::Diff(arguments)) => {
            topology_diff::run(&arguments, session, output)
        }
        Command::Topology(TopologyCommand::Load(arguments)) => {
            topology_load::run(&arguments, session, output)
        }
        Command::Topology(TopologyCommand::Info(arguments)) => {
            topology_info::run(&arguments, session, output)
        }
        Command::SetupOpenshiftHeketiStorage(flags) => setup_storage::run(&flags, session, output),
        Command::Completion(command) => shells::completion(&command, name, output),
        Command::Man(arguments) => shells::pages(&arguments, name, output),
        // Answered before: it needs no server.
        Command::Help(_) => Ok(()),
    }
}
