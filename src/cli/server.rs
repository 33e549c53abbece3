//! `server …`

use super::args::{ExamineCommand, FindingsCommand, ModeCommand, ServerCommand, StateCommand};
use super::failure::{Failure, only};
use super::operations;
use super::output::Output;
use super::session::Session;
use crate::api::{AdminStatus, FindingInfo};

pub(super) fn run(
    command: &ServerCommand,
    session: &Session,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    match command {
        ServerCommand::Mode(ModeCommand::Get) => output.line(&session.client()?.admin_status()?.state),
        ServerCommand::Mode(ModeCommand::Set(arguments)) => {
            let state = only(&arguments.words, "missing mode argument")?.to_owned();
            Ok(session.client()?.set_admin_status(&AdminStatus { state })?)
        }
        ServerCommand::Findings(FindingsCommand::List) => {
            let found = session.client()?.findings()?.findings;
            found.iter().try_for_each(|finding| output.line(&line(finding)))
        }
        ServerCommand::Findings(FindingsCommand::Clear(arguments)) => clear(&arguments.ids, session),
        ServerCommand::Operations(command) => operations::run(command, session, output),
        ServerCommand::State(StateCommand::Examine(ExamineCommand::Gluster)) => {
            output.bytes(&session.client()?.examine_gluster()?)
        }
    }
}

/// In one line, whatever heketi's names had in them.
fn line(finding: &FindingInfo) -> String {
    let FindingInfo { number, subject, id, what, consequence, cure, devices } = finding;
    let held = if devices.is_empty() {
        String::new()
    } else {
        format!(" No new bricks on: {}.", devices.join(", "))
    };
    let text = format!("{number}: {subject} {id} {what}: {consequence}. {cure}.{held}");
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

fn clear(numbers: &[String], session: &Session) -> Result<(), Failure> {
    let parsed = numbers.iter().map(|text| text.parse::<i64>().map_err(|_| text));
    let numbers = parsed.collect::<Result<Vec<i64>, &String>>();
    let numbers = numbers.map_err(|text| Failure::new(format!("{text} is no number of a finding")))?;
    if numbers.is_empty() {
        return Err(Failure::new("missing number of a finding"));
    }
    let client = session.client()?;
    Ok(numbers.into_iter().try_for_each(|number| client.finding_clear(number))?)
}
