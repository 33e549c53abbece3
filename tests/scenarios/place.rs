//! Where scenarios run: a server, three peers, and what can be done to them.

use std::path::PathBuf;
use std::time::Duration;

/// Addresses of the peers, by number from 1.
pub const ADDRESSES: [&str; 3] = ["10.10.10.17", "10.10.10.18", "10.10.10.19"];

/// A server of its own, and three peers with two disks each.
pub trait Place: Sized {
    /// A mounted volume.
    type Client: Mounted;

    /// How long anything may take.
    const PATIENCE: Duration;

    /// Peers to which nothing was ever done, and a server that was never started.
    fn fresh() -> Self;

    /// Starts the server on its database.
    fn start(&mut self);

    /// Starts the server anew, asks it for something, and lets it die by kill at the first command that matches. Gives
    /// what was asked for.
    fn dies(&mut self, when: Dies, command: &str, ask: impl FnOnce(&Self) -> String) -> String;

    /// Where the server is.
    fn url(&self) -> String;

    /// A file beside the database.
    fn file(&self, name: &str) -> PathBuf;

    /// What a command prints that changes nothing, run on a peer by somebody who is logged in there; or its refusal.
    fn look(&self, peer: usize, words: &[&str]) -> Result<String, String>;

    /// Runs a command on a peer by hand; panics where it is refused.
    fn run(&self, peer: usize, words: &[&str]);

    /// Makes an ext4 file system on a disk.
    fn format(&self, peer: usize, disk: &str);

    /// Makes a group of a disk, with a plain logical volume in it.
    fn group(&self, peer: usize, disk: &str, group: &str, volume: &str);

    /// Switches a peer off without telling it, or on again.
    fn power(&self, peer: usize, on: bool);

    /// Restarts a peer.
    fn reboot(&self, peer: usize);

    /// Stops a peer in its tracks, or lets it go on.
    fn freeze(&self, peer: usize, frozen: bool);

    /// Sees to it that no peer has gluster-block.
    fn do_without_gluster_block(&self);

    /// Mounts a volume as a client.
    fn mount(&self, volume: &str) -> Self::Client;

    /// Whether a file on a peer holds a part of a text.
    fn holds(&self, peer: usize, path: &str, text: &str, part: Part) -> bool;

    /// Waits until the audit finds nothing but what others have; panics where that does not come.
    fn audit(&self, others: &Others<'_>);
}

/// A volume as a client has it mounted.
pub trait Mounted {
    /// Writes a file.
    fn write(&self, name: &str, text: &str);

    /// What is in a file.
    fn read(&self, name: &str) -> String;

    /// Its size in bytes, where there is somebody who tells.
    fn size(&self) -> Option<u64>;

    /// Unmounts it.
    fn unmount(self);
}

/// When a server is killed, seen from a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dies {
    Before,
    /// The command goes on without it.
    While,
    After,
}

/// What a brick has of a file. Simulated peers know names only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    All,
    Half,
    Name,
}

/// What others have on the peers, and the audit leaves out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Others<'a> {
    pub volumes: &'a [&'a str],
    pub groups: &'a [&'a str],
    /// In the trusted pool without being a node.
    pub peers: &'a [usize],
}
