use super::super::StepError;
use super::Answer::{Lost, Refuses, RefusesAloud, Says, Unreachable};
use super::volume::{HAND_MADE, MISSING, NO_FILE, STARTED, changes, in_pool, plan};
use super::{Rule, Script, peer};
use crate::model::durability::Durability;
use crate::model::step::{BrickAt, ExtendPlan, Step, StepOutput, VolumePlan};

/// glusterd's file of the volume before.
pub(super) const FILE: Rule = (
    "cat /var/lib/glusterd",
    Says("type=2\nbrick-0=10.10.10.17:-b0\nbrick-1=10.10.10.18:-b1\nbrick-2=10.10.10.19:-b2\n"),
);
/// The volume with a second set.
pub(super) const GROWN: Rule = (
    "volume info v --xml",
    Says(concat!(
        "<cliOutput><opRet>0</opRet><opErrno>0</opErrno><opErrstr/><volInfo><volumes><volume><name>v</name><statusStr>Started</statusStr><bricks>",
        "<brick uuid=\"u\">x<name>10.10.10.17:/b0</name></brick><brick uuid=\"u\">x<name>10.10.10.18:/b1</name></brick><brick uuid=\"u\">x<name>10.10.10.19:/b2</name></brick>",
        "<brick uuid=\"u\">x<name>10.10.10.17:/c0</name></brick><brick uuid=\"u\">x<name>10.10.10.18:/c1</name></brick><brick uuid=\"u\">x<name>10.10.10.19:/c2</name></brick>",
        "</bricks></volume><count>1</count></volumes></volInfo></cliOutput>"
    )),
);
const IN_ALREADY: Rule = (
    "volume add-brick",
    Refuses(
        1,
        "volume add-brick: failed: Pre Validation failed on 10.10.10.18. Brick: 10.10.10.18:/c1 not available. Brick may be containing or be contained by an existing brick.\n",
    ),
);
const ADD: &str = "volume add-brick v 10.10.10.17:/c0 10.10.10.18:/c1 10.10.10.19:/c2";

fn set(letter: char) -> impl Iterator<Item = BrickAt> {
    (0..3_u8).map(move |n| BrickAt {
        host: peer(n + 1).host,
        storage: peer(n + 1).storage,
        path: format!("/{letter}{n}"),
    })
}

fn extension() -> ExtendPlan {
    ExtendPlan { volume: plan(), added: set('c').collect() }
}

pub(super) fn add() -> Step {
    Step::AddBricks(extension())
}

/// Six sets more: two commands.
fn long() -> Step {
    Step::AddBricks(ExtendPlan { volume: plan(), added: "cdefgh".chars().flat_map(set).collect() })
}

fn grown() -> VolumePlan {
    VolumePlan { bricks: plan().bricks.into_iter().chain(set('c')).collect(), ..plan() }
}

#[tokio::test(start_paused = true)]
async fn sets_are_added_in_as_many_commands_as_it_takes() {
    let (script, runner) = Script::new(&[FILE]);
    runner.apply(&add()).await.unwrap();
    assert_eq!(changes(&script), [ADD, "sync /c0", "sync /c1", "sync /c2"]);
    assert_eq!(script.ran().len(), 5, "one look at a file, no more");

    let (script, runner) = Script::new(&[FILE]);
    runner.apply(&long()).await.unwrap();
    assert_eq!(script.times("volume add-brick"), 2);
}

#[tokio::test(start_paused = true)]
async fn sets_that_are_in_already_are_success() {
    let (script, runner) = Script::new(&in_pool(&[FILE, IN_ALREADY, GROWN, GROWN]));
    runner.apply(&add()).await.unwrap();
    script.assert_used_up();

    // The directory is a brick of something else.
    let (script, runner) = Script::new(&in_pool(&[FILE, IN_ALREADY, STARTED, STARTED]));
    let error = runner.apply(&add()).await.unwrap_err();
    assert!(error.text().contains("not available"));
    script.assert_used_up();
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_is_looked_at_until_two_looks_agree() {
    let lost = ("volume add-brick", Lost);
    let (script, runner) = Script::new(&in_pool(&[FILE, lost, STARTED, GROWN, GROWN]));
    runner.apply(&add()).await.unwrap();
    script.assert_used_up();
    assert_eq!(script.times("volume add-brick"), 1);

    let (script, runner) = Script::new(&in_pool(&[FILE, lost, STARTED, STARTED]));
    runner.apply(&add()).await.unwrap();
    assert_eq!(script.times("volume add-brick"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_busy_glusterd_is_waited_for_with_bricks_as_well() {
    let busy = "volume add-brick: failed: Another transaction is in progress for v. Please try again after some time.\n";
    let (script, runner) = Script::new(&[FILE, ("volume add-brick", Refuses(1, busy))]);
    runner.apply(&add()).await.unwrap();
    assert_eq!(script.times("volume add-brick"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_and_a_volume_of_others_is_left_alone() {
    let words =
        "volume add-brick: failed: Volume name v rebalance is in progress. Please retry after completion\n";
    let (_, runner) = Script::new(&[FILE, ("volume add-brick", Refuses(1, words))]);
    assert_eq!(runner.apply(&add()).await.unwrap_err().text(), words);

    for other in [HAND_MADE, MISSING] {
        let (script, runner) = Script::new(&in_pool(&[NO_FILE, other]));
        let error = runner.apply(&add()).await.unwrap_err();
        assert!(matches!(error, StepError::Refused { .. }), "{error:?}");
        assert!(changes(&script).is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn bricks_that_gluster_has_not_taken_can_go() {
    for before in [STARTED, MISSING, HAND_MADE] {
        let (script, runner) = Script::new(&in_pool(&[before, before]));
        runner.undo(&add(), &[]).await.unwrap();
        assert!(changes(&script).is_empty());
        assert!(script.ran()[0].ends_with(&format!("--xml [mortar-volume-{}]", "e".repeat(32))));
    }
}

#[tokio::test(start_paused = true)]
async fn once_gluster_has_taken_some_the_others_follow_and_there_is_no_way_back() {
    let (script, runner) = Script::new(&in_pool(&[GROWN, GROWN]));
    assert!(runner.undo(&add(), &[]).await.unwrap_err().is_irreversible());
    assert!(changes(&script).is_empty());

    let (script, runner) = Script::new(&in_pool(&[GROWN, GROWN]));
    assert!(runner.undo(&long(), &[]).await.unwrap_err().is_irreversible());
    assert_eq!(script.times("volume add-brick"), 1);
    assert_eq!(script.times(":/c0"), 0, "it is in already");
    assert_eq!(script.times(":/d0") + script.times(":/h2"), 2, "in one command");

    let words = "volume add-brick: failed: Host 10.10.10.18 not connected\n";
    let (_, runner) = Script::new(&in_pool(&[GROWN, GROWN, ("volume add-brick", Refuses(1, words))]));
    let error = runner.undo(&long(), &[]).await.unwrap_err();
    assert!(!error.is_irreversible() && error.is_temporary(), "tried again until all are in");
}

#[tokio::test(start_paused = true)]
async fn a_rebalance_is_started_where_there_is_something_to_spread() {
    let (script, runner) = Script::new(&[]);
    let single =
        VolumePlan { durability: Durability::Distribute, bricks: set('c').take(1).collect(), ..plan() };
    for volume in [plan(), single] {
        assert_eq!(runner.apply(&Step::Rebalance(volume)).await.unwrap(), StepOutput::Nothing);
    }
    assert!(script.ran().is_empty());

    let (script, runner) = Script::new(&[FILE]);
    assert_eq!(runner.apply(&Step::Rebalance(grown())).await.unwrap(), StepOutput::Nothing);
    assert_eq!(changes(&script), ["volume rebalance v start"]);
}

#[tokio::test(start_paused = true)]
async fn a_rebalance_that_goes_on_or_whose_reply_is_lost_is_not_started_in_circles() {
    let running = Refuses(1, "volume rebalance: v: failed: Rebalance on v is already started\n");
    let (_, runner) = Script::new(&[FILE, ("rebalance v start", running)]);
    assert_eq!(runner.apply(&Step::Rebalance(grown())).await.unwrap(), StepOutput::Nothing);

    let lost = ("rebalance v start", Lost);
    let status = Says(
        "<cliOutput><opRet>0</opRet><opErrno>0</opErrno><opErrstr/><volRebalance><aggregate><status>1</status></aggregate></volRebalance></cliOutput>",
    );
    let (script, runner) = Script::new(&[FILE, lost, ("rebalance v status", status)]);
    assert_eq!(runner.apply(&Step::Rebalance(grown())).await.unwrap(), StepOutput::Nothing);
    assert_eq!(script.times("rebalance v start"), 1);

    let none = RefusesAloud(
        "<cliOutput><opRet>-1</opRet><opErrno>0</opErrno><opErrstr>Rebalance not started for volume v.</opErrstr></cliOutput>",
    );
    let (script, runner) = Script::new(&[FILE, lost, ("rebalance v status", none)]);
    assert_eq!(runner.apply(&Step::Rebalance(grown())).await.unwrap(), StepOutput::Nothing);
    assert_eq!(script.times("rebalance v start"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_rebalance_that_fails_is_told_and_stops_nothing() {
    let told = async |rules: &[Rule]| {
        let (_, runner) = Script::new(rules);
        match runner.apply(&Step::Rebalance(grown())).await.unwrap() {
            StepOutput::Told { text } => text,
            other => panic!("{other:?}"),
        }
    };
    let words = "volume rebalance: v: failed: Volume v needs to be started to perform rebalance\n";
    let text = told(&[FILE, ("rebalance v start", Refuses(1, words))]).await;
    for part in ["volume v ", "on gluster1", words.trim(), "`gluster volume rebalance v start`"] {
        assert!(text.contains(part), "{part} is missing: {text}");
    }
    let text =
        told(&[FILE, ("rebalance", Unreachable), ("rebalance", Unreachable), ("rebalance", Unreachable)]);
    assert!(text.await.contains("cannot reach gluster3"));
    assert!(told(&in_pool(&[NO_FILE, HAND_MADE])).await.contains("other bricks"));
    assert!(told(&in_pool(&[NO_FILE, MISSING])).await.contains("does not exist"));
}
