//! `blockvolume …`

use super::args::{BlockVolumeCommand, BlockVolumeCreate, BlockVolumeExpand};
use super::failure::{Failure, required};
use super::output::Output;
use super::session::Session;
use super::table::{Kind, Table};
use super::volume::split;
use crate::api::{BlockVolumeCreateRequest, BlockVolumeExpandRequest, BlockVolumeInfo};

/// heketi-cli's words, those of volumes.
const MISSING_ID: &str = "Volume id missing";

pub(super) fn run(
    command: &BlockVolumeCommand,
    session: &Session,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    match command {
        BlockVolumeCommand::Create(flags) => create(flags, session, output),
        BlockVolumeCommand::Delete(arguments) => {
            let id = required(&arguments.id, MISSING_ID)?;
            session.client()?.block_volume_delete(id)?;
            output.line(&format!("Volume {id} deleted"))
        }
        BlockVolumeCommand::Expand(flags) => expand(flags, session, output),
        BlockVolumeCommand::Info(arguments) => {
            let found = session.client()?.block_volume_info(required(&arguments.id, MISSING_ID)?)?;
            show(&found, session, output)
        }
        BlockVolumeCommand::List => list(session, output),
    }
}

fn create(flags: &BlockVolumeCreate, session: &Session, output: &mut Output<'_>) -> Result<(), Failure> {
    if flags.size == 0 {
        return Err(Failure::new("Missing volume size"));
    }
    if flags.ha < 0 {
        return Err(Failure::new("Invalid HA count"));
    }
    let request = BlockVolumeCreateRequest {
        size: flags.size,
        clusters: split(&flags.clusters),
        name: flags.name.clone(),
        hacount: flags.ha,
        auth: flags.auth,
    };
    let made = session.client()?.block_volume_create(&request)?;
    show(&made, session, output)
}

fn expand(flags: &BlockVolumeExpand, session: &Session, output: &mut Output<'_>) -> Result<(), Failure> {
    let id = if flags.blockvolume.is_empty() { &flags.id.id } else { &flags.blockvolume };
    let id = required(id, "Missing block volume id")?;
    if flags.new_size == 0 {
        return Err(Failure::new("Missing block volume net new size"));
    }
    let request = BlockVolumeExpandRequest { new_size: flags.new_size };
    let larger = session.client()?.block_volume_expand(id, &request)?;
    show(&larger, session, output)
}

fn list(session: &Session, output: &mut Output<'_>) -> Result<(), Failure> {
    let client = session.client()?;
    let list = client.block_volume_list()?;
    if session.json {
        return output.json(&list);
    }
    let mut table = Table::new(&[
        ("ID", Kind::Id),
        ("NAME", Kind::Text),
        ("GIB", Kind::Number),
        ("CLUSTER", Kind::Spare),
    ]);
    for id in &list.blockvolumes {
        let found = client.block_volume_info(id)?;
        if output.screen().is_some() {
            table.row([id.clone(), found.name, found.size.to_string(), found.cluster]);
        } else {
            output.line(&format!("Id:{id:<35} Cluster:{:<35} Name:{}", found.cluster, found.name))?;
        }
    }
    output.table(&table)
}

fn show(found: &BlockVolumeInfo, session: &Session, output: &mut Output<'_>) -> Result<(), Failure> {
    if session.json { output.json(found) } else { output.text(&block(found)) }
}

/// A block volume as people read it. They have asked for its password.
fn block(found: &BlockVolumeInfo) -> String {
    let access = &found.blockvolume;
    format!(
        "Name: {}\nSize: {}\nUsableSize: {}\nVolume Id: {}\nCluster Id: {}\nHosts: [{}]\nIQN: {}\nLUN: {}\n\
         Hacount: {}\nUsername: {}\nPassword: {}\nBlock Hosting Volume: {}\n",
        found.name,
        found.size,
        found.usablesize,
        found.id,
        found.cluster,
        access.hosts.join(" "),
        access.iqn,
        access.lun,
        found.hacount,
        access.username,
        access.password.expose(),
        found.blockhostingvolume
    )
}
