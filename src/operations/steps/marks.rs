//! What gluster marks bricks with when it takes them into a volume: on their disks before anybody relies on them.

use futures_util::future::join_all;

use super::{Result, StepError, StepRunner};
use crate::executor::{RemoteError, system};
use crate::model::step::{BrickAt, StepOutput};

impl StepRunner {
    /// Has the marks of bricks written down, on all peers at once.
    pub(super) async fn keep_marks(&self, bricks: &[BrickAt]) -> Result<()> {
        let kept = join_all(bricks.iter().map(|brick| self.keep_mark(brick))).await;
        kept.into_iter().collect()
    }

    /// The same of bricks that a volume in use has taken: there is no way back, and it works without them. A failure is
    /// told.
    pub(super) async fn keep_marks_or_tell(&self, bricks: &[BrickAt]) -> StepOutput {
        let kept =
            join_all(bricks.iter().map(|brick| async move { (brick, self.keep_mark(brick).await) })).await;
        let failed = |(brick, kept): (&BrickAt, Result<()>)| kept.err().map(|error| not_kept(brick, &error));
        let texts: Vec<String> = kept.into_iter().filter_map(failed).collect();
        if texts.is_empty() { StepOutput::Nothing } else { StepOutput::Told { text: texts.join("\n") } }
    }

    async fn keep_mark(&self, brick: &BrickAt) -> Result<()> {
        match self.repeat(&brick.host, &system::sync_marks(&brick.path)).await {
            Err(StepError::Remote(RemoteError::Exited { stderr, .. }))
                if system::is_mark_missing(&stderr) =>
            {
                Err(StepError::MarkLost { host: brick.host.clone(), path: brick.path.clone() })
            }
            other => other.map(drop),
        }
    }
}

fn not_kept(brick: &BrickAt, error: &StepError) -> String {
    let BrickAt { host, path, .. } = brick;
    format!(
        "gluster has taken the brick {path} on {host}, but nobody could see that its mark is on the disk there: {}. Where {host} has lost its power meanwhile, and the brick does not come online (`gluster volume status`): `mkdir -p {path}/.glusterfs`, `setfattr -n trusted.glusterfs.volume-id -v 0xID {path}` with the volume's id without hyphens, `gluster volume start NAME force`",
        error.text().trim()
    )
}
