//! Which clusters may take a volume, before it is looked for a place in them.

use crate::model::cluster::ClusterFlags;

/// What counts about a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterFacts {
    /// Which volumes it takes.
    pub flags: ClusterFlags,
    /// The wanted name, where the cluster has a volume of that name.
    pub name_taken: Option<String>,
    /// Volumes it has, pending ones included.
    pub volume_count: u64,
    /// Volumes it may have.
    pub volume_limit: u64,
}

/// Whether a cluster may take a volume; `block` for one that hosts block volumes.
///
/// # Errors
/// With heketi's text for the first reason against it.
pub fn eligible(facts: &ClusterFacts, block: bool) -> Result<(), String> {
    let ClusterFlags { file, block: takes_block } = facts.flags;
    if !file && !takes_block {
        return Err("Cluster has disabled all volume types".to_owned());
    }
    if (block && !takes_block) || (!block && !file) {
        return Err("Cluster does not support requested volume type".to_owned());
    }
    if let Some(name) = &facts.name_taken {
        return Err(format!("Volume name '{name}' already in use"));
    }
    if facts.volume_count >= facts.volume_limit {
        return Err(format!(
            "Cluster has {} volumes and limit is {}",
            facts.volume_count, facts.volume_limit
        ));
    }
    Ok(())
}
