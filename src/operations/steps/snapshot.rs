//! Snapshots of volumes: they are there only while a clone is made of them.

use futures_util::future::join_all;

use super::clone::copy_of;
use super::volume_look::{LOOKS, Ownership, carries, foreign};
use super::word::{Word, WordOf};
use super::{BETWEEN_LOOKS, GlusterFailure, Result, SENDS, StepError, StepRunner};
use crate::executor::RemoteError;
use crate::executor::command::Command;
use crate::executor::gluster::{self, Snapshot};
use crate::model::ids::NodeId;
use crate::model::step::{ClonePlan, Peer};

impl StepRunner {
    /// Takes the snapshot, unless gluster has a volume of the clone's name: once it is taken, one that is of it is
    /// ours.
    pub(super) async fn snapshot_volume(&self, plan: &ClonePlan) -> Result<()> {
        match self.ownership(&plan.source).await? {
            Ownership::Ours => {}
            Ownership::Foreign => return Err(foreign(&plan.source, None)),
            Ownership::Missing { unheard } => return Err(self.missing(&plan.source, unheard).await),
        }
        if self.look(&copy_of(plan)).await?.is_some() {
            return Err(name_taken(plan));
        }
        self.take_snapshot(plan).await
    }

    async fn take_snapshot(&self, plan: &ClonePlan) -> Result<()> {
        let create = gluster::snapshot_create(&self.settings, plan);
        let what = format!("create snapshot of volume {}", plan.source.name);
        for _ in 0..SENDS {
            let Err(failure) = self.gluster(&plan.source.peers, &create).await else { return Ok(()) };
            let exists = failure.refusal().is_some_and(|text| text.contains("already exists"));
            if !failure.is_unknown() && !exists {
                return Err(failed(&what, failure));
            }
            match self.agreed_snapshot(plan).await? {
                Some(found) if found.volume == plan.source.name => return Ok(()),
                None if failure.is_unknown() => {}
                _ => return Err(failed(&what, failure)),
            }
        }
        Err(self.lost(&plan.source, &create))
    }

    /// Takes the snapshot away; one that is gone already is fine.
    pub(super) async fn drop_snapshot(&self, plan: &ClonePlan) -> Result<()> {
        // Its bricks are unmounted so. Whatever comes of it: what counts is whether it is gone in the end.
        let deactivate = gluster::snapshot_deactivate(&self.settings, plan);
        drop(self.gluster(&plan.source.peers, &deactivate).await);
        let delete = gluster::snapshot_delete(&self.settings, plan);
        for _ in 0..SENDS {
            let Err(failure) = self.gluster(&plan.source.peers, &delete).await else { return Ok(()) };
            let gone = failure.refusal().as_deref().is_some_and(gluster::is_snapshot_missing);
            if !failure.is_unknown() && !gone {
                return Err(failed(&format!("delete snapshot {}", plan.snapshot), failure));
            }
            if self.agreed_snapshot(plan).await?.is_none() {
                return Ok(());
            }
        }
        Err(self.lost(&plan.source, &delete))
    }

    pub(super) async fn unsnapshot_volume(&self, plan: &ClonePlan, retired: &[NodeId]) -> Result<()> {
        match self.certain_snapshot(plan, retired).await? {
            Some(found) if found.volume == plan.source.name => self.drop_snapshot(plan).await,
            _ => Ok(()),
        }
    }

    /// Looks until two looks, a pause apart, say the same; behind the lock, as with volumes.
    pub(super) async fn agreed_snapshot(&self, plan: &ClonePlan) -> Result<Option<Snapshot>> {
        Ok(self.agreed_word_of_snapshot(plan).await?.first())
    }

    /// The same where it counts that there is none.
    async fn certain_snapshot(&self, plan: &ClonePlan, retired: &[NodeId]) -> Result<Option<Snapshot>> {
        let Word { found, mut unheard } = self.agreed_word_of_snapshot(plan).await?;
        if found.is_empty() {
            // What glusterd keeps of snapshots is not looked at: on a peer that is up it is started again soon.
            unheard.retain(|(peer, _)| carries(&plan.source, peer));
            self.all_were_heard(&plan.source, WordOf::AllBut(retired), unheard, None).await?;
        }
        Ok(found.into_iter().next())
    }

    async fn agreed_word_of_snapshot(&self, plan: &ClonePlan) -> Result<Word<Snapshot>> {
        let info = gluster::snapshot_info(&self.settings, plan);
        let behind = info.clone().behind(gluster::volume_lock(plan.source.volume));
        let mut last = self.word_of_snapshot(plan, &behind).await?;
        let silent = std::mem::take(&mut last.unheard);
        for _ in 0..LOOKS {
            tokio::time::sleep(BETWEEN_LOOKS).await;
            let now = self.word_of_snapshot(plan, &info).await?;
            if now.found.first() == last.found.first() {
                return Ok(now.after(silent));
            }
            last = now;
        }
        Ok(last.after(silent))
    }

    async fn word_of_snapshot(&self, plan: &ClonePlan, command: &Command) -> Result<Word<Snapshot>> {
        let peers = plan.source.peers.iter();
        let asked = peers.map(async |peer| (peer.clone(), self.ask_for_snapshot(peer, command).await));
        Word::of(join_all(asked).await)
    }

    async fn ask_for_snapshot(&self, peer: &Peer, command: &Command) -> Result<Option<Snapshot>> {
        match self.gluster(std::slice::from_ref(peer), command).await {
            Ok(output) => gluster::parse_snapshot_info(&output.stdout)
                .map(Some)
                .ok_or_else(|| StepError::unreadable(&peer.host, command, &output.stdout)),
            Err(failure) if failure.refusal().as_deref().is_some_and(gluster::is_snapshot_missing) => {
                Ok(None)
            }
            Err(failure) => Err(failure.into()),
        }
    }
}

/// gluster's refusal in heketi's words.
pub(super) fn failed(what: &str, failure: GlusterFailure) -> StepError {
    let GlusterFailure::Remote(RemoteError::Exited { host, stderr, .. }) = &failure else {
        return failure.into();
    };
    let words = stderr.trim();
    let text = format!("Failed to {what}: {words}");
    let explanation = format!(
        "gluster on {host} refused to {what}: {words}. Look at `gluster volume status`; ask again when what it says is mended"
    );
    if gluster::is_peer_down(words) {
        StepError::InUse { text, explanation }
    } else {
        StepError::Refused { text, explanation }
    }
}

/// The refusal to clone under a name that gluster knows already.
pub(super) fn name_taken(plan: &ClonePlan) -> StepError {
    let name = &plan.name;
    StepError::Refused {
        text: format!("Volume with name:{name} already exists"),
        explanation: format!(
            "the trusted pool has a volume {name} that is no clone of this server; it was left alone. Choose another name"
        ),
    }
}
