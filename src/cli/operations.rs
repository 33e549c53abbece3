//! `server operations …`

use super::args::OperationsCommand;
use super::failure::Failure;
use super::output::Output;
use super::session::Session;
use crate::api::{
    CleanUpRequest, List, OperationProgress, OperationsInfo, PendingOperation, PendingOperationDetails,
};

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
            let all = client.operations_pending()?.pendingoperations;
            // A server of heketi's does not know them.
            let known = if output.has_reader() { client.operations_progress().ok() } else { None };
            let known = known.map(|list| list.operations.to_vec()).unwrap_or_default();
            all.iter().try_for_each(|operation| {
                output.line(&line(operation))?;
                let more = known.iter().find(|more| more.id == operation.id);
                more.map_or(Ok(()), |more| output.hint(&progress(more)))
            })
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

/// What a person wants to know beside it, one line.
fn progress(operation: &OperationProgress) -> String {
    let OperationProgress { step, hosts, age, done, steps, attempt, retries, waits, .. } = operation;
    let undoes = if operation.undoes { ", being undone" } else { "" };
    // Where the step itself does not say it.
    let told = hosts.iter().all(|host| step.contains(host.as_str()));
    let at = if told { String::new() } else { format!(" on {}", hosts.join(", ")) };
    let tries = match (attempt, retries) {
        (..=1, 0) => String::new(),
        _ => format!(", try {attempt}, {retries} retries"),
    };
    let waits = waits.as_ref().map(|why| format!("\n    waits: {}", why.replace('\n', " ")));
    format!(
        "    {step}{at}: {done} of {steps} steps, {age} s old{tries}{undoes}{}\n",
        waits.unwrap_or_default()
    )
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
