//! Taking bricks out of volumes that are to go, where what they are on is gone for good: gluster deletes no volume while
//! a peer of its pool is down, and lets no peer go that has a part of one.

use super::brick::mount_point_of;
use super::volume_look::{Ownership, STAND_IN, carries, foreign, is_ours, stands_in};
use super::word::{Word, WordOf};
use super::written::Beside;
use super::{Result, SENDS, StepError, StepRunner};
use crate::executor::gluster::{self, place};
use crate::executor::{RemoteError, system};
use crate::model::ids::BrickId;
use crate::model::step::{BrickAt, ReplacePlan, VolumePlan};

/// What gluster has of a volume that bricks were to be taken out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::operations) enum TakenOut {
    /// The volume, without them.
    Out,
    /// No volume.
    Gone,
    /// The volume, all bricks of which are on a peer that does not answer: it goes with its peer.
    WithPeer,
}

/// Bricks that are gone, each with its id and its place.
type Lost<'a> = &'a [(BrickId, BrickAt)];

impl StepRunner {
    /// Takes those of the `lost` bricks out of a volume that gluster still has in it, and what stood in for others beside
    /// them. Nobody needs what is in the volume any more: of one whose create is `undone` that is looked at first. It may
    /// be started afterwards also where it was not.
    pub(in crate::operations) async fn take_out(
        &self,
        plan: &VolumePlan,
        lost: Lost<'_>,
        undone: bool,
    ) -> Result<TakenOut> {
        let Some(found) = self.look_anywhere(plan).await? else { return self.gone(plan).await };
        if !is_ours(&found, plan) {
            return Err(foreign(plan, None));
        }
        let leave: Vec<_> = found.bricks.iter().filter_map(|listed| leaving(listed, lost)).collect();
        let is_lost = |brick: &BrickAt| lost.iter().any(|(_, lost)| lost == brick);
        let stays = |brick: &&BrickAt| found.bricks.contains(&place(brick)) && !is_lost(brick);
        let stay: Vec<BrickAt> = plan.bricks.iter().filter(stays).cloned().collect();
        if leave.is_empty() {
            return Ok(TakenOut::Out);
        }
        if stay.is_empty() {
            return self.with_peer(plan, &leave).await;
        }
        if undone {
            self.refuse_written_where_up(&stay, Beside::of(plan.hosts_blocks)).await?;
        }
        if plan.durability.set_size() < 2 {
            return self.remove_bricks(plan, &leave).await;
        }
        // Gluster exchanges bricks of started volumes only.
        if !found.started {
            self.start_volume(plan).await?;
        }
        self.exchange(plan, &leave, &stay).await
    }

    /// Whose a volume is that is to go; it is missing where all peers with bricks of it say so. Where none of them can be asked
    /// the others are: gluster drops volumes with the peer that they are wholly on.
    pub(super) async fn ownership_of_unwanted(&self, plan: &VolumePlan) -> Result<Ownership> {
        let unheard = match self.ownership(plan).await {
            Err(away) if away.is_unreachable() => {
                let Word { found, mut unheard } = self.word_anywhere(plan).await?;
                if !found.is_empty() {
                    return Err(away);
                }
                self.gone(plan).await?;
                unheard.retain(|(peer, _)| carries(plan, peer));
                unheard
            }
            Ok(Ownership::Missing { unheard }) => unheard,
            known => return known,
        };
        self.all_were_heard(plan, WordOf::All, unheard, None).await?;
        Ok(Ownership::Missing { unheard: Vec::new() })
    }

    /// Others may be gone for good, too.
    async fn refuse_written_where_up(&self, bricks: &[BrickAt], beside: Beside) -> Result<()> {
        for brick in bricks {
            match self.refuse_written(std::slice::from_ref(brick), beside).await {
                Err(error) if !error.is_unreachable() => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Puts empty directories in the place of bricks: beside a brick that stays, in its file system, so that they go
    /// with it. Whatever its sets look like, gluster takes that; fewer bricks it takes only where all sets lose one.
    async fn exchange(&self, plan: &VolumePlan, leave: Lost<'_>, stay: &[BrickAt]) -> Result<TakenOut> {
        let mut refused = no_room(plan);
        for beside in stay {
            let mounted = self.is_mounted(&beside.host, &mount_point_of(&beside.path)).await;
            if !mounted.unwrap_or(false) {
                continue;
            }
            // Where its disk is gone it counts as mounted all the same: another one may do.
            match self.exchange_beside(plan, leave, beside).await {
                Ok(()) => return Ok(TakenOut::Out),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }

    async fn exchange_beside(&self, plan: &VolumePlan, leave: Lost<'_>, beside: &BrickAt) -> Result<()> {
        // What was exchanged in vain before is not there any more.
        let found = self.look_anywhere(plan).await?.map_or_else(Vec::new, |found| found.bricks);
        for (id, old) in leave.iter().filter(|(_, old)| found.contains(&place(old))) {
            let path = format!("{}/{}", mount_point_of(&beside.path), name_of(*id, old));
            let replace = ReplacePlan {
                volume: plan.clone(),
                old: old.clone(),
                new: BrickAt { path, ..beside.clone() },
                set: Vec::new(),
                required: 0,
                brick: *id,
            };
            self.replace_brick(&replace).await?;
        }
        Ok(())
    }

    /// That a volume is missing is believed of a peer that knows others: one that was re-installed knows nothing.
    async fn gone(&self, plan: &VolumePlan) -> Result<TakenOut> {
        for peer in &plan.peers {
            let listed = self.run(&peer.host, &gluster::pool_list(&self.settings)).await;
            if listed.is_ok_and(|output| gluster::pool_size(&output.stdout) > 1) {
                return Ok(TakenOut::Gone);
            }
        }
        Err(no_pool(plan))
    }

    async fn with_peer(&self, plan: &VolumePlan, leave: Lost<'_>) -> Result<TakenOut> {
        for (_, brick) in leave {
            match self.run(&brick.host, &system::glusterd_is_active()).await {
                Err(RemoteError::Unreachable { .. }) => {}
                Ok(_) | Err(RemoteError::Exited { .. }) => return Err(nothing_else(plan, leave)),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(TakenOut::WithPeer)
    }

    async fn remove_bricks(&self, plan: &VolumePlan, leave: Lost<'_>) -> Result<TakenOut> {
        let bricks: Vec<BrickAt> = leave.iter().map(|(_, brick)| brick.clone()).collect();
        let remove = gluster::remove_bricks(&self.settings, plan, &bricks);
        for _ in 0..SENDS {
            let Err(failure) = self.gluster(&plan.peers, &remove).await else { return Ok(TakenOut::Out) };
            let lists = |found: gluster::GlusterVolume| {
                bricks.iter().any(|brick| found.bricks.contains(&place(brick)))
            };
            if !self.agreed_look(plan).await?.is_some_and(lists) {
                return Ok(TakenOut::Out);
            }
            if !failure.is_unknown() {
                return Err(failure.into());
            }
        }
        Err(self.lost(plan, &remove))
    }
}

/// A brick that gluster lists, if it is one of the lost ones or stands in for another beside one.
fn leaving(listed: &str, lost: Lost<'_>) -> Option<(BrickId, BrickAt)> {
    let is_there = |brick: &BrickAt| listed == place(brick) || stands_in(listed, brick);
    let (id, brick) = lost.iter().find(|(_, brick)| is_there(brick))?;
    let path = listed.strip_prefix(&format!("{}:", brick.storage))?.to_owned();
    Some((*id, BrickAt { path, ..brick.clone() }))
}

/// The name of what stands in for a brick. What stood in for one already keeps its name.
fn name_of(id: BrickId, brick: &BrickAt) -> String {
    match brick.path.rsplit_once('/') {
        Some((_, name)) if name.starts_with(STAND_IN) => name.to_owned(),
        _ => format!("{STAND_IN}{id}"),
    }
}

fn no_room(plan: &VolumePlan) -> StepError {
    let name = &plan.name;
    StepError::InUse {
        text: format!("No brick of volume {name} can be reached"),
        explanation: format!(
            "volume {name} is to be taken away, and gluster lets a peer that is gone go only when the volume has other bricks in the place of those it had; none of the bricks that stay is on a peer that answers and mounted there. Start one of those peers and ask again"
        ),
    }
}

fn no_pool(plan: &VolumePlan) -> StepError {
    let name = &plan.name;
    StepError::InUse {
        text: format!("No peer knows whether there is a volume {name}"),
        explanation: format!(
            "volume {name} is to be taken away, and no peer that answers is in a pool with others, so that none can tell whether it is still there. Start the peers with its bricks, or look at `gluster pool list` on those that are up"
        ),
    }
}

fn nothing_else(plan: &VolumePlan, leave: Lost<'_>) -> StepError {
    let (name, bricks) =
        (&plan.name, leave.iter().map(|(_, brick)| place(brick)).collect::<Vec<_>>().join(" "));
    StepError::InUse {
        text: format!("Volume {name} has no bricks but those that are gone"),
        explanation: format!(
            "volume {name} is to be taken away and has only {bricks}, on a peer that is up; gluster removes no last brick, and deletes the volume when all peers of its pool are up. Look at `gluster peer status`, start those that are down or take them out of service first, and ask again"
        ),
    }
}
