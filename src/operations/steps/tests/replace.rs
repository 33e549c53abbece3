use super::super::StepError;
use super::Answer::{Lost, Refuses, Says};
use super::volume::{HAND_MADE, MISSING, OF_ANOTHER_SERVER, STARTED, changes, in_pool, plan};
use super::{Rule, Script, peer};
use crate::model::step::{BrickAt, ReplacePlan, Step};

/// The volume with the new brick in the place of the second one.
pub(super) const REPLACED: Rule = (
    "volume info v --xml",
    Says(concat!(
        "<cliOutput><opRet>0</opRet><opErrno>0</opErrno><opErrstr/><volInfo><volumes><volume><name>v</name><statusStr>Started</statusStr><bricks>",
        "<brick uuid=\"u\">x<name>10.10.10.17:/b0</name></brick><brick uuid=\"u\">x<name>10.10.10.18:/new</name></brick><brick uuid=\"u\">x<name>10.10.10.19:/b2</name></brick>",
        "</bricks></volume><count>1</count></volumes></volInfo></cliOutput>"
    )),
);
/// The volume with two of its bricks only.
const SHRUNK: Rule = (
    "volume info v --xml",
    Says(concat!(
        "<cliOutput><opRet>0</opRet><opErrno>0</opErrno><opErrstr/><volInfo><volumes><volume><name>v</name><statusStr>Started</statusStr><bricks>",
        "<brick uuid=\"u\">x<name>10.10.10.17:/b0</name></brick><brick uuid=\"u\">x<name>10.10.10.19:/b2</name></brick>",
        "</bricks></volume><count>1</count></volumes></volInfo></cliOutput>"
    )),
);
const REPLACE: &str = "volume replace-brick v 10.10.10.18:/b1 10.10.10.18:/new commit force";

/// The second brick of the volume goes to another device of its peer.
pub(super) fn replacement() -> ReplacePlan {
    let (volume, at) = (plan(), peer(2));
    ReplacePlan {
        old: volume.bricks[1].clone(),
        new: BrickAt { host: at.host, storage: at.storage, path: "/new".to_owned() },
        set: volume.bricks.clone(),
        required: 2,
        brick: "b".repeat(32).parse().unwrap(),
        volume,
    }
}

/// What gluster has marked the new brick with is written.
const KEPT: &str = "sync /new";

pub(super) fn replace() -> Step {
    Step::ReplaceBrick(replacement())
}

#[tokio::test(start_paused = true)]
async fn a_brick_takes_the_place_of_another_one() {
    let (script, runner) = Script::new(&in_pool(&[STARTED]));
    runner.apply(&replace()).await.unwrap();
    script.assert_used_up();
    assert_eq!(changes(&script), [REPLACE, KEPT]);
}

#[tokio::test(start_paused = true)]
async fn a_brick_that_has_taken_its_place_stays_there() {
    let (script, runner) = Script::new(&in_pool(&[REPLACED]));
    runner.apply(&replace()).await.unwrap();
    assert_eq!(changes(&script), [KEPT]);
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_to_a_replacement_is_looked_at() {
    let lost = ("replace-brick", Lost);
    let (script, runner) = Script::new(&in_pool(&[STARTED, lost, STARTED, REPLACED, REPLACED]));
    runner.apply(&replace()).await.unwrap();
    script.assert_used_up();
    assert_eq!(changes(&script), [REPLACE, KEPT]);

    let (script, runner) = Script::new(&in_pool(&[STARTED, lost, STARTED, STARTED]));
    runner.apply(&replace()).await.unwrap();
    assert_eq!(script.times("replace-brick"), 2);

    // The second of two finds what the first one did.
    let gone =
        Refuses(1, "volume replace-brick: failed: brick: 10.10.10.18:/b1 does not exist in volume: v\n");
    let (script, runner) = Script::new(&in_pool(&[
        STARTED,
        lost,
        STARTED,
        STARTED,
        ("replace-brick", gone),
        REPLACED,
        REPLACED,
    ]));
    runner.apply(&replace()).await.unwrap();
    script.assert_used_up();
}

#[tokio::test(start_paused = true)]
async fn a_replacement_that_gluster_refuses_is_told_byte_for_byte() {
    let words = "volume replace-brick: failed: Host 10.10.10.18 not connected\n";
    let (_, runner) = Script::new(&in_pool(&[STARTED, ("replace-brick", Refuses(1, words))]));
    let error = runner.apply(&replace()).await.unwrap_err();
    assert!(error.text() == words && error.is_temporary());

    let words = "volume replace-brick: failed: Brick: 10.10.10.18:/new not available. Brick may be containing or be contained by an existing brick.\n";
    let (_, runner) =
        Script::new(&in_pool(&[STARTED, ("replace-brick", Refuses(1, words)), STARTED, STARTED]));
    assert_eq!(runner.apply(&replace()).await.unwrap_err().text(), words);
}

#[tokio::test(start_paused = true)]
async fn bricks_of_others_are_not_replaced() {
    for other in [HAND_MADE, OF_ANOTHER_SERVER, MISSING, SHRUNK] {
        let (script, runner) = Script::new(&in_pool(&[other]));
        let error = runner.apply(&replace()).await.unwrap_err();
        assert!(matches!(error, StepError::Refused { .. }), "{error:?}");
        assert!(changes(&script).is_empty());
    }
    let (_, runner) = Script::new(&in_pool(&[SHRUNK]));
    let text = runner.apply(&replace()).await.unwrap_err().text();
    assert_eq!(text, "Volume v has neither brick 10.10.10.18:/b1 nor brick 10.10.10.18:/new");
}

#[tokio::test(start_paused = true)]
async fn a_replacement_can_be_undone_until_gluster_has_done_it() {
    for before in [STARTED, MISSING] {
        let (script, runner) = Script::new(&in_pool(&[before, before]));
        runner.undo(&replace(), &[]).await.unwrap();
        assert!(changes(&script).is_empty());
    }
    let (script, runner) = Script::new(&in_pool(&[STARTED, REPLACED, REPLACED]));
    assert!(runner.undo(&replace(), &[]).await.unwrap_err().is_irreversible());
    assert!(script.ran()[0].ends_with(&format!("--xml [mortar-volume-{}]", "e".repeat(32))));

    let (_, runner) = Script::new(&in_pool(&[SHRUNK, SHRUNK]));
    let error = runner.undo(&replace(), &[]).await.unwrap_err();
    assert!(error.text().contains("neither") && !error.is_irreversible());
}
