//! The audit: what the API says, what gluster says and what is on the peers is the same, and nothing is left over.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::peers::{ADDRESSES, on};
use crate::server::{Server, wait_until};

/// How long the background may take to clean up.
const CLEAN_WITHIN: Duration = Duration::from_secs(180);

/// Panics unless the audit becomes clean; `others` are volumes that were there before.
pub fn is_clean(server: &Server, others: &[&str]) {
    let begun = std::time::Instant::now();
    loop {
        let last = findings(server, others);
        if last.is_empty() {
            eprintln!("the audit is clean after {} s", begun.elapsed().as_secs());
            return;
        }
        assert!(begun.elapsed() < CLEAN_WITHIN, "the audit found:\n{}", last.join("\n"));
        std::thread::sleep(Duration::from_secs(1));
    }
}

fn findings(server: &Server, others: &[&str]) -> Vec<String> {
    let topology = server.client().topology().expect("the topology");
    let dump = server.get("/db/dump");
    let mut found = Vec::new();
    let mut wanted_volumes: BTreeSet<String> = others.iter().map(|name| (*name).to_owned()).collect();
    for cluster in &topology.clusters {
        wanted_volumes.extend(cluster.volumes.iter().map(|volume| volume.name.clone()));
        for node in &cluster.nodes {
            let address = &node.hostnames.manage[0];
            let peer = 1 + ADDRESSES.iter().position(|known| known == address).expect("a peer of the lab");
            let all = || node.devices.iter().flat_map(|device| device.bricks.iter());
            let (clones, bricks): (Vec<_>, Vec<_>) = all().partition(|brick| is_of_clone(&brick.path));
            let bricks: BTreeSet<String> = bricks.iter().map(|brick| brick.id.clone()).collect();
            let volumes = all().flat_map(|brick| parts(&dump, &brick.id)).collect();
            compare(&mut found, address, "volumes in LVM", &volumes, &logical_volumes(peer));
            let points: BTreeSet<String> =
                clones.iter().map(|brick| brick.path.replace("/var/run/", "/run/")).collect();
            compare(&mut found, address, "mounts of clones", &points, &mounted_clones(peer));
            compare(&mut found, address, "mounts", &bricks, &mentioned(&on(peer, "cat /proc/mounts")));
            compare(&mut found, address, "fstab", &bricks, &mentioned(&on(peer, "cat /etc/fstab")));
            let directories = on(peer, "find /var/lib/heketi/mounts -mindepth 2 -maxdepth 2 || true");
            compare(&mut found, address, "directories", &bricks, &mentioned(&directories));
            let groups: BTreeSet<String> = node.devices.iter().map(|device| device.id.clone()).collect();
            compare(&mut found, address, "volume groups", &groups, &volume_groups(peer));
            for device in &node.devices {
                let free = free_kib(peer, &device.id);
                if free != Some(device.storage.free) {
                    found.push(format!(
                        "{address} {}: {free:?} KiB free, accounted {}",
                        device.name, device.storage.free
                    ));
                }
            }
        }
    }
    let volumes: BTreeSet<String> =
        on(1, "ls /var/lib/glusterd/vols").split_whitespace().map(str::to_owned).collect();
    compare(&mut found, "the pool", "volumes", &wanted_volumes, &volumes);
    let snapshots = on(1, "gluster snapshot list");
    if !snapshots.contains("No snapshots present") {
        found.push(format!("the pool has snapshots: {snapshots}"));
    }
    let pool = on(1, "gluster pool list | grep -c Connected");
    let nodes: usize = topology.clusters.iter().map(|cluster| cluster.nodes.len()).sum();
    if pool.trim() != nodes.to_string() {
        found.push(format!("the pool has {} connected peers and should have {nodes}", pool.trim()));
    }
    found
}

fn compare(
    found: &mut Vec<String>,
    place: &str,
    what: &str,
    wanted: &BTreeSet<String>,
    there: &BTreeSet<String>,
) {
    if wanted != there {
        found.push(format!("{place}: {what} should be {wanted:?} and are {there:?}"));
    }
}

/// The bricks that a text names, whatever stands around them.
fn mentioned(text: &str) -> BTreeSet<String> {
    let ids = text.split("brick_").skip(1).filter_map(|rest| rest.get(..32));
    ids.map(str::to_owned).collect()
}

/// Whether gluster has made a brick, of a snapshot.
fn is_of_clone(path: &str) -> bool {
    path.starts_with("/run/gluster/snaps/") || path.starts_with("/var/run/gluster/snaps/")
}

/// The logical volume of a brick and its thin pool, which clones share with what they are copies of.
fn parts(dump: &Value, brick: &str) -> [String; 2] {
    let entry = &dump["brickentries"][brick];
    let text = |field: &str| entry[field].as_str().expect("a name").to_owned();
    let volume = Some(text("LvmLv")).filter(|name| !name.is_empty());
    [volume.unwrap_or_else(|| format!("brick_{brick}")), text("LvmThinPool")]
}

/// The brick directories of clones, and what else is mounted where they are.
fn mounted_clones(peer: usize) -> BTreeSet<String> {
    let points = on(peer, "awk '$2 ~ \"^/run/gluster/snaps/\" {print $2}' /proc/mounts");
    points.lines().map(|point| format!("{point}/brick")).collect()
}

fn logical_volumes(peer: usize) -> BTreeSet<String> {
    let report: Value = serde_json::from_str(&on(peer, "lvm lvs --reportformat json")).expect("a report");
    let rows = report["report"][0]["lv"].as_array().expect("rows").clone();
    let ours = rows.iter().filter(|row| row["vg_name"].as_str().is_some_and(|name| name.starts_with("vg_")));
    ours.map(|row| row["lv_name"].as_str().expect("a name").to_owned()).collect()
}

/// The ids of the devices that have a group on a peer, by the names of groups that are ours.
fn volume_groups(peer: usize) -> BTreeSet<String> {
    let names = on(peer, "lvm vgs --noheadings -o vg_name");
    let ids = names.split_whitespace().filter_map(|name| name.strip_prefix("vg_"));
    ids.filter(|id| id.len() == 32).map(str::to_owned).collect()
}

fn free_kib(peer: usize, device: &str) -> Option<u64> {
    let line = format!("lvm vgs --reportformat json --units b --nosuffix -o vg_free vg_{device}");
    let report: Value = serde_json::from_str(&on(peer, &line)).ok()?;
    report["report"][0]["vg"][0]["vg_free"].as_str()?.parse::<u64>().ok().map(|bytes| bytes / 1024)
}

/// Waits until a condition on a peer holds.
pub fn wait_on(peer: usize, what: &str, line: &str, text: &str) {
    wait_until(CLEAN_WITHIN, what, || on(peer, line).contains(text));
}
