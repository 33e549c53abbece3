//! `topology load`: adds what a file has and the server has not.

use super::args::TopologyLoad;
use super::failure::Failure;
use super::output::Output;
use super::session::Session;
use super::topology_file::{
    ClusterEntry, DeviceEntry, NodeEntry, NodeSpec, TopologyFile, read, repeated_hosts,
};
use crate::api::{ClusterCreateRequest, DeviceAddRequest, List, NodeAddRequest, NodeInfo};
use crate::client::{Client, Topology};

pub(super) fn run(
    arguments: &TopologyLoad,
    session: &Session,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let file = read(&arguments.file)?;
    for host in repeated_hosts(&file) {
        output.hint(&format!("{}: node {host} is listed more than once\n", arguments.file))?;
    }
    let client = session.loading_client()?;
    let known = client
        .topology()
        .map_err(|error| Failure::new(format!("Unable to get topology information: {error}")))?;
    Load { client, known, created: Vec::new(), output }.file(&file)
}

/// A load under way.
struct Load<'a, 'o> {
    client: Client,
    /// What the server had at the beginning. Not refreshed: what this load adds is not found by it.
    known: Topology,
    /// The clusters that were made, to be looked at in the end.
    created: Vec<String>,
    output: &'a mut Output<'o>,
}

impl Load<'_, '_> {
    fn file(mut self, file: &TopologyFile) -> Result<(), Failure> {
        let result = file.clusters.iter().try_for_each(|cluster| self.cluster(cluster));
        self.delete_empty_clusters();
        result
    }

    fn cluster(&mut self, entry: &ClusterEntry) -> Result<(), Failure> {
        let mut current = None;
        entry.nodes.iter().try_for_each(|node| self.node(entry, node, &mut current))
    }

    /// One node. Its cluster is that of the last node that was found, or else a new one.
    fn node(
        &mut self,
        entry: &ClusterEntry,
        node: &NodeEntry,
        current: &mut Option<String>,
    ) -> Result<(), Failure> {
        if let Some(found) = self.find(node.node.host()) {
            self.output.line(&format!("\tFound node {} on cluster {}", node.node.host(), found.cluster))?;
            if self.client.cluster_info(&found.cluster).is_err() {
                self.output.line("Unable to get cluster information")?;
                return Err(Failure::new("Unable to get cluster information"));
            }
            *current = Some(found.cluster.clone());
            return self.devices(&node.devices, &found);
        }
        let cluster = match current {
            Some(cluster) => cluster.clone(),
            None => current.insert(self.create_cluster(entry)?).clone(),
        };
        match self.add_node(&node.node, cluster)? {
            Some(added) => self.devices(&node.devices, &added),
            None => Ok(()),
        }
    }

    fn find(&self, host: &str) -> Option<NodeInfo> {
        let mut nodes = self.known.clusters.iter().flat_map(|cluster| &cluster.nodes);
        nodes.find(|node| node.hostnames.manage.first().is_some_and(|name| name == host)).cloned()
    }

    fn create_cluster(&mut self, entry: &ClusterEntry) -> Result<String, Failure> {
        self.output.text("Creating cluster ... ")?;
        let request = ClusterCreateRequest { block: entry.block, file: entry.file };
        let cluster = self.client.cluster_create(&request)?;
        self.created.push(cluster.id.clone());
        self.output.line(&format!("ID: {}", cluster.id))?;
        if entry.file {
            self.output.line("\tAllowing file volumes on cluster.")?;
        }
        if entry.block {
            self.output.line("\tAllowing block volumes on cluster.")?;
        }
        Ok(cluster.id)
    }

    /// Adds a node; `None` where the server refused, which does not end the load.
    fn add_node(&mut self, node: &NodeSpec, cluster: String) -> Result<Option<NodeInfo>, Failure> {
        self.output.text(&format!("\tCreating node {} ... ", node.host()))?;
        let request = NodeAddRequest {
            zone: node.zone.unwrap_or(0),
            hostnames: node.hostnames.clone(),
            cluster,
            tags: node.tags.clone(),
        };
        match self.client.node_add(&request) {
            Ok(added) => {
                self.output.line(&format!("ID: {}", added.id))?;
                // Devices of the snapshot only: this one is new.
                Ok(Some(NodeInfo { devices: List::default(), ..added }))
            }
            Err(error) => {
                self.refused("Unable to create node", error.into())?;
                Ok(None)
            }
        }
    }

    fn devices(&mut self, devices: &[DeviceEntry], node: &NodeInfo) -> Result<(), Failure> {
        for DeviceEntry(device) in devices {
            if node.devices.iter().any(|known| known.name == device.name) {
                self.output.line(&format!("\t\tFound device {}", device.name))?;
                continue;
            }
            self.output.text(&format!("\t\tAdding device {} ... ", device.name))?;
            let request = DeviceAddRequest {
                name: device.name.clone(),
                tags: device.tags.clone(),
                node: node.id.clone(),
                destroydata: device.destroydata,
            };
            match self.client.device_add(&request) {
                Ok(()) => self.output.line("OK")?,
                Err(error) => self.refused("Unable to add device", error.into())?,
            }
        }
        Ok(())
    }

    /// Completes a line with heketi's text; the explanation follows for people.
    fn refused(&mut self, what: &str, failure: Failure) -> Result<(), Failure> {
        self.output.line(&format!("{what}: {}", failure.text))?;
        match failure.explanation {
            Some(explanation) => self.output.hint(&format!("{explanation}\n")),
            None => Ok(()),
        }
    }

    /// A cluster that none of its nodes could join is of no use. Failures change nothing for the user.
    fn delete_empty_clusters(&self) {
        for id in &self.created {
            let empty = self
                .client
                .cluster_info(id)
                .is_ok_and(|cluster| cluster.nodes.is_empty() && cluster.volumes.is_empty());
            if empty {
                let _ = self.client.cluster_delete(id);
            }
        }
    }
}
