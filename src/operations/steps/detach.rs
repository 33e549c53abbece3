//! Peers taken out of the trusted pool.

use tracing::info;

use super::{GlusterFailure, Result, StepError, StepRunner};
use crate::executor::gluster::{self, GlusterVolume};
use crate::model::step::Peer;

/// Under which conditions a peer may leave that could not otherwise.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Leave<'a> {
    /// Names of peers that may be down meanwhile: they were taken out of service.
    pub(super) retired: &'a [String],
    /// Volumes that may go with it: they are being deleted.
    pub(super) unwanted: &'a [String],
}

impl StepRunner {
    /// Takes a peer out of the pool, unless it carries bricks of others: then it stays.
    ///
    /// Gluster drops volumes that are wholly on a peer which leaves, and keeps peers with a part of one. So it is asked for
    /// those first. It lets none go while another one is down, which would know nothing of it when it is back: by force
    /// only where none of those that are down will come back.
    pub(super) async fn detach_peer(&self, peer: &Peer, via: &[Peer], leave: Leave<'_>) -> Result<()> {
        if via.is_empty() || !self.may_leave(peer, via, leave.unwanted).await? {
            return Ok(());
        }
        let mut result = self.send_detach(peer, via, false).await;
        let down =
            |failure: &GlusterFailure| failure.refusal().is_some_and(|text| text.contains("probably down"));
        if result.as_ref().is_err_and(down) && self.is_down_for_good(via, leave.retired).await? {
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

    /// Whether all peers that are down were taken out of service.
    async fn is_down_for_good(&self, via: &[Peer], retired: &[String]) -> Result<bool> {
        let status = self.gluster(via, &gluster::peer_status(&self.settings)).await?.stdout;
        let is_retired =
            |names: &Vec<&str>| names.iter().any(|name| retired.iter().any(|known| known == name));
        let down = gluster::disconnected(&status);
        Ok(!down.is_empty() && down.iter().all(is_retired))
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
    async fn may_leave(&self, peer: &Peer, via: &[Peer], unwanted: &[String]) -> Result<bool> {
        let there = self.volumes_on(peer, via).await?;
        let (own, others): (Vec<_>, Vec<_>) =
            there.into_iter().partition(|volume| unwanted.contains(&volume.name));
        if own.is_empty() && others.is_empty() {
            return Ok(true);
        }
        let status = self.gluster(via, &gluster::peer_status(&self.settings)).await?.stdout;
        // One that is not listed is no peer of the asked one, or that one by another name: gluster says so.
        let Some(is_up) = gluster::is_connected(&status, &peer.storage) else { return Ok(true) };
        if is_up && !others.is_empty() {
            stays(peer);
            return Ok(false);
        }
        if let Some(volume) = own.iter().find(|volume| is_up || !is_wholly_on(volume, peer)) {
            return Err(not_deleted(peer, &volume.name));
        }
        if others.is_empty() { Ok(true) } else { Err(kept(peer, &others)) }
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

fn not_deleted(peer: &Peer, volume: &str) -> StepError {
    let host = &peer.host;
    StepError::Refused {
        text: format!("{host} has bricks of volume {volume}, which is still being deleted"),
        explanation: format!(
            "the background deletes volume {volume}: see `GET /operations/pending`. Ask again when it is gone"
        ),
    }
}

fn kept(peer: &Peer, volumes: &[GlusterVolume]) -> StepError {
    let names: Vec<&str> = volumes.iter().map(|volume| volume.name.as_str()).collect();
    let (host, volumes) = (&peer.host, names.join(", "));
    StepError::Refused {
        text: format!("{host} is away, and gluster has bricks of other volumes on it: {volumes}"),
        explanation: format!(
            "as long as {host} is in the trusted pool and away, gluster deletes no volume, and it lets no peer go that has bricks. Put others in the place of its bricks (`gluster volume replace-brick VOLUME OLD NEW commit force`) or take them out (`gluster volume remove-brick VOLUME … force`) in {volumes}, or start {host}; then delete the node again"
        ),
    }
}
