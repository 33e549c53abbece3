//! Devices: a physical volume and a volume group on a disk.

use super::device_look::{Disk, Leftover};
use super::{Result, StepError, StepRunner};
use crate::executor::lvm::PhysicalVolume;
use crate::executor::{LockName, RemoteError, filesystem, lvm, system};
use crate::model::brick::MOUNTS;
use crate::model::device::volume_group;
use crate::model::step::{DeviceFacts, DevicePlan};

fn lock(plan: &DevicePlan) -> LockName {
    LockName::new("device", plan.device)
}

/// Whether LVM says that the disk or the group is what it is to become already.
fn is_there(stderr: &str) -> bool {
    stderr.contains("already exists")
        || stderr.contains("already in volume group")
        || stderr.contains("without -ff")
}

impl StepRunner {
    pub(super) async fn prepare_device(&self, plan: &DevicePlan) -> Result<DeviceFacts> {
        match self.look_at_disk(plan).await.map_err(StepError::of_first_command)? {
            Disk::Ours => {}
            Disk::OurPhysicalVolume => self.make_group(plan).await?,
            Disk::Blank => self.make_physical_volume(plan).await?,
            Disk::Erasable(leftover) => {
                self.erase(plan, &leftover).await?;
                self.make_physical_volume(plan).await?;
            }
        }
        self.repeat(&plan.peer.host, &system::sync(&[&plan.path], lock(plan))).await?;
        self.end_table_with_newline(plan).await?;
        self.facts(plan).await
    }

    async fn erase(&self, plan: &DevicePlan, leftover: &Leftover) -> Result<()> {
        let host = &plan.peer.host;
        if let Leftover::PhysicalVolume(found) = leftover {
            if !found.vg_name.is_empty() {
                self.remove_if_there(plan, &lvm::vgremove(&self.settings, &found.vg_name, lock(plan)))
                    .await?;
            }
            self.remove_if_there(plan, &lvm::pvremove(&self.settings, &plan.path, lock(plan))).await?;
        }
        self.repeat(host, &system::wipe(&plan.path, lock(plan))).await.map(drop)
    }

    async fn make_physical_volume(&self, plan: &DevicePlan) -> Result<()> {
        let make = lvm::pvcreate(&self.settings, &plan.path, plan.pv_uuid.as_deref(), lock(plan));
        match self.ensure(&plan.peer.host, &make, is_there, || self.is_own_physical_volume(plan)).await {
            Ok(_) => self.make_group(plan).await,
            Err(error) => Err(initializing(plan, error)),
        }
    }

    async fn is_own_physical_volume(&self, plan: &DevicePlan) -> Result<bool> {
        let found = self.physical_volume(plan, &plan.path).await?;
        Ok(found.is_some_and(|found| plan.pv_uuid.as_deref() == Some(found.pv_uuid.as_str())))
    }

    /// Whether the volume group of a device is there.
    pub(in crate::operations) async fn has_own_group(&self, plan: &DevicePlan) -> Result<bool> {
        Ok(self.group(plan, &volume_group(plan.device)).await?.is_some())
    }

    async fn make_group(&self, plan: &DevicePlan) -> Result<()> {
        let group = volume_group(plan.device);
        let make = lvm::vgcreate(&self.settings, &group, &plan.path, lock(plan));
        let made = self.ensure(&plan.peer.host, &make, is_there, || self.has_own_group(plan)).await;
        made.map(drop).map_err(|error| initializing(plan, error))
    }

    /// Lines are only ever appended to the file system table: its last one must have an end.
    async fn end_table_with_newline(&self, plan: &DevicePlan) -> Result<()> {
        let end = match self.run(&plan.peer.host, &filesystem::table_end(&self.settings)).await {
            Ok(output) => output.stdout,
            // There is no table yet: the first line makes it.
            Err(RemoteError::Exited { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        if end.is_empty() || end == "\n" {
            return Ok(());
        }
        self.repeat(&plan.peer.host, &filesystem::table_append(&self.settings, "\n")).await.map(drop)
    }

    /// Reads the size of a group as it is now, and by which paths its disk can be reached.
    pub(super) async fn read_device(&self, plan: &DevicePlan) -> Result<DeviceFacts> {
        let name = volume_group(plan.device);
        let group = self.group(plan, &name).await?.ok_or_else(|| {
            let host = &plan.peer.host;
            let explanation = format!(
                "{host} has no volume group {name}: the disk of {} is away. Look at `lsblk`, `pvs` and `vgs` there",
                plan.path
            );
            StepError::Refused { text: format!("Volume group \"{name}\" not found"), explanation }
        })?;
        let (pv_uuid, paths) = (plan.pv_uuid.clone(), Vec::new());
        Ok(DeviceFacts { pv_uuid, paths, total: group.size, free: group.free, extent: group.extent })
    }

    async fn facts(&self, plan: &DevicePlan) -> Result<DeviceFacts> {
        let name = volume_group(plan.device);
        let volume = self.physical_volume(plan, &plan.path).await?;
        let group = self.group(plan, &name).await?;
        let (Some(volume), Some(group)) = (volume, group) else {
            let text = format!("{} vanished while it was prepared", plan.path);
            let explanation = format!(
                "{text}: {} has no volume group {name}. Look at `pvs` and `vgs` there",
                plan.peer.host
            );
            return Err(StepError::Refused { text, explanation });
        };
        let pv_uuid = Some(volume.pv_uuid).filter(|uuid| !uuid.is_empty());
        let paths = if pv_uuid.is_some() { self.paths(plan).await? } else { Vec::new() };
        Ok(DeviceFacts { pv_uuid, paths, total: group.size, free: group.free, extent: group.extent })
    }

    /// All paths of a disk, without those that LVM makes from the UUID. Without udev, the path it was added by.
    async fn paths(&self, plan: &DevicePlan) -> Result<Vec<String>> {
        let links = match self.run(&plan.peer.host, &system::udev_links(&self.settings, &plan.path)).await {
            Ok(output) => output.stdout,
            Err(RemoteError::Exited { .. }) => String::new(),
            Err(error) => return Err(error.into()),
        };
        let links = links.split_whitespace().map(|link| format!("/dev/{link}"));
        let mut paths: Vec<String> =
            links.filter(|path| !path.starts_with("/dev/disk/by-id/lvm-pv-uuid-")).collect();
        if !paths.contains(&plan.path) {
            paths.push(plan.path.clone());
        }
        Ok(paths)
    }

    /// Takes away what preparing made, and nothing else: the physical volume is known by its UUID.
    pub(super) async fn unprepare_device(&self, plan: &DevicePlan) -> Result<()> {
        // Behind the lock: a `pvcreate` that outlived us has ended by then. All are listed: the path may be another
        // disk's by now, and LVM may not want the disk of that path at all.
        let look = lvm::pvs(&self.settings, None).behind(lock(plan));
        let group = volume_group(plan.device);
        let ours = |found: &PhysicalVolume| {
            found.vg_name == group
                || (found.vg_name.is_empty() && plan.pv_uuid.as_deref() == Some(found.pv_uuid.as_str()))
        };
        let all = self.read(&plan.peer.host, &look, lvm::parse_pvs).await?;
        match all.into_iter().find(ours) {
            Some(found) => self.remove(plan, &found.pv_name).await,
            None => self.remove_mounts_directory(plan).await,
        }
    }

    /// Takes the volume group and the physical volume of a device away. The disk is found by its UUID: its path may
    /// have changed since.
    pub(super) async fn release_device(&self, plan: &DevicePlan) -> Result<()> {
        let host = &plan.peer.host;
        let path = match &plan.pv_uuid {
            None => plan.path.clone(),
            Some(uuid) => {
                let all = self.read(host, &lvm::pvs(&self.settings, None), lvm::parse_pvs).await?;
                match all.into_iter().find(|found| &found.pv_uuid == uuid) {
                    Some(found) => found.pv_name,
                    None => {
                        self.require_disk(plan).await?;
                        return self.remove_mounts_directory(plan).await;
                    }
                }
            }
        };
        self.remove(plan, &path).await.map_err(|error| deleting(plan, error))
    }

    /// A physical volume that is not listed is gone only where the disk is there: one that was pulled out comes back
    /// with all that is on it.
    async fn require_disk(&self, plan: &DevicePlan) -> Result<()> {
        match self.run(&plan.peer.host, &system::lsblk(&plan.path)).await {
            Ok(_) => Ok(()),
            Err(RemoteError::Exited { stderr, .. }) => Err(StepError::Refused {
                text: format!(
                    "Failed to delete device {} with id {} on host {}: {}",
                    plan.path,
                    plan.device,
                    plan.peer.host,
                    stderr.trim()
                ),
                explanation: format!(
                    "{} is not there on {}, and what is on it would come back with it. Bring the disk back, or delete the device with `--force-forget` if it is gone for good",
                    plan.path, plan.peer.host
                ),
            }),
            Err(error) => Err(error.into()),
        }
    }

    async fn remove(&self, plan: &DevicePlan, path: &str) -> Result<()> {
        let name = volume_group(plan.device);
        if let Some(group) = self.group(plan, &name).await?
            && group.lv_count > 0
        {
            let count = group.lv_count;
            return Err(StepError::Foreign {
                text: format!("Volume group \"{name}\" still contains {count} logical volume(s)"),
                explanation: format!(
                    "group {name} on {} holds {count} volumes that this server does not know; it was left alone. Remove them by hand (`lvs {name}`) if nobody needs them",
                    plan.peer.host
                ),
            });
        }
        self.remove_if_there(plan, &lvm::vgremove(&self.settings, &name, lock(plan))).await?;
        let rest = async {
            self.remove_if_there(plan, &lvm::pvremove(&self.settings, path, lock(plan))).await?;
            self.remove_mounts_directory(plan).await
        };
        // There is no way back: the device is no longer what it was.
        rest.await.map_err(|error| half_released(plan, &error))
    }

    async fn remove_if_there(&self, plan: &DevicePlan, command: &crate::executor::Command) -> Result<()> {
        match self.repeat(&plan.peer.host, command).await {
            Err(StepError::Remote(RemoteError::Exited { stderr, .. })) if lvm::is_missing(&stderr) => Ok(()),
            other => other.map(drop),
        }
    }

    async fn remove_mounts_directory(&self, plan: &DevicePlan) -> Result<()> {
        let directory = format!("{MOUNTS}/{}", volume_group(plan.device));
        let left = [directory, lock(plan).path()];
        self.repeat(&plan.peer.host, &system::remove_empty(&left, lock(plan))).await.map(drop)
    }
}

fn half_released(plan: &DevicePlan, error: &StepError) -> StepError {
    let explanation = format!(
        "the volume group of {} on {} is removed, what is left is tried again until it is gone: {}",
        plan.path,
        plan.peer.host,
        error.explanation().unwrap_or_default()
    );
    StepError::InUse { text: error.text(), explanation }
}

/// heketi's words around what LVM printed.
pub(super) fn initializing(plan: &DevicePlan, error: StepError) -> StepError {
    match &error {
        StepError::Remote(RemoteError::Exited { .. }) => StepError::Refused {
            text: format!(
                "Initializing device {} failed (already initialized or contains data?): {}",
                plan.path,
                error.text()
            ),
            explanation: error.explanation().unwrap_or_default(),
        },
        _ => error,
    }
}

fn deleting(plan: &DevicePlan, error: StepError) -> StepError {
    match &error {
        StepError::Remote(RemoteError::Exited { .. }) => StepError::Refused {
            text: format!(
                "Failed to delete device {} with id {} on host {}: {}",
                plan.path,
                plan.device,
                plan.peer.host,
                error.text()
            ),
            explanation: error.explanation().unwrap_or_default(),
        },
        _ => error,
    }
}
