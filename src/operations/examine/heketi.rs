//! heketi's own lines, byte for byte: scripts compare them.

use super::known::Known;
use crate::model::everything::Everything;
use crate::model::ids::ClusterId;
use crate::model::inventory::{Inventory, Told};

/// What heketi reports of a cluster.
pub(super) fn lines(
    all: &Everything,
    known: &Known<'_>,
    cluster: ClusterId,
    peers: &[Inventory],
) -> Vec<String> {
    let mut lines: Vec<String> =
        peers.iter().flat_map(|peer| unfetched(known.host(peer.node), peer)).collect();
    if !peers.iter().any(Inventory::tells_anything) {
        lines.push(format!("not able to fetch any data from cluster {cluster}"));
    } else {
        lines.extend(names(all, cluster, peers));
    }
    lines
}

/// What a peer did not tell.
fn unfetched(host: &str, peer: &Inventory) -> Vec<String> {
    let mut lines = Vec::new();
    if peer.volumes.is_err() {
        lines.push(format!("could not fetch data from node {host}"));
    }
    let reports = [
        ("pvs", error(&peer.physical_volumes)),
        ("vgs", error(&peer.groups)),
        ("lvs", error(&peer.logical_volumes)),
    ];
    for (what, why) in reports {
        lines.extend(why.map(|why| format!("could not fetch LVM {what} data from node {host} : {why}")));
    }
    if let Err(why) = &peer.mounts {
        lines.push(format!("could not fetch brick mount status from node {host} : {why}"));
    }
    for blocks in &peer.blocks {
        let id = blocks.volume;
        lines.extend(
            error(&blocks.names).map(|why| {
                format!("could not fetch block volume list for block hosting volume {id} : {why}")
            }),
        );
    }
    lines
}

fn error<T>(told: &Told<T>) -> Option<&str> {
    told.as_ref().err().map(String::as_str)
}

/// The names of the volumes, those of unfinished operations included.
fn names(all: &Everything, cluster: ClusterId, peers: &[Inventory]) -> Vec<String> {
    let own = all.volumes.iter().filter(|volume| volume.cluster == cluster);
    let mut own: Vec<&str> = own.map(|volume| volume.name.as_str()).collect();
    own.sort_unstable();
    let differs = |peer: &Inventory| {
        let node = peer.node;
        let Ok(volumes) = &peer.volumes else {
            return Some(format!(
                "heketi volume list could not be compared with volume list of node {node} due to missing info"
            ));
        };
        let mut there: Vec<&str> = volumes.iter().map(|volume| volume.name.as_str()).collect();
        there.sort_unstable();
        (there != own).then(|| format!("heketi volume list does not match with volume list of node {node}"))
    };
    let found: Vec<String> = peers.iter().filter_map(differs).collect();
    if found.is_empty() {
        vec!["heketi volume list matches with volume list of all nodes".to_owned()]
    } else {
        found
    }
}
