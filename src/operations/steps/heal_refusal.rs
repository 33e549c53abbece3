//! Why a brick may not go yet, or cannot be healed, in heketi's words where it has some.

use super::StepError;
use crate::executor::gluster::place;
use crate::model::step::ReplacePlan;

pub(super) fn undetermined(plan: &ReplacePlan, stranger: &str) -> StepError {
    let name = &plan.volume.name;
    StepError::Refused {
        text: "Unable to determine heal status of brick".to_owned(),
        explanation: format!(
            "volume {name} has a brick {stranger} that this server does not know, so nothing was replaced. Look at `gluster volume info {name}`"
        ),
    }
}

pub(super) fn is_source(plan: &ReplacePlan) -> StepError {
    let (name, old) = (&plan.volume.name, place(&plan.old));
    StepError::Refused {
        text: format!("Cannot replace brick {} as it is source brick for data to be healed", plan.brick),
        explanation: format!(
            "volume {name} is not healed, and {old} may hold the only good copy of a file, so it was left in its place. Wait until `gluster volume heal {name} info` lists no entries, then ask again"
        ),
    }
}

pub(super) fn too_few(plan: &ReplacePlan, online: usize) -> StepError {
    let (id, needed, old) = (plan.brick, plan.required, place(&plan.old));
    StepError::Refused {
        text: format!(
            "Cannot replace brick {id} as only {online} of {needed} required peer bricks are online"
        ),
        explanation: format!(
            "what {old} holds has to be healed from the other bricks of its set, and {online} of them are online where {needed} are needed; it was left in its place. Look at `gluster volume status {}` and start what is down",
            plan.volume.name
        ),
    }
}

pub(super) fn stays_offline(plan: &ReplacePlan) -> StepError {
    let (name, new) = (&plan.volume.name, place(&plan.new));
    StepError::InUse {
        text: format!("Brick {new} of volume {name} is offline: gluster cannot heal it"),
        explanation: format!(
            "{new} has taken the place of {} in volume {name}, and is offline before all has been healed onto it. It is waited for in the background. Look at `gluster volume status {name}` and bring it back; if its disk is gone for good, set its device offline and then failed, which moves it on",
            place(&plan.old)
        ),
    }
}

pub(super) fn without_source(plan: &ReplacePlan) -> StepError {
    let (name, new, old) = (&plan.volume.name, place(&plan.new), place(&plan.old));
    StepError::InUse {
        text: format!("Nothing that brick {new} of volume {name} could be healed from is online"),
        explanation: format!(
            "{new} has taken the place of {old} in volume {name}, and the other bricks of its set went offline before all was healed onto it. {old} is kept until it is: it may hold the only good copy. It is waited for in the background. Look at `gluster volume status {name}` and bring the others back"
        ),
    }
}

pub(super) fn is_stopped(plan: &ReplacePlan) -> StepError {
    let (name, new, old) = (&plan.volume.name, place(&plan.new), place(&plan.old));
    StepError::InUse {
        text: format!("Volume {name} is stopped: gluster does not heal it"),
        explanation: format!(
            "{new} has taken the place of {old} in volume {name}, which was stopped before all was healed onto it. {old} is kept until it is. It is waited for in the background. Start the volume: `gluster volume start {name}`"
        ),
    }
}

/// heketi's text, and what to do.
pub(super) fn no_heal_info(plan: &ReplacePlan, words: &str) -> (String, String) {
    let (name, words) = (&plan.volume.name, words.trim());
    let text = format!("Unable to get heal info of volume : {name} : {words}");
    let explanation = format!(
        "gluster does not say what is to be healed of volume {name}: {words}. Look at `gluster volume heal {name} info` on a peer, and ask again when it lists the bricks"
    );
    (text, explanation)
}
