//! The main job: disks with an old file system on them become a volume that a client writes to, and all goes away
//! again, with what was there before untouched.

use std::fmt::Write as _;

use serde_json::json;

use super::{ADDRESSES, Mounted, Operator, Others, Part, Place};

const LETTER: &str = "hello from a client\n";
const CERTIFICATE: &str = "a certificate\n";

/// What others have: a static volume, a group by a name of theirs, and one by a name as another server gives it.
const CERTS: &str = "certs";
const BACKUPS: &str = "backups";
const OF_ANOTHER: &str = "vg_abababababababababababababababab";
const OTHERS: Others<'_> = Others { volumes: &[CERTS], groups: &[BACKUPS, OF_ANOTHER], peers: &[] };

pub fn disks_that_were_in_use_become_a_volume_and_all_goes_away_again<P: Place>(place: &mut P) {
    let certs = what_was_there_before(place);
    let before = of_others(place);
    place.start();
    the_disks_are_taken_with_leave_only(place);
    assert_eq!(of_others(place), before);

    let volume = place.create("photos", &["--size=1", "--gid=2000"]);
    assert_eq!((volume.size, volume.gid, volume.bricks.len()), (1, 2000, 3));
    let client = place.mount("photos");
    client.write("greeting", LETTER);
    assert_eq!(client.read("greeting"), LETTER);
    client.unmount();
    for brick in &volume.bricks {
        let peer = place.peer_of(brick);
        assert!(place.holds(peer, &format!("{}/greeting", brick.path), LETTER, Part::All), "{}", brick.path);
        let granted = place.look(peer, &["stat", "--format=%g:%a", &brick.path]);
        assert_eq!(granted.as_deref().map(str::trim), Ok("2000:2775"));
    }
    place.audit(&OTHERS);
    assert_eq!(of_others(place), before);
    place.delete(&volume);
    place.audit(&OTHERS);

    // The third peer is given back, and stays in the pool for what others have on it.
    let node = place.node_of(3);
    for device in node.devices.iter() {
        let path = format!("/devices/{}", device.id);
        ["offline", "failed"].iter().for_each(|state| place.set_state(&path, state));
        place.done("DELETE", &path, &json!({}));
    }
    place.audit(&OTHERS);
    place.done("DELETE", &format!("/nodes/{}", node.id), &json!({}));
    let pool = place.look(1, &["gluster", "pool", "list"]).expect("the pool");
    assert!(pool.contains(ADDRESSES[2]), "{pool}");
    place.audit(&Others { peers: &[3], ..OTHERS });
    assert_eq!(of_others(place), before);
    assert_eq!(certs.read("ca.pem"), CERTIFICATE, "it is mounted as before");
    certs.unmount();
}

/// A pool that was probed by hand; a static volume, which a client has mounted; groups of others on two disks, and ext4
/// on all the rest, as an earlier how-to made it.
fn what_was_there_before<P: Place>(place: &P) -> P::Client {
    for (peer, disk) in [(1, "/dev/vdd"), (1, "/dev/vde"), (2, "/dev/vdd"), (3, "/dev/vdd")] {
        place.format(peer, disk);
    }
    place.group(2, "/dev/vde", OF_ANOTHER, "brick_of_another");
    place.group(3, "/dev/vde", BACKUPS, "nightly");
    for address in &ADDRESSES[1..] {
        place.run(1, &["gluster", "--mode=script", "peer", "probe", address]);
    }
    place.wait_until("both peers to be in the pool", || {
        let status = place.look(1, &["gluster", "peer", "status"]).unwrap_or_default();
        status.matches("Peer in Cluster (Connected)").count() == 2
    });
    let bricks = ADDRESSES.map(|address| format!("{address}:/data/certs"));
    let mut create = vec!["gluster", "--mode=script", "volume", "create", CERTS, "replica", "3"];
    create.extend(bricks.iter().map(String::as_str).chain(["force"]));
    (1..=3).for_each(|peer| place.run(peer, &["mkdir", "--parents", "/data"]));
    place.run(1, &create);
    place.run(1, &["gluster", "--mode=script", "volume", "start", CERTS]);
    let client = place.mount(CERTS);
    client.write("ca.pem", CERTIFICATE);
    client
}

/// All that others have, as they see it.
fn of_others<P: Place>(place: &P) -> String {
    let look = |peer, words: &[&str]| place.look(peer, words).unwrap_or_else(|refused| refused);
    let mut all = look(1, &["gluster", "volume", "info", CERTS]);
    assert!(all.contains("Status: Started") && all.contains("10.10.10.19:/data/certs"), "{all}");
    for peer in 1..=3 {
        let holds = place.holds(peer, "/data/certs/ca.pem", CERTIFICATE, Part::All);
        assert!(holds, "the certificate is not on {}", ADDRESSES[peer - 1]);
    }
    let report = ["--reportformat", "json", "--units", "b", "--nosuffix", "-o"];
    for (peer, group) in [(2, OF_ANOTHER), (3, BACKUPS)] {
        for (report_of, fields) in [("vgs", "vg_name,vg_size,vg_free"), ("lvs", "lv_name,lv_size")] {
            let _ = writeln!(
                all,
                "{}",
                look(peer, &[&["lvm", report_of], &report[..], &[fields, group]].concat())
            );
        }
    }
    assert!(all.contains("brick_of_another") && all.contains("nightly"), "{all}");
    all
}

fn the_disks_are_taken_with_leave_only<P: Place>(place: &P) {
    let refused = place.load(false);
    assert_eq!(refused.matches("Unable to add device").count(), 6, "{refused}");
    for (address, disk) in
        ADDRESSES.iter().map(|address| (address, "/dev/vdd")).chain([(&ADDRESSES[0], "/dev/vde")])
    {
        let named = format!("{disk} on {address} holds an ext4 file system; nothing was changed");
        assert!(refused.contains(&named), "{named} is missing in {refused}");
    }
    for disk in ["/dev/vdd", "/dev/vde"] {
        let found = place.look(1, &["blkid", "--probe", disk]).expect("a signature");
        assert!(found.contains("ext4"), "{disk}: {found}");
    }
    let loaded = place.load(true);
    // Groups with volumes are never erased, not even with leave to.
    assert_eq!(loaded.matches("Unable to add device").count(), 2, "{loaded}");
    for (group, why) in [(BACKUPS, "which has 1 volumes"), (OF_ANOTHER, "whose name is heketi's")] {
        assert!(loaded.contains(&format!("group {group}, {why}; it is never erased")), "{loaded}");
    }
    let disks: Vec<usize> = (1..=3).map(|peer| place.node_of(peer).devices.len()).collect();
    assert_eq!(disks, [2, 1, 1]);
}
