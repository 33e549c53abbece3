//! Devices: a physical volume and a volume group on a disk.

use super::device_labels::{disk_away, is_of};
use super::device_look::{Disk, Leftover};
use super::{Result, StepError, StepRunner};
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
        let path = self.look_again(|| self.make_device(plan)).await?;
        self.repeat(&plan.peer.host, &system::sync(&[&path], lock(plan))).await?;
        self.end_table_with_newline(plan).await?;
        self.facts(plan, &path).await
    }

    /// Makes what is missing of a device; the path of its disk, which may be another one than it was added by.
    async fn make_device(&self, plan: &DevicePlan) -> Result<String> {
        let path = match self.own_volume(plan).await.map_err(StepError::of_first_command)? {
            Some(own) if !own.vg_name.is_empty() => return Ok(own.pv_name),
            Some(own) => own.pv_name,
            None => {
                self.make_physical_volume(plan).await?;
                plan.path.clone()
            }
        };
        self.make_group(plan, &path).await?;
        Ok(path)
    }

    // Whatever names a disk by its path is sent once for each look: see `look_again`.

    async fn make_physical_volume(&self, plan: &DevicePlan) -> Result<()> {
        if let Disk::Erasable(leftover) = self.look_at_disk(plan).await? {
            self.erase(plan, &leftover).await?;
        }
        let make = lvm::pvcreate(&self.settings, &plan.path, plan.pv_uuid.as_deref(), lock(plan));
        match self.run(&plan.peer.host, &make).await {
            Ok(_) => Ok(()),
            Err(RemoteError::Exited { stderr, .. })
                if is_there(&stderr) && self.own_volume(plan).await?.is_some() =>
            {
                Ok(())
            }
            Err(error) => Err(initializing(plan, error.into())),
        }
    }

    async fn erase(&self, plan: &DevicePlan, leftover: &Leftover) -> Result<()> {
        if let Leftover::PhysicalVolume(found) = leftover {
            if !found.vg_name.is_empty() {
                self.remove_if_there(plan, &lvm::vgremove(&self.settings, &found.vg_name, lock(plan)))
                    .await?;
            }
            self.remove_if_there(plan, &lvm::pvremove(&self.settings, &plan.path, lock(plan))).await?;
        }
        self.run(&plan.peer.host, &system::wipe(&plan.path, lock(plan))).await?;
        Ok(())
    }

    /// Whether the volume group of a device is there.
    pub(in crate::operations) async fn has_own_group(&self, plan: &DevicePlan) -> Result<bool> {
        Ok(self.group(plan, &volume_group(plan.device)).await?.is_some())
    }

    async fn make_group(&self, plan: &DevicePlan, path: &str) -> Result<()> {
        let group = volume_group(plan.device);
        let make = lvm::vgcreate(&self.settings, &group, path, lock(plan));
        match self.run(&plan.peer.host, &make).await {
            Ok(_) => Ok(()),
            Err(RemoteError::Exited { stderr, .. })
                if is_there(&stderr) && self.has_own_group(plan).await? =>
            {
                Ok(())
            }
            Err(error) => Err(initializing(plan, error.into())),
        }
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
        let volumes = self.physical_volumes(&plan.peer.host).await?;
        let own = volumes.iter().find(|volume| is_of(volume, plan.device, plan.pv_uuid.as_deref()));
        let (Some(own), Some(group)) = (own, self.group(plan, &name).await?) else {
            return Err(group_away(plan, &name));
        };
        let labels = self.labels(plan, own, &volumes).await?;
        let (pv_uuid, paths) = (plan.pv_uuid.clone(), Vec::new());
        Ok(DeviceFacts { pv_uuid, paths, total: group.size, free: group.free, extent: group.extent, labels })
    }

    async fn facts(&self, plan: &DevicePlan, path: &str) -> Result<DeviceFacts> {
        let name = volume_group(plan.device);
        let volume = self.physical_volume(plan, path).await?;
        let group = self.group(plan, &name).await?;
        let (Some(volume), Some(group)) = (volume, group) else {
            let text = format!("{path} vanished while it was prepared");
            let explanation = format!(
                "{text}: {} has no volume group {name}. Look at `pvs` and `vgs` there",
                plan.peer.host
            );
            return Err(StepError::Refused { text, explanation });
        };
        let mut labels = self.labels(plan, &volume, &[]).await?;
        // Also where udev does not know the path that it was added by.
        for label in labels.iter_mut().filter(|label| !label.paths.iter().any(|known| known == path)) {
            label.paths.push(path.to_owned());
        }
        let paths = labels.first().map_or_else(Vec::new, |label| label.paths.clone());
        let pv_uuid = Some(volume.pv_uuid).filter(|uuid| !uuid.is_empty());
        Ok(DeviceFacts { pv_uuid, paths, total: group.size, free: group.free, extent: group.extent, labels })
    }

    /// Takes away what preparing made, and nothing else.
    pub(super) async fn unprepare_device(&self, plan: &DevicePlan) -> Result<()> {
        // Behind the lock: a `pvcreate` that outlived us has ended by then.
        let look = lvm::pvs(&self.settings, None).behind(lock(plan));
        let take_away = || async {
            let volumes = self.volumes_by(&plan.peer.host, &look).await?;
            match volumes.iter().find(|volume| is_of(volume, plan.device, plan.pv_uuid.as_deref())) {
                Some(own) => self.remove(plan, &own.pv_name).await,
                None => Ok(()),
            }
        };
        self.look_again(take_away).await?;
        self.remove_mounts_directory(plan).await.map_err(|error| half_released(plan, error))
    }

    /// Takes the volume group and the physical volume of a device away, by whatever path its disk has now.
    pub(super) async fn release_device(&self, plan: &DevicePlan) -> Result<()> {
        let take_away = || async {
            match self.own_volume(plan).await? {
                Some(own) => self.remove(plan, &own.pv_name).await,
                None if plan.forget => Ok(()),
                None => self.require_blank_disk(plan).await,
            }
        };
        self.look_again(take_away).await.map_err(|error| deleting(plan, error))?;
        self.remove_mounts_directory(plan).await.map_err(|error| half_released(plan, error))
    }

    /// A disk that was seen when the release began and is not listed any more is released where there is a blank one in
    /// its place. Otherwise it was pulled out and comes back with all that is on it.
    async fn require_blank_disk(&self, plan: &DevicePlan) -> Result<()> {
        let host = &plan.peer.host;
        let exited = |error: &StepError| matches!(error, StepError::Remote(RemoteError::Exited { .. }));
        let away = |error| if exited(&error) { disk_away(plan) } else { error };
        let volume = self.physical_volume(plan, &plan.path).await.map_err(away)?;
        let command = system::signatures(&plan.path);
        let signatures = self.read(host, &command, system::parse_signatures).await.map_err(away)?;
        if volume.is_none() && signatures.is_empty() { Ok(()) } else { Err(disk_away(plan)) }
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
        // There is no way back: the device is no longer what it was.
        let removed = self.remove_if_there(plan, &lvm::pvremove(&self.settings, path, lock(plan))).await;
        removed.map_err(|error| half_released(plan, error))
    }

    async fn remove_if_there(&self, plan: &DevicePlan, command: &crate::executor::Command) -> Result<()> {
        match self.run(&plan.peer.host, command).await {
            Err(RemoteError::Exited { stderr, .. }) if lvm::is_missing(&stderr) => Ok(()),
            other => Ok(other.map(drop)?),
        }
    }

    async fn remove_mounts_directory(&self, plan: &DevicePlan) -> Result<()> {
        let directory = format!("{MOUNTS}/{}", volume_group(plan.device));
        let left = [directory, lock(plan).path()];
        self.repeat(&plan.peer.host, &system::remove_empty(&left, lock(plan))).await?;
        self.keep_removal_from(&plan.peer.host, MOUNTS).await
    }
}

fn group_away(plan: &DevicePlan, group: &str) -> StepError {
    let (host, path) = (&plan.peer.host, &plan.path);
    let explanation = format!(
        "{host} has no volume group {group}: the disk of {path} is away. Look at `lsblk`, `pvs` and `vgs` there"
    );
    StepError::Refused { text: format!("Volume group \"{group}\" not found"), explanation }
}

/// What nobody knows stays so: it is looked at again.
fn half_released(plan: &DevicePlan, error: StepError) -> StepError {
    if error.is_unknown() {
        return error;
    }
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
