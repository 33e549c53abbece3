//! The places of bricks in their volumes. heketi lists bricks by id, which says nothing where a volume has several sets
//! of several bricks: only gluster knows those.

use std::collections::BTreeMap;

use super::pending::{Task, Work};
use crate::heketi_db::Database;
use crate::model::brick::{Brick, BrickRole};
use crate::model::everything::Everything;
use crate::model::ids::{BrickId, VolumeId};
use crate::model::volume::Volume;

/// Gives each brick a place, and says of which volumes that is a guess.
pub(super) fn number(database: &Database, works: &[Work], objects: &mut Everything) -> Vec<VolumeId> {
    let mut places: BTreeMap<BrickId, (u32, u32)> = BTreeMap::new();
    let mut unknown = Vec::new();
    let mut of_volumes: BTreeMap<VolumeId, BTreeMap<String, &Brick>> = BTreeMap::new();
    for brick in objects.bricks.iter().filter(|brick| brick.replaces.is_none()) {
        of_volumes.entry(brick.volume).or_default().insert(brick.id.to_string(), brick);
    }
    for volume in &objects.volumes {
        let listed = of_volumes.get(&volume.id).map(|own| listed(database, volume, own)).unwrap_or_default();
        let size = volume.durability.set_size();
        let (mut next, mut is_guess) = (0, false);
        for part in parts(works, volume, listed) {
            next = place(&part, size, next, &mut places);
            is_guess |= size > 1 && part.len() > size;
        }
        if is_guess {
            unknown.push(volume.id);
        }
    }
    for brick in &mut objects.bricks {
        (brick.set, brick.position) = places.get(&brick.id).copied().unwrap_or_default();
    }
    // What takes another one's place has the place of that.
    let of: BTreeMap<BrickId, (u32, u32)> = places;
    for brick in &mut objects.bricks {
        let place = brick.replaces.and_then(|old| of.get(&old)).copied();
        (brick.set, brick.position) = place.unwrap_or((brick.set, brick.position));
    }
    unknown
}

/// The bricks of a volume that are kept, in heketi's order.
fn listed<'a>(database: &Database, volume: &Volume, own: &BTreeMap<String, &'a Brick>) -> Vec<&'a Brick> {
    let entry = database.volumes.get(&volume.id.to_string());
    let mut found: Vec<&Brick> = Vec::new();
    for brick in entry.iter().flat_map(|entry| &entry.bricks).filter_map(|id| own.get(id)) {
        if !found.iter().any(|known| known.id == brick.id) {
            found.push(brick);
        }
    }
    found
}

/// The bricks that were there, and those that each growth was adding: these are sets of their own.
fn parts<'a>(works: &[Work], volume: &Volume, listed: Vec<&'a Brick>) -> Vec<Vec<&'a Brick>> {
    let id = volume.id.to_string();
    let (mut there, mut parts) = (listed, Vec::new());
    for work in works {
        let Task::Expand { volume: grown, bricks, .. } = &work.task else { continue };
        if *grown == id {
            let (added, others) = there.into_iter().partition(|brick| bricks.contains(&brick.id.to_string()));
            there = others;
            parts.push(added);
        }
    }
    parts.insert(0, there);
    parts
}

/// Fills sets, the arbiter being the last one of its set. Gives the number of the next set.
fn place(bricks: &[&Brick], size: usize, first: u32, places: &mut BTreeMap<BrickId, (u32, u32)>) -> u32 {
    let (mut arbiters, data): (Vec<&Brick>, Vec<&Brick>) =
        bricks.iter().copied().partition(|brick| brick.role == BrickRole::Arbiter && size > 1);
    let width = if arbiters.is_empty() { size } else { size.saturating_sub(1) }.max(1);
    let mut left = by_size(&data, width);
    let mut next = first;
    while !left.is_empty() || !arbiters.is_empty() {
        let mut set = Vec::new();
        while set.len() < width && !left.is_empty() {
            set.push(fitting(&mut left, &set));
        }
        if !arbiters.is_empty() {
            set.push(fitting(&mut arbiters, &set));
        }
        for (position, brick) in (0..).zip(&set) {
            places.insert(brick.id, (next, position));
        }
        next = next.saturating_add(1);
    }
    next
}

/// The bricks of a set are of one size; where there is one set only, heketi's order is kept.
fn by_size<'a>(bricks: &[&'a Brick], width: usize) -> Vec<&'a Brick> {
    let mut sorted = bricks.to_vec();
    if bricks.len() > width && width > 1 {
        sorted.sort_by_key(|brick| brick.space.size);
    }
    sorted
}

/// Takes the first one that is as large as those of the set and on none of their nodes, if there is one.
fn fitting<'a>(left: &mut Vec<&'a Brick>, set: &[&Brick]) -> &'a Brick {
    let size = set.first().map(|brick| brick.space.size);
    let is_elsewhere = |brick: &&Brick| !set.iter().any(|other| other.node == brick.node);
    let is_as_large =
        |brick: &&Brick| size.is_none_or(|size| brick.space.size == size || brick.role == BrickRole::Arbiter);
    let at = left.iter().position(|brick| is_elsewhere(brick) && is_as_large(brick));
    let at = at.or_else(|| left.iter().position(is_as_large));
    left.remove(at.unwrap_or(0))
}
