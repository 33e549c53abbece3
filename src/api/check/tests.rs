use super::*;
use crate::api::dump::ActionEntry;
use crate::json::decode;

const SOUND: &str = r#"{
    "clusterentries": {"c1": {"Info": {"id": "c1", "nodes": ["n1"], "volumes": ["v1"]}}},
    "nodeentries": {"n1": {"Info": {"id": "n1", "cluster": "c1"}, "Devices": ["d1"]}},
    "deviceentries": {"d1": {"Info": {"id": "d1", "storage": {"total": 30, "free": 19, "used": 11}},
                             "NodeId": "n1", "Bricks": ["b1"]}},
    "volumeentries": {"v1": {"Info": {"id": "v1", "cluster": "c1"}, "Bricks": ["b1"], "Pending": {"Id": "o1"}}},
    "brickentries": {"b1": {"Info": {"id": "b1", "node": "n1", "device": "d1", "volume": "v1", "size": 10},
                            "TpSize": 10, "PoolMetadataSize": 1, "Pending": {"Id": "o1"}}},
    "pendingoperations": {"o1": {"Id": "o1", "Type": 2, "Actions": [{"Change": 3, "Id": "b1", "Delta": null},
                                                                    {"Change": 4, "Id": "v1", "Delta": null}]}}
}"#;

fn sound() -> Dump {
    decode(SOUND.as_bytes()).unwrap()
}

fn found(report: &CheckReport) -> Vec<String> {
    let CheckReport { clusters, volumes, bricks, nodes, devices, blockvolumes, pendingoperations, .. } =
        report;
    let buckets = [clusters, volumes, bricks, nodes, devices, blockvolumes, pendingoperations];
    buckets.into_iter().flat_map(|bucket| bucket.inconsistencies.iter().cloned()).collect()
}

#[test]
fn what_agrees_is_counted() {
    let report = CheckReport::new(&sound());
    let one = |pending| CheckBucket { total: 1, pending, ok: 1, notok: 0, inconsistencies: List::default() };
    let expected = CheckReport {
        clusters: one(0),
        volumes: one(1),
        bricks: one(1),
        nodes: one(0),
        devices: one(0),
        pendingoperations: one(0),
        ..CheckReport::default()
    };
    assert_eq!(report, expected);
}

#[test]
fn a_pool_counts_once_however_many_bricks_are_in_it() {
    let mut dump = sound();
    let mut copy = dump.brickentries["b1"].clone();
    (copy.info.id, copy.lvm_lv, copy.lvm_thin_pool) = ("b2".into(), "5f2b_0".into(), "tp_b1".into());
    copy.pending.id.clear();
    dump.brickentries.insert("b2".to_owned(), copy);
    for bricks in [
        &mut dump.deviceentries.get_mut("d1").unwrap().bricks,
        &mut dump.volumeentries.get_mut("v1").unwrap().bricks,
    ] {
        *bricks = vec!["b1".to_owned(), "b2".to_owned()].into();
    }
    assert_eq!(found(&CheckReport::new(&dump)), Vec::<String>::new());
    dump.brickentries.get_mut("b2").unwrap().lvm_thin_pool = "tp_b2".to_owned();
    assert_eq!(
        found(&CheckReport::new(&dump)),
        ["Device d1 size values differ Used(11) != aggregateBricksSize(22)"]
    );
}

#[test]
fn what_contradicts_itself_is_told_in_heketis_words() {
    let check = |spoil: fn(&mut Dump), expected: &[&str]| {
        let mut dump = sound();
        spoil(&mut dump);
        let report = CheckReport::new(&dump);
        assert_eq!(found(&report), expected);
        assert_eq!(report.totalinconsistencies, expected.len() as u64);
    };
    check(
        |dump| dump.deviceentries.get_mut("d1").unwrap().info.storage.used = 12,
        &[
            "Device d1 size values differ Total(30) != Free(19) + Used(12)",
            "Device d1 size values differ Used(12) != aggregateBricksSize(11)",
        ],
    );
    check(
        |dump| dump.pendingoperations.clear(),
        &["Volume v1 marked pending but no pending op o1", "Brick b1 marked pending but no pending op o1"],
    );
    check(
        |dump| {
            dump.brickentries.get_mut("b1").unwrap().pending.id.clear();
            dump.volumeentries.get_mut("v1").unwrap().pending.id.clear();
        },
        &[
            "pending op o1 id in change missing b1 not found in bricks",
            "pending op o1 id in change missing v1 not found in volumes",
        ],
    );
    check(
        |dump| dump.nodeentries.get_mut("n1").unwrap().info.cluster = "c2".to_owned(),
        &["Cluster c1 no link back to cluster from node n1", "Node n1 unknown cluster c2"],
    );
    check(
        |dump| dump.deviceentries.get_mut("d1").unwrap().bricks = List::default(),
        &[
            "Brick b1 no link back to brick from device d1",
            "Device d1 size values differ Used(11) != aggregateBricksSize(0)",
        ],
    );
}

const BLOCKS: &str = r#"{
    "clusterentries": {"c1": {"Info": {"id": "c1", "volumes": ["v1"], "blockvolumes": ["b1"]}}},
    "volumeentries": {"v1": {"Info": {"id": "v1", "cluster": "c1", "size": 100, "block": true,
                                      "blockinfo": {"freesize": 58, "reservedsize": 2, "blockvolume": ["b1"]}}}},
    "blockvolumeentries": {"b1": {"Info": {"id": "b1", "cluster": "c1", "blockhostingvolume": "v1", "size": 40}}}
}"#;

#[test]
fn block_volumes_and_the_room_that_they_take_are_checked() {
    let check = |spoil: fn(&mut Dump), expected: &[&str]| {
        let mut dump: Dump = decode(BLOCKS.as_bytes()).unwrap();
        spoil(&mut dump);
        assert_eq!(found(&CheckReport::new(&dump)), expected);
    };
    check(|_| {}, &[]);
    let differs =
        "Volume v1 blocksize differs aggregateSize 30 != volumeSize 100 - freeSize 58 - reservedSize 2";
    check(|dump| dump.blockvolumeentries.get_mut("b1").unwrap().info.size = 30, &[differs]);
    // It has taken what it will have.
    check(
        |dump| {
            dump.blockvolumeentries.get_mut("b1").unwrap().info.size = 30;
            let action = ActionEntry { change: 14, id: "b1".to_owned(), delta: Some(40) };
            let grows = OperationEntry { actions: vec![action].into(), ..OperationEntry::default() };
            dump.pendingoperations.insert("o1".to_owned(), grows);
        },
        &[],
    );
    check(
        |dump| dump.blockvolumeentries.clear(),
        &[
            "Cluster c1 unknown blockvolume b1",
            "Volume v1 unknown blockvolume b1",
            "Volume v1 blocksize differs aggregateSize 0 != volumeSize 100 - freeSize 58 - reservedSize 2",
        ],
    );
    check(
        |dump| dump.volumeentries.get_mut("v1").unwrap().info.block = false,
        &["Volume v1 has blockvolumes but not block flag"],
    );
    check(
        |dump| {
            let block = dump.blockvolumeentries.get_mut("b1").unwrap();
            (block.info.cluster, block.info.blockhostingvolume) = ("c2".to_owned(), "v2".to_owned());
            block.pending.id = "o2".to_owned();
        },
        &[
            "Cluster c1 no link back to cluster from blockvolume b1",
            "Volume v1 no link back to volume from blockvolume b1",
            "BlockVolume b1 marked pending but no pending op o2",
            "BlockVolume b1 unknown cluster c2",
            "BlockVolume b1 unknown volume v2",
        ],
    );
}
