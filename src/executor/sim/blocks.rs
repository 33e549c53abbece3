//! Block devices of a peer: disks, and logical volumes under their device nodes.

use super::Flavour;
use super::objects::{Content, Disk, FileSystem, Group};
use super::state::Record;
use super::world::Peer;

/// KiB in a GiB.
const GIB: u64 = 1_048_576;

/// The size of a disk that nobody has described, in GiB.
const USUAL_GIB: u64 = 500;

/// The variable that changes it for the mock. Source: heketi.
const SIZE_VARIABLE: &str = "HEKETI_MOCK_DEVICE_SIZE_GB";

const BY_UUID: &str = "/dev/disk/by-id/lvm-pv-uuid-";

/// A block device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A disk by its path.
    Disk(Box<str>),
    /// A logical volume by group and name.
    Volume(Box<str>, Box<str>),
}

/// The device node of a logical volume. A dash within a name is doubled there.
pub fn node(group: &str, volume: &str) -> String {
    let doubled = |name: &str| name.replace('-', "--");
    format!("/dev/mapper/{}-{}", doubled(group), doubled(volume))
}

fn split_node(path: &str) -> Option<(String, String)> {
    let name = path.strip_prefix("/dev/mapper/")?;
    let bytes = name.as_bytes();
    let single = |at: usize| {
        bytes[at] == b'-'
            && at > 0
            && bytes[at - 1] != b'-'
            && bytes.get(at + 1).is_some_and(|next| *next != b'-')
    };
    let at = (0..bytes.len()).find(|at| single(*at))?;
    Some((name[..at].replace("--", "-"), name[at + 1..].replace("--", "-")))
}

/// A link that udev makes to a disk, below `/dev`.
fn link_by_path(path: &str) -> String {
    let name = path.trim_start_matches("/dev/").replace('/', "-");
    format!("disk/by-path/virtio-pci-{name}")
}

impl Peer<'_> {
    /// The block device of that path, if there is one.
    pub fn block(&self, path: &str) -> Option<Block> {
        if path.starts_with("/dev/mapper/") {
            let (group, volume) = split_node(path)?;
            return self.volume_block(&group, &volume);
        }
        if let Some(uuid) = path.strip_prefix(BY_UUID) {
            return self.disk_of_uuid(uuid).map(Block::Disk);
        }
        let below = path.strip_prefix("/dev/").unwrap_or(path);
        if let Some((group, volume)) = below.split_once('/')
            && self.host().groups.contains_key(group)
        {
            return self.volume_block(group, volume);
        }
        let disk = self.disk_path(path)?;
        if self.disk(&disk).pulled { None } else { Some(Block::Disk(disk)) }
    }

    fn volume_block(&self, group: &str, volume: &str) -> Option<Block> {
        self.group(group)?.volumes.get(volume)?;
        Some(Block::Volume(group.into(), volume.into()))
    }

    fn disk_of_uuid(&self, wanted: &str) -> Option<Box<str>> {
        let is_it = |disk: &Disk| match &disk.content {
            Content::PhysicalVolume { uuid, .. } => uuid == wanted && !disk.pulled,
            _ => false,
        };
        self.host().disks.iter().find(|(_, disk)| is_it(disk)).map(|(path, _)| path.clone())
    }

    /// The disk of that path or link. In the mock every path is a disk, as in heketi's.
    fn disk_path(&self, path: &str) -> Option<Box<str>> {
        if self.host().disks.contains_key(path) {
            return Some(path.into());
        }
        let link = path.strip_prefix("/dev/").filter(|below| below.starts_with("disk/by-path/"));
        if let Some(link) = link
            && let Some(found) = self.host().disks.keys().find(|disk| link_by_path(disk) == link)
        {
            return Some(found.clone());
        }
        let is_device = path.strip_prefix("/dev/").is_some_and(|name| !name.is_empty());
        let any = self.world.flavour == Flavour::Mock && path.starts_with('/');
        if is_device || any { Some(path.into()) } else { None }
    }

    /// A disk; blank where nobody has described it.
    pub fn disk(&self, path: &str) -> Disk {
        let blank = || Disk { size_kib: self.usual_size(), content: Content::Blank, pulled: false };
        self.host().disks.get(path).cloned().unwrap_or_else(blank)
    }

    fn usual_size(&self) -> u64 {
        let set = std::env::var(SIZE_VARIABLE).ok().and_then(|text| text.trim().parse::<u64>().ok());
        match self.world.flavour {
            Flavour::Mock => set.filter(|size| *size > 0).unwrap_or(USUAL_GIB).saturating_mul(GIB),
            Flavour::Strict => USUAL_GIB * GIB,
        }
    }

    /// A volume group whose disk is there.
    pub fn group(&self, name: &str) -> Option<&Group> {
        let group = self.host().groups.get(name)?;
        let pulled = self.host().disks.get(&group.head.disk).is_some_and(|disk| disk.pulled);
        if pulled { None } else { Some(group) }
    }

    /// The file system on a block device.
    pub fn file_system(&self, block: &Block) -> Option<&FileSystem> {
        match block {
            Block::Disk(path) => match &self.host().disks.get(path)?.content {
                Content::FileSystem(fs) => Some(fs),
                _ => None,
            },
            Block::Volume(group, volume) => self.group(group)?.volumes.get(volume)?.fs.as_deref(),
        }
    }

    /// Puts a file system on a block device, or changes it.
    pub fn set_file_system(&mut self, block: &Block, fs: FileSystem) {
        match block {
            Block::Disk(path) => {
                let disk = Disk { content: Content::FileSystem(fs), ..self.disk(path) };
                self.set(Record::Disk(self.at, path.clone(), Some(disk)));
            }
            Block::Volume(group, name) => {
                let Some(found) = self.group(group).and_then(|group| group.volumes.get(name)) else { return };
                let volume = super::objects::LogicalVolume { fs: Some(Box::new(fs)), ..found.clone() };
                self.set(Record::Volume(self.at, group.clone(), name.clone(), Some(volume)));
            }
        }
    }

    /// The size of a block device in KiB.
    pub fn size_of(&self, block: &Block) -> u64 {
        match block {
            Block::Disk(path) => self.disk(path).size_kib,
            Block::Volume(group, volume) => self
                .group(group)
                .and_then(|group| group.volumes.get(volume))
                .map_or(0, |volume| volume.size_kib),
        }
    }

    /// The links that udev has made to a disk, below `/dev`.
    pub fn links(&self, path: &str) -> Vec<String> {
        let mut links = vec![link_by_path(path)];
        if let Content::PhysicalVolume { uuid, .. } = self.disk(path).content {
            links.push(format!("disk/by-id/lvm-pv-uuid-{uuid}"));
        }
        links
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_nodes_double_the_dashes_of_names() {
        let check = |group: &str, volume: &str, path: &str| {
            assert_eq!(node(group, volume), path);
            assert_eq!(split_node(path), Some((group.to_owned(), volume.to_owned())));
        };
        check("vg_a", "brick_b", "/dev/mapper/vg_a-brick_b");
        check("debian-vg", "swap-1", "/dev/mapper/debian--vg-swap--1");
        assert_eq!(split_node("/dev/mapper/control"), None);
    }
}
