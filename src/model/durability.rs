//! How a volume keeps its data: what a request said, and the layout that follows from it.

use serde::{Deserialize, Serialize};

/// The copies that a `replicate` request without a number gets.
const DEFAULT_REPLICA: u8 = 2;

/// The kind of durability that a request names; `none` where it names none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DurabilityKind {
    /// Every file exists once.
    #[default]
    None,
    /// Copies.
    Replicate,
    /// Erasure coding.
    Disperse,
}

/// What a request said about durability, kept as it was said: clients of heketi get it back unchanged,
/// numbers of kinds that were not chosen included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RequestedDurability {
    /// The kind that was chosen.
    pub kind: DurabilityKind,
    /// Copies; 0 stands for the default of two.
    pub replica: i64,
    /// Data bricks of a disperse set.
    pub data: i64,
    /// Redundancy bricks of a disperse set.
    pub redundancy: i64,
}

/// The layout of a volume's sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// One brick a set.
    Distribute,
    /// This many copies, 1 to 3.
    Replicate(u8),
    /// Erasure coding.
    Disperse {
        /// Bricks' worth of data in a set.
        data: u8,
        /// Bricks that may be lost.
        redundancy: u8,
    },
}

/// Why a requested durability is no layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DurabilityError {
    /// Fewer than one or more than three copies.
    #[error("Invalid replica value")]
    Replica(i64),
    /// Not 2+1, 4+2, 8+3 or 8+4.
    #[error("Invalid dispersion combination: {data}+{redundancy}")]
    Dispersion {
        /// Data bricks asked for.
        data: i64,
        /// Redundancy bricks asked for.
        redundancy: i64,
    },
}

impl RequestedDurability {
    /// The layout that was asked for.
    ///
    /// # Errors
    /// With heketi's texts. A negative replica count is refused too: heketi made a volume without bricks of it.
    pub fn layout(&self) -> Result<Durability, DurabilityError> {
        match self.kind {
            DurabilityKind::None => Ok(Durability::Distribute),
            DurabilityKind::Replicate => match self.replica {
                0 => Ok(Durability::Replicate(DEFAULT_REPLICA)),
                1 => Ok(Durability::Replicate(1)),
                2 => Ok(Durability::Replicate(2)),
                3 => Ok(Durability::Replicate(3)),
                other => Err(DurabilityError::Replica(other)),
            },
            DurabilityKind::Disperse => match (self.data, self.redundancy) {
                (2, 1) => Ok(Durability::Disperse { data: 2, redundancy: 1 }),
                (4, 2) => Ok(Durability::Disperse { data: 4, redundancy: 2 }),
                (8, 3) => Ok(Durability::Disperse { data: 8, redundancy: 3 }),
                (8, 4) => Ok(Durability::Disperse { data: 8, redundancy: 4 }),
                (data, redundancy) => Err(DurabilityError::Dispersion { data, redundancy }),
            },
        }
    }
}

impl Durability {
    /// Bricks in one set.
    pub fn set_size(self) -> usize {
        match self {
            Durability::Distribute => 1,
            Durability::Replicate(copies) => usize::from(copies),
            Durability::Disperse { data, redundancy } => usize::from(data) + usize::from(redundancy),
        }
    }

    /// Bricks of a set whose sizes add up to what the set holds.
    pub fn data_bricks(self) -> u64 {
        match self {
            Durability::Distribute | Durability::Replicate(_) => 1,
            Durability::Disperse { data, .. } => u64::from(data),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requested(kind: DurabilityKind, replica: i64, data: i64, redundancy: i64) -> RequestedDurability {
        RequestedDurability { kind, replica, data, redundancy }
    }

    #[test]
    fn requests_become_layouts_or_heketis_refusals() {
        use DurabilityKind::{Disperse, None, Replicate};
        let check = |request: RequestedDurability, expected: &str| {
            let found = match request.layout() {
                Ok(layout) => format!("{} bricks a set", layout.set_size()),
                Err(error) => error.to_string(),
            };
            assert_eq!(found, expected, "{request:?}");
        };
        check(requested(None, 3, 4, 2), "1 bricks a set");
        check(requested(Replicate, 0, 0, 0), "2 bricks a set");
        check(requested(Replicate, 3, 4, 2), "3 bricks a set");
        check(requested(Replicate, 4, 0, 0), "Invalid replica value");
        check(requested(Replicate, -1, 0, 0), "Invalid replica value");
        check(requested(Disperse, 3, 8, 3), "11 bricks a set");
        check(requested(Disperse, 3, 5, 1), "Invalid dispersion combination: 5+1");
    }
}
