//! Every command that the server sends is understood.

use super::*;
use crate::executor::{LockName, filesystem, gluster, gluster_block, inventory, system};

#[tokio::test]
async fn what_the_server_sends_is_understood() {
    use crate::executor::lvm;
    use crate::executor::settings::{PeerSettings, XfsStripe};
    use crate::model::brick::{Brick, BrickRole, BrickSpace, device_node, mount_point};
    use crate::model::durability::Durability;
    use crate::model::ids::{BrickId, DeviceId, NodeId, VolumeId};
    use crate::model::sizes::{GiB, KiB};
    use crate::model::step::{BlockPlan, BrickAt, BrickPlan, Peer, VolumePlan};
    let lab = lab(Flavour::Strict);
    let settings = PeerSettings {
        lvm_wrapper: Some("exec-on-host".to_owned()),
        xfs_stripe: Some(XfsStripe { su: 131_072, sw: 10 }),
        ..PeerSettings::default()
    };
    let id = |number: u32| format!("{number:032x}");
    let volume: VolumeId = id(9).parse().unwrap();
    let lock = || LockName::new("test", 1);
    let mut sent = Vec::new();
    let mut bricks = Vec::new();
    let peer = |number: u32| Peer {
        node: id(number).parse::<NodeId>().unwrap(),
        host: Host::new(format!("m{number}")).unwrap(),
        storage: format!("s{number}"),
    };
    for number in 1..=6 {
        let (device, brick): (DeviceId, BrickId) = (id(number).parse().unwrap(), id(number).parse().unwrap());
        lab.peers.introduce(&format!("m{number}"), &format!("s{number}"));
        let group = crate::model::device::volume_group(device);
        let space =
            BrickSpace { size: KiB::of(1_048_576), thin_pool: KiB::of(1_048_576), metadata: KiB::of(8192) };
        let role = if number % 3 == 0 { BrickRole::Arbiter } else { BrickRole::Data };
        let path = Brick::path_for(device, brick);
        let plan = BrickPlan {
            volume,
            peer: peer(number),
            brick,
            device,
            thin_pool: "tp_x".into(),
            space,
            role,
            gid: 7,
            path: path.clone(),
            logical_volume: None,
            shares_pool: false,
            hosts_blocks: false,
        };
        let point = mount_point(device, brick);
        let line = filesystem::table_line(&settings, device, brick);
        let commands = vec![
            system::glusterd_is_active(),
            system::lsblk("/dev/vdd"),
            system::signatures("/dev/vdd"),
            system::wipe("/dev/vdd", lock()),
            lvm::pvcreate(&settings, "/dev/vdd", None, lock()),
            lvm::vgcreate(&settings, &group, "/dev/vdd", lock()),
            system::udev_links(&settings, "/dev/vdd"),
            filesystem::table_end(&settings),
            lvm::vgs(&settings, &group),
            system::make_directories(&point, lock()),
            lvm::create_thin_volume(&settings, &plan, lock()),
            lvm::lvs(&settings, &group),
            filesystem::make(&settings, &plan, lock()),
            filesystem::probe(&device_node(device, brick)),
            filesystem::table_append(&settings, &line),
            filesystem::mount(&settings, &plan, lock()),
            system::make_directory(&path, lock()),
            system::change_group(&path, 7, lock()),
            system::share_with_group(&path, lock()),
            system::is_directory(&path),
            system::user_data(&path),
        ];
        sent.extend(commands.into_iter().map(|command| (number, command)));
        sent.push((1, gluster::peer_probe(&settings, &format!("s{number}"))));
        bricks.push(BrickAt { host: plan.peer.host.clone(), storage: plan.peer.storage.clone(), path });
    }
    let plan = VolumePlan {
        volume,
        name: "v".into(),
        durability: Durability::Replicate(3),
        arbiter: true,
        bricks,
        options: vec!["group gluster-block".into(), "auth.allow 10.0.0.1, 10.0.0.2".into()],
        peers: vec![peer(1)],
        hosts_blocks: false,
    };
    let made = gluster::volume_create(&settings, &plan)
        .into_iter()
        .chain(gluster::volume_set(&settings, &plan).unwrap());
    let gib = |size| GiB::new(size).unwrap();
    let block = BlockPlan {
        block_volume: id(8).parse().unwrap(),
        hosting: "v".to_owned(),
        name: "disk".to_owned(),
        size: gib(1),
        ha_count: 0,
        auth: true,
        fresh_hosting: false,
        hosts: Vec::new(),
        peers: Vec::new(),
    };
    let brick = plan.bricks[0].path.clone();
    let ends = [
        gluster::volume_start(&settings, &plan),
        gluster_block::create(&settings, &block, &["s1".to_owned(), "s2".to_owned()]),
        gluster_block::modify(&block, gib(2)),
        gluster_block::info(&block),
        system::data_beside_blocks(&brick),
        system::user_data(&system::block_store(&brick)),
        gluster_block::delete(&block),
        gluster::stored_info("v"),
        gluster::volume_info(&settings, None),
        gluster_block::list("v"),
        inventory::physical_volumes(&settings),
        inventory::volume_groups(&settings),
        inventory::logical_volumes(&settings),
        filesystem::mounts(),
        filesystem::table(&settings),
        gluster::volume_stop(&settings, &plan),
    ];
    let more = [
        gluster::snapshot_limit(&PeerSettings { snapshot_limit: 5, ..settings.clone() }),
        gluster::volume_delete(&settings, &plan),
    ];
    sent.extend(made.chain(ends).chain(more).map(|command| (1, command)));
    for (number, command) in sent {
        lab.send(&format!("m{number}"), command).await.unwrap_or_else(|error| panic!("{error}"));
    }
    assert!(lab.dump().volumes.is_empty());
}
