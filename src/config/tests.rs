use super::*;

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
    check("{", "Unable to parse configuration");
    check(r#"{"port": 8080, "glusterfs": {}}"#, "Unable to parse configuration");
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
