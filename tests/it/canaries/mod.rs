//! Texts that shells, options, terminals and readers react to, in every field of every request: each is refused or taken for
//! what it is. On a peer it is an argument, or a part of one, and nothing that a shell reads.

mod desk;
mod fields;
mod shell;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use self::desk::Desk;
use self::fields::{Place, slots};
use crate::support::operator::{DISKS, replica_3};
use crate::support::{Audit, Lab, Reply};

const SOON: Duration = Duration::from_secs(60);

/// Peers on this machine, so that a real server of SSH can be what they are.
const LOCAL: [&str; 4] = ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"];

/// What the path of a request may have at most, more or less.
const LONGEST_PATH: usize = 32 * 1024;

/// In every text that is sent here, and in nothing else.
const MARK: &str = "K4n4ry";

/// The texts, with what each is called. `file` is there afterwards where a shell has read one.
fn canaries(file: &str) -> Vec<(&'static str, Vec<u8>)> {
    let text = |text: String| text.into_bytes();
    vec![
        (
            "quotes and commands",
            text(format!("{MARK}'\"\\`touch {file}`$(touch {file});touch {file}|touch {file}")),
        ),
        ("a line break", text(format!("{MARK}\ntouch {file}\n"))),
        ("NUL", text(format!("{MARK}\0"))),
        ("a hyphen first", text(format!("-{MARK}"))),
        ("64 KiB", text(MARK.to_owned() + &"x".repeat(64 * 1024))),
        ("bytes that are not UTF-8", [MARK.as_bytes(), b"\xff\xfe\xc3"].concat()),
    ]
}

/// Makes what there is to ask about.
fn desk(lab: &Lab, hosts: [&str; 4]) -> Desk {
    let cluster = lab.new_cluster();
    let [nodes @ .., free_node] = hosts.map(|host| lab.add_node(&cluster, host).id);
    for node in &nodes {
        DISKS.iter().for_each(|disk| lab.add_device(node, disk, false).unwrap());
    }
    let volume = lab.create(&replica_3(10)).unwrap();
    let block = lab.create_block(&json!({"size": 1})).unwrap().id;
    let node = lab.node_of(hosts[0]);
    Desk {
        device: node.devices[0].id.clone(),
        node: node.id,
        brick: volume.bricks[0].id.clone(),
        volume: volume.id,
        cluster,
        block,
        free_node,
        strangers: "127.20",
        durability: None,
    }
}

/// Sends each text in each place, then waits for what came of it. What is answered with 500 was refused by a peer, or by
/// what there is room for; it is no fault.
fn send_all(lab: &Lab, desk: &Desk, texts: &[(&str, Vec<u8>)]) -> usize {
    let (mut jobs, mut sent) = (Vec::new(), 0);
    for slot in slots() {
        let beginnings = Desk::beginnings(&slot).iter();
        for (beginning, (what, text)) in
            beginnings.flat_map(|begin| texts.iter().map(move |text| (begin, text)))
        {
            // A path of that length is no path: it is refused before anything looks at it.
            if text.len() > LONGEST_PATH && slot.place == Place::Id {
                continue;
            }
            sent += 1;
            let text = [beginning.as_bytes(), text].concat();
            let (path, body) = desk.request(&slot, &text, sent);
            let asked = format!("{} {} {:?}: {what}", slot.method, slot.path, slot.place);
            let reply = lab.try_send(&slot.method, &path, &[], body.as_deref());
            let reply = reply.unwrap_or_else(|error| panic!("{asked}: {error:#}\n{}", lab.log_tail()));
            check(&asked, &reply);
            if reply.status == 202 {
                jobs.push((asked, reply.location));
            }
        }
    }
    for (asked, job) in jobs {
        check(&asked, &lab.wait_for(&job));
    }
    sent
}

#[track_caller]
fn check(asked: &str, reply: &Reply) {
    let is_answer = matches!(reply.status, 200..=204 | 303 | 400..=431 | 500);
    let is_fault = ["panick", "internal error", "failed to carry this out"];
    let is_fault = is_fault.iter().any(|words| reply.text.contains(words));
    assert!(is_answer && !is_fault, "{asked}: {reply:?}");
}

/// The words of each command that has been sent to a peer.
fn commands(lab: &Lab) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(lab.path().join("commands")).unwrap();
    let words = |line: &str| serde_json::from_str::<Value>(line).unwrap()["words"].clone();
    text.lines().map(|line| serde_json::from_value(words(line)).unwrap()).collect()
}

#[test]
fn a_text_in_any_field_is_refused_or_is_one_argument_of_a_command() {
    let mut lab = Lab::new();
    lab.inject(Some(json!({"record": lab.path().join("commands")})));
    lab.setting("auto_create_block_hosting_volume", json!(true));
    lab.setting("block_hosting_volume_size", json!(5));
    lab.start();
    let desk = desk(&lab, LOCAL);
    let texts = canaries("nowhere");
    let sent = send_all(&lab, &desk, &texts);
    assert!(sent > 200, "{sent} requests");
    let whole: BTreeSet<String> =
        texts.iter().map(|(_, text)| String::from_utf8_lossy(text).into_owned()).collect();
    let mut reached = 0;
    for words in commands(&lab) {
        assert!(!words[0].contains(MARK), "a program: {words:?}");
        for word in words.iter().filter(|word| word.contains(MARK)) {
            reached += 1;
            let is_flag = word.starts_with(&format!("-{MARK}"));
            assert!(!is_flag && !word.contains('\0') && !word.contains('\n'), "{words:?}");
            assert!(whole.iter().any(|text| word.contains(text.trim())), "only a part: {words:?}");
        }
    }
    assert!(reached > 0, "values of options are arguments");
    assert!(!lab.log().contains("panicked"), "{}", lab.log_tail());
    Audit::new().clean_within(&lab, SOON);
    eprintln!("{sent} requests, {reached} arguments");
}
