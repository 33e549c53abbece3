//! A server with one of everything, which is asked for what cannot be.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::operator::{DISKS, HOSTS, replica_3};
use crate::support::{Lab, Reply};

/// A request that is refused: method, path, body, and the status and the text of the answer.
///
/// `@node` and the like stand for the ids of what is there, `@NODE` for the same in upper case, `@none` for an id of nothing.
pub type Row = (&'static str, &'static str, &'static str, u16, &'static str);

/// What every route says of a body that is no JSON, or not of the right shape.
pub const UNPARSED: &str = "request unable to be parsed";
pub const NOT_FOUND: &str = "Id not found";
pub const NO_ROUTE: &str = "Invalid path or request";
pub const IN_USE: &str = "The target exists, contains other items, or is in use.";

/// Bodies that no route with a body takes; the first one is none.
const NO_OBJECTS: [&str; 12] =
    ["", " ", "{", "no", "[]", "[{}]", "3", "true", "\"x\"", "{} x", "{\"a\":1,}", "\u{feff}{}"];

/// A server, and names for the ids of what it has.
pub struct Desk {
    pub lab: Lab,
    names: BTreeMap<String, String>,
}

impl Desk {
    /// Three peers with two disks each, and three volumes with three copies: `data`, `hosting` for block volumes, and
    /// `heketidbstorage`.
    pub fn new() -> Desk {
        Desk::furnished(Lab::started())
    }

    /// The same on a server that runs.
    pub fn furnished(lab: Lab) -> Desk {
        let cluster = lab.three_peers();
        let mut desk = Desk { lab, names: BTreeMap::new() };
        desk.call("none", "0123456789abcdef0123456789abcdef");
        desk.call("cluster", &cluster);
        desk.call("node", &desk.lab.node_of(HOSTS[0]).id);
        desk.call("second", &desk.lab.node_of(HOSTS[1]).id);
        let named = |name: &str, block: bool| {
            let mut body = replica_3(1);
            body["name"] = json!(name);
            body["block"] = json!(block);
            body
        };
        let data = desk.lab.create(&named("data", false)).unwrap();
        let brick = data.bricks.iter().find(|brick| brick.node == desk.names["node"]).unwrap();
        desk.call("brick", &brick.id);
        desk.call("device", &brick.device);
        desk.call("volume", &data.id);
        desk.call("hosting", &desk.lab.create(&named("hosting", true)).unwrap().id);
        desk.call("database", &desk.lab.create(&named("heketidbstorage", false)).unwrap().id);
        desk
    }

    /// Gives an id a name, which must not be the beginning of another one.
    pub fn call(&mut self, name: &str, id: &str) {
        assert!(!self.names.keys().any(|other| other.starts_with(name) || name.starts_with(other.as_str())));
        self.names.insert(name.to_owned(), id.to_owned());
    }

    pub fn id(&self, name: &str) -> &str {
        &self.names[name]
    }

    /// A device of the node that has another disk than `@device`.
    pub fn other_disk(&self) -> String {
        let node = self.lab.node_of(HOSTS[0]);
        assert_eq!(node.devices.len(), DISKS.len());
        node.devices.iter().find(|device| device.id != self.names["device"]).unwrap().id.clone()
    }

    /// A text with ids instead of their names.
    pub fn filled(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (name, id)| {
            let loud = format!("@{}", name.to_uppercase());
            text.replace(&format!("@{name}"), id).replace(&loud, &id.to_uppercase())
        })
    }

    pub fn send(&self, method: &str, path: &str, body: &str) -> Reply {
        self.lab.send(method, &self.filled(path), &[], Some(self.filled(body).as_bytes()))
    }

    /// Sets the state of a node or a device, `nodes/@node` say.
    #[track_caller]
    pub fn put(&self, object: &str, state: &str) {
        let path = self.filled(&format!("/{object}/state"));
        let reply = self.lab.ask(&path, &json!({"state": state}));
        assert_eq!(reply.status, 204, "{object} {state} {reply:?}");
    }

    /// Each of these is refused at once, and changes nothing.
    #[track_caller]
    pub fn refuses(&self, rows: &[Row]) {
        self.check(rows, |reply| reply);
    }

    /// Each of these is begun, its job fails with the text, and nothing has changed.
    #[track_caller]
    pub fn fails(&self, rows: &[Row]) {
        self.check(rows, |reply| {
            assert_eq!(reply.status, 202, "{reply:?}");
            self.lab.wait_for(&reply.location)
        });
    }

    #[track_caller]
    fn check(&self, rows: &[Row], last: impl Fn(Reply) -> Reply) {
        let mut wrong = Vec::new();
        let mut before = self.everything();
        for (method, path, body, status, text) in rows {
            let reply = last(self.send(method, path, body));
            let expected = (*status, format!("{}\n", self.filled(text)));
            if (reply.status, &reply.text) != (expected.0, &expected.1) {
                let given = (reply.status, reply.text);
                wrong.push(format!(
                    "{method} {path} {body:.200}\n  expected {expected:?}\n     given {given:?}"
                ));
            }
            let after = self.everything();
            if after != before {
                wrong.push(format!("{method} {path} {body:.200}\n  has changed something"));
                before = after;
            }
        }
        assert!(wrong.is_empty(), "{} of {} are wrong\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    }

    /// No body that is no JSON is taken, nor are these: not for what is there, nor for what is not.
    #[track_caller]
    pub fn cannot_parse(&self, method: &'static str, paths: &[&'static str], shapes: &[&'static str]) {
        let bodies = [&NO_OBJECTS[..], shapes].concat();
        let unparsed = |path| bodies.iter().map(move |body| (method, path, *body, 422, UNPARSED));
        self.refuses(&paths.iter().copied().flat_map(unparsed).collect::<Vec<_>>());
    }

    /// The same where a body may be missing.
    #[track_caller]
    pub fn cannot_parse_if_any(&self, method: &'static str, paths: &[&'static str], shapes: &[&'static str]) {
        let bodies = [&NO_OBJECTS[1..], shapes].concat();
        let unparsed = |path| bodies.iter().map(move |body| (method, path, *body, 422, UNPARSED));
        self.refuses(&paths.iter().copied().flat_map(unparsed).collect::<Vec<_>>());
    }

    /// All that a request could have changed: the database, what is under way, the server itself and the peers.
    pub fn everything(&self) -> (Vec<String>, Value) {
        let paths = ["/db/dump", "/operations/pending", "/admin", "/internal/logging"];
        let texts = paths.map(|path| self.lab.get(path).text).to_vec();
        (texts, serde_json::to_value(self.lab.peers()).unwrap())
    }
}
