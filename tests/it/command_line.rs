//! The command line of the server: what is no command, what ends with which status, and where it is said.

use crate::support::Lab;

fn check(line: &str, status: i32, out: &str, err: &str) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let said = Lab::new().mortard(&words);
    assert_eq!((said.0, said.1.as_str(), said.2.as_str()), (Some(status), out, err), "{line}");
}

/// heketi says these on both streams.
fn refused(line: &str, text: &str) {
    check(line, 255, &format!("{text}\n"), &format!("Error: {text}\n"));
}

#[test]
fn command_lines_that_are_none_are_refused_in_heketis_words() {
    refused("--nosuch", "unknown flag: --nosuch");
    refused("db export --nosuch=1", "unknown flag: --nosuch");
    refused("-x", "unknown shorthand flag: 'x' in -x");
    refused("--config", "flag needs an argument: --config");
    // heketi's flag of the program is none of its commands.
    refused("--config=x db export --jsonfile=a --dbfile=b", "unknown flag: --config");
    refused("--config=x db", "unknown flag: --config");
    refused("--config x db", "unknown flag: --config");
    refused("--config=x offline", "unknown flag: --config");
    refused("--disable-auth db export", "unknown flag: --disable-auth");
    let text =
        r#"invalid argument "maybe" for "--debug" flag: strconv.ParseBool: parsing "maybe": invalid syntax"#;
    refused("db export --debug=maybe", text);
    let text = r#"unknown command "nosuch" for "mortard""#;
    check("nosuch", 255, &format!("{text}\n"), &format!("Error: {text}\nRun 'mortard --help' for usage.\n"));
}

#[test]
fn help_and_versions_succeed() {
    let version = format!("Heketi {} (mortar)\n", env!("CARGO_PKG_VERSION"));
    check("-v --config=/no/such", 0, &version, "");
    check("--version", 0, &version, "");
    check("", 1, &version, "Please provide configuration file\n");
    check("--config=", 1, &version, "Please provide configuration file\n");
    check("--config= backup x", 1, "", "Please provide configuration file\n");
    // A group without a command, or with one that it has not, explains itself.
    for (line, title) in [
        ("--help", "A heketi-compatible"),
        ("--config=/no/such --help", "A heketi-compatible"),
        ("db", "Work on database files"),
        ("db bogus", "Work on database files"),
        ("offline state", "What the peers have"),
        ("help db import", "Make a new database"),
        ("completion", "Print the script"),
        ("completion bash", "_mortard()"),
        ("completion zsh", "#compdef mortard"),
    ] {
        let (status, out, err) = Lab::new().mortard(&line.split_whitespace().collect::<Vec<_>>());
        assert_eq!((status, err.as_str()), (Some(0), ""), "{line}");
        assert!(out.starts_with(title), "{line}: {out}");
    }
}

#[test]
fn what_is_missing_is_asked_for_in_heketis_order() {
    let (json, database) = ("Please provide file for input\n", "Please provide path for db file\n");
    for command in ["import", "export"] {
        check(&format!("db {command}"), 1, "", json);
        check(&format!("db {command} --dbfile=x"), 1, "", json);
        check(&format!("db {command} --jsonfile=x --dbfile="), 1, "", database);
    }
    check("db consistency-check --debug", 1, "", database);
    let neither = "neither --all flag nor list of clusters/nodes/devices is given\n";
    check("db delete-bricks-with-empty-path --dbfile=x", 1, "", neither);
    let missing = "Unable to open database: open x: no such file or directory\n";
    check("db delete-bricks-with-empty-path --dbfile x --all", 1, "", missing);
    let config = "Configuration file is required\n";
    check("offline cleanup-operations", 1, "OFFLINE COMMAND: Clean All Pending Operations\n", config);
    check("offline state examine gluster", 1, "OFFLINE COMMAND: Examine state of Gluster\n", config);
    check("offline update-dbvol", 1, "OFFLINE COMMAND: update dbvol\n", config);
    let open = "ERROR: Unable to open config file x: open x: no such file or directory\n";
    check("offline update-dbvol --config=x", 1, "OFFLINE COMMAND: update dbvol\n", open);
}

#[test]
fn tokens_are_checked_where_the_flag_says_so_in_gos_words() {
    let lab = Lab::new();
    std::fs::write(lab.config_file(), r#"{"glusterfs": {"executor": "sim", "db": "x.db"}}"#).unwrap();
    let config = format!("--config={}", lab.config_file().display());
    let (status, _, err) = lab.mortard(&[&config, "--disable-auth=false"]);
    assert_eq!((status, err.as_str()), (Some(1), "ERROR: Missing JWT information in config file\n"));
}
