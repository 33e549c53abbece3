//! Clones on simulated peers.

use super::super::StepError;
use super::peer;
use super::simulated::{Lab, at, id, set, volume};
use crate::executor::sim::{Action, SimPeers};
use crate::model::step::{BrickPlan, ClonePlan, ClonedBrick, Step, StepOutput, VolumePlan};

fn cloning(bricks: &[BrickPlan]) -> ClonePlan {
    ClonePlan {
        source: volume(bricks),
        clone: id(0xc),
        name: "copy".to_owned(),
        snapshot: format!("tmpsnap_{:032x}", 7),
    }
}

/// The bricks of a clone as a delete gets them.
fn cloned(bricks: &[BrickPlan], made: &[ClonedBrick]) -> Vec<BrickPlan> {
    let brick = |(origin, made): (&BrickPlan, &ClonedBrick)| BrickPlan {
        volume: id(0xc),
        brick: id(0xc0),
        path: made.path.clone(),
        logical_volume: Some(made.logical_volume.clone()),
        shares_pool: true,
        ..origin.clone()
    };
    bricks.iter().zip(made).map(brick).collect()
}

async fn clone_of(lab: &Lab, bricks: &[BrickPlan]) -> Vec<ClonedBrick> {
    lab.done(&Step::SnapshotVolume(cloning(bricks))).await;
    match lab.done(&Step::CloneSnapshot(cloning(bricks))).await {
        StepOutput::Clone { bricks } => bricks,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_volume_is_cloned_and_the_clone_goes_before_its_origin() {
    let bricks = set(0x10);
    let lab = Lab::with_volume(&bricks).await;
    let before = lab.dump();
    let made = clone_of(&lab, &bricks).await;
    lab.done(&Step::DropSnapshot(cloning(&bricks))).await;
    let copy = lab.dump().volume("copy").unwrap().clone();
    assert_eq!(
        (copy.status.as_str(), copy.options["user.heketi.id"].as_str()),
        ("Started", id_text(0xc).as_str())
    );
    assert!(lab.dump().snapshots.is_empty());
    for (brick, made) in bricks.iter().zip(&made) {
        let dump = lab.dump();
        let group = &dump.host(brick.peer.host.as_str()).unwrap().groups[&format!("vg_{}", brick.device)];
        let found = &group.volumes[&made.logical_volume];
        assert!(found.mounted && found.entries.contains_key("brick/letter"));
        assert_eq!(found.pool.as_deref(), Some(brick.thin_pool.as_str()));
    }
    let plan = VolumePlan {
        volume: id(0xc),
        name: "copy".to_owned(),
        bricks: cloned(&bricks, &made).iter().map(at).collect(),
        ..volume(&bricks)
    };
    lab.done(&Step::StopVolume(plan.clone())).await;
    lab.done(&Step::DeleteVolume(plan)).await;
    for brick in cloned(&bricks, &made) {
        lab.done(&Step::DestroyBrick(brick)).await;
    }
    assert_same(&before, &lab.dump());
}

#[tokio::test(start_paused = true)]
async fn the_pool_of_an_origin_goes_with_its_last_clone() {
    let bricks = set(0x10);
    let lab = Lab::with_volume(&bricks).await;
    let made = clone_of(&lab, &bricks).await;
    lab.done(&Step::DropSnapshot(cloning(&bricks))).await;
    lab.done(&Step::StopVolume(volume(&bricks))).await;
    lab.done(&Step::DeleteVolume(volume(&bricks))).await;
    // Nobody has told that others are in its pool.
    let alone = Step::DestroyBrick(bricks[0].clone());
    assert!(matches!(lab.runner.apply(&alone).await, Err(StepError::InUse { .. })));
    let origin = Step::DestroyBrick(BrickPlan { shares_pool: true, ..bricks[0].clone() });
    lab.done(&origin).await;
    let plan = VolumePlan {
        volume: id(0xc),
        name: "copy".to_owned(),
        bricks: cloned(&bricks, &made).iter().map(at).collect(),
        ..volume(&bricks)
    };
    lab.done(&Step::StopVolume(plan.clone())).await;
    lab.done(&Step::DeleteVolume(plan)).await;
    lab.done(&Step::DestroyBrick(cloned(&bricks, &made)[0].clone())).await;
    let dump = lab.dump();
    assert!(dump.host(peer(1).host.as_str()).unwrap().groups.values().all(|group| group.volumes.is_empty()));
}

#[tokio::test(start_paused = true)]
async fn a_clone_that_is_taken_back_leaves_nothing_wherever_it_stopped() {
    let bricks = set(0x10);
    let (snapshot, clone) = (Step::SnapshotVolume(cloning(&bricks)), Step::CloneSnapshot(cloning(&bricks)));
    let lab = Lab::with_volume(&bricks).await;
    let before = lab.dump();
    lab.undone(&snapshot).await;
    lab.done(&snapshot).await;
    lab.undone(&clone).await;
    lab.undone(&snapshot).await;
    assert_same(&before, &lab.dump());

    clone_of(&lab, &bricks).await;
    lab.undone(&clone).await;
    lab.undone(&snapshot).await;
    assert_same(&before, &lab.dump());

    // A peer has lost its mounts in between.
    clone_of(&lab, &bricks).await;
    let copy = lab.dump().volume("copy").unwrap().bricks[1].clone();
    let (_, path) = copy.split_once(':').unwrap();
    lab.control(Action::Unmount { at: path.trim_end_matches("/brick").replace("brick2", "brick1") });
    lab.undone(&clone).await;
    lab.undone(&snapshot).await;
    assert_same(&before, &lab.dump());
}

#[tokio::test(start_paused = true)]
async fn a_clone_that_is_wholly_made_is_not_taken_back() {
    let bricks = set(0x10);
    let lab = Lab::with_volume(&bricks).await;
    let made = clone_of(&lab, &bricks).await;
    lab.done(&Step::DropSnapshot(cloning(&bricks))).await;
    let before = lab.dump();
    let undone = lab.runner.undo(&Step::CloneSnapshot(cloning(&bricks)), &[]).await;
    assert!(matches!(undone, Err(StepError::Irreversible)));
    let again = lab.done(&Step::CloneSnapshot(cloning(&bricks))).await;
    assert_eq!(again, StepOutput::Clone { bricks: made });
    lab.done(&Step::DropSnapshot(cloning(&bricks))).await;
    assert_eq!(lab.dump(), before);
}

#[tokio::test(start_paused = true)]
async fn a_volume_that_has_the_name_already_is_left_alone() {
    let bricks = set(0x10);
    let lab = Lab::with_volume(&bricks).await;
    let made = vec!["10.10.10.17:/data/copy".to_owned()];
    lab.control(Action::ForeignVolume { name: "copy".into(), bricks: made, started: true, options: vec![] });
    let before = lab.dump();
    let error = lab.runner.apply(&Step::SnapshotVolume(cloning(&bricks))).await.unwrap_err();
    assert_eq!(error.text(), "Volume with name:copy already exists");
    lab.undone(&Step::CloneSnapshot(cloning(&bricks))).await;
    lab.undone(&Step::SnapshotVolume(cloning(&bricks))).await;
    assert_eq!(lab.dump(), before);
}

fn id_text(number: u32) -> String {
    format!("{number:032x}")
}

/// But for the directory that gluster makes once for all snapshots.
fn assert_same(before: &SimPeers, after: &SimPeers) {
    let mut after = after.clone();
    for host in after.hosts.values_mut() {
        host.root.retain(|path| path != "/run/gluster/snaps");
    }
    assert_eq!(&after, before);
}
