//! Nodes and their names.

use std::collections::BTreeMap;

use super::super::entities::NodeEntry;
use super::super::finding::{Class, Place};
use super::super::kind::Kind;
use super::Check;

pub(super) fn check(check: &mut Check<'_>) {
    let database = check.database;
    for (id, entry) in &database.nodes {
        let names = &entry.info.hostnames;
        let mut subject = check.subject(Kind::Node, id, &entry.info.id);
        subject.state(&entry.state);
        subject.belongs_to(Kind::Cluster, &entry.info.cluster);
        subject.lists(Kind::Device, &entry.devices);
        subject.say_if(names.manage.is_empty(), "has no name to run commands at");
        subject.say_if(names.storage.is_empty(), "has no name for gluster");
    }
    shared(check, "to run commands at", |node| &node.info.hostnames.manage);
    shared(check, "for gluster", |node| &node.info.hostnames.storage);
    kept(check);
}

/// Two nodes cannot be reached by one name.
fn shared(check: &mut Check<'_>, use_of: &str, names: impl Fn(&NodeEntry) -> &Vec<String>) {
    let mut owners = BTreeMap::new();
    for (id, entry) in &check.database.nodes {
        for name in names(entry) {
            let first = *owners.entry(name).or_insert(id);
            if first != id {
                let text = format!("has the name {name} {use_of}, as node {first} has");
                check.contradiction(Kind::Node, id, text);
            }
        }
    }
}

/// Names are kept for nodes that exist. A failed addition of a node leaves some.
fn kept(check: &mut Check<'_>) {
    let database = check.database;
    for (name, id) in database.node_names.iter().filter(|(_, id)| !database.nodes.contains_key(*id)) {
        let text = format!("keeps {name} for node {id}, which does not exist");
        let place = Place::Bucket(Kind::Node.bucket().to_owned());
        check.findings.add(Class::Contradiction, place, text);
    }
}
