//! `loglevel …`

use super::args::LoglevelCommand;
use super::failure::{Failure, only};
use super::output::Output;
use super::session::Session;
use crate::api::LogLevels;

pub(super) fn run(
    command: &LoglevelCommand,
    session: &Session,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    match command {
        LoglevelCommand::Get => {
            let levels = session.client()?.log_levels()?;
            output.line(levels.of_server().unwrap_or_default())
        }
        LoglevelCommand::Set(arguments) => {
            let level = only(&arguments.words, "missing log-level argument")?;
            session.client()?.set_log_levels(&LogLevels::new(level))?;
            output.line("Server log level updated")
        }
    }
}
