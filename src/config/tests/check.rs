//! Reports on configurations.

use std::collections::BTreeSet;
use std::fs;

use super::*;
use crate::config::keys::{Fate, all};

fn report(text: &str, variables: Environment, disable_auth: bool) -> Report {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), text).unwrap();
    check(file.path(), &variables, disable_auth)
}

fn setting<'a>(report: &'a Report, key: &str) -> &'a Setting {
    report.settings.iter().find(|setting| setting.key == key).unwrap_or_else(|| panic!("no {key}"))
}

#[test]
fn each_setting_says_where_it_came_from_and_keys_are_hidden() {
    let text = "{\"port\": \"80\",\n\"jwt\": {\"admin\": {\"key\": \"planted-a\"}, \"user\": {\"key\": \"planted-b\"}},\n\"glusterfs\": {\"executor\": \"mock\",\n\"db\": \"/x\"}}";
    let variables = Environment::from([("HEKETI_DB_PATH", "/y"), ("HEKETI_USER_KEY", "planted-c")]);
    let report = report(text, variables, false);
    assert!(report.starts(), "{:?}", report.problems);
    let origin = |key: &str| setting(&report, key).origin.clone();
    assert_eq!(origin("port"), Origin::File(1));
    assert_eq!(origin("glusterfs.executor"), Origin::File(3));
    assert_eq!(origin("glusterfs.db"), Origin::Variable("HEKETI_DB_PATH"));
    assert_eq!(setting(&report, "glusterfs.db").value, "/y");
    assert_eq!(origin("glusterfs.sshexec.fstab"), Origin::Default);
    assert_eq!(setting(&report, "glusterfs.sshexec.fstab").value, "/etc/fstab");
    assert_eq!(origin("jwt.user.key"), Origin::Variable("HEKETI_USER_KEY"));
    let shown = format!("{:?}", report.settings);
    assert!(!shown.contains("planted"), "{shown}");
}

#[test]
fn all_that_is_malformed_is_listed_and_nothing_that_follows_from_it() {
    let text = r#"{"port": [], "glusterfs": {"executor": "ssh", "db": 1, "sshexec": {"keyfile": 3}}}"#;
    let report = report(text, Environment::default(), true);
    let keys: Vec<&str> = report.problems.iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(keys, ["port", "glusterfs.db", "glusterfs.sshexec.keyfile"]);
    assert!(!report.starts());
}

#[test]
fn all_that_is_refused_is_listed_in_heketis_order_and_good_keys_are_used() {
    let text = r#"{"port": "x", "default_state": "odd", "enable_tls": true, "strict_permissions": true,
        "glusterfs": {"executor": "ssh", "db_read_only": true, "max_bricks_per_volume": 7,
                      "sshexec": {"port": "y", "host_keys": "none", "user": "who"}}}"#;
    let report = report(text, Environment::default(), false);
    let keys: Vec<&str> = report.problems.iter().map(|problem| problem.key.as_str()).collect();
    let expected = [
        "glusterfs.sshexec.keyfile",
        "glusterfs.sshexec.port",
        "glusterfs.sshexec.host_keys",
        "port",
        "jwt",
        "default_state",
        "enable_tls",
        "glusterfs.db_read_only",
    ];
    assert_eq!(keys, expected);
    let unused: Vec<&Setting> = report.settings.iter().filter(|setting| !setting.used).collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn what_an_executor_that_is_none_would_read_is_not_called_unused() {
    let text = r#"{"glusterfs": {"executor": "odd", "allocator": "simple", "sshexec": {"user": "who"}}}"#;
    let report = report(text, Environment::default(), true);
    assert!(setting(&report, "glusterfs.sshexec.user").used);
    assert!(!setting(&report, "glusterfs.allocator").used);
}

#[test]
fn what_strict_permissions_refuse_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = r#"{"strict_permissions": true, "jwt": {"admin": {"key": "a"}, "user": {"key": "b"}},
        "glusterfs": {"executor": "mock"}}"#;
    fs::write(file.path(), text).unwrap();
    let with_mode = |mode| {
        fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).unwrap();
        check(file.path(), &Environment::default(), false)
    };
    assert!(with_mode(0o640).starts());
    let open = with_mode(0o644);
    let fatal: Vec<&str> =
        open.problems.iter().filter(|p| p.kind.is_fatal()).map(|problem| problem.key.as_str()).collect();
    assert_eq!(fatal, ["strict_permissions"], "{:?}", open.problems);
}

#[test]
fn what_holds_is_shown_where_a_value_cannot_be_used() {
    let text = r#"{"glusterfs": {"executor": "mock", "brick_max_size_gb": -1, "max_bricks_per_volume": -2,
        "block_hosting_volume_size": -3, "operation_retry_limits": {"volume_create": -4},
        "sshexec": {"snapshot_limit": -5, "xfs_su": 6}}}"#;
    let report = report(text, Environment::default(), true);
    let check = |key: &str, holds: &str| {
        let found = setting(&report, key);
        assert_eq!((found.value.as_str(), &found.origin), (holds, &Origin::Default), "{key}");
        let told = report.problems.iter().filter(|problem| problem.key == key);
        assert_eq!(told.map(|problem| problem.kind).collect::<Vec<_>>(), [ProblemKind::Invalid], "{key}");
    };
    check("glusterfs.brick_max_size_gb", "4096");
    check("glusterfs.max_bricks_per_volume", "32");
    check("glusterfs.block_hosting_volume_size", "1024");
    check("glusterfs.operation_retry_limits.volume_create", "4");
    check("glusterfs.sshexec.snapshot_limit", "0");
    check("glusterfs.sshexec.xfs_su", "0");
    assert!(report.starts());
}

#[test]
fn missing_keys_are_a_reason_not_to_start_unless_they_are_not_needed() {
    let text = r#"{"glusterfs": {"executor": "mock"}}"#;
    assert!(!report(text, Environment::default(), false).starts());
    let off = report(text, Environment::default(), true);
    assert!(off.starts());
    assert_eq!(setting(&off, "jwt.admin.key").origin, Origin::Argument("--disable-auth"));
}

#[test]
fn a_file_that_is_not_there_or_no_json_is_a_reason_as_well() {
    assert!(!report("{", Environment::default(), true).starts());
    let none = check(Path::new("/no/such"), &Environment::default(), true);
    assert_eq!(none.problems[0].kind, ProblemKind::Refused);
}

#[test]
fn every_key_of_the_table_is_read_or_told_to_be_without_effect() {
    let key = tempfile::NamedTempFile::new().unwrap();
    let text = format!(
        r#"{{"glusterfs": {{"executor": "ssh", "sshexec": {{"keyfile": "{}"}}}}}}"#,
        key.path().display()
    );
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for text in [text.as_str(), r#"{"glusterfs": {"executor": "inject/mock", "kubeexec": {"fstab": "/f"}}}"#]
    {
        let reading = reading::Reading::of(
            text.as_bytes(),
            &Environment::default(),
            Purpose::Server { disable_auth: true },
        )
        .unwrap();
        assert!(reading.refusals.is_empty());
        seen.extend(reading.seen.into_keys());
    }
    for key in all() {
        let (path, has_effect) = (key.path(), !matches!(key.fate, Fate::Ignored { .. }));
        assert_eq!(seen.contains(&path), has_effect, "{path}");
    }
}

#[test]
fn names_and_variables_are_told_once_and_explained() {
    let mut names = BTreeSet::new();
    for key in all() {
        assert!(names.insert(key.path()), "{} twice", key.path());
        assert!(key.variable.is_empty() || key.name.is_empty() || names.insert(key.variable.to_owned()));
        assert!(matches!(key.fate, Fate::Ignored { .. }) || !key.help.is_empty(), "{}", key.path());
    }
}

#[test]
fn the_manual_has_the_table_of_all_keys() {
    let manual = include_str!("../../../docs/configuration.md");
    let (_, rest) = manual.split_once("<!-- keys -->\n").unwrap();
    let (table, _) = rest.split_once("<!-- end of keys -->").unwrap();
    assert!(
        table.trim() == manual::table().trim(),
        "put what `mortard config keys` prints into docs/configuration.md"
    );
}
