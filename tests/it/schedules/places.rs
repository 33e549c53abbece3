//! What an operator does with nodes and devices.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::act::{State, Tagging};
use super::clients::Client;
use super::seen::{MAIN, Request};
use super::site::{Change, Name, What};
use crate::support::operator::DISKS;

/// What is added with a tag has this one.
const TAG: (&str, &str) = ("added", "by-hand");

pub fn change(name: &Name, attribute: &'static str, to: Value) -> Change {
    Change { name: name.clone(), attribute, to, goes_on: false }
}

fn tags(tagged: bool) -> Value {
    if tagged { json!({TAG.0: TAG.1}) } else { json!({}) }
}

/// Something new: it is there in the end, or as if it had never been.
fn fresh(name: &Name, like: &[(&'static str, Value)]) -> Vec<Change> {
    let like = like.iter().map(|(attribute, value)| change(name, attribute, value.clone()));
    like.chain([change(name, "there", json!(true))]).collect()
}

/// Something that goes: what was begun of that is gone on with.
fn gone(name: &Name) -> Vec<Change> {
    vec![Change { goes_on: true, ..change(name, "there", json!(false)) }]
}

fn host_of(device: &Name) -> (Name, &str) {
    let (host, path) = device.1.split_once(' ').unwrap_or_default();
    ((What::Node, host.to_owned()), path)
}

impl Client<'_> {
    fn id(&self, name: &Name) -> String {
        self.thing(name).id.unwrap_or_default()
    }

    /// A device that nobody works on.
    fn on_device(&self, which: usize, there: bool, act: impl FnOnce(&Name)) {
        self.resolve();
        let claimed = self.site(|site| site.claim(What::Device, which, |thing| thing.is_there() == there));
        let Some((name, _)) = claimed else { return };
        act(&name);
        self.look_at(std::slice::from_ref(&name));
        self.site(|site| site.release(&[name]));
    }

    /// A node that nobody works on, nor on one of its devices.
    fn on_node(&self, which: usize, there: bool, act: impl FnOnce(&Name, &[Name])) {
        self.resolve();
        let claimed = self.site(|site| {
            let (node, _) = site.claim(What::Node, which, |thing| thing.is_there() == there)?;
            let devices = site.devices_of(&node.1);
            if site.claim_all(&devices).is_none() {
                site.release(&[node]);
                return None;
            }
            Some((node, devices))
        });
        let Some((node, devices)) = claimed else { return };
        act(&node, &devices);
        let all: Vec<Name> = std::iter::once(node).chain(devices).collect();
        self.look_at(&all);
        self.site(|site| site.release(&all));
    }

    fn device_state(&self, name: &Name, state: &str) -> bool {
        let id = self.id(name);
        let request = Request::new(("POST", "/devices/{id}/state"), &id, json!({"state": state})).about(name);
        self.does(&request.changing(vec![change(name, "state", json!(state))]))
    }

    pub fn set_device_state(&self, which: usize, state: State) {
        self.on_device(which, true, |name| {
            self.device_state(name, state.as_str());
        });
    }

    pub fn drain(&self, which: usize) {
        self.on_device(which, true, |name| {
            for state in ["offline", "failed", "offline", "online"] {
                self.device_state(name, state);
            }
        });
    }

    pub fn resync(&self, which: usize) {
        self.on_device(which, true, |name| {
            let id = self.id(name);
            self.ask(&Request::new(("GET", "/devices/{id}/resync"), &id, Value::Null).about(name));
        });
    }

    pub fn add_device(&self, which: usize, tagged: bool) {
        self.resolve();
        // Also one that is there already, on a node that may have failed: both are refused.
        let claimed = self.site(|site| {
            let (name, _) = site.claim(What::Device, which, |_| true)?;
            let (node, _) = host_of(&name);
            let is_free = site.things.get(&node).is_some_and(|node| node.is_there());
            if !is_free || site.claim_all(std::slice::from_ref(&node)).is_none() {
                site.release(&[name]);
                return None;
            }
            Some([node, name])
        });
        let Some(both) = claimed else { return };
        self.device_on(&both[1], tagged);
        self.look_at(&both);
        self.site(|site| site.release(&both));
    }

    fn device_on(&self, name: &Name, tagged: bool) {
        let (node, path) = host_of(name);
        let is_there = self.thing(name).is_there();
        let body = json!({"node": self.id(&node), "name": path, "tags": tags(tagged)});
        let request = Request::new(("POST", "/devices"), "", body).about(name);
        let like = [("state", json!("online")), ("tags", tags(tagged))];
        // What is there stays as it is.
        self.ask(&request.changing(if is_there { Vec::new() } else { fresh(name, &like) }));
    }

    fn release_device(&self, name: &Name) -> bool {
        let request = Request::new(("DELETE", "/devices/{id}"), &self.id(name), Value::Null).about(name);
        self.does(&request.changing(gone(name)))
    }

    pub fn delete_device(&self, which: usize) {
        self.on_device(which, true, |name| {
            self.release_device(name);
        });
    }

    pub fn remove_device(&self, which: usize) {
        self.on_device(which, true, |name| {
            let is_out = self.device_state(name, "offline") && self.device_state(name, "failed");
            let _ = is_out && self.release_device(name);
        });
    }

    pub fn tag_device(&self, which: usize, tagging: Tagging) {
        self.on_device(which, true, |name| self.tag(name, "devices", tagging));
    }

    pub fn tag_node(&self, which: usize, tagging: Tagging) {
        self.on_node(which, true, |name, _| self.tag(name, "nodes", tagging));
    }

    fn tag(&self, name: &Name, kind: &str, tagging: Tagging) {
        let known = self.thing(name).sure("tags").cloned().unwrap_or_default();
        let before: BTreeMap<String, String> = serde_json::from_value(known).unwrap_or_default();
        let one = |number: u8| BTreeMap::from([(format!("tag{}", number % 2), format!("value{number}"))]);
        let (word, sent) = match tagging {
            Tagging::Set(number) => ("set", one(number)),
            Tagging::Update(number) => ("update", one(number)),
            Tagging::Delete(number) => ("delete", one(number)),
        };
        let kept = |name: &String| word != "set" && !(word == "delete" && sent.contains_key(name));
        let mut after = before;
        after.retain(|name, _| kept(name));
        if word != "delete" {
            after.extend(sent.clone());
        }
        let route =
            if kind == "nodes" { ("POST", "/nodes/{id}/tags") } else { ("POST", "/devices/{id}/tags") };
        let body = json!({"change_type": word, "tags": sent});
        let request = Request::new(route, &self.id(name), body).about(name);
        let said = self.ask(&request.changing(vec![change(name, "tags", json!(after))]));
        let told = said.answer.filter(|answer| answer.status == 200);
        if let Some(told) = told.filter(|told| serde_json::from_str(&told.text).ok() != Some(json!(after))) {
            self.shift.memory.wrong(format!("{name:?} was told to have the tags {told:?}, not {after:?}"));
        }
    }

    pub fn add_node(&self, which: usize, tagged: bool) {
        self.on_node(which, false, |name, devices| {
            let cluster = self.id(&(What::Cluster, MAIN.to_owned()));
            let host = json!([name.1]);
            let names = json!({"manage": host, "storage": host});
            let zone = 1 + which % 3;
            let body = json!({"cluster": cluster, "zone": zone, "hostnames": names, "tags": tags(tagged)});
            let request = Request::new(("POST", "/nodes"), "", body).about(name);
            let like = [
                ("state", json!("online")),
                ("tags", tags(tagged)),
                ("zone", json!(zone)),
                ("storage", host),
            ];
            if self.does(&request.changing(fresh(name, &like))) {
                let is_first = |device: &&Name| DISKS.contains(&host_of(device).1);
                devices.iter().filter(is_first).for_each(|device| self.device_on(device, tagged));
            }
        });
    }

    fn node_state(&self, name: &Name, devices: &[Name], state: &str) -> bool {
        let mut changes = vec![change(name, "state", json!(state))];
        // They are emptied with it, one after the other.
        let taken = devices.iter().filter(|device| state == "failed" && self.thing(device).is_there());
        changes
            .extend(taken.map(|device| Change { goes_on: true, ..change(device, "state", json!("failed")) }));
        let body = json!({"state": state});
        let request = Request::new(("POST", "/nodes/{id}/state"), &self.id(name), body).about(name);
        self.does(&request.changing(changes))
    }

    pub fn set_node_state(&self, which: usize, state: State) {
        self.on_node(which, true, |name, devices| {
            self.node_state(name, devices, state.as_str());
        });
    }

    fn release_node(&self, name: &Name) -> bool {
        let request = Request::new(("DELETE", "/nodes/{id}"), &self.id(name), Value::Null).about(name);
        self.does(&request.changing(gone(name)))
    }

    pub fn delete_node(&self, which: usize) {
        self.on_node(which, true, |name, _| {
            self.release_node(name);
        });
    }

    pub fn remove_node(&self, which: usize) {
        self.on_node(which, true, |name, devices| {
            let is_out =
                self.node_state(name, devices, "offline") && self.node_state(name, devices, "failed");
            if is_out {
                let mut there = devices.iter().filter(|device| self.thing(device).is_there());
                let all_are_gone = there.all(|device| self.release_device(device));
                let _ = all_are_gone && self.release_node(name);
            } else {
                // What stays serves again.
                self.node_state(name, devices, "online");
            }
        });
    }
}
