//! Replays recorded conversations with heketi against our programs; `tests/conformance/README.md` describes the
//! files. `MORTAR_CONFORMANCE=DIR` replays all files of another folder instead.

mod answer;
mod diff;
pub mod http;
mod matcher;
mod output;
pub mod program;
mod scenario;
pub mod sign;
mod template;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result};

/// Scenarios at a time.
const WORKERS: usize = 4;

#[test]
fn we_answer_as_heketi_does() {
    let folder = match std::env::var_os("MORTAR_CONFORMANCE") {
        Some(folder) => PathBuf::from(folder),
        None => own_folder(),
    };
    let files = golden_files(&folder).unwrap();
    assert!(!files.is_empty(), "there are no golden files in {}", folder.display());
    let failures = replay_all(&files);
    let (count, all) = (failures.len(), files.len());
    assert!(failures.is_empty(), "{count} of {all} scenarios went otherwise\n\n{}", failures.join("\n\n"));
}

#[test]
fn the_core_is_complete() {
    let names = std::fs::read_to_string(own_folder().join("core.txt")).unwrap();
    for name in names.split_whitespace() {
        let file = own_folder().join("rest").join(format!("{name}.json"));
        assert!(file.is_file(), "{} is missing", file.display());
    }
}

fn own_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance")
}

/// All JSON files below a folder, in the order of their names.
fn golden_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(golden_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// What went otherwise than recorded, one text for each file.
fn replay_all(files: &[PathBuf]) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    let work = || {
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(error) = scenario::replay(file) {
                failures.lock().unwrap().push(format!("FAIL {}\n{error:#}", file.display()));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(work);
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    failures
}
