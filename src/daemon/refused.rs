//! Command lines that are none, and those that ask for help, in heketi's words and with its exit status.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::complain;
use super::printing::print;
use crate::telemetry;

/// heketi's exit status for a command line that it does not understand.
const NOT_UNDERSTOOD: u8 = 255;

/// The flags of the program that take something away from a command if they are passed over.
const OF_THE_PROGRAM: [&str; 2] = ["--config", "--disable-auth"];

/// Says what clap found.
pub(super) fn answer(error: &clap::Error, tree: Command, words: &[OsString]) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => print(error.to_string().as_bytes()),
        ErrorKind::InvalidSubcommand => unknown_command(error, tree, words),
        ErrorKind::UnknownArgument => flag(&context(error, ContextKind::InvalidArg)),
        // Two values are left out: the flag's own one, and the one that clap makes of nothing.
        ErrorKind::InvalidValue if context(error, ContextKind::InvalidValue).is_empty() => {
            let name = context(error, ContextKind::InvalidArg);
            say(&format!("flag needs an argument: {}", name.split([' ', '=']).next().unwrap_or_default()), "")
        }
        ErrorKind::ValueValidation => {
            let (name, value) =
                (context(error, ContextKind::InvalidArg), context(error, ContextKind::InvalidValue));
            let name = name.split([' ', '=', '[']).next().unwrap_or_default();
            let reason = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            say(&format!("invalid argument {value:?} for {name:?} flag: {reason}"), "")
        }
        _ => say(error.to_string().trim_start_matches("error: ").trim_end(), ""),
    }
}

/// A flag that the command does not have, or a word too many.
pub(super) fn flag(name: &str) -> ExitCode {
    let text = match name.strip_prefix('-') {
        Some(letters) if !letters.starts_with('-') => {
            format!("unknown shorthand flag: '{}' in {name}", letters.chars().next().unwrap_or_default())
        }
        Some(_) => format!("unknown flag: {}", name.split('=').next().unwrap_or_default()),
        None => format!("unknown argument: {name}"),
    };
    say(&text, "")
}

/// A flag of the program before a command that has none of that name: heketi's commands do not inherit them.
pub(super) fn flag_of_another(tree: &Command, words: &[OsString]) -> Option<&'static str> {
    let command = innermost(tree, words);
    let before = words.iter().skip(1).take_while(|word| tree.find_subcommand(word).is_none());
    let before: Vec<&str> = before.filter_map(|word| word.to_str()).collect();
    let has = |flag: &str| command.get_arguments().any(|arg| arg.get_long() == flag.strip_prefix("--"));
    let is_written = |flag: &str| {
        before
            .iter()
            .any(|word| word.strip_prefix(flag).is_some_and(|rest| rest.is_empty() || rest.starts_with('=')))
    };
    OF_THE_PROGRAM.into_iter().find(|flag| is_written(flag) && !has(flag))
}

/// The program has no such command: an error. A group of commands has none: its help, with success.
fn unknown_command(error: &clap::Error, mut tree: Command, words: &[OsString]) -> ExitCode {
    tree.build();
    let group = innermost(&tree, words);
    if group.get_name() == tree.get_name() {
        let (word, name) = (context(error, ContextKind::InvalidSubcommand), tree.get_name());
        return say(
            &format!("unknown command {word:?} for {name:?}"),
            &format!("Run '{name} --help' for usage.\n"),
        );
    }
    print(group.clone().render_help().to_string().as_bytes())
}

/// The command that the known words of a line lead to.
fn innermost<'a>(tree: &'a Command, words: &[OsString]) -> &'a Command {
    let known = words.iter().skip(1).filter_map(|word| word.to_str());
    known.fold(tree, |command, word| command.find_subcommand(word).unwrap_or(command))
}

/// On both streams, as heketi does.
fn say(text: &str, hint: &str) -> ExitCode {
    telemetry::say(text);
    complain(format!("Error: {text}\n{hint}").trim_end_matches('\n'));
    ExitCode::from(NOT_UNDERSTOOD)
}

fn context(error: &clap::Error, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        _ => String::new(),
    }
}
