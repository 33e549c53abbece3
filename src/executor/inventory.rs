//! What a whole peer has, in the shapes that heketi passes on: LVM's reports, mounts, the file system table.

use serde::Deserialize;

use super::command::Command;
use super::lvm;
use super::settings::PeerSettings;
use crate::model::inventory::{LogicalVolume, Mounted, PhysicalVolume, TableLine, VolumeGroup};

/// Sizes as heketi passes them on: KiB with the unit behind them.
const REPORT: [&str; 5] = ["--reportformat", "json", "--units", "k", "-o"];

/// Lists all physical volumes.
pub fn physical_volumes(settings: &PeerSettings) -> Command {
    let fields = "pv_name,vg_name,pv_fmt,pv_attr,pv_size,pv_free,pv_uuid";
    lvm::look(settings, "pvs").args(REPORT).arg(fields)
}

/// Lists all volume groups.
pub fn volume_groups(settings: &PeerSettings) -> Command {
    let fields = "vg_name,lv_count,snap_count,vg_attr,vg_size,vg_free";
    lvm::look(settings, "vgs").args(REPORT).arg(fields)
}

/// Lists all logical volumes.
pub fn logical_volumes(settings: &PeerSettings) -> Command {
    let fields = "lv_name,vg_name,lv_attr,lv_size,pool_lv,origin,data_percent,metadata_percent,move_pv,mirror_log,copy_percent,convert_lv";
    lvm::look(settings, "lvs").args(REPORT).arg(fields)
}

#[derive(Deserialize)]
struct Pvs {
    pv: Vec<PhysicalVolume>,
}

#[derive(Deserialize)]
struct Vgs {
    vg: Vec<VolumeGroup>,
}

#[derive(Deserialize)]
struct Lvs {
    lv: Vec<LogicalVolume>,
}

/// Reads what [`physical_volumes`] printed.
pub fn parse_physical_volumes(output: &str) -> Option<Vec<PhysicalVolume>> {
    lvm::report::<Pvs>(output).map(|found| found.pv)
}

/// Reads what [`volume_groups`] printed.
pub fn parse_volume_groups(output: &str) -> Option<Vec<VolumeGroup>> {
    lvm::report::<Vgs>(output).map(|found| found.vg)
}

/// Reads what [`logical_volumes`] printed.
pub fn parse_logical_volumes(output: &str) -> Option<Vec<LogicalVolume>> {
    lvm::report::<Lvs>(output).map(|found| found.lv)
}

/// Reads `/proc/mounts`. The kernel writes six fields in every line: with fewer of them it is something else.
pub fn parse_mounts(text: &str) -> Option<Vec<Mounted>> {
    let line = |line: &str| {
        let fields: Vec<&str> = line.split(' ').collect();
        let [device, point, _, _, _, _] = fields[..] else { return None };
        Some(Mounted { device: device.to_owned(), point: point.to_owned() })
    };
    text.lines().map(line).collect()
}

/// Reads a file system table. People write it: a line may lack fields at its end, and is shown all the same.
pub fn parse_table(text: &str) -> Vec<TableLine> {
    let is_entry = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let line = |line: &str| {
        let mut fields = line.split_whitespace().map(str::to_owned);
        let mut next = || fields.next().unwrap_or_default();
        TableLine { device: next(), point: next(), kind: next(), options: next() }
    };
    text.lines().filter(is_entry).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_of_all_that_lvm_has_are_read() {
        // As LVM 2.03.16 prints them.
        let pvs = r#"  {
      "report": [
          {
              "pv": [
                  {"pv_name":"/dev/vdd", "vg_name":"vg_27b0f4d1c9e6435a8f71b2063edac954", "pv_fmt":"lvm2", "pv_attr":"a--", "pv_size":"524152832.00k", "pv_free":"419295232.00k", "pv_uuid":"Qw3kZr-8bVn-1LtM-YxPc-55Ha-Dd0e-uEoJ7s"},
                  {"pv_name":"[unknown]", "vg_name":"data", "pv_fmt":"lvm2", "pv_attr":"a-m", "pv_size":"0k", "pv_free":"0k", "pv_uuid":"x"}
              ]
          }
      ]
  }"#;
        let found = parse_physical_volumes(pvs).unwrap();
        assert_eq!((found[0].pv_name.as_str(), found[0].pv_size.as_str()), ("/dev/vdd", "524152832.00k"));
        assert_eq!(found[1].pv_name, "[unknown]");
        let vgs = r#"{"report":[{"vg":[{"vg_name":"data", "lv_count":"2", "snap_count":"0", "vg_attr":"wz-pn-", "vg_size":"4k", "vg_free":"0k"}]}]}"#;
        assert!(parse_volume_groups(vgs).unwrap()[0].is_partial());
        assert!(!VolumeGroup { vg_attr: "wz--n-".to_owned(), ..VolumeGroup::default() }.is_partial());
        let lvs = r#"{"report":[{"lv":[{"lv_name":"5f2b_0", "vg_name":"data", "lv_attr":"Vwi-aotz--", "lv_size":"1048576.00k",
            "pool_lv":"tp_a", "origin":"brick_a", "data_percent":"1.05", "metadata_percent":"", "move_pv":"", "mirror_log":"",
            "copy_percent":"", "convert_lv":""}]}], "log": []}"#;
        let found = parse_logical_volumes(lvs).unwrap();
        assert_eq!((found[0].pool_lv.as_str(), found[0].origin.as_str()), ("tp_a", "brick_a"));
        assert_eq!(parse_logical_volumes(r#"{"report":[{"lv":[]}]}"#), Some(vec![]));
    }

    #[test]
    fn reports_that_say_something_else_are_refused() {
        let short = r#"{"report":[{"pv":[{"pv_name":"/dev/vdd"}]}]}"#;
        let two = r#"{"report":[{"vg":[]},{"vg":[]}]}"#;
        for garbage in ["", "{}", r#"{"report":[]}"#, short, two, "  WARNING: something"] {
            assert_eq!(parse_physical_volumes(garbage), None, "{garbage}");
            assert_eq!(parse_volume_groups(garbage), None, "{garbage}");
            assert_eq!(parse_logical_volumes(garbage), None, "{garbage}");
        }
    }

    #[test]
    fn mounts_are_read_and_what_is_no_table_of_the_kernel_is_not() {
        let text = "/dev/vda1 / ext4 rw,relatime 0 0\n/dev/mapper/vg_a-brick_b /b xfs rw,nouuid 0 0\nproc /p\\040q proc rw 0 0\n";
        let found = parse_mounts(text).unwrap();
        let expected = Mounted { device: "/dev/mapper/vg_a-brick_b".to_owned(), point: "/b".to_owned() };
        assert_eq!((found.len(), &found[1]), (3, &expected));
        assert_eq!(found[2].point, "/p\\040q");
        assert_eq!(parse_mounts(""), Some(vec![]));
        assert_eq!(parse_mounts("/dev/vda1 on / type ext4 (rw)\nmore\n"), None);
    }

    #[test]
    fn a_table_is_read_as_people_write_it() {
        let text = "# comment\n\n  # another\nUUID=1\t/\text4  defaults\t0 1\n/dev/x /b xfs rw,nofail 1 2\ntmpfs /tmp\n/dev/y /c xfs rw";
        let found = parse_table(text);
        let points: Vec<&str> = found.iter().map(|line| line.point.as_str()).collect();
        assert_eq!(points, ["/", "/b", "/tmp", "/c"]);
        assert_eq!((found[1].kind.as_str(), found[1].options.as_str()), ("xfs", "rw,nofail"));
        assert_eq!((found[2].kind.as_str(), found[3].options.as_str()), ("", "rw"));
    }
}
