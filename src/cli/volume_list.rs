//! `volume list`: heketi-cli's lines for programs, a table for people.

use super::args::VolumeList;
use super::failure::Failure;
use super::output::Output;
use super::session::Session;
use super::table::{Kind, Table};
use crate::api::words::DurabilityName;
use crate::api::{List, VolumeInfo, VolumeSummary, VolumeSummaryList};
use crate::client::Client;

pub(super) fn run(flags: &VolumeList, session: &Session, output: &mut Output<'_>) -> Result<(), Failure> {
    let client = session.client()?;
    if session.json && !flags.wide {
        return output.json(&client.volume_list()?);
    }
    if !flags.wide && output.screen().is_none() {
        return lines(&client, output);
    }
    let list = summaries(&client)?;
    if session.json { output.json(&list) } else { output.table(&table(&list, flags.wide)) }
}

/// As heketi-cli prints them: one request for each.
fn lines(client: &Client, output: &mut Output<'_>) -> Result<(), Failure> {
    for id in &client.volume_list()?.volumes {
        let volume = client.volume_info(id)?;
        let block = if volume.block { " [block]" } else { "" };
        output.line(&format!("Id:{id:<35} Cluster:{:<35} Name:{}{block}", volume.cluster, volume.name))?;
    }
    Ok(())
}

/// In one request; of a server that knows no such request, one by one.
fn summaries(client: &Client) -> Result<VolumeSummaryList, Failure> {
    if let Some(list) = client.volume_summaries()? {
        return Ok(list);
    }
    let mut volumes = Vec::new();
    for id in &client.volume_list()?.volumes {
        volumes.push(summary(client.volume_info(id)?));
    }
    Ok(VolumeSummaryList { volumes: List::from(volumes) })
}

fn summary(volume: VolumeInfo) -> VolumeSummary {
    let durability = match volume.durability.kind.as_str() {
        "replicate" => DurabilityName::Replicate,
        "disperse" => DurabilityName::Disperse,
        _ => DurabilityName::None,
    };
    let VolumeInfo { id, name, size, cluster, block, .. } = volume;
    VolumeSummary { id, name, size, cluster, durability, block }
}

/// `wide`: the clusters are shown in any case.
fn table(list: &VolumeSummaryList, wide: bool) -> Table {
    let cluster = if wide { Kind::Id } else { Kind::Spare };
    let mut table = Table::new(&[
        ("ID", Kind::Id),
        ("NAME", Kind::Text),
        ("GIB", Kind::Number),
        ("DURABILITY", Kind::Spare),
        ("BLOCK", Kind::Spare),
        ("CLUSTER", cluster),
    ]);
    for volume in &list.volumes {
        let VolumeSummary { id, name, size, cluster, durability, block } = volume.clone();
        let durability = match durability {
            DurabilityName::None => "none",
            DurabilityName::Replicate => "replicate",
            DurabilityName::Disperse => "disperse",
        };
        let block = if block { "block" } else { "" };
        table.row([id, name, size.to_string(), durability.to_owned(), block.to_owned(), cluster]);
    }
    table
}
