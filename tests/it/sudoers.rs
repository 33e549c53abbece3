//! What a user that is not root may do on a peer is what the server does there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files of the executor that make commands; the simulated peers and tests make theirs for themselves.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !matches!(name.as_str(), "sim" | "ssh" | "faulty" | "tests") {
            sources(&path, found);
        } else if path.is_file() && !matches!(name.as_str(), "tests.rs" | "measured.rs" | "command.rs") {
            found.push(path);
        }
    }
}

/// The words in quotes behind each of these.
fn quoted<'a>(text: &'a str, behind: &str) -> impl Iterator<Item = &'a str> {
    text.split(behind).skip(1).filter_map(|rest| rest.split('"').next())
}

/// The programs that commands name, by literals and by constants.
fn programs() -> BTreeSet<String> {
    let mut files = Vec::new();
    sources(&root().join("src/executor"), &mut files);
    let mut programs = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let before = [
            "Command::look(\"",
            "Command::change(\"",
            "wrapped(settings, \"",
            "const PROGRAM: &str = \"",
            "const LVM: &str = \"",
        ];
        for behind in before {
            programs.extend(quoted(code, behind).map(|name| name.rsplit('/').next().unwrap().to_owned()));
        }
    }
    programs
}

#[test]
fn the_list_for_sudo_has_the_programs_that_are_run_and_no_others() {
    let rules = fs::read_to_string(root().join("packaging/sudoers")).unwrap();
    let lines = rules.lines().filter(|line| !line.starts_with('#'));
    let words = lines.flat_map(|line| line.split([' ', ',']));
    let is_program = |word: &&str| word.starts_with("/usr/sbin/") || word.starts_with("/usr/bin/");
    let listed: BTreeSet<String> =
        words.filter(is_program).map(|path| path.rsplit('/').next().unwrap().to_owned()).collect();
    let run = programs();
    assert!(run.contains("lvm") && run.contains("gluster"), "{run:?}");
    assert_eq!(listed, run);
}
