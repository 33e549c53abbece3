mod check;
mod problems;

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use super::*;
use crate::model::scoped_tokens::ScopedTokens;
use crate::telemetry::LogLevel;

fn parse(text: &str) -> Result<Config, String> {
    Config::from_json(text.as_bytes(), &Environment::default(), true).map_err(|error| error.to_string())
}

#[test]
fn an_old_heketi_json_with_remarks_and_unknown_keys_passes() {
    let config = parse(
        r#"{"_port_comment": "Heketi Server Port Number", "PORT": "8080", "use_auth": false, "nosuch": [1],
            "jwt": {"_admin": ["a", "b"], "admin": {"key": "x"}},
            "glusterfs": {"_executor_comment": ["x"], "executor": "mock", "db": "/tmp/x.db", "brick_min_size_gb": 2,
                          "loglevel": "warning", "max_volumes_per_cluster": -1}}"#,
    )
    .unwrap();
    assert_eq!(config.port, 8080);
    assert_eq!(config.executor.kind, ExecutorKind::Mock);
    assert_eq!(config.bounds.brick_min.unwrap().get(), 2 * 1_048_576);
    assert_eq!(config.bounds.max_volumes, 2_147_483_647);
    assert_eq!(config.log_level, LogLevel::Warning);
    assert_eq!(config.options.pre, [""]);
}

#[test]
fn wrong_types_missing_sections_and_unknown_executors_are_refused() {
    let check = |text: &str, part: &str| {
        let error = parse(text).unwrap_err();
        assert!(error.contains(part), "{error}");
    };
    check("{", "Unable to parse configuration: line 1: unexpected EOF");
    check(r#"{"port": true, "glusterfs": {}}"#, "Unable to parse configuration");
    check("{}", "Unable to start application");
    check(
        r#"{"glusterfs": {"executor": "docker"}}"#,
        "Unable to start application: invalid executor: docker",
    );
    check(r#"{"glusterfs": {"executor": "ssh"}}"#, "Missing ssh private key file in configuration");
    check(r#"{"default_state": "odd", "glusterfs": {"executor": "mock"}}"#, "unknown admin state name: odd");
}

#[test]
fn the_environment_wins_and_keys_never_show() {
    let environment = Environment::from([
        ("HEKETI_EXECUTOR", "sim"),
        ("HEKETI_DB_PATH", "/elsewhere.db"),
        ("HEKETI_ADMIN_KEY", "planted-secret"),
        ("HEKETI_USER_KEY", "planted-secret"),
        ("HEKETI_MAX_INFLIGHT_OPERATIONS", "3"),
        ("HEKETI_HTTP_PORT", ""),
    ]);
    let text = br#"{"port": "9000", "glusterfs": {"executor": "mock", "max_inflight_operations": 9}}"#;
    let config = Config::from_json(text, &environment, false).unwrap();
    assert_eq!(config.executor.kind, ExecutorKind::Sim);
    assert_eq!(config.database.path.to_str(), Some("/elsewhere.db"));
    assert_eq!((config.port, config.background.max_inflight), (9000, 3));
    assert!(!format!("{config:?}").contains("planted-secret"));
}

#[test]
fn without_keys_and_without_leave_the_server_does_not_start() {
    let text = br#"{"glusterfs": {"executor": "mock"}}"#;
    let error = Config::from_json(text, &Environment::default(), false).unwrap_err();
    assert_eq!(error.to_string(), "Missing JWT information in config file");
}

#[test]
fn unknown_keys_are_told_and_remarks_and_heketis_own_are_not() {
    let config = parse(
        r#"{"use_auth": false, "_x": 1, "Prot": "1", "jwt": {"admin": {"kye": ""}},
            "glusterfs": {"executor": "mock", "allocator": "simple", "SshExec": {"_r": "", "KeyFyle": "", "xfs_su": null},
                          "kubeexec": {"namespace": "x", "host": 3}, "injectexec": {"anything": 1},
                          "operation_retry_limits": {"volume_create": 2, "other": 1}}} and what follows"#,
    )
    .unwrap();
    let told: Vec<(&str, Option<&str>)> =
        config.warnings.iter().map(|problem| (problem.key.as_str(), problem.suggestion.as_deref())).collect();
    let expected = [
        ("Prot", Some("port")),
        ("jwt.admin.kye", Some("jwt.admin.key")),
        ("glusterfs.sshexec.KeyFyle", Some("glusterfs.sshexec.keyfile")),
        ("glusterfs.operation_retry_limits.other", None),
    ];
    assert_eq!(told, expected);
    assert_eq!(config.background.create_retries, 2);
}

#[test]
fn types_are_strict_in_sections_that_are_not_used_and_in_keys_that_are_ignored() {
    let check = |glusterfs: &str, place: &str| {
        let error = parse(&format!(r#"{{"glusterfs": {{"executor": "mock", {glusterfs}}}}}"#)).unwrap_err();
        assert!(error.starts_with(&format!("Unable to parse configuration: {place}: ")), "{error}");
    };
    check(r#""kubeexec": {"xfs_sw": "8"}"#, "glusterfs.kubeexec.xfs_sw");
    check(r#""sshexec": {"user": 22}"#, "glusterfs.sshexec.user");
    check(r#""allocator": 1"#, "glusterfs.allocator");
    check(r#""max_inflight_operations": -1"#, "glusterfs.max_inflight_operations");
    check(r#""brick_min_size_gb": 1.5"#, "glusterfs.brick_min_size_gb");
    assert!(
        parse(r#"{"use_auth": "no", "glusterfs": {"executor": "mock"}}"#).unwrap_err().contains("use_auth")
    );
}

#[test]
fn bad_variables_are_told_and_leave_the_file_in_force() {
    let environment = Environment::from([
        ("HEKETI_MAX_INFLIGHT_OPERATIONS", "many"),
        ("HEKETI_GLUSTER_MAX_VOLUMES_PER_CLUSTER", "many"),
        ("HEKETI_GLUSTER_CLI_TIMEOUT", "-1"),
        ("HEKETI_SNAPSHOT_LIMIT", "many"),
        ("HEKETI_GLUSTERAPP_LOGLEVEL", "loud"),
        ("HEKETI_DISABLE_HEALTH_MONITOR", "yes"),
        ("HEKETI_DISABLE_BACKGROUND_CLEANER", "true"),
    ]);
    let text =
        br#"{"glusterfs": {"executor": "mock", "max_inflight_operations": 9, "max_volumes_per_cluster": 7,
                    "refresh_time_monitor_gluster_nodes": 5, "db_read_only": true,
                    "sshexec": {"gluster_cli_timeout": 42, "snapshot_limit": 3}}}"#;
    let config = Config::from_json(text, &environment, true).unwrap();
    assert_eq!((config.background.max_inflight, config.bounds.max_volumes), (9, 7));
    let peer = &config.executor.peer;
    assert_eq!((peer.gluster_cli_timeout.as_secs(), peer.snapshot_limit), (42, 3));
    let (start, refresh) = (std::time::Duration::from_secs(10), std::time::Duration::from_secs(5));
    assert_eq!(config.background.node_monitor, Some(Timing { start, refresh }));
    assert_eq!(config.background.cleaner, None);
    assert!(config.database.read_only);
    assert_eq!(config.log_level, LogLevel::Info);
    let told: Vec<&str> = config.warnings.iter().map(|problem| problem.key.as_str()).collect();
    let expected = [
        "HEKETI_GLUSTERAPP_LOGLEVEL",
        "HEKETI_GLUSTER_CLI_TIMEOUT",
        "HEKETI_SNAPSHOT_LIMIT",
        "HEKETI_GLUSTER_MAX_VOLUMES_PER_CLUSTER",
        "HEKETI_MAX_INFLIGHT_OPERATIONS",
        "HEKETI_DISABLE_HEALTH_MONITOR",
    ];
    assert_eq!(told, expected);
}

#[test]
fn ssh_takes_its_keys_from_the_file_and_the_environment() {
    let key = tempfile::NamedTempFile::new().unwrap();
    let name = key.path().to_str().unwrap();
    let with = |section: &str, variables: &[(&str, &str)]| {
        let text = format!(
            r#"{{"glusterfs": {{"executor": "ssh", "sshexec": {{"keyfile": "{name}", {section}}}}}}}"#
        );
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Config::from_json(text.as_bytes(), &variables.iter().map(own).collect(), true)
            .map(|config| config.executor.ssh.unwrap())
            .map_err(|error| error.to_string())
    };
    let ssh = with(r#""sudo": true"#, &[]).unwrap();
    assert_eq!((ssh.user.as_str(), ssh.port, ssh.sudo, ssh.lock_wait.as_secs()), ("heketi", 22, true, 60));
    assert_eq!((ssh.strict, ssh.unchecked), (None, false));
    let ssh = with(r#""user": "a", "port": "1", "lock_wait": 5"#, &[("HEKETI_SSH_USER", "b")]).unwrap();
    assert_eq!((ssh.user.as_str(), ssh.port, ssh.lock_wait.as_secs()), ("b", 1, 5));
    let ssh = with(r#""host_keys": "do-not-check""#, &[]).unwrap();
    assert!(ssh.unchecked);
    let ssh = with(r#""host_keys": "do-not-check""#, &[("SSH_KNOWN_HOSTS", "/a::/b")]).unwrap();
    assert_eq!((ssh.strict, ssh.unchecked), (Some(vec!["/a".into(), "/b".into()]), false));
    assert!(with(r#""host_keys": "none""#, &[]).unwrap_err().contains("host_keys is `none`"));
}

#[test]
fn start_up_failures_have_heketis_texts_and_order() {
    let error = Config::load(Path::new("/no/such.json"), &Environment::default(), true).unwrap_err();
    let text = "Unable to open config file /no/such.json: open /no/such.json: no such file or directory";
    assert_eq!(error.to_string(), text);
    // The keys are missing and the state is unknown, too.
    let text = br#"{"default_state": "odd", "glusterfs": {"executor": "odd"}}"#;
    let error = Config::from_json(text, &Environment::default(), false).unwrap_err();
    assert_eq!(error.to_string(), "Unable to start application: invalid executor: odd");
    let error = parse(r#"{"glusterfs": {"executor": "kube"}}"#).unwrap_err();
    assert!(error.contains("not supported yet"), "{error}");
}

#[test]
fn tokens_with_a_scope_are_off_unless_a_word_allows_them() {
    let read = |text: &str, variables: Environment| {
        let config = Config::from_json(text.as_bytes(), &variables, true);
        config.map(|config| config.scoped_tokens).map_err(|error| error.to_string())
    };
    let word = |word: &str| {
        format!(r#"{{"jwt": {{"scoped_tokens": "{word}"}}, "glusterfs": {{"executor": "mock"}}}}"#)
    };
    let variable = |word| Environment::from([("MORTAR_SCOPED_TOKENS", word)]);
    assert_eq!(read(r#"{"glusterfs": {"executor": "mock"}}"#, Environment::default()), Ok(ScopedTokens::Off));
    assert_eq!(read(&word("tls"), Environment::default()), Ok(ScopedTokens::Tls));
    assert_eq!(read(&word("even-without-tls"), variable("")), Ok(ScopedTokens::EvenWithoutTls));
    assert_eq!(read(&word("tls"), variable("off")), Ok(ScopedTokens::Off));
    assert!(read(&word("yes"), Environment::default()).unwrap_err().contains("give off, tls or"));
}

#[test]
fn tls_needs_both_files() {
    let read =
        |keys: &str| parse(&format!(r#"{{"enable_tls": true, {keys} "glusterfs": {{"executor": "mock"}}}}"#));
    let tls = read(r#""cert_file": "/c", "key_file": "/k","#).unwrap().tls;
    assert_eq!(tls, Some(TlsConfig { certificate: "/c".into(), key: "/k".into() }));
    assert!(read(r#""cert_file": "/c","#).unwrap_err().contains("key_file is empty"));
    assert!(read(r#""key_file": "/k","#).unwrap_err().contains("cert_file is empty"));
    let off = r#"{"cert_file": "/c", "key_file": "/k", "glusterfs": {"executor": "mock"}}"#;
    assert_eq!(parse(off).unwrap().tls, None);
}

#[test]
fn an_environment_shows_names_only() {
    let environment = Environment::from([("HEKETI_ADMIN_KEY", "planted-secret")]);
    assert_eq!(format!("{environment:?}"), r#"{"HEKETI_ADMIN_KEY"}"#);
}

#[test]
fn hosting_volumes_are_made_only_where_somebody_said_so() {
    let with = |keys: &str, variables: &[(&str, &str)]| {
        let text = format!(r#"{{"glusterfs": {{"executor": "mock"{keys}}}}}"#);
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let config = Config::from_json(text.as_bytes(), &variables.iter().map(own).collect(), true).unwrap();
        (config.hosting.auto_create, config.hosting.size.get(), config.executor.peer.block_prealloc)
    };
    let full = || "full".to_owned();
    assert_eq!(with("", &[]), (false, 1024, full()));
    let keys = r#", "auto_create_block_hosting_volume": true, "block_hosting_volume_size": 500"#;
    assert_eq!(with(keys, &[]), (true, 500, full()));
    assert_eq!(with(r#", "block_hosting_volume_size": -1"#, &[]), (false, 1024, full()));
    let auto = "HEKETI_AUTO_CREATE_BLOCK_HOSTING_VOLUME";
    let size = "HEKETI_BLOCK_HOSTING_VOLUME_SIZE";
    let word = "HEKETI_BLOCK_VOLUME_DEFAULT_PREALLOC";
    assert_eq!(with("", &[(auto, "T"), (size, "60"), (word, "no")]), (true, 60, "no".to_owned()));
    // What cannot be read leaves what the file says in force.
    assert_eq!(with(keys, &[(auto, "yes"), (size, "many"), (word, "--full")]), (true, 500, full()));
}

#[test]
fn keys_and_files_may_have_any_bytes_and_other_variables_are_refused_by_name() {
    let latin = || OsString::from_vec(b"caf\xe9".to_vec());
    let with = |names: &[&str]| {
        let environment = names.iter().map(|name| ((*name).to_owned(), latin())).collect();
        let text =
            br#"{"jwt": {"admin": {"key": "a"}, "user": {"key": "b"}}, "glusterfs": {"executor": "mock"}}"#;
        Config::from_json(text, &environment, false)
    };
    let config = with(&["HEKETI_ADMIN_KEY", "HEKETI_DB_PATH", "HOME"]).unwrap();
    assert_eq!(config.auth.unwrap().admin.expose_bytes(), b"caf\xe9");
    assert_eq!(config.database.path.as_os_str(), latin());
    let check = |name: &str| {
        let error = with(&[name]).unwrap_err().to_string();
        assert_eq!(error, format!("Unable to parse configuration: {name}: its value is not UTF-8"));
    };
    check("HEKETI_HTTP_PORT");
    check("HEKETI_FSTAB");
    check("HEKETI_MAX_INFLIGHT_OPERATIONS");
    check("HEKETI_AUTO_CREATE_BLOCK_HOSTING_VOLUME");
}

#[test]
fn commands_fail_on_nothing_that_they_do_not_need() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let read = |text: &str, variables: &[(&str, &str)], purpose| {
        std::fs::write(file.path(), text).unwrap();
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Config::load_for(file.path(), &variables.iter().map(own).collect(), purpose)
            .map(|config| config.database.path)
            .map_err(|error| error.to_string())
    };
    let server = Purpose::Server { disable_auth: true };
    let odd = r#"{"port": "x", "default_state": "odd", "enable_tls": true, "jwt": {"scoped_tokens": "x"},
                  "glusterfs": {"executor": "mock", "db": "/x.db"}}"#;
    assert!(read(odd, &[], server).is_err());
    assert_eq!(read(odd, &[], Purpose::Peers), Ok("/x.db".into()));
    let sound = r#"{"glusterfs": {"executor": "mock", "db": "/x.db"}}"#;
    let serving = [("HEKETI_HTTP_PORT", "x"), ("HEKETI_DEFAULT_STATE", "odd"), ("HEKETI_DB_PATH", "/y.db")];
    assert!(read(sound, &serving, server).is_err());
    assert_eq!(read(sound, &serving, Purpose::Peers), Ok("/y.db".into()));
    let without = r#"{"glusterfs": {"executor": "odd", "db": "/x.db"}}"#;
    assert!(read(without, &[], Purpose::Peers).unwrap_err().ends_with("invalid executor: odd"));
    assert_eq!(read(without, &serving, Purpose::Database), Ok("/y.db".into()));
    assert!(read("{}", &[], Purpose::Database).unwrap_err().contains("no `glusterfs` section"));
}

#[test]
fn variables_of_peers_are_for_simulated_pods_as_well() {
    let text = br#"{"glusterfs": {"executor": "mock", "kubeexec": {"fstab": "/pods", "snapshot_limit": 3}}}"#;
    let fstab = |variables: Environment| {
        let config = Config::from_json(text, &variables, true).unwrap();
        (config.executor.peer.fstab, config.executor.peer.snapshot_limit)
    };
    assert_eq!(fstab(Environment::default()), ("/pods".to_owned(), 3));
    let set = Environment::from([("HEKETI_FSTAB", "/set"), ("HEKETI_SNAPSHOT_LIMIT", "14")]);
    assert_eq!(fstab(set), ("/set".to_owned(), 14));
}
