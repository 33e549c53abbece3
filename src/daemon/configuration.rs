//! `mortard config …`.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use serde_json::{Value, json};

use super::arguments::{CheckArguments, ConfigCommand};
use super::{failed, printing, wait_for};
use crate::app;
use crate::config::{self, Environment, Origin, Report};
use crate::json::encode_indented;

/// Runs one of the commands.
pub(super) fn run(command: ConfigCommand) -> ExitCode {
    match command {
        ConfigCommand::Keys => printing::print(config::table().as_bytes()),
        ConfigCommand::Check(arguments) => check(&arguments),
    }
}

fn check(arguments: &CheckArguments) -> ExitCode {
    let file = &arguments.file;
    let environment = Environment::of_process();
    let checked = wait_for(async { Ok(app::check::check(file, &environment, arguments.disable_auth).await) });
    let report = match checked {
        Ok(report) => report,
        Err(error) => return failed(&format!("ERROR: {error:#}")),
    };
    let text = if arguments.json { for_programs(file, &report) } else { for_people(file, &report) };
    // Nobody is left to tell where this fails; the status says what matters.
    std::io::stdout().write_all(&text).ok();
    if report.starts() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn for_people(file: &Path, report: &Report) -> Vec<u8> {
    let rows: Vec<[String; 3]> = report
        .settings
        .iter()
        .map(|setting| {
            let unused = if setting.used { "" } else { " (not used)" };
            [setting.key.clone(), setting.value.clone(), origin(&setting.origin) + unused]
        })
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (first, second) = (width(0), width(1).min(40));
    let mut lines: Vec<String> =
        rows.iter().map(|[key, value, from]| format!("{key:first$}  {value:second$}  {from}")).collect();
    lines.push(String::new());
    for problem in &report.problems {
        let weight = if problem.kind.is_fatal() { "ERROR" } else { "warning" };
        lines.push(format!("{weight}: {} ({})", problem, problem.kind.name()));
    }
    let verdict = if report.starts() { "would start" } else { "would not start" };
    lines.push(format!("The server {verdict} with {}.", file.display()));
    lines.join("\n").into_bytes().into_iter().chain(*b"\n").collect()
}

fn origin(origin: &Origin) -> String {
    match origin {
        Origin::File(line) => format!("file, line {line}"),
        Origin::Variable(name) => format!("variable {name}"),
        Origin::Argument(name) => format!("flag {name}"),
        Origin::Default => "default".to_owned(),
    }
}

/// What programs read. Fields are added and never renamed.
#[derive(Serialize)]
struct ForPrograms {
    file: String,
    starts: bool,
    settings: Vec<Value>,
    problems: Vec<Value>,
}

fn for_programs(file: &Path, report: &Report) -> Vec<u8> {
    let settings = report.settings.iter().map(|setting| {
        let (from, line, name) = match setting.origin {
            Origin::File(line) => ("file", Some(line), None),
            Origin::Variable(name) => ("variable", None, Some(name)),
            Origin::Argument(name) => ("flag", None, Some(name)),
            Origin::Default => ("default", None, None),
        };
        json!({"key": setting.key, "value": setting.value, "from": from, "line": line, "name": name, "used": setting.used})
    });
    let problems = report.problems.iter().map(|problem| {
        json!({"kind": problem.kind.name(), "fatal": problem.kind.is_fatal(), "key": problem.key, "line": problem.line,
               "text": problem.text, "suggestion": problem.suggestion})
    });
    encode_indented(&ForPrograms {
        file: file.display().to_string(),
        starts: report.starts(),
        settings: settings.collect(),
        problems: problems.collect(),
    })
}
