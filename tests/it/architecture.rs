//! The layers of ARCHITECTURE.md, enforced.

use std::path::{Path, PathBuf};

/// What each part of `src/` may name with `crate::`, besides itself. `a::b` allows only what is below `b`.
const MAY_USE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("heketi_db", &["json", "words"]),
    ("moving_in", &["model", "heketi_db"]),
    ("json", &[]),
    ("files", &[]),
    ("words", &[]),
    ("telemetry", &[]),
    ("metrics", &[]),
    ("placement", &["model"]),
    ("store", &["model", "files"]),
    ("executor", &["model", "metrics", "files", "words"]),
    ("operations", &["model", "placement", "store", "executor", "metrics"]),
    ("api", &["model", "json"]),
    // The store for reads only: every change is an operation.
    ("http", &["model", "json", "api", "operations", "store", "telemetry", "metrics"]),
    ("client", &["api", "json", "words"]),
    ("config", &["model", "json", "words", "executor::settings", "telemetry"]),
];

/// Those that put the parts together.
const EXEMPT: &[&str] = &["app", "bin", "cli", "daemon", "lib"];

#[test]
fn layers_use_only_what_is_below_them() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut broken = Vec::new();
    for file in rust_files(&src) {
        let name = file.strip_prefix(&src).unwrap();
        let layer = name.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs");
        if EXEMPT.contains(&layer) {
            continue;
        }
        let row = MAY_USE.iter().find(|(row, _)| *row == layer);
        let Some((_, allowed)) = row else { panic!("{layer} is missing from MAY_USE") };
        let text = std::fs::read_to_string(&file).unwrap();
        for used in used_paths(&text) {
            if !is_allowed(layer, allowed, &used) {
                broken.push(format!("{} uses crate::{used}", name.display()));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn the_reader_of_uses_sees_all_forms() {
    let text = "use crate::a::B;\n// crate::not\nlet x = crate::c::d();\npub(crate) fn f() {}\nuse crate::{e::F, g};";
    assert_eq!(used_paths(text), ["a::B", "c::d", "{"]);
    assert!(is_allowed("http", &["model"], "model::ids"));
    assert!(is_allowed("http", &["model"], "http::App"));
    assert!(!is_allowed("http", &["model"], "models"));
    assert!(is_allowed("config", &["executor::settings"], "executor::settings::PeerSettings"));
    assert!(!is_allowed("config", &["executor::settings"], "executor::Executor"));
    assert!(!is_allowed("http", &["model"], "{"));
}

fn is_allowed(layer: &str, allowed: &[&str], used: &str) -> bool {
    let below =
        |part: &str| used == part || used.strip_prefix(part).is_some_and(|rest| rest.starts_with("::"));
    below(layer) || allowed.iter().any(|part| below(part))
}

/// What stands behind each `crate::`, comments aside. A group is `{`, which nothing allows: write single lines.
fn used_paths(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| match rest.strip_prefix('{') {
            Some(_) => "{".to_owned(),
            None => {
                let end = |c: char| !(c.is_alphanumeric() || c == '_' || c == ':');
                rest.split(end).next().unwrap_or_default().trim_end_matches(':').to_owned()
            }
        })
        .collect()
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
