//! Placement by trying everything, for small inputs: is a refusal true, and is a larger brick overlooked?

use std::collections::HashSet;

use proptest::prelude::*;

use super::space::space;
use super::testing::{Lab, tags};
use super::{Placement, PlacementLimits, RefusalReason};
use crate::model::brick::BrickRole;
use crate::model::durability::Durability;
use crate::model::sizes::{GiB, KiB};

const MIN_BRICK: u64 = 1 << 20;

/// What is wanted, in the tests' words.
#[derive(Debug, Clone)]
struct Want {
    durability: Durability,
    gib: u64,
    strict: bool,
    arbiter: bool,
    /// KiB a file; small ones make arbiters that matter.
    file_size: u64,
}

impl Want {
    fn options(&self) -> Vec<String> {
        let mut options = vec![String::new()];
        if self.strict {
            options.push("user.heketi.zone-checking strict".to_owned());
        }
        if self.arbiter {
            options.push("user.heketi.arbiter true".to_owned());
            options.push(format!("user.heketi.average-file-size {}", self.file_size));
        }
        options
    }
}

/// A device with no more than trying needs.
struct Slot {
    separate: i64,
    needs: [u64; 2],
    takes: [bool; 2],
}

/// Whether so many sets of such bricks find places: tries all of them.
fn exists(lab: &Lab, want: &Want, sets: usize, brick: u64) -> bool {
    let arbiter = (brick / want.file_size).max(16_384);
    let need = |size: u64, extent| {
        let space = space(KiB::new(size).unwrap(), lab.factor.unwrap_or(1.0), extent).unwrap();
        space.total().unwrap().get()
    };
    let slots: Vec<Slot> = lab
        .devices
        .iter()
        .map(|device| {
            let node = lab.nodes.iter().position(|node| node.id == device.node).unwrap();
            let tag = device.tags.get("arbiter").map_or("", String::as_str);
            Slot {
                separate: if want.strict { lab.nodes[node].zone } else { i64::try_from(node).unwrap() },
                needs: [need(brick, device.extent), need(arbiter, device.extent)],
                takes: [!want.arbiter || tag != "required", tag != "disabled"],
            }
        })
        .collect();
    let free: Vec<u64> = lab.devices.iter().map(|device| device.storage.free.get()).collect();
    let mut kinds = vec![0; want.durability.set_size()];
    if want.arbiter {
        kinds[2] = 1;
    }
    try_sets(&slots, &kinds, free, sets, &mut HashSet::new())
}

fn try_sets(
    slots: &[Slot],
    kinds: &[usize],
    free: Vec<u64>,
    sets: usize,
    failed: &mut HashSet<(usize, Vec<u64>)>,
) -> bool {
    if sets == 0 {
        return true;
    }
    if failed.contains(&(sets, free.clone())) {
        return false;
    }
    let mut after = HashSet::new();
    fill_set(slots, kinds, &mut Vec::new(), &free, &mut after);
    let found = after.into_iter().any(|rest| try_sets(slots, kinds, rest, sets - 1, failed));
    if !found {
        failed.insert((sets, free));
    }
    found
}

/// All that may be left after one more set.
fn fill_set(
    slots: &[Slot],
    kinds: &[usize],
    chosen: &mut Vec<i64>,
    free: &[u64],
    out: &mut HashSet<Vec<u64>>,
) {
    let Some(kind) = kinds.get(chosen.len()).copied() else {
        out.insert(free.to_vec());
        return;
    };
    for (index, slot) in slots.iter().enumerate() {
        if slot.takes[kind] && free[index] > slot.needs[kind] && !chosen.contains(&slot.separate) {
            let mut rest = free.to_vec();
            rest[index] -= slot.needs[kind];
            chosen.push(slot.separate);
            fill_set(slots, kinds, chosen, &rest, out);
            chosen.pop();
        }
    }
}

/// The first layout that has places, by trying, as `(sets, brick size)`.
fn first_layout(lab: &Lab, want: &Want) -> Option<(usize, u64)> {
    let mut sets = 1;
    loop {
        let brick =
            KiB::from(GiB::new(want.gib).unwrap()).get() / sets as u64 / want.durability.data_bricks();
        if brick < MIN_BRICK || sets * want.durability.set_size() > lab.limits.max_bricks {
            return None;
        }
        if exists(lab, want, sets, brick) {
            return Some((sets, brick));
        }
        sets *= 2;
    }
}

fn labs() -> impl Strategy<Value = Lab> {
    let tag = prop_oneof![4 => Just(""), 1 => Just("required"), 1 => Just("disabled")];
    let extent = prop_oneof![3 => Just(4096_u32), 1 => Just(32_768), 1 => Just(1 << 20)];
    // Eighths of a GiB: brick sizes and their odd halves are hit and missed narrowly.
    let device = (0_u64..48, tag, extent);
    let node = (1_i64..4, prop::collection::vec(device, 0..=2));
    let avoided = prop::collection::vec(any::<prop::sample::Index>(), 0..3);
    (prop::collection::vec(node, 1..=4), avoided).prop_map(|(nodes, avoided)| {
        let frees: Vec<(i64, Vec<u64>)> = nodes
            .iter()
            .map(|(zone, devices)| (*zone, devices.iter().map(|(eighths, ..)| eighths << 17).collect()))
            .collect();
        let borrowed: Vec<(i64, &[u64])> = frees.iter().map(|(zone, free)| (*zone, &free[..])).collect();
        let mut lab = Lab::new(&borrowed);
        for (device, (_, tag, extent)) in lab.devices.iter_mut().zip(nodes.iter().flat_map(|(_, d)| d)) {
            device.extent = KiB::of(*extent);
            device.tags = if tag.is_empty() { tags(&[]) } else { tags(&[("arbiter", tag)]) };
        }
        if !lab.devices.is_empty() {
            lab.avoid.devices = avoided.iter().map(|index| index.get(&lab.devices).id).collect();
        }
        lab.limits = PlacementLimits { max_bricks: 12, ..PlacementLimits::default() };
        lab
    })
}

fn wants() -> impl Strategy<Value = Want> {
    let disperse = Durability::Disperse { data: 2, redundancy: 1 };
    let kind = prop_oneof![
        Just((Durability::Distribute, false)),
        Just((Durability::Replicate(2), false)),
        Just((Durability::Replicate(3), false)),
        Just((disperse, false)),
        Just((Durability::Replicate(3), true)),
        Just((Durability::Replicate(3), true)),
    ];
    let file_size = prop_oneof![Just(1_u64), Just(2), Just(3), Just(64)];
    (kind, 1_u64..12, any::<bool>(), file_size).prop_map(|((durability, arbiter), gib, strict, file_size)| {
        Want { durability, gib, strict, arbiter, file_size }
    })
}

fn check_against_trying(lab: &Lab, want: &Want) -> Result<(), TestCaseError> {
    let options = want.options();
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let answer = lab.ask(want.durability, want.gib, &options);
    prop_assert_eq!(&answer, &lab.ask(want.durability, want.gib, &options));
    match answer {
        Ok(placement) => {
            check_sets(lab, want, &placement)?;
            let layout = (placement.sets.len(), placement.sets[0][0].space.size.get());
            prop_assert_eq!(Some(layout), first_layout(lab, want));
        }
        Err(refusal) => {
            let searched = matches!(refusal.reason, RefusalReason::MinBrickSize | RefusalReason::MaxBricks);
            let nothing = lab.devices.is_empty() && refusal.reason == RefusalReason::NoOnlineDevices;
            prop_assert!(searched || nothing, "{}", refusal);
            prop_assert_eq!(first_layout(lab, want), None);
            // Every device is explained, unless no size was tried at all.
            prop_assert!(refusal.devices.is_empty() || refusal.devices.len() == lab.devices.len());
        }
    }
    Ok(())
}

fn check_sets(lab: &Lab, want: &Want, placement: &Placement) -> Result<(), TestCaseError> {
    prop_assert_eq!(placement.arbiter, want.arbiter);
    for set in &placement.sets {
        for (position, brick) in set.iter().enumerate() {
            let arbiter = want.arbiter && position == 2;
            prop_assert_eq!(brick.role == BrickRole::Arbiter, arbiter);
        }
        let mut zones: Vec<i64> = set.iter().map(|brick| lab.zone(brick.node)).collect();
        zones.sort_unstable();
        zones.dedup();
        prop_assert!(!want.strict || zones.len() == set.len(), "two bricks of a set in one zone");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Soundness is asserted by `Lab::ask`: nodes apart, nothing overcommitted.
    #[test]
    fn places_are_found_for_the_first_layout_that_has_any_and_refusals_are_true(lab in labs(), want in wants()) {
        check_against_trying(&lab, &want)?;
    }

    #[test]
    fn the_order_of_nodes_and_devices_does_not_matter(lab in labs(), want in wants(), turn in 0_usize..8) {
        let mut turned = lab.clone();
        turned.nodes.reverse();
        if !turned.devices.is_empty() {
            let by = turn % turned.devices.len();
            turned.devices.rotate_left(by);
        }
        let options = want.options();
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let (one, other) = (lab.ask(want.durability, want.gib, &options), turned.ask(want.durability, want.gib, &options));
        prop_assert_eq!(one.map_err(|e| e.reason), other.map_err(|e| e.reason));
    }
}
