use super::super::StepError;
use super::Answer::{Lost, Says};
use super::clone::{DONE, NO_CLONE, changes, clone, cloning, in_pool, says_no, source_id};
use super::volume::{HAND_MADE, MISSING, NO_FILE, OF_ANOTHER_SERVER};
use super::{Answer, Rule, Script};
use crate::model::step::Step;

/// glusterd's file of the volume.
const FILE: Rule = (
    "cat /var/lib/glusterd",
    Says("type=2\nbrick-0=10.10.10.17:-b0\nbrick-1=10.10.10.18:-b1\nbrick-2=10.10.10.19:-b2\n"),
);
const GONE: Answer = Says(
    "<cliOutput><opRet>-1</opRet><opErrno>30807</opErrno><opErrstr>Snapshot (tmpsnap_1) does not exist</opErrstr></cliOutput>",
);
pub(super) const SNAPSHOT: Rule = (
    "snapshot info",
    Says(concat!(
        "<cliOutput><opRet>0</opRet><opErrno>0</opErrno><opErrstr/><snapInfo><count>1</count><snapshots><snapshot><name>tmpsnap_1</name>",
        "<snapVolume><name>x</name><status>Stopped</status><originVolume><name>v</name></originVolume></snapVolume></snapshot></snapshots></snapInfo></cliOutput>"
    )),
);
const OF_OTHERS: Rule = (
    "snapshot info",
    Says(concat!(
        "<cliOutput><opRet>0</opRet><opErrno>0</opErrno><opErrstr/><snapInfo><count>1</count><snapshots><snapshot><name>tmpsnap_1</name>",
        "<snapVolume><name>x</name><status>Stopped</status><originVolume><name>w</name></originVolume></snapVolume></snapshot></snapshots></snapInfo></cliOutput>"
    )),
);
pub(super) const NO_SNAPSHOT: Rule = ("snapshot info", GONE);

#[tokio::test(start_paused = true)]
async fn a_snapshot_is_taken_where_the_name_of_the_clone_is_free() {
    let (script, runner) = Script::new(&in_pool(&[FILE, NO_CLONE, ("snapshot create", DONE)]));
    runner.apply(&Step::SnapshotVolume(cloning())).await.unwrap();
    script.assert_used_up();
    assert_eq!(changes(&script), ["snapshot create tmpsnap_1 v no-timestamp"]);
    assert_eq!(script.times(&format!("no-timestamp [mortar-volume-{}]", source_id())), 1);

    let (script, runner) = Script::new(&in_pool(&[FILE, clone("Started", "x")]));
    let error = runner.apply(&Step::SnapshotVolume(cloning())).await.unwrap_err();
    assert_eq!(error.text(), "Volume with name:copy already exists");
    assert!(changes(&script).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_that_is_there_or_whose_reply_is_lost_is_looked_at() {
    let exists = ("snapshot create", says_no("Snapshot tmpsnap_1 already exists"));
    let lost = ("snapshot create", Lost);
    for found in [exists, lost] {
        let (script, runner) = Script::new(&in_pool(&[FILE, NO_CLONE, found, SNAPSHOT, SNAPSHOT]));
        runner.apply(&Step::SnapshotVolume(cloning())).await.unwrap();
        script.assert_used_up();
        assert_eq!(script.times("snapshot create"), 1);
    }
    let (script, runner) =
        Script::new(&in_pool(&[FILE, NO_CLONE, lost, NO_SNAPSHOT, NO_SNAPSHOT, ("snapshot create", DONE)]));
    runner.apply(&Step::SnapshotVolume(cloning())).await.unwrap();
    script.assert_used_up();

    let (_, runner) = Script::new(&in_pool(&[FILE, NO_CLONE, exists, OF_OTHERS, OF_OTHERS]));
    assert!(runner.apply(&Step::SnapshotVolume(cloning())).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_refused_snapshot_is_told_in_heketis_words_and_nothing_of_others_is_copied() {
    let no = says_no("volume v is not started");
    let (_, runner) = Script::new(&in_pool(&[FILE, NO_CLONE, ("snapshot create", no)]));
    let error = runner.apply(&Step::SnapshotVolume(cloning())).await.unwrap_err();
    assert_eq!(error.text(), "Failed to create snapshot of volume v: volume v is not started");
    assert!(error.explanation().unwrap().contains("on gluster1") && !error.is_temporary());

    let down = says_no("quorum is not met");
    let (_, runner) = Script::new(&in_pool(&[FILE, NO_CLONE, ("snapshot create", down)]));
    assert!(runner.apply(&Step::SnapshotVolume(cloning())).await.unwrap_err().is_temporary());

    for other in [HAND_MADE, OF_ANOTHER_SERVER, MISSING] {
        let (script, runner) = Script::new(&in_pool(&[NO_FILE, other]));
        let error = runner.apply(&Step::SnapshotVolume(cloning())).await.unwrap_err();
        assert!(matches!(error, StepError::Refused { .. }), "{error:?}");
        assert!(changes(&script).is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_busy_glusterd_that_says_so_in_xml_is_waited_for() {
    let busy = says_no("Another transaction is in progress for v. Please try again after some time.");
    let (script, runner) =
        Script::new(&in_pool(&[FILE, NO_CLONE, ("snapshot create", busy), ("snapshot create", DONE)]));
    runner.apply(&Step::SnapshotVolume(cloning())).await.unwrap();
    script.assert_used_up();
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_goes_and_one_that_is_gone_is_fine() {
    let drops = ["snapshot deactivate tmpsnap_1", "snapshot delete tmpsnap_1"];
    let (script, runner) = Script::new(&[("snapshot deactivate", says_no("x")), ("snapshot delete", DONE)]);
    runner.apply(&Step::DropSnapshot(cloning())).await.unwrap();
    assert_eq!(changes(&script), drops);

    for answer in [GONE, Lost] {
        let rules = [("snapshot deactivate", GONE), ("snapshot delete", answer), NO_SNAPSHOT, NO_SNAPSHOT];
        let (script, runner) = Script::new(&in_pool(&rules));
        runner.apply(&Step::DropSnapshot(cloning())).await.unwrap();
        script.assert_used_up();
    }
    let (_, runner) = Script::new(&[("snapshot delete", says_no("Another thing"))]);
    let error = runner.apply(&Step::DropSnapshot(cloning())).await.unwrap_err();
    assert_eq!(error.text(), "Failed to delete snapshot tmpsnap_1: Another thing");

    // The undo of taking it.
    let (script, runner) = Script::new(&in_pool(&[SNAPSHOT, SNAPSHOT]));
    runner.undo(&Step::SnapshotVolume(cloning()), &[]).await.unwrap();
    assert_eq!(changes(&script), drops);
    for other in [NO_SNAPSHOT, OF_OTHERS] {
        let (script, runner) = Script::new(&in_pool(&[other, other]));
        runner.undo(&Step::SnapshotVolume(cloning()), &[]).await.unwrap();
        assert!(changes(&script).is_empty());
        assert!(script.ran()[0].ends_with(&format!("[mortar-volume-{}]", source_id())));
    }
    // And that of dropping it.
    let (script, runner) = Script::new(&[]);
    runner.undo(&Step::DropSnapshot(cloning()), &[]).await.unwrap();
    assert!(script.ran().is_empty());
}
