//! The trusted pool.

use super::{change, look};
use crate::executor::command::{Command, LockName};
use crate::executor::settings::PeerSettings;

/// Lists the other peers with their states.
pub fn peer_status(settings: &PeerSettings) -> Command {
    look(settings).args(["peer", "status"])
}

/// Lists all peers of the trusted pool that the asked one is in, itself included.
pub fn pool_list(settings: &PeerSettings) -> Command {
    look(settings).args(["pool", "list"])
}

/// How many peers [`pool_list`] printed. Its first line is a heading.
pub fn pool_size(output: &str) -> usize {
    output.lines().skip(1).filter(|line| !line.trim().is_empty()).count()
}

/// Joins a peer to the trusted pool.
pub fn peer_probe(settings: &PeerSettings, storage: &str) -> Command {
    change(settings, LockName::pool()).args(["peer", "probe", storage])
}

/// Takes a peer out of the trusted pool; by `force` also while others are down.
pub fn peer_detach(settings: &PeerSettings, storage: &str, force: bool) -> Command {
    let detach = change(settings, LockName::pool()).args(["peer", "detach", storage]);
    if force { detach.arg("force") } else { detach }
}

/// A peer that [`peer_status`] printed.
struct Listed<'a> {
    names: Vec<&'a str>,
    state: &'a str,
}

fn listed(status: &str) -> impl Iterator<Item = Listed<'_>> {
    status.split("\n\n").filter_map(|block| {
        let hostname = block.lines().find_map(|line| line.strip_prefix("Hostname: "))?;
        let others = block.lines().skip_while(|line| *line != "Other names:").skip(1);
        let names = std::iter::once(hostname).chain(others).collect();
        let state = block.lines().find_map(|line| line.strip_prefix("State: ")).unwrap_or_default();
        Some(Listed { names, state })
    })
}

impl Listed<'_> {
    fn is_connected(&self) -> bool {
        self.state.ends_with("(Connected)")
    }
}

/// Whether, by what [`peer_status`] printed, the peer of that name is wholly in the pool and can be used.
pub fn is_in_cluster(status: &str, storage: &str) -> bool {
    let found = listed(status).find(|peer| peer.names.contains(&storage));
    found.is_some_and(|peer| peer.state == "Peer in Cluster (Connected)")
}

/// Whether, by what [`peer_status`] printed, the peer of that name is connected, whatever its state in the pool is; none
/// where it is not listed: it is in no pool with the one that was asked, or is that one.
pub fn is_connected(status: &str, storage: &str) -> Option<bool> {
    listed(status).find(|peer| peer.names.contains(&storage)).map(|peer| peer.is_connected())
}

/// Whether the peer that printed this [`peer_status`] knows others, and none but those that have one of these names.
pub fn lists_only(status: &str, names: &[&str]) -> bool {
    let mut peers = listed(status).peekable();
    peers.peek().is_some() && peers.all(|peer| peer.names.iter().any(|name| names.contains(name)))
}

/// The names of each peer that, by what [`peer_status`] printed, is not connected.
pub fn disconnected(status: &str) -> Vec<Vec<&str>> {
    listed(status).filter(|peer| !peer.is_connected()).map(|peer| peer.names).collect()
}

/// Limits the snapshots of a volume.
pub fn snapshot_limit(settings: &PeerSettings) -> Command {
    change(settings, LockName::pool())
        .args(["snapshot", "config", "snap-max-hard-limit"])
        .arg(settings.snapshot_limit.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_counts_once_it_is_wholly_in_the_pool() {
        let status = "Number of Peers: 2\n\nHostname: 10.10.10.18\nUuid: a\nState: Peer in Cluster (Connected)\n\n\
                      Hostname: gluster3\nUuid: b\nState: Accepted peer request (Connected)\nOther names:\n10.10.10.19\n";
        assert!(is_in_cluster(status, "10.10.10.18"));
        assert!(!is_in_cluster(status, "10.10.10.19"));
        assert!(!is_in_cluster("Number of Peers: 0\n", "10.10.10.18"));
    }

    #[test]
    fn a_peer_that_is_not_connected_has_all_its_names() {
        let status = "Number of Peers: 2\n\nHostname: 10.10.10.18\nUuid: a\nState: Peer in Cluster (Connected)\n\n\
                      Hostname: gluster3\nUuid: b\nState: Peer in Cluster (Disconnected)\nOther names:\n10.10.10.19\n";
        assert_eq!(disconnected(status), [["gluster3", "10.10.10.19"]]);
        assert!(disconnected("Number of Peers: 0\n").is_empty());
        let check = |name, expected| assert_eq!(is_connected(status, name), expected, "{name}");
        check("10.10.10.18", Some(true));
        check("10.10.10.19", Some(false));
        check("10.10.10.17", None);
    }
}
