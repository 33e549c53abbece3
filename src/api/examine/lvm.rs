//! LVM's reports as heketi passes them on: every value is text.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::list::List;
use crate::model::inventory::{LogicalVolume, PhysicalVolume, VolumeGroup};

/// Physical volumes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PhysicalsReport {
    /// LVM's reports, of which there is one.
    #[schema(value_type = Option<Vec<PhysicalReport>>, required = true)]
    pub report: List<PhysicalReport>,
}

/// A report of physical volumes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PhysicalReport {
    /// Its rows.
    #[schema(value_type = Option<Vec<PhysicalRow>>, required = true)]
    pub pv: List<PhysicalRow>,
}

/// A physical volume in LVM's words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = PhysicalVolumeRow)]
#[expect(missing_docs, reason = "the names are LVM's")]
pub struct PhysicalRow {
    #[schema(required = true)]
    pub pv_name: String,
    #[schema(required = true)]
    pub vg_name: String,
    #[schema(required = true)]
    pub pv_fmt: String,
    #[schema(required = true)]
    pub pv_attr: String,
    #[schema(required = true)]
    pub pv_size: String,
    #[schema(required = true)]
    pub pv_free: String,
}

/// Volume groups.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct GroupsReport {
    /// LVM's reports, of which there is one.
    #[schema(value_type = Option<Vec<GroupReport>>, required = true)]
    pub report: List<GroupReport>,
}

/// A report of volume groups.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct GroupReport {
    /// Its rows.
    #[schema(value_type = Option<Vec<VolumeGroupRow>>, required = true)]
    pub vg: List<VolumeGroupRow>,
}

/// A volume group in LVM's words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are LVM's")]
pub struct VolumeGroupRow {
    #[schema(required = true)]
    pub vg_name: String,
    /// Always empty: heketi misspells the name, and what LVM says is lost.
    #[serde(rename = "pv_count:")]
    #[schema(required = true)]
    pub pv_count: String,
    #[schema(required = true)]
    pub lv_count: String,
    #[schema(required = true)]
    pub snap_count: String,
    #[schema(required = true)]
    pub vg_attr: String,
    #[schema(required = true)]
    pub vg_size: String,
    #[schema(required = true)]
    pub vg_free: String,
}

/// Logical volumes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct LogicalVolumesReport {
    /// LVM's reports, of which there is one.
    #[schema(value_type = Option<Vec<LogicalVolumeReport>>, required = true)]
    pub report: List<LogicalVolumeReport>,
}

/// A report of logical volumes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct LogicalVolumeReport {
    /// Its rows.
    #[schema(value_type = Option<Vec<LogicalVolumeRow>>, required = true)]
    pub lv: List<LogicalVolumeRow>,
}

/// A logical volume or a thin pool in LVM's words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[expect(missing_docs, reason = "the names are LVM's")]
pub struct LogicalVolumeRow {
    #[schema(required = true)]
    pub lv_name: String,
    #[schema(required = true)]
    pub vg_name: String,
    #[schema(required = true)]
    pub lv_attr: String,
    #[schema(required = true)]
    pub lv_size: String,
    #[schema(required = true)]
    pub pool_lv: String,
    #[schema(required = true)]
    pub origin: String,
    #[schema(required = true)]
    pub data_percent: String,
    #[schema(required = true)]
    pub metadata_percent: String,
    #[schema(required = true)]
    pub move_pv: String,
    #[schema(required = true)]
    pub mirror_log: String,
    #[schema(required = true)]
    pub copy_percent: String,
    #[schema(required = true)]
    pub convert_lv: String,
}

impl PhysicalsReport {
    /// The one report.
    pub fn new(all: &[PhysicalVolume]) -> PhysicalsReport {
        PhysicalsReport {
            report: vec![PhysicalReport { pv: all.iter().map(PhysicalRow::from).collect() }].into(),
        }
    }
}

impl From<&PhysicalVolume> for PhysicalRow {
    fn from(volume: &PhysicalVolume) -> PhysicalRow {
        let PhysicalVolume { pv_name, vg_name, pv_fmt, pv_attr, pv_size, pv_free, pv_uuid: _ } =
            volume.clone();
        PhysicalRow { pv_name, vg_name, pv_fmt, pv_attr, pv_size, pv_free }
    }
}

impl GroupsReport {
    /// The one report.
    pub fn new(all: &[VolumeGroup]) -> GroupsReport {
        GroupsReport {
            report: vec![GroupReport { vg: all.iter().map(VolumeGroupRow::from).collect() }].into(),
        }
    }
}

impl From<&VolumeGroup> for VolumeGroupRow {
    fn from(group: &VolumeGroup) -> VolumeGroupRow {
        let VolumeGroup { vg_name, lv_count, snap_count, vg_attr, vg_size, vg_free } = group.clone();
        VolumeGroupRow { vg_name, pv_count: String::new(), lv_count, snap_count, vg_attr, vg_size, vg_free }
    }
}

impl LogicalVolumesReport {
    /// The one report.
    pub fn new(all: &[LogicalVolume]) -> LogicalVolumesReport {
        let lv = all.iter().map(LogicalVolumeRow::from).collect();
        LogicalVolumesReport { report: vec![LogicalVolumeReport { lv }].into() }
    }
}

impl From<&LogicalVolume> for LogicalVolumeRow {
    fn from(volume: &LogicalVolume) -> LogicalVolumeRow {
        let volume = volume.clone();
        LogicalVolumeRow {
            lv_name: volume.lv_name,
            vg_name: volume.vg_name,
            lv_attr: volume.lv_attr,
            lv_size: volume.lv_size,
            pool_lv: volume.pool_lv,
            origin: volume.origin,
            data_percent: volume.data_percent,
            metadata_percent: volume.metadata_percent,
            move_pv: volume.move_pv,
            mirror_log: volume.mirror_log,
            copy_percent: volume.copy_percent,
            convert_lv: volume.convert_lv,
        }
    }
}
