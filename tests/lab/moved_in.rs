//! heketi's own database, on an array that was made with heketi's own commands: the server is started on it, and everything
//! goes on.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mortar::api::VolumeInfo;
use serde_json::{Value, json};

use crate::mounts::Mounted;
use crate::peers::{self, ADDRESSES, on};
use crate::scenarios::{Mounted as _, Operator as _};
use crate::server::Server;

const EXPORT: &str = include_str!("../databases/clean.json");
const MOUNT_OPTIONS: &str = "rw,inode64,noatime,nouuid";

/// A database of heketi's, as it exports it.
struct Heketis(Value);

impl Heketis {
    fn entries(&self, kind: &str) -> impl Iterator<Item = &Value> + Clone {
        self.0[kind].as_object().into_iter().flat_map(|entries| entries.values())
    }

    fn text(entry: &Value, path: &str) -> String {
        entry.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// The number of the peer that a node is, from 1.
    fn peer(&self, node: &str) -> usize {
        let storage = Self::text(&self.0["nodeentries"][node], "/Info/hostnames/storage/0");
        1 + ADDRESSES.iter().position(|address| **address == storage).expect("one of the three")
    }

    /// What heketi runs for the devices and bricks of a peer. Source: heketi's commands as they were recorded.
    fn commands(&self, peer: usize) -> String {
        let mut lines = "set -e\n".to_owned();
        for device in self.entries("deviceentries").filter(|d| self.peer(&Self::text(d, "/NodeId")) == peer) {
            let (id, disk) = (Self::text(device, "/Info/id"), Self::text(device, "/Info/name"));
            writeln!(lines, "/usr/sbin/lvm pvcreate -qq --metadatasize=128M --dataalignment=256K '{disk}'")
                .ok();
            writeln!(
                lines,
                "/usr/sbin/lvm vgcreate -qq --physicalextentsize=4M --autobackup=n vg_{id} {disk}"
            )
            .ok();
        }
        for brick in self.entries("brickentries").filter(|b| self.peer(&Self::text(b, "/Info/node")) == peer)
        {
            lines.push_str(&self.brick(brick));
        }
        lines
    }

    fn brick(&self, brick: &Value) -> String {
        let (id, device) = (Self::text(brick, "/Info/id"), Self::text(brick, "/Info/device"));
        let (group, pool) = (format!("vg_{device}"), Self::text(brick, "/LvmThinPool"));
        let (node, point) =
            (format!("/dev/mapper/{group}-brick_{id}"), format!("/var/lib/heketi/mounts/{group}/brick_{id}"));
        let number = |path: &str| brick.pointer(path).and_then(Value::as_u64).unwrap_or_default();
        let (size, pool_size, metadata) =
            (number("/Info/size"), number("/TpSize"), number("/PoolMetadataSize"));
        // An older mkfs.xfs made file systems as small as that without being asked twice.
        let arbiter = if brick["SubType"] == 2 { "--unsupported -i maxpct=100" } else { "-i size=512" };
        let gid = &self.0["volumeentries"][Self::text(brick, "/Info/volume")]["Info"]["gid"];
        let group_lines = gid
            .as_u64()
            .filter(|gid| *gid > 0)
            .map_or(String::new(), |gid| format!("chown :{gid} {point}/brick\nchmod 2775 {point}/brick\n"));
        format!(
            "mkdir -p {point}\n\
             /usr/sbin/lvm lvcreate -qq --autobackup=n --poolmetadatasize {metadata}K --chunksize 256K --size {pool_size}K --thin {group}/{pool} --virtualsize {size}K --name brick_{id}\n\
             mkfs.xfs -q {arbiter} -n size=8192 {node}\n\
             awk \"BEGIN {{print \\\"{node} {point} xfs {MOUNT_OPTIONS} 1 2\\\" >> \\\"/etc/fstab\\\"}}\"\n\
             mount -o {MOUNT_OPTIONS} {node} {point}\n\
             mkdir {point}/brick\n{group_lines}"
        )
    }

    /// What heketi runs for a volume. heketi keeps nowhere which bricks belong to one set: those of one size here.
    fn volume(&self, volume: &Value) -> String {
        let (id, name) = (Self::text(volume, "/Info/id"), Self::text(volume, "/Info/name"));
        let mut sets: BTreeMap<u64, Vec<(u64, String)>> = BTreeMap::new();
        let bricks = self.entries("brickentries").filter(|brick| Self::text(brick, "/Info/volume") == id);
        let has_arbiter = bricks.clone().any(|brick| brick["SubType"] == 2);
        for brick in bricks {
            let peer = self.peer(&Self::text(brick, "/Info/node"));
            let place = format!("{}:{}", ADDRESSES[peer - 1], Self::text(brick, "/Info/path"));
            let size = if has_arbiter { 0 } else { brick["Info"]["size"].as_u64().unwrap_or_default() };
            let is_arbiter = u64::from(brick["SubType"] == 2);
            sets.entry(size).or_default().push((is_arbiter, place));
        }
        let kind = match (volume["Info"]["durability"]["type"].as_str(), has_arbiter) {
            (Some("replicate"), true) => "replica 3 arbiter 1 ",
            (Some("replicate"), false) => "replica 3 ",
            _ => "",
        };
        let gluster = "gluster --mode=script --timeout=600 volume";
        let mut lines = "set -e\n".to_owned();
        for (at, mut set) in sets.into_values().rev().enumerate() {
            set.sort();
            let places: Vec<String> = set.into_iter().map(|(_, place)| place).collect();
            let (command, kind) = if at == 0 { ("create", kind) } else { ("add-brick", "") };
            writeln!(lines, "{gluster} {command} {name} {kind}{}", places.join(" ")).ok();
        }
        // A profile of gluster-block is not there without its package.
        let options =
            volume["GlusterVolumeOptions"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for option in options.filter(|option| !option.is_empty() && !option.starts_with("group ")) {
            writeln!(lines, "{gluster} set {name} {option}").ok();
        }
        writeln!(lines, "{gluster} set {name} user.heketi.id {id}\n{gluster} start {name}").ok();
        lines
    }

    /// Makes the whole array as heketi has made it.
    fn build(&self) {
        std::thread::scope(|scope| {
            for peer in 1..=ADDRESSES.len() {
                scope.spawn(move || on(peer, &self.commands(peer)));
            }
        });
        for address in &ADDRESSES[1..] {
            on(1, &format!("gluster --mode=script peer probe {address}"));
        }
        crate::server::wait_until(crate::server::PATIENCE, "the trusted pool", || {
            on(1, "gluster pool list").matches("Connected").count() == ADDRESSES.len()
        });
        for volume in self.entries("volumeentries") {
            on(1, &self.volume(volume));
        }
    }
}

/// What there is of logical volumes on a peer, those of pools left out.
fn bricks_on(peer: usize) -> usize {
    let rows = on(peer, "lvm lvs --noheadings -o lv_name");
    rows.lines().filter(|line| line.trim().starts_with("brick_")).count()
}

/// Its devices are of other sizes than heketi's simulated ones.
fn resync_all(server: &Server) {
    let topology = server.client().topology().expect("the topology");
    for device in topology.clusters.iter().flat_map(|c| c.nodes.iter()).flat_map(|node| node.devices.iter()) {
        server.done("GET", &format!("/devices/{}/resync", device.id), &json!({}));
    }
}

fn grown(server: &Server, volume: &VolumeInfo) {
    let (done, text) = server.mortar(&["volume", "expand", "--expand-size=1", &volume.id]);
    assert!(done, "{text}");
    assert_eq!(server.by_name(&volume.name).size, volume.size + 1);
}

fn cloned(server: &Server, volume: &VolumeInfo) -> VolumeInfo {
    let name = format!("copy-of-{}", &volume.name[..3]);
    let (done, text) = server.mortar(&["volume", "clone", &volume.id, &format!("--name={name}")]);
    assert!(done, "{text}");
    server.by_name(&name)
}

#[test]
#[ignore = "needs the lab: make test-all"]
fn an_array_of_heketis_goes_on_with_its_own_database() {
    peers::reset();
    let heketis = Heketis(serde_json::from_str(EXPORT).expect("heketi's export"));
    heketis.build();
    let mut server = Server::new();
    server.call_hosts(&[("gluster1", ADDRESSES[0]), ("gluster2", ADDRESSES[1]), ("gluster3", ADDRESSES[2])]);
    server.put_heketis_database(include_bytes!("../databases/clean.db.gz"));
    server.start_again(&Value::Null);

    // Everything is there under its own id.
    let volumes = server.volumes();
    let ids: Vec<&str> = volumes.iter().map(|volume| volume.id.as_str()).collect();
    let known: Vec<&String> = heketis.0["volumeentries"].as_object().expect("volumes").keys().collect();
    assert_eq!(ids, known);
    let topology = server.client().topology().expect("the topology");
    for node in topology.clusters.iter().flat_map(|cluster| cluster.nodes.iter()) {
        server.set_state(&format!("/nodes/{}", node.id), "online");
        for device in &node.devices {
            server.set_state(&format!("/devices/{}", device.id), "online");
        }
    }
    resync_all(&server);

    let named = server.by_name("named");
    let client = Mounted::new(&format!("{}:named", ADDRESSES[0]));
    client.write("letter", "of the time of heketi\n");
    for name in ["named", "large", "arb"] {
        grown(&server, &server.by_name(name));
    }
    let copy = cloned(&server, &named);
    cloned(&server, &server.by_name("large"));
    let reader = Mounted::new(&format!("{}:{}", ADDRESSES[0], copy.name));
    assert_eq!(reader.read("letter"), "of the time of heketi\n");
    reader.unmount();
    assert_eq!(client.read("letter"), "of the time of heketi\n");
    client.unmount();

    // All but the volume with heketi's block volumes, which only gluster-block could delete.
    for volume in server.volumes().iter().filter(|volume| !volume.block) {
        server.delete(volume);
    }
    let left = server.volumes();
    assert!(left.len() == 1 && left[0].block, "{left:?}");
    // What heketi's pools left of LVM's spare for their metadata is free again with the last of them.
    resync_all(&server);
    for peer in 1..=ADDRESSES.len() {
        assert_eq!(bricks_on(peer), 1, "of the hosting volume, on peer {peer}");
        let table = on(
            peer,
            "grep -c /var/lib/heketi/mounts /etc/fstab; grep -c /var/lib/heketi/mounts /proc/mounts",
        );
        assert_eq!(table.split_whitespace().collect::<Vec<_>>(), ["1", "1"], "peer {peer}");
    }
    let report = server.get("/internal/state/examine/gluster")["report"].clone();
    let about_blocks = |line: &&str| line.contains("gluster-block") || line.contains("block volume");
    let lines: Vec<&str> = report.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let wrong: Vec<&&str> = lines
        .iter()
        .filter(|line| !line.starts_with("OnDemand ") && !line.starts_with("heketi volume list matches"))
        .filter(|line| !about_blocks(line))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
