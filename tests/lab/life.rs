//! The main job: disks with an old file system on them become a volume that a client writes to, and all goes away
//! again, with what was there before untouched.

use serde_json::json;

use crate::audit;
use crate::mounts::Mounted;
use crate::peers::{ADDRESSES, on, reset};
use crate::server::Server;
use crate::volumes::peer_of;

#[test]
#[ignore = "needs the lab: make test-lab"]
fn a_volume_on_three_peers_from_the_topology_to_nothing_left() {
    reset();
    what_was_there_before();
    let server = Server::start();

    let refused = server.load(false);
    assert_eq!(refused.matches("Unable to add device").count(), 4, "{refused}");
    for address in ADDRESSES {
        let named = format!("/dev/vdd on {address} holds an ext4 file system; nothing was changed");
        assert!(refused.contains(&named), "{refused}");
    }
    assert!(on(1, "blkid /dev/vdd").contains("ext4"));
    let loaded = server.load(true);
    // The group of another server is never erased, not even with leave to.
    assert_eq!(loaded.matches("Unable to add device").count(), 1, "{loaded}");
    assert!(loaded.contains("group backups, which has 1 volumes"), "{loaded}");

    let (done, text) = server.mortar(&["volume", "create", "--size=1", "--name=photos", "--gid=2000"]);
    assert!(done, "{text}");
    let volumes = server.client().volume_list().expect("the volumes").volumes;
    let volume = server.client().volume_info(&volumes[0]).expect("the volume");
    let mounted = Mounted::new(&volume.mount.glusterfs.device);
    mounted.write("greeting", "hello from a client\n");
    assert_eq!(mounted.read("greeting"), "hello from a client\n");
    mounted.unmount();
    for brick in &volume.bricks {
        let peer = peer_of(&server, brick);
        assert_eq!(on(peer, &format!("cat {}/greeting", brick.path)), "hello from a client\n");
        assert_eq!(on(peer, &format!("stat --format=%g:%a {}", brick.path)).trim(), "2000:2775");
    }
    audit::is_clean(&server, &["certs"]);

    let (status, text) =
        server.finished(&server.begin("DELETE", &format!("/volumes/{}", volume.id), &json!({})));
    assert_eq!(status, 204, "{text}");
    audit::is_clean(&server, &["certs"]);
    assert!(on(1, "gluster volume info certs").contains("Status: Started"));
    assert_eq!(on(2, "cat /data/certs/brick/ca.pem"), "a certificate\n");
    assert!(on(3, "lvm lvs backups").contains("nightly"));
}

/// ext4 on vdd as an earlier how-to made it, a pool that was probed by hand, a static volume, and another server's
/// group on one disk.
fn what_was_there_before() {
    for peer in 1..=3 {
        on(peer, "mkfs.ext4 -q -F /dev/vdd && mkdir --parents /data/certs/brick");
    }
    on(
        3,
        "lvm pvcreate -qq /dev/vde && lvm vgcreate -qq backups /dev/vde && lvm lvcreate -qq -L 64M -n nightly backups",
    );
    on(1, "gluster peer probe 10.10.10.18 && gluster peer probe 10.10.10.19");
    audit::wait_on(
        1,
        "both peers to be in the pool",
        "gluster peer status | grep -c 'Peer in Cluster (Connected)' || true",
        "2",
    );
    let bricks: Vec<String> =
        ADDRESSES.iter().map(|address| format!("{address}:/data/certs/brick")).collect();
    on(1, &format!("gluster --mode=script volume create certs replica 3 {} force", bricks.join(" ")));
    on(1, "gluster --mode=script volume start certs");
    for peer in 1..=3 {
        on(peer, "echo 'a certificate' > /data/certs/brick/ca.pem");
    }
}
