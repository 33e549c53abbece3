//! What several peers say of something, taken together; and when "it is not there" is believed.
//!
//! glusterd carries a change out on the peer that was asked first, and sends it to the others then: see `gd_commit_op_phase` in
//! `xlators/mgmt/glusterd/src/glusterd-syncop.c`. One that loses its power in between alone knows of it, and the others take it
//! over when it is back. So does one that knows of a volume whose deletion it has missed.

use std::collections::BTreeSet;

use super::{Result, StepError, StepRunner};
use crate::executor::gluster::{self, GlusterVolume};
use crate::executor::{RemoteError, system};
use crate::model::ids::NodeId;
use crate::model::step::{Peer, VolumePlan};

/// What several peers say of something.
pub(super) struct Word<T> {
    /// What those say that know it, in the order of the peers.
    pub(super) found: Vec<T>,
    /// Those that said nothing, and why.
    pub(super) unheard: Vec<(Peer, StepError)>,
}

/// Whose word is waited for before something counts as not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WordOf<'a> {
    /// All peers with bricks of it. For what has nothing but bricks that are to go: those on a peer that is away wait for it as well.
    All,
    /// Those of them that are not out of service. For what stays in use: a peer that is out of service may be gone for good, and its
    /// bricks are to be moved meanwhile.
    AllBut(&'a [NodeId]),
}

impl WordOf<'_> {
    fn counts(self, peer: &Peer) -> bool {
        match self {
            WordOf::All => true,
            WordOf::AllBut(retired) => !retired.contains(&peer.node),
        }
    }
}

impl<T> Word<T> {
    /// It is missing if none of those that answer has it.
    ///
    /// # Errors
    /// When nobody can say it, or nobody knows it and one that is there cannot say it.
    pub(super) fn of(answers: Vec<(Peer, Result<Option<T>>)>) -> Result<Word<T>> {
        let (mut found, mut unheard, mut missing) = (Vec::new(), Vec::new(), false);
        for (peer, answer) in answers {
            match answer {
                Ok(Some(thing)) => found.push(thing),
                Ok(None) => missing = true,
                Err(error) => unheard.push((peer, error)),
            }
        }
        let decides = |(_, error): &(Peer, StepError)| !missing || !is_away(error);
        match unheard.iter().rposition(decides) {
            Some(at) if found.is_empty() => Err(unheard.swap_remove(at).1),
            _ => Ok(Word { found, unheard }),
        }
    }

    /// Together with who said nothing at an earlier look: what came to such a peer meanwhile, nobody has seen at rest.
    pub(super) fn after(mut self, earlier: Vec<(Peer, StepError)>) -> Word<T> {
        let is_new =
            |(peer, _): &(Peer, StepError)| self.unheard.iter().all(|(known, _)| known.node != peer.node);
        let more: Vec<_> = earlier.into_iter().filter(is_new).collect();
        self.unheard.extend(more);
        self
    }

    /// What is known of it.
    pub(super) fn first(self) -> Option<T> {
        self.found.into_iter().next()
    }
}

impl StepRunner {
    /// That nobody who has not been heard knows anything else than what is `known` of a volume.
    ///
    /// # Errors
    /// [`StepError::MayKnowBetter`] where one of them may; that a command still runs there, where it does.
    pub(super) async fn all_were_heard(
        &self,
        plan: &VolumePlan,
        whose: WordOf<'_>,
        unheard: Vec<(Peer, StepError)>,
        known: Option<&GlusterVolume>,
    ) -> Result<()> {
        let silent: Vec<Peer> = unheard.iter().map(|(peer, _)| peer.clone()).collect();
        for (peer, error) in unheard.into_iter().filter(|(peer, _)| whose.counts(peer)) {
            if still_runs(&error) {
                return Err(error);
            }
            let is_heard = has_no_glusterd(&error) && self.keeps_what_is_known(plan, &peer, known).await;
            if !is_heard && !self.has_left_the_pool(plan, &peer, &silent).await? {
                return Err(StepError::MayKnowBetter {
                    volume: plan.name.clone(),
                    host: peer.host,
                    source: Box::new(error),
                });
            }
        }
        Ok(())
    }

    /// Whether glusterd has written down on a peer what is known: it does so before it tells the others, and reads it when it is
    /// started again. Of one that runs, and only does not answer, that says nothing: it may still be about to.
    async fn keeps_what_is_known(
        &self,
        plan: &VolumePlan,
        peer: &Peer,
        known: Option<&GlusterVolume>,
    ) -> bool {
        match (self.run(&peer.host, &gluster::stored_info(&plan.name)).await, known) {
            (Err(RemoteError::Exited { stderr, .. }), None) => system::is_gone(&stderr),
            (Ok(stored), Some(known)) => {
                let stored: BTreeSet<_> =
                    gluster::parse_stored_bricks(&stored.stdout).into_iter().map(str::to_owned).collect();
                stored == known.bricks.iter().map(|place| gluster::stored_listed(place)).collect()
            }
            _ => false,
        }
    }

    /// Whether a peer is in the pool no more, by one that is: what it knows comes back to nobody then. One that knows no other
    /// peer may have been installed again, and counts as little as those that are `silent`. Peers may list another one by a name that
    /// we do not know: then nobody can tell which of them it is.
    async fn has_left_the_pool(&self, plan: &VolumePlan, peer: &Peer, silent: &[Peer]) -> Result<bool> {
        let heard = plan.peers.iter().filter(|peer| silent.iter().all(|other| other.node != peer.node));
        let heard: Vec<Peer> = heard.cloned().collect();
        if heard.is_empty() {
            return Ok(false);
        }
        let status = self.gluster(&heard, &gluster::peer_status(&self.settings)).await?.stdout;
        let others = plan.peers.iter().filter(|other| other.node != peer.node);
        let others: Vec<&str> = others.map(|other| other.storage.as_str()).collect();
        Ok(gluster::lists_only(&status, &others))
    }
}

/// Whether a peer cannot say anything: it is off, or no glusterd runs there.
fn is_away(error: &StepError) -> bool {
    matches!(error, StepError::Remote(RemoteError::Unreachable { .. })) || has_no_glusterd(error)
}

fn has_no_glusterd(error: &StepError) -> bool {
    let StepError::Remote(RemoteError::Exited { stderr, .. }) = error else { return false };
    gluster::is_unanswered(stderr)
}

/// Whether an earlier command on a volume has not come to its end on a peer.
pub(super) fn still_runs(error: &StepError) -> bool {
    let StepError::Remote(error) = error else { return false };
    matches!(error, RemoteError::StillRunning { .. } | RemoteError::NotLocked { .. })
}
