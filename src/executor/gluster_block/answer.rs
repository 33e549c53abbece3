//! What gluster-block answers. It is JSON on standard output, or on standard error where that is empty, whatever the exit
//! status is.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::size::{as_printed, parse_size};
use crate::model::secret::Secret;
use crate::model::sizes::GiB;
use crate::model::step::BlockPlan;

/// Whether something was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It was.
    Done,
    /// It was not, or not on all hosts; what gluster-block says of it may be empty.
    Failed(String),
}

#[derive(Deserialize)]
struct Result {
    #[serde(rename = "RESULT")]
    result: String,
    #[serde(rename = "errMsg", default)]
    message: String,
}

/// Reads whether something was done.
pub fn said(output: &str) -> Option<Said> {
    let found: Result = serde_json::from_str(output).ok()?;
    match found.result.as_str() {
        "SUCCESS" => Some(Said::Done),
        "FAIL" => Some(Said::Failed(found.message)),
        _ => None,
    }
}

/// A block volume that was made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Created {
    /// Its name in iSCSI.
    #[serde(rename = "IQN")]
    pub iqn: String,
    /// The name of the login; empty without one.
    #[serde(rename = "USERNAME", default)]
    pub username: String,
    /// The password of the login.
    #[serde(rename = "PASSWORD", default, deserialize_with = "secret")]
    pub password: Secret,
}

/// Reads what a create printed that was carried out.
pub fn parse_created(output: &str) -> Option<Created> {
    serde_json::from_str(output).ok().filter(|made: &Created| !made.iqn.is_empty())
}

/// A block volume that there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// gluster-block's own id of it: the last part of its IQN, and the name of its login.
    pub id: String,
    /// Its size.
    pub size: GiB,
    /// The password of its login; empty without one.
    pub password: Secret,
    /// The hosts that export it.
    pub hosts: Vec<String>,
    /// Hosts that show another size of it, since they failed when it was made larger.
    pub behind: BTreeMap<String, GiB>,
}

impl Found {
    /// Its name in iSCSI.
    pub fn iqn(&self) -> String {
        format!("iqn.2016-12.org.gluster-block:{}", self.id)
    }

    /// Whether it has this size, as far as gluster-block tells: from 1 TiB up it rounds.
    pub fn has(&self, size: GiB) -> bool {
        self.size == as_printed(size)
    }

    /// What all hosts show of it where it has this size.
    pub fn usable(&self, size: GiB) -> GiB {
        self.behind.values().copied().min().unwrap_or(size).min(size)
    }
}

#[derive(Deserialize)]
struct Info {
    #[serde(rename = "GBID")]
    id: String,
    #[serde(rename = "SIZE")]
    size: String,
    #[serde(rename = "PASSWORD", default, deserialize_with = "secret")]
    password: Secret,
    #[serde(rename = "EXPORTED ON", default)]
    hosts: Vec<String>,
    #[serde(rename = "RESIZE FAILED ON", default)]
    behind: BTreeMap<String, String>,
}

/// Reads what an info printed of a block volume.
pub fn parse_found(output: &str) -> Option<Found> {
    let info: Info = serde_json::from_str(output).ok()?;
    let behind = info.behind.into_iter().map(|(host, size)| Some((host, parse_size(&size)?)));
    Some(Found {
        id: info.id,
        size: parse_size(&info.size)?,
        password: info.password,
        hosts: info.hosts,
        behind: behind.collect::<Option<_>>()?,
    })
}

#[derive(Deserialize)]
struct Listed {
    blocks: Vec<String>,
    #[serde(rename = "RESULT")]
    result: String,
}

/// Reads what [`super::list`] printed: the names.
pub fn parse_list(output: &str) -> Option<Vec<String>> {
    let found: Listed = serde_json::from_str(output).ok()?;
    (found.result == "SUCCESS").then_some(found.blocks)
}

fn secret<'de, D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}

/// Whether gluster-block says that there is no such block volume, or no volume that it could be in. Source: heketi.
pub fn is_missing(message: &str, plan: &BlockPlan) -> bool {
    let names = |words: &str, name: &str| message.contains(words) && message.contains(name);
    names("doesn't exist", &plan.name) || names("does not exist", &plan.hosting)
}

/// Whether gluster-block says that there is a block volume of that name.
pub fn is_existing(message: &str) -> bool {
    message.to_lowercase().contains("already exist")
}

/// Whether no gluster-blockd answered there.
pub fn is_unanswered(output: &str) -> bool {
    output.contains("Connection failed")
}

/// Whether the program is not there at all. Source: what env, timeout, sudo and shells say.
pub fn is_not_installed(stderr: &str) -> bool {
    let says = |line: &str| {
        line.contains(super::PROGRAM)
            && (line.contains("command not found") || line.contains("No such file or directory"))
    };
    says_in_words(stderr, says)
}

/// Whether sudo does not run it. It says no more of a program that is not there and is in the user's list, than of one that is
/// in none. Source: sudo 1.9 with a list of single programs.
pub fn is_not_allowed(stderr: &str) -> bool {
    let says =
        |line: &str| line.starts_with("sudo: a password is required") || line.contains(" is not allowed to ");
    says_in_words(stderr, says)
}

/// Whether a line says so that is no part of gluster-block's own answer.
fn says_in_words(stderr: &str, says: impl Fn(&str) -> bool) -> bool {
    !stderr.trim_start().starts_with('{') && stderr.lines().any(says)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> BlockPlan {
        BlockPlan {
            block_volume: "b".repeat(32).parse().unwrap(),
            hosting: "vol".to_owned(),
            name: "bv1".to_owned(),
            size: GiB::new(1).unwrap(),
            ha_count: 0,
            auth: true,
            fresh_hosting: false,
            hosts: Vec::new(),
            peers: Vec::new(),
        }
    }

    #[test]
    fn names_are_read_and_a_failure_is_none() {
        let two = r#"{ "blocks":[ "blk_a", "blk_b" ], "RESULT":"SUCCESS" }"#;
        assert_eq!(parse_list(two), Some(vec!["blk_a".to_owned(), "blk_b".to_owned()]));
        assert_eq!(parse_list(r#"{ "blocks":[], "RESULT":"SUCCESS" }"#), Some(vec![]));
        assert_eq!(parse_list(r#"{ "blocks":[], "RESULT":"FAIL" }"#), None);
        assert_eq!(parse_list("gluster-block: not found"), None);
    }

    #[test]
    fn results_are_read_with_what_is_said_of_a_failure() {
        assert_eq!(said(r#"{ "RESULT":"SUCCESS" }"#), Some(Said::Done));
        let failed = r#"{ "RESULT": "FAIL", "errCode": 28, "errMsg": "no space" }"#;
        assert_eq!(said(failed), Some(Said::Failed("no space".to_owned())));
        assert_eq!(said(r#"{ "RESULT": "FAIL" }"#), Some(Said::Failed(String::new())));
        for unreadable in ["", "{}", "RESULT: SUCCESS", r#"{ "RESULT": "PERHAPS" }"#] {
            assert_eq!(said(unreadable), None, "{unreadable}");
        }
    }

    #[test]
    fn a_block_volume_that_was_made_has_a_login_or_none() {
        let made = parse_created(
            r#"{ "IQN": "iqn.2016-12.org.gluster-block:6b60", "USERNAME": "6b60", "PASSWORD": "Tr0ub4dor",
                 "PORTAL(S)": [ "192.0.2.11:3260" ], "RESULT": "SUCCESS" }"#,
        )
        .unwrap();
        assert_eq!((made.username.as_str(), made.password.expose()), ("6b60", "Tr0ub4dor"));
        assert!(!format!("{made:?}").contains("Tr0ub4dor"));
        let made = parse_created(r#"{ "IQN": "iqn:1", "PORTAL(S)": [], "RESULT": "SUCCESS" }"#).unwrap();
        assert!(made.username.is_empty() && made.password.is_empty());
        assert_eq!(parse_created(r#"{ "RESULT": "SUCCESS" }"#), None);
    }

    #[test]
    fn a_block_volume_is_found_with_the_hosts_that_are_behind() {
        let found = parse_found(
            r#"{ "NAME": "bv1", "VOLUME": "vol", "GBID": "6b60", "SIZE": "2.0 GiB", "HA": 3, "PASSWORD": "Tr0ub4dor",
                 "EXPORTED ON": [ "s1", "s2", "s3" ], "RESIZE FAILED ON": { "s3": "1.0 GiB" } }"#,
        )
        .unwrap();
        assert_eq!(found.iqn(), "iqn.2016-12.org.gluster-block:6b60");
        assert_eq!((found.size.get(), found.usable(found.size).get(), found.hosts.len()), (2, 1, 3));
        assert!(!format!("{found:?}").contains("Tr0ub4dor"));
        let found = parse_found(r#"{ "GBID": "6b60", "SIZE": "2.0 GiB" }"#).unwrap();
        assert_eq!(found.usable(found.size), found.size);
        assert_eq!(parse_found(r#"{ "GBID": "6b60", "SIZE": "512.0 MiB" }"#), None);
        assert_eq!(parse_found(r#"{ "RESULT": "FAIL" }"#), None);
    }

    #[test]
    fn what_is_missing_is_told_from_what_fails() {
        for missing in ["block vol/bv1 doesn't exist", "Volume vol does not exist"] {
            assert!(is_missing(missing, &plan()), "{missing}");
        }
        for other in ["block vol/bv2 doesn't exist", "Volume x does not exist", "no space", ""] {
            assert!(!is_missing(other, &plan()), "{other}");
        }
        assert!(is_existing("BLOCK with name: 'bv1' already EXIST"));
        assert!(!is_existing("doesn't exist"));
    }

    #[test]
    fn a_missing_program_is_told_from_what_it_says() {
        for missing in [
            "bash: line 1: gluster-block: command not found\n",
            "sudo: gluster-block: command not found\n",
            "timeout: failed to run command 'gluster-block': No such file or directory\n",
            "env: 'gluster-block': No such file or directory",
        ] {
            assert!(is_not_installed(missing), "{missing}");
        }
        assert!(!is_not_installed("{ \"errMsg\":\"gluster-block: No such file or directory\" }"));
        assert!(!is_not_installed("sudo: a password is required"));
        assert!(is_not_allowed("sudo: a password is required\n"));
        assert!(is_not_allowed(
            "Sorry, user mortar is not allowed to execute '/usr/sbin/gluster-block' as root on gluster1.\n"
        ));
        assert!(!is_not_allowed("{ \"errMsg\":\"it is not allowed to be deleted\" }"));
    }
}
