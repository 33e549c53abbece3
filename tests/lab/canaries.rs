//! Texts that would make a file if a shell ever read them, in every field of every request: no such file comes to be, on no
//! peer and not here.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;

use serde_json::json;

use self::desk::Desk;
use self::fields::{Place, Slot, slots};
use crate::audit;
use crate::peers::{ADDRESSES, on};
use crate::requests::{end_of, send};
use crate::scenarios::Operator as _;
use crate::server::Server;

#[path = "../it/canaries/desk.rs"]
mod desk;
#[path = "../it/canaries/fields.rs"]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on says so and ends")]
mod fields;

/// What all files begin with, in a directory that everybody may write to; a number follows.
const FILES: &str = "/tmp/mortar-canary-";

/// The texts of a place; `touch` makes its file.
fn texts(touch: &str) -> Vec<Vec<u8>> {
    let long = "x".repeat(64 * 1024);
    // About as long as what glusterd survives as an option.
    let page = "x".repeat(4000);
    let texts = [
        format!("$({touch})"),
        format!("a`{touch}`"),
        format!("a; {touch};"),
        format!("a && {touch} &"),
        format!("a | {touch}"),
        format!("a' ; {touch} ; '"),
        format!("a\" ; {touch} ; \""),
        format!("a\n{touch}\n"),
        format!("a\0; {touch}\0"),
        format!("-oProxyCommand={touch}"),
        format!("--mode=script; {touch}"),
        format!("$({touch}){long}"),
        format!("$({touch}){page}"),
    ];
    let mut texts: Vec<Vec<u8>> = texts.map(String::into_bytes).to_vec();
    // What JSON does not allow, and what some take all the same.
    texts.push([format!("$({touch})").as_bytes(), b"\xff\xfe\xc0\xaf"].concat());
    texts
}

/// What there is to ask about. No block volume is there, and no node without devices.
fn desk(server: &Server) -> Desk {
    let volume = server.create("v", &["--size=1"]);
    let node = server.node_of(1);
    Desk {
        cluster: volume.cluster.clone(),
        device: node.devices[0].id.clone(),
        free_node: node.id.clone(),
        node: node.id,
        brick: volume.bricks[0].id.clone(),
        block: volume.id.clone(),
        volume: volume.id,
        // No peer takes it for itself, and the network of the lab leads nowhere.
        strangers: "10.20",
        // One brick each: the peers have little memory.
        durability: Some(json!({"type": "none"})),
    }
}

/// What is answered to a request whose path may be longer than a client of the usual kind would send.
fn status_of(server: &Server, method: &str, path: &str, body: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port())).expect("the server is there");
    let head = format!("{method} {path} HTTP/1.1\r\nhost: lab\r\nconnection: close\r\n");
    let head = format!("{head}content-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    // It may be refused before all of it has been read.
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).ok();
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).expect("an answer");
    line.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("a status")
}

/// The canaries that sing on any peer or here.
fn singing() -> Vec<String> {
    let list = format!("ls -d {FILES}* 2>/dev/null || true");
    let on_peers = (1..=ADDRESSES.len()).map(|peer| on(peer, &list));
    let mut all: Vec<String> =
        on_peers.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    let here = std::fs::read_dir(Path::new(FILES).parent().expect("a directory")).expect("it can be read");
    let names = here.filter_map(|entry| Some(entry.ok()?.path().display().to_string()));
    all.extend(names.filter(|name| name.starts_with(FILES)));
    all
}

/// Sends a text in a place: what was answered, and what came of it where it was taken on. One after the other: a peer that
/// makes eight volumes at once keeps all of them waiting.
fn sent(server: &Server, desk: &Desk, slot: &Slot, text: &[u8], number: usize) -> (u16, Option<String>) {
    let (path, body) = desk.request(slot, text, number);
    let body = body.unwrap_or_default();
    let said = format!("{number}: {} {} {:?}", slot.method, slot.path, slot.place);
    if slot.place == Place::Id {
        let status = status_of(server, &slot.method, &path, &body);
        assert!((400..500).contains(&status), "{said}: {status}");
        return (status, None);
    }
    let answer = send(server, &slot.method, &path, &body).expect("the server answers");
    assert!(answer.status < 500, "{said}: {answer:?}");
    let end = (answer.status == 202).then(|| {
        let end = end_of(server, &answer.location).expect("the server answers");
        format!("{said}: {} {:.300}", end.status, end.text)
    });
    (answer.status, end)
}

#[test]
#[ignore = "needs the lab: make test-all"]
fn no_string_of_a_request_reaches_a_shell() {
    let server = Server::patient();
    let desk = desk(&server);
    let touched = format!("{FILES}0");
    on(3, &format!("touch {touched}"));
    assert_eq!(
        singing(),
        std::slice::from_ref(&touched),
        "one that sings is heard, and no other one sings yet"
    );
    on(3, &format!("rm {touched}"));

    let (mut number, mut jobs, mut statuses) = (0, Vec::new(), BTreeMap::<u16, usize>::new());
    let all = slots();
    for (slot, beginning) in
        all.iter().flat_map(|slot| Desk::beginnings(slot).iter().map(move |at| (slot, at)))
    {
        for at in 0..texts("").len() {
            number += 1;
            let text = [beginning.as_bytes(), &texts(&format!("touch {FILES}{number}"))[at]].concat();
            let (status, end) = sent(&server, &desk, slot, &text, number);
            *statuses.entry(status).or_default() += 1;
            jobs.extend(end);
        }
    }
    eprintln!("{number} requests: {statuses:?}; of those that were begun:\n{}", jobs.join("\n"));
    server.rests();
    // gluster reads its own files again.
    on(1, "systemctl restart glusterd");
    audit::is_clean(&server);
    server.volumes().iter().for_each(|volume| server.delete(volume));
    audit::is_clean(&server);
    assert_eq!(singing(), Vec::<String>::new());
}
