//! Peers: joined to the trusted pool and taken out of it.

use std::time::Duration;

use tracing::info;

use super::{BETWEEN_LOOKS, GlusterFailure, Result, StepError, StepRunner};
use crate::executor::{RemoteError, gluster, system};
use crate::model::step::Peer;

/// How long a new peer may take until it is wholly in the pool.
const JOIN_WITHIN: Duration = Duration::from_secs(60);

impl StepRunner {
    /// Joins a peer. The first node of a cluster has nobody to join; its glusterd must run.
    pub(super) async fn probe_peer(&self, peer: &Peer, via: &[Peer]) -> Result<()> {
        if via.is_empty() {
            return self.check_glusterd(peer).await;
        }
        let probe = gluster::peer_probe(&self.settings, &peer.storage);
        let mut result = self.gluster(via, &probe).await;
        if result.as_ref().is_err_and(GlusterFailure::is_unknown) {
            result = self.gluster(via, &probe).await;
        }
        result.map_err(|failure| not_joined(peer, failure))?;
        self.wait_until_joined(peer, via).await?;
        if self.settings.snapshot_limit > 0 {
            self.gluster(via, &gluster::snapshot_limit(&self.settings)).await?;
        }
        Ok(())
    }

    async fn check_glusterd(&self, peer: &Peer) -> Result<()> {
        match self.run(&peer.host, &system::glusterd_is_active()).await {
            Ok(_) => Ok(()),
            Err(RemoteError::Exited { .. }) => Err(StepError::Refused {
                text: "New Node doesn't have glusterd running".to_owned(),
                explanation: format!(
                    "glusterd does not run on {}. Start it there (`systemctl start glusterd`)",
                    peer.host
                ),
            }),
            Err(error) => Err(error.into()),
        }
    }

    /// A peer that is only half in the pool cannot carry bricks yet.
    async fn wait_until_joined(&self, peer: &Peer, via: &[Peer]) -> Result<()> {
        let status = gluster::peer_status(&self.settings);
        let joined = async {
            loop {
                let output = self.gluster(via, &status).await?;
                if gluster::is_in_cluster(&output.stdout, &peer.storage) {
                    return Ok(());
                }
                tokio::time::sleep(BETWEEN_LOOKS).await;
            }
        };
        tokio::time::timeout(JOIN_WITHIN, joined).await.unwrap_or_else(|_| {
            Err(StepError::Refused {
                text: format!("peer probe: {} did not join the trusted pool", peer.storage),
                explanation: format!(
                    "{} was probed but is not `Peer in Cluster (Connected)` after {} s. Look at `gluster peer status` and at the firewall between the peers (port 24007)",
                    peer.storage,
                    JOIN_WITHIN.as_secs()
                ),
            })
        })
    }

    /// Takes a peer out of the pool, unless it carries bricks of others: then it stays.
    pub(super) async fn detach_peer(&self, peer: &Peer, via: &[Peer]) -> Result<()> {
        if via.is_empty() {
            return Ok(());
        }
        let detach = gluster::peer_detach(&self.settings, &peer.storage);
        let mut result = self.gluster(via, &detach).await;
        if result.as_ref().is_err_and(GlusterFailure::is_unknown) {
            result = self.gluster(via, &detach).await;
        }
        let Err(failure) = result else { return Ok(()) };
        let refusal = failure.refusal().unwrap_or_default();
        if refusal.contains("is not part of cluster") {
            return Ok(());
        }
        if refusal.contains("exist in cluster") || refusal.contains("hosts one or more bricks") {
            info!("{} carries bricks of other volumes and stays in the trusted pool", peer.storage);
            return Ok(());
        }
        Err(failure.into())
    }
}

/// Says what to do about gluster's two common refusals of a probe; the text stays gluster's.
fn not_joined(peer: &Peer, failure: GlusterFailure) -> StepError {
    let (host, storage) = (&peer.host, &peer.storage);
    let refusal = failure.refusal().unwrap_or_default();
    let explanation = if refusal.contains("endpoint is not connected") {
        format!(
            "glusterd on {storage} does not answer. Start it on {host} (`systemctl start glusterd`) and open port 24007 between the peers"
        )
    } else if refusal.contains("part of another cluster") {
        format!(
            "{storage} is in another trusted pool, or has volumes of its own; it was left alone. Detach it there first (`gluster peer detach {storage}`), or give another host"
        )
    } else {
        return failure.into();
    };
    let error = StepError::from(failure);
    StepError::Refused { text: error.text(), explanation }
}
