//! Volumes: made, grown, mended, started, stopped, taken away.

use super::{change, volume_lock};
use crate::executor::command::Command;
use crate::executor::settings::PeerSettings;
use crate::model::durability::Durability;
use crate::model::step::{BrickAt, ReplacePlan, VolumePlan};

/// Sets that one `add-brick` of a distributed or replicated volume takes. Source: heketi.
const BRICKS_A_COMMAND: usize = 15;
const SETS_A_COMMAND: usize = 5;

/// Makes a volume of its first sets, and commands that add the others.
pub fn volume_create(settings: &PeerSettings, plan: &VolumePlan) -> Vec<Command> {
    let set = plan.durability.set_size();
    let (first, rest) = plan.bricks.split_at(set.min(plan.bricks.len()));
    let create = change(settings, volume_lock(plan.volume)).args(["volume", "create", &plan.name]);
    let mut commands = vec![create.args(layout(plan)).args(places(first))];
    commands.extend(add_bricks(settings, plan, rest));
    commands
}

/// Adds whole sets to a volume, in as many commands as it takes.
pub fn add_bricks(settings: &PeerSettings, plan: &VolumePlan, added: &[BrickAt]) -> Vec<Command> {
    let set = plan.durability.set_size();
    let per_command = match plan.durability {
        Durability::Distribute => BRICKS_A_COMMAND,
        Durability::Replicate(_) => set * SETS_A_COMMAND,
        Durability::Disperse { .. } => set,
    };
    let add = |bricks: &[BrickAt]| {
        change(settings, volume_lock(plan.volume))
            .args(["volume", "add-brick", &plan.name])
            .args(places(bricks))
    };
    added.chunks(per_command.max(1)).map(add).collect()
}

/// Puts a brick in the place of another one at once; what it is to hold is healed onto it afterwards.
pub fn replace_brick(settings: &PeerSettings, plan: &ReplacePlan) -> Command {
    change(settings, volume_lock(plan.volume.volume))
        .args(["volume", "replace-brick", &plan.volume.name])
        .args([place(&plan.old), place(&plan.new)])
        .args(["commit", "force"])
}

/// Takes bricks out of a volume without copies at once, with what is in them.
pub fn remove_bricks(settings: &PeerSettings, plan: &VolumePlan, bricks: &[BrickAt]) -> Command {
    change(settings, volume_lock(plan.volume))
        .args(["volume", "remove-brick", &plan.name])
        .args(places(bricks))
        .args(["force"])
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::host::Host;

    fn plan(durability: Durability, bricks: usize) -> VolumePlan {
        let brick =
            |n| BrickAt { host: Host::nobody(), storage: format!("s{n}"), path: format!("/b{n}/brick") };
        VolumePlan {
            volume: "e".repeat(32).parse().unwrap(),
            name: "v".to_owned(),
            durability,
            arbiter: false,
            bricks: (0..bricks).map(brick).collect(),
            options: Vec::new(),
            peers: Vec::new(),
            hosts_blocks: false,
        }
    }

    #[test]
    fn sets_are_added_in_as_many_commands_as_heketi_takes() {
        let check = |durability, bricks: usize, expected: &[usize]| {
            let plan = plan(durability, bricks);
            let commands = add_bricks(&PeerSettings::default(), &plan, &plan.bricks);
            let counts: Vec<usize> = commands.iter().map(|command| command.arguments().len() - 5).collect();
            assert_eq!(counts, expected, "{durability:?}");
        };
        check(Durability::Distribute, 17, &[15, 2]);
        check(Durability::Replicate(3), 18, &[15, 3]);
        check(Durability::Replicate(2), 12, &[10, 2]);
        check(Durability::Disperse { data: 4, redundancy: 2 }, 12, &[6, 6]);
        check(Durability::Replicate(3), 0, &[]);
    }

    #[test]
    fn a_brick_is_replaced_under_the_lock_of_its_volume() {
        let volume = plan(Durability::Replicate(3), 4);
        let (old, new) = (volume.bricks[0].clone(), volume.bricks[3].clone());
        let set = volume.bricks[..3].to_vec();
        let plan = ReplacePlan { volume, old, new, set, required: 2, brick: "b".repeat(32).parse().unwrap() };
        let command = replace_brick(&PeerSettings::default(), &plan);
        assert_eq!(
            command.to_string(),
            "gluster --mode=script --timeout=600 volume replace-brick v s0:/b0/brick s3:/b3/brick commit force"
        );
        assert_eq!(command.lock(), Some(&volume_lock(plan.volume.volume)));
    }
}
