//! The commands that a server has sent, and how a fault finds one of them again in another run: by its peer, its form, and
//! how many of that form that peer was sent before. What runs side by side comes in another order each time.

use regex::Regex;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::Lab;

/// A command, as it was recorded before it was sent.
#[derive(Debug, Clone, Deserialize)]
pub struct Sent {
    host: String,
    pub command: String,
    words: Vec<String>,
    changing: bool,
}

impl Sent {
    /// An expression for it, whatever the ids are of what a change makes.
    fn form(&self) -> String {
        let id = Regex::new("[0-9a-f]{32}|[0-9a-zA-Z]{6}(?:-[0-9a-zA-Z]{4}){5}-[0-9a-zA-Z]{6}").unwrap();
        let form = id.replace_all(&self.command, "\u{1}");
        format!("^{}$", regex::escape(&form).replace('\u{1}', "[0-9a-zA-Z-]{32,38}"))
    }

    /// What it changes, as `lvm lvcreate` or `gluster volume start`; none where it only looks.
    pub fn kind(&self) -> Option<String> {
        let program = self.words[0].rsplit('/').next().unwrap_or_default();
        let named = match program {
            "gluster" => 2,
            "lvm" | "gluster-block" => 1,
            _ => 0,
        };
        let words = self.words[1..].iter().map(String::as_str).filter(|word| !word.starts_with('-'));
        let kind: Vec<&str> = std::iter::once(program).chain(words.take(named)).collect();
        self.changing.then(|| kind.join(" "))
    }
}

/// All commands that a server has sent since it began to record them.
pub fn recorded(lab: &Lab) -> Vec<Sent> {
    let text = std::fs::read_to_string(lab.path().join("commands")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// One command of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    host: String,
    form: String,
    before: usize,
}

impl Place {
    /// The program, up to the first character that is not one of a word.
    pub fn program(&self) -> &str {
        self.form.trim_start_matches('^').split([' ', '\\', '$']).next().unwrap_or_default()
    }

    /// That of the command `at` in `sent`. One that meets another fault, at `but`, is not counted.
    pub fn of(sent: &[Sent], at: usize, but: Option<usize>) -> Place {
        let (host, form) = (sent[at].host.clone(), sent[at].form());
        let is_before =
            |(number, one): &(usize, &Sent)| Some(*number) != but && one.host == host && one.form() == form;
        let before = sent[..at].iter().enumerate().filter(is_before).count();
        Place { host, form, before }
    }

    /// Where it is in another run.
    pub fn found_in(&self, sent: &[Sent]) -> Option<usize> {
        let is_it = |(_, one): &(usize, &Sent)| one.host == self.host && one.form() == self.form;
        sent.iter().enumerate().filter(is_it).nth(self.before).map(|(at, _)| at)
    }

    /// A fault that happens there.
    pub fn fault(&self, kind: &str) -> Value {
        let host = format!("^{}$", regex::escape(&self.host));
        json!({"command": self.form, "host": host, "skip": self.before, "fault": kind})
    }
}

#[test]
fn a_command_is_found_again_by_its_form() {
    let sent = |host: &str, command: &str| Sent {
        host: host.to_owned(),
        command: command.to_owned(),
        words: command.split(' ').map(str::to_owned).collect(),
        changing: true,
    };
    let (a, b) = ("a".repeat(32), "b".repeat(32));
    let first = [
        sent("x", &format!("/usr/sbin/lvm lvs vg_{a}")),
        sent("y", "ls"),
        sent("x", &format!("/usr/sbin/lvm lvs vg_{b}")),
    ];
    let place = Place::of(&first, 2, None);
    assert_eq!((place.before, place.found_in(&first)), (1, Some(2)));
    assert_eq!(Place::of(&first, 2, Some(0)).before, 0);
    let another = [sent("y", "/usr/sbin/lvm lvs vg_x"), first[2].clone(), first[1].clone(), first[0].clone()];
    assert_eq!(place.found_in(&another), Some(3));
    assert!(Regex::new(&place.form).unwrap().is_match(&first[0].command), "{}", place.form);
    assert_eq!(first[0].kind().as_deref(), Some("lvm lvs"));
    let start = sent("x", "gluster --mode=script --timeout=600 volume start v");
    assert_eq!(start.kind().as_deref(), Some("gluster volume start"));
}
