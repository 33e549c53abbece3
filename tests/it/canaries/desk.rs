//! Requests about what is there, with a text in one place.

use serde_json::{Value, json};

use super::fields::{Place, Slot, put};

/// What there is to ask about: a cluster with a volume, a block volume in another one, and a node without devices.
pub struct Desk {
    pub cluster: String,
    pub node: String,
    pub device: String,
    pub volume: String,
    pub brick: String,
    pub block: String,
    pub free_node: String,
    /// The first two numbers of the addresses of new nodes: nobody is there, and nothing leaves this machine for them.
    pub strangers: &'static str,
    /// Of volumes that are made, where it is not that of the document.
    pub durability: Option<Value>,
}

impl Desk {
    /// The id of something that a path is about.
    fn id(&self, path: &str) -> &str {
        match path.split('/').nth(1) {
            Some("clusters") => &self.cluster,
            Some("nodes") => &self.node,
            Some("devices") => &self.device,
            Some("volumes") => &self.volume,
            Some("blockvolumes") => &self.block,
            Some("bricks") => &self.brick,
            _ => "0123456789abcdef0123456789abcdef",
        }
    }

    /// The body that the document shows, about what is there. `number` makes it another one each time.
    fn body(&self, slot: &Slot, number: usize) -> Value {
        let mut body = slot.example.clone();
        match slot.path.as_str() {
            "/nodes" => {
                let host = format!("{}.{}.{}", self.strangers, number / 250, number % 250 + 1);
                body["hostnames"] = json!({"manage": [host], "storage": [host]});
                body["cluster"] = json!(self.cluster);
            }
            "/devices" => body["node"] = json!(self.free_node),
            "/volumes" | "/blockvolumes" | "/volumes/{id}/clone" => {
                body["size"] = json!(1);
                body["name"] = json!(format!("v{number}"));
                if let Some(durability) = self.durability.as_ref().filter(|_| slot.path == "/volumes") {
                    body["durability"] = durability.clone();
                }
            }
            _ => {}
        }
        body
    }

    /// What may stand before a text, so that it comes further than the first check.
    pub fn beginnings(slot: &Slot) -> &'static [&'static str] {
        match &slot.place {
            Place::Value(pointer) if pointer == "/glustervolumeoptions/0" => &["", "user.canary "],
            Place::Value(pointer) if pointer == "/name" && slot.path == "/devices" => &["", "/dev/"],
            _ => &[""],
        }
    }

    /// The path and the body of a request with a text in its place.
    pub fn request(&self, slot: &Slot, text: &[u8], number: usize) -> (String, Option<Vec<u8>>) {
        const STAND_IN: &str = "the-canary-stands-here";
        let mut body = self.body(slot, number);
        let mut id = self.id(&slot.path).to_owned();
        match &slot.place {
            Place::Id => {
                id = percent_encoding::percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
            }
            Place::Value(pointer) => put(&mut body, pointer, json!(STAND_IN)),
            Place::Name(pointer) => put(&mut body, &format!("{pointer}/{STAND_IN}"), json!("value")),
        }
        let path = slot.path.replace("{id}", &id);
        // Not by way of a string: one cannot hold all of the bytes.
        let parts = body.to_string();
        let (before, after) = parts.split_once(STAND_IN).unwrap_or((&parts, ""));
        let inside = if matches!(slot.place, Place::Id) { Vec::new() } else { in_json(text) };
        let body = [before.as_bytes(), &inside, after.as_bytes()].concat();
        (path, (!slot.example.is_null()).then_some(body))
    }
}

/// A text between the quotes of JSON. What is no UTF-8 stands there as it is.
fn in_json(text: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(text) {
        Ok(text) => json!(text).to_string().trim_matches('"').as_bytes().to_vec(),
        Err(_) => text.to_vec(),
    }
}
