//! What steps do together, on simulated peers that are as strict as real ones.

use std::path::PathBuf;
use std::sync::Arc;

use super::super::{StepError, StepRunner};
use super::peer;
use crate::executor::Executor;
use crate::executor::settings::PeerSettings;
use crate::executor::sim::{Action, ControlOp, Flavour, SimCluster, SimPeers};
use crate::model::brick::{Brick, BrickRole, BrickSpace};
use crate::model::durability::Durability;
use crate::model::ids::{BrickId, DeviceId};
use crate::model::sizes::KiB;
use crate::model::step::{
    BrickAt, BrickPlan, DevicePlan, ExtendPlan, ReplacePlan, Step, StepOutput, VolumePlan,
};

pub(super) struct Lab {
    _directory: tempfile::TempDir,
    file: PathBuf,
    sim: Arc<SimCluster>,
    pub(super) runner: StepRunner,
}

pub(super) fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(number: u32) -> T {
    format!("{number:032x}").parse().unwrap()
}

fn device(n: u8) -> DeviceId {
    id(0xd00 + u32::from(n))
}

/// A brick of 1 GiB on the only device of a peer.
pub(super) fn brick(n: u8, number: u32) -> BrickPlan {
    let brick: BrickId = id(number);
    BrickPlan {
        volume: id(0xe),
        peer: peer(n),
        brick,
        device: device(n),
        thin_pool: format!("tp_{number}"),
        space: BrickSpace {
            size: KiB::of(1_048_576),
            thin_pool: KiB::of(1_048_576),
            metadata: KiB::of(8192),
        },
        role: BrickRole::Data,
        gid: 2000,
        path: Brick::path_for(device(n), brick),
        logical_volume: None,
        shares_pool: false,
        hosts_blocks: false,
    }
}

pub(super) fn at(plan: &BrickPlan) -> BrickAt {
    BrickAt { host: plan.peer.host.clone(), storage: plan.peer.storage.clone(), path: plan.path.clone() }
}

/// A set of three: a brick on each peer.
pub(super) fn set(number: u32) -> [BrickPlan; 3] {
    [1, 2, 3].map(|n| brick(n, number + u32::from(n)))
}

pub(super) fn volume(bricks: &[BrickPlan]) -> VolumePlan {
    VolumePlan {
        volume: id(0xe),
        name: "v".to_owned(),
        durability: Durability::Replicate(3),
        arbiter: false,
        bricks: bricks.iter().map(at).collect(),
        options: Vec::new(),
        peers: (1..=3).map(peer).collect(),
        hosts_blocks: false,
    }
}

impl Lab {
    /// Three peers in one pool, with a device each.
    pub(super) async fn new() -> Lab {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("peers");
        let sim = Arc::new(SimCluster::open(&file, Flavour::Strict).unwrap());
        let runner =
            StepRunner::new(Arc::clone(&sim) as Arc<dyn Executor>, Arc::new(PeerSettings::default()));
        let lab = Lab { _directory: directory, file, sim, runner };
        for n in 1..=3_u8 {
            lab.sim.introduce(peer(n).host.as_str(), &peer(n).storage);
            let (path, via) = ("/dev/vdd".to_owned(), (1..n).map(peer).collect());
            lab.done(&Step::ProbePeer { peer: peer(n), via, was_member: false }).await;
            let plan = DevicePlan {
                peer: peer(n),
                device: device(n),
                path,
                pv_uuid: Some(format!("abcdef-0123-4567-89ab-cdef-0123-45678{n}")),
                destroy_data: false,
                forget: false,
                known: Vec::new(),
            };
            lab.done(&Step::PrepareDevice(plan)).await;
        }
        lab
    }

    /// With a started volume of one set and a file in it.
    pub(super) async fn with_volume(bricks: &[BrickPlan]) -> Lab {
        let lab = Lab::new().await;
        lab.make(bricks).await;
        lab.done(&Step::CreateVolume(volume(bricks))).await;
        lab.done(&Step::StartVolume(volume(bricks))).await;
        lab.control(Action::WriteFile { volume: "v".into(), name: "letter".into() });
        lab
    }

    pub(super) async fn make(&self, bricks: &[BrickPlan]) {
        for brick in bricks {
            self.done(&Step::CreateBrick(brick.clone())).await;
        }
    }

    /// Does a step, and once more: nothing may come of that.
    pub(super) async fn done(&self, step: &Step) -> StepOutput {
        let output = self.runner.apply(step).await.unwrap_or_else(|error| panic!("{step:?}: {error:?}"));
        let after = self.dump();
        self.runner.apply(step).await.unwrap_or_else(|error| panic!("again, {step:?}: {error:?}"));
        assert_eq!(self.dump(), after, "{step:?}");
        output
    }

    /// Undoes a step, and once more.
    pub(super) async fn undone(&self, step: &Step) {
        self.runner.undo(step, &[]).await.unwrap_or_else(|error| panic!("{step:?}: {error:?}"));
        let after = self.dump();
        self.runner.undo(step, &[]).await.unwrap_or_else(|error| panic!("again, {step:?}: {error:?}"));
        assert_eq!(self.dump(), after, "{step:?}");
    }

    pub(super) fn control(&self, action: Action) {
        self.sim.control(&ControlOp { host: peer(1).host.to_string(), action }).unwrap();
    }

    pub(super) fn dump(&self) -> SimPeers {
        SimPeers::read(&self.file).unwrap()
    }

    /// The logical volume of a brick, if there is one.
    fn has(&self, brick: &BrickPlan) -> bool {
        let dump = self.dump();
        let group = &dump.host(brick.peer.host.as_str()).unwrap().groups[&format!("vg_{}", brick.device)];
        group.volumes.contains_key(&format!("brick_{}", brick.brick))
    }

    /// What clients have written into a brick.
    fn files(&self, brick: &BrickPlan) -> Vec<String> {
        let dump = self.dump();
        let group = &dump.host(brick.peer.host.as_str()).unwrap().groups[&format!("vg_{}", brick.device)];
        let entries = group.volumes[&format!("brick_{}", brick.brick)].entries.keys();
        let names = entries.filter_map(|path| path.strip_prefix("brick/"));
        names.filter(|name| !name.starts_with(".glusterfs")).map(str::to_owned).collect()
    }
}

fn extension(before: &[BrickPlan], added: &[BrickPlan]) -> ExtendPlan {
    ExtendPlan { volume: volume(before), added: added.iter().map(at).collect() }
}

#[tokio::test(start_paused = true)]
async fn a_volume_grows_and_stays_grown() {
    let (first, second) = (set(0x10), set(0x20));
    let lab = Lab::with_volume(&first).await;
    lab.make(&second).await;
    let add = Step::AddBricks(extension(&first, &second));
    lab.undone(&add).await;
    lab.done(&add).await;
    let whole = volume(&[first, second].concat());
    assert_eq!(lab.runner.apply(&Step::Rebalance(whole)).await.unwrap(), StepOutput::Nothing);
    let found = lab.dump().volume("v").unwrap().clone();
    assert!(found.rebalanced && found.bricks.len() == 6);
    assert!(lab.runner.undo(&add, &[]).await.unwrap_err().is_irreversible());
}

#[tokio::test(start_paused = true)]
async fn bricks_that_did_not_get_into_the_volume_leave_nothing() {
    let (first, second) = (set(0x10), set(0x20));
    let lab = Lab::with_volume(&first).await;
    let before = lab.dump();
    lab.make(&second).await;
    lab.undone(&Step::AddBricks(extension(&first, &second))).await;
    for brick in second {
        lab.undone(&Step::CreateBrick(brick)).await;
    }
    assert_eq!(lab.dump(), before);
}

#[tokio::test(start_paused = true)]
async fn a_brick_moves_with_all_that_is_in_it() {
    let (bricks, new) = (set(0x10), brick(2, 0x99));
    let lab = Lab::with_volume(&bricks).await;
    let plan = ReplacePlan {
        volume: volume(&bricks),
        old: at(&bricks[1]),
        new: at(&new),
        set: bricks.iter().map(at).collect(),
        required: 2,
        brick: bricks[1].brick,
    };
    let replace = Step::ReplaceBrick(plan.clone());
    let heal = |entries| Action::Heal {
        volume: "v".into(),
        brick: "10.10.10.17:".to_owned() + &bricks[0].path,
        entries,
    };
    lab.control(heal(3));
    let refused = lab.runner.apply(&Step::CheckHeal(plan.clone())).await.unwrap_err();
    assert!(matches!(&refused, StepError::Refused { text, .. } if text.contains("source brick")));
    lab.control(heal(0));
    lab.done(&Step::CheckHeal(plan.clone())).await;

    lab.make(std::slice::from_ref(&new)).await;
    lab.undone(&replace).await;
    lab.done(&replace).await;
    assert!(lab.files(&new).is_empty());
    lab.done(&Step::AwaitHeal(plan)).await;
    assert_eq!(lab.files(&new), ["letter"]);
    assert!(lab.runner.undo(&replace, &[]).await.unwrap_err().is_irreversible());
    lab.done(&Step::DestroyBrick(bricks[1].clone())).await;
    assert!(!lab.has(&bricks[1]) && lab.has(&new));
}
