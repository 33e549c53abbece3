//! `device …`

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::args::{DeviceAdd, DeviceCommand, DeviceRemove, DeviceResync};
use super::failure::{Failure, required};
use super::output::Output;
use super::session::Session;
use super::table::{Kind, Table};
use super::tags;
use crate::api::{BrickInfo, DeviceAddRequest, DeviceDeleteRequest, DeviceInfo, List, StateRequest};
use crate::client::{Client, ClientError};

const MISSING_ID: &str = "Device id missing";
/// heketi-cli spells it differently here.
const MISSING_ID_FOR_STATE: &str = "device id missing";

/// The time left to think again.
const SECOND_THOUGHTS: Duration = Duration::from_secs(10);
const HEAL_WARNING: &str = "Skipping the heal check may be dangerous and increase the risk of data loss.\n \
                            Press CTRL-C within 10 seconds to cancel this action.";

pub(super) fn run(command: DeviceCommand, session: &Session, output: &mut Output<'_>) -> Result<(), Failure> {
    match command {
        DeviceCommand::Add(flags) => add(flags, session, output),
        DeviceCommand::Delete(flags) => {
            let id = required(&flags.id.id, MISSING_ID)?;
            let request = DeviceDeleteRequest { forceforget: flags.force_forget };
            session.client()?.device_delete(id, &request)?;
            output.line(&format!("Device {id} deleted"))
        }
        DeviceCommand::Disable(arguments) => {
            let id = required(&arguments.id, MISSING_ID_FOR_STATE)?;
            set_state(id, "offline", "", session, output)
        }
        DeviceCommand::Enable(arguments) => {
            let id = required(&arguments.id, MISSING_ID_FOR_STATE)?;
            set_state(id, "online", "", session, output)
        }
        DeviceCommand::Info(arguments) => {
            let device = session.client()?.device_info(required(&arguments.id, MISSING_ID)?)?;
            if session.json { output.json(&device) } else { output.text(&info(&device)) }
        }
        DeviceCommand::List => list(session, output),
        DeviceCommand::Remove(flags) => remove(&flags, session, output),
        DeviceCommand::Resync(flags) => resync(&flags, session, output),
        DeviceCommand::Rmtags(arguments) => {
            let client = session.client()?;
            let (id, request) = tags::remove(&arguments)?;
            Ok(client.device_tags(id, &request)?)
        }
        DeviceCommand::Settags(arguments) => {
            let client = session.client()?;
            let (id, request) = tags::set(&arguments)?;
            Ok(client.device_tags(id, &request)?)
        }
    }
}

/// heketi-cli keeps all failures to itself. Here they are told, but for an id that nobody knows: what it says of that,
/// nothing, is what its recorded runs say; people are told.
fn resync(flags: &DeviceResync, session: &Session, output: &mut Output<'_>) -> Result<(), Failure> {
    let id = required(&flags.id.id, "object/cluster id missing")?;
    let client = session.client()?;
    if flags.cluster {
        return resync_all(id, &client, output);
    }
    match client.device_resync(id) {
        Err(ClientError::Refused { status: 404, text, .. }) => output.hint(&format!("{id}: {text}\n")),
        done => {
            done?;
            output.line(&format!("Device {id} updated"))
        }
    }
}

/// All devices of a cluster, each for itself.
fn resync_all(id: &str, client: &Client, output: &mut Output<'_>) -> Result<(), Failure> {
    output.line("Cluster-wide resync operation requested. Using object_id as cluster_id.")?;
    let topology = client.topology_of_nodes()?;
    let Some(cluster) = topology.clusters.iter().find(|cluster| cluster.id == id) else {
        return output.hint(&format!("there is no cluster {id}\n"));
    };
    let mut failed = 0_usize;
    for node in &*cluster.nodes {
        for device in node.devices.iter().map(|device| &device.id) {
            output.line(&format!("Now resyncing device {device}.."))?;
            match client.device_resync(device) {
                Ok(()) => {
                    output.line(&format!("Device {device} (node {}) in cluster {id} updated", node.id))?
                }
                Err(error) => {
                    failed += 1;
                    output.note(&format!("Device {device} (node {}) was not updated: {error}\n", node.id))?;
                }
            }
        }
    }
    if failed == 0 { Ok(()) } else { Err(Failure::new(format!("devices that were not updated: {failed}"))) }
}

fn add(flags: DeviceAdd, session: &Session, output: &mut Output<'_>) -> Result<(), Failure> {
    required(&flags.name, "Missing device name")?;
    required(&flags.node, "Missing node id")?;
    let request = DeviceAddRequest {
        name: flags.name,
        tags: BTreeMap::new(),
        node: flags.node,
        destroydata: flags.destroy_existing_data,
    };
    session.client()?.device_add(&request)?;
    output.line("Device added successfully")
}

fn remove(flags: &DeviceRemove, session: &Session, output: &mut Output<'_>) -> Result<(), Failure> {
    let id = required(&flags.id.id, MISSING_ID)?;
    if !flags.expert_option_disable_heal_check {
        return set_state(id, "failed", "", session, output);
    }
    think_again(output)?;
    set_state(id, "failed", "disable", session, output)
}

/// Warns of what is done without a heal check, and leaves time to stop it.
pub(super) fn think_again(output: &mut Output<'_>) -> Result<(), Failure> {
    output.line(HEAL_WARNING)?;
    std::thread::sleep(SECOND_THOUGHTS);
    Ok(())
}

fn set_state(
    id: &str,
    state: &str,
    healcheck: &str,
    session: &Session,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let request = StateRequest { state: state.to_owned(), healcheck: healcheck.to_owned() };
    session.client()?.device_state(id, &request)?;
    output.line(&format!("Device {id} is now {}", state_word(state)))
}

/// A device with what its own description does not say.
#[derive(Serialize)]
struct Listed {
    cluster: String,
    node: String,
    #[serde(flatten)]
    device: DeviceInfo,
}

/// All devices of all nodes: heketi-cli has no such command.
fn list(session: &Session, output: &mut Output<'_>) -> Result<(), Failure> {
    let client = session.client()?;
    let as_lines = !session.json && output.screen().is_none();
    let mut devices = Vec::new();
    for cluster in &client.cluster_list()?.clusters {
        for node in &client.cluster_info(cluster)?.nodes {
            for device in client.node_info(node)?.devices.iter().cloned() {
                if as_lines {
                    output.line(&list_line(node, &device))?;
                } else {
                    devices.push(Listed { cluster: cluster.clone(), node: node.clone(), device });
                }
            }
        }
    }
    match (as_lines, session.json) {
        (true, _) => Ok(()),
        (false, true) => output.json(&BTreeMap::from([("devices", List::from(devices))])),
        (false, false) => output.table(&table(devices)),
    }
}

fn table(devices: Vec<Listed>) -> Table {
    let mut table = Table::new(&[
        ("ID", Kind::Id),
        ("NAME", Kind::Text),
        ("STATE", Kind::State),
        ("GIB", Kind::Number),
        ("USED", Kind::Number),
        ("FREE", Kind::Number),
        ("NODE", Kind::Spare),
    ]);
    for Listed { node, device, .. } in devices {
        let state = state_word(&device.state).to_owned();
        let [total, used, free] = sizes(&device);
        table.row([device.id, device.name, state, total, used, free, node]);
    }
    table
}

/// The devices of one node, for people.
pub(super) fn device_table(devices: &[DeviceInfo]) -> Table {
    let mut table = Table::new(&[
        ("ID", Kind::Id),
        ("NAME", Kind::Text),
        ("STATE", Kind::State),
        ("GIB", Kind::Number),
        ("USED", Kind::Number),
        ("FREE", Kind::Number),
        ("BRICKS", Kind::Number),
    ]);
    for device in devices {
        let state = state_word(&device.state).to_owned();
        let [total, used, free] = sizes(device);
        let (id, name, bricks) = (device.id.clone(), device.name.clone(), device.bricks.len().to_string());
        table.row([id, name, state, total, used, free, bricks]);
    }
    table
}

/// All of it, what is used, and what is free.
fn sizes(device: &DeviceInfo) -> [String; 3] {
    let storage = &device.storage;
    [storage.total, storage.used, storage.free].map(|kib| gib(kib).to_string())
}

fn list_line(node: &str, device: &DeviceInfo) -> String {
    let storage = &device.storage;
    format!(
        "Id:{:<35}Node:{node:<35}Name:{:<20}State:{:<10}Size (GiB):{:<8}Used (GiB):{:<8}Free (GiB):{}",
        device.id,
        device.name,
        state_word(&device.state),
        gib(storage.total),
        gib(storage.used),
        gib(storage.free)
    )
}

fn info(device: &DeviceInfo) -> String {
    let bricks: String = device.bricks.iter().map(|brick| format!("{}\n", brick_columns(brick))).collect();
    format!(
        "Device Id: {}\nState: {}\nSize (GiB): {}\nUsed (GiB): {}\nFree (GiB): {}\nCreate Path: {}\n\
         Physical Volume UUID: {}\nKnown Paths: {}\n{}Bricks:\n{bricks}",
        device.id,
        state_word(&device.state),
        gib(device.storage.total),
        gib(device.storage.used),
        gib(device.storage.free),
        device.name,
        device.pv_uuid,
        device.paths.join(" "),
        tag_lines(&device.tags)
    )
}

/// One line of `node info`.
pub(super) fn device_line(device: &DeviceInfo) -> String {
    format!(
        "Id:{:<35}Name:{:<20}{}Bricks:{:<8}\n",
        device.id,
        device.name,
        space_columns(device),
        device.bricks.len()
    )
}

/// State and sizes of a device.
pub(super) fn space_columns(device: &DeviceInfo) -> String {
    let storage = &device.storage;
    format!(
        "State:{:<10}Size (GiB):{:<8}Used (GiB):{:<8}Free (GiB):{:<8}",
        state_word(&device.state),
        gib(storage.total),
        gib(storage.used),
        gib(storage.free)
    )
}

/// One brick of a device.
pub(super) fn brick_columns(brick: &BrickInfo) -> String {
    format!("Id:{:<35}Size (GiB):{:<8}Path: {}", brick.id, gib(brick.size), brick.path)
}

/// Tags under a heading; nothing where there are none.
pub(super) fn tag_lines(tags: &BTreeMap<String, String>) -> String {
    if tags.is_empty() {
        return String::new();
    }
    let lines: String = tags.iter().map(|(name, value)| format!("  {name}: {value}\n")).collect();
    format!("Tags:\n{lines}")
}

/// The word that people see for a state.
pub(super) fn state_word(state: &str) -> &str {
    if state == "failed" { "removed" } else { state }
}

/// KiB as GiB, rounded down.
pub(super) fn gib(kib: u64) -> u64 {
    kib / 1_048_576
}
