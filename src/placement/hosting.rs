//! Which hosting volume gets a block volume.

use crate::model::ids::VolumeId;
use crate::model::sizes::GiB;

/// A hosting volume that may take a block volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostingRoom {
    /// The volume.
    pub volume: VolumeId,
    /// What is free in it.
    pub free: GiB,
}

/// Lower is better; fields count from the top. The id comes last, so that equal rooms give equal answers.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Score {
    /// What is left of the smallest room that suffices is of the least use to others.
    free: GiB,
    tie: VolumeId,
}

/// The volume that a block volume of this size goes into: the fullest one that has room for it. heketi draws lots, which
/// leaves room in all of them and soon enough for a large one in none.
pub fn choose_hosting(rooms: &[HostingRoom], size: GiB) -> Option<VolumeId> {
    let score = |room: &&HostingRoom| Score { free: room.free, tie: room.volume };
    rooms.iter().filter(|room| room.free >= size).min_by_key(score).map(|room| room.volume)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(digit: char, free: u64) -> HostingRoom {
        let volume = digit.to_string().repeat(32).parse().unwrap();
        HostingRoom { volume, free: GiB::new(free).unwrap() }
    }

    fn check(rooms: &[HostingRoom], size: u64, expected: Option<char>) {
        let expected = expected.map(|digit| room(digit, 0).volume);
        assert_eq!(choose_hosting(rooms, GiB::new(size).unwrap()), expected, "{rooms:?} for {size}");
    }

    #[test]
    fn the_fullest_volume_with_room_is_chosen_and_equal_ones_by_their_id() {
        let rooms = [room('c', 90), room('a', 40), room('b', 40), room('d', 5)];
        check(&rooms, 5, Some('d'));
        check(&rooms, 6, Some('a'));
        check(&rooms, 41, Some('c'));
        check(&rooms, 91, None);
        check(&[], 1, None);
    }
}
