//! Putting a brick in the place of another one. Gluster does it at once; what the new one is to hold is healed onto it
//! afterwards.

use super::extend::missing;
use super::volume_look::{carriers, foreign, is_ours};
use super::word::{Word, WordOf};
use super::{Result, SENDS, StepError, StepRunner};
use crate::executor::gluster::{self, GlusterVolume, place};
use crate::model::ids::NodeId;
use crate::model::step::{ReplacePlan, VolumePlan};

/// Which of the two bricks a volume has.
enum Held {
    Old,
    New,
    Neither,
}

impl StepRunner {
    pub(super) async fn replace_brick(&self, plan: &ReplacePlan) -> Result<()> {
        let either = either(plan);
        let Word { found, unheard } = self.word(&either).await?;
        let Some(found) = found.into_iter().next() else {
            return Err(self.missing(&plan.volume, unheard).await);
        };
        if !is_ours(&found, &either) {
            return Err(foreign(&plan.volume, None));
        }
        match held(&found, plan) {
            Held::New => Ok(()),
            Held::Old => self.send_replace(plan, &either).await,
            Held::Neither => Err(neither(plan)),
        }
    }

    async fn send_replace(&self, plan: &ReplacePlan, either: &VolumePlan) -> Result<()> {
        let replace = gluster::replace_brick(&self.settings, plan);
        for _ in 0..SENDS {
            let Err(failure) = self.gluster(&carriers(either), &replace).await else { return Ok(()) };
            let refusal = failure.refusal();
            // Sent twice, the second one does not find the old brick, or finds the new one in use.
            let smells = |text: &str| gluster::is_existing(text) || text.contains("does not exist in volume");
            if !failure.is_unknown() && !refusal.as_deref().is_some_and(smells) {
                return Err(failure.into());
            }
            match self.agreed_look(either).await? {
                Some(found) if matches!(held(&found, plan), Held::New) => return Ok(()),
                Some(_) if failure.is_unknown() => {}
                Some(_) => return Err(failure.into()),
                None => return Err(missing(&plan.volume)),
            }
        }
        Err(self.lost(&plan.volume, &replace))
    }

    /// There is nothing to undo as long as gluster has the old brick, and no way back once it has the new one: what
    /// was written since then is not on the old one.
    pub(super) async fn unreplace_brick(&self, plan: &ReplacePlan, retired: &[NodeId]) -> Result<()> {
        // A volume that is gone uses neither of them.
        let looked = self.certain_look_at_bricks(&either(plan), WordOf::AllBut(retired)).await?;
        let Some(found) = looked else { return Ok(()) };
        match held(&found, plan) {
            Held::Old => Ok(()),
            Held::New => Err(StepError::Irreversible),
            Held::Neither => Err(neither(plan)),
        }
    }
}

/// The volume with both bricks: whichever of them it has, it is ours.
fn either(plan: &ReplacePlan) -> VolumePlan {
    let bricks = plan.volume.bricks.iter().chain([&plan.old, &plan.new]).cloned().collect();
    VolumePlan { bricks, ..plan.volume.clone() }
}

fn held(found: &GlusterVolume, plan: &ReplacePlan) -> Held {
    let lists = |brick| found.bricks.contains(&place(brick));
    match (lists(&plan.new), lists(&plan.old)) {
        (true, _) => Held::New,
        (false, true) => Held::Old,
        (false, false) => Held::Neither,
    }
}

fn neither(plan: &ReplacePlan) -> StepError {
    let (name, old, new) = (&plan.volume.name, place(&plan.old), place(&plan.new));
    StepError::Refused {
        text: format!("Volume {name} has neither brick {old} nor brick {new}"),
        explanation: format!(
            "somebody else has changed the bricks of volume {name}, so nobody here can tell which of {old} and {new} may go; both were left as they are. Look at `gluster volume info {name}` and put one of them back with `gluster volume replace-brick`"
        ),
    }
}
