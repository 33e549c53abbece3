//! Volumes: made, started, stopped, taken away.

use super::{change, volume_lock};
use crate::executor::command::Command;
use crate::executor::settings::PeerSettings;
use crate::model::durability::Durability;
use crate::model::step::{BrickAt, VolumePlan};

/// Sets that one `add-brick` of a distributed or replicated volume takes. Source: heketi.
const BRICKS_A_COMMAND: usize = 15;
const SETS_A_COMMAND: usize = 5;

/// Makes a volume of its first sets, and commands that add the others.
pub fn volume_create(settings: &PeerSettings, plan: &VolumePlan) -> Vec<Command> {
    let set = plan.durability.set_size();
    let per_command = match plan.durability {
        Durability::Distribute => BRICKS_A_COMMAND,
        Durability::Replicate(_) => set * SETS_A_COMMAND,
        Durability::Disperse { .. } => set,
    };
    let (first, rest) = plan.bricks.split_at(set.min(plan.bricks.len()));
    let lock = || volume_lock(plan.volume);
    let create = change(settings, lock()).args(["volume", "create", &plan.name]).args(layout(plan));
    let add = |bricks: &[BrickAt]| {
        change(settings, lock()).args(["volume", "add-brick", &plan.name]).args(places(bricks))
    };
    let mut commands = vec![create.args(places(first))];
    commands.extend(rest.chunks(per_command).map(add));
    commands
}

fn layout(plan: &VolumePlan) -> Vec<String> {
    let words: Vec<String> = match plan.durability {
        Durability::Distribute => return Vec::new(),
        Durability::Replicate(copies) => vec!["replica".to_owned(), copies.to_string()],
        Durability::Disperse { data, redundancy } => vec![
            "disperse-data".to_owned(),
            data.to_string(),
            "redundancy".to_owned(),
            redundancy.to_string(),
        ],
    };
    if plan.arbiter { [words, vec!["arbiter".to_owned(), "1".to_owned()]].concat() } else { words }
}

/// A brick as gluster names it.
pub fn place(brick: &BrickAt) -> String {
    format!("{}:{}", brick.storage, brick.path)
}

fn places(bricks: &[BrickAt]) -> Vec<String> {
    bricks.iter().map(place).collect()
}

/// Starts a volume.
pub fn volume_start(settings: &PeerSettings, plan: &VolumePlan) -> Command {
    change(settings, volume_lock(plan.volume)).args(["volume", "start", &plan.name])
}

/// Stops a volume, clients or not.
pub fn volume_stop(settings: &PeerSettings, plan: &VolumePlan) -> Command {
    change(settings, volume_lock(plan.volume)).args(["volume", "stop", &plan.name, "force"])
}

/// Takes a stopped volume away; its bricks keep what is on them.
pub fn volume_delete(settings: &PeerSettings, plan: &VolumePlan) -> Command {
    change(settings, volume_lock(plan.volume)).args(["volume", "delete", &plan.name])
}
