//! `server …`

use super::args::{ExamineCommand, ModeCommand, ServerCommand, StateCommand};
use super::failure::{Failure, only};
use super::operations;
use super::output::Output;
use super::session::Session;
use crate::api::AdminStatus;

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
        ServerCommand::Operations(command) => operations::run(command, session, output),
        ServerCommand::State(StateCommand::Examine(ExamineCommand::Gluster)) => {
            output.bytes(&session.client()?.examine_gluster()?)
        }
    }
}
