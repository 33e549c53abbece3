//! Peers taken out of the trusted pool.

use tracing::info;

use super::{GlusterFailure, Result, StepError, StepRunner};
use crate::executor::gluster::{self, GlusterVolume};
use crate::model::step::Peer;

impl StepRunner {
    /// Takes a peer out of the pool, unless it carries bricks of others: then it stays. By `force` also while others are
    /// down.
    ///
    /// Gluster drops volumes that are wholly on a peer which leaves, and keeps peers with a part of one. So it is asked for
    /// those first.
    pub(super) async fn detach_peer(&self, peer: &Peer, via: &[Peer], force: bool) -> Result<()> {
        if via.is_empty() || !self.may_leave(peer, via).await? {
            return Ok(());
        }
        let mut result = self.send_detach(peer, via, false).await;
        let probably_down =
            |failure: &GlusterFailure| failure.refusal().is_some_and(|text| text.contains("probably down"));
        if force && result.as_ref().is_err_and(probably_down) {
            result = self.send_detach(peer, via, true).await;
        }
        let Err(failure) = result else { return Ok(()) };
        let refusal = failure.refusal().unwrap_or_default();
        // The second of them: another name of the peer that was asked. It cannot leave itself, and had not joined.
        if refusal.contains("is not part of cluster") || refusal.contains("is localhost") {
            return Ok(());
        }
        if refusal.contains("exist in cluster") || refusal.contains("hosts one or more bricks") {
            stays(peer);
            return Ok(());
        }
        Err(failure.into())
    }

    async fn send_detach(
        &self,
        peer: &Peer,
        via: &[Peer],
        force: bool,
    ) -> std::result::Result<(), GlusterFailure> {
        let detach = gluster::peer_detach(&self.settings, &peer.storage, force);
        let mut result = self.gluster(via, &detach).await;
        if result.as_ref().is_err_and(GlusterFailure::is_unknown) {
            result = self.gluster(via, &detach).await;
        }
        result.map(drop)
    }

    /// Whether nothing that others made keeps a peer in the pool. Where that is on a peer that is away, somebody has to
    /// decide: gluster deletes no volume as long as it is in the pool.
    async fn may_leave(&self, peer: &Peer, via: &[Peer]) -> Result<bool> {
        let there = self.volumes_on(peer, via).await?;
        if there.is_empty() {
            return Ok(true);
        }
        let status = self.gluster(via, &gluster::peer_status(&self.settings)).await?.stdout;
        if gluster::is_in_cluster(&status, &peer.storage) {
            stays(peer);
            return Ok(false);
        }
        let parts: Vec<&str> = there
            .iter()
            .filter(|volume| !is_wholly_on(volume, peer))
            .map(|volume| volume.name.as_str())
            .collect();
        if parts.is_empty() { Ok(true) } else { Err(kept(peer, &parts)) }
    }

    async fn volumes_on(&self, peer: &Peer, via: &[Peer]) -> Result<Vec<GlusterVolume>> {
        let command = gluster::volume_info(&self.settings, None);
        let output = self.gluster(via, &command).await?.stdout;
        let asked = via.first().unwrap_or(peer);
        let all = gluster::parse_volume_info(&output)
            .ok_or_else(|| StepError::unreadable(&asked.host, &command, &output))?;
        Ok(all.into_iter().filter(|volume| volume.bricks.iter().any(|brick| is_on(brick, peer))).collect())
    }
}

fn is_on(brick: &str, peer: &Peer) -> bool {
    brick.strip_prefix(&peer.storage).is_some_and(|path| path.starts_with(':'))
}

fn is_wholly_on(volume: &GlusterVolume, peer: &Peer) -> bool {
    volume.bricks.iter().all(|brick| is_on(brick, peer))
}

fn stays(peer: &Peer) {
    info!("{} carries bricks of other volumes and stays in the trusted pool", peer.storage);
}

fn kept(peer: &Peer, volumes: &[&str]) -> StepError {
    let (host, volumes) = (&peer.host, volumes.join(", "));
    StepError::Refused {
        text: format!("{host} is away, and gluster has bricks of other volumes on it: {volumes}"),
        explanation: format!(
            "as long as {host} is in the trusted pool and away, gluster deletes no volume, and it lets no peer go that has bricks. Put others in the place of its bricks (`gluster volume replace-brick VOLUME OLD NEW commit force`) or take them out (`gluster volume remove-brick VOLUME … force`) in {volumes}, or start {host}; then delete the node again"
        ),
    }
}
