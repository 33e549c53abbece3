//! `server operations …`

use super::args::OperationsCommand;
use super::failure::Failure;
use super::output::Output;
use super::session::Session;
use crate::api::{CleanUpRequest, List, OperationsInfo, PendingOperation, PendingOperationDetails};

const CLEANED_UP: &str = "Note: Operation clean up is a batch operation.\n\
                          * The results of individual operation clean ups are not reported here.\n\
                          * Use 'heketi-cli server operations [list|info]' to view operations.\n";

pub(super) fn run(
    command: &OperationsCommand,
    session: &Session,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let client = session.client()?;
    match command {
        OperationsCommand::Cleanup(arguments) => {
            client.operations_clean_up(&CleanUpRequest { operations: List::from(arguments.ids.clone()) })?;
            output.note(CLEANED_UP)
        }
        OperationsCommand::Info(arguments) if arguments.id.is_empty() => {
            output.text(&counts(client.operations_info()?))
        }
        OperationsCommand::Info(arguments) => output.text(&details(&client.operation_info(&arguments.id)?)),
        OperationsCommand::List => {
            let lines = client.operations_pending()?.pendingoperations;
            lines.iter().try_for_each(|operation| output.line(&line(operation)))
        }
    }
}

fn counts(info: OperationsInfo) -> String {
    let OperationsInfo { total, in_flight, stale, failed, new } = info;
    format!(
        "Operation Counts:\n  Total: {total}\n  In-Flight: {in_flight}\n  New: {new}\n  Failed: {failed}\n  Stale: {stale}\n"
    )
}

/// The status as heketi-cli shows it: with a blank after it also where nothing follows.
fn status(operation: &PendingOperation) -> String {
    let status = if operation.status.is_empty() { "New" } else { &operation.status };
    format!("{status} {}", operation.sub_status)
}

fn line(operation: &PendingOperation) -> String {
    format!("Id:{}  Type:{}  Status:{}", operation.id, operation.type_name, status(operation))
}

fn details(shown: &PendingOperationDetails) -> String {
    let operation = &shown.operation;
    let changes = shown.changes.iter().map(|change| format!("    {}: {}\n", change.description, change.id));
    format!(
        "\nId: {}\nType: {}\nStatus: {}\nChanges:\n{}",
        operation.id,
        operation.type_name,
        status(operation),
        changes.collect::<String>()
    )
}
