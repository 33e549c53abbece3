//! Arbiter sets: two whole copies and a small third brick, exactly.
//!
//! The best device first does for nearly every request. Where it ends without a place, this search says whether
//! there is one. Two kinds of brick share the space, so counting rooms is not enough, but no trial and error is
//! needed either:
//!
//! 1. A device that takes x copies has room for a certain number of arbiters beside them, no more: its frontier.
//!    Frontiers of the devices of a group add up, cut at one brick a set, and so do those of all groups: the most
//!    arbiters beside 2n copies, found by dynamic programming. That n sets need 2n copies and n arbiters, and
//!    that no group may hold more than n bricks, is clear.
//! 2. It is also enough: sets can be dealt one by one. With n sets to go there are 2n copies and n arbiters, and no
//!    group has more than n bricks. Take any group with an arbiter, and of the others with copies the two with the
//!    most bricks. There are two: the arbiter's group has at most n − 1 copies, the others have more than n, and
//!    none of them has more than n alone. And every group with n bricks is served, as it must be before n − 1
//!    sets are dealt in the same way: if there are three such groups, they have all the bricks, the arbiter's is
//!    one of them; and one that has no copies has all the arbiters, so it is the arbiter's.
//!
//! Scores do not count here. A volume that only just fits has few choices anyway.

use std::cmp::Reverse;

use super::fill::Pick;
use super::table::{Seat, Table};
use crate::model::brick::BrickRole;

/// The most arbiters beside so many copies, by the number of copies.
type Frontier = Vec<Option<usize>>;

/// Copies and arbiters that a device or a group is to take.
#[derive(Debug, Clone, Copy, Default)]
struct Quota {
    copies: usize,
    arbiters: usize,
}

impl Quota {
    fn bricks(self) -> usize {
        self.copies + self.arbiters
    }
}

/// Finds places for `sets` arbiter sets whenever there are any.
pub(super) fn fill_exactly(table: &mut Table<'_>, sets: usize) -> Option<Vec<Vec<Pick>>> {
    // There is no score here to say which of several solutions it is to be: the same one, whatever came first.
    table.seats.sort_unstable_by_key(|seat| seat.device.id);
    let mut by_seat = quotas(table, sets)?;
    let mut filled = Vec::with_capacity(sets);
    for _ in 0..sets {
        let groups = deal(&quota_of_groups(table, &by_seat))?;
        table.begin_set();
        let mut set = Vec::with_capacity(groups.len());
        for (group, role) in groups {
            let seat = draw(table, &mut by_seat, group, role)?;
            table.take(seat, role);
            set.push(Pick { seat, role });
        }
        filled.push(set);
    }
    Some(filled)
}

/// How many bricks of each kind every device is to take.
fn quotas(table: &Table<'_>, sets: usize) -> Option<Vec<Quota>> {
    let members = members_of_groups(table);
    let of_seats = |seats: &Vec<usize>| -> Vec<Frontier> {
        seats.iter().map(|seat| frontier(table, &table.seats[*seat], sets)).collect()
    };
    let groups: Vec<Joined> = members.iter().map(|seats| join(&of_seats(seats), sets)).collect();
    // A set takes one brick of a group: beside x copies at most `sets - x` arbiters.
    let capped = |joined: &Joined| -> Frontier {
        let beside = joined.most.iter().enumerate();
        beside.map(|(copies, arbiters)| arbiters.map(|most| most.min(sets - copies))).collect()
    };
    let frontiers: Vec<Frontier> = groups.iter().map(capped).collect();
    let all = join(&frontiers, 2 * sets);
    let mut arbiters_left = sets;
    if all.most[2 * sets] < Some(arbiters_left) {
        return None;
    }
    let mut by_seat = vec![Quota::default(); table.seats.len()];
    for (group, copies) in all.split(2 * sets).into_iter().enumerate() {
        let mut arbiters = frontiers[group][copies]?.min(arbiters_left);
        arbiters_left -= arbiters;
        for (seat, copies) in members[group].iter().zip(groups[group].split(copies)) {
            let own = frontier(table, &table.seats[*seat], sets)[copies]?.min(arbiters);
            arbiters -= own;
            by_seat[*seat] = Quota { copies, arbiters: own };
        }
    }
    Some(by_seat)
}

fn members_of_groups(table: &Table<'_>) -> Vec<Vec<usize>> {
    let mut members = vec![Vec::new(); table.groups];
    for (index, seat) in table.seats.iter().enumerate() {
        members[seat.group].push(index);
    }
    members
}

/// What one device has room for.
fn frontier(table: &Table<'_>, seat: &Seat<'_>, sets: usize) -> Frontier {
    let room = table.room(seat);
    let copy = table.needed(seat, BrickRole::Data).get();
    let arbiter = table.needed(seat, BrickRole::Arbiter).get();
    let takes = |role| table.tag_refuses(seat, role).is_none();
    let beside = |copies: usize| -> Option<usize> {
        let taken = u64::try_from(copies).ok()?.checked_mul(copy)?;
        let fits = copies == 0 || takes(BrickRole::Data);
        let rest = room.checked_sub(taken).filter(|_| fits)?;
        let arbiters = if takes(BrickRole::Arbiter) { rest.checked_div(arbiter)? } else { 0 };
        Some(usize::try_from(arbiters).unwrap_or(usize::MAX).min(sets))
    };
    (0..=sets).map(beside).collect()
}

/// Several frontiers added up.
struct Joined {
    most: Frontier,
    /// For each part, its copies by the number of copies up to and with it.
    shares: Vec<Vec<usize>>,
}

/// Adds frontiers up, for at most `width` copies.
fn join(parts: &[Frontier], width: usize) -> Joined {
    let mut most: Frontier = vec![None; width + 1];
    most[0] = Some(0);
    let mut shares = Vec::with_capacity(parts.len());
    for part in parts {
        let mut next: Frontier = vec![None; width + 1];
        let mut share = vec![0; width + 1];
        for (before, so_far) in most.iter().enumerate() {
            let Some(so_far) = so_far else { continue };
            for (own, more) in part.iter().enumerate().take(width - before + 1) {
                let sum = more.map(|more| so_far + more);
                if sum > next[before + own] {
                    next[before + own] = sum;
                    share[before + own] = own;
                }
            }
        }
        most = next;
        shares.push(share);
    }
    Joined { most, shares }
}

impl Joined {
    /// The copies of each part, for so many copies of all.
    fn split(&self, mut copies: usize) -> Vec<usize> {
        let mut parts: Vec<usize> = Vec::with_capacity(self.shares.len());
        for share in self.shares.iter().rev() {
            parts.push(share[copies]);
            copies -= share[copies];
        }
        parts.reverse();
        parts
    }
}

fn quota_of_groups(table: &Table<'_>, by_seat: &[Quota]) -> Vec<Quota> {
    let mut groups = vec![Quota::default(); table.groups];
    for (seat, quota) in table.seats.iter().zip(by_seat) {
        groups[seat.group].copies += quota.copies;
        groups[seat.group].arbiters += quota.arbiters;
    }
    groups
}

/// Chooses the groups of the next set, the arbiter's last.
fn deal(groups: &[Quota]) -> Option<[(usize, BrickRole); 3]> {
    let arbiter = groups.iter().position(|quota| quota.arbiters > 0)?;
    let with_copies = (0..groups.len()).filter(|group| *group != arbiter && groups[*group].copies > 0);
    let mut others: Vec<usize> = with_copies.collect();
    others.sort_by_key(|group| Reverse(groups[*group].bricks()));
    let [first, second] = *others.first_chunk()?;
    Some([(first, BrickRole::Data), (second, BrickRole::Data), (arbiter, BrickRole::Arbiter)])
}

/// Takes a brick off the quota of some device of a group.
fn draw(table: &Table<'_>, by_seat: &mut [Quota], group: usize, role: BrickRole) -> Option<usize> {
    let owed = |quota: Quota| match role {
        BrickRole::Data => quota.copies,
        BrickRole::Arbiter => quota.arbiters,
    };
    let in_group = |seat: &usize| table.seats[*seat].group == group;
    let seat = (0..by_seat.len()).filter(in_group).find(|seat| owed(by_seat[*seat]) > 0)?;
    match role {
        BrickRole::Data => by_seat[seat].copies -= 1,
        BrickRole::Arbiter => by_seat[seat].arbiters -= 1,
    }
    Some(seat)
}
