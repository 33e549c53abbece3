//! `server …`

use super::args::{ExamineCommand, ServerCommand, StateCommand};
use super::failure::Failure;
use super::operations;
use super::output::Output;
use super::session::Session;

pub(super) fn run(
    command: &ServerCommand,
    session: &Session,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    match command {
        ServerCommand::Operations(command) => operations::run(command, session, output),
        ServerCommand::State(StateCommand::Examine(ExamineCommand::Gluster)) => {
            output.bytes(&session.client()?.examine_gluster()?)
        }
    }
}
