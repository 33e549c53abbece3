//! Block volumes: looked for, made, taken away, made larger. gluster-block answers the same on every peer of the pool;
//! where nobody knows what happened it is looked at until two looks agree.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::block_sending::Answer;
use super::volume_look::LOOKS;
use super::{BETWEEN_LOOKS, Result, SENDS, StepError, StepRunner};
use crate::executor::command::Command;
use crate::executor::gluster_block::{self, Created, Found, Said};
use crate::executor::{RemoteError, system};
use crate::model::block_volume::{BlockAccess, Login};
use crate::model::host::Host;
use crate::model::step::{BlockPlan, Peer, Refusal, ResizePlan, StepOutput};

impl StepRunner {
    /// Looks that gluster-block works, and that nothing has the name.
    pub(super) async fn check_block_volume(&self, plan: &BlockPlan) -> Result<()> {
        if plan.fresh_hosting {
            // The volume is not there yet, so nothing is in it: whatever gluster-block itself says, it works.
            let info = gluster_block::info(plan);
            let answer = self.look_again(|| self.block(&plan.peers, &info)).await?;
            return answer.said().map(drop).ok_or_else(|| unparsable("create", &answer));
        }
        let found = self.block_look(plan).await?;
        found.map_or(Ok(()), |_| Err(name_taken(plan)))
    }

    /// Makes a block volume. What is there under its name already was made by an earlier try: see
    /// [`StepRunner::check_block_volume`].
    pub(super) async fn create_block_volume(&self, plan: &BlockPlan) -> Result<BlockAccess> {
        let hosts = self.portals(plan).await?;
        let create = gluster_block::create(&self.settings, plan, &hosts);
        for _ in 0..SENDS {
            let said = match self.block(&plan.peers, &create).await {
                Ok(answer) => match answer.said() {
                    Some(Said::Done) => match gluster_block::parse_created(&answer.text) {
                        Some(made) => return Ok(access_of(plan, made, hosts)),
                        None => Err(unparsable("create", &answer)),
                    },
                    // Made by a try whose reply was lost, perhaps: it is looked at.
                    Some(Said::Failed(message)) if gluster_block::is_existing(&message) => {
                        Err(failed("create", &answer, &message))
                    }
                    Some(Said::Failed(message)) => return Err(failed("create", &answer, &message)),
                    None => Err(unparsable("create", &answer)),
                },
                Err(error) if error.is_unknown() => Ok(()),
                Err(error) => return Err(error),
            };
            match self.agreed_block_look(plan).await? {
                Some(found) if !found.has(plan.size) => return Err(name_taken(plan)),
                // It is written down before its hosts are set up.
                Some(found) if found.hosts.len() < hosts.len() => {
                    return Err(half_made(plan, &found, &hosts));
                }
                Some(found) => return Ok(access_of_found(plan, found)),
                // It may be sent again where it did not arrive, not where it was answered.
                None => said?,
            }
        }
        Err(self.lost_block(plan, &create))
    }

    /// Takes away what a create made.
    pub(super) async fn uncreate_block_volume(&self, plan: &BlockPlan) -> Result<()> {
        match self.agreed_block_look(plan).await? {
            // Somebody has made it after the look that comes before a create.
            Some(found) if !found.has(plan.size) => Ok(()),
            Some(_) => self.destroy_block_volume(plan).await,
            None => {
                self.remove_block_locks(plan).await;
                Ok(())
            }
        }
    }

    /// Takes a block volume away.
    pub(super) async fn destroy_block_volume(&self, plan: &BlockPlan) -> Result<()> {
        self.delete_block_volume(plan).await?;
        self.remove_block_locks(plan).await;
        Ok(())
    }

    /// Takes the lock files of a block volume away that is gone. They are in memory: one that stays ends with its peer.
    async fn remove_block_locks(&self, plan: &BlockPlan) {
        let lock = gluster_block::block_lock(plan.block_volume);
        let remove = system::remove_empty(&[lock.path()], lock);
        drop(join_all(plan.peers.iter().map(|peer| self.run(&peer.host, &remove))).await);
    }

    async fn delete_block_volume(&self, plan: &BlockPlan) -> Result<()> {
        let delete = gluster_block::delete(plan);
        for _ in 0..SENDS {
            let refused = match self.block(&plan.peers, &delete).await {
                Ok(answer) => match answer.said() {
                    Some(Said::Done) => return Ok(()),
                    // Also where it says that there is none: it may be one that is not in the pool any more.
                    Some(Said::Failed(message)) => Some((answer, message)),
                    None => None,
                },
                Err(error) if error.is_unknown() => None,
                Err(error) => return Err(error),
            };
            if self.agreed_block_look(plan).await?.is_none() {
                return Ok(());
            }
            if let Some((answer, message)) = refused {
                return Err(self.not_deleted(plan, &answer, message).await);
            }
        }
        Err(self.lost_block(plan, &delete))
    }

    /// Why gluster-block did not delete a block volume: it has to reach all hosts that export it.
    async fn not_deleted(&self, plan: &BlockPlan, answer: &Answer, message: String) -> StepError {
        let host = &answer.host;
        let text = if message.is_empty() { answer.shown() } else { message };
        let silent = self.silent_peers(&plan.hosts).await;
        if silent.is_empty() {
            let explanation = format!(
                "gluster-block on {host} refused to delete {}/{}: {text}. Look at /var/log/gluster-block there",
                plan.hosting, plan.name
            );
            return StepError::Refused { text, explanation };
        }
        let hosts = silent.iter().map(|host| host.as_str()).collect::<Vec<_>>().join(", ");
        StepError::InUse {
            explanation: format!(
                "gluster-block deletes {}/{} only where it reaches all hosts that export it, and {hosts} does not answer or has no glusterd: {text}. Start it",
                plan.hosting, plan.name
            ),
            text,
        }
    }

    /// Makes a block volume larger. Where it fails on a host it is larger all the same: the others have it so.
    pub(super) async fn resize_block_volume(&self, plan: &ResizePlan) -> Result<StepOutput> {
        let (block, size) = (&plan.block, plan.size);
        let done = |found: &Found, refusal| StepOutput::Resized { size, usable: found.usable(size), refusal };
        let whole = |found: &Found| found.has(size) && found.usable(size) == size;
        let before = self.block_look(block).await?;
        if let Some(found) = before.as_ref().filter(|found| whole(found)) {
            return Ok(done(found, None));
        }
        let modify = gluster_block::modify(block, size);
        for _ in 0..SENDS {
            let refused = match self.block(&block.peers, &modify).await {
                Ok(answer) => match answer.said() {
                    Some(Said::Done) => None,
                    Some(Said::Failed(message)) => Some(not_resized(block, &answer, &message)),
                    None => Some(unparsable("expand", &answer)),
                },
                Err(error) if error.is_unknown() => None,
                Err(error) => return Err(error),
            };
            match self.agreed_block_look(block).await? {
                None => return Err(missing(block)),
                Some(found) if whole(&found) => return Ok(done(&found, None)),
                Some(found) if found.has(size) => {
                    return Ok(done(&found, Some(in_part(block, &found, refused))));
                }
                Some(_) => refused.map_or(Ok(()), Err)?,
            }
        }
        Err(self.lost_block(block, &modify))
    }

    /// Nothing is to be undone as long as it has its old size, and there is no way back from the new one.
    pub(super) async fn unresize_block_volume(&self, plan: &ResizePlan) -> Result<()> {
        match self.agreed_block_look(&plan.block).await? {
            Some(found) if found.has(plan.size) => Err(StepError::Irreversible),
            _ => Ok(()),
        }
    }

    /// The block volume as gluster-block knows it.
    async fn block_look(&self, plan: &BlockPlan) -> Result<Option<Found>> {
        self.read_block(plan, &plan.peers, &gluster_block::info(plan)).await
    }

    async fn read_block(&self, plan: &BlockPlan, peers: &[Peer], info: &Command) -> Result<Option<Found>> {
        let answer = self.look_again(|| self.block(peers, info)).await?;
        if let Some(Said::Failed(message)) = answer.said() {
            if gluster_block::is_missing(&message, plan) {
                return Ok(None);
            }
            return Err(unseen(plan, &answer, &message));
        }
        match gluster_block::parse_found(&answer.text) {
            Some(found) if answer.code == 0 => Ok(Some(found)),
            _ => Err(unseen(plan, &answer, &answer.shown())),
        }
    }

    /// Looks until two looks, a pause apart, say the same; first behind the lock on every peer, so that a command that
    /// outlived us or our connection has ended by then.
    async fn agreed_block_look(&self, plan: &BlockPlan) -> Result<Option<Found>> {
        let info = gluster_block::info(plan);
        let behind = info.clone().behind(gluster_block::block_lock(plan.block_volume));
        let mut last = self.block_looks(plan, &behind).await?;
        for _ in 0..LOOKS {
            tokio::time::sleep(BETWEEN_LOOKS).await;
            let now = self.block_looks(plan, &info).await?;
            if now == last {
                return Ok(now);
            }
            last = now;
        }
        Err(unsettled(plan))
    }

    /// What all peers know, taken together.
    async fn block_looks(&self, plan: &BlockPlan, info: &Command) -> Result<Option<Found>> {
        let asked = plan.peers.iter().map(|peer| self.read_block(plan, std::slice::from_ref(peer), info));
        together(join_all(asked).await)
    }

    /// The hosts that are to export a block volume: all, or as many as it is to have of those whose daemons run.
    async fn portals(&self, plan: &BlockPlan) -> Result<Vec<String>> {
        let wanted = usize::try_from(plan.ha_count).unwrap_or(usize::MAX);
        let name = |peer: &Peer| peer.storage.clone();
        if wanted == 0 || wanted > plan.hosts.len() {
            return Ok(plan.hosts.iter().map(name).collect());
        }
        let mut silent = self.silent_peers(&plan.hosts).await;
        silent.extend(self.without_daemon(&plan.hosts, &system::gluster_blockd_is_active()).await);
        let up = plan.hosts.iter().filter(|peer| !silent.contains(&&peer.host));
        let hosts: Vec<String> = up.take(wanted).map(name).collect();
        if hosts.len() < wanted {
            return Err(too_few(plan, &silent));
        }
        Ok(hosts)
    }

    /// Those whose glusterd does not answer.
    async fn silent_peers<'a>(&self, peers: &'a [Peer]) -> Vec<&'a Host> {
        self.without_daemon(peers, &system::glusterd_is_active()).await
    }

    /// Those that do not answer, or say that a daemon does not run.
    async fn without_daemon<'a>(&self, peers: &'a [Peer], check: &Command) -> Vec<&'a Host> {
        let asked = join_all(peers.iter().map(|peer| self.run(&peer.host, check))).await;
        peers.iter().zip(asked).filter(|(_, answer)| answer.is_err()).map(|(peer, _)| &peer.host).collect()
    }

    fn lost_block(&self, plan: &BlockPlan, command: &Command) -> StepError {
        let host = plan.peers.first().map_or_else(Host::nobody, |peer| peer.host.clone());
        let source = format!("it was sent {SENDS} times and did not happen").into();
        StepError::Remote(RemoteError::OutcomeUnknown { host, command: Box::new(command.clone()), source })
    }
}

/// What several peers say. Each speaks for its pool: one that knows it is right, whatever others say that may have left,
/// unless another one still works on it.
fn together(answers: Vec<Result<Option<Found>>>) -> Result<Option<Found>> {
    let (found, mut refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(std::result::Result::is_ok);
    let runs = |answer: &Result<Option<Found>>| {
        matches!(answer, Err(StepError::Remote(RemoteError::StillRunning { .. })))
    };
    if let Some(at) = refused.iter().position(runs) {
        return refused.swap_remove(at);
    }
    let (known, unknown): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|answer| matches!(answer, Ok(Some(_))));
    known.into_iter().chain(unknown).chain(refused).next().unwrap_or(Ok(None))
}

fn access_of(plan: &BlockPlan, made: Created, hosts: Vec<String>) -> BlockAccess {
    let login = plan.auth.then_some(Login { username: made.username, password: made.password });
    BlockAccess { hosts, iqn: made.iqn, login }
}

fn access_of_found(plan: &BlockPlan, found: Found) -> BlockAccess {
    let iqn = found.iqn();
    let login = plan.auth.then_some(Login { username: found.id, password: found.password });
    BlockAccess { hosts: found.hosts, iqn, login }
}

fn name_taken(plan: &BlockPlan) -> StepError {
    let BlockPlan { hosting, name, .. } = plan;
    StepError::Foreign {
        text: format!("Failed to create block volume: {hosting} has a block volume {name} already"),
        explanation: format!(
            "gluster-block has a block volume {name} in volume {hosting} that this server did not make; it was left alone. Choose another name, or delete it by hand (`gluster-block delete {hosting}/{name}`)"
        ),
    }
}

fn half_made(plan: &BlockPlan, found: &Found, wanted: &[String]) -> StepError {
    let lacking: Vec<&str> =
        wanted.iter().filter(|host| !found.hosts.contains(host)).map(String::as_str).collect();
    let (place, hosts) = (format!("{}/{}", plan.hosting, plan.name), lacking.join(", "));
    StepError::Refused {
        text: format!("Failed to create block volume: {place} is not exported on {hosts}"),
        explanation: format!(
            "gluster-block did not finish making {place}: {hosts} does not export it. Look at gluster-blockd there"
        ),
    }
}

fn unsettled(plan: &BlockPlan) -> StepError {
    let place = format!("{}/{}", plan.hosting, plan.name);
    StepError::InUse {
        text: format!("block volume {place} is being changed"),
        explanation: format!(
            "gluster-block said something else of {place} at each of {LOOKS} looks, so something works on it. It is looked at again later; `gluster-block info {place}` shows it"
        ),
    }
}

fn missing(plan: &BlockPlan) -> StepError {
    let place = format!("{}/{}", plan.hosting, plan.name);
    StepError::Refused {
        text: format!("Failed to expand block volume: block {place} doesn't exist"),
        explanation: format!(
            "gluster-block does not have {place}: somebody has deleted it by hand. `blockvolume delete {}` takes it out of the database",
            plan.block_volume
        ),
    }
}

/// heketi's words for what gluster-block refuses.
fn failed(what: &str, answer: &Answer, message: &str) -> StepError {
    let said = if message.is_empty() { answer.shown() } else { message.to_owned() };
    StepError::Refused {
        text: format!("Failed to {what} block volume: {said}"),
        explanation: format!(
            "gluster-block on {} refused: {said}. Look at /var/log/gluster-block there",
            answer.host
        ),
    }
}

fn not_resized(plan: &BlockPlan, answer: &Answer, message: &str) -> StepError {
    let (host, said) =
        (&answer.host, if message.is_empty() { String::new() } else { format!(": {message}") });
    StepError::Refused {
        text: format!("Failed to expand block volume{said} (see logs for details, and retry the operation)"),
        explanation: format!(
            "gluster-block on {host} did not make {}/{} larger{said}. Look at /var/log/gluster-block there, and ask again",
            plan.hosting, plan.name
        ),
    }
}

/// It is larger, and not on all hosts.
fn in_part(plan: &BlockPlan, found: &Found, refused: Option<StepError>) -> Refusal {
    let behind: Vec<String> = found.behind.iter().map(|(host, size)| format!("{size} on {host}")).collect();
    let text = refused.map_or_else(
        || "Failed to expand block volume (see logs for details, and retry the operation)".to_owned(),
        |error| error.text(),
    );
    let explanation = format!(
        "{}/{} has {} now, and still {}: clients can use no more than the least of them. Look at gluster-blockd there, and ask for the same size again",
        plan.hosting,
        plan.name,
        found.size,
        behind.join(", ")
    );
    Refusal { text, explanation }
}

fn unparsable(what: &str, answer: &Answer) -> StepError {
    StepError::Refused {
        text: format!("Unparsable error during block volume {what}: {}", answer.shown()),
        explanation: format!(
            "gluster-block on {} answered what cannot be read. Look at /var/log/gluster-block there",
            answer.host
        ),
    }
}

fn unseen(plan: &BlockPlan, answer: &Answer, why: &str) -> StepError {
    let BlockPlan { hosting, name, .. } = plan;
    let text = format!("unable to get info of blockvolume {name} on block hosting volume {hosting} : {why}");
    StepError::InUse {
        explanation: format!("{text}. Run `gluster-block info {hosting}/{name}` on {}", answer.host),
        text,
    }
}

fn too_few(plan: &BlockPlan, silent: &[&Host]) -> StepError {
    let hosts: BTreeSet<&str> = silent.iter().map(|host| host.as_str()).collect();
    let hosts = hosts.into_iter().collect::<Vec<_>>().join(", ");
    StepError::Refused {
        text: "insufficient block hosts online".to_owned(),
        explanation: format!(
            "{} hosts were asked for, and glusterd or gluster-blockd does not run on {hosts}. Start it there, or ask for fewer hosts (`hacount`)",
            plan.ha_count
        ),
    }
}
