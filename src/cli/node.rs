//! `node …`

use super::args::{NodeAdd, NodeCommand};
use super::device::{device_line, device_table, state_word};
use super::failure::{Failure, required};
use super::output::Output;
use super::session::Session;
use super::tags;
use crate::api::{Hostnames, List, NodeAddRequest, NodeInfo, StateRequest};

const MISSING_ID: &str = "Node id missing";

pub(super) fn run(command: NodeCommand, session: &Session, output: &mut Output<'_>) -> Result<(), Failure> {
    match command {
        NodeCommand::Add(flags) => add(flags, session, output),
        NodeCommand::Delete(arguments) => {
            let id = required(&arguments.id, MISSING_ID)?;
            session.client()?.node_delete(id)?;
            output.line(&format!("Node {id} deleted"))
        }
        NodeCommand::Disable(arguments) => set_state(&arguments.id, "offline", session, output),
        NodeCommand::Enable(arguments) => set_state(&arguments.id, "online", session, output),
        NodeCommand::Remove(arguments) => set_state(&arguments.id, "failed", session, output),
        NodeCommand::Info(arguments) => {
            let node = session.client()?.node_info(required(&arguments.id, MISSING_ID)?)?;
            show(&node, session, output)
        }
        NodeCommand::List => list(session, output),
        NodeCommand::Rmtags(arguments) => {
            let client = session.client()?;
            let (id, request) = tags::remove(&arguments)?;
            Ok(client.node_tags(id, &request)?)
        }
        NodeCommand::Settags(arguments) => {
            let client = session.client()?;
            let (id, request) = tags::set(&arguments)?;
            Ok(client.node_tags(id, &request)?)
        }
    }
}

fn add(flags: NodeAdd, session: &Session, output: &mut Output<'_>) -> Result<(), Failure> {
    if flags.zone == 0 {
        return Err(Failure::new("Missing zone"));
    }
    required(&flags.management_host_name, "Missing management hostname")?;
    required(&flags.storage_host_name, "Missing storage hostname")?;
    required(&flags.cluster, "Missing cluster id")?;
    let request = NodeAddRequest {
        zone: flags.zone,
        hostnames: Hostnames {
            manage: List::from(vec![flags.management_host_name]),
            storage: List::from(vec![flags.storage_host_name]),
        },
        cluster: flags.cluster,
        tags: Default::default(),
    };
    let node = session.client()?.node_add(&request)?;
    if session.json {
        output.json(&node)
    } else {
        output.text(&format!("Node information:\n{}", block(&node)))
    }
}

fn set_state(id: &str, state: &str, session: &Session, output: &mut Output<'_>) -> Result<(), Failure> {
    required(id, MISSING_ID)?;
    let request = StateRequest { state: state.to_owned(), healcheck: String::new() };
    session.client()?.node_state(id, &request)?;
    output.line(&format!("Node {id} is now {}", state_word(state)))
}

/// A node without its devices.
fn block(node: &NodeInfo) -> String {
    let first = |names: &[String]| names.first().cloned().unwrap_or_default();
    format!(
        "Node Id: {}\nState: {}\nCluster Id: {}\nZone: {}\nManagement Hostname: {}\nStorage Hostname: {}\n{}",
        node.id,
        state_word(&node.state),
        node.cluster,
        node.zone,
        first(&node.hostnames.manage),
        first(&node.hostnames.storage),
        super::device::tag_lines(&node.tags)
    )
}

fn show(node: &NodeInfo, session: &Session, output: &mut Output<'_>) -> Result<(), Failure> {
    if session.json {
        return output.json(node);
    }
    output.text(&format!("{}Devices:\n", block(node)))?;
    if output.screen().is_some() {
        return output.table(&device_table(&node.devices));
    }
    output.text(&node.devices.iter().map(device_line).collect::<String>())
}

fn list(session: &Session, output: &mut Output<'_>) -> Result<(), Failure> {
    let client = session.client()?;
    for cluster in &client.cluster_list()?.clusters {
        for node in &client.cluster_info(cluster)?.nodes {
            output.line(&format!("Id:{node}\tCluster:{cluster}"))?;
        }
    }
    Ok(())
}
