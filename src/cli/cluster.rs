//! `cluster …`

use super::args::{ClusterCommand, ClusterSetflags};
use super::failure::{Failure, required};
use super::output::Output;
use super::session::Session;
use crate::api::{ClusterCreateRequest, ClusterInfo};
use crate::words::go::parse_bool;

const MISSING_ID: &str = "Cluster id missing";

pub(super) fn run(
    command: ClusterCommand,
    session: &Session,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    match command {
        ClusterCommand::Create(flags) => {
            let request = ClusterCreateRequest { block: flags.block, file: flags.file };
            let cluster = session.client()?.cluster_create(&request)?;
            if session.json {
                output.json(&cluster)
            } else {
                output.line(&format!("Cluster id: {}", cluster.id))
            }
        }
        ClusterCommand::Delete(arguments) => {
            let id = required(&arguments.id, MISSING_ID)?;
            session.client()?.cluster_delete(id)?;
            output.line(&format!("Cluster {id} deleted"))
        }
        ClusterCommand::Info(arguments) => {
            let cluster = session.client()?.cluster_info(required(&arguments.id, MISSING_ID)?)?;
            if session.json { output.json(&cluster) } else { output.text(&info(&cluster)) }
        }
        ClusterCommand::List => list(session, output),
        ClusterCommand::Setflags(flags) => set_flags(&flags, session),
    }
}

fn info(cluster: &ClusterInfo) -> String {
    format!(
        "Cluster id: {}\nNodes:\n{}\nVolumes:\n{}\nBlock: {}\n\nFile: {}\n",
        cluster.id,
        cluster.nodes.join("\n"),
        cluster.volumes.join("\n"),
        cluster.block,
        cluster.file
    )
}

fn list(session: &Session, output: &mut Output<'_>) -> Result<(), Failure> {
    let client = session.client()?;
    let list = client.cluster_list()?;
    if session.json {
        return output.json(&list);
    }
    output.line("Clusters:")?;
    for id in &list.clusters {
        let cluster = client.cluster_info(id)?;
        output.line(&format!("Id:{id} {}", kinds(&cluster)))?;
    }
    Ok(())
}

fn kinds(cluster: &ClusterInfo) -> &'static str {
    match (cluster.file, cluster.block) {
        (true, true) => "[file][block]",
        (true, false) => "[file]",
        (false, true) => "[block]",
        (false, false) => "[]",
    }
}

fn set_flags(flags: &ClusterSetflags, session: &Session) -> Result<(), Failure> {
    let id = required(&flags.id.id, MISSING_ID)?;
    if flags.block.is_empty() && flags.file.is_empty() {
        return Err(Failure::new("At least one of --file or --block must be specified."));
    }
    let client = session.client()?;
    let current = client.cluster_info(id)?;
    let choose = |flag: &str, current: bool| {
        if flag.is_empty() { Ok(current) } else { parse_bool(flag).map_err(Failure::new) }
    };
    let file = choose(&flags.file, current.file)?;
    let block = choose(&flags.block, current.block)?;
    Ok(client.cluster_set_flags(id, &ClusterCreateRequest { block, file })?)
}
