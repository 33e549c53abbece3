//! How full thin pools are.

use serde::Deserialize;

use super::command::Command;
use super::lvm;
use super::settings::PeerSettings;

/// A thin pool with what it has given away.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolUse {
    /// Its group.
    pub group: String,
    /// Its name.
    pub pool: String,
    /// The share of its data that is taken, 0 to 1.
    pub data: f64,
    /// The share of its metadata that is taken, 0 to 1.
    pub metadata: f64,
}

/// Lists all thin pools of a peer with their fullness.
pub fn pool_uses(settings: &PeerSettings) -> Command {
    lvm::look(settings, "lvs")
        .args(lvm::REPORT)
        .arg("lv_name,vg_name,data_percent,metadata_percent")
        .args(["--select", "segtype=thin-pool"])
}

#[derive(Deserialize)]
struct Pools {
    lv: Vec<PoolRow>,
}

#[derive(Deserialize)]
struct PoolRow {
    lv_name: String,
    vg_name: String,
    data_percent: String,
    metadata_percent: String,
}

/// Reads what [`pool_uses`] printed. Pools that are not active say nothing about themselves and are left out.
pub fn parse_pool_uses(output: &str) -> Option<Vec<PoolUse>> {
    let share = |percent: &str| percent.trim().parse::<f64>().ok().map(|percent| percent / 100.0);
    let read = |row: PoolRow| {
        let (data, metadata) = (share(&row.data_percent)?, share(&row.metadata_percent)?);
        Some(PoolUse { group: row.vg_name, pool: row.lv_name, data, metadata })
    };
    Some(lvm::report::<Pools>(output)?.lv.into_iter().filter_map(read).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percents_become_shares_and_inactive_pools_are_left_out() {
        let found = parse_pool_uses(
            r#"{"report":[{"lv":[
                {"lv_name":"tp_a","vg_name":"vg_x","data_percent":"81.25","metadata_percent":"12.50"},
                {"lv_name":"tp_b","vg_name":"vg_x","data_percent":"","metadata_percent":""}]}]}"#,
        );
        let expected = PoolUse { group: "vg_x".into(), pool: "tp_a".into(), data: 0.8125, metadata: 0.125 };
        assert_eq!(found, Some(vec![expected]));
        assert_eq!(parse_pool_uses("no such thing"), None);
    }
}
