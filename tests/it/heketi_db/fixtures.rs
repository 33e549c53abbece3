//! The recorded files: `tests/databases/README.md`.

use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The names of heketi's own databases.
pub const ALL: [&str; 4] = ["clean", "six-nodes", "pending-create", "pending-delete"];

/// A file of the fixtures.
pub fn file(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap()
}

/// A database that heketi has written.
pub fn database(name: &str) -> Vec<u8> {
    unpacked(&format!("{name}.db.gz"))
}

/// A database that `tests/golang` has written.
pub fn made(name: &str) -> Vec<u8> {
    unpacked(&format!("{name}.bolt.gz"))
}

fn unpacked(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(&file(name)[..]).read_to_end(&mut bytes).unwrap();
    bytes
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/databases").join(name)
}
