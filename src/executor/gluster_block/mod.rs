//! The gluster-block command line: block volumes inside of volumes. Commands, and the reading of their answers.
//!
//! What it prints of a block volume with a login has the password in it: such commands are quiet, and nothing of their
//! answers but what gluster-block says of a failure is kept as text.

mod answer;
mod size;

use std::time::Duration;

pub use answer::{
    Created, Found, Said, is_existing, is_missing, is_not_allowed, is_not_installed, is_unanswered,
    parse_created, parse_found, parse_list, said,
};
pub use size::{parse_size, print_size};

use super::command::{Command, LockName};
use super::settings::PeerSettings;
use crate::model::ids::BlockVolumeId;
use crate::model::sizes::GiB;
use crate::model::step::BlockPlan;

/// The program.
pub const PROGRAM: &str = "gluster-block";

/// How long a command may take: the whole size may be written first. Source: heketi.
const DEADLINE: Duration = Duration::from_secs(600);

/// The lock of a block volume.
pub fn block_lock(id: BlockVolumeId) -> LockName {
    LockName::new("block", id)
}

fn change(plan: &BlockPlan) -> Command {
    Command::change(PROGRAM, block_lock(plan.block_volume), DEADLINE).slow()
}

/// How gluster-block names a block volume.
fn place(plan: &BlockPlan) -> String {
    format!("{}/{}", plan.hosting, plan.name)
}

/// Makes a block volume that these hosts export.
pub fn create(settings: &PeerSettings, plan: &BlockPlan, hosts: &[String]) -> Command {
    let auth = if plan.auth { "enable" } else { "disable" };
    let command = change(plan)
        .args(["create".to_owned(), place(plan)])
        .args(["ha".to_owned(), hosts.len().to_string()])
        .args(["auth", auth])
        .args(["prealloc", &settings.block_prealloc])
        .args([hosts.join(","), gib(plan.size)])
        .arg("--json");
    if plan.auth { command.quiet() } else { command }
}

/// Takes a block volume away, with what is on it.
pub fn delete(plan: &BlockPlan) -> Command {
    change(plan).args(["delete".to_owned(), place(plan)]).arg("--json")
}

/// Makes a block volume larger.
pub fn modify(plan: &BlockPlan, size: GiB) -> Command {
    change(plan).args(["modify".to_owned(), place(plan)]).args(["size".to_owned(), gib(size)]).arg("--json")
}

/// Shows a block volume, its password included.
pub fn info(plan: &BlockPlan) -> Command {
    // It waits for what else is done in the hosting volume, which may be a create that writes its whole size.
    Command::look(PROGRAM)
        .args(["info".to_owned(), place(plan)])
        .arg("--json")
        .deadline(DEADLINE)
        .slow()
        .quiet()
}

/// Lists the block volumes in a volume. What comes instead of the list may be anything that gluster-block knows.
pub fn list(hosting: &str) -> Command {
    Command::look(PROGRAM).args(["list", hosting, "--json"]).quiet()
}

fn gib(size: GiB) -> String {
    format!("{}GiB", size.get())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(auth: bool) -> BlockPlan {
        BlockPlan {
            block_volume: "b".repeat(32).parse().unwrap(),
            hosting: "vol_1".to_owned(),
            name: "disk".to_owned(),
            size: GiB::new(8).unwrap(),
            ha_count: 2,
            auth,
            fresh_hosting: false,
            hosts: Vec::new(),
            peers: Vec::new(),
        }
    }

    #[test]
    fn commands_are_those_of_heketi_and_change_under_the_lock_of_their_block_volume() {
        let settings = PeerSettings::default();
        let check = |command: Command, expected: &str, changes: bool, quiet: bool| {
            assert_eq!(command.to_string(), expected);
            assert_eq!(command.is_quiet(), quiet, "{expected}");
            let lock = block_lock(plan(false).block_volume);
            assert_eq!(command.lock(), changes.then_some(&lock), "{expected}");
        };
        let hosts = ["s1".to_owned(), "s2".to_owned()];
        let made = "gluster-block create vol_1/disk ha 2 auth disable prealloc full s1,s2 8GiB --json";
        check(create(&settings, &plan(false), &hosts), made, true, false);
        // It prints the password.
        let made = "gluster-block create vol_1/disk ha 2 auth enable prealloc full s1,s2 8GiB --json";
        check(create(&settings, &plan(true), &hosts), made, true, true);
        check(delete(&plan(true)), "gluster-block delete vol_1/disk --json", true, false);
        let larger = GiB::new(9).unwrap();
        check(modify(&plan(true), larger), "gluster-block modify vol_1/disk size 9GiB --json", true, false);
        check(info(&plan(false)), "gluster-block info vol_1/disk --json", false, true);
        check(list("vol_1"), "gluster-block list vol_1 --json", false, true);
    }
}
