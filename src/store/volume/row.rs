//! A row of table `volume`, as it is read and as it is written.

use serde::Serialize;

use crate::model::durability::{DurabilityKind, RequestedDurability};
use crate::model::hosting::{Hosting, Restriction};
use crate::model::ids::{ClusterId, VolumeId};
use crate::model::sizes::GiB;
use crate::model::state::Phase;
use crate::model::volume::{Snapshot, Volume, VolumeSummary};
use crate::store::{Result, StoreError, corrupt, json, number, to_json};

/// A row as it is read.
pub(super) struct VolumeRow {
    pub(super) id: VolumeId,
    pub(super) cluster_id: ClusterId,
    pub(super) name: String,
    pub(super) size_gib: i64,
    pub(super) durability: String,
    pub(super) replica: i64,
    pub(super) disperse_data: i64,
    pub(super) redundancy: i64,
    pub(super) gid: i64,
    pub(super) options: String,
    pub(super) block: bool,
    pub(super) block_free_gib: i64,
    pub(super) block_reserved_gib: i64,
    pub(super) block_restriction: Restriction,
    pub(super) snapshot_enable: bool,
    pub(super) snapshot_factor: f64,
    pub(super) asked_clusters: String,
    pub(super) phase: Phase,
}

impl TryFrom<VolumeRow> for Volume {
    type Error = StoreError;

    #[expect(clippy::cast_possible_truncation, reason = "the factor was a 32-bit float before it was stored")]
    fn try_from(row: VolumeRow) -> Result<Volume> {
        let requested = RequestedDurability {
            kind: kind_from(row.id, &row.durability)?,
            replica: row.replica,
            data: row.disperse_data,
            redundancy: row.redundancy,
        };
        let durability =
            requested.layout().map_err(|error| corrupt("volume", "durability", row.id, error))?;
        let size = GiB::from_sql(row.size_gib);
        Ok(Volume {
            id: row.id,
            cluster: row.cluster_id,
            size: size.ok_or_else(|| corrupt("volume", "size_gib", row.id, row.size_gib))?,
            requested,
            durability,
            gid: number("volume", "gid", row.id, row.gid)?,
            options: json("volume", "options", row.id, &row.options)?,
            hosting: hosting_from(&row)?,
            snapshot: Snapshot { enable: row.snapshot_enable, factor: row.snapshot_factor as f32 },
            asked_clusters: json("volume", "asked_clusters", row.id, &row.asked_clusters)?,
            phase: row.phase,
            name: row.name,
        })
    }
}

fn hosting_from(row: &VolumeRow) -> Result<Option<Hosting>> {
    let gib = |column, value| GiB::from_sql(value).ok_or_else(|| corrupt("volume", column, row.id, value));
    let hosting = Hosting {
        free: gib("block_free_gib", row.block_free_gib)?,
        reserved: gib("block_reserved_gib", row.block_reserved_gib)?,
        restriction: row.block_restriction,
    };
    Ok(row.block.then_some(hosting))
}

/// What the columns of a hosting volume hold; nothing for others.
pub(super) fn hosting_columns(hosting: Option<Hosting>) -> (i64, i64, Restriction) {
    hosting.map_or((0, 0, Restriction::None), |hosting| {
        (hosting.free.to_sql(), hosting.reserved.to_sql(), hosting.restriction)
    })
}

/// What lists say of a volume, as it is read.
pub(super) struct SummaryRow {
    pub(super) id: VolumeId,
    pub(super) cluster_id: ClusterId,
    pub(super) name: String,
    pub(super) size_gib: i64,
    pub(super) durability: String,
    pub(super) block: bool,
}

impl TryFrom<SummaryRow> for VolumeSummary {
    type Error = StoreError;

    fn try_from(row: SummaryRow) -> Result<VolumeSummary> {
        let size = GiB::from_sql(row.size_gib);
        Ok(VolumeSummary {
            id: row.id,
            cluster: row.cluster_id,
            size: size.ok_or_else(|| corrupt("volume", "size_gib", row.id, row.size_gib))?,
            durability: kind_from(row.id, &row.durability)?,
            block: row.block,
            name: row.name,
        })
    }
}

fn kind_from(id: VolumeId, text: &str) -> Result<DurabilityKind> {
    match text {
        "none" => Ok(DurabilityKind::None),
        "replicate" => Ok(DurabilityKind::Replicate),
        "disperse" => Ok(DurabilityKind::Disperse),
        other => Err(corrupt("volume", "durability", id, other)),
    }
}

fn kind_text(kind: DurabilityKind) -> &'static str {
    match kind {
        DurabilityKind::None => "none",
        DurabilityKind::Replicate => "replicate",
        DurabilityKind::Disperse => "disperse",
    }
}

/// A row to be.
#[derive(Serialize)]
pub(in crate::store) struct NewVolume<'a> {
    id: VolumeId,
    cluster: ClusterId,
    name: &'a str,
    size: i64,
    durability: &'static str,
    replica: i64,
    disperse_data: i64,
    redundancy: i64,
    gid: u64,
    // Text, not an array: what is stored is exactly what is read back.
    options: String,
    block: bool,
    block_free: i64,
    block_reserved: i64,
    block_restriction: Restriction,
    snapshot_enable: bool,
    snapshot_factor: f64,
    asked_clusters: String,
    phase: Phase,
    by_user: bool,
}

impl<'a> NewVolume<'a> {
    pub(in crate::store) fn new(volume: &'a Volume, by_user: bool) -> Result<NewVolume<'a>> {
        let (block_free, block_reserved, block_restriction) = hosting_columns(volume.hosting);
        Ok(NewVolume {
            id: volume.id,
            cluster: volume.cluster,
            name: &volume.name,
            size: volume.size.to_sql(),
            durability: kind_text(volume.requested.kind),
            replica: volume.requested.replica,
            disperse_data: volume.requested.data,
            redundancy: volume.requested.redundancy,
            gid: volume.gid.into(),
            options: to_json(&volume.options)?,
            block: volume.hosting.is_some(),
            block_free,
            block_reserved,
            block_restriction,
            snapshot_enable: volume.snapshot.enable,
            snapshot_factor: volume.snapshot.factor.into(),
            asked_clusters: to_json(&volume.asked_clusters)?,
            phase: volume.phase,
            by_user,
        })
    }
}
