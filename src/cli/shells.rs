//! `completion …` and `man`: what is made of the definitions of the commands.

use std::path::Path;

use clap::Command;
use clap::builder::StyledStr;
use clap_complete::{Shell, generate};
use clap_mangen::Man;

use super::args::{Completion, CompletionCommand, Pages};
use super::failure::{Failure, required};
use super::output::Output;
use super::{raw, tree};
use crate::words::go::os_reason;

/// Prints the script of a shell.
pub(super) fn completion(
    command: &CompletionCommand,
    name: &'static str,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let (shell, Completion { no_descriptions }) = match command {
        CompletionCommand::Bash(flags) => (Shell::Bash, flags),
        CompletionCommand::Fish(flags) => (Shell::Fish, flags),
        CompletionCommand::Powershell(flags) => (Shell::PowerShell, flags),
        CompletionCommand::Zsh(flags) => (Shell::Zsh, flags),
    };
    let shown = tree::shown(name);
    let mut shown = if *no_descriptions { tree::without_descriptions(shown) } else { shown };
    let mut script = Vec::new();
    generate(shell, &mut shown, name, &mut script);
    output.bytes(&script)
}

/// What the scripts of heketi-cli's own completion ask for: candidates for the last word, one a line, and how the shell
/// is to take them (4: they are all there is; 0: it may look for files).
pub(super) fn candidates(name: &'static str, words: &[String], described: bool) -> String {
    let Some((last, before)) = words.split_last() else { return String::new() };
    let mut command = &tree::shown(name);
    for word in before.iter().filter(|word| !word.starts_with('-')) {
        match command.find_subcommand(word) {
            Some(below) => command = below,
            None => return ":0\n".to_owned(),
        }
    }
    let found = if last.starts_with('-') { flags(command) } else { subcommands(command) };
    let found = found.into_iter().filter(|(word, _)| word.starts_with(last.as_str()));
    let line = |(word, about): (String, String)| {
        if described && !about.is_empty() { format!("{word}\t{about}\n") } else { format!("{word}\n") }
    };
    let lines: String = found.map(line).collect();
    let directive = if lines.is_empty() { 0 } else { 4 };
    format!("{lines}:{directive}\n")
}

fn flags(command: &Command) -> Vec<(String, String)> {
    let flag = |arg: &clap::Arg| Some((format!("--{}", arg.get_long()?), text(arg.get_help())));
    command.get_arguments().filter(|arg| !arg.is_hide_set()).filter_map(flag).collect()
}

fn subcommands(command: &Command) -> Vec<(String, String)> {
    let shown = command.get_subcommands().filter(|below| !below.is_hide_set());
    shown.map(|below| (below.get_name().to_owned(), text(below.get_about()))).collect()
}

fn text(styled: Option<&StyledStr>) -> String {
    styled.map(ToString::to_string).unwrap_or_default()
}

fn write_pages(command: &Command, folder: &Path) -> std::io::Result<()> {
    let below = command.get_subcommands().filter(|below| !below.is_hide_set());
    below.into_iter().try_for_each(|below| write_pages(below, folder))?;
    let page = Man::new(command.clone()).title(page_name(command));
    page.source(concat!("mortar ", env!("CARGO_PKG_VERSION"))).generate_to(folder).map(drop)
}

/// The whole name of a command, as that of its file.
fn page_name(command: &Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

/// Writes a page for each command.
pub(super) fn pages(arguments: &Pages, name: &'static str, output: &mut Output<'_>) -> Result<(), Failure> {
    let directory = required(&arguments.directory, "Missing directory for the manual pages")?;
    let folder = raw::path(directory);
    let failed = |error: std::io::Error| Failure::new(format!("open {directory}: {}", os_reason(&error)));
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let mut root = tree::shown(name).disable_help_subcommand(true);
    root.build();
    write_pages(&root, &folder).map_err(failed)?;
    output.line(&raw::shown(&format!("The pages are in {directory}: man -l {directory}/{name}.1")))
}
