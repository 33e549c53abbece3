//! Peers made from what a database knows.

use super::*;

#[test]
fn seeded_peers_have_what_the_database_knows() {
    use crate::model::brick::{Brick, BrickRole, BrickSpace};
    use crate::model::ids::{BrickId, DeviceId, NodeId, VolumeId};
    use crate::model::sizes::KiB;
    use crate::model::step::{BrickAt, BrickPlan, Peer, VolumePlan};
    let id = |digit: &str| digit.repeat(32);
    let (device, brick, volume): (DeviceId, BrickId, VolumeId) =
        (id("d").parse().unwrap(), id("b").parse().unwrap(), id("a").parse().unwrap());
    let node: NodeId = id("1").parse().unwrap();
    let peer = Peer { node, host: Host::new("m1").unwrap(), storage: "s1".to_owned() };
    let path = Brick::path_for(device, brick);
    let plan = BrickPlan {
        volume,
        peer: peer.clone(),
        brick,
        device,
        thin_pool: "tp_q".to_owned(),
        space: BrickSpace {
            size: KiB::of(1_048_576),
            thin_pool: KiB::of(1_048_576),
            metadata: KiB::of(8192),
        },
        role: BrickRole::Data,
        gid: 1000,
        path: path.clone(),
        logical_volume: None,
        shares_pool: false,
        hosts_blocks: false,
    };
    let cloned = BrickPlan {
        brick: id("c").parse().unwrap(),
        path: "/run/gluster/snaps/5f2b/brick1/brick".to_owned(),
        logical_volume: Some("5f2b_0".to_owned()),
        ..plan.clone()
    };
    let at = BrickAt { host: peer.host.clone(), storage: "s1".to_owned(), path };
    let volume = VolumePlan {
        volume,
        name: "v".to_owned(),
        durability: crate::model::durability::Durability::Distribute,
        arbiter: false,
        bricks: vec![at],
        options: vec!["nfs.disable on".to_owned()],
        peers: vec![peer],
        hosts_blocks: false,
    };
    let total = KiB::of(524_288_000);
    let devices =
        vec![SeedDevice { device, path: "/dev/vdd".into(), pv_uuid: None, total, extent: KiB::of(4096) }];
    let host = |manage: &str, storage: &str, devices| SeedHost {
        manage: manage.into(),
        storage: storage.into(),
        pool: "c".into(),
        devices,
    };
    let lab = lab(Flavour::Mock);
    let seed = Seed {
        fstab: "/etc/fstab".into(),
        mount_options: "rw".into(),
        hosts: vec![host("m1", "s1", devices), host("m2", "s2", vec![])],
        bricks: vec![plan, cloned],
        volumes: vec![SeedVolume { plan: volume, started: true }],
        blocks: Vec::new(),
    };
    lab.peers.introduce("m1", "s1");
    assert!(lab.peers.is_fresh());
    lab.peers.seed(&seed).unwrap();
    assert!(!lab.peers.is_fresh());
    let dump = lab.dump();
    let group = &dump.host("s1").unwrap().groups[&format!("vg_{}", id("d"))];
    assert_eq!(group.size_kib - group.free_kib, 1_056_768);
    let brick = &group.volumes[&format!("brick_{}", id("b"))];
    assert_eq!(brick.entries["brick"], "1000:2775");
    assert!(brick.mounted && brick.entries.contains_key("brick/.glusterfs"));
    let cloned = &group.volumes["5f2b_0"];
    assert!(cloned.mounted && cloned.pool.as_deref() == Some("tp_q") && cloned.entries.contains_key("brick"));
    assert_eq!(dump.hosts["m1"].files["/etc/fstab"].len(), 1, "a clone is in no table");
    assert_eq!(dump.hosts["m1"].pool, dump.hosts["m2"].pool);
    assert_eq!(dump.volume("v").unwrap().options["user.heketi.id"], id("a"));
    assert_eq!(lab.reopened(Flavour::Mock).dump(), dump);
}
