//! Whose word counts before something is taken for not there.

use super::super::StepError;
use super::Answer::{Lost, Refuses, Says, StillRuns, Unreachable};
use super::extend::{FILE, GROWN, add};
use super::replace::{REPLACED, replace};
use super::volume::{MISSING, NO_FILE, STARTED, STOPPED, changes, plan};
use super::{Rule, Script, peer};
use crate::executor::RemoteError;
use crate::model::ids::NodeId;
use crate::model::step::Step;

const FIRST_IS_AWAY: Rule = ("gluster1 gluster", Unreachable);
const THIRD_IS_AWAY: Rule = ("gluster3 gluster", Unreachable);
const IN_THE_POOL: Rule = (
    "peer status",
    Says(
        "Number of Peers: 2\n\nHostname: 10.10.10.17\nUuid: a\nState: Peer in Cluster (Disconnected)\n\nHostname: 10.10.10.19\nUuid: b\nState: Peer in Cluster (Connected)\n",
    ),
);
const LEFT_THE_POOL: Rule = (
    "peer status",
    Says("Number of Peers: 1\n\nHostname: 10.10.10.18\nUuid: b\nState: Peer in Cluster (Connected)\n"),
);
const NO_POOL: Rule = ("peer status", Says("Number of Peers: 0\n"));

/// Two looks, in which one peer is away and both others say the same.
fn without(away: Rule, says: Rule) -> Vec<Rule> {
    vec![away, away, says, says, says, says]
}

fn and(rules: Vec<Rule>, more: &[Rule]) -> Vec<Rule> {
    rules.into_iter().chain(more.iter().copied()).collect()
}

/// What an undo comes to that changes nothing and asks all that is expected, without a node that is out of service.
async fn undone_but(rules: Vec<Rule>, step: &Step, retired: &[NodeId]) -> Result<(), StepError> {
    let (script, runner) = Script::new(&rules);
    let undone = runner.undo(step, retired).await;
    assert!(changes(&script).is_empty(), "{:?}", script.ran());
    script.assert_used_up();
    undone
}

async fn undone(rules: Vec<Rule>, step: &Step) -> Result<(), StepError> {
    undone_but(rules, step, &[]).await
}

async fn waits(rules: Vec<Rule>, step: &Step) {
    let error = undone(rules, step).await.unwrap_err();
    assert!(matches!(error, StepError::MayKnowBetter { .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_may_have_made_a_volume_alone_is_waited_for_before_its_bricks_go() {
    let create = Step::CreateVolume(plan());
    let error = undone(and(without(FIRST_IS_AWAY, MISSING), &[IN_THE_POOL]), &create).await.unwrap_err();
    assert!(matches!(error, StepError::MayKnowBetter { .. }) && error.is_temporary(), "{error:?}");
    assert_eq!(error.host().unwrap().as_str(), "gluster1");
    assert!(error.explanation().unwrap().contains("Start gluster1"), "{:?}", error.explanation());

    // Also one that was not asked: it may have missed that the volume was deleted again.
    waits(and(without(THIRD_IS_AWAY, MISSING), &[IN_THE_POOL]), &create).await;
    // And one that is out of service: its brick waits as well.
    let rules = and(without(FIRST_IS_AWAY, MISSING), &[IN_THE_POOL]);
    undone_but(rules, &create, &[peer(1).node]).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_has_left_the_pool_is_not_waited_for() {
    let create = Step::CreateVolume(plan());
    undone(and(without(FIRST_IS_AWAY, MISSING), &[LEFT_THE_POOL]), &create).await.unwrap();
    // One that was installed again knows nothing of the pool either.
    waits(and(without(FIRST_IS_AWAY, MISSING), &[NO_POOL]), &create).await;
    // Nor does anybody know who it is that is listed by another name.
    let by_another_name =
        Says("Number of Peers: 1\n\nHostname: g.example\nUuid: b\nState: Peer in Cluster (Disconnected)\n");
    waits(and(without(FIRST_IS_AWAY, MISSING), &[("peer status", by_another_name)]), &create).await;
}

#[tokio::test(start_paused = true)]
async fn a_delete_that_a_peer_may_have_missed_does_not_go_on_without_it() {
    let rules = [NO_FILE, THIRD_IS_AWAY, MISSING, MISSING, IN_THE_POOL];
    let (script, runner) = Script::new(&rules);
    let error = runner.apply(&Step::DeleteVolume(plan())).await.unwrap_err();
    assert!(matches!(error, StepError::MayKnowBetter { .. }), "{error:?}");
    assert!(changes(&script).is_empty());
    script.assert_used_up();

    let rules = and(without(FIRST_IS_AWAY, MISSING), &[IN_THE_POOL]);
    waits(rules, &Step::DeleteVolume(plan())).await;
    // Out of service it may never come back: the delete goes on.
    let rules = without(FIRST_IS_AWAY, MISSING);
    let error = undone_but(rules, &Step::DeleteVolume(plan()), &[peer(1).node]).await.unwrap_err();
    assert!(error.is_irreversible(), "{error:?}");
    // One that has it is enough.
    undone(without(FIRST_IS_AWAY, STOPPED), &Step::DeleteVolume(plan())).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn new_bricks_stay_as_long_as_a_peer_that_is_in_service_may_have_taken_them() {
    for step in [add(), replace()] {
        for (away, number) in [(FIRST_IS_AWAY, 1), (THIRD_IS_AWAY, 3)] {
            waits(and(without(away, STARTED), &[IN_THE_POOL]), &step).await;
            // Out of service it may be gone for good, and its bricks are to be moved.
            undone_but(without(away, STARTED), &step, &[peer(number).node]).await.unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_was_not_heard_behind_the_lock_is_waited_for_also_where_it_answers_then() {
    let back_again = |says: Rule| vec![FIRST_IS_AWAY, says, says, says, says, says];
    waits(and(back_again(MISSING), &[IN_THE_POOL]), &Step::CreateVolume(plan())).await;
    for step in [add(), replace()] {
        waits(and(back_again(STARTED), &[IN_THE_POOL]), &step).await;
        let still_runs = vec![("gluster1 gluster", StillRuns), STARTED, STARTED, STARTED, STARTED, STARTED];
        let error = undone(still_runs, &step).await.unwrap_err();
        assert!(matches!(error, StepError::Remote(RemoteError::StillRunning { .. })), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_glusterd_that_hangs_has_written_down_counts_for_nothing() {
    for step in [add(), replace()] {
        waits(and(without(("gluster1 gluster", Lost), STARTED), &[IN_THE_POOL]), &step).await;
    }
}

#[tokio::test(start_paused = true)]
async fn peers_that_say_something_else_of_a_volume_decide_nothing() {
    for (step, new) in [(add(), GROWN), (replace(), REPLACED)] {
        let error = undone(vec![STARTED, STARTED, new, STARTED, STARTED, new], &step).await.unwrap_err();
        assert!(matches!(error, StepError::InUse { .. }), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn where_only_glusterd_is_down_what_it_has_written_down_is_read() {
    let no_glusterd = (
        "gluster1 gluster",
        Refuses(1, "Connection failed. Please check if gluster daemon is operational.\n"),
    );
    let create = Step::CreateVolume(plan());
    undone(and(without(no_glusterd, MISSING), &[NO_FILE]), &create).await.unwrap();
    waits(and(without(no_glusterd, MISSING), &[FILE, IN_THE_POOL]), &create).await;

    undone(and(without(no_glusterd, STARTED), &[FILE]), &add()).await.unwrap();
    let grown = ("cat /var/lib/glusterd", Says("brick-0=10.10.10.17:-b0\nbrick-1=10.10.10.17:-c0\n"));
    waits(and(without(no_glusterd, STARTED), &[grown, IN_THE_POOL]), &add()).await;
}
