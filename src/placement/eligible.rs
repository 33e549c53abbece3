//! Which clusters come into question for a new volume, and what is said when none does.

use crate::model::cluster::ClusterFlags;
use crate::model::ids::ClusterId;

/// What a volume is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VolumeUse {
    /// Files.
    File,
    /// Hosting block volumes.
    BlockHosting,
}

/// What must be known of a cluster; pending volumes count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClusterFacts {
    /// Which volumes it takes.
    pub flags: ClusterFlags,
    /// Whether one of its volumes has the wanted name.
    pub name_taken: bool,
    /// How many volumes it has.
    pub volumes: usize,
}

/// Why a cluster does not come into question, in heketi's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Ineligible {
    /// It takes no volumes.
    #[error("Cluster has disabled all volume types")]
    AllDisabled,
    /// It takes others.
    #[error("Cluster does not support requested volume type")]
    WrongUse,
    /// A volume of that name exists.
    #[error("Volume name '{0}' already in use")]
    NameTaken(String),
    /// It is full of volumes.
    #[error("Cluster has {volumes} volumes and limit is {limit}")]
    TooManyVolumes {
        /// Those it has.
        volumes: usize,
        /// Those it may have.
        limit: usize,
    },
}

/// Looks whether a cluster comes into question for a new volume.
///
/// # Errors
/// With the first reason against it.
pub fn eligible(facts: &ClusterFacts, wanted: VolumeUse, name: &str, limit: usize) -> Result<(), Ineligible> {
    let ClusterFlags { file, block } = facts.flags;
    let supported = match wanted {
        VolumeUse::File => file,
        VolumeUse::BlockHosting => block,
    };
    if !file && !block {
        Err(Ineligible::AllDisabled)
    } else if !supported {
        Err(Ineligible::WrongUse)
    } else if facts.name_taken {
        Err(Ineligible::NameTaken(name.to_owned()))
    } else if facts.volumes >= limit {
        Err(Ineligible::TooManyVolumes { volumes: facts.volumes, limit })
    } else {
        Ok(())
    }
}

/// At which stage all clusters failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailedStage {
    /// None came into question.
    Eligibility,
    /// None of those that did had a place.
    Placement,
}

/// Puts the reasons of several clusters into heketi's one text: a single reason stands alone.
pub fn combined_text(stage: FailedStage, failures: &[(ClusterId, String)]) -> String {
    if let [(_, only)] = failures {
        return only.clone();
    }
    let prefix = match stage {
        FailedStage::Eligibility => "No eligible cluster for volume",
        FailedStage::Placement => "Unable to create volume on any cluster:",
    };
    let lines = failures.iter().map(|(id, text)| format!("\nCluster {id}: {text}"));
    std::iter::once(prefix.to_owned()).chain(lines).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_reason_against_a_cluster_is_told_in_heketis_words() {
        let check = |file, block, name_taken, volumes, wanted, expected: &str| {
            let facts = ClusterFacts { flags: ClusterFlags { file, block }, name_taken, volumes };
            let found = match eligible(&facts, wanted, "v", 3) {
                Ok(()) => "yes".to_owned(),
                Err(reason) => reason.to_string(),
            };
            assert_eq!(found, expected, "{facts:?} {wanted:?}");
        };
        use VolumeUse::{BlockHosting, File};
        check(true, true, false, 2, File, "yes");
        check(false, true, false, 0, BlockHosting, "yes");
        check(false, false, true, 9, File, "Cluster has disabled all volume types");
        check(false, true, true, 9, File, "Cluster does not support requested volume type");
        check(true, false, true, 9, BlockHosting, "Cluster does not support requested volume type");
        check(true, true, true, 9, File, "Volume name 'v' already in use");
        check(true, true, false, 3, File, "Cluster has 3 volumes and limit is 3");
    }

    #[test]
    fn one_cluster_speaks_for_itself_and_several_get_a_line_each() {
        let id = |digit: &str| digit.repeat(32).parse::<ClusterId>().unwrap();
        let one = [(id("a"), "No space".to_owned())];
        assert_eq!(combined_text(FailedStage::Placement, &one), "No space");
        let two = [(id("a"), "No space".to_owned()), (id("b"), "No nodes in cluster".to_owned())];
        let (a, b) = (id("a"), id("b"));
        assert_eq!(
            combined_text(FailedStage::Placement, &two),
            format!(
                "Unable to create volume on any cluster:\nCluster {a}: No space\nCluster {b}: No nodes in cluster"
            )
        );
        assert!(
            combined_text(FailedStage::Eligibility, &two)
                .starts_with("No eligible cluster for volume\nCluster ")
        );
    }
}
