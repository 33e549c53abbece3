//! Which nodes are well. All are looked at in the rounds of the configuration, and one to which a command did not come
//! through, or where one hangs, at once. What is not well gets no bricks as long as others have room, and whoever works on it
//! keeps nobody else waiting.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::{error, info, warn};

use super::engine::Engine;
use super::rounds::Rhythm;
use super::run::Claims;
use crate::executor::{RemoteError, gluster, system};
use crate::model::host::Host;
use crate::model::ids::NodeId;
use crate::model::node::Node;
use crate::model::state::{EntryState, Phase};
use crate::model::step::Step;
use crate::store::{Result, cluster, node};

/// How often is asked whether a node gives reason to look at it.
const ATTENTION: Duration = Duration::from_secs(2);

/// The longest that a node which is not well is left alone.
const DOWN_AGAIN: Duration = Duration::from_secs(30);

/// How long a node may take to say that it is well, a new connection included.
const ANSWER: Duration = Duration::from_secs(20);

/// How long the program may run that asks glusterd.
const ASKING: Duration = Duration::from_secs(15);

/// How often an operation asks whether it is held up.
const HELD_UP: Duration = Duration::from_secs(1);

/// How long it counts that a node was silent which nobody looks at any more: as long as what is left of many bricks on a lost
/// one is given up, and not until it may have come back.
const STALE: Duration = Duration::from_secs(120);

/// Nodes that were not well when they were looked at last.
#[derive(Debug, Default)]
pub(super) struct DownNodes(Mutex<BTreeMap<NodeId, Down>>);

#[derive(Debug)]
struct Down {
    /// The names by which commands reach it.
    hosts: Vec<Host>,
    since: Instant,
}

impl DownNodes {
    pub(super) fn has(&self, node: NodeId) -> bool {
        self.all().contains_key(&node)
    }

    pub(super) fn insert(&self, node: NodeId, hosts: impl IntoIterator<Item = Host>) -> bool {
        let down = Down { hosts: hosts.into_iter().collect(), since: Instant::now() };
        self.all().insert(node, down).is_none()
    }

    pub(super) fn remove(&self, node: NodeId) -> bool {
        self.all().remove(&node).is_some()
    }

    fn are_among(&self, hosts: &[&Host]) -> bool {
        self.all().values().flat_map(|down| &down.hosts).any(|down| hosts.contains(&down))
    }

    /// Forgets what is too old, but for these nodes.
    fn forget_stale(&self, watched: &[NodeId]) {
        self.all().retain(|id, down| watched.contains(id) || down.since.elapsed() < STALE);
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<NodeId, Down>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a look at a node has shown.
enum Health {
    Well,
    /// It answers, and something there is not as it should be.
    Ill(String),
    /// It says nothing.
    Silent(String),
}

impl Engine {
    pub(super) async fn watch_nodes(self: Arc<Self>, rhythm: Rhythm) {
        self.pause(rhythm.start).await;
        let (mut round, mut down_again) = (Instant::now(), Instant::now());
        let mut disks: Option<JoinHandle<()>> = None;
        while !self.is_stopping() {
            let (all, again) = (is_due(&mut round, rhythm.refresh), is_due(&mut down_again, DOWN_AGAIN));
            let suspects = self.executor.suspects();
            let wanted = |node: &Node| all || self.gives_reason(node, &suspects, again);
            let is_reason = all || !suspects.is_empty() || again && !self.down.all().is_empty();
            let looked = if is_reason { self.look_at_nodes(all, wanted).await } else { Ok(Vec::new()) };
            match looked {
                // A disk that hangs delays no look at nodes, only the next one at disks.
                Ok(answering) if all && disks.as_ref().is_none_or(JoinHandle::is_finished) => {
                    let engine = Arc::clone(&self);
                    disks = Some(tokio::spawn(async move { engine.look_at_disks_of(answering).await }));
                }
                Ok(_) => {}
                Err(refused) => {
                    error!(error = &refused as &dyn std::error::Error, "the nodes could not be listed");
                }
            }
            self.pause(ATTENTION.min(round.saturating_duration_since(Instant::now()))).await;
        }
    }

    /// Whether a node is to be looked at between two rounds.
    fn gives_reason(&self, node: &Node, suspects: &[Host], again: bool) -> bool {
        if self.is_down(node.id) {
            return again;
        }
        node.host().is_some_and(|host| suspects.contains(&host))
    }

    /// Looks at those of the online nodes that are wanted, at the same time: one that hangs delays nobody, and what is
    /// seen of each counts at once. Returns those that answer.
    async fn look_at_nodes(&self, all: bool, wanted: impl Fn(&Node) -> bool) -> Result<Vec<Node>> {
        let nodes = self.list_nodes().await?;
        let watched = |node: &&Node| node.phase == Phase::Ready && node.state == EntryState::Online;
        let looks = nodes.iter().filter(watched).filter(|node| wanted(node)).map(|node| self.look_at(node));
        let answering = join_all(looks).await.into_iter().flatten().cloned().collect();
        if all {
            // One may have been deleted since the last round, or during it: then the next one forgets it.
            self.metrics.only_peers(&nodes.iter().map(|node| node.id.to_string()).collect::<Vec<_>>());
        }
        for node in nodes.iter().filter(|node| !watched(node)) {
            self.metrics.peer(&node.id.to_string(), None);
            self.metrics.fullness(&node.id.to_string(), Vec::new());
        }
        let watched: Vec<NodeId> = nodes.iter().filter(watched).map(|node| node.id).collect();
        self.down.forget_stale(&watched);
        Ok(answering)
    }

    async fn list_nodes(&self) -> Result<Vec<Node>> {
        let mut conn = self.store.read().await?;
        let mut nodes = Vec::new();
        for cluster in cluster::all(&mut conn).await? {
            nodes.extend(node::of_cluster(&mut conn, cluster.id).await?);
        }
        Ok(nodes)
    }

    /// Looks at a node, and tells where it is not as it was. Returns it where it answers.
    async fn look_at<'n>(&self, node: &'n Node) -> Option<&'n Node> {
        let (id, names) = (node.id, node.manage.join(", "));
        let health = self.health(node).await;
        self.metrics.peer(&id.to_string(), Some(matches!(health, Health::Well)));
        match &health {
            Health::Well if self.down.remove(id) => info!("node {id} ({names}) answers again"),
            Health::Well => {}
            Health::Ill(why) | Health::Silent(why) => {
                if self.down.insert(id, node.host()) {
                    warn!("node {id} ({names}) is not well: {why}");
                }
            }
        }
        if matches!(health, Health::Silent(_)) {
            self.metrics.fullness(&id.to_string(), Vec::new());
            return None;
        }
        Some(node)
    }

    async fn health(&self, node: &Node) -> Health {
        let Some(host) = node.host() else { return Health::Silent("it has no name".to_owned()) };
        if let Some(overdue) = self.executor.overdue(&host) {
            let seconds = overdue.time.as_secs();
            return Health::Ill(format!("`{}` has not ended there for {seconds} s", overdue.what));
        }
        let silence = || Health::Silent(format!("no answer within {} s", ANSWER.as_secs()));
        tokio::time::timeout(ANSWER, self.ask(&host)).await.unwrap_or_else(|_| silence())
    }

    /// systemd calls a glusterd active that hangs: so it is asked itself, too.
    async fn ask(&self, host: &Host) -> Health {
        let pool = gluster::pool_list(&self.peer_settings).deadline(ASKING).urgent();
        match self.executor.run(host, &system::glusterd_is_active().urgent()).await {
            Ok(_) => {}
            Err(RemoteError::Exited { .. }) => return Health::Ill("glusterd is not active".to_owned()),
            Err(error) => return Health::Silent(in_full(&error)),
        }
        match self.executor.run(host, &pool).await {
            Ok(_) => Health::Well,
            Err(RemoteError::Unreachable { source, .. }) => Health::Silent(source.to_string()),
            Err(error) => Health::Ill(format!("glusterd does not answer: {}", in_full(&error))),
        }
    }

    /// Of those that answer: one without glusterd has disks all the same.
    async fn look_at_disks_of(&self, nodes: Vec<Node>) {
        let look = |node| async move {
            let followed = self.follow_disks(node, None).await;
            let looked = match followed {
                Ok(_) => self.measure_pools(node).await,
                Err(refused) => Err(refused),
            };
            if let Err(refused) = looked {
                let names = node.manage.join(", ");
                error!(
                    error = &refused as &dyn std::error::Error,
                    "the disks of {names} could not be looked up"
                );
            }
        };
        join_all(nodes.iter().map(look)).await;
    }

    /// Waits for steps. Where a peer that they work on turns out not to be well, the operation lets another one run in its
    /// place: who does not need that peer does not wait for it.
    pub(super) async fn beside_others<T>(
        &self,
        steps: &[&Step],
        claims: &mut Claims,
        work: impl Future<Output = T>,
    ) -> T {
        let hosts: Vec<&Host> = steps.iter().flat_map(|step| step.all_hosts()).collect();
        let mut work = pin!(work);
        loop {
            if let Ok(done) = tokio::time::timeout(HELD_UP, &mut work).await {
                return done;
            }
            if self.down.are_among(&hosts) {
                claims.leave_place();
            }
        }
    }
}

/// Whether a time has come; then it comes again that much later.
fn is_due(at: &mut Instant, every: Duration) -> bool {
    let now = Instant::now();
    let is_due = now >= *at;
    if is_due {
        *at = now + every;
    }
    is_due
}

fn in_full(error: &RemoteError) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("{error}{cause}")
}
