//! `mortard config check`: what holds, where it comes from, and whether the server would start.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::conformance::program::free_port;
use crate::heketi_db::fixtures;
use crate::support::Lab;
use crate::support::operator::assert_says;

fn written(lab: &Lab, text: &str) -> String {
    fs::write(lab.config_file(), text).unwrap();
    lab.config_file().display().to_string()
}

fn checked(lab: &Lab, text: &str) -> (Option<i32>, Value) {
    let file = written(lab, text);
    let (status, out, err) = lab.mortard(&["config", "check", &file, "--json"]);
    assert_eq!(err, "");
    (status, serde_json::from_str(&out).unwrap())
}

fn setting<'a>(report: &'a Value, key: &str) -> &'a Value {
    let found = report["settings"].as_array().unwrap().iter().find(|setting| setting["key"] == key);
    found.unwrap_or_else(|| panic!("{key} is missing: {report}"))
}

#[test]
fn a_person_reads_each_key_with_its_value_and_where_it_came_from() {
    let lab = Lab::new();
    let port = free_port().unwrap();
    let text = "{\"port\": \"PORT\",\n\"jwt\": {\"admin\": {\"key\": \"planted\"}, \"user\": {\"key\": \"planted\"}},\n\"glusterfs\": {\"executor\": \"sim\", \"db\": \"x.db\",\n\"sshexec\": {\"KeyFyle\": \"/k\", \"fstab\": \"Optional: Specify fstab file on node.\"}}}";
    let file = written(&lab, &text.replace("PORT", &port.to_string()));
    let (status, out, err) = lab.mortard(&["config", "check", &file]);
    assert_eq!((status, err.as_str()), (Some(0), ""), "{out}");
    let line = |key: &str| {
        let found = out.lines().find(|line| line.split_whitespace().next() == Some(key));
        found.unwrap_or_else(|| panic!("{key}: {out}")).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("port"), format!("port {port} file, line 1"));
    assert_eq!(line("jwt.admin.key"), "jwt.admin.key (hidden) file, line 2");
    assert_eq!(line("glusterfs.loglevel"), "glusterfs.loglevel info default");
    assert_eq!(line("glusterfs.sshexec.fstab"), "glusterfs.sshexec.fstab /etc/fstab default");
    assert_says(
        &out,
        &[
            "warning: glusterfs.sshexec.KeyFyle: line 4: nothing reads this key; did you mean glusterfs.sshexec.keyfile? (unknown)",
            "warning: glusterfs.sshexec.fstab: line 4: an explanation stands where a value should",
            "The server would start with ",
        ],
    );
    assert!(!out.contains("planted"), "{out}");
}

#[test]
fn what_keeps_the_server_from_starting_gives_status_one_and_the_server_agrees() {
    let lab = Lab::new();
    let keys = r#""jwt": {"admin": {"key": "a"}, "user": {"key": "b"}}"#;
    let check = |text: String, key: &str, part: &str| {
        let (status, report) = checked(&lab, &text);
        assert_eq!((status, &report["starts"]), (Some(1), &json!(false)), "{report}");
        let fatal =
            report["problems"].as_array().unwrap().iter().find(|found| found["fatal"] == true).unwrap();
        assert_eq!(fatal["key"], key, "{report}");
        assert_says(fatal["text"].as_str().unwrap(), &[part]);
        let config = format!("--config={}", lab.config_file().display());
        assert_eq!(lab.mortard(&[&config]).0, Some(1), "{text}");
    };
    check(
        format!(r#"{{"cert_file": 8080, {keys}, "glusterfs": {{"executor": "sim"}}}}"#),
        "cert_file",
        "write \"8080\"",
    );
    check(r#"{"glusterfs": {"executor": "sim"}}"#.to_owned(), "jwt", "Missing JWT information");
    check(
        format!(r#"{{{keys}, "glusterfs": {{"executor": "docker"}}}}"#),
        "glusterfs.executor",
        "invalid executor: docker",
    );
    check(
        format!(r#"{{{keys}, "glusterfs": {{"executor": "sim", "db_read_only": true}}}}"#),
        "glusterfs.db_read_only",
        "db_read_only",
    );
    check(
        format!(r#"{{{keys}, "glusterfs": {{"executor": "sim", "db": "/no/such/x.db"}}}}"#),
        "glusterfs.db",
        "/no/such is no directory",
    );
    check(
        format!(
            r#"{{{keys}, "enable_tls": true, "cert_file": "/no", "key_file": "/no", "glusterfs": {{"executor": "sim"}}}}"#
        ),
        "enable_tls",
        "/no",
    );
    check(
        format!(r#"{{{keys}, "glusterfs": {{"executor": "ssh", "sshexec": {{"keyfile": "/no/key"}}}}}}"#),
        "glusterfs.sshexec.keyfile",
        "Unable to read private key file /no/key",
    );
    check("{\n\"port\" \"1\"}".to_owned(), "", "line 2: invalid character '\"' after object key");
}

#[test]
fn a_program_reads_where_each_value_came_from() {
    let lab = Lab::new();
    let (status, report) = checked(&lab, r#"{"glusterfs": {"executor": "sim", "allocator": "simple"}}"#);
    assert_eq!(status, Some(1));
    let expected = json!({"key": "glusterfs.executor", "value": "sim", "from": "file", "line": 1, "name": null, "used": true});
    assert_eq!(setting(&report, "glusterfs.executor"), &expected);
    assert_eq!(setting(&report, "glusterfs.allocator")["used"], false);
    let (status, out, _) =
        lab.mortard(&["config", "check", "--disable-auth", &lab.config_file().display().to_string()]);
    assert_eq!(status, Some(0), "{out}");
}

/// A server's configuration with keys in it, and its folder, open to this mode.
fn open_to(lab: &Lab, mode: u32) {
    fs::set_permissions(lab.path(), Permissions::from_mode(0o755)).unwrap();
    fs::write(lab.config_file(), "").unwrap();
    fs::set_permissions(lab.config_file(), Permissions::from_mode(mode)).unwrap();
}

#[test]
fn keys_that_everybody_can_read_are_told_at_the_start_or_end_it() {
    let mut lab = Lab::new();
    lab.keys("one", "two");
    open_to(&lab, 0o644);
    lab.start();
    let file = lab.config_file().display().to_string();
    let told = format!("can be read by everybody on this machine: {file} has mode 0644; chmod 0640 {file}");
    assert_says(&lab.log(), &[&told]);
    lab.stop();
    lab.top_setting("strict_permissions", json!(true));
    let (status, said) = lab.start_in_vain();
    assert_eq!(status, Some(1));
    assert_says(&said, &["ERROR: Unable to start application: strict_permissions is set, and ", &told]);
    open_to(&lab, 0o640);
    lab.start();
}

/// The part of the first user's chart that its server starts with.
#[test]
fn the_chart_of_the_first_user_starts_and_its_oddities_are_told() {
    let lab = Lab::new();
    let text = r#"{"_port_comment": "Heketi Server Port Number", "port": "8080", "use_auth": false,
        "jwt": {"admin": {"key": "my secret life"}, "user": {"key": "my secret life"}},
        "glusterfs": {"executor": "my secret life", "db": "x.db", "kubeexec": {"rebalance_on_expansion": true},
                      "sshexec": {"rebalance_on_expansion": true, "keyfile": "key", "port": "22", "user": "kubeadm"}},
        "backup_db_to_kube_secret": false}"#;
    written(&lab, text);
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(lab.path().join("key"))
        .status();
    assert!(made.unwrap().success());
    let variables = [
        ("HEKETI_USER_KEY", "admin"),
        ("HEKETI_ADMIN_KEY", "My Secret Life"),
        ("HEKETI_EXECUTOR", "ssh"),
        ("HEKETI_FSTAB", "${HEKETI_FSTAB}"),
        ("HEKETI_SNAPSHOT_LIMIT", "14"),
        ("HEKETI_KUBE_GLUSTER_DAEMONSET", "n"),
        ("HEKETI_PORT", "tcp://10.0.0.1:8080"),
        // Something may listen on 8080 where this is tested.
        ("HEKETI_HTTP_PORT", &free_port().unwrap().to_string()),
    ];
    let file = lab.config_file().display().to_string();
    let (status, out, _) = lab.mortard_with(&variables, &["config", "check", &file]);
    assert_eq!(status, Some(0), "{out}");
    let warnings: Vec<&str> = out.lines().filter(|line| line.starts_with("warning: ")).collect();
    let told = |part: &str| assert!(warnings.iter().any(|line| line.contains(part)), "{part}: {out}");
    told("HEKETI_FSTAB: nothing has expanded ${HEKETI_FSTAB}; it counts as not given");
    assert!(!warnings.iter().any(|line| line.contains("(unknown)")), "{out}");
    assert!(!out.to_lowercase().contains("my secret life"), "{out}");
}

#[test]
fn the_database_is_for_its_owner_only() {
    let lab = Lab::started();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&lab.database()), 0o600);
    let copy = lab.path().join("copy.db");
    let config = format!("--config={}", lab.config_file().display());
    let (status, _, err) = lab.mortard(&["backup", &copy.display().to_string(), &config]);
    assert_eq!((status, mode(&copy)), (Some(0), 0o600), "{err}");
}

#[test]
fn a_server_that_could_not_start_now_is_not_said_to() {
    let mut lab = Lab::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let database = |path: &Path| json!({"glusterfs": {"executor": "sim", "db": path}}).to_string();
    let check = |lab: &Lab, text: &str, key: &str, part: &str| {
        let file = written(lab, text);
        let before = files(lab);
        let (status, out, _) = lab.mortard(&["config", "check", "--disable-auth", &file, "--json"]);
        let report: Value = serde_json::from_str(&out).unwrap();
        let problems = report["problems"].as_array().unwrap();
        let told = problems.iter().any(|problem| {
            problem["key"] == key
                && problem["fatal"] == true
                && problem["text"].as_str().unwrap().contains(part)
        });
        assert!(status == Some(1) && told, "{report}");
        assert_eq!(files(lab), before, "{key}");
    };
    let text = json!({"port": port, "glusterfs": {"executor": "sim"}}).to_string();
    check(&lab, &text, "port", "is another server running there?");
    let folder = lab.path().join("folder");
    fs::create_dir(&folder).unwrap();
    check(&lab, &database(&folder), "glusterfs.db", "folder");
    let garbage = lab.path().join("garbage");
    fs::write(&garbage, "no database").unwrap();
    check(&lab, &database(&garbage), "glusterfs.db", "is damaged or no SQLite database");
    let own = lab.database();
    lab.start();
    check(&lab, &database(&own), "glusterfs.db", "another mortard holds its lock");
}

fn files(lab: &Lab) -> Vec<std::ffi::OsString> {
    let mut names: Vec<_> =
        fs::read_dir(lab.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    names
}

#[test]
fn what_is_odd_and_no_reason_not_to_start_is_told() {
    let lab = Lab::new();
    let heketis = lab.path().join("heketis.db");
    fs::write(&heketis, fixtures::database("clean")).unwrap();
    let options = json!({"executor": "sim", "db": heketis, "pre_request_volume_options": "nonsense"});
    let file = written(&lab, &json!({"glusterfs": options}).to_string());
    let (status, out, _) = lab.mortard(&["config", "check", "--disable-auth", &file]);
    assert_eq!(status, Some(0), "{out}");
    assert_says(
        &out,
        &[
            "glusterfs.db: ",
            "is a database of heketi's: it will be imported into ",
            "glusterfs.pre_request_volume_options: ",
            "No volume can be created with it",
        ],
    );
}
