//! Which brick sizes are tried for a volume, in which order, and how the search ends.

use super::request::{PlacementLimits, PlacementRequest};
use crate::model::durability::Durability;
use crate::model::sizes::KiB;

/// So many sets of bricks of one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// The number of sets, a power of two.
    pub sets: usize,
    /// The size of each brick, arbiters excepted.
    pub brick: KiB,
}

/// Why there is no further candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchEnd {
    /// The bricks would be smaller than allowed.
    MinBrickSize,
    /// There would be more bricks than a volume may have.
    MaxBricks,
}

/// The candidates of a request, few large bricks first: every further brick costs memory and a port for the
/// life of the volume.
#[derive(Debug, Clone)]
pub struct Candidates {
    size: KiB,
    durability: Durability,
    existing_bricks: usize,
    limits: PlacementLimits,
    sets: usize,
}

impl Candidates {
    /// The candidates of a request, from the first one.
    pub fn new(request: &PlacementRequest<'_>, limits: &PlacementLimits) -> Self {
        Candidates {
            size: KiB::from(request.size),
            durability: request.durability,
            existing_bricks: request.existing_bricks,
            limits: *limits,
            sets: 1,
        }
    }

    /// The next one.
    ///
    /// # Errors
    /// With the reason when there is none. The size is looked at before the number of bricks: clients of heketi
    /// see which of the two it was when they expand a volume.
    pub fn next_candidate(&mut self) -> Result<Candidate, SearchEnd> {
        loop {
            let sets = self.sets;
            let brick = self.brick_size(sets).ok_or(SearchEnd::MinBrickSize)?;
            self.sets = sets.saturating_mul(2);
            if brick <= self.limits.max_brick {
                return self.within_max_bricks(Candidate { sets, brick });
            }
        }
    }

    fn brick_size(&self, sets: usize) -> Option<KiB> {
        let of_set = self.size.divided_by(u64::try_from(sets).ok()?)?;
        let brick = of_set.divided_by(self.durability.data_bricks())?;
        // A minimum of 0 would never end.
        (brick >= self.limits.min_brick.max(KiB::of(1))).then_some(brick)
    }

    fn within_max_bricks(&self, candidate: Candidate) -> Result<Candidate, SearchEnd> {
        let new = candidate.sets.saturating_mul(self.durability.set_size());
        let all = new.saturating_add(self.existing_bricks);
        if all > self.limits.max_bricks { Err(SearchEnd::MaxBricks) } else { Ok(candidate) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::request::Avoid;
    use super::*;
    use crate::model::sizes::GiB;

    const TIB: u64 = 1024;

    /// Lists candidates as `sets (bricks) @ KiB`.
    fn listed(durability: Durability, gib: u64, existing: usize, limits: &PlacementLimits) -> String {
        let request = PlacementRequest {
            size: GiB::new(gib).unwrap(),
            durability,
            snapshot_factor: 1.0,
            options: &[],
            existing_bricks: existing,
            avoid: &Avoid::default(),
        };
        let mut candidates = Candidates::new(&request, limits);
        let mut lines = Vec::new();
        loop {
            match candidates.next_candidate() {
                Ok(Candidate { sets, brick }) => {
                    lines.push(format!("{sets} ({}) @{}", sets * durability.set_size(), gib_text(brick)));
                }
                Err(end) => return format!("{}; {end:?}", lines.join("; ")),
            }
        }
    }

    fn gib_text(size: KiB) -> String {
        format!("{}", size.get() as f64 / 1_048_576.0)
    }

    #[test]
    fn candidates_are_heketis() {
        let check = |durability, gib, expected: &str| {
            let found = listed(durability, gib, 0, &PlacementLimits::default());
            assert_eq!(found, expected, "{durability:?} {gib} GiB");
        };
        let disperse = |data, redundancy| Durability::Disperse { data, redundancy };
        let three = Durability::Replicate(3);
        check(three, 1, "1 (3) @1; MinBrickSize");
        check(three, 10, "1 (3) @10; 2 (6) @5; 4 (12) @2.5; 8 (24) @1.25; MinBrickSize");
        check(three, 100, "1 (3) @100; 2 (6) @50; 4 (12) @25; 8 (24) @12.5; MaxBricks");
        check(three, 5 * TIB, "2 (6) @2560; 4 (12) @1280; 8 (24) @640; MaxBricks");
        let two = Durability::Replicate(2);
        check(two, 1, "1 (2) @1; MinBrickSize");
        check(two, 10, "1 (2) @10; 2 (4) @5; 4 (8) @2.5; 8 (16) @1.25; MinBrickSize");
        check(two, 100, "1 (2) @100; 2 (4) @50; 4 (8) @25; 8 (16) @12.5; 16 (32) @6.25; MaxBricks");
        check(two, 5 * TIB, "2 (4) @2560; 4 (8) @1280; 8 (16) @640; 16 (32) @320; MaxBricks");
        let none = Durability::Distribute;
        check(none, 1, "1 (1) @1; MinBrickSize");
        check(none, 10, "1 (1) @10; 2 (2) @5; 4 (4) @2.5; 8 (8) @1.25; MinBrickSize");
        let hundred =
            "1 (1) @100; 2 (2) @50; 4 (4) @25; 8 (8) @12.5; 16 (16) @6.25; 32 (32) @3.125; MaxBricks";
        check(none, 100, hundred);
        let large = "2 (2) @2560; 4 (4) @1280; 8 (8) @640; 16 (16) @320; 32 (32) @160; MaxBricks";
        check(none, 5 * TIB, large);
        check(disperse(4, 2), 1, "; MinBrickSize");
        check(disperse(4, 2), 10, "1 (6) @2.5; 2 (12) @1.25; MinBrickSize");
        check(disperse(4, 2), 100, "1 (6) @25; 2 (12) @12.5; 4 (24) @6.25; MaxBricks");
        check(disperse(4, 2), 5 * TIB, "1 (6) @1280; 2 (12) @640; 4 (24) @320; MaxBricks");
        check(disperse(2, 1), 10, "1 (3) @5; 2 (6) @2.5; 4 (12) @1.25; MinBrickSize");
        check(disperse(8, 3), 100, "1 (11) @12.5; 2 (22) @6.25; MaxBricks");
        check(disperse(8, 4), 100, "1 (12) @12.5; 2 (24) @6.25; MaxBricks");
    }

    #[test]
    fn existing_bricks_count_and_configured_limits_hold() {
        let defaults = PlacementLimits::default();
        let found = listed(Durability::Replicate(2), 100, 28, &defaults);
        assert_eq!(found, "1 (2) @100; 2 (4) @50; MaxBricks");
        assert_eq!(listed(Durability::Replicate(2), 100, 31, &defaults), "; MaxBricks");
        let limits = PlacementLimits { min_brick: KiB::ZERO, max_bricks: usize::MAX, ..defaults };
        assert!(listed(Durability::Distribute, 1, 0, &limits).ends_with("; MinBrickSize"));
    }
}
