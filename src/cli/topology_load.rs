//! `topology load`: adds what a file has and the server has not.

use std::collections::BTreeSet;

use super::args::TopologyLoad;
use super::failure::Failure;
use super::output::Output;
use super::session::Session;
use super::topology_file::{ClusterEntry, NodeSpec, read, repeated_hosts};
use super::topology_meanwhile::Meanwhile;
use super::topology_plan::{Additions, ClusterPlan, DevicePlan, NodePlan, Place, Plan};
use crate::api::{ClusterCreateRequest, DeviceAddRequest, NodeAddRequest, NodeInfo};
use crate::client::{Ahead, Client, ClientError, Topology};

pub(super) fn run(
    arguments: &TopologyLoad,
    session: &Session,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let path = &arguments.source.file;
    let (file, unknown) = read(path)?;
    unknown.iter().try_for_each(|key| output.note(&format!("{path}: {key}\n")))?;
    for host in repeated_hosts(&file) {
        output.hint(&format!("{path}: node {host} is listed more than once\n"))?;
    }
    let ahead = Ahead::default();
    let client = session.loading_client(&ahead)?;
    let known = known(&client)?;
    let Plan { clusters, doubts } = Plan::new(&file, &known);
    if !doubts.is_empty() {
        let told = doubts.join("\n");
        let told = format!("{path}: {told}\nNothing was added.");
        return Err(Failure::because("Unable to tell which cluster new nodes belong to", told));
    }
    for (at, homes) in
        clusters.iter().map(ClusterPlan::homes).enumerate().filter(|(_, homes)| homes.len() > 1)
    {
        let homes = homes.into_iter().collect::<Vec<_>>().join(" and ");
        output.hint(&format!("{path}: clusters[{at}]: its nodes are in clusters {homes}\n"))?;
    }
    if arguments.dry_run {
        return tell(&clusters, output);
    }
    Load::new(&client, ahead, output).clusters(&clusters)
}

/// What the server has. Volumes are of no account here.
pub(super) fn known(client: &Client) -> Result<Topology, Failure> {
    client.topology_of_nodes().map_err(|error| {
        let failure = Failure::from(error);
        Failure { text: format!("Unable to get topology information: {}", failure.text), ..failure }
    })
}

/// What a load would do, in its order.
fn tell(plan: &[ClusterPlan<'_>], output: &mut Output<'_>) -> Result<(), Failure> {
    for node in plan.iter().flat_map(|cluster| &cluster.nodes) {
        let host = node.spec.host();
        match node.place {
            Place::Found(found) => {
                output.line(&format!("\tFound node {host} on cluster {}", found.cluster))?
            }
            Place::NewCluster => output.line(&format!("Would create cluster\n\tWould create node {host}"))?,
            Place::Joins(cluster) => {
                output.line(&format!("\tWould create node {host} on cluster {cluster}"))?
            }
            Place::SameCluster => output.line(&format!("\tWould create node {host}"))?,
        }
        for device in &node.devices {
            let what = if device.found.is_some() { "Found" } else { "Would add" };
            output.line(&format!("\t\t{what} device {}", device.spec.name))?;
        }
    }
    output.line(&format!("Nothing was changed. A load adds: {}", Additions::of(plan).words()))
}

/// A load under way.
struct Load<'a, 'o> {
    client: &'a Client,
    output: &'a mut Output<'o>,
    /// The clusters that were made, to be looked at in the end.
    created: Vec<String>,
    /// Clusters of nodes that were there, which are looked at once.
    looked_at: BTreeSet<String>,
    meanwhile: Meanwhile,
    ahead: Ahead,
}

impl<'a, 'o> Load<'a, 'o> {
    fn new(client: &'a Client, ahead: Ahead, output: &'a mut Output<'o>) -> Load<'a, 'o> {
        let (created, looked_at) = (Vec::new(), BTreeSet::new());
        Load { client, output, created, looked_at, meanwhile: Meanwhile::default(), ahead }
    }

    /// The beginning of a line that ends with what came of it.
    fn begin(&mut self, text: &str) -> Result<(), Failure> {
        self.ahead.line(text);
        self.output.text(text)
    }

    fn clusters(mut self, plan: &[ClusterPlan<'_>]) -> Result<(), Failure> {
        let result = plan.iter().try_for_each(|cluster| self.cluster(cluster));
        self.delete_empty_clusters();
        result
    }

    fn cluster(&mut self, plan: &ClusterPlan<'_>) -> Result<(), Failure> {
        let mut current = String::new();
        plan.nodes.iter().try_for_each(|node| self.node(plan.entry, node, &mut current))
    }

    /// One node. Its cluster is that of the known nodes of its entry, or else a new one that all of them join.
    fn node(
        &mut self,
        entry: &ClusterEntry,
        node: &NodePlan<'_>,
        current: &mut String,
    ) -> Result<(), Failure> {
        match node.place {
            Place::Found(found) => {
                self.output.line(&format!(
                    "\tFound node {} on cluster {}",
                    node.spec.host(),
                    found.cluster
                ))?;
                self.look_at(&found.cluster)?;
                current.clone_from(&found.cluster);
                return self.devices(&node.devices, &found.id);
            }
            Place::NewCluster => *current = self.create_cluster(entry)?,
            Place::Joins(cluster) => cluster.clone_into(current),
            Place::SameCluster => {}
        }
        let Some(added) = self.add_node(node.spec, current)? else { return Ok(()) };
        // Where a load that was interrupted has added it: those behind it belong there, too.
        *current = added.cluster;
        self.devices(&node.devices, &added.id)
    }

    fn look_at(&mut self, cluster: &str) -> Result<(), Failure> {
        if !self.looked_at.insert(cluster.to_owned()) || self.client.cluster_info(cluster).is_ok() {
            return Ok(());
        }
        self.output.line("Unable to get cluster information")?;
        Err(Failure::new("Unable to get cluster information"))
    }

    fn create_cluster(&mut self, entry: &ClusterEntry) -> Result<String, Failure> {
        self.begin("Creating cluster ... ")?;
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
    fn add_node(&mut self, node: &NodeSpec, cluster: &str) -> Result<Option<NodeInfo>, Failure> {
        let host = node.host();
        self.begin(&format!("\tCreating node {host} ... "))?;
        let request = NodeAddRequest {
            zone: node.zone.unwrap_or(0),
            hostnames: node.hostnames.clone(),
            cluster: cluster.to_owned(),
            tags: node.tags.clone(),
        };
        let added = match self.client.node_add(&request) {
            Ok(added) => NodeInfo { cluster: cluster.to_owned(), ..added },
            Err(error) => match self.meanwhile.node(self.client, host, &error) {
                Some(there) => there,
                None => return self.refused("Unable to create node", error).map(|()| None),
            },
        };
        self.meanwhile.ours(host);
        self.output.line(&format!("ID: {}", added.id))?;
        Ok(Some(added))
    }

    fn devices(&mut self, devices: &[DevicePlan<'_>], node: &str) -> Result<(), Failure> {
        for device in devices {
            let name = &device.spec.name;
            if device.found.is_some() {
                self.output.line(&format!("\t\tFound device {name}"))?;
                continue;
            }
            self.begin(&format!("\t\tAdding device {name} ... "))?;
            let request = DeviceAddRequest {
                name: name.clone(),
                tags: device.spec.tags.clone(),
                node: node.to_owned(),
                destroydata: device.spec.destroydata,
            };
            match self.client.device_add(&request) {
                Ok(()) => self.output.line("OK")?,
                Err(error) if self.meanwhile.device(self.client, name, node, &error) => {
                    self.output.line("OK")?
                }
                Err(error) => self.refused("Unable to add device", error)?,
            }
        }
        Ok(())
    }

    /// Completes a line with heketi's text; the explanation follows for people.
    fn refused(&mut self, what: &str, error: ClientError) -> Result<(), Failure> {
        let failure = Failure::from(error);
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
