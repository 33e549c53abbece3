//! A schedule from its beginning to the audit.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;

use super::clients::{Shift, Tally, World};
use super::schedule::{Layout, Life, Schedule};
use crate::support::{Audit, Lab, settled};

/// How long everything that was begun may go on when the faults are over.
const SETTLING: Duration = Duration::from_secs(150);

/// Runs a schedule: how often what happened, or all that is wrong with it.
pub fn run(schedule: &Schedule) -> Result<Tally, String> {
    let mut lab = Lab::new();
    lab.setting("auto_create_block_hosting_volume", json!(true));
    lab.setting("block_hosting_volume_size", json!(100));
    lab.start();
    lab.three_peers_and_a_small_one();
    let world = Mutex::new(World::default());
    lab.stop();
    let mut before = false;
    for life in &schedule.lives {
        before = live(&mut lab, &world, life, before)?;
    }
    let mut world = world.into_inner().unwrap();
    check(&mut lab, &mut world)?;
    Ok(world.tally)
}

/// One life of the server. Says whether it left things undone; `before`: whether the one before did.
fn live(lab: &mut Lab, world: &Mutex<World>, life: &Life, before: bool) -> Result<bool, String> {
    let faults: Vec<_> = life
        .faults
        .iter()
        .map(|fault| {
            json!({"command": fault.command, "fault": fault.fault, "skip": fault.skip, "times": fault.times, "stall_ms": 100})
        })
        .collect();
    let is_calm = faults.is_empty() && life.killed_after.is_none() && !before;
    // Which faults have happened is kept beside the record: those of the next life are others.
    std::fs::remove_file(lab.path().join("commands.spent")).ok();
    lab.inject(Some(json!({"record": lab.path().join("commands"), "faults": faults})));
    // A fault that kills may meet what a start does: the next one goes on.
    if let Err(said) = lab.try_start() {
        if !kills(life) {
            return Err(said);
        }
        lab.start();
    }
    world.lock().unwrap().settle_open(lab);
    let (begun, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let shift = Shift { lab, world, begun: &begun, is_over: &is_over, is_calm };
    let busy = AtomicUsize::new(life.clients.len());
    std::thread::scope(|scope| {
        for acts in &life.clients {
            scope.spawn(|| {
                shift.work(acts);
                busy.fetch_sub(1, Ordering::Relaxed);
            });
        }
        if let Some(count) = life.killed_after {
            while begun.load(Ordering::Relaxed) < count && busy.load(Ordering::Relaxed) > 0 {
                std::thread::sleep(Duration::from_millis(1));
            }
            shift.lab.signal("KILL");
        }
    });
    let died = lab.has_died();
    if is_over.load(Ordering::Relaxed) && life.killed_after.is_none() && !died && !kills(life) {
        return Err(format!("a server that lives did not answer\n{}", lab.log_tail()));
    }
    if life.killed_after.is_some() || died {
        lab.kill()
    } else {
        lab.stop()
    }
    Ok(!is_calm)
}

fn kills(life: &Life) -> bool {
    life.faults.iter().any(|fault| matches!(fault.fault.as_str(), "kill_before" | "kill_after" | "late"))
}

/// When the faults are over all is finished or undone: the server shows what it has said, and so do the peers.
fn check(lab: &mut Lab, world: &mut World) -> Result<(), String> {
    lab.inject(None);
    lab.start();
    world.settle_open(lab);
    let is_over = || lab.get("/operations").json()["total"] == 0;
    if !settled(SETTLING, is_over) {
        let left = lab.get("/jobs").text;
        return Err(format!("work is left over: {left}\n{}", lab.log_tail()));
    }
    // What clients write comes before the next command on a peer: there is one now.
    lab.get("/internal/state/examine/gluster");
    let mut wrong = std::mem::take(&mut world.wrong);
    wrong.extend(compare(lab, world));
    if let Err(found) = Audit::new().try_clean_within(lab, Duration::from_secs(30)) {
        wrong.push(found);
    }
    wrong.extend(lost_files(lab, world));
    if lab.log().contains("panicked at") {
        wrong.push("something panicked".to_owned());
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("{}\n{}", wrong.join("\n"), lab.log_tail())) }
}

fn compare(lab: &Lab, world: &mut World) -> Vec<String> {
    let volumes = lab.volumes().into_iter().map(|id| lab.volume(&id));
    // Those that host block volumes are made by the server.
    let volumes: Vec<_> = volumes
        .filter(|volume| !volume.block)
        .map(|volume| (volume.name, volume.id, u64::try_from(volume.size).unwrap_or_default()))
        .collect();
    let blocks: Vec<_> = lab
        .blocks()
        .into_iter()
        .map(|block| (block.name, block.id, u64::try_from(block.size).unwrap_or_default()))
        .collect();
    let mut wrong = world.volumes.compare("volume", &volumes);
    wrong.extend(world.blocks.compare("block volume", &blocks));
    wrong
}

/// What clients have written is still in as many bricks as their volumes have copies.
fn lost_files(lab: &Lab, world: &World) -> Vec<String> {
    let copies = |layout: Layout| match layout {
        Layout::Replica3 | Layout::Disperse => 3,
        Layout::Arbiter | Layout::Replica2 => 2,
        Layout::Alone => 1,
    };
    let mut lost = Vec::new();
    for (name, layout) in &world.files {
        let Some(id) =
            world.volumes.0.get(name).filter(|known| known.is_there()).and_then(|known| known.id.as_ref())
        else {
            continue;
        };
        let holding = lab.bricks_with(name, &lab.volume(id));
        if holding < copies(*layout) {
            lost.push(format!(
                "what was written into volume {name} ({layout:?}) is in {holding} of its bricks"
            ));
        }
    }
    lost
}
