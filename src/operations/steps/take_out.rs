//! Taking bricks out of volumes that are to go, where what they are on is gone for good: gluster deletes no volume while
//! a peer of its pool is down, and lets no peer go that has bricks.

use std::path::Path;

use super::brick::mount_point_of;
use super::volume_look::is_ours;
use super::{Result, SENDS, StepError, StepRunner};
use crate::executor::filesystem;
use crate::executor::gluster::{self, place};
use crate::model::ids::BrickId;
use crate::model::step::{BrickAt, ReplacePlan, VolumePlan};

/// What gluster has of a volume that bricks were taken out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::operations) enum TakenOut {
    /// The volume, without them.
    Out,
    /// No volume, or somebody else's.
    Gone,
}

impl StepRunner {
    /// Takes those of the `lost` bricks out of a volume that gluster still has in it. Nobody needs what is in the volume
    /// any more. It may be started afterwards also where it was not.
    pub(in crate::operations) async fn take_out(
        &self,
        plan: &VolumePlan,
        lost: &[(BrickId, BrickAt)],
    ) -> Result<TakenOut> {
        let found = self.look_anywhere(plan).await?.filter(|found| is_ours(found, plan));
        let Some(found) = found else { return Ok(TakenOut::Gone) };
        let lists = |brick: &BrickAt| found.bricks.contains(&place(brick));
        let leave: Vec<_> = lost.iter().filter(|(_, brick)| lists(brick)).cloned().collect();
        if leave.is_empty() {
            return Ok(TakenOut::Out);
        }
        let is_lost = |brick: &&BrickAt| lost.iter().any(|(_, lost)| lost == *brick);
        let stay: Vec<&BrickAt> =
            plan.bricks.iter().filter(|brick| lists(brick) && !is_lost(brick)).collect();
        if plan.durability.set_size() < 2 {
            self.remove_bricks(plan, &leave, &stay).await?;
            return Ok(TakenOut::Out);
        }
        let Some(beside) = self.first_mounted(&stay).await else { return Err(no_room(plan)) };
        // Gluster exchanges bricks of started volumes only.
        if !found.started {
            self.start_volume(plan).await?;
        }
        self.exchange(plan, &leave, beside).await.map(|()| TakenOut::Out)
    }

    /// Puts empty directories in the place of bricks: beside a brick that stays, in its file system, so that they go
    /// with it. Whatever its sets look like, gluster takes that; fewer bricks it takes only where all sets lose one.
    async fn exchange(
        &self,
        plan: &VolumePlan,
        leave: &[(BrickId, BrickAt)],
        beside: &BrickAt,
    ) -> Result<()> {
        for (id, old) in leave {
            let path = format!("{}/{}", mount_point_of(&beside.path), name_of(old));
            let new = BrickAt { path, ..beside.clone() };
            let replace = ReplacePlan {
                volume: plan.clone(),
                old: old.clone(),
                new,
                set: Vec::new(),
                required: 0,
                brick: *id,
            };
            self.replace_brick(&replace).await?;
        }
        Ok(())
    }

    async fn remove_bricks(
        &self,
        plan: &VolumePlan,
        leave: &[(BrickId, BrickAt)],
        stay: &[&BrickAt],
    ) -> Result<()> {
        if stay.is_empty() {
            return Err(nothing_else(plan, leave));
        }
        let bricks: Vec<BrickAt> = leave.iter().map(|(_, brick)| brick.clone()).collect();
        let remove = gluster::remove_bricks(&self.settings, plan, &bricks);
        for _ in 0..SENDS {
            let Err(failure) = self.gluster(&plan.peers, &remove).await else { return Ok(()) };
            let lists = |found: gluster::GlusterVolume| {
                bricks.iter().any(|brick| found.bricks.contains(&place(brick)))
            };
            if !self.agreed_look(plan).await?.is_some_and(lists) {
                return Ok(());
            }
            if !failure.is_unknown() {
                return Err(failure.into());
            }
        }
        Err(self.lost(plan, &remove))
    }

    /// The first brick whose peer answers and has it mounted.
    async fn first_mounted<'a>(&self, bricks: &[&'a BrickAt]) -> Option<&'a BrickAt> {
        for &brick in bricks {
            let mounts = self.run(&brick.host, &filesystem::mounts()).await;
            if mounts.is_ok_and(|output| filesystem::is_mounted(&output.stdout, &mount_point_of(&brick.path)))
            {
                return Some(brick);
            }
        }
        None
    }
}

/// The last part of where a brick is mounted, which has its id.
fn name_of(brick: &BrickAt) -> String {
    let above = mount_point_of(&brick.path);
    Path::new(&above)
        .file_name()
        .map_or_else(|| "brick".to_owned(), |name| name.to_string_lossy().into_owned())
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

fn nothing_else(plan: &VolumePlan, leave: &[(BrickId, BrickAt)]) -> StepError {
    let (name, bricks) =
        (&plan.name, leave.iter().map(|(_, brick)| place(brick)).collect::<Vec<_>>().join(" "));
    StepError::Refused {
        text: format!("Volume {name} has no bricks but those that are gone"),
        explanation: format!(
            "volume {name} is to be taken away, has no copies, and is nowhere else than on {bricks}; gluster removes no last brick. On a peer that is up run `gluster volume add-brick {name} PEER:/run/{name} force`, `gluster volume remove-brick {name} {bricks} force` and, when the peer that is gone has been detached, `gluster volume delete {name}`; then ask again"
        ),
    }
}
