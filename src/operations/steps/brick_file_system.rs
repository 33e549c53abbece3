//! The file system of a brick: made, entered into the table, mounted, and all of that taken back.

use std::time::Duration;

use super::brick::{Site, lock};
use super::{Result, StepError, StepRunner};
use crate::executor::{LockName, RemoteError, filesystem, system};
use crate::model::brick::device_node;
use crate::model::host::Host;
use crate::model::step::BrickPlan;

/// How often an unmount is tried while gluster's brick process still ends.
const UNMOUNTS: u32 = 10;

/// The pause between two of them.
const BETWEEN_UNMOUNTS: Duration = Duration::from_secs(1);

impl StepRunner {
    pub(super) async fn make_file_system(&self, plan: &BrickPlan) -> Result<()> {
        let make = filesystem::make(&self.settings, plan, lock(plan));
        self.ensure(&plan.peer.host, &make, filesystem::is_formatted, || self.has_xfs(plan)).await.map(drop)
    }

    /// Whether its device holds a file system that was wholly made.
    pub(super) async fn has_xfs(&self, plan: &BrickPlan) -> Result<bool> {
        let (host, node) = (&plan.peer.host, device_node(plan.device, plan.brick));
        match self.run(host, &filesystem::probe(&node)).await {
            Ok(output) if !filesystem::is_xfs(&output.stdout) => return Ok(false),
            Ok(_) => {}
            // blkid's answer where there is nothing.
            Err(RemoteError::Exited { code: 2, .. }) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        // One that `mkfs.xfs` was cut off from has a signature, cannot be mounted, and nobody has ever written into it.
        self.read(host, &filesystem::progress(&node), filesystem::is_whole).await
    }

    pub(super) async fn enter_into_table(&self, plan: &BrickPlan, look_first: bool) -> Result<()> {
        let host = &plan.peer.host;
        let line = filesystem::table_line(&self.settings, plan.device, plan.brick);
        if look_first && self.is_in_table(plan).await? {
            return Ok(());
        }
        let append = filesystem::table_append(&self.settings, &line);
        self.ensure(host, &append, |_| false, || self.is_in_table(plan)).await.map(drop)
    }

    async fn is_in_table(&self, plan: &BrickPlan) -> Result<bool> {
        // Behind the lock: a command of ours that nobody has heard of again may still be waiting for it.
        let look = filesystem::table(&self.settings).behind(LockName::fstab());
        let table = self.run(&plan.peer.host, &look).await?.stdout;
        Ok(filesystem::is_in_table(&table, plan.device, plan.brick))
    }

    pub(super) async fn mount_brick(&self, plan: &BrickPlan, path: &str) -> Result<()> {
        let mount = filesystem::mount(&self.settings, plan, lock(plan));
        let smells: fn(&str) -> bool = |stderr| stderr.contains("already mounted");
        self.ensure(&plan.peer.host, &mount, smells, || self.is_mounted(&plan.peer.host, path))
            .await
            .map(drop)
    }

    pub(super) async fn is_mounted(&self, host: &Host, path: &str) -> Result<bool> {
        let mounts = self.run(host, &filesystem::mounts()).await?.stdout;
        Ok(filesystem::is_mounted(&mounts, path))
    }

    pub(super) async fn remove_from_table(&self, plan: &BrickPlan) -> Result<()> {
        let remove = filesystem::table_remove(&self.settings, plan.device, plan.brick);
        match self.repeat(&plan.peer.host, &remove).await {
            Err(StepError::Remote(RemoteError::Exited { stderr, .. }))
                if filesystem::is_without_table(&stderr) =>
            {
                return Ok(());
            }
            other => other.map(drop)?,
        }
        // It is another file under the same name now: after a power cut it could be an empty one.
        let table = [&*self.settings.fstab];
        self.repeat(&plan.peer.host, &system::sync(&table, LockName::fstab())).await.map(drop)
    }

    pub(super) async fn unmount(&self, site: &Site<'_>, path: &str) -> Result<()> {
        let host = site.host;
        for _ in 1..UNMOUNTS {
            match self.run(host, &filesystem::unmount(path, site.lock.clone())).await {
                Ok(_) => return Ok(()),
                // Whatever it says, the table of mounts has the truth.
                Err(RemoteError::Exited { .. } | RemoteError::OutcomeUnknown { .. }) => {
                    if !self.is_mounted(host, path).await? {
                        return Ok(());
                    }
                }
                Err(error) => return Err(error.into()),
            }
            tokio::time::sleep(BETWEEN_UNMOUNTS).await;
        }
        let text = format!("umount: {path}: target is busy.");
        let explanation = format!(
            "{path} on {host} is still in use, so the brick was left as it is. Look who uses it (`fuser --mount {path}`); it is tried again until it is free"
        );
        Err(StepError::InUse { text, explanation })
    }
}
