//! What gluster has of a volume, and whose it is.

use futures_util::future::join_all;

use super::brick::mount_point_of;
use super::extend::missing;
use super::word::{Word, WordOf, still_runs};
use super::{BETWEEN_LOOKS, GlusterFailure, Result, StepError, StepRunner};
use crate::executor::RemoteError;
use crate::executor::command::Command;
use crate::executor::gluster::{self, GlusterVolume, SNAPSHOT_MOUNTS, place, stored_place};
use crate::model::step::{BrickAt, Peer, VolumePlan};

/// How many looks are waited for to agree with the one before.
pub(super) const LOOKS: u32 = 10;

impl StepRunner {
    pub(super) async fn look(&self, plan: &VolumePlan) -> Result<Option<GlusterVolume>> {
        Ok(self.word(plan).await?.first())
    }

    pub(super) async fn word(&self, plan: &VolumePlan) -> Result<Word<GlusterVolume>> {
        self.word_with(plan, &gluster::volume_info(&self.settings, Some(&plan.name))).await
    }

    /// The bricks of a volume as gluster lists them, set by set; none where no peer knows it.
    ///
    /// # Errors
    /// When no peer can say it.
    pub(in crate::operations) async fn look_at_volume(
        &self,
        plan: &VolumePlan,
    ) -> Result<Option<Vec<String>>> {
        Ok(self.look(plan).await?.map(|found| found.bricks))
    }

    /// Asks all peers with bricks at once: one that was re-installed, or is out of step, knows nothing.
    async fn word_with(&self, plan: &VolumePlan, command: &Command) -> Result<Word<GlusterVolume>> {
        self.word_of(plan.peers.iter().filter(|peer| carries(plan, peer)), plan, command).await
    }

    async fn word_of(
        &self,
        peers: impl Iterator<Item = &Peer>,
        plan: &VolumePlan,
        command: &Command,
    ) -> Result<Word<GlusterVolume>> {
        let asked = peers.map(async |peer| (peer.clone(), self.ask(peer, plan, command).await));
        Word::of(join_all(asked).await)
    }

    /// The same behind the volume's lock, also on the other peers: a command may have been sent through one of them. What
    /// they know counts as little as before.
    async fn locked_word(&self, plan: &VolumePlan, command: &Command) -> Result<Word<GlusterVolume>> {
        let others = plan.peers.iter().filter(|peer| !carries(plan, peer));
        let others = join_all(others.map(|peer| self.ask(peer, plan, command)));
        let (found, others) = futures_util::future::join(self.word_with(plan, command), others).await;
        match others.into_iter().filter_map(std::result::Result::err).find(still_runs) {
            Some(error) => Err(error),
            None => found,
        }
    }

    /// Asks all peers: those with bricks may be gone for good.
    pub(super) async fn look_anywhere(&self, plan: &VolumePlan) -> Result<Option<GlusterVolume>> {
        Ok(self.word_anywhere(plan).await?.first())
    }

    pub(super) async fn word_anywhere(&self, plan: &VolumePlan) -> Result<Word<GlusterVolume>> {
        let command = gluster::volume_info(&self.settings, Some(&plan.name));
        self.word_of(plan.peers.iter(), plan, &command).await
    }

    async fn ask(&self, peer: &Peer, plan: &VolumePlan, command: &Command) -> Result<Option<GlusterVolume>> {
        let output = match self.gluster(std::slice::from_ref(peer), command).await {
            Ok(output) => output.stdout,
            // With an error the answer is in the XML all the same.
            Err(GlusterFailure::Remote(RemoteError::Exited { stderr, .. }))
                if gluster::is_missing(&stderr) =>
            {
                return Ok(None);
            }
            Err(GlusterFailure::Remote(RemoteError::Exited { stdout, .. })) if !stdout.is_empty() => stdout,
            Err(failure) => return Err(failure.into()),
        };
        let found = gluster::parse_volume_info(&output)
            .ok_or_else(|| StepError::unreadable(&peer.host, command, &output))?;
        Ok(found.into_iter().find(|volume| volume.name == plan.name))
    }

    /// Looks until two looks, a pause apart, say the same; where none do, it is to be looked at again later.
    pub(super) async fn agreed_look(&self, plan: &VolumePlan) -> Result<Option<GlusterVolume>> {
        Ok(self.agreed_word(plan).await?.first())
    }

    /// The same where it counts that gluster has no such volume: then nobody may be away who can know better.
    pub(super) async fn certain_look(
        &self,
        plan: &VolumePlan,
        whose: WordOf<'_>,
    ) -> Result<Option<GlusterVolume>> {
        let Word { found, unheard } = self.agreed_word(plan).await?;
        if found.is_empty() {
            self.all_were_heard(plan, whose, unheard, None).await?;
        }
        Ok(found.into_iter().next())
    }

    /// The same where it also counts which bricks are not in it.
    pub(super) async fn certain_look_at_bricks(
        &self,
        plan: &VolumePlan,
        whose: WordOf<'_>,
    ) -> Result<Option<GlusterVolume>> {
        let Word { found, unheard } = self.agreed_word(plan).await?;
        if found.iter().any(|one| one.bricks != found[0].bricks) {
            return Err(disputed(plan));
        }
        self.all_were_heard(plan, whose, unheard, found.first()).await?;
        Ok(found.into_iter().next())
    }

    async fn agreed_word(&self, plan: &VolumePlan) -> Result<Word<GlusterVolume>> {
        // Behind the lock: a command line that outlived us, or our connection, has ended by then. What glusterd still
        // does for it is what the second look is for.
        let command = gluster::volume_info(&self.settings, Some(&plan.name));
        let mut last = self.locked_word(plan, &command.behind(gluster::volume_lock(plan.volume))).await?;
        let silent = std::mem::take(&mut last.unheard);
        for _ in 0..LOOKS {
            tokio::time::sleep(BETWEEN_LOOKS).await;
            let now = self.word(plan).await?;
            if now.found.first() == last.found.first() {
                return Ok(now.after(silent));
            }
            last = now;
        }
        Err(unsettled(plan))
    }

    /// The refusal to work on a volume that nobody has; where somebody who says nothing may have it, that.
    pub(super) async fn missing(&self, plan: &VolumePlan, unheard: Vec<(Peer, StepError)>) -> StepError {
        match self.all_were_heard(plan, WordOf::All, unheard, None).await {
            Ok(()) => missing(plan),
            Err(error) => error,
        }
    }

    /// Whose the volume of that name is, by glusterd's own file where it can be read: that is ten times as fast as
    /// asking, and a delete waits for it.
    pub(super) async fn ownership(&self, plan: &VolumePlan) -> Result<Ownership> {
        if let Some(peer) = plan.peers.first()
            && let Ok(output) = self.run(&peer.host, &gluster::stored_info(&plan.name)).await
        {
            let bricks = gluster::parse_stored_bricks(&output.stdout);
            let ours: Vec<String> = plan.bricks.iter().map(stored_place).collect();
            if !bricks.is_empty() && bricks.iter().all(|brick| ours.iter().any(|own| own == brick)) {
                return Ok(Ownership::Ours);
            }
        }
        let Word { found, unheard } = self.word(plan).await?;
        Ok(match found.first() {
            None => Ownership::Missing { unheard },
            Some(found) if is_ours(found, plan) => Ownership::Ours,
            Some(_) => Ownership::Foreign,
        })
    }
}

/// The peers that changes of a volume's bricks are sent through. What one of them alone has carried out is looked for on these.
pub(super) fn carriers(plan: &VolumePlan) -> Vec<Peer> {
    plan.peers.iter().filter(|peer| carries(plan, peer)).cloned().collect()
}

/// Whether a peer has bricks of a volume.
pub(super) fn carries(plan: &VolumePlan, peer: &Peer) -> bool {
    plan.bricks.iter().any(|brick| brick.storage == peer.storage)
}

fn disputed(plan: &VolumePlan) -> StepError {
    let name = &plan.name;
    StepError::InUse {
        text: format!("The peers say different things of the bricks of volume {name}"),
        explanation: format!(
            "what `gluster volume info {name}` lists is not the same on all peers, so that nobody can tell which bricks may go; it is looked at again later. Where it stays so, `gluster peer status` shows which peer is rejected: restart glusterd there"
        ),
    }
}

fn unsettled(plan: &VolumePlan) -> StepError {
    let name = &plan.name;
    StepError::InUse {
        text: format!("Volume {name} is being changed"),
        explanation: format!(
            "gluster said something else of volume {name} at each of {LOOKS} looks, so something works on it. It is looked at again later; `gluster volume info {name}` shows it"
        ),
    }
}

/// Whose a volume of some name is.
pub(super) enum Ownership {
    Ours,
    Foreign,
    /// As far as those know that were heard.
    Missing {
        unheard: Vec<(Peer, StepError)>,
    },
}

/// A volume is ours if it has no bricks but those we made for it, or what stands in for lost ones, and does not carry the id of another one. One
/// without any brick could be anybody's. heketi leaves its clones the id of what they are copies of; where gluster has put
/// their bricks, nobody else's can be.
pub(super) fn is_ours(found: &GlusterVolume, plan: &VolumePlan) -> bool {
    let ours: Vec<String> = plan.bricks.iter().map(place).collect();
    let is_own =
        |listed: &String| ours.contains(listed) || plan.bricks.iter().any(|brick| stands_in(listed, brick));
    let id = plan.volume.to_string();
    !found.bricks.is_empty()
        && found.bricks.iter().all(is_own)
        && (found.option(gluster::ID_OPTION).is_none_or(|own| own == id)
            || plan.bricks.iter().all(is_of_clone))
}

/// How the directory is called that stands in for a lost brick, before the id of that.
pub(super) const STAND_IN: &str = "standin_";

/// Whether a brick that gluster lists is a directory of ours beside another brick, in the place of one that was lost.
pub(super) fn stands_in(listed: &str, beside: &BrickAt) -> bool {
    let mount = format!("{}:{}/", beside.storage, mount_point_of(&beside.path));
    listed.strip_prefix(&mount).and_then(|name| name.strip_prefix(STAND_IN)).is_some()
}

fn is_of_clone(brick: &BrickAt) -> bool {
    mount_point_of(&brick.path).starts_with(SNAPSHOT_MOUNTS)
}

/// The refusal to touch a volume of somebody else.
pub(super) fn foreign(plan: &VolumePlan, refusal: Option<String>) -> StepError {
    let name = &plan.name;
    StepError::Refused {
        text: refusal
            .map_or_else(|| format!("volume {name} has other bricks"), |text| text.trim().to_owned()),
        explanation: format!(
            "the trusted pool has a volume {name} with bricks that this server did not make; it was left alone. Choose another name"
        ),
    }
}
