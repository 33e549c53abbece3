//! What a file is that is no BoltDB file.

use std::fmt;

/// What a file looks like that is no BoltDB file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looks {
    /// Nothing in it.
    Empty,
    /// Only zeros in it.
    Zeros,
    /// A SQLite database, as mortar's own.
    Sqlite,
    /// Compressed by gzip, as heketi's backups are.
    Gzip,
    /// JSON, as heketi's exports are.
    Json,
    /// Some other text.
    Text,
    /// A BoltDB file that a machine of the other byte order has written.
    BigEndian,
    /// None of these.
    Unknown,
}

/// What says of a BoltDB file that it is one, at byte 16.
const MAGIC_BIG_END_FIRST: [u8; 4] = [0xed, 0x0c, 0xda, 0xed];

impl Looks {
    /// Looks at the beginning of a file.
    pub fn of(bytes: &[u8]) -> Looks {
        const START: usize = 4096;
        let start = bytes.get(..START).unwrap_or(bytes);
        if bytes.is_empty() {
            return Looks::Empty;
        }
        if start.starts_with(b"SQLite format 3\0") {
            return Looks::Sqlite;
        }
        if start.starts_with(&[0x1f, 0x8b]) {
            return Looks::Gzip;
        }
        if start.get(16..20) == Some(&MAGIC_BIG_END_FIRST) {
            return Looks::BigEndian;
        }
        if bytes.iter().all(|byte| *byte == 0) {
            return Looks::Zeros;
        }
        Looks::text(start)
    }

    fn text(start: &[u8]) -> Looks {
        let is_text = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0x80..);
        let first = start.iter().find(|byte| !byte.is_ascii_whitespace());
        match first {
            Some(b'{' | b'[') if start.iter().all(is_text) => Looks::Json,
            _ if start.iter().all(is_text) => Looks::Text,
            _ => Looks::Unknown,
        }
    }
}

impl fmt::Display for Looks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Looks::Empty => "it is empty",
            Looks::Zeros => "it has nothing but zeros in it; take a backup",
            Looks::Sqlite => "it is a SQLite database",
            Looks::Gzip => "it is compressed; `gunzip` it first",
            Looks::Json => "it is JSON, perhaps an export; import it as such",
            Looks::Text => "it is a text",
            Looks::BigEndian => {
                "it was written on a machine with another byte order; have heketi export it to JSON there"
            }
            Looks::Unknown => "it is nothing that is known here",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_kinds_are_recognised() {
        let check = |bytes: &[u8], expected| assert_eq!(Looks::of(bytes), expected, "{bytes:?}");
        check(b"", Looks::Empty);
        check(&[0; 5000], Looks::Zeros);
        check(b"SQLite format 3\0\x10\0", Looks::Sqlite);
        check(&[0x1f, 0x8b, 8, 0], Looks::Gzip);
        check(b" \n{\"clusterentries\": {}}\n", Looks::Json);
        check("größe = 3\n".as_bytes(), Looks::Text);
        check(&[&[0; 16][..], &[0xed, 0x0c, 0xda, 0xed, 0, 0, 0, 2]].concat(), Looks::BigEndian);
        check(&[0x7f, b'E', b'L', b'F', 2, 1, 1, 0], Looks::Unknown);
        check(b"{\0}", Looks::Unknown);
    }
}
