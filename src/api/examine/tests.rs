use super::*;
use crate::json;
use crate::model::inventory::{
    Blocks, LogicalVolume, Mounted, PhysicalVolume, PoolBrick as Brick, PoolVolume as Volume, TableLine,
    VolumeGroup,
};

fn told() -> Inventory {
    let text = |text: &str| text.to_owned();
    let brick = Brick { name: text("s1:/b"), uuid: text("u"), host_uuid: text("u"), is_arbiter: 1 };
    let volume = Volume {
        name: text("v"),
        status: 1,
        status_word: text("Started"),
        bricks: vec![brick],
        option_count: 1,
        options: vec![(text("a"), text("b"))],
        ..Volume::default()
    };
    let line = |device: &str| TableLine { device: text(device), point: text("/b"), ..TableLine::default() };
    Inventory {
        volumes: Ok(vec![volume, Volume::default()]),
        physical_volumes: Ok(vec![PhysicalVolume { pv_uuid: text("hidden"), ..PhysicalVolume::default() }]),
        groups: Ok(vec![VolumeGroup { vg_name: text("g"), lv_count: text("2"), ..VolumeGroup::default() }]),
        logical_volumes: Ok(vec![LogicalVolume { lv_name: text("l"), ..LogicalVolume::default() }]),
        mounts: Ok(Mounts {
            mounted: vec![Mounted { device: text("/dev/x"), point: text("/elsewhere") }],
            table: vec![line("/dev/x"), line("/dev/y")],
        }),
        blocks: vec![Blocks {
            volume: "c".repeat(32).parse().unwrap(),
            name: text("h"),
            names: Ok(vec![text("blk")]),
        }],
        ..Inventory::unknown("a".repeat(32).parse().unwrap(), "")
    }
}

fn encoded<T: Serialize>(value: &T) -> String {
    String::from_utf8(json::encode_compact(value)).unwrap()
}

#[test]
fn a_node_is_shown_with_heketis_names_in_heketis_order() {
    let shown = encoded(&NodeState::from(&told()));
    let counts = r#""BrickCount":0,"DistCount":0,"StripeCount":0,"ReplicaCount":0,"ArbiterCount":0,"DisperseCount":0,"RedundancyCount":0"#;
    let element = |name: &str| format!(r#""XMLName":{{"Space":"","Local":"{name}"}}"#);
    let (volume, bricks, options) = (element("volume"), element("bricks"), element("options"));
    let first = format!(
        r#"{{{volume},"VolumeName":"v","ID":"","Status":1,"StatusStr":"Started",{},"Type":0,"TypeStr":"","Transport":0,"Bricks":{{{bricks},"BrickList":[{{"UUID":"u","Name":"s1:/b","HostUUID":"u","IsArbiter":1}}]}},"OptCount":1,"Options":{{{options},"OptionList":[{{"Name":"a","Value":"b"}}]}}}}"#,
        counts
    );
    let second = format!(
        r#"{{{volume},"VolumeName":"","ID":"","Status":0,"StatusStr":"",{},"Type":0,"TypeStr":"","Transport":0,"Bricks":{{{bricks},"BrickList":null}},"OptCount":0,"Options":{{{options},"OptionList":null}}}}"#,
        counts
    );
    let expected = [
        format!(r#"{{"NodeHeketiID":"{}","#, "a".repeat(32)),
        format!(r#""VolumeInfo":{{{},"Volumes":{{{},"Count":2,"VolumeList":[{first},{second}]}}}},"#, element("volInfo"), element("volumes")),
        r#""LVMPVInfo":{"report":[{"pv":[{"pv_name":"","vg_name":"","pv_fmt":"","pv_attr":"","pv_size":"","pv_free":""}]}]},"#.to_owned(),
        r#""LVMVGInfo":{"report":[{"vg":[{"vg_name":"g","pv_count:":"","lv_count":"2","snap_count":"","vg_attr":"","vg_size":"","vg_free":""}]}]},"#.to_owned(),
        r#""LVMLVInfo":{"report":[{"lv":[{"lv_name":"l","vg_name":"","lv_attr":"","lv_size":"","pool_lv":"","origin":"","data_percent":"","metadata_percent":"","move_pv":"","mirror_log":"","copy_percent":"","convert_lv":""}]}]},"#.to_owned(),
        r#""BricksMountStatus":{"Statuses":[{"Device":"/dev/x","MountPoint":"/b","Type":"","MountOptions":"","Mounted":true},{"Device":"/dev/y","MountPoint":"/b","Type":"","MountOptions":"","Mounted":false}]},"#.to_owned(),
        r#""BlockVolumeNames":["h/blk"]}"#.to_owned(),
    ];
    assert_eq!(shown, expected.concat());
}

#[test]
fn what_was_not_told_is_null_and_what_is_empty_is_not_missing() {
    let silent = NodeState::from(&Inventory::unknown("a".repeat(32).parse().unwrap(), "off"));
    let expected = format!(
        r#"{{"NodeHeketiID":"{}","VolumeInfo":null,"LVMPVInfo":null,"LVMVGInfo":null,"LVMLVInfo":null,"BricksMountStatus":null,"BlockVolumeNames":null}}"#,
        "a".repeat(32)
    );
    assert_eq!(encoded(&silent), expected);
    assert_eq!(encoded(&MountStatuses::from(&Mounts::default())), r#"{"Statuses":null}"#);
    assert_eq!(encoded(&PhysicalsReport::new(&[])), r#"{"report":[{"pv":[]}]}"#);
    let none = encoded(&VolumesInfo::new(&[]));
    assert!(none.ends_with(r#""Count":0,"VolumeList":null}}"#), "{none}");
}

#[test]
fn a_database_without_clusters_has_no_list_of_them() {
    let nothing = Everything {
        generation: String::new(),
        clusters: Vec::new(),
        nodes: Vec::new(),
        devices: Vec::new(),
        volumes: Vec::new(),
        bricks: Vec::new(),
        block_volumes: Vec::new(),
        operations: Vec::new(),
    };
    let shown = encoded(&Examination::new(&nothing, &[], Vec::new()));
    assert!(shown.starts_with(r#"{"heketidb":{"clusterentries":{},"#), "{shown}");
    assert!(shown.ends_with(r#""report":null,"clusters":null}"#), "{shown}");
    let cluster = "b".repeat(32);
    let empty = Examination::new(&nothing, &[(cluster.parse().unwrap(), Vec::new())], vec!["x".to_owned()]);
    let expected =
        format!(r#""report":["x"],"clusters":[{{"ClusterHeketiID":"{cluster}","NodesData":null}}]}}"#);
    assert!(encoded(&empty).ends_with(&expected));
}
