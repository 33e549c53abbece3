//! Block volumes: files in hosting volumes, which peers export over iSCSI.

use serde::{Deserialize, Serialize};

use super::ids::{BlockVolumeId, ClusterId, VolumeId};
use super::secret::Secret;
use super::sizes::GiB;
use super::state::Phase;

/// What a valid request for a block volume asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockVolumeSpec {
    /// Its size.
    pub size: GiB,
    /// Its name; `blockvol_` and its id where none is given.
    pub name: Option<String>,
    /// Candidate clusters as they were written, in order; all clusters where there are none.
    pub clusters: Vec<String>,
    /// On how many hosts it is to be; 0, or more than there are, stands for all.
    pub ha_count: u32,
    /// Whether clients have to log in.
    pub auth: bool,
}

/// The login that clients need (CHAP).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// Its name.
    pub username: String,
    /// Its password.
    pub password: Secret,
}

/// How clients reach a block volume.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BlockAccess {
    /// The hosts that export it, by the names that gluster uses.
    pub hosts: Vec<String>,
    /// Its name in iSCSI.
    pub iqn: String,
    /// The login, where one is needed. Never written down with an operation: only the block volume itself has it.
    #[serde(skip)]
    pub login: Option<Login>,
}

/// A block volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockVolume {
    /// Its id.
    pub id: BlockVolumeId,
    /// The cluster it is in.
    pub cluster: ClusterId,
    /// The volume it is in.
    pub hosting: VolumeId,
    /// Its name, unique in that volume.
    pub name: String,
    /// Its size.
    pub size: GiB,
    /// What all of its hosts show of it.
    pub usable: GiB,
    /// What it takes of the volume it is in: more than its size while it is made larger.
    pub taken: GiB,
    /// On how many hosts it is; while it is being made, on how many it is to be, 0 for all.
    pub ha_count: u32,
    /// Whether clients have to log in.
    pub auth: bool,
    /// How clients reach it; empty while it is being made.
    pub access: BlockAccess,
    /// The clusters that its request named.
    pub asked_clusters: Vec<ClusterId>,
    /// Where it is in its life.
    pub phase: Phase,
}

/// The name of a block volume for which none was given.
pub fn default_name(id: BlockVolumeId) -> String {
    format!("blockvol_{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_in_no_text_that_is_made_of_an_access() {
        let login = Some(Login { username: "who".to_owned(), password: Secret::new("Tr0ub4dor") });
        let access = BlockAccess { hosts: vec!["s1".to_owned()], iqn: "iqn".to_owned(), login };
        let stored = serde_json::to_string(&access).unwrap();
        assert_eq!(stored, r#"{"hosts":["s1"],"iqn":"iqn"}"#);
        assert!(!format!("{access:?}").contains("Tr0ub4dor"));
        let read: BlockAccess = serde_json::from_str(&stored).unwrap();
        assert_eq!(read, BlockAccess { login: None, ..access });
    }
}
