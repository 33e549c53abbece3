//! The brick sizes that a volume can be made of, in the order in which they are tried: one set, two, four, …

use super::PlacementLimits;
use super::refusal::SearchEnd;
use crate::model::durability::Durability;
use crate::model::sizes::{GiB, KiB};

/// So many sets of bricks of this size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Sets.
    pub sets: u64,
    /// The size of each data brick.
    pub brick: KiB,
}

/// The candidates of a volume, and then why there are no more.
#[derive(Debug)]
pub struct Candidates<'a> {
    size: KiB,
    durability: Durability,
    existing: u64,
    limits: &'a PlacementLimits,
    sets: u64,
}

impl<'a> Candidates<'a> {
    /// For a volume of `size`, or an expansion by it of one that has `existing` bricks.
    pub fn new(
        size: GiB,
        durability: Durability,
        existing: u64,
        limits: &'a PlacementLimits,
    ) -> Candidates<'a> {
        Candidates { size: size.into(), durability, existing, limits, sets: 1 }
    }

    /// The next candidate.
    ///
    /// # Errors
    /// Why there is none: bricks would get too small, or too many.
    pub fn next(&mut self) -> Result<Candidate, SearchEnd> {
        loop {
            let sets = self.sets;
            self.sets = sets.saturating_mul(2);
            let per_set = self.size.divided_by(sets).unwrap_or(KiB::ZERO);
            let brick = per_set.divided_by(self.durability.data_bricks()).unwrap_or(KiB::ZERO);
            if brick < self.limits.brick_min || brick == KiB::ZERO {
                return Err(SearchEnd::TooSmall);
            }
            if brick > self.limits.brick_max {
                continue;
            }
            let bricks = sets.saturating_mul(self.durability.set_size() as u64);
            if bricks.saturating_add(self.existing) > self.limits.max_bricks {
                return Err(SearchEnd::TooMany);
            }
            return Ok(Candidate { sets, brick });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(durability: Durability, gib: u64) -> (Vec<(u64, u64)>, SearchEnd) {
        let limits = PlacementLimits::default();
        let mut candidates = Candidates::new(GiB::new(gib).unwrap(), durability, 0, &limits);
        let mut found = Vec::new();
        loop {
            match candidates.next() {
                Ok(candidate) => found.push((candidate.sets, candidate.brick.get() / 1024)),
                Err(end) => return (found, end),
            }
        }
    }

    #[test]
    fn sets_double_until_bricks_get_too_small_or_too_many() {
        let replica = Durability::Replicate(3);
        assert_eq!(list(replica, 1), (vec![(1, 1024)], SearchEnd::TooSmall));
        assert_eq!(
            list(replica, 10),
            (vec![(1, 10240), (2, 5120), (4, 2560), (8, 1280)], SearchEnd::TooSmall)
        );
        let (found, end) = list(replica, 100);
        assert_eq!((found.len(), end), (4, SearchEnd::TooMany));
        // One brick of 5 TiB would be too large.
        assert_eq!(list(replica, 5120).0.first(), Some(&(2, 2560 * 1024)));
        assert_eq!(list(Durability::Disperse { data: 8, redundancy: 3 }, 100).0.len(), 2);
        assert_eq!(list(Durability::Disperse { data: 4, redundancy: 2 }, 1), (vec![], SearchEnd::TooSmall));
    }
}
