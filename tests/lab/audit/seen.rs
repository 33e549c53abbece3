//! What an administrator sees on a peer, asked for at once: each question of its own costs an emulated peer a second.

use serde_json::Value;

use crate::peers::on;

/// What belongs to volumes in general: the answers of LVM and of the files.
const LOOK: &str = "\
echo ==mounts; cat /proc/mounts; echo ==fstab; cat /etc/fstab; \
echo ==directories; find /var/lib/heketi/mounts -mindepth 2 -maxdepth 2 || true; \
echo ==lvs; lvm lvs --reportformat json -o vg_name,lv_name,pool_lv; \
echo ==vgs; lvm vgs --reportformat json --units b --nosuffix -o vg_name,vg_free; \
echo ==pvs; lvm pvs --reportformat json -o pv_name,vg_name; \
echo ==pool; gluster pool list || true";

/// What one peer of the pool says for all of them. A busy glusterd refuses, and is asked again.
const VOLUMES: &str = "\
echo ==info; gluster volume info || true; echo ==status; gluster volume status all detail || true; \
echo ==snapshots; gluster snapshot list || echo nobody knows";

/// Where bricks are mounted that this server makes.
const BRICKS: &str = "/var/lib/heketi/mounts/";

/// The answers of a peer, and the groups on it that are somebody else's although they are named as ours.
pub struct Seen {
    text: String,
    foreign_groups: Vec<String>,
}

/// A gluster volume as the pool shows it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Volume {
    pub name: String,
    pub status: String,
    /// `host:path`.
    pub bricks: Vec<String>,
}

impl Seen {
    /// Asks a peer, by its number from 1.
    pub fn of(peer: usize, foreign_groups: &[&str]) -> Seen {
        let foreign_groups = foreign_groups.iter().map(|&group| group.to_owned()).collect();
        Seen { text: on(peer, LOOK), foreign_groups }
    }

    fn is_ours(&self, group: &str) -> bool {
        let is_named_so = group.strip_prefix("vg_").is_some_and(|id| id.len() == 32);
        is_named_so && self.foreign_groups.iter().all(|foreign| foreign != group)
    }

    fn part(&self, name: &str) -> &str {
        part(&self.text, name)
    }

    /// Devices and mount points of bricks.
    pub fn mounts(&self) -> Vec<String> {
        pairs_below(self.part("mounts"), BRICKS)
    }

    /// The same of what gluster mounts: the bricks of clones.
    pub fn mounts_of_clones(&self) -> Vec<String> {
        pairs_below(self.part("mounts"), "/run/gluster/snaps/")
    }

    /// The same as [`Seen::mounts`] of the file system table.
    pub fn fstab(&self) -> Vec<String> {
        pairs_below(self.part("fstab"), BRICKS)
    }

    /// Directories that bricks are mounted in.
    pub fn directories(&self) -> Vec<String> {
        sorted(self.part("directories").lines().map(str::to_owned))
    }

    /// `group/volume`, and `in pool` where it is in one, of groups that are ours.
    pub fn logical_volumes(&self) -> Vec<String> {
        let rows = rows(self.part("lvs"), "lv");
        let ours = rows.iter().filter(|row| self.is_ours(text(row, "vg_name")));
        sorted(ours.map(|row| {
            let name = format!("{}/{}", text(row, "vg_name"), text(row, "lv_name"));
            match text(row, "pool_lv") {
                "" => name,
                pool => format!("{name} in {pool}"),
            }
        }))
    }

    /// Groups that are ours, with what is free in KiB.
    pub fn groups(&self) -> Vec<String> {
        let rows = rows(self.part("vgs"), "vg");
        let ours = rows.iter().filter(|row| self.is_ours(text(row, "vg_name")));
        sorted(ours.map(|row| {
            let free = text(row, "vg_free").parse::<u64>().expect("a size") / 1024;
            format!("{} with {free} KiB free", text(row, "vg_name"))
        }))
    }

    /// Physical volumes that are ours or nobody's, with their group.
    pub fn physical_volumes(&self) -> Vec<String> {
        let rows = rows(self.part("pvs"), "pv");
        let ours =
            rows.iter().filter(|row| text(row, "vg_name").is_empty() || self.is_ours(text(row, "vg_name")));
        sorted(ours.map(|row| format!("{} in {}", text(row, "pv_name"), text(row, "vg_name"))))
    }

    /// The peers that it is connected to, as they are called, without itself.
    pub fn connected(&self) -> Vec<String> {
        let lines = self.part("pool").lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let others =
            lines.filter(|words| words.len() == 3 && words[2] == "Connected" && words[1] != "localhost");
        sorted(others.map(|words| words[1].to_owned()))
    }
}

/// What gluster has.
pub struct Pool {
    pub volumes: Vec<Volume>,
    /// The bricks that are online, `host:path`.
    pub online: Vec<String>,
    pub snapshots: Vec<String>,
}

/// Asks a peer of the pool.
pub fn pool() -> Pool {
    let text = on(1, VOLUMES);
    let mut found: Vec<Volume> = Vec::new();
    for line in part(&text, "info").lines() {
        let Some((key, value)) = line.split_once(": ") else { continue };
        if key == "Volume Name" {
            found.push(Volume { name: value.trim().to_owned(), ..Volume::default() });
        }
        let Some(volume) = found.last_mut() else { continue };
        if key == "Status" {
            value.trim().clone_into(&mut volume.status);
        } else if key.strip_prefix("Brick").is_some_and(|number| number.parse::<u32>().is_ok()) {
            volume.bricks.push(value.trim().trim_end_matches(" (arbiter)").to_owned());
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    let snapshots = part(&text, "snapshots").lines().filter(|line| *line != "No snapshots present");
    let snapshots = sorted(snapshots.map(str::to_owned));
    Pool { volumes: found, online: online(part(&text, "status")), snapshots }
}

fn online(status: &str) -> Vec<String> {
    let mut brick = String::new();
    let mut found = Vec::new();
    for line in status.lines() {
        let Some((key, value)) = line.split_once(':') else { continue };
        match (key.trim(), value.trim()) {
            ("Brick", place) => place.trim_start_matches("Brick ").clone_into(&mut brick),
            ("Online", "Y") => found.push(brick.clone()),
            _ => {}
        }
    }
    sorted(found)
}

/// The lines between the question's own and that of the next one; there may be none.
fn part<'a>(text: &'a str, name: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("=={name}\n")).expect("an answer to each question");
    let end = if rest.starts_with("==") { Some(0) } else { rest.find("\n==") };
    &rest[..end.unwrap_or(rest.len())]
}

/// The first two words of the lines that mount something below a directory.
fn pairs_below(table: &str, directory: &str) -> Vec<String> {
    let lines = table.lines().filter(|line| !line.trim_start().starts_with('#'));
    let words = lines.filter_map(|line| {
        let mut words = line.split_whitespace();
        Some((words.next()?, words.next()?))
    });
    let bricks = words.filter(|(_, point)| point.starts_with(directory));
    sorted(bricks.map(|(device, point)| format!("{device} on {point}")))
}

fn rows(report: &str, kind: &str) -> Vec<Value> {
    let report: Value = serde_json::from_str(report).expect("a report");
    report["report"][0][kind].as_array().cloned().unwrap_or_default()
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_default()
}

/// Not a set: what is there twice shows.
pub fn sorted(all: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = all.into_iter().collect();
    all.sort();
    all
}
