//! Keys and names of files with bytes that are not UTF-8, as they come from old systems and from random generators.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use crate::support::Lab;

/// In Latin-1.
const CAFE: &[u8] = b"caf\xe9";

fn cafe() -> &'static OsStr {
    OsStr::from_bytes(CAFE)
}

fn flag(name: &str) -> OsString {
    OsString::from_vec([name.as_bytes(), b"=", CAFE].concat())
}

#[test]
fn a_client_signs_with_the_bytes_that_the_server_checks() {
    let mut lab = Lab::new();
    lab.keys("the file's", "the file's");
    lab.variable("HEKETI_ADMIN_KEY", cafe());
    lab.start();
    let admin: OsString = "--user=admin".into();
    let words = |more: &[OsString]| {
        let all = [admin.clone()].into_iter().chain(more.iter().cloned());
        all.chain(["cluster".into(), "list".into()]).collect::<Vec<_>>()
    };
    let list = (Some(0), "Clusters:\n".to_owned(), String::new());
    assert_eq!(lab.mortar(&words(&[flag("--secret")])), list);
    assert_eq!(lab.mortar_with(&[("HEKETI_CLI_KEY", cafe())], &words(&[])), list);
    // U+FFFD in the place of the byte, and the key of the file: neither is the server's.
    for other in ["caf\u{fffd}", "the file's"] {
        let (status, _, said) = lab.mortar(&words(&[format!("--secret={other}").into()]));
        assert_eq!(status, Some(255), "{said}");
        assert!(said.contains("signature is invalid"), "{said}");
    }
}

#[test]
fn a_file_is_found_whatever_its_name() {
    let lab = Lab::started();
    let file = lab.path().join(OsStr::from_bytes(b"topolog\xef.json"));
    fs::write(&file, r#"{"clusters": [{"nodes": []}]}"#).unwrap();
    let mut named = OsString::from("--json=");
    named.push(&file);
    let (status, _, said) = lab.mortar(&["topology".into(), "load".into(), named]);
    assert_eq!((status, said.as_str()), (Some(0), ""));
    let (status, _, said) = lab.mortar(&["topology".into(), "load".into(), flag("--json")]);
    assert_eq!((status, said.as_str()), (Some(255), "Error: Unable to open config file\n"));
}

#[test]
fn what_would_become_part_of_a_request_is_refused_by_name() {
    let lab = Lab::started();
    let refused = |words: &[OsString], expected: &str| {
        let (status, out, said) = lab.mortar(words);
        assert_eq!((status, out.as_str(), said.as_str()), (Some(255), "", expected));
    };
    refused(
        &["volume".into(), "create".into(), "--size=1".into(), flag("--name")],
        "Error: invalid argument \"caf\u{fffd}\" for \"--name\" flag: it is not UTF-8\n",
    );
    refused(
        &["volume".into(), "info".into(), cafe().to_owned()],
        "Error: invalid argument \"caf\u{fffd}\": it is not UTF-8\n",
    );
    let (status, _, said) = lab.mortar_with(&[("HEKETI_CLI_USER", cafe())], &["cluster", "list"]);
    let expected = "Error: the value of HEKETI_CLI_USER is not UTF-8\n";
    assert_eq!((status, said.as_str()), (Some(255), expected));
}

#[test]
fn a_variable_that_is_no_utf8_ends_the_start_by_its_name() {
    let mut lab = Lab::new();
    lab.variable("HEKETI_FSTAB", cafe());
    let (status, said) = lab.start_in_vain();
    assert_eq!(status, Some(1));
    let expected = "ERROR: Unable to parse configuration: HEKETI_FSTAB: its value is not UTF-8\n";
    assert!(said.ends_with(expected), "{said}");
}
