//! Nodes: joined to the trusted pool, put into states, and taken out again.

use std::collections::BTreeSet;
use std::sync::Arc;

use sqlx::SqliteConnection;

use super::engine::Engine;
use super::locks::{Mode, ObjectKey};
use super::{IN_USE, OpError, Operations, peers};
use crate::executor::system;
use crate::model::host::Host;
use crate::model::ids::{ClusterId, JobId, NodeId};
use crate::model::node::{Node, Tags};
use crate::model::operation::{Detail, JobOutcome, JobSubject, OperationKind};
use crate::model::state::{EntryState, Phase};
use crate::model::step::Step;
use crate::store::node::HostnameUse;
use crate::store::{block_volume, cluster, device, node, operation, volume};

/// What a valid request for a node asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSpec {
    /// The cluster it joins, as it was written.
    pub cluster: String,
    /// Its failure zone.
    pub zone: i64,
    /// Names under which commands reach it.
    pub manage: Vec<String>,
    /// Names that gluster uses for it.
    pub storage: Vec<String>,
    /// Labels.
    pub tags: Tags,
}

const NO_CLUSTER: OpError = OpError::MissingParent("Cluster id does not exist");

impl Operations {
    /// Adds a node to a cluster.
    ///
    /// # Errors
    /// When the cluster is missing, a host name is taken, no glusterd answers, or the database refuses.
    pub async fn add_node(&self, spec: NodeSpec) -> Result<JobId, OpError> {
        let engine = Arc::clone(&self.inner);
        Self::detached(async move { engine.add_node(spec).await }).await
    }

    /// Takes a node without devices out of its cluster and of the trusted pool.
    ///
    /// # Errors
    /// When there is no such node or it has devices, or the database refuses.
    pub async fn delete_node(&self, id: NodeId) -> Result<JobId, OpError> {
        let engine = Arc::clone(&self.inner);
        Self::detached(async move { engine.delete_node(id).await }).await
    }

    /// Puts a node into a state; the job says whether that was possible. To become `failed` its devices are emptied
    /// first; `check_heal`: only where gluster says that the copies elsewhere are whole.
    ///
    /// # Errors
    /// When there is no such node, too much is under way, or the database refuses.
    pub async fn set_node_state(
        &self,
        id: NodeId,
        state: EntryState,
        check_heal: bool,
    ) -> Result<JobId, OpError> {
        let engine = Arc::clone(&self.inner);
        Self::detached(async move { engine.set_node_state(id, state, check_heal).await }).await
    }
}

impl Engine {
    async fn add_node(self: &Arc<Self>, spec: NodeSpec) -> Result<JobId, OpError> {
        let cluster: ClusterId = spec.cluster.parse().map_err(|_| NO_CLUSTER)?;
        let new = Node {
            id: NodeId::from_uuid(self.ids.draw()),
            cluster,
            zone: spec.zone,
            manage: spec.manage,
            storage: spec.storage,
            tags: spec.tags,
            state: EntryState::Online,
            phase: Phase::Creating,
        };
        let peer = peers::peer(&new)?;
        let mut conn = self.store.read().await?;
        check_node(&mut conn, &new).await?;
        let known = node::of_cluster(&mut conn, cluster).await?;
        drop(conn);
        self.executor.introduce(peer.host.as_str(), &peer.storage);
        self.check_glusterd(&known, &peer.host).await?;
        // Also for what looks like the first node: another one may be added at the same time, which it is joined to then.
        let was_member = self.runner.is_in_a_pool(&peer.host).await;

        let mut tx = self.store.write().await?;
        // Again: the peers were asked meanwhile.
        check_node(&mut tx, &new).await?;
        node::insert(&mut tx, &new).await?;
        let via = peers::of_cluster(&mut tx, cluster, Some(new.id)).await?;
        let stages = vec![vec![Step::ProbePeer { peer, via, was_member }]];
        let decision = self.decision(OperationKind::NodeAdd, new.id, stages, locks(&new));
        self.launch(tx, decision, false, None).await
    }

    /// The first node of a cluster must have glusterd running; later ones are joined by one that has.
    async fn check_glusterd(&self, known: &[Node], new: &Host) -> Result<(), OpError> {
        let text = |text: &str, explanation| OpError::BadRequest { text: text.to_owned(), explanation };
        if known.is_empty() {
            return self.executor.run(new, &system::glusterd_is_active()).await.map(drop).map_err(|error| {
                text("New Node doesn't have glusterd running", Some(explain_check(new, &error)))
            });
        }
        let mut seen = Vec::new();
        for node in known.iter().filter(|node| node.state == EntryState::Online) {
            let Some(host) = node.host() else { continue };
            match self.executor.run(&host, &system::glusterd_is_active()).await {
                Ok(_) => return Ok(()),
                Err(error) => seen.push(explain_check(&host, &error)),
            }
        }
        let explanation = (!seen.is_empty()).then(|| seen.join("\n"));
        Err(text("None of the nodes in cluster has glusterd running", explanation))
    }

    async fn delete_node(self: &Arc<Self>, id: NodeId) -> Result<JobId, OpError> {
        let mut tx = self.store.write().await?;
        let node = ready(&mut tx, id).await?;
        if !device::of_node(&mut tx, id).await?.is_empty() {
            return Err(OpError::conflict(format!(
                "Unable to delete node [{id}] because it contains devices"
            )));
        }
        let exported = block_volume::exported(&mut tx).await?;
        if node.storage.iter().any(|name| exported.contains_key(name)) {
            return Err(OpError::conflict(format!(
                "Unable to delete node [{id}] because it exports block volumes"
            )));
        }
        node::set_phase(&mut tx, id, Phase::Ready, Phase::Deleting).await?;
        let via = peers::of_cluster(&mut tx, node.cluster, Some(id)).await?;
        let nodes = node::of_cluster(&mut tx, node.cluster).await?;
        let retired = nodes.iter().filter(|node| node.state == EntryState::Failed);
        let retired = retired.flat_map(|node| node.storage.iter().chain(&node.manage)).cloned().collect();
        let unwanted = volume::names_being_deleted(&mut tx, node.cluster).await?;
        let detach = Step::DetachPeer { peer: peers::peer(&node)?, via, retired, unwanted };
        let alone = matches!(&detach, Step::DetachPeer { via, .. } if via.is_empty());
        // The last node of a cluster has nobody to leave.
        let stages = if alone { Vec::new() } else { vec![vec![detach]] };
        let decision = self.decision(OperationKind::NodeDelete, id, stages, locks(&node));
        self.launch(tx, decision, false, None).await
    }

    async fn set_node_state(
        self: &Arc<Self>,
        id: NodeId,
        state: EntryState,
        check_heal: bool,
    ) -> Result<JobId, OpError> {
        let mut tx = self.store.write().await?;
        let node = ready(&mut tx, id).await?;
        let turn =
            (state == EntryState::Failed).then(|| self.limits.try_enter_in(node.cluster)).transpose()?;
        let busy = operation::touches(&mut tx, &id.to_string()).await?;
        let outcome = match refuse_transition(&node, state) {
            Some(text) => JobOutcome::Failed { text, explanation: None },
            None if busy => JobOutcome::Failed { text: IN_USE.to_owned(), explanation: None },
            None if state == EntryState::Failed && node.state != state => {
                let mut decision = self.decision(OperationKind::NodeRemove, id, Vec::new(), Vec::new());
                decision.detail = Detail::Remove { check_heal };
                return self.launch(tx, decision, false, turn).await;
            }
            None => {
                node::set_state(&mut tx, id, state).await?;
                JobOutcome::Done
            }
        };
        self.finished_job(tx, JobSubject::new("node-state", id), outcome).await
    }
}

fn explain_check(host: &Host, error: &crate::executor::RemoteError) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    format!(
        "{error}{cause}. Check that {host} is up, can be reached with the configured key, and runs glusterd"
    )
}

pub(super) fn locks(node: &Node) -> Vec<(ObjectKey, Mode)> {
    // Joining and leaving concern the whole pool: gluster would refuse other changes meanwhile.
    vec![(ObjectKey::Cluster(node.cluster), Mode::Exclusive), (ObjectKey::Node(node.id), Mode::Exclusive)]
}

async fn check_node(conn: &mut SqliteConnection, new: &Node) -> Result<(), OpError> {
    cluster::find(conn, new.cluster).await?.ok_or(NO_CLUSTER)?;
    if let Some(twice) = repeated(&new.manage).or_else(|| repeated(&new.storage)) {
        let text = format!("Hostname {twice} is given twice");
        let explanation = Some("a node has each of its names once; nothing was added".to_owned());
        return Err(OpError::BadRequest { text, explanation });
    }
    let manage = new.manage.iter().map(|name| (HostnameUse::Manage, name));
    let storage = new.storage.iter().map(|name| (HostnameUse::Storage, name));
    for (kind, name) in manage.chain(storage) {
        if let Some(id) = node::with_hostname(conn, kind, name).await? {
            // heketi ends this text with a line feed of its own.
            return Err(OpError::conflict(format!("Hostname {name} already used by node with id {id}\n")));
        }
    }
    Ok(())
}

/// A name that is more than once in a list.
fn repeated(names: &[String]) -> Option<&str> {
    let mut seen = BTreeSet::new();
    names.iter().map(String::as_str).find(|name| !seen.insert(*name))
}

/// The node of that id; one that is being added does not exist yet, one that is being deleted is in use.
async fn ready(conn: &mut SqliteConnection, id: NodeId) -> Result<Node, OpError> {
    let node = node::find(conn, id).await?.ok_or(OpError::NotFound)?;
    match node.phase {
        Phase::Ready => Ok(node),
        Phase::Creating => Err(OpError::NotFound),
        Phase::Deleting => Err(OpError::conflict(IN_USE)),
    }
}

fn refuse_transition(node: &Node, to: EntryState) -> Option<String> {
    match (node.state, to) {
        (EntryState::Online, EntryState::Failed) => {
            Some(format!("Node must be offline before remove operation is performed, node:{}", node.id))
        }
        (EntryState::Failed, EntryState::Online | EntryState::Offline) => {
            Some(format!("Cannot move a failed/removed node to {} state", to.as_str()))
        }
        _ => None,
    }
}
