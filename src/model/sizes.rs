//! Sizes with their unit in the type: GiB on the API, KiB in state and in all arithmetic.

use std::fmt;

use serde::{Deserialize, Serialize};

/// KiB in one GiB.
const KIB_PER_GIB: u64 = 1_048_576;

/// A number of KiB (1,024 bytes): the unit of the database and of all arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KiB(u64);

impl KiB {
    /// Nothing.
    pub const ZERO: KiB = KiB(0);
    /// The largest size that SQLite's signed integers hold.
    pub const MAX: KiB = KiB(i64::MAX as u64);

    /// A size of `kib` KiB; `None` beyond [`KiB::MAX`].
    pub const fn new(kib: u64) -> Option<KiB> {
        if kib > KiB::MAX.0 { None } else { Some(KiB(kib)) }
    }

    /// A size known when the program is written.
    pub const fn of(kib: u32) -> KiB {
        KiB(kib as u64)
    }

    /// The number of KiB.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The number of bytes; `None` where it does not fit.
    pub const fn bytes(self) -> Option<u64> {
        self.0.checked_mul(1024)
    }

    /// As SQLite keeps it.
    pub fn to_sql(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }

    /// From SQLite; `None` for a negative number.
    pub fn from_sql(kib: i64) -> Option<KiB> {
        u64::try_from(kib).ok().map(KiB)
    }

    /// The sum; `None` beyond [`KiB::MAX`].
    pub fn checked_add(self, other: KiB) -> Option<KiB> {
        self.0.checked_add(other.0).and_then(KiB::new)
    }

    /// The difference; `None` where it would be negative.
    pub fn checked_sub(self, other: KiB) -> Option<KiB> {
        self.0.checked_sub(other.0).map(KiB)
    }

    /// Rounds up to a multiple of `unit`; `None` beyond [`KiB::MAX`] or for a unit of 0.
    pub fn round_up(self, unit: KiB) -> Option<KiB> {
        if unit.0 == 0 { None } else { self.0.checked_next_multiple_of(unit.0).and_then(KiB::new) }
    }

    /// Divides, rounding down; `None` for a divisor of 0.
    pub fn divided_by(self, parts: u64) -> Option<KiB> {
        self.0.checked_div(parts).map(KiB)
    }
}

impl From<GiB> for KiB {
    fn from(size: GiB) -> KiB {
        KiB(size.0 * KIB_PER_GIB)
    }
}

impl fmt::Display for KiB {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} KiB", self.0)
    }
}

/// A number of GiB: the unit of the API. Bounded, so that its KiB always fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GiB(u64);

impl GiB {
    /// The largest size whose KiB fit into [`KiB`].
    pub const MAX: GiB = GiB(KiB::MAX.0 / KIB_PER_GIB);

    /// A size of `gib` GiB; `None` beyond [`GiB::MAX`].
    pub const fn new(gib: u64) -> Option<GiB> {
        if gib > GiB::MAX.0 { None } else { Some(GiB(gib)) }
    }

    /// The number of GiB.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// As SQLite keeps it.
    pub fn to_sql(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }

    /// From SQLite; `None` for a negative or impossible number.
    pub fn from_sql(gib: i64) -> Option<GiB> {
        u64::try_from(gib).ok().and_then(GiB::new)
    }
}

impl fmt::Display for GiB {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} GiB", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gib_is_1048576_kib_and_the_largest_one_still_fits() {
        assert_eq!(KiB::from(GiB::new(1).unwrap()).get(), 1_048_576);
        assert!(KiB::from(GiB::MAX) <= KiB::MAX);
        assert_eq!(GiB::new(GiB::MAX.get() + 1), None);
    }

    #[test]
    fn rounding_up_reaches_the_next_extent_and_never_wraps() {
        assert_eq!(KiB::of(5242).round_up(KiB::of(4096)), Some(KiB::of(8192)));
        assert_eq!(KiB::of(8192).round_up(KiB::of(4096)), Some(KiB::of(8192)));
        assert_eq!(KiB::MAX.round_up(KiB::of(4096)), None);
        assert_eq!(KiB::of(1).round_up(KiB::ZERO), None);
    }
}
