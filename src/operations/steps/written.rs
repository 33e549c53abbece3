//! Whether somebody has written into a brick: an undo never removes data.

use futures_util::future::join_all;

use super::{Result, StepError, StepRunner};
use crate::executor::command::Command;
use crate::executor::{RemoteError, filesystem, system};
use crate::model::step::BrickAt;

/// What a program other than gluster keeps in a brick for itself: nobody's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beside {
    /// No other program does.
    Nothing,
    /// gluster-block: its list, and the directory for block volumes, as long as there is none in it.
    Blocks,
}

impl Beside {
    /// In the bricks of a volume that hosts block volumes, or does not.
    pub(super) fn of(hosts_blocks: bool) -> Beside {
        if hosts_blocks { Beside::Blocks } else { Beside::Nothing }
    }
}

impl StepRunner {
    /// Refuses where somebody has written into a brick.
    pub(super) async fn refuse_written(&self, bricks: &[BrickAt], beside: Beside) -> Result<()> {
        for written in join_all(bricks.iter().map(|brick| self.is_written(brick, beside))).await {
            if let Some(brick) = written? {
                return Err(StepError::HoldsData { host: brick.host.clone(), path: brick.path.clone() });
            }
        }
        Ok(())
    }

    /// The brick, if it holds anything besides gluster's own files, and those of gluster-block.
    async fn is_written<'a>(&self, brick: &'a BrickAt, beside: Beside) -> Result<Option<&'a BrickAt>> {
        match beside {
            Beside::Nothing => self.has_data(brick, system::user_data(&brick.path)).await,
            Beside::Blocks => match self.has_data(brick, system::data_beside_blocks(&brick.path)).await? {
                Some(written) => Ok(Some(written)),
                None => self.has_blocks(brick).await,
            },
        }
    }

    /// The brick, if a block volume is in it.
    async fn has_blocks<'a>(&self, brick: &'a BrickAt) -> Result<Option<&'a BrickAt>> {
        let store = system::block_store(&brick.path);
        match self.run(&brick.host, &system::user_data(&store)).await {
            Ok(output) if output.stdout.trim().is_empty() => Ok(None),
            Ok(output) if output.stdout.starts_with(&store) => Ok(Some(brick)),
            Ok(output) => Err(StepError::unreadable(&brick.host, &system::user_data(&store), &output.stdout)),
            // None was ever made.
            Err(RemoteError::Exited { stderr, .. }) if system::is_path_missing(&stderr, &store) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The brick, if a look into it finds anything.
    async fn has_data<'a>(&self, brick: &'a BrickAt, look: Command) -> Result<Option<&'a BrickAt>> {
        match self.run(&brick.host, &look).await {
            Ok(output) if output.stdout.trim().is_empty() => Ok(None),
            Ok(output) if output.stdout.starts_with(&brick.path) => Ok(Some(brick)),
            // No path below the brick: that is no answer of `find`, and it is asked again.
            Ok(output) => Err(StepError::unreadable(&brick.host, &look, &output.stdout)),
            Err(RemoteError::Exited { stderr, .. }) if system::is_path_missing(&stderr, &brick.path) => {
                self.require_mounted(brick).await.map(|()| None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The directory of a brick is missing for certain only where the brick's file system is mounted.
    async fn require_mounted(&self, brick: &BrickAt) -> Result<()> {
        let mounts = self.run(&brick.host, &filesystem::mounts()).await?.stdout;
        let at =
            std::path::Path::new(&brick.path).parent().and_then(|path| path.to_str()).unwrap_or_default();
        if filesystem::is_mounted(&mounts, at) {
            return Ok(());
        }
        let host = &brick.host;
        Err(StepError::InUse {
            text: format!("{at} is not mounted"),
            explanation: format!(
                "{at} on {host} is not mounted, so nobody can tell whether somebody has written to it, and an undo never removes data. Mount it (`mount {at}`); it is tried again until then"
            ),
        })
    }
}
