//! Which nodes are well. All are looked at in the rounds of the configuration, and one to which a command did not come
//! through, or where one hangs, at once. What is not well gets no bricks as long as others have room, and whoever works on it
//! keeps nobody else waiting.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tracing::{error, info, warn};

use super::down_nodes::Watched;
use super::engine::Engine;
use super::failure;
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

/// How long a node is left alone between two looks because of what it has not done yet: looks are work, too.
const SUSPECT_AGAIN: Duration = Duration::from_secs(10);

/// How long a node may take to say that it is well, a new connection included.
const ANSWER: Duration = Duration::from_secs(20);

/// How long the program may run that asks glusterd.
const ASKING: Duration = Duration::from_secs(15);

/// How often an operation asks whether it is held up.
const HELD_UP: Duration = Duration::from_secs(1);

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
        while !self.is_stopping() {
            let (all, again) = (is_due(&mut round, rhythm.refresh), is_due(&mut down_again, DOWN_AGAIN));
            let suspects = self.executor.suspects();
            let wanted = |node: &Node| all || self.gives_reason(node, &suspects, again);
            let is_reason = all || !suspects.is_empty() || again && !self.down.is_empty();
            let pause = if all || again { Duration::ZERO } else { SUSPECT_AGAIN };
            // Half of a round: what a look because of something else has kept from one comes soon after it.
            let disks = rhythm.refresh / 2;
            if is_reason && let Err(refused) = self.look_at_nodes(all, wanted, [pause, disks]).await {
                error!(error = &refused as &dyn std::error::Error, "the nodes could not be listed");
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

    /// Begins to look at those of the online nodes that are wanted, each by itself: one that hangs delays nobody, and is not
    /// looked at again meanwhile.
    /// `pauses`: how long after the last look, and after the last one at disks.
    async fn look_at_nodes(
        self: &Arc<Self>,
        all: bool,
        wanted: impl Fn(&Node) -> bool,
        pauses: [Duration; 2],
    ) -> Result<()> {
        let nodes = self.list_nodes().await?;
        if all {
            // One may have been deleted since the last round, or during it: then the next one forgets it.
            self.metrics.only_peers(&nodes.iter().map(|node| node.id.to_string()).collect::<Vec<_>>());
        }
        let (watched, others): (Vec<Node>, Vec<Node>) = nodes
            .into_iter()
            .partition(|node| node.phase == Phase::Ready && node.state == EntryState::Online);
        for node in others {
            self.metrics.peer(&node.id.to_string(), None);
            self.metrics.fullness(&node.id.to_string(), Vec::new());
        }
        let of = |node: &Node| (node.id, Watched { cluster: node.cluster, host: node.host() });
        self.down.watch(watched.iter().map(of).collect());
        for node in watched.into_iter().filter(|node| wanted(node)) {
            let [pause, between_disks] = pauses;
            let Some(turn) = self.looks.begin(node.id, pause) else { continue };
            let engine = Arc::clone(self);
            tokio::spawn(async move {
                let answers = engine.look_at(&node).await;
                drop(turn);
                // A disk that hangs delays no look at its node, only the next one at disks.
                if answers && let Some(_turn) = engine.looks_at_disks.begin(node.id, between_disks) {
                    engine.look_at_disks_of(&node).await;
                }
            });
        }
        Ok(())
    }

    async fn list_nodes(&self) -> Result<Vec<Node>> {
        let mut conn = self.store.read().await?;
        let mut nodes = Vec::new();
        for cluster in cluster::all(&mut conn).await? {
            nodes.extend(node::of_cluster(&mut conn, cluster.id).await?);
        }
        Ok(nodes)
    }

    /// Looks at a node, and tells where it is not as it was. Gives whether it answers.
    async fn look_at(&self, node: &Node) -> bool {
        let id = node.id;
        let health = self.health(node).await;
        if !self.down.is_watched(id) {
            // It was deleted or taken out of service meanwhile.
            return false;
        }
        match &health {
            Health::Well => self.is_well(id),
            Health::Ill(why) | Health::Silent(why) => {
                if self.down.insert(id, node.host(), matches!(health, Health::Silent(_))) {
                    warn!("node {id} ({}) is not well: {why}", node.manage.join(", "));
                }
            }
        }
        self.metrics.peer(&id.to_string(), Some(matches!(health, Health::Well)));
        let answers = !matches!(health, Health::Silent(_));
        if !answers {
            self.metrics.fullness(&id.to_string(), Vec::new());
        }
        answers
    }

    /// Whoever has done a step is heard of again. Where something else was not as it should be, only a look tells whether it
    /// is now.
    pub(super) fn note_answer(&self, step: &Step) {
        let Some((node, _)) = failure::place_of(step) else { return };
        if self.down.is_silent(node) {
            self.is_well(node);
            if self.down.is_watched(node) {
                self.metrics.peer(&node.to_string(), Some(true));
            }
        }
    }

    /// Whoever has not been heard of for so long is down, until he is heard of again.
    pub(super) fn note_silence(&self, step: &Step) {
        if let Some((node, _)) = failure::place_of(step) {
            self.down.insert(node, step.hosts().into_iter().cloned(), true);
        }
    }

    fn is_well(&self, node: NodeId) {
        if self.down.remove(node) {
            info!("node {node} answers again");
        }
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

    /// Of one that answers: without glusterd it has disks all the same.
    async fn look_at_disks_of(&self, node: &Node) {
        let followed = self.follow_disks(node, None).await;
        let looked = match followed {
            Ok(_) => self.measure_pools(node).await,
            Err(refused) => Err(refused),
        };
        if let Err(refused) = looked {
            let names = node.manage.join(", ");
            error!(error = &refused as &dyn std::error::Error, "the disks of {names} could not be looked up");
        }
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
            if self.is_held_up(&hosts) {
                claims.leave_place();
            } else if self.down.waits_for_slower(&hosts, |host| self.executor.busy_for(host)) {
                claims.step_aside();
            } else {
                claims.come_back();
            }
            if let Ok(done) = tokio::time::timeout(HELD_UP, &mut work).await {
                return done;
            }
        }
    }

    /// Whether a peer is not well while others are, or something hangs on one that is out of service.
    fn is_held_up(&self, hosts: &[&Host]) -> bool {
        let hangs = |host: &Host| self.executor.overdue(host).is_some();
        self.down.holds_up(hosts, |host| self.executor.busy_for(host))
            || self.down.unwatched(hosts).into_iter().any(hangs)
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
