//! Volumes that gluster makes of a snapshot. It chooses where their bricks are and what their logical volumes are called.

use std::collections::HashMap;

use super::brick::{Site, mount_point_of};
use super::snapshot::{failed, name_taken};
use super::word::WordOf;
use super::{Result, SENDS, StepError, StepRunner};
use crate::executor::gluster::{self, GlusterVolume, SNAPSHOT_MOUNTS};
use crate::executor::{filesystem, lvm, system};
use crate::model::host::Host;
use crate::model::ids::NodeId;
use crate::model::step::{BrickAt, ClonePlan, ClonedBrick, VolumePlan};

impl StepRunner {
    pub(super) async fn clone_snapshot(&self, plan: &ClonePlan) -> Result<Vec<ClonedBrick>> {
        let found = match self.activate_snapshot(plan).await {
            // It was removed after the clone had been made of it: then the clone is there.
            Err(refused) if gluster::is_snapshot_missing(&refused.text()) => {
                let found = self.agreed_look(&copy_of(plan)).await?;
                found.filter(|found| is_own_clone(found, plan)).ok_or(refused)?
            }
            other => {
                other?;
                self.make_clone(plan).await?
            }
        };
        let clone = clone_plan(plan, &found);
        self.keep_marks(&clone).await?;
        // First: gluster cannot change an option of a clone that was never started.
        self.start_volume(&clone).await?;
        // It has the options of its origin, and with them the id of that.
        let set = gluster::volume_set(&self.settings, &clone).map_err(|bad| StepError::Refused {
            text: bad.to_string(),
            explanation: format!("{bad}. Look at the options of volume {}", plan.source.name),
        })?;
        for command in set {
            self.set_options(&clone, &command).await?;
        }
        self.cloned_bricks(&clone).await
    }

    async fn activate_snapshot(&self, plan: &ClonePlan) -> Result<()> {
        let activate = gluster::snapshot_activate(&self.settings, plan);
        for _ in 0..SENDS {
            let Err(failure) = self.gluster(&plan.source.peers, &activate).await else { return Ok(()) };
            if failure.refusal().as_deref().is_some_and(gluster::is_activated) {
                return Ok(());
            }
            // Sent twice it does no harm.
            if !failure.is_unknown() {
                return Err(failed(&format!("activate snapshot {}", plan.snapshot), failure));
            }
        }
        Err(self.lost(&plan.source, &activate))
    }

    async fn make_clone(&self, plan: &ClonePlan) -> Result<GlusterVolume> {
        let clone = gluster::snapshot_clone(&self.settings, plan);
        for _ in 0..SENDS {
            let found = match self.gluster(&plan.source.peers, &clone).await {
                Ok(_) => self.look(&copy_of(plan)).await?,
                Err(failure) => {
                    let exists = failure.refusal().is_some_and(|text| text.contains("already exists"));
                    if !failure.is_unknown() && !exists {
                        let what = format!("clone snapshot {} to volume {}", plan.snapshot, plan.name);
                        return Err(failed(&what, failure));
                    }
                    self.agreed_look(&copy_of(plan)).await?
                }
            };
            match found {
                Some(found) if is_own_clone(&found, plan) => return Ok(found),
                Some(_) => return Err(name_taken(plan)),
                None => {}
            }
        }
        Err(self.lost(&plan.source, &clone))
    }

    /// Stops and deletes the clone and what gluster has made for it. It has nothing that its origin has not: nobody
    /// has heard of it. Where its snapshot is gone somebody may have, and there is no way back: the operation may be an
    /// old one, of a database that was restored, whose clone has been in use since.
    pub(super) async fn unclone_snapshot(&self, plan: &ClonePlan, retired: &[NodeId]) -> Result<()> {
        let found = match self.certain_look(&copy_of(plan), WordOf::AllBut(retired)).await? {
            Some(found) if is_own_clone(&found, plan) => found,
            _ => return Ok(()),
        };
        if self.agreed_snapshot(plan).await?.is_none() {
            return Err(StepError::Irreversible);
        }
        let clone = clone_plan(plan, &found);
        // Also where it is not started: a command that starts it may have outlived an earlier server.
        self.stop_volume(&clone).await?;
        // Before gluster forgets it: it is what tells where its parts are.
        for (number, brick) in clone.bricks.iter().enumerate() {
            self.remove_clone_brick(&clone, brick, number, &plan.source.bricks[number]).await?;
        }
        self.delete_volume(&clone).await?;
        self.remove_clone_locks(&clone).await
    }

    async fn remove_clone_locks(&self, clone: &VolumePlan) -> Result<()> {
        let lock = gluster::volume_lock(clone.volume);
        let mut hosts: Vec<&Host> = clone.bricks.iter().map(|brick| &brick.host).collect();
        hosts.sort_by_key(|host| host.as_str());
        hosts.dedup();
        for host in hosts {
            self.repeat(host, &system::remove_empty(&[lock.path()], lock.clone())).await?;
        }
        Ok(())
    }

    async fn remove_clone_brick(
        &self,
        clone: &VolumePlan,
        brick: &BrickAt,
        number: usize,
        origin: &BrickAt,
    ) -> Result<()> {
        let site = Site { host: &brick.host, lock: gluster::volume_lock(clone.volume) };
        let point = mount_point_of(&brick.path);
        let mounts = self.run(site.host, &filesystem::mounts()).await?.stdout;
        let (group, volume) = match volume_on(&mounts, &point) {
            Some(found) => found,
            // Unmounted by an earlier try, or by a restart: it is in the group of its origin.
            None => {
                let at = mount_point_of(&origin.path);
                let (group, _) = volume_on(&mounts, &at).ok_or_else(|| not_mounted(&origin.host, &at))?;
                (group, usual_name(clone, number))
            }
        };
        self.unmount(&site, &point).await?;
        self.remove_logical_volume(&site, &group, &volume).await?;
        self.remove_clone_directories(&site, &brick.path).await
    }

    /// Where gluster has put the bricks, by what is mounted there: their names depend on its version.
    async fn cloned_bricks(&self, clone: &VolumePlan) -> Result<Vec<ClonedBrick>> {
        let mut mounts: HashMap<&Host, String> = HashMap::new();
        let mut bricks = Vec::with_capacity(clone.bricks.len());
        for brick in &clone.bricks {
            if !mounts.contains_key(&brick.host) {
                let table = self.run(&brick.host, &filesystem::mounts()).await?.stdout;
                mounts.insert(&brick.host, table);
            }
            let point = mount_point_of(&brick.path);
            let found = mounts.get(&brick.host).and_then(|table| volume_on(table, &point));
            let (_, logical_volume) = found.ok_or_else(|| not_mounted(&brick.host, &point))?;
            bricks.push(ClonedBrick { path: brick.path.clone(), logical_volume });
        }
        Ok(bricks)
    }
}

/// The clone as far as it is known before gluster has made it: by its name, on the peers of its origin.
pub(super) fn copy_of(plan: &ClonePlan) -> VolumePlan {
    VolumePlan { name: plan.name.clone(), ..plan.source.clone() }
}

/// A volume of the clone's name is ours if gluster has made it of a snapshot, brick by brick as its origin is, and it
/// carries the id of the clone or still that of its origin.
fn is_own_clone(found: &GlusterVolume, plan: &ClonePlan) -> bool {
    let origin = &plan.source.bricks;
    let of_snapshot = |(brick, origin): (&String, &BrickAt)| {
        let path = brick.strip_prefix(&origin.storage).and_then(|rest| rest.strip_prefix(':'));
        path.is_some_and(|path| mount_point_of(path).starts_with(SNAPSHOT_MOUNTS))
    };
    let ids = [plan.clone.to_string(), plan.source.volume.to_string()];
    found.bricks.len() == origin.len()
        && !origin.is_empty()
        && found.bricks.iter().zip(origin).all(of_snapshot)
        && found.option(gluster::ID_OPTION).is_none_or(|id| ids.iter().any(|own| own == id))
}

/// The clone as gluster has made it. Its options are there already.
fn clone_plan(plan: &ClonePlan, found: &GlusterVolume) -> VolumePlan {
    let at = |(brick, origin): (&String, &BrickAt)| {
        let path = brick.get(origin.storage.len() + 1..).unwrap_or_default().to_owned();
        BrickAt { path, ..origin.clone() }
    };
    VolumePlan {
        volume: plan.clone,
        name: plan.name.clone(),
        bricks: found.bricks.iter().zip(&plan.source.bricks).map(at).collect(),
        options: Vec::new(),
        ..plan.source.clone()
    }
}

/// The group and the logical volume that are mounted on a directory.
fn volume_on(mounts: &str, point: &str) -> Option<(String, String)> {
    filesystem::mounted_device(mounts, point).and_then(lvm::split_node)
}

/// What gluster calls the logical volume of a clone's brick: after the clone, and the how manyth on its peer it is.
fn usual_name(clone: &VolumePlan, number: usize) -> String {
    let brick = &clone.bricks[number];
    let before = clone.bricks[..number].iter().filter(|other| other.storage == brick.storage).count();
    let point = mount_point_of(&brick.path);
    let below = point.strip_prefix(SNAPSHOT_MOUNTS).unwrap_or_default();
    format!("{}_{before}", below.split('/').next().unwrap_or_default())
}

fn not_mounted(host: &Host, point: &str) -> StepError {
    StepError::InUse {
        text: format!("{point} is not mounted"),
        explanation: format!(
            "{point} on {host} is not mounted, so nobody can tell which logical volume belongs there. Look at `mount` and at the log of glusterd on {host}; restart glusterd there if the disk is well"
        ),
    }
}
