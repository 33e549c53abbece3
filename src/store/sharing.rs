//! Whether the file system below the database can be shared between connections.

use std::path::Path;

use super::OpenError;
use crate::files::directory;

/// File systems that reach over a network or through a process, by the magic numbers of statfs(2) and of
/// `linux/magic.h`. Many databases of heketi are on one: its Kubernetes set-up keeps it on a gluster volume.
const REMOTE: [(u64, &str); 13] = [
    (0x6573_5546, "FUSE"),
    (0x6969, "NFS"),
    (0x517B, "SMB"),
    (0xFF53_4D42, "CIFS"),
    (0xFE53_4D42, "SMB2"),
    (0x00C3_6400, "Ceph"),
    (0x5346_414F, "AFS"),
    (0x0102_1997, "9P"),
    (0x7375_7245, "Coda"),
    (0x0BD0_0BD0, "Lustre"),
    (0x7461_636F, "OCFS2"),
    (0x0116_1970, "GFS2"),
    (0x1980_0202, "PVFS2"),
];

/// How the connections of a server share its database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sharing {
    /// One connection alone where the file system is a remote one, several otherwise.
    #[default]
    AsFileSystem,
    /// One connection alone in any case.
    Alone,
}

impl Sharing {
    /// Whether one connection has to do. SQLite's log needs memory that several processes share, which a remote file
    /// system does not give; a connection that keeps the file to itself needs none. Source:
    /// <https://www.sqlite.org/wal.html#noshm>.
    pub(super) fn is_alone(self, database: &Path) -> Result<bool, OpenError> {
        if self == Sharing::Alone {
            return Ok(true);
        }
        let Some(name) = remote(database)? else { return Ok(false) };
        tracing::warn!(
            "{} is on a remote file system ({name}): one connection works on it alone. A local disk is faster, and safer",
            database.display()
        );
        Ok(true)
    }
}

/// The name of the remote file system that a file is or will be on.
fn remote(database: &Path) -> Result<Option<&'static str>, OpenError> {
    let directory = directory(database);
    let found = rustix::fs::statfs(directory).map_err(|refused| OpenError::Io {
        action: "look at the file system of",
        path: directory.to_owned(),
        why: refused.into(),
    })?;
    Ok(name_of(found.f_type.cast_unsigned()))
}

fn name_of(magic: u64) -> Option<&'static str> {
    // Some architectures widen the number with its sign.
    REMOTE.iter().find(|(known, _)| *known == magic & 0xFFFF_FFFF).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remote_file_systems_are_known_by_their_numbers() {
        assert_eq!(name_of(0x6573_5546), Some("FUSE"));
        assert_eq!(name_of(0xFFFF_FFFF_FF53_4D42), Some("CIFS"));
        // ext4, XFS, tmpfs, overlayfs, btrfs.
        for local in [0xEF53, 0x5846_5342, 0x0102_1994, 0x794C_7630, 0x9123_683E] {
            assert_eq!(name_of(local), None);
        }
    }
}
