//! Choosing devices for the sets of one candidate size.
//!
//! Two bricks of a set never share a node, nor a zone where zones are strict: call those *groups*. First every
//! brick takes the device with the best score. Where that ends without a place, sets are filled from the groups
//! with most room left, which finds a place whenever there is one: with equal bricks and `n` sets of `k`, a
//! placement exists exactly if the groups' rooms, each counted up to `n`, add up to `n × k` (Gale and Ryser), and
//! taking the `k` groups with most room keeps that true for the remaining sets.

use std::cmp::Reverse;

use super::filters::{ArbiterTag, Usable};
use super::{Avoid, PlacedBrick};
use crate::model::brick::{BrickRole, BrickSpace};
use crate::model::ids::{DeviceId, NodeId};
use crate::model::sizes::KiB;

/// A device while sets are being filled.
#[derive(Debug, Clone)]
pub(super) struct Slot<'a> {
    pub(super) usable: Usable<'a>,
    pub(super) free: KiB,
    /// What a data brick takes here; `None` where it can never fit.
    pub(super) data: Option<BrickSpace>,
    /// What an arbiter brick takes here, in a volume that has them.
    pub(super) arbiter: Option<BrickSpace>,
    avoided: bool,
}

/// What sets are made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) sets: u64,
    pub(super) set_size: usize,
    pub(super) arbiter: bool,
    pub(super) strict_zones: bool,
}

/// The first of these counts, then the next, … Lower is better; the id comes last, so that equal devices give
/// equal answers.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Score {
    zone_in_use: bool,
    avoided: bool,
    bricks_on_node: usize,
    free: Reverse<KiB>,
    tie: DeviceId,
}

impl<'a> Slot<'a> {
    pub(super) fn new(
        usable: Usable<'a>,
        data: Option<BrickSpace>,
        arbiter: Option<BrickSpace>,
        avoid: &Avoid,
    ) -> Slot<'a> {
        let avoided = avoid.devices.contains(&usable.device.id);
        Slot { usable, free: usable.device.storage.free, data, arbiter, avoided }
    }

    fn node(&self) -> NodeId {
        self.usable.device.node
    }

    /// What a brick takes here, if there is room: strictly less than what is free, as in heketi.
    fn room(&self, role: BrickRole) -> Option<BrickSpace> {
        let space = match role {
            BrickRole::Data => self.data,
            BrickRole::Arbiter => self.arbiter,
        };
        space.filter(|space| space.total().is_some_and(|total| total < self.free))
    }

    /// How many data bricks fit.
    fn capacity(&self) -> u64 {
        let total = self.data.and_then(|space| space.total()).map_or(0, KiB::get);
        self.free.get().saturating_sub(1).checked_div(total).unwrap_or(0)
    }

    fn takes(&self, role: BrickRole, arbiter_volume: bool) -> bool {
        match (role, self.usable.arbiter) {
            (BrickRole::Arbiter, ArbiterTag::Disabled) => false,
            (BrickRole::Data, ArbiterTag::Required) => !arbiter_volume,
            _ => true,
        }
    }

    /// In an arbiter volume devices that take only such bricks come first.
    fn made_for(&self, role: BrickRole) -> bool {
        matches!(
            (role, self.usable.arbiter),
            (BrickRole::Arbiter, ArbiterTag::Required) | (BrickRole::Data, ArbiterTag::Disabled)
        )
    }
}

/// Places for all sets, or nothing.
pub(super) fn fill(slots: &[Slot<'_>], shape: Shape) -> Option<Vec<Vec<PlacedBrick>>> {
    fill_by(slots, shape, Order::Score).or_else(|| fill_by(slots, shape, Order::Room))
}

/// What decides first among the devices that have room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Score,
    Room,
}

fn fill_by(slots: &[Slot<'_>], shape: Shape, order: Order) -> Option<Vec<Vec<PlacedBrick>>> {
    let mut slots = slots.to_vec();
    let mut sets: Vec<Vec<PlacedBrick>> = Vec::new();
    for _ in 0..shape.sets {
        let set = fill_set(&mut slots, shape, order, &sets)?;
        sets.push(set);
    }
    Some(sets)
}

fn fill_set(
    slots: &mut [Slot<'_>],
    shape: Shape,
    order: Order,
    before: &[Vec<PlacedBrick>],
) -> Option<Vec<PlacedBrick>> {
    let mut taken: Vec<(usize, PlacedBrick)> = Vec::with_capacity(shape.set_size);
    // The arbiter chooses first: fewer devices may take it. It is put last into its set.
    for n in 0..shape.set_size {
        let role = if shape.arbiter && n == 0 { BrickRole::Arbiter } else { BrickRole::Data };
        let at = best(slots, &taken, role, shape, order, before)?;
        let space = slots[at].room(role)?;
        slots[at].free = slots[at].free.checked_sub(space.total()?)?;
        let device = slots[at].usable.device;
        taken.push((at, PlacedBrick { device: device.id, node: device.node, role, space }));
    }
    let mut set: Vec<PlacedBrick> = taken.into_iter().map(|(_, brick)| brick).collect();
    if shape.arbiter {
        set.rotate_left(1);
    }
    Some(set)
}

fn best(
    slots: &[Slot<'_>],
    taken: &[(usize, PlacedBrick)],
    role: BrickRole,
    shape: Shape,
    order: Order,
    before: &[Vec<PlacedBrick>],
) -> Option<usize> {
    let may = |slot: &Slot<'_>| {
        slot.takes(role, shape.arbiter)
            && slot.room(role).is_some()
            && taken.iter().all(|(other, _)| separate(&slots[*other], slot, shape))
    };
    let candidates = slots.iter().enumerate().filter(|(_, slot)| may(slot));
    let key = |(_, slot): &(usize, &Slot<'_>)| {
        let room = if order == Order::Room { group_room(slots, slot, shape) } else { 0 };
        (!(shape.arbiter && slot.made_for(role)), Reverse(room), score(slots, slot, taken, before))
    };
    candidates.min_by_key(key).map(|(at, _)| at)
}

/// Whether bricks of one set may be on both.
fn separate(one: &Slot<'_>, other: &Slot<'_>, shape: Shape) -> bool {
    one.node() != other.node() && !(shape.strict_zones && one.usable.zone == other.usable.zone)
}

fn group_room(slots: &[Slot<'_>], slot: &Slot<'_>, shape: Shape) -> u64 {
    let same = |other: &&Slot<'_>| {
        if shape.strict_zones { other.usable.zone == slot.usable.zone } else { other.node() == slot.node() }
    };
    slots.iter().filter(same).map(Slot::capacity).sum()
}

fn score(
    slots: &[Slot<'_>],
    slot: &Slot<'_>,
    taken: &[(usize, PlacedBrick)],
    before: &[Vec<PlacedBrick>],
) -> Score {
    Score {
        zone_in_use: taken.iter().any(|(other, _)| slots[*other].usable.zone == slot.usable.zone),
        avoided: slot.avoided,
        bricks_on_node: before.iter().flatten().filter(|brick| brick.node == slot.node()).count(),
        free: Reverse(slot.free),
        tie: slot.usable.device.id,
    }
}
