//! `db …`

use super::args::DbCommand;
use super::failure::Failure;
use super::output::Output;
use super::session::Session;

pub(super) fn run(command: &DbCommand, session: &Session, output: &mut Output<'_>) -> Result<(), Failure> {
    let client = session.client()?;
    output.bytes(&match command {
        DbCommand::Check => client.db_check()?,
        DbCommand::Dump => client.db_dump()?,
    })
}
