//! Whether the copies of a set are whole: before one of them goes, and after another one has come.

use std::time::Duration;

use tokio::time::Instant;
use tracing::{info, warn};

use super::extend::missing;
use super::heal_refusal::{
    is_source, is_stopped, no_heal_info, stays_offline, too_few, undetermined, without_source,
};
use super::{GlusterFailure, Result, StepError, StepRunner};
use crate::executor::RemoteError;
use crate::executor::gluster::{self, HealBrick, place};
use crate::model::durability::Durability;
use crate::model::step::{BrickAt, Peer, ReplacePlan, VolumePlan};

/// The pause between two looks at what is healed; it doubles from the first to the last of these.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));

/// How often gluster is told to heal what is left: what it could not heal at its first attempt, as while a brick was still
/// starting, it would else leave for ten minutes.
const HEAL_AGAIN: Duration = Duration::from_secs(60);

/// How many looks have to find something to be healed before a brick counts as a source. Gluster also lists what a client
/// is writing at that moment: 2 of 25 looks, with a client of the lab that wrote a file every 0.2 s.
pub(super) const LOOKS_BEFORE_REFUSAL: u32 = 5;

/// How many looks at what is healed may fail one after the other, or find that nothing can heal: some five minutes.
const FAILED_LOOKS: u32 = 30;

impl StepRunner {
    /// Refuses where data would be lost with the brick that leaves, or where too few others are online. Stricter than
    /// heketi, which does not read whether a brick is online.
    pub(super) async fn check_heal(&self, plan: &ReplacePlan) -> Result<()> {
        if plan.set.len() < 2 {
            // There is nothing to ask gluster: it heals no volume without copies.
            return Err(too_few(plan, 0));
        }
        let (mut looks, mut doubted) = (1, false);
        loop {
            let bricks = match self.heal_info(&plan.volume).await? {
                Ok(bricks) => bricks,
                Err(words) => {
                    let (text, explanation) = no_heal_info(plan, &words);
                    return Err(StepError::Refused { text, explanation });
                }
            };
            let source = may_be_source(&bricks, plan);
            // Only itself can clear it: one that has died meanwhile may have been the only good copy.
            if doubted && !source && !of(&bricks, &plan.old).is_some_and(|leaving| leaving.connected) {
                return Err(is_source(plan));
            }
            if looks == LOOKS_BEFORE_REFUSAL || !source {
                return judge(&bricks, plan);
            }
            doubted = true;
            looks += 1;
            tokio::time::sleep(PAUSES.0).await;
        }
    }

    /// Waits until the new brick has all that its set holds, without a limit: it takes as long as there is data. What
    /// keeps it from being healed is not waited for that long: the new brick is offline, or all that it could be healed
    /// from. Others that are offline are not waited for.
    pub(super) async fn await_heal(&self, plan: &ReplacePlan) -> Result<()> {
        if plan.set.len() < 2 {
            return Ok(());
        }
        let (mut pause, longest) = PAUSES;
        let (mut agreed, mut failed, mut hindered) = (0, 0, 0);
        let mut told = Instant::now();
        loop {
            match self.is_healed(plan).await {
                Ok(Healed::Whole) => (agreed, failed, hindered) = (agreed + 1, 0, 0),
                Ok(Healed::NotYet) => {
                    (agreed, failed, hindered) = (0, 0, 0);
                    if told.elapsed() >= HEAL_AGAIN {
                        told = Instant::now();
                        self.heal_again(&plan.volume).await;
                    }
                }
                Ok(Healed::Hindered(_)) if hindered < FAILED_LOOKS => {
                    (agreed, failed, hindered) = (0, 0, hindered + 1);
                }
                Ok(Healed::Hindered(why)) => return Err(why),
                Err(error) if error.is_temporary() && failed < FAILED_LOOKS => {
                    warn!("cannot see what is healed of volume {}: {}", plan.volume.name, error.text());
                    (agreed, failed) = (0, failed + 1);
                }
                Err(error) => return Err(error),
            }
            // Twice: glusterd may not have told all bricks yet what they are to heal.
            if agreed == 2 {
                return Ok(());
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(longest);
        }
    }

    /// It heals by itself as well: where it is not told, it takes longer.
    async fn heal_again(&self, plan: &VolumePlan) {
        let start = gluster::heal_start(&self.settings, plan);
        if let Err(failure) = self.gluster(&plan.peers, &start).await {
            let error = StepError::from(failure);
            info!("gluster was not told to heal volume {} now: {}", plan.name, error.text().trim());
        }
    }

    /// Refuses where data would be lost if the new brick went before it is healed, or where too few others are online.
    pub(in crate::operations) async fn may_do_without(&self, plan: &ReplacePlan) -> Result<()> {
        let set = others(plan).chain([&plan.new]).cloned().collect();
        let volume = VolumePlan { bricks: all_bricks(plan), ..plan.volume.clone() };
        self.check_heal(&ReplacePlan { volume, old: plan.new.clone(), set, ..plan.clone() }).await
    }

    async fn is_healed(&self, plan: &ReplacePlan) -> Result<Healed> {
        let bricks = match self.heal_info(&plan.volume).await? {
            Ok(bricks) => bricks,
            Err(words) => return self.without_heal_info(plan, &words).await,
        };
        let new = of(&bricks, &plan.new);
        // One whose peer is away is not named.
        let Some(new) = new.filter(|new| new.connected) else {
            return Ok(Healed::Hindered(stays_offline(plan)));
        };
        // One that is offline has nothing to be healed either, as far as gluster says: no proof that nothing is missing.
        if !has_source(&bricks, plan) {
            return Ok(Healed::Hindered(without_source(plan)));
        }
        let whole = new.entries == Some(0);
        let pending = others(plan).filter_map(|brick| of(&bricks, brick)).any(HealBrick::has_entries);
        Ok(if whole && !pending { Healed::Whole } else { Healed::NotYet })
    }

    /// A volume that is stopped does not heal. gluster says the same of one that is started, but none of its bricks.
    async fn without_heal_info(&self, plan: &ReplacePlan, words: &str) -> Result<Healed> {
        let now = VolumePlan { bricks: all_bricks(plan), ..plan.volume.clone() };
        match self.look(&now).await? {
            None => Err(missing(&plan.volume)),
            Some(found) if !found.started => Ok(Healed::Hindered(is_stopped(plan))),
            Some(_) if words.contains("is not started") => Ok(Healed::NotYet),
            Some(_) => {
                let (text, explanation) = no_heal_info(plan, words);
                Err(StepError::InUse { text, explanation })
            }
        }
    }

    /// What gluster has to heal, or its words where it does not say. A peer whose own glusterd is down says nothing
    /// about the volume: the next one is asked.
    async fn heal_info(&self, plan: &VolumePlan) -> Result<std::result::Result<Vec<HealBrick>, String>> {
        let (mut words, mut last) = (None, None);
        for peer in &plan.peers {
            match self.heal_info_of(peer, plan).await {
                Ok(Ok(bricks)) => return Ok(Ok(bricks)),
                Ok(Err(refusal)) => words = Some(refusal),
                Err(error) => last = Some(error),
            }
        }
        match (words, last) {
            (Some(words), _) => Ok(Err(words)),
            (None, Some(error)) => Err(error),
            (None, None) => Ok(Err("there is no peer that could be asked".to_owned())),
        }
    }

    async fn heal_info_of(
        &self,
        peer: &Peer,
        plan: &VolumePlan,
    ) -> Result<std::result::Result<Vec<HealBrick>, String>> {
        let command = gluster::heal_info(&self.settings, &plan.name);
        let output = match self.gluster(std::slice::from_ref(peer), &command).await {
            Ok(output) => output.stdout,
            // With a refusal the answer is in the XML all the same.
            Err(GlusterFailure::Remote(RemoteError::Exited { stdout, .. })) if !stdout.is_empty() => stdout,
            Err(failure) => return Err(failure.into()),
        };
        gluster::parse_heal_info(&output).ok_or_else(|| StepError::unreadable(&peer.host, &command, &output))
    }
}

enum Healed {
    Whole,
    NotYet,
    /// It cannot be, for as long as this holds.
    Hindered(StepError),
}

/// Refuses by what gluster listed, in heketi's order.
fn judge(bricks: &[HealBrick], plan: &ReplacePlan) -> Result<()> {
    if let Some(stranger) = bricks.iter().find_map(|brick| unknown(brick, plan)) {
        return Err(undetermined(plan, stranger));
    }
    if may_be_source(bricks, plan) {
        return Err(is_source(plan));
    }
    let online = others(plan).filter_map(|brick| of(bricks, brick)).filter(|brick| brick.connected).count();
    if online < usize::try_from(plan.required).unwrap_or(usize::MAX) {
        return Err(too_few(plan, online));
    }
    Ok(())
}

/// Whether others may have to be healed from the brick that leaves. What is to be healed between the others is to be
/// expected while that one is away: it is for that one.
fn may_be_source(bricks: &[HealBrick], plan: &ReplacePlan) -> bool {
    match of(bricks, &plan.old) {
        Some(leaving) if leaving.has_entries() => true,
        Some(leaving) if leaving.connected => {
            others(plan).filter_map(|brick| of(bricks, brick)).any(HealBrick::has_entries)
        }
        _ => false,
    }
}

/// Whether what the new brick has to hold can be read from the others: from one with all files, or from as many parts as
/// data is cut into.
fn has_source(bricks: &[HealBrick], plan: &ReplacePlan) -> bool {
    let arbiter = plan.set.last().filter(|_| plan.volume.arbiter);
    let holds_data = |brick: &&BrickAt| arbiter.is_none_or(|arbiter| *arbiter != **brick);
    let online = |brick: &&BrickAt| of(bricks, brick).is_some_and(|found| found.connected);
    let needed = match plan.volume.durability {
        Durability::Disperse { data, .. } => usize::from(data),
        Durability::Distribute | Durability::Replicate(_) => 1,
    };
    others(plan).filter(holds_data).filter(online).count() >= needed
}

/// The brick in what gluster listed; none where it could not be asked.
fn of<'b>(bricks: &'b [HealBrick], brick: &BrickAt) -> Option<&'b HealBrick> {
    let name = place(brick);
    bricks.iter().find(|found| found.name.as_deref() == Some(&name))
}

/// The bricks of the set that stay.
fn others(plan: &ReplacePlan) -> impl Iterator<Item = &BrickAt> {
    plan.set.iter().filter(|brick| **brick != plan.old)
}

fn all_bricks(plan: &ReplacePlan) -> Vec<BrickAt> {
    plan.volume.bricks.iter().chain([&plan.new]).cloned().collect()
}

/// The name of a brick that is none of the volume's.
fn unknown<'b>(brick: &'b HealBrick, plan: &ReplacePlan) -> Option<&'b str> {
    let name = brick.name.as_deref()?;
    let known = plan.volume.bricks.iter().any(|own| place(own) == name);
    if known { None } else { Some(name) }
}
