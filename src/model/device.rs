//! Devices: disks of nodes, each one a volume group.

use serde::{Deserialize, Serialize};

use super::ids::{DeviceId, NodeId};
use super::node::Tags;
use super::sizes::KiB;
use super::state::{EntryState, Phase};

/// The space of a device, in whole extents. `free + used == total` always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Storage {
    /// What the volume group has.
    pub total: KiB,
    /// What no brick has taken.
    pub free: KiB,
    /// What bricks have taken.
    pub used: KiB,
}

/// A disk of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its id; the volume group is `vg_` and this.
    pub id: DeviceId,
    /// The node it is in.
    pub node: NodeId,
    /// The path it was added by, such as `/dev/vdd`, as long as it is one. A label that follows the disk: the identity is
    /// `pv_uuid`.
    pub name: String,
    /// Labels.
    pub tags: Tags,
    /// Whether it takes new bricks.
    pub state: EntryState,
    /// Where it is in its life.
    pub phase: Phase,
    /// Its space.
    pub storage: Storage,
    /// The extent of its volume group.
    pub extent: KiB,
    /// The UUID of its physical volume; none in what heketi's mock executor left.
    pub pv_uuid: Option<String>,
    /// Further paths of the same disk.
    pub paths: Vec<String>,
    /// Bricks on it, pending ones included.
    pub brick_count: u32,
}

impl Device {
    /// A name that is right wherever its disk is: the link that udev makes from the UUID, or the folder of its group.
    pub fn lasting_name(&self) -> String {
        match &self.pv_uuid {
            Some(uuid) => format!("/dev/disk/by-id/lvm-pv-uuid-{uuid}"),
            None => format!("/dev/{}", volume_group(self.id)),
        }
    }
}

/// A device as its disk is recognised among those of a peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownDevice {
    /// Its id, which names its volume group.
    pub device: DeviceId,
    /// The UUID of its physical volume.
    pub pv_uuid: Option<String>,
    /// The path it is shown by; it may be another disk's by now.
    pub name: String,
    /// The paths that its disk had when that was asked last.
    pub paths: Vec<String>,
}

impl From<Device> for KnownDevice {
    fn from(device: Device) -> KnownDevice {
        let Device { id, pv_uuid, name, paths, .. } = device;
        KnownDevice { device: id, pv_uuid, name, paths }
    }
}

/// By which paths the disk of a device can be reached now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceLabel {
    /// The device.
    pub device: DeviceId,
    /// What LVM calls its disk.
    pub path: String,
    /// All paths of its disk.
    pub paths: Vec<String>,
}

/// The name of a device's volume group.
pub fn volume_group(device: DeviceId) -> String {
    format!("vg_{device}")
}
