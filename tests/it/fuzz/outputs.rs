//! What programs on peers print: read wholly, or not at all.

use std::hint::black_box;

use mortar::executor::{filesystem, gluster, gluster_block, inventory, lvm, system, thin_pool};

use super::fuzz;

macro_rules! captured {
    ($($file:literal),+) => { vec![$(include_bytes!(concat!("captured/", $file)).to_vec()),+] };
}

/// Tries a reader of text: what is no text does not come so far.
fn reads(target: &str, seeds: &[Vec<u8>], read: impl Fn(&str)) {
    fuzz(target, seeds, |case| {
        read(&String::from_utf8_lossy(case));
        Ok(())
    });
}

#[test]
fn what_lvm_prints() {
    let seeds = captured!["pvs.json", "vgs.json", "lvs.json", "pvs-all.json", "vgs-all.json", "lvs-all.json"];
    reads("lvm", &seeds, |text| {
        black_box((
            lvm::parse_pvs(text),
            lvm::parse_vgs(text),
            lvm::parse_lvs(text),
            thin_pool::parse_pool_uses(text),
        ));
        black_box(inventory::parse_physical_volumes(text));
        black_box((inventory::parse_volume_groups(text), inventory::parse_logical_volumes(text)));
        black_box([lvm::is_missing(text), lvm::is_group_missing(text), lvm::is_existing(text)]);
    });
}

#[test]
fn what_gluster_prints() {
    let seeds = captured![
        "volume-info.xml",
        "heal-info.xml",
        "peer-status.txt",
        "peer-status.xml",
        "snapshot-info.xml",
        "rebalance-status.xml",
        "stored-info.txt"
    ];
    reads("gluster", &seeds, |text| {
        black_box((gluster::parse_volume_info(text), gluster::parse_pool_volumes(text)));
        black_box((gluster::parse_heal_info(text), gluster::parse_snapshot_info(text)));
        black_box((
            gluster::parse_rebalance_status(text),
            gluster::parse_stored_bricks(text),
            gluster::parse_option(text).ok(),
        ));
        black_box((gluster::is_in_cluster(text, "10.10.10.18"), gluster::is_connected(text, "10.10.10.18")));
        black_box((gluster::pool_size(text), gluster::disconnected(text), gluster::refusal_in_xml(text)));
        black_box([gluster::is_busy(text), gluster::is_missing(text), gluster::is_unanswered(text)]);
    });
}

#[test]
fn what_the_system_prints() {
    let seeds = captured!["mounts.txt", "fstab.txt", "lsblk.json", "wipefs.json", "blkid.txt", "xfs_db.txt"];
    reads("system", &seeds, |text| {
        black_box((system::parse_lsblk(text), system::parse_signatures(text)));
        black_box((inventory::parse_mounts(text), inventory::parse_table(text)));
        black_box((filesystem::is_xfs(text), filesystem::is_whole(text), filesystem::is_mounted(text, "/a")));
    });
}

#[test]
fn what_gluster_block_prints() {
    let seeds = [
        r#"{ "IQN": "iqn.2016-12.org.gluster-block:1f", "USERNAME": "1f", "PASSWORD": "p", "PORTAL(S)": ["10.10.10.17:3260"], "RESULT": "SUCCESS" }"#,
        r#"{ "NAME": "b", "VOLUME": "v", "GBID": "1f", "SIZE": "8.0 GiB", "HA": 2, "PASSWORD": "", "EXPORTED ON": ["10.10.10.17", "10.10.10.18"] }"#,
        r#"{ "blocks": ["a", "b"], "RESULT": "SUCCESS" }"#,
        r#"{ "RESULT": "FAIL", "errCode": 2, "errMsg": "block v/b doesn't exist" }"#,
        "8.0 GiB",
    ];
    reads("gluster-block", &seeds.map(|seed| seed.as_bytes().to_vec()), |text| {
        black_box((gluster_block::said(text), gluster_block::parse_created(text)));
        black_box((
            gluster_block::parse_found(text),
            gluster_block::parse_list(text),
            gluster_block::parse_size(text),
        ));
    });
}

/// A reader that is new has to be tried here, too.
#[test]
fn all_readers_of_what_peers_print_are_tried() {
    let here = include_str!("outputs.rs");
    let mut readers = 0;
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/executor"))];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for name in text.split("pub fn ").skip(1).filter_map(|rest| rest.split(['(', '<']).next()) {
                if name.starts_with("parse_") {
                    readers += 1;
                    assert!(here.contains(&format!("{name}(")), "{name} of {} is not tried", path.display());
                }
            }
        }
    }
    assert!(readers >= 18, "{readers}");
}
