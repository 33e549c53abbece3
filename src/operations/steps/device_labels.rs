//! Which disk is which. A device is the physical volume that has its UUID or is in its group; a path is a label, and may
//! be another disk's after a restart of the peer.

use super::{Result, StepError, StepRunner};
use crate::executor::lvm::{self, PhysicalVolume};
use crate::executor::{RemoteError, system};
use crate::model::device::{DeviceLabel, KnownDevice, volume_group};
use crate::model::host::Host;
use crate::model::ids::DeviceId;
use crate::model::step::DevicePlan;

/// What a peer says of the disks of its devices.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FoundDisks {
    /// The paths of those that have moved.
    pub labels: Vec<DeviceLabel>,
    /// The device whose path was doubted, where another disk has that path and its own is not there.
    pub displaced: Option<DeviceId>,
}

impl StepRunner {
    /// Looks which disks of a node's devices have moved, by one `pvs` and a look at each of those. `doubted`: a path
    /// that somebody says is a new disk's.
    ///
    /// # Errors
    /// When the peer does not answer.
    pub async fn find_disks(
        &self,
        host: &Host,
        known: &[KnownDevice],
        doubted: Option<&str>,
    ) -> Result<FoundDisks> {
        let volumes = self.physical_volumes(host).await?;
        let labels = self.moved(host, known, &volumes).await?;
        let claims = |device: &&KnownDevice| Some(device.name.as_str()) == doubted;
        let displaced = match known.iter().find(claims) {
            Some(device) if volume_of(&volumes, device).is_none() => {
                self.is_disk(host, &device.name).await?.then_some(device.device)
            }
            _ => None,
        };
        Ok(FoundDisks { labels, displaced })
    }

    /// All physical volumes of a peer whose disks are there.
    pub(super) async fn physical_volumes(&self, host: &Host) -> Result<Vec<PhysicalVolume>> {
        self.volumes_by(host, &lvm::pvs(&self.settings, None)).await
    }

    /// The same by a command that lists them.
    pub(super) async fn volumes_by(
        &self,
        host: &Host,
        command: &crate::executor::Command,
    ) -> Result<Vec<PhysicalVolume>> {
        let mut volumes = self.read(host, command, lvm::parse_pvs).await?;
        // LVM shows a disk that is missing in a group of several as `[unknown]`.
        volumes.retain(|volume| volume.pv_name.starts_with('/'));
        Ok(volumes)
    }

    /// The physical volume of a device, by whatever path.
    pub(super) async fn own_volume(&self, plan: &DevicePlan) -> Result<Option<PhysicalVolume>> {
        let volumes = self.physical_volumes(&plan.peer.host).await?;
        Ok(volumes.into_iter().find(|volume| is_of(volume, plan.device, plan.pv_uuid.as_deref())))
    }

    /// Looks that the disk of a device is there; its paths, and those of disks of its node that have moved.
    pub(super) async fn find_device(&self, plan: &DevicePlan) -> Result<Vec<DeviceLabel>> {
        let host = &plan.peer.host;
        let volumes = self.physical_volumes(host).await?;
        let is_own = |volume: &&PhysicalVolume| is_of(volume, plan.device, plan.pv_uuid.as_deref());
        let own = volumes.iter().find(is_own).ok_or_else(|| disk_away(plan))?;
        self.labels(plan, own, &volumes).await
    }

    /// The label of a plan's device, then those of other devices of its node that have moved.
    pub(super) async fn labels(
        &self,
        plan: &DevicePlan,
        own: &PhysicalVolume,
        volumes: &[PhysicalVolume],
    ) -> Result<Vec<DeviceLabel>> {
        // heketi's mock knows neither UUIDs nor paths.
        if own.pv_uuid.is_empty() {
            return Ok(Vec::new());
        }
        let others: Vec<KnownDevice> =
            plan.known.iter().filter(|known| known.device != plan.device).cloned().collect();
        let mut labels = vec![self.label(&plan.peer.host, plan.device, own).await?];
        labels.extend(self.moved(&plan.peer.host, &others, volumes).await?);
        Ok(labels)
    }

    /// The labels of devices that LVM shows by a path that is not among those known, or whose name is none of theirs.
    async fn moved(
        &self,
        host: &Host,
        known: &[KnownDevice],
        volumes: &[PhysicalVolume],
    ) -> Result<Vec<DeviceLabel>> {
        let mut labels = Vec::new();
        for device in known {
            if let Some(volume) = volume_of(volumes, device)
                && !volume.pv_uuid.is_empty()
                && !(device.paths.contains(&volume.pv_name) && device.paths.contains(&device.name))
            {
                labels.push(self.label(host, device.device, volume).await?);
            }
        }
        Ok(labels)
    }

    async fn label(&self, host: &Host, device: DeviceId, volume: &PhysicalVolume) -> Result<DeviceLabel> {
        let paths = self.paths(host, &volume.pv_name).await?;
        Ok(DeviceLabel { device, path: volume.pv_name.clone(), paths })
    }

    /// All paths of a disk, without those that LVM makes from the UUID. Without udev, the one it is asked by.
    pub(super) async fn paths(&self, host: &Host, path: &str) -> Result<Vec<String>> {
        let links = match self.run(host, &system::udev_links(&self.settings, path)).await {
            Ok(output) => output.stdout,
            Err(RemoteError::Exited { .. }) => String::new(),
            Err(error) => return Err(error.into()),
        };
        let links = links.split_whitespace().map(|link| format!("/dev/{link}"));
        let mut paths: Vec<String> =
            links.filter(|path| !path.starts_with("/dev/disk/by-id/lvm-pv-uuid-")).collect();
        if !paths.iter().any(|known| known == path) {
            paths.push(path.to_owned());
        }
        Ok(paths)
    }

    /// Whether there is a disk at a path.
    async fn is_disk(&self, host: &Host, path: &str) -> Result<bool> {
        match self.run(host, &system::lsblk(path)).await {
            Ok(_) => Ok(true),
            Err(RemoteError::Exited { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

fn volume_of<'v>(volumes: &'v [PhysicalVolume], device: &KnownDevice) -> Option<&'v PhysicalVolume> {
    volumes.iter().find(|volume| is_of(volume, device.device, device.pv_uuid.as_deref()))
}

/// Whether a physical volume is that of a device: it is in its group, or has its UUID and is in none yet or no more.
pub(super) fn is_of(volume: &PhysicalVolume, device: DeviceId, pv_uuid: Option<&str>) -> bool {
    volume.vg_name == volume_group(device)
        || (volume.vg_name.is_empty() && pv_uuid == Some(volume.pv_uuid.as_str()))
}

/// The disk of a device is not there, or nobody can tell that it is.
pub(super) fn disk_away(plan: &DevicePlan) -> StepError {
    let (path, host, device) = (&plan.path, &plan.peer.host, plan.device);
    let group = volume_group(device);
    let uuid = plan.pv_uuid.as_ref().unwrap_or(&group);
    StepError::Refused {
        text: format!(
            "Failed to delete device {path} with id {device} on host {host}: Failed to find physical volume \"{uuid}\""
        ),
        explanation: format!(
            "the disk of device {device}, {path} when it was last seen, is not there on {host}, and what is on it would come back with it; whatever disk has that path now was left alone. Bring the disk back, or delete the device with `--force-forget` if it is gone for good"
        ),
    }
}
