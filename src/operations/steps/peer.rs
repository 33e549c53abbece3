//! Peers: joined to the trusted pool and taken out of it.

use std::time::Duration;

use futures_util::future::join_all;

use super::{BETWEEN_LOOKS, GlusterFailure, Result, StepError, StepRunner};
use crate::executor::{RemoteError, gluster, system};
use crate::model::host::Host;
use crate::model::ids::NodeId;
use crate::model::step::{Peer, VolumePlan};

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
        let answer = result.map_err(|failure| not_joined(peer, failure))?;
        if answer.stdout.contains("localhost not needed") {
            return Err(same_peer(peer));
        }
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

    /// Whether a peer is in a trusted pool with others already. Asked on the peer itself: the others may know it by
    /// another name. Where it does not say, it counts as one that is.
    pub async fn is_in_a_pool(&self, host: &Host) -> bool {
        let output = self.run(host, &gluster::pool_list(&self.settings)).await;
        output.map_or(true, |output| gluster::pool_size(&output.stdout) > 1)
    }

    /// The nodes among those with bricks of a volume on which no glusterd works, or which the others do not see.
    pub async fn without_glusterd(&self, plan: &VolumePlan) -> Vec<NodeId> {
        let carries = |peer: &&Peer| plan.bricks.iter().any(|brick| brick.storage == peer.storage);
        let peers: Vec<&Peer> = plan.peers.iter().filter(carries).collect();
        let command = system::glusterd_is_active();
        let asked = join_all(peers.iter().map(|peer| self.run(&peer.host, &command))).await;
        let (up, down): (Vec<_>, Vec<_>) =
            peers.into_iter().zip(asked).partition(|(_, answer)| answer.is_ok());
        let mut missing: Vec<NodeId> = down.into_iter().map(|(peer, _)| peer.node).collect();
        let Some((first, _)) = up.first() else { return missing };
        if let Ok(status) = self.run(&first.host, &gluster::peer_status(&self.settings)).await {
            let unseen = |(peer, _): &&(&Peer, _)| !gluster::is_in_cluster(&status.stdout, &peer.storage);
            missing.extend(up.iter().skip(1).filter(unseen).map(|(peer, _)| peer.node));
        }
        missing
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
}

/// A name of a peer that is in the cluster under another one.
fn same_peer(peer: &Peer) -> StepError {
    let storage = &peer.storage;
    StepError::Refused {
        text: format!("peer probe: {storage} is a name of a node that was added already"),
        explanation: format!(
            "gluster says that {storage} is the very peer that was asked to join it. Give the address of another host, or leave this node out"
        ),
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
