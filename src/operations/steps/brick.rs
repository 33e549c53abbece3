//! Bricks: a thin pool, a file system, a mount, a directory.

use super::written::Beside;
use super::{Result, StepError, StepRunner};
use crate::executor::{LockName, RemoteError, gluster, lvm, system};
use crate::model::brick::{logical_volume, mount_point};
use crate::model::device::volume_group;
use crate::model::host::Host;
use crate::model::step::{BrickAt, BrickPlan};

/// Where parts of a brick are removed, and under which lock.
pub(super) struct Site<'a> {
    /// The peer.
    pub(super) host: &'a Host,
    /// The lock of what they belong to.
    pub(super) lock: LockName,
}

/// Where the brick of a clone is mounted, as the table of mounts has it: older ones of gluster say `/var/run`, which
/// leads to `/run`.
pub(super) fn mount_point_of(brick: &str) -> String {
    let at = directory_of(brick);
    if at.starts_with("/var/run/") { at.replacen("/var", "", 1) } else { at }
}

fn directory_of(path: &str) -> String {
    path.rsplit_once('/').map_or_else(String::new, |(above, _)| above.to_owned())
}

pub(super) fn lock(plan: &BrickPlan) -> LockName {
    LockName::new("brick", plan.brick)
}

impl StepRunner {
    pub(super) async fn create_brick(&self, plan: &BrickPlan) -> Result<()> {
        let (host, path) = (&plan.peer.host, mount_point(plan.device, plan.brick));
        let directories = system::make_directories(&path, lock(plan));
        match self.run(host, &directories).await {
            Err(RemoteError::OutcomeUnknown { .. }) => drop(self.repeat(host, &directories).await?),
            other => drop(other.map_err(|error| StepError::from(error).of_first_command())?),
        }
        let was_there = match self.create_logical_volume(plan).await {
            Err(StepError::Remote(RemoteError::Exited { stderr, .. })) if lvm::is_group_missing(&stderr) => {
                return Err(self.without_group(plan, &path, stderr).await);
            }
            other => other?,
        };
        self.make_file_system(plan).await?;
        self.enter_into_table(plan, was_there).await?;
        self.mount_brick(plan, &path).await?;
        self.make_brick_directory(plan).await?;
        // Else a power cut right after the answer could take the line or the directory away again.
        let kept = [self.settings.fstab.as_str(), plan.path.as_str()];
        self.repeat(host, &system::sync(&kept, lock(plan))).await.map(drop)
    }

    /// There is no group to make a volume in: nothing was made but directories, and they are removed here.
    async fn without_group(&self, plan: &BrickPlan, path: &str, text: String) -> StepError {
        let (host, group) = (&plan.peer.host, volume_group(plan.device));
        let directories = system::remove_empty(&[path.to_owned()], lock(plan));
        let removed = self.repeat(host, &directories).await.map(drop);
        let kept = match removed {
            Ok(()) => self.keep_removal(plan).await,
            left => left,
        };
        // Then it is undone, like a brick that was begun.
        if let Err(left) = kept {
            return left;
        }
        let explanation = format!(
            "{host} has no volume group {group}: its disk is away. Look at `lsblk` and `pvs` there; take the device out with the states offline and failed if the disk is gone for good"
        );
        StepError::NothingMade { text, explanation }
    }

    /// Returns whether it was there already: then an earlier run may have got further.
    async fn create_logical_volume(&self, plan: &BrickPlan) -> Result<bool> {
        let create = lvm::create_thin_volume(&self.settings, plan, lock(plan));
        self.ensure(&plan.peer.host, &create, lvm::is_existing, || self.is_own_volume(plan)).await
    }

    /// Whether the brick's logical volume is there as it should be; an error where another one is.
    async fn is_own_volume(&self, plan: &BrickPlan) -> Result<bool> {
        let (group, name) = (volume_group(plan.device), logical_volume(plan.brick));
        let found = self.read(&plan.peer.host, &lvm::lvs(&self.settings, &group), lvm::parse_lvs).await?;
        let Some(volume) = found.iter().find(|volume| volume.name == name) else { return Ok(false) };
        let pool = found.iter().find(|volume| volume.name == plan.thin_pool);
        let same = volume.size >= plan.space.size
            && volume.pool == plan.thin_pool
            && pool.is_some_and(|pool| {
                pool.size == plan.space.thin_pool && pool.metadata == Some(plan.space.metadata)
            });
        if same {
            return Ok(true);
        }
        let text = format!("Logical Volume \"{name}\" already exists in volume group \"{group}\"");
        let explanation = format!(
            "{group}/{name} on {} has another size or pool than the brick that is to be made; it was left alone. Remove it by hand if nobody needs it",
            plan.peer.host
        );
        Err(StepError::Foreign { text, explanation })
    }

    async fn make_brick_directory(&self, plan: &BrickPlan) -> Result<()> {
        let host = &plan.peer.host;
        let make = system::make_directory(&plan.path, lock(plan));
        let smells: fn(&str) -> bool = |stderr| stderr.contains("File exists");
        self.ensure(host, &make, smells, || self.has_directory(plan)).await?;
        if plan.gid != 0 {
            self.repeat(host, &system::change_group(&plan.path, plan.gid, lock(plan))).await?;
            self.repeat(host, &system::share_with_group(&plan.path, lock(plan))).await?;
        }
        Ok(())
    }

    async fn has_directory(&self, plan: &BrickPlan) -> Result<bool> {
        match self.run(&plan.peer.host, &system::is_directory(&plan.path)).await {
            Ok(_) => Ok(true),
            Err(RemoteError::Exited { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes a brick away that was being made, unless somebody has written to it: an operation that is undone may be an
    /// old one, of a database that was restored, whose volume has been in use since.
    pub(super) async fn uncreate_brick(&self, plan: &BrickPlan) -> Result<()> {
        let path = mount_point(plan.device, plan.brick);
        let mut mounted = self.is_mounted(&plan.peer.host, &path).await?;
        if !mounted && self.has_xfs(plan).await? {
            // To look into it; the undo unmounts it again.
            self.mount_brick(plan, &path).await?;
            mounted = true;
        }
        if mounted {
            let brick = BrickAt {
                host: plan.peer.host.clone(),
                storage: plan.peer.storage.clone(),
                path: plan.path.clone(),
            };
            self.refuse_written(std::slice::from_ref(&brick), Beside::of(plan.hosts_blocks)).await?;
        }
        self.destroy_brick(plan).await
    }

    /// Takes a brick away, newest part first. While it is mounted nothing else of it is touched.
    pub(super) async fn destroy_brick(&self, plan: &BrickPlan) -> Result<()> {
        let site = Site { host: &plan.peer.host, lock: lock(plan) };
        let group = volume_group(plan.device);
        let (path, name) = match &plan.logical_volume {
            None => (mount_point(plan.device, plan.brick), logical_volume(plan.brick)),
            Some(name) => (mount_point_of(&plan.path), name.clone()),
        };
        self.unmount(&site, &path).await?;
        if plan.logical_volume.is_none() {
            // Before the volume: a node that restarts with the line but without the volume would wait for it.
            self.remove_from_table(plan).await?;
        }
        self.remove_logical_volume(&site, &group, &name).await?;
        self.remove_pool(plan, &group).await?;
        if plan.logical_volume.is_some() {
            self.remove_clone_directories(&site, &plan.path).await?;
        }
        let locks = [lock(plan), gluster::volume_lock(plan.volume)];
        let left: Vec<String> = std::iter::once(path).chain(locks.iter().map(LockName::path)).collect();
        // Under the volume's lock: a lock file that somebody holds must keep its name.
        self.repeat(site.host, &system::remove_empty(&left, gluster::volume_lock(plan.volume))).await?;
        if plan.logical_volume.is_none() {
            self.keep_removal(plan).await?;
        }
        Ok(())
    }

    async fn keep_removal(&self, plan: &BrickPlan) -> Result<()> {
        let above = directory_of(&mount_point(plan.device, plan.brick));
        self.keep_removal_from(&plan.peer.host, &above).await
    }

    /// Keeps what was removed from a directory removed: else a power cut could bring it back, and nobody would look for it any
    /// more. Under another lock than its own: the file of that is gone with it.
    pub(super) async fn keep_removal_from(&self, host: &Host, above: &str) -> Result<()> {
        match self.repeat(host, &system::sync(&[above], LockName::fstab())).await {
            Err(StepError::Remote(RemoteError::Exited { stderr, .. })) if system::is_gone(&stderr) => Ok(()),
            other => other.map(drop),
        }
    }

    /// Removes the mount point of a clone's brick, and the one above it with the last that is in it.
    pub(super) async fn remove_clone_directories(&self, site: &Site<'_>, brick: &str) -> Result<()> {
        let point = mount_point_of(brick);
        let above = directory_of(&point);
        self.repeat(site.host, &system::remove_empty(&[point], site.lock.clone())).await?;
        match self.repeat(site.host, &system::remove_empty(&[above], site.lock.clone())).await {
            Err(StepError::Remote(RemoteError::Exited { stderr, .. })) if system::is_inhabited(&stderr) => {
                Ok(())
            }
            other => other.map(drop),
        }
    }

    pub(super) async fn remove_logical_volume(&self, site: &Site<'_>, group: &str, name: &str) -> Result<()> {
        let remove = lvm::lvremove(&self.settings, group, name, site.lock.clone());
        match self.repeat(site.host, &remove).await {
            Err(StepError::Remote(RemoteError::Exited { stderr, .. })) if lvm::is_missing(&stderr) => {
                if lvm::is_group_missing(&stderr) {
                    Err(disk_away(site.host, group))
                } else {
                    Ok(())
                }
            }
            other => other.map(drop),
        }
    }

    /// Whether what has the name of the pool is a plain volume, which has no number of thin ones. LVM makes a pool of the
    /// volume that will be its metadata, and leaves that behind where the power of the peer goes meanwhile.
    async fn is_pool_to_be(&self, plan: &BrickPlan, group: &str) -> Result<bool> {
        let found = self.read(&plan.peer.host, &lvm::lvs(&self.settings, group), lvm::parse_lvs).await?;
        let volume = found.iter().find(|volume| volume.name == plan.thin_pool);
        Ok(volume.is_some_and(|volume| {
            volume.metadata.is_none() && volume.pool.is_empty() && volume.size <= plan.space.thin_pool
        }))
    }

    /// Removes the thin pool of a brick, unless something else is in it.
    async fn remove_pool(&self, plan: &BrickPlan, group: &str) -> Result<()> {
        let host = &plan.peer.host;
        let count = lvm::thin_count(&self.settings, group, &plan.thin_pool);
        let left = match self.run(host, &count).await {
            Ok(output) if output.stdout.trim().is_empty() && self.is_pool_to_be(plan, group).await? => {
                Some(0)
            }
            Ok(output) => output.stdout.trim().parse::<u64>().ok(),
            Err(RemoteError::Exited { stderr, .. }) if lvm::is_missing(&stderr) => {
                return if lvm::is_group_missing(&stderr) { Err(disk_away(host, group)) } else { Ok(()) };
            }
            Err(error) => return Err(error.into()),
        };
        match left {
            Some(0) => {
                let site = Site { host, lock: lock(plan) };
                self.remove_logical_volume(&site, group, &plan.thin_pool).await
            }
            // That of a clone's brick and of its origin: it goes with the last of them.
            Some(_) if plan.shares_pool => Ok(()),
            Some(others) => {
                let pool = format!("{group}/{}", plan.thin_pool);
                Err(StepError::InUse {
                    text: format!("thin pool {pool} is in use"),
                    explanation: format!(
                        "{others} other volumes are in the thin pool {pool} on {host}, so it was kept. Remove them (clones, snapshots); then it is removed too"
                    ),
                })
            }
            None => Err(StepError::unreadable(host, &count, "no number of thin volumes")),
        }
    }
}

/// A group that is not there took nothing of its bricks with it: its disk may come back with all of them.
fn disk_away(host: &Host, group: &str) -> StepError {
    StepError::InUse {
        text: format!("Volume group \"{group}\" not found"),
        explanation: format!(
            "the volume group {group} is not there on {host}, so its disk is away, and what is on it would come back with it. Look at `lsblk` and `pvs` on {host} and bring the disk back; it is tried again until then"
        ),
    }
}
