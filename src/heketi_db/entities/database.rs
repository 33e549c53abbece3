//! All that heketi keeps.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::finding::{Class, Findings};
use super::super::kind::Kind;
use super::super::value::Value;
use super::attribute::RECORDS_OPERATIONS;
use super::fields::{Fields, Subject, read_object};
use super::{
    AttributeEntry, BlockVolumeEntry, BrickEntry, ClusterEntry, DeviceEntry, NodeEntry, OperationEntry,
    Source, VolumeEntry,
};

/// All that heketi keeps, each kind by its keys, which are the ids.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Database {
    /// Clusters.
    #[serde(rename = "clusterentries")]
    pub clusters: BTreeMap<String, ClusterEntry>,
    /// Volumes.
    #[serde(rename = "volumeentries")]
    pub volumes: BTreeMap<String, VolumeEntry>,
    /// Bricks.
    #[serde(rename = "brickentries")]
    pub bricks: BTreeMap<String, BrickEntry>,
    /// Nodes.
    #[serde(rename = "nodeentries")]
    pub nodes: BTreeMap<String, NodeEntry>,
    /// Devices.
    #[serde(rename = "deviceentries")]
    pub devices: BTreeMap<String, DeviceEntry>,
    /// Block volumes.
    #[serde(rename = "blockvolumeentries")]
    pub block_volumes: BTreeMap<String, BlockVolumeEntry>,
    /// Facts about the database itself.
    #[serde(rename = "dbattributeentries")]
    pub attributes: BTreeMap<String, AttributeEntry>,
    /// Operations that had not ended.
    #[serde(rename = "pendingoperations")]
    pub operations: BTreeMap<String, OperationEntry>,
    /// Which node has a name, by `MANAGE` or `STORAGE` and the name: so heketi keeps two nodes from having one. Not in the
    /// export.
    #[serde(skip)]
    pub node_names: BTreeMap<String, String>,
    /// Which device has a name, by `DEVICE`, the node and the name: older versions kept that. Not in the export.
    #[serde(skip)]
    pub device_names: BTreeMap<String, String>,
}

impl Database {
    /// Whether an attribute is `yes`.
    pub fn has(&self, attribute: &str) -> bool {
        self.attributes.get(attribute).is_some_and(|entry| entry.value == "yes")
    }

    /// Whether heketi records operations here, which it does not show otherwise.
    pub fn records_operations(&self) -> bool {
        self.has(RECORDS_OPERATIONS)
    }

    /// Takes in an object. Of two with the same key the later one counts.
    pub(crate) fn put(
        &mut self,
        source: Source,
        kind: Kind,
        id: &str,
        value: &Value,
        findings: &mut Findings,
    ) {
        let mut entry = Incoming { subject: Subject { source, kind, id }, value, findings };
        match kind {
            Kind::Cluster => entry.put(&mut self.clusters, ClusterEntry::read),
            Kind::Volume => entry.put(&mut self.volumes, VolumeEntry::read),
            Kind::Brick => entry.put(&mut self.bricks, BrickEntry::read),
            Kind::Node => entry.put(&mut self.nodes, NodeEntry::read),
            Kind::Device => entry.put(&mut self.devices, DeviceEntry::read),
            Kind::BlockVolume => entry.put(&mut self.block_volumes, BlockVolumeEntry::read),
            Kind::Attribute => entry.put(&mut self.attributes, AttributeEntry::read),
            Kind::Operation => entry.put(&mut self.operations, OperationEntry::read),
        }
    }
}

/// An object that is taken in.
struct Incoming<'a> {
    subject: Subject<'a>,
    value: &'a Value,
    findings: &'a mut Findings,
}

impl Incoming<'_> {
    fn put<T>(&mut self, objects: &mut BTreeMap<String, T>, read: impl FnOnce(&mut Fields<'_, '_>) -> T) {
        let Subject { kind, id, .. } = self.subject;
        if !matches!(self.value, Value::Struct(_)) {
            let text = format!("is {} and no object; it was left out", self.value.kind());
            return self.findings.about(Class::Damage, kind, id, text);
        }
        let object = read_object(self.subject, self.value, self.findings, read);
        if objects.insert(id.to_owned(), object).is_some() {
            self.findings.about(Class::Damage, kind, id, "is there more than once; the last one was taken");
        }
    }
}
