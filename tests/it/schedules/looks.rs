//! What the server shows of clusters, nodes and devices, compared with what is known of them.

use std::collections::{BTreeMap, BTreeSet};

use mortar::api::{DeviceInfo, NodeInfo};
use mortar::client::{Topology, TopologyCluster};
use serde_json::json;

use super::clients::{Client, Shift};
use super::site::{Name, ShownThing, Site, Thing, What};
use super::world::Said;
use crate::support::Lab;

/// All that is shown, by its name in the model; clusters by their ids, which have no other name.
pub type Shown = BTreeMap<Name, ShownThing>;

pub fn of_topology(topology: &Topology) -> Shown {
    let mut shown = Shown::new();
    for cluster in topology.clusters.iter() {
        shown.insert((What::Cluster, cluster.id.clone()), of_cluster(cluster));
        for node in cluster.nodes.iter() {
            let host = node.hostnames.manage.first().cloned().unwrap_or_default();
            let devices = node.devices.iter();
            shown.extend(
                devices.map(|device| ((What::Device, format!("{host} {}", device.name)), of_device(device))),
            );
            shown.insert((What::Node, host), of_node(node));
        }
        for volume in cluster.volumes.iter().filter(|volume| volume.block) {
            let restriction = json!(volume.blockinfo.restriction);
            let thing = ShownThing { id: volume.id.clone(), at: [("restriction", restriction)].into() };
            shown.insert((What::Hosting, volume.id.clone()), thing);
        }
    }
    shown
}

fn of_cluster(cluster: &TopologyCluster) -> ShownThing {
    let flags = [("file", json!(cluster.file)), ("block", json!(cluster.block))];
    ShownThing { id: cluster.id.clone(), at: flags.into() }
}

pub fn of_node(node: &NodeInfo) -> ShownThing {
    let storage = node.hostnames.storage.to_vec();
    let at = [
        ("state", json!(node.state)),
        ("tags", json!(node.tags)),
        ("zone", json!(node.zone)),
        ("storage", json!(storage)),
    ];
    ShownThing { id: node.id.clone(), at: at.into() }
}

pub fn of_device(device: &DeviceInfo) -> ShownThing {
    ShownThing {
        id: device.id.clone(),
        at: [("state", json!(device.state)), ("tags", json!(device.tags))].into(),
    }
}

impl Site {
    /// Compares all with what is shown when nothing is under way any more, and learns what was not sure.
    pub fn compare(&mut self, mut shown: Shown) -> Vec<String> {
        let mut wrong = self.adopt(&mut shown);
        for (name, thing) in &mut self.things {
            match name.0 {
                What::Server => {}
                // Those that block volumes have made for themselves go by no name; whether one is there is their volume's.
                What::Hosting => {
                    let found = shown.remove(name);
                    wrong.extend(found.iter().flat_map(|found| thing.learn(name, Some(found))));
                }
                What::Cluster | What::Node | What::Device => {
                    let found = shown.remove(name);
                    wrong.extend(thing.learn(name, found.as_ref()));
                }
            }
        }
        let unlocked = |thing: &ShownThing| thing.at.get("restriction") == Some(&json!(""));
        let strange = shown.iter().filter(|(name, thing)| name.0 != What::Hosting || !unlocked(thing));
        wrong.extend(strange.map(|(name, _)| format!("{name:?} is like nobody asked for")));
        wrong
    }

    /// Gives clusters the names that the model has for them: those of lost answers are known by their flags.
    pub fn adopt(&mut self, shown: &mut Shown) -> Vec<String> {
        let clusters: Vec<String> =
            shown.keys().filter(|name| name.0 == What::Cluster).map(|name| name.1.clone()).collect();
        let mut wrong = Vec::new();
        for id in clusters {
            let known = |thing: &Thing| thing.id.as_ref() == Some(&id);
            let Some(found) = shown.remove(&(What::Cluster, id.clone())) else { continue };
            let of_id = self.things.iter().find(|(name, thing)| name.0 == What::Cluster && known(thing));
            let lost = || {
                self.things.iter().find(|(name, thing)| {
                    let is_new = name.0 == What::Cluster
                        && thing.id.is_none()
                        && thing.sure("there") != Some(&json!(false));
                    is_new && thing.differs(name, Some(&found)).is_empty()
                })
            };
            let Some(name) = of_id.or_else(lost).map(|(name, _)| name.clone()) else {
                wrong.push(format!("cluster {id} was never asked for"));
                continue;
            };
            if let Some(thing) = self.things.get_mut(&name) {
                thing.id = Some(id);
            }
            shown.insert(name, found);
        }
        wrong
    }
}

/// All that is unfinished, where somebody is there to say it.
fn unfinished(lab: &Lab) -> Option<Vec<serde_json::Value>> {
    let reply = lab.try_send("GET", "/operations/progress", &[], None).ok()?.json();
    reply["operations"].as_array().cloned()
}

/// What that is about, and whether something is added.
fn targets(lab: &Lab) -> Option<(BTreeSet<String>, bool)> {
    let all = unfinished(lab)?;
    let text = |field: &str, value: &serde_json::Value| value[field].as_str().unwrap_or_default().to_owned();
    let adds = all.iter().any(|op| matches!(op["kind"].as_str(), Some("node-add" | "device-add")));
    Some((all.iter().map(|op| text("target", op)).collect(), adds))
}

impl Client<'_> {
    /// Looks at things that this client has for himself: they are as they may be, and what was not sure is known then,
    /// unless something still works on them.
    pub fn look_at(&self, names: &[Name]) {
        self.shift.look_at(names);
    }

    /// What nobody could be sure of, and nobody works on.
    pub fn resolve(&self) {
        let doubtful = self.site(|site| {
            let doubtful = |(name, thing): &(&Name, &Thing)| {
                matches!(name.0, What::Cluster | What::Node | What::Device)
                    && !thing.claimed
                    && !thing.is_sure()
            };
            let names: Vec<Name> =
                site.things.iter().filter(doubtful).map(|(name, _)| name.clone()).collect();
            for name in &names {
                site.things.entry(name.clone()).and_modify(|thing| thing.claimed = true);
            }
            names
        });
        if !doubtful.is_empty() {
            self.look_at(&doubtful);
            self.site(|site| site.release(&doubtful));
        }
    }
}

impl Shift<'_> {
    /// Whether what has failed is unfinished: it is, or bricks that it moved.
    pub fn is_left(&self, said: &Said) -> bool {
        let job = said.job.as_deref().and_then(|job| job.rsplit('/').next());
        let is_of = |op: &serde_json::Value| op["job"].as_str() == job || op["kind"] == "brick-evict";
        unfinished(self.lab).is_none_or(|all| all.iter().any(is_of))
    }

    fn look_at(&self, names: &[Name]) {
        // First: what has ended before this shows what it came to.
        let Some((targets, adds)) = targets(self.lab) else { return };
        // Something may have gone between two of its requests.
        let Ok(topology) = self.lab.client().topology_of_nodes() else { return };
        let wrong = self.memory.site(|site| {
            let mut shown = of_topology(&topology);
            let mut wrong = Vec::new();
            if names.iter().any(|name| name.0 == What::Cluster) {
                // Those that others are just adding are strangers here, and no fault.
                site.adopt(&mut shown);
            }
            let id_of = |name: &Name| site.things.get(name).and_then(|thing| thing.id.clone());
            let is_busy = |name: &Name| {
                let host = name.1.split(' ').next().unwrap_or_default().to_owned();
                let ids = [id_of(name), id_of(&(What::Node, host))];
                ids.iter().flatten().any(|id| targets.contains(id)) || adds && ids[0].is_none()
            };
            let busy: BTreeSet<Name> = names.iter().filter(|name| is_busy(name)).cloned().collect();
            for name in names {
                let Some(thing) = site.things.get_mut(name) else { continue };
                let found = shown.get(name);
                wrong.extend(if busy.contains(name) {
                    thing.differs(name, found)
                } else {
                    thing.learn(name, found)
                });
            }
            wrong
        });
        self.memory.world(|world| world.wrong.extend(wrong));
    }
}
