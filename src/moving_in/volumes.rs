//! Volumes. Their bricks and what is in them follow later.

use std::collections::BTreeMap;

use super::notes::Notes;
use super::values::{asked, gib, id, text, texts};
use crate::heketi_db::Database;
use crate::heketi_db::entities::volume::{VolumeEntry, VolumeInfo};
use crate::model::cluster::Cluster;
use crate::model::durability::{Durability, DurabilityKind, RequestedDurability};
use crate::model::finding::Subject;
use crate::model::hosting::Hosting;
use crate::model::ids::{ClusterId, VolumeId};
use crate::model::state::Phase;
use crate::model::volume::{Snapshot, Volume, default_name};

/// The largest group id that volumes take.
const MAX_GID: u32 = 2_147_483_646;

/// The volumes of clusters that are kept.
pub(super) fn volumes(database: &Database, clusters: &[Cluster], notes: &mut Notes) -> Vec<Volume> {
    let mut names: BTreeMap<(ClusterId, String), VolumeId> = BTreeMap::new();
    let mut found = Vec::new();
    for (key, entry) in &database.volumes {
        let Some(own) = id(Subject::Volume, key, notes) else { continue };
        let cluster = clusters.iter().find(|cluster| cluster.id.to_string() == entry.info.cluster);
        let Some(cluster) = cluster else {
            let why = format!("is in cluster `{}`, which is not there", text(&entry.info.cluster));
            notes.left_out(Subject::Volume, key, &why);
            continue;
        };
        match volume(own, cluster.id, entry, notes) {
            Ok(volume) => match names.get(&(cluster.id, volume.name.clone())) {
                Some(first) => {
                    let why = format!("is called `{}`, as volume {first} of its cluster is", volume.name);
                    notes.left_out(Subject::Volume, key, &why);
                }
                None => {
                    names.insert((cluster.id, volume.name.clone()), own);
                    found.push(volume);
                }
            },
            Err(why) => notes.left_out(Subject::Volume, key, &why),
        }
    }
    found
}

fn volume(
    own: VolumeId,
    cluster: ClusterId,
    entry: &VolumeEntry,
    notes: &mut Notes,
) -> Result<Volume, String> {
    let info = &entry.info;
    let size = gib(info.size).filter(|size| size.get() > 0);
    let size = size.ok_or_else(|| format!("has a size of {} GiB", info.size))?;
    let (requested, durability) = layout(info)?;
    Ok(Volume {
        id: own,
        cluster,
        name: name(own, &info.name, notes),
        size,
        requested,
        durability,
        gid: gid(own, info.gid, notes),
        options: texts(&entry.gluster_volume_options),
        // Put right when the block volumes in it are known.
        hosting: info.block.then(|| Hosting::empty(size)),
        snapshot: snapshot(own, info, notes),
        asked_clusters: asked(&info.clusters),
        phase: Phase::Ready,
    })
}

fn layout(info: &VolumeInfo) -> Result<(RequestedDurability, Durability), String> {
    let durability = &info.durability;
    let kind = match durability.kind.as_str() {
        "" | "none" => DurabilityKind::None,
        "replicate" => DurabilityKind::Replicate,
        "disperse" => DurabilityKind::Disperse,
        other => return Err(format!("has durability `{}`, which is not known", text(other))),
    };
    let requested = RequestedDurability {
        kind,
        replica: durability.replicate.replica,
        data: durability.disperse.data,
        redundancy: durability.disperse.redundancy,
    };
    let layout = requested.layout().map_err(|error| format!("has a layout that is none: {error}"))?;
    Ok((requested, layout))
}

/// Gluster has its own alphabet: what is not in it cannot be a volume's name there, but may stand in the database.
fn name(own: VolumeId, name: &str, notes: &mut Notes) -> String {
    let key = own.to_string();
    let name = text(name);
    if name.is_empty() {
        notes.changed(Subject::Volume, &key, "has no name", "it is called by its id here");
        return default_name(own);
    }
    let is_of_gluster = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.chars().all(is_of_gluster) || name.starts_with('-') {
        let what = format!("is called `{}`, and no gluster volume can be", name.escape_debug());
        notes.changed(Subject::Volume, &key, &what, "it is kept; whatever is done to it gluster refuses");
    }
    name
}

fn gid(own: VolumeId, gid: i64, notes: &mut Notes) -> u32 {
    let found = u32::try_from(gid).ok().filter(|gid| *gid <= MAX_GID);
    found.unwrap_or_else(|| {
        let what = format!("belongs to group {gid}, and there is none");
        notes.changed(Subject::Volume, &own.to_string(), &what, "new bricks of it will belong to root");
        0
    })
}

/// Versions that kept no factor had none.
fn snapshot(own: VolumeId, info: &VolumeInfo, notes: &mut Notes) -> Snapshot {
    let said = info.snapshot.factor;
    let factor = if said.is_finite() { said.clamp(1.0, 100.0) } else { 1.0 };
    if said != factor && said != 0.0 {
        let what = format!("has a snapshot factor of {said}");
        notes.changed(Subject::Volume, &own.to_string(), &what, &format!("new bricks of it get {factor}"));
    }
    Snapshot { enable: info.snapshot.enable, factor }
}
