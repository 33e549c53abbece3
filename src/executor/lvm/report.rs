//! What LVM lists, read from its JSON reports. Sizes come in bytes.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::model::sizes::KiB;

/// A physical volume.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PhysicalVolume {
    /// Its path.
    pub pv_name: String,
    /// Its UUID.
    pub pv_uuid: String,
    /// Its group; empty for none.
    pub vg_name: String,
}

/// A volume group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeGroup {
    /// Its size.
    pub size: KiB,
    /// What no logical volume has taken.
    pub free: KiB,
    /// Its extent.
    pub extent: KiB,
    /// Its logical volumes, pools included.
    pub lv_count: u64,
}

/// A logical volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogicalVolume {
    /// Its name.
    pub name: String,
    /// Its size, the virtual one for a thin volume.
    pub size: KiB,
    /// The thin pool it is in; empty for none.
    pub pool: String,
    /// The size of its metadata, for a thin pool.
    pub metadata: Option<KiB>,
}

#[derive(Deserialize)]
struct Report<T> {
    report: Vec<T>,
}

#[derive(Deserialize)]
struct Pvs {
    pv: Vec<PhysicalVolume>,
}

#[derive(Deserialize)]
struct Vgs {
    vg: Vec<VgRow>,
}

#[derive(Deserialize)]
struct VgRow {
    vg_size: String,
    vg_free: String,
    vg_extent_size: String,
    lv_count: String,
}

#[derive(Deserialize)]
struct Lvs {
    lv: Vec<LvRow>,
}

#[derive(Deserialize)]
struct LvRow {
    lv_name: String,
    lv_size: String,
    pool_lv: String,
    lv_metadata_size: String,
}

/// The one report of a `--reportformat json` answer.
pub(in crate::executor) fn report<T: DeserializeOwned>(output: &str) -> Option<T> {
    let mut found: Report<T> = serde_json::from_str(output).ok()?;
    if found.report.len() == 1 { found.report.pop() } else { None }
}

fn kib(bytes: &str) -> Option<KiB> {
    KiB::new(bytes.trim().parse::<u64>().ok()? / 1024)
}

/// Reads what [`super::pvs`] printed.
pub fn parse_pvs(output: &str) -> Option<Vec<PhysicalVolume>> {
    report::<Pvs>(output).map(|found| found.pv)
}

/// Reads what [`super::vgs`] printed of one group.
pub fn parse_vgs(output: &str) -> Option<VolumeGroup> {
    let found = report::<Vgs>(output)?;
    let [row] = &found.vg[..] else { return None };
    Some(VolumeGroup {
        size: kib(&row.vg_size)?,
        free: kib(&row.vg_free)?,
        extent: kib(&row.vg_extent_size)?,
        lv_count: row.lv_count.trim().parse().ok()?,
    })
}

/// Reads what [`super::lvs`] printed.
pub fn parse_lvs(output: &str) -> Option<Vec<LogicalVolume>> {
    let read = |row: LvRow| {
        let metadata = if row.lv_metadata_size.is_empty() { None } else { Some(kib(&row.lv_metadata_size)?) };
        Some(LogicalVolume { size: kib(&row.lv_size)?, name: row.lv_name, pool: row.pool_lv, metadata })
    };
    report::<Lvs>(output)?.lv.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_read_and_garbage_is_not() {
        let pvs = r#"{"report":[{"pv":[{"pv_name":"/dev/vdd","pv_uuid":"Qw3kZr-8bVn","vg_name":""}]}]}"#;
        assert_eq!(parse_pvs(pvs).unwrap()[0].pv_name, "/dev/vdd");
        let vgs = r#"{"report":[{"vg":[{"vg_name":"vg_x","vg_size":"536732499968","vg_free":"536732499968",
                      "vg_extent_size":"4194304","lv_count":"0"}]}]}"#;
        assert_eq!(parse_vgs(vgs).unwrap().size.get(), 524_152_832);
        let lvs = r#"{"report":[{"lv":[{"lv_name":"tp_a","vg_name":"vg_x","lv_size":"1073741824","pool_lv":"",
                      "lv_metadata_size":"8388608"},{"lv_name":"brick_a","vg_name":"vg_x","lv_size":"1073741824",
                      "pool_lv":"tp_a","lv_metadata_size":""}]}]}"#;
        let found = parse_lvs(lvs).unwrap();
        assert_eq!((found[0].metadata, found[1].pool.as_str()), (Some(KiB::of(8192)), "tp_a"));
        for garbage in ["", "{}", "{\"report\":[]}", "no such device"] {
            assert!(
                parse_pvs(garbage).is_none() && parse_vgs(garbage).is_none() && parse_lvs(garbage).is_none()
            );
        }
    }
}
