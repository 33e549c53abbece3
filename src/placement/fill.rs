//! Filling sets with bricks, the best device first.

use super::table::Table;
use crate::model::brick::BrickRole;

/// A brick on a device, by its number in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pick {
    pub seat: usize,
    pub role: BrickRole,
}

/// Where filling came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stuck {
    /// The set that could not be completed, from 0.
    pub set: usize,
    /// The devices of its bricks so far.
    pub placed: Vec<usize>,
    /// The brick that found no place.
    pub missing: BrickRole,
}

/// Fills sets of equal bricks: the best device for each brick, as long as the sets that follow keep their places.
/// Finds places for all sets whenever there are any.
///
/// Why that holds. Call `room[g]` the bricks that the devices of group g have room for; a set takes at most one
/// of each group, so n sets of k bricks find places exactly if the sum of min(room[g], n) over all groups is at
/// least n·k: dealing the bricks group by group to the sets in turn never gives a set two of one group. Of the
/// next set, a group with room for n or more loses one of its n countable bricks in any case, since only n − 1
/// sets follow; any other loses one only if it is taken. So the rest stays placeable exactly if the set takes
/// at most `sum − full groups − (n − 1)·k` bricks from groups that are not full. Within this budget the score
/// decides freely, and which device of a group takes the brick makes no difference to its room.
pub(super) fn fill_equal(table: &mut Table<'_>, sets: usize, set_size: usize) -> Option<Vec<Vec<Pick>>> {
    let role = BrickRole::Data;
    let mut room = room_by_group(table);
    let mut filled = Vec::with_capacity(sets);
    for left in (1..=sets).rev() {
        let mut budget = budget(&room, left, set_size)?;
        let mut set = Vec::with_capacity(set_size);
        table.begin_set();
        for _ in 0..set_size {
            let is_full = |group: usize| room[group] >= left;
            let seat = table.best(role, |group| budget > 0 || is_full(group))?;
            let group = table.seats[seat].group;
            budget -= usize::from(!is_full(group));
            room[group] -= 1;
            table.take(seat, role);
            set.push(Pick { seat, role });
        }
        filled.push(set);
    }
    Some(filled)
}

/// How many bricks the devices of each group have room for.
fn room_by_group(table: &Table<'_>) -> Vec<usize> {
    let mut room = vec![0_usize; table.groups];
    for seat in &table.seats {
        let needed = table.needed(seat, BrickRole::Data).get();
        let bricks = table.room(seat).checked_div(needed).unwrap_or_default();
        let bricks = usize::try_from(bricks).unwrap_or(usize::MAX);
        room[seat.group] = room[seat.group].saturating_add(bricks);
    }
    room
}

/// How many bricks the next of `left` sets may take from groups that have room for fewer than `left`.
fn budget(room: &[usize], left: usize, set_size: usize) -> Option<usize> {
    let countable: usize = room.iter().map(|bricks| (*bricks).min(left)).sum();
    let full = room.iter().filter(|bricks| **bricks >= left).count();
    // The second subtraction cannot fail where the first test is passed.
    if countable < left * set_size { None } else { (countable - full).checked_sub((left - 1) * set_size) }
}

/// Fills sets of bricks of any kind, `roles` by position, without looking ahead.
pub(super) fn fill_greedily(
    table: &mut Table<'_>,
    sets: usize,
    roles: &[BrickRole],
) -> Result<Vec<Vec<Pick>>, Stuck> {
    let order = positions(table, roles);
    let mut filled = Vec::with_capacity(sets);
    for set in 0..sets {
        let mut picks = Vec::with_capacity(roles.len());
        table.begin_set();
        for position in &order {
            let role = roles[*position];
            let Some(seat) = table.best(role, |_| true) else {
                let placed = picks.iter().map(|(_, pick): &(usize, Pick)| pick.seat).collect();
                return Err(Stuck { set, placed, missing: role });
            };
            table.take(seat, role);
            picks.push((*position, Pick { seat, role }));
        }
        picks.sort_unstable_by_key(|(position, _)| *position);
        filled.push(picks.into_iter().map(|(_, pick)| pick).collect());
    }
    Ok(filled)
}

// Whole copies choose first, since they need the room. But where devices are kept for arbiters, the arbiter's
// place is all but given, and the copies choose zones beside it.
fn positions(table: &Table<'_>, roles: &[BrickRole]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..roles.len()).collect();
    if table.has_dedicated_arbiters() {
        order.sort_by_key(|position| roles[*position] != BrickRole::Arbiter);
    }
    order
}
