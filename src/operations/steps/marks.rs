//! What gluster marks a brick with when it takes it into a volume: the volume's id, without which the brick is not started
//! any more. XFS alone writes it within half a minute, so that it is asked to before anybody relies on the brick.

use std::path::Path;

use futures_util::future::join_all;

use super::{Result, StepError, StepRunner};
use crate::executor::{LockName, gluster, system};
use crate::model::ids::BrickId;
use crate::model::step::{BrickAt, Step, StepOutput, VolumePlan};

impl StepRunner {
    /// Has the marks of a volume's bricks written, on all peers at once.
    pub(super) async fn keep_marks(&self, plan: &VolumePlan) -> Result<()> {
        let kept = join_all(plan.bricks.iter().map(|brick| self.keep_mark(plan, brick))).await;
        kept.into_iter().collect()
    }

    /// The same of bricks that a volume in use has taken by this step: there is no way back, and the volume works without
    /// them. What fails is told.
    pub(in crate::operations) async fn keep_marks_of(&self, step: &Step) -> StepOutput {
        let (plan, taken) = match step {
            Step::AddBricks(plan) => (&plan.volume, plan.added.as_slice()),
            Step::ReplaceBrick(plan) => (&plan.volume, std::slice::from_ref(&plan.new)),
            _ => return StepOutput::Nothing,
        };
        let kept = join_all(taken.iter().map(|brick| self.keep_mark(plan, brick))).await;
        let failed = kept.into_iter().zip(taken).filter_map(|(kept, brick)| Some((kept.err()?, brick)));
        let texts: Vec<String> = failed.map(|(error, brick)| not_kept(plan, brick, &error)).collect();
        if texts.is_empty() { StepOutput::Nothing } else { StepOutput::Told { text: texts.join("\n") } }
    }

    async fn keep_mark(&self, plan: &VolumePlan, brick: &BrickAt) -> Result<()> {
        self.repeat(&brick.host, &system::sync(&[&brick.path], lock(plan, brick))).await.map(drop)
    }
}

/// That of the brick, so that whoever takes it away waits; of a brick that gluster has made, that of its volume.
fn lock(plan: &VolumePlan, brick: &BrickAt) -> LockName {
    let name = Path::new(&brick.path).parent().and_then(Path::file_name).and_then(|name| name.to_str());
    let id = name.and_then(|name| name.strip_prefix("brick_")?.parse::<BrickId>().ok());
    id.map_or_else(|| gluster::volume_lock(plan.volume), |id| LockName::new("brick", id))
}

fn not_kept(plan: &VolumePlan, brick: &BrickAt, error: &StepError) -> String {
    let (name, BrickAt { host, path, .. }) = (&plan.name, brick);
    let point = path.rsplit_once('/').map_or("", |(point, _)| point);
    format!(
        "gluster has taken the brick {path} on {host} into volume {name}, but what it marks it with could not be written to the disk there: {}. If {host} has lost its power and the brick stays offline (`gluster volume status {name}`), look that {point} is mounted (`mount {point}`); then `mkdir {path}/.glusterfs` and `gluster volume start {name} force`",
        error.text().trim()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::host::Host;

    #[test]
    fn a_brick_is_held_by_its_own_lock_and_that_of_a_clone_by_its_volumes() {
        let at =
            |path: &str| BrickAt { host: Host::nobody(), storage: "s".to_owned(), path: path.to_owned() };
        let plan = VolumePlan {
            volume: "e".repeat(32).parse().unwrap(),
            name: "v".to_owned(),
            durability: crate::model::durability::Durability::Distribute,
            arbiter: false,
            bricks: Vec::new(),
            options: Vec::new(),
            peers: Vec::new(),
            hosts_blocks: false,
        };
        let brick = "b".repeat(32);
        let own = format!("/var/lib/heketi/mounts/vg_1/brick_{brick}/brick");
        assert_eq!(lock(&plan, &at(&own)), LockName::new("brick", &brick));
        for other in ["/run/gluster/snaps/5f2b/brick1/brick", "/brick_x/brick", "/", ""] {
            assert_eq!(lock(&plan, &at(other)), gluster::volume_lock(plan.volume), "{other}");
        }
    }
}
