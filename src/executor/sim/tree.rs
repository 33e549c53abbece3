//! Files and directories of a peer. What is below a mount point is in the mounted file system; what the root file
//! system has there is hidden as long as that is mounted.

use std::collections::{BTreeMap, btree_map};
use std::ops::Bound;

use super::blocks::Block;
use super::objects::{Entry, FileSystem};
use super::state::Record;
use super::world::Peer;

/// Directories that every peer has.
const ALWAYS: [&str; 20] = [
    "/",
    "/boot",
    "/data",
    "/dev",
    "/etc",
    "/home",
    "/media",
    "/mnt",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/run/gluster",
    "/run/lock",
    "/srv",
    "/sys",
    "/tmp",
    "/usr",
    "/var",
    "/var/lib",
];

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// To the root file system.
    Root(Box<str>),
    /// Into a mounted file system, with the path below its root: empty for the root itself.
    Mounted(Block, Box<str>),
    /// Into a mount whose device is gone.
    Dead,
}

/// The part of a map that begins with a key.
pub fn from_key<'m, V>(map: &'m BTreeMap<Box<str>, V>, key: &str) -> btree_map::Range<'m, Box<str>, V> {
    map.range::<str, (Bound<&str>, Bound<&str>)>((Bound::Included(key), Bound::Unbounded))
}

/// The directory that a path is in.
pub fn parent(path: &str) -> Option<&str> {
    let at = path.rfind('/')?;
    match (at, path.len()) {
        (0, 1) => None,
        (0, _) => Some("/"),
        (at, _) => Some(&path[..at]),
    }
}

/// A path without slashes at its end and without doubled ones.
pub fn tidy(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if path.starts_with('/') { format!("/{}", parts.join("/")) } else { parts.join("/") }
}

impl Peer<'_> {
    /// The mount point that a path is on or below.
    pub fn mount_point_of<'p>(&self, path: &'p str) -> Option<&'p str> {
        let mounts = &self.host().mounts;
        let mut at = Some(path);
        while let Some(here) = at {
            if mounts.contains_key(here) {
                return Some(here);
            }
            at = parent(here);
        }
        None
    }

    /// Where a path leads.
    pub fn place(&self, path: &str) -> Place {
        let Some(point) = self.mount_point_of(path) else { return Place::Root(path.into()) };
        let block = self.host().mounts.get(point).and_then(|mount| self.block(&mount.device));
        let below = path[point.len()..].trim_start_matches('/');
        block.map_or(Place::Dead, |block| Place::Mounted(block, below.into()))
    }

    /// What is at a path.
    pub fn entry(&self, path: &str) -> Option<Entry> {
        match self.place(path) {
            Place::Root(path) => {
                let always = || ALWAYS.contains(&&*path).then(Entry::directory);
                self.host().root.get(&path).cloned().or_else(always)
            }
            Place::Mounted(block, below) => {
                let found = self.file_system(&block)?.get(&below).cloned();
                if below.is_empty() { found.or_else(|| Some(Entry::directory())) } else { found }
            }
            Place::Dead => None,
        }
    }

    /// Whether a directory is at a path.
    pub fn is_directory(&self, path: &str) -> bool {
        self.entry(path).is_some_and(|entry| entry.directory)
    }

    /// Puts something at a path, or takes it away.
    pub fn set_entry(&mut self, path: &str, entry: Option<Entry>) {
        match self.place(path) {
            Place::Root(path) => self.set(Record::Entry(self.at, path, entry)),
            Place::Mounted(block, below) => {
                let Some(mut fs) = self.file_system(&block).cloned() else { return };
                fs.set(&below, entry);
                self.set_file_system(&block, fs);
            }
            Place::Dead => {}
        }
    }

    /// Whether a power cut takes away what gluster has marked in a mounted file system.
    pub fn set_written(&mut self, path: &str, written: bool) {
        let Place::Mounted(block, _) = self.place(path) else { return };
        let Some(fs) = self.file_system(&block).filter(|fs| fs.unwritten == written).cloned() else { return };
        self.set_file_system(&block, FileSystem { unwritten: !written, ..fs });
    }

    /// That a directory is removed, which a power cut takes back until it is written; none: all that was removed is written.
    /// What is in memory alone is gone with the power anyway.
    pub fn set_removed(&mut self, directory: Option<&str>) {
        let mut machine = self.host().machine.clone();
        match directory {
            Some(path) if !path.starts_with("/run/") && matches!(self.place(path), Place::Root(_)) => {
                machine.removed.insert(path.to_owned());
            }
            None if !machine.removed.is_empty() => machine.removed.clear(),
            _ => return,
        }
        self.set(Record::Machine(self.at, machine));
    }

    /// The names in a directory.
    pub fn children(&self, path: &str) -> Vec<String> {
        match self.place(path) {
            Place::Root(path) => {
                let before = if &*path == "/" { "/".to_owned() } else { format!("{path}/") };
                let entries = from_key(&self.host().root, &before);
                names_below(entries.map(|(path, _)| &**path), &before)
            }
            Place::Mounted(block, below) => {
                let before = if below.is_empty() { String::new() } else { format!("{below}/") };
                let Some(fs) = self.file_system(&block) else { return Vec::new() };
                let from = fs.entries.partition_point(|(path, _)| **path < *before);
                names_below(fs.entries[from..].iter().map(|(path, _)| &**path), &before)
            }
            Place::Dead => Vec::new(),
        }
    }

    /// Whether anything is in a directory.
    pub fn has_children(&self, path: &str) -> bool {
        match self.place(path) {
            Place::Root(path) => {
                let before = format!("{path}/");
                let next = from_key(&self.host().root, &before).next();
                next.is_some_and(|(path, _)| path.starts_with(&before))
            }
            _ => !self.children(path).is_empty(),
        }
    }

    /// Makes a directory and those above it.
    pub fn make_directories(&mut self, path: &str) {
        if path.is_empty() || self.is_directory(path) {
            return;
        }
        if let Some(above) = parent(path) {
            self.make_directories(above);
        }
        self.set_entry(path, Some(Entry::directory()));
    }
}

fn names_below<'s>(paths: impl Iterator<Item = &'s str>, before: &str) -> Vec<String> {
    let below = paths.map_while(|path| path.strip_prefix(before));
    below.filter(|name| !name.is_empty() && !name.contains('/')).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_end_at_the_root() {
        assert_eq!(parent("/a/b"), Some("/a"));
        assert_eq!(parent("/a"), Some("/"));
        assert_eq!(parent("/"), None);
        assert_eq!(tidy("//a/./b/"), "/a/b");
    }
}
