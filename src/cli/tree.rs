//! The commands as a tree: the plain one that lines are read by, and the one that people are shown, in which every
//! command has the flags that work everywhere.

use clap::{Arg, ArgAction, Command, CommandFactory as _};

use super::args::Cli;
use super::examples;

/// The commands with their own flags.
pub(super) fn plain(name: &'static str) -> Command {
    Cli::command().name(name).bin_name(name)
}

/// The commands as help, completions and manual pages show them.
pub(super) fn shown(name: &'static str) -> Command {
    let root = plain(name);
    let everywhere: Vec<Arg> = root.get_arguments().cloned().collect();
    let version = Arg::new("version").short('v').long("version").action(ArgAction::SetTrue);
    let root = root.arg(version.help("Print the version"));
    // Of equal order they are shown by their names.
    let root = each_subcommand(root, &|command| command.display_order(0));
    each_subcommand(root, &|command| complete(command, name.to_owned(), &everywhere))
}

/// A command with the flags that work everywhere, and all below it; `above` are the words before its name.
fn complete(command: Command, above: String, everywhere: &[Arg]) -> Command {
    let path = format!("{above} {}", command.get_name());
    let missing: Vec<Arg> = everywhere.iter().filter(|arg| !has_name_of(&command, arg)).cloned().collect();
    let mut command = command.args(missing.into_iter().map(|arg| arg.help_heading("Global Flags")));
    command = examples::added(command, &path);
    if command.has_subcommands() {
        let more = format!("Use \"{path} [command] --help\" for more information about a command.");
        command = command.after_help(more);
    }
    each_subcommand(command, &|below| complete(below, path.clone(), everywhere))
}

/// `topology load` has a `--json` of its own.
fn has_name_of(command: &Command, arg: &Arg) -> bool {
    let same = |own: &Arg| own.get_long() == arg.get_long();
    command.get_arguments().any(same)
}

/// What commands and flags are for is left out.
pub(super) fn without_descriptions(command: Command) -> Command {
    let command = command.about(None).mut_args(|arg| arg.help(None));
    each_subcommand(command, &without_descriptions)
}

fn each_subcommand(command: Command, change: &dyn Fn(Command) -> Command) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|below| below.get_name().to_owned()).collect();
    names.iter().fold(command, |command, name| command.mut_subcommand(name, change))
}

/// The help of the command at `path`.
pub(super) fn help(name: &'static str, path: &[String], colours: bool) -> String {
    let mut tree = shown(name);
    tree.build();
    let command = path.iter().try_fold(&mut tree, |command, word| command.find_subcommand_mut(word));
    let Some(command) = command else { return String::new() };
    let help = command.render_help();
    if colours { help.ansi().to_string() } else { help.to_string() }
}
