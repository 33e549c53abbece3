//! What is wrong or odd in files that people write and templates make.

use super::*;

fn problems(text: &str, variables: Environment) -> Vec<String> {
    let config = Config::from_json(text.as_bytes(), &variables, true).unwrap();
    config.warnings.iter().map(ToString::to_string).collect()
}

#[test]
fn a_wrong_type_names_key_line_what_was_found_and_what_is_expected() {
    let check = |line: &str, expected: &str| {
        let text = format!("{{\n  \"glusterfs\": {{\"executor\": \"mock\",\n    {line}\n  }}\n}}");
        assert_eq!(parse(&text).unwrap_err(), format!("Unable to parse configuration: {expected}"));
    };
    check(
        r#""sshexec": {"USER": 22}"#,
        r#"glusterfs.sshexec.user: line 3: a string is expected, not the number 22; write "22""#,
    );
    check(
        r#""kubeexec": {"xfs_sw": "8"}"#,
        r#"glusterfs.kubeexec.xfs_sw: line 3: an integer is expected, not the string "8"; write 8 without quotes"#,
    );
    check(
        r#""db_read_only": "true""#,
        r#"glusterfs.db_read_only: line 3: true or false is expected, not the string "true"; write true without quotes"#,
    );
    check(
        r#""lock_wait": 1, "delete_patience": 4294967296"#,
        "glusterfs.delete_patience: line 3: an integer from 0 to 4294967295 is expected, not the number 4294967296",
    );
    check(r#""sshexec": []"#, "glusterfs.sshexec: line 3: an object is expected, not a list");
    check(
        r#""db": 1, "loglevel": 2"#,
        "glusterfs.db: line 3: a string is expected, not the number 1; write \"1\" (and 1 more: `mortard config check` lists all)",
    );
}

#[test]
fn a_key_of_the_wrong_type_is_not_shown() {
    let error = parse(r#"{"jwt": {"admin": {"key": 123456}}, "glusterfs": {}}"#).unwrap_err();
    assert!(
        error.ends_with("jwt.admin.key: line 1: a string is expected, not a number; put it in quotes"),
        "{error}"
    );
}

#[test]
fn of_repeated_keys_the_last_wins_and_sections_add_up() {
    let config = parse(
        r#"{"glusterfs": {"executor": "sim", "db": "/a", "DB": "/b"},
            "GlusterFS": {"executor": "mock", "db": null, "max_bricks_per_volume": 5}}"#,
    )
    .unwrap();
    assert_eq!(config.executor.kind, ExecutorKind::Mock);
    assert_eq!(config.database.path, Path::new("/b"));
    assert_eq!(config.bounds.max_bricks, Some(5));
}

#[test]
fn heketis_own_example_loads_and_its_explanations_are_told() {
    // Explanations stand in live keys there, also in those that take numbers: heketi itself refuses it.
    let text = r#"{"port": "8080", "use_auth": false, "backup_db_to_kube_secret": false,
        "jwt": {"admin": {"key": "My Secret"}, "user": {"key": "My Secret"}},
        "glusterfs": {"executor": "mock", "db": "/tmp/x.db",
            "kubeexec": {"host": "https://kubernetes.host:8443", "cert": "/path/to/crt.file", "insecure": false,
                         "user": "kubernetes username", "password": "password for kubernetes user",
                         "fstab": "Optional: Specify fstab file on node.  Default is /etc/fstab"},
            "sshexec": {"port": "Optional: ssh port.  Default is 22",
                        "fstab": "Optional: Specify fstab file on node.  Default is /etc/fstab",
                        "xfs_sw": "Optional: Specify number of data disks in the underlying RAID device.",
                        "gluster_cli_timeout": "Optional: Timeout, in seconds"}}}"#;
    let config = parse(text).unwrap();
    let default = crate::executor::settings::PeerSettings::default();
    assert_eq!(config.executor.peer, default);
    let told = problems(text, Environment::default());
    assert_eq!(told.len(), 5, "{told:?}");
    let expected =
        "glusterfs.sshexec.port: line 7: an explanation stands where a value should; it counts as not given";
    assert!(told.iter().any(|line| line == expected), "{told:?}");
}

#[test]
fn a_variable_that_nothing_has_expanded_counts_as_not_given() {
    let text = r#"{"glusterfs": {"executor": "mock", "db": "${DB}", "sshexec": {"fstab": "/srv/fstab"}}}"#;
    let help = "Optional: Timeout, in seconds";
    let variables =
        Environment::from([("HEKETI_FSTAB", "${HEKETI_FSTAB}"), ("HEKETI_GLUSTER_CLI_TIMEOUT", help)]);
    let config = Config::from_json(text.as_bytes(), &variables, true).unwrap();
    assert_eq!(config.executor.peer.fstab, "/srv/fstab");
    assert_eq!(config.database.path, Path::new("heketi.db"));
    let expected = [
        "glusterfs.db: line 1: nothing has expanded ${DB}; it counts as not given",
        "HEKETI_GLUSTER_CLI_TIMEOUT: an explanation stands where a value should; it counts as not given",
        "HEKETI_FSTAB: nothing has expanded ${HEKETI_FSTAB}; it counts as not given",
    ];
    assert_eq!(problems(text, variables), expected);
}

#[test]
fn a_key_that_looks_like_a_variable_is_used_and_told_without_showing_it() {
    let text = br#"{"jwt": {"user": {"key": "u"}}, "glusterfs": {"executor": "mock"}}"#;
    let variables = Environment::from([("HEKETI_ADMIN_KEY", "${ADMIN}")]);
    let config = Config::from_json(text, &variables, false).unwrap();
    assert_eq!(config.auth.unwrap().admin.expose_bytes(), b"${ADMIN}");
    let told = config.warnings.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert!(told.len() == 1 && !told[0].contains("${ADMIN}"), "{told:?}");
}

#[test]
fn what_has_no_effect_is_told_where_somebody_relies_on_it() {
    let quiet = r#"{"use_auth": false, "profiling": false, "backup_db_to_kube_secret": false,
        "glusterfs": {"executor": "mock", "allocator": "simple", "sshexec": {"rebalance_on_expansion": true}}}"#;
    assert_eq!(problems(quiet, Environment::default()), Vec::<String>::new());
    let missed = r#"{"profiling": true, "backup_db_to_kube_secret": true,
        "glusterfs": {"executor": "mock", "sshexec": {"rebalance_on_expansion": false}}}"#;
    let told = problems(missed, Environment::default());
    assert_eq!(told.len(), 3, "{told:?}");
    let obsolete = [("HEKETI_IGNORE_STALE_OPERATIONS", "true"), ("HEKETI_PROFILING", "false")];
    let told = problems(quiet, Environment::from(obsolete));
    assert_eq!(told.len(), 1, "any text turns profiling on: {told:?}");
}

#[test]
fn variables_that_are_none_of_ours_are_told_and_those_of_kubernetes_are_not() {
    let variables = [
        ("HEKETI_EXECUTER", "ssh"),
        ("HEKETI_SERVICE_HOST", "10.0.0.1"),
        ("HEKETI_PORT", "tcp://10.0.0.1:8080"),
        ("HEKETI_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ("HEKETI_STORAGE_ENDPOINTS_SERVICE_PORT", "1"),
        ("HEKETI_HTTP_PROT", "1"),
        ("HEKETI_CLI_KEY", "x"),
        ("HEKETI_NOSUCH", "x"),
        ("PATH", "/bin"),
    ];
    let told = problems(r#"{"glusterfs": {"executor": "mock"}}"#, Environment::from(variables));
    let expected = [
        "HEKETI_EXECUTER: nothing reads this variable; did you mean HEKETI_EXECUTOR?",
        "HEKETI_HTTP_PROT: nothing reads this variable; did you mean HEKETI_HTTP_PORT?",
        "HEKETI_NOSUCH: nothing reads this variable",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_key_in_the_wrong_section_is_found() {
    let told = problems(r#"{"executor": "mock", "glusterfs": {"executor": "mock"}}"#, Environment::default());
    assert_eq!(told, ["executor: line 1: nothing reads this key; did you mean glusterfs.executor?"]);
}

#[test]
fn a_port_may_be_a_number_and_that_heketi_would_not_take_it_is_told() {
    let text = r#"{"port": 8080, "glusterfs": {"executor": "mock", "kubeexec": {}}}"#;
    assert_eq!(parse(text).unwrap().port, 8080);
    let told = problems(text, Environment::default());
    assert_eq!(told, [r#"port: line 1: heketi takes a string only: write "8080""#]);
    let error = parse(r#"{"port": 8080.5, "glusterfs": {"executor": "mock"}}"#).unwrap_err();
    assert!(error.contains("`8080.5` is no TCP port"), "{error}");
}
