//! Strings that would make a file if a shell ever read them, in every field of every request: no such file comes to be, on
//! no peer and not here.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;

use serde_json::{Value, json};

use crate::audit;
use crate::peers::{ADDRESSES, on};
use crate::requests::{end_of, send};
use crate::scenarios::Operator as _;
use crate::server::Server;

/// What all files begin with, in a directory that everybody may write to; a number follows.
const FILES: &str = "/tmp/mortar-canary-";

/// Where the string stands in a request.
const HERE: &str = "@@";

/// A request with a string: method, path, body.
type Request = (&'static str, String, Value);

/// The shapes of a canary, as they stand in JSON between quotes; `touch` makes its file.
fn shapes(touch: &str) -> Vec<Vec<u8>> {
    let long = "x".repeat(64 * 1024);
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
    ];
    let escaped = texts.iter().map(|text| json!(text).to_string().trim_matches('"').to_owned());
    let mut shapes: Vec<Vec<u8>> = escaped.map(String::into_bytes).collect();
    // What JSON does not allow, and what some take all the same.
    shapes.push([format!("$({touch})").as_bytes(), b"\xff\xfe\xc0\xaf"].concat());
    shapes
}

/// All requests that have strings, about objects that are there. One that is taken on makes a volume of its own or changes
/// nothing.
fn requests(ids: &Ids) -> Vec<Request> {
    let Ids { cluster, node, device, volume, brick } = ids;
    let volume_of = |changed: Value| with(json!({"size": 1, "durability": {"type": "none"}}), changed);
    let node_of = |changed: Value| {
        let hostnames = json!({"manage": ["10.10.10.20"], "storage": ["10.10.10.20"]});
        with(json!({"zone": 1, "cluster": cluster, "hostnames": hostnames}), changed)
    };
    let device_of = |changed: Value| with(json!({"node": node, "name": "/dev/vdz"}), changed);
    let mut all: Vec<Request> = vec![
        ("POST", "/clusters".to_owned(), json!({"file": HERE})),
        ("POST", format!("/clusters/{cluster}/flags"), json!({"block": HERE})),
        ("POST", "/nodes".to_owned(), node_of(json!({"zone": HERE}))),
        ("POST", "/nodes".to_owned(), node_of(json!({"cluster": HERE}))),
        (
            "POST",
            "/nodes".to_owned(),
            node_of(json!({"hostnames": {"manage": [HERE], "storage": ["10.10.10.20"]}})),
        ),
        (
            "POST",
            "/nodes".to_owned(),
            node_of(json!({"hostnames": {"manage": ["10.10.10.17"], "storage": [HERE]}})),
        ),
        ("POST", "/devices".to_owned(), device_of(json!({"name": HERE}))),
        ("POST", "/devices".to_owned(), device_of(json!({"name": format!("/dev/{HERE}")}))),
        ("POST", "/devices".to_owned(), device_of(json!({"node": HERE}))),
        ("POST", "/volumes".to_owned(), volume_of(json!({"name": HERE}))),
        ("POST", "/volumes".to_owned(), volume_of(json!({"clusters": [HERE]}))),
        ("POST", "/volumes".to_owned(), volume_of(json!({"durability": {"type": HERE}}))),
        ("POST", "/volumes".to_owned(), volume_of(json!({"glustervolumeoptions": [HERE]}))),
        (
            "POST",
            "/volumes".to_owned(),
            volume_of(json!({"glustervolumeoptions": [format!("user.canary {HERE}")]})),
        ),
        ("POST", format!("/volumes/{volume}/expand"), json!({"expand_size": HERE})),
        ("POST", format!("/volumes/{volume}/clone"), json!({"name": HERE})),
        ("POST", format!("/volumes/{volume}/block-restriction"), json!({"restriction": HERE})),
        ("POST", "/blockvolumes".to_owned(), json!({"size": 1, "name": HERE})),
        ("POST", "/blockvolumes".to_owned(), json!({"size": 1, "clusters": [HERE]})),
        ("POST", "/blockvolumes".to_owned(), json!({"size": 1, "auth": HERE})),
        ("POST", format!("/bricks/to-evict/{brick}"), json!({"healcheck": HERE})),
        ("POST", "/operations/pending/cleanup".to_owned(), json!({"operations": [HERE]})),
        ("POST", "/internal/logging".to_owned(), json!({"loglevel": {"glusterfs": HERE}})),
        ("POST", "/admin".to_owned(), json!({"state": HERE})),
    ];
    for object in [format!("/nodes/{node}"), format!("/devices/{device}")] {
        all.push(("POST", format!("{object}/state"), json!({"state": HERE})));
        all.push(("POST", format!("{object}/tags"), json!({"change_type": HERE, "tags": {}})));
        for tags in [json!({HERE: "value"}), json!({"key": HERE}), json!({"arbiter": HERE})] {
            all.push(("POST", format!("{object}/tags"), json!({"change_type": "set", "tags": tags})));
        }
        all.push(("POST", format!("{object}/tags"), json!({"change_type": "set", "tags": {}})));
    }
    for objects in ["clusters", "nodes", "devices", "volumes", "blockvolumes", "operations", "queue", "jobs"]
    {
        all.push(("GET", format!("/{objects}/{HERE}"), Value::Null));
        all.push(("DELETE", format!("/{objects}/{HERE}"), json!({})));
    }
    all.push(("POST", format!("/bricks/to-evict/{HERE}"), json!({})));
    all.push(("GET", format!("/devices/{HERE}/resync"), Value::Null));
    all.push(("POST", format!("/volumes/{HERE}/expand"), json!({"expand_size": 1})));
    all.push(("POST", format!("/volumes/{HERE}/clone"), json!({"name": "copy"})));
    all
}

/// An object with some fields changed.
fn with(mut object: Value, changed: Value) -> Value {
    for (key, value) in changed.as_object().into_iter().flatten() {
        object[key] = value.clone();
    }
    object
}

/// Objects that are there.
struct Ids {
    cluster: String,
    node: String,
    device: String,
    volume: String,
    brick: String,
}

impl Ids {
    fn of(server: &Server) -> Ids {
        let volume = server.create("v", &["--size=1"]);
        let node = server.node_of(1);
        Ids {
            cluster: volume.cluster.clone(),
            device: node.devices[0].id.clone(),
            node: node.id,
            brick: volume.bricks[0].id.clone(),
            volume: volume.id,
        }
    }
}

/// Puts a string, as it stands in JSON, into a request: its path, which has it byte for byte, and its body.
fn filled(request: &Request, shape: &[u8]) -> (String, Vec<u8>) {
    let (_, path, body) = request;
    let bytes = serde_json::from_slice::<String>(&[b"\"", shape, b"\""].concat());
    let bytes = bytes.map_or_else(|_| shape.to_vec(), String::into_bytes);
    let in_path: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
    let mut filled = Vec::new();
    let text = if body.is_null() { String::new() } else { body.to_string() };
    for (number, part) in text.split(HERE).enumerate() {
        filled.extend_from_slice(if number == 0 { b"" } else { shape });
        filled.extend_from_slice(part.as_bytes());
    }
    (path.replace(HERE, &in_path), filled)
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

#[test]
#[ignore = "needs the lab: make test-all"]
fn no_string_of_a_request_reaches_a_shell() {
    let server = Server::patient();
    let ids = Ids::of(&server);
    let touched = format!("{FILES}0");
    on(3, &format!("touch {touched}"));
    assert_eq!(
        singing(),
        std::slice::from_ref(&touched),
        "one that sings is heard, and no other one sings yet"
    );
    on(3, &format!("rm {touched}"));

    let (mut number, mut jobs, mut statuses) = (0, Vec::new(), BTreeMap::<u16, usize>::new());
    for request in requests(&ids) {
        for shape in 0..shapes("").len() {
            number += 1;
            let shape = &shapes(&format!("touch {FILES}{number}"))[shape];
            let (path, body) = filled(&request, shape);
            let said = format!("{number}: {} {} {}", request.0, request.1, request.2);
            if request.1.contains(HERE) {
                let status = status_of(&server, request.0, &path, &body);
                assert!((400..500).contains(&status), "{said}: {status}");
                *statuses.entry(status).or_default() += 1;
                continue;
            }
            let answer = send(&server, request.0, &path, &body).expect("the server answers");
            assert!(answer.status < 500, "{said}: {answer:?}");
            *statuses.entry(answer.status).or_default() += 1;
            if answer.status == 202 {
                // One after the other: a peer that makes eight volumes at once keeps all of them waiting.
                let end = end_of(&server, &answer.location).expect("the server answers");
                jobs.push(format!("{said}: {} {:.300}", end.status, end.text));
            }
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
