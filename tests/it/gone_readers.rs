//! Commands whose output nobody reads to its end, as in `mortar volume list | head -1`.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::conformance::http;
use crate::conformance::program::free_port;
use crate::support::operator::replica_3;
use crate::support::{Lab, settled};

/// What the shell says of a program that SIGPIPE has ended, as it ends heketi and heketi-cli.
const NOBODY_READS: i32 = 141;

/// Runs a program whose standard output is a pipe that nobody holds the other end of.
fn into_nothing(lab: &Lab, program: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = Command::new(program);
    command.args(arguments).current_dir(lab.path()).stdin(Stdio::null()).stdout(writer);
    for (name, _) in
        std::env::vars().filter(|(name, _)| name.starts_with("HEKETI_") || name.starts_with("MORTAR_"))
    {
        command.env_remove(name);
    }
    let ended = command.stderr(Stdio::piped()).output().unwrap();
    (ended.status.code(), String::from_utf8(ended.stderr).unwrap())
}

#[test]
fn a_client_whose_reader_has_gone_ends_without_a_word() {
    let lab = Lab::with_three_peers();
    lab.create(&replica_3(1)).unwrap();
    let server = format!("--server={}", lab.url());
    for line in [
        &["volume", "list"][..],
        &["volume", "list", "--json"],
        &["volume", "list", "--wide"],
        &["topology", "info"],
        &["db", "dump"],
        &["device", "list"],
        &["volume", "create", "--size=1"],
        &["completion", "bash"],
        &["volume", "--help"],
        &["--version"],
    ] {
        let line: Vec<&str> = line.iter().copied().chain([server.as_str()]).collect();
        let ended = into_nothing(&lab, env!("CARGO_BIN_EXE_mortar"), &line);
        assert_eq!(ended, (Some(NOBODY_READS), String::new()), "{line:?}");
    }
    // What was begun is there all the same.
    assert_eq!(lab.volumes().len(), 2);
}

#[test]
fn commands_of_the_server_that_print_end_so_too() {
    let lab = Lab::with_three_peers();
    let database = format!("--dbfile={}", lab.path().join("heketi.db").display());
    for line in [
        &["openapi"][..],
        &["config", "keys"],
        &["completion", "zsh"],
        &["--help"],
        &["db", "--help"],
        &["db"],
        &["--version"],
        &["db", "export", "--jsonfile=-", &database],
        &["db", "consistency-check", &database],
    ] {
        let ended = into_nothing(&lab, env!("CARGO_BIN_EXE_mortard"), line);
        assert_eq!(ended, (Some(NOBODY_READS), String::new()), "{line:?}");
    }
    // Refused all the same.
    let (status, said) = into_nothing(&lab, env!("CARGO_BIN_EXE_mortard"), &["--nosuch"]);
    assert_eq!((status, said.as_str()), (Some(255), "Error: unknown flag: --nosuch\n"));
}

#[test]
fn a_server_serves_on_when_nobody_reads_what_it_says() {
    let lab = Lab::new();
    let port = free_port().unwrap();
    let config = format!(r#"{{"port": "{port}", "glusterfs": {{"executor": "sim", "db": "other.db"}}}}"#);
    std::fs::write(lab.path().join("other.json"), config).unwrap();
    // As with `mortard 2>&1 | tee log`, and a `tee` that is killed.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_mortard"));
    command.args(["--config=other.json", "--disable-auth"]).current_dir(lab.path()).stdin(Stdio::null());
    let mut server = command.stdout(writer.try_clone().unwrap()).stderr(writer).spawn().unwrap();
    let asked = |path: &str| http::send(port, "GET", path, &[], None).map(|answer| answer.status);
    let serves = settled(Duration::from_secs(60), || asked("/hello").is_ok_and(|status| status == 200));
    // A refusal of an object is logged; an error goes to the other stream.
    let refused = asked("/volumes/0123456789abcdef0123456789abcdef");
    let pid = server.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let ended = server.wait().unwrap();
    assert!(serves && ended.success(), "{ended:?}");
    assert_eq!(refused.unwrap(), 404);
}
