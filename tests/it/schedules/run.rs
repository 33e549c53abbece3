//! A schedule from its beginning to the audit.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;

use super::act::{Layout, Route};
use super::clients::{Memory, Shift};
use super::looks::of_topology;
use super::model::Shown;
use super::schedule::{Life, Schedule};
use super::seen::MAIN;
use super::site::{Site, Thing, What};
use super::volumes::shown_block;
use super::world::{self, Tally, World};
use crate::support::operator::HOSTS;
use crate::support::{Audit, Lab, settled};

/// How long everything that was begun may go on when the faults are over.
const SETTLING: Duration = Duration::from_secs(150);

/// Peers and disks that may be added.
const MORE_HOSTS: [&str; 3] = ["10.10.10.20", "10.10.10.21", "10.10.10.22"];
const ALL_DISKS: [&str; 3] = ["/dev/vdd", "/dev/vde", "/dev/vdf"];

/// How often what happened, and what each route did.
#[derive(Debug)]
pub struct Ended {
    pub tally: Tally,
    pub done: BTreeMap<Route, usize>,
}

/// Runs a schedule: how often what happened, or all that is wrong with it.
pub fn run(schedule: &Schedule) -> Result<Ended, String> {
    let mut lab = Lab::new();
    lab.setting("auto_create_block_hosting_volume", json!(true));
    lab.setting("block_hosting_volume_size", json!(100));
    lab.start();
    lab.three_peers_and_a_small_one();
    let memory = Memory::default();
    memory.site(|site| remember(&lab, site));
    lab.stop();
    for life in &schedule.lives {
        live(&mut lab, &memory, life)?;
    }
    check(&mut lab, &memory)?;
    let done = memory.site(|site| std::mem::take(&mut site.done));
    Ok(Ended { tally: memory.world(|world| world.tally), done })
}

/// What is there at first, and what may be added.
fn remember(lab: &Lab, site: &mut Site) {
    for (mut name, shown) in of_topology(&lab.client().topology().unwrap()) {
        if name.0 == What::Cluster {
            name.1 = MAIN.to_owned();
        }
        site.things.insert(name, Thing::shown(&shown));
    }
    for host in HOSTS.into_iter().chain(MORE_HOSTS) {
        site.things.entry((What::Node, host.to_owned())).or_insert_with(Thing::missing);
        for disk in ALL_DISKS {
            site.things.entry((What::Device, format!("{host} {disk}"))).or_insert_with(Thing::missing);
        }
    }
}

/// One life of the server.
fn live(lab: &mut Lab, memory: &Memory, life: &Life) -> Result<(), String> {
    let faults: Vec<_> = life
        .faults
        .iter()
        .map(|fault| {
            json!({"command": fault.command, "fault": fault.fault, "skip": fault.skip, "times": fault.times, "stall_ms": 100})
        })
        .collect();
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
    let (begun, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    take_up(lab, memory, &begun, &is_over);
    if life.is_calm() {
        rest(lab, memory)?;
    }
    let shift = Shift { lab, memory, begun: &begun, is_over: &is_over, is_calm: life.is_calm() };
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
    Ok(())
}

/// What the server before left without an answer is asked for.
fn take_up(lab: &Lab, memory: &Memory, begun: &AtomicUsize, is_over: &AtomicBool) {
    memory.site(Site::starts_anew);
    memory.world(|world| world.settle_open(lab));
    let wrong = memory.site(|site| site.settle_open(lab));
    memory.world(|world| world.wrong.extend(wrong));
    if lab.try_send("GET", "/operations", &[], None).is_ok_and(|reply| reply.json()["total"] == 0) {
        memory.site(Site::rests);
        memory.world(World::rests);
    }
    let shift = Shift { lab, memory, begun, is_over, is_calm: false };
    shift.repeat();
    let is_new = |path: &str, field: &str, value: &str| {
        lab.try_send("GET", path, &[], None)
            .is_ok_and(|reply| reply.json().pointer(field) != Some(&json!(value)))
    };
    if is_new("/admin", "/state", "normal") || is_new("/internal/logging", "/loglevel/glusterfs", "info") {
        memory.wrong("a server that was started is as it was set before".to_owned());
    }
}

/// Waits until nothing is left of what was begun: then all is as was said.
fn rest(lab: &Lab, memory: &Memory) -> Result<(), String> {
    let is_over = || lab.get("/operations").json()["total"] == 0;
    if !settled(SETTLING, is_over) {
        let left = lab.get("/jobs").text;
        return Err(format!("work is left over: {left}\n{}", lab.log_tail()));
    }
    let wrong = compare(lab, memory);
    memory.world(|world| world.wrong.extend(wrong));
    memory.site(Site::rests);
    memory.world(World::rests);
    Ok(())
}

fn kills(life: &Life) -> bool {
    life.faults.iter().any(|fault| matches!(fault.fault.as_str(), "kill_before" | "kill_after" | "late"))
}

/// When the faults are over all is finished or undone: the server shows what it has said, and so do the peers.
fn check(lab: &mut Lab, memory: &Memory) -> Result<(), String> {
    lab.inject(None);
    lab.start();
    take_up(lab, memory, &AtomicUsize::new(0), &AtomicBool::new(false));
    rest(lab, memory)?;
    // What clients write comes before the next command on a peer: there is one now.
    lab.get("/internal/state/examine/gluster");
    let mut wrong = memory.world(|world| std::mem::take(&mut world.wrong));
    if let Err(found) = Audit::new().try_clean_within(lab, Duration::from_secs(30)) {
        wrong.push(found);
    }
    wrong.extend(lost_files(lab, memory));
    if lab.log().contains("panicked at") {
        wrong.push("something panicked".to_owned());
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("{}\n{}", wrong.join("\n"), lab.log_tail())) }
}

fn compare(lab: &Lab, memory: &Memory) -> Vec<String> {
    let topology = lab.client().topology().unwrap();
    // Those that host block volumes and have no name of ours are made by the server.
    let is_own = |volume: &Shown| volume.traits["block"] != true || !volume.name.starts_with("vol_");
    let volumes = lab.volumes().into_iter().map(|id| world::shown(lab.volume(&id)));
    let volumes: Vec<Shown> = volumes.filter(is_own).collect();
    let blocks: Vec<Shown> = lab.blocks().into_iter().map(shown_block).collect();
    let mut wrong = memory.world(|world| {
        let mut wrong = world.volumes.compare("volume", &volumes);
        wrong.extend(world.blocks.compare("block volume", &blocks));
        wrong
    });
    wrong.extend(memory.site(|site| site.compare(of_topology(&topology))));
    wrong
}

/// What clients have written is still in as many bricks as their volumes have copies.
fn lost_files(lab: &Lab, memory: &Memory) -> Vec<String> {
    let copies = |layout: Layout| match layout {
        Layout::Replica3 | Layout::Disperse => 3,
        Layout::Arbiter | Layout::Replica2 => 2,
        Layout::Alone => 1,
    };
    let mut lost = Vec::new();
    for (name, layout) in memory.files.lock().unwrap().iter() {
        let id = memory.world(|world| {
            let known = world.volumes.0.get(name).filter(|known| known.is_there());
            known.and_then(|known| known.id.clone())
        });
        let Some(id) = id else { continue };
        let holding = lab.bricks_with(name, &lab.volume(&id));
        if holding < copies(*layout) {
            lost.push(format!(
                "what was written into volume {name} ({layout:?}) is in {holding} of its bricks"
            ));
        }
    }
    lost
}
