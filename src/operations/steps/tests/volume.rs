use super::super::StepError;
use super::Answer::{Lost, Refuses, Says, Unreachable};
use super::{Rule, Script, peer};
use crate::model::durability::Durability;
use crate::model::step::{BrickAt, Step, VolumePlan};

pub(super) const MISSING: Rule = (
    "volume info v --xml",
    Says(
        "<cliOutput><opRet>-1</opRet><opErrno>30806</opErrno><opErrstr>Volume does not exist</opErrstr><volInfo><volumes><count>0</count></volumes></volInfo></cliOutput>",
    ),
);
pub(super) const STOPPED: Rule = (
    "volume info v --xml",
    Says(concat!(
        "<cliOutput><opRet>0</opRet><opErrno>0</opErrno><opErrstr/><volInfo><volumes><volume><name>v</name><statusStr>Stopped</statusStr><bricks>",
        "<brick uuid=\"u\">x<name>10.10.10.17:/b0</name></brick><brick uuid=\"u\">x<name>10.10.10.18:/b1</name></brick><brick uuid=\"u\">x<name>10.10.10.19:/b2</name></brick>",
        "</bricks></volume><count>1</count></volumes></volInfo></cliOutput>"
    )),
);
pub(super) const STARTED: Rule = (
    "volume info v --xml",
    Says(concat!(
        "<cliOutput><opRet>0</opRet><opErrno>0</opErrno><opErrstr/><volInfo><volumes><volume><name>v</name><statusStr>Started</statusStr><bricks>",
        "<brick uuid=\"u\">x<name>10.10.10.17:/b0</name></brick><brick uuid=\"u\">x<name>10.10.10.18:/b1</name></brick><brick uuid=\"u\">x<name>10.10.10.19:/b2</name></brick>",
        "</bricks></volume><count>1</count></volumes></volInfo></cliOutput>"
    )),
);
pub(super) const HAND_MADE: Rule = (
    "volume info v --xml",
    Says(concat!(
        "<cliOutput><opRet>0</opRet><opErrno>0</opErrno><opErrstr/><volInfo><volumes><volume><name>v</name><statusStr>Started</statusStr><bricks>",
        "<brick uuid=\"u\">x<name>10.10.10.17:/srv/data</name></brick>",
        "</bricks></volume><count>1</count></volumes></volInfo></cliOutput>"
    )),
);
pub(super) const OF_ANOTHER_SERVER: Rule = (
    "volume info v --xml",
    Says(concat!(
        "<cliOutput><opRet>0</opRet><opErrno>0</opErrno><opErrstr/><volInfo><volumes><volume><name>v</name><statusStr>Stopped</statusStr><bricks>",
        "<brick uuid=\"u\">x<name>10.10.10.17:/b0</name></brick></bricks>",
        "<options><option><name>user.heketi.id</name><value>0123456789abcdef0123456789abcdef</value></option></options>",
        "</volume><count>1</count></volumes></volInfo></cliOutput>"
    )),
);
const EXISTS: Rule = ("volume create", Refuses(1, "volume create: v: failed: Volume v already exists\n"));
pub(super) const NO_FILE: Rule = ("cat /var/lib/glusterd", Refuses(1, "cat: x: No such file or directory\n"));

/// What one look gets: every peer with bricks is asked, and all say the same.
pub(super) fn in_pool(rules: &[Rule]) -> Vec<Rule> {
    let asked = |rule: &Rule| if rule.0.contains("volume info") { 3 } else { 1 };
    rules.iter().flat_map(|rule| std::iter::repeat_n(*rule, asked(rule))).collect()
}

pub(super) fn plan() -> VolumePlan {
    let brick =
        |n: u8| BrickAt { host: peer(n + 1).host, storage: peer(n + 1).storage, path: format!("/b{n}") };
    VolumePlan {
        volume: "e".repeat(32).parse().unwrap(),
        name: "v".to_owned(),
        durability: Durability::Replicate(3),
        arbiter: false,
        bricks: (0..3).map(brick).collect(),
        options: Vec::new(),
        peers: (1..=3).map(peer).collect(),
        hosts_blocks: false,
    }
}

fn create() -> Step {
    Step::CreateVolume(plan())
}

pub(super) fn changes(script: &Script) -> Vec<String> {
    let lock = format!(" [mortar-volume-{}]", "e".repeat(32));
    let all = script.ran().into_iter().filter(|line| !line.contains("--xml") && line.ends_with(&lock));
    all.map(|line| line.replace(&lock, "").replace("gluster --mode=script --timeout=600 ", "")).collect()
}

#[tokio::test]
async fn a_volume_is_made_in_few_commands_with_its_id_last() {
    let mut plan = plan();
    let more = plan.bricks.iter().map(|brick| BrickAt { path: format!("{}x", brick.path), ..brick.clone() });
    plan.bricks = plan.bricks.clone().into_iter().chain(more).collect();
    plan.options = vec![
        "group virt".to_owned(),
        "nfs.disable on".to_owned(),
        "auth.allow 10.0.0.1, 10.0.0.2".to_owned(),
    ];
    let (script, runner) = Script::new(&[]);
    runner.apply(&Step::CreateVolume(plan)).await.unwrap();
    assert_eq!(
        changes(&script),
        [
            "volume create v replica 3 10.10.10.17:/b0 10.10.10.18:/b1 10.10.10.19:/b2",
            "volume add-brick v 10.10.10.17:/b0x 10.10.10.18:/b1x 10.10.10.19:/b2x",
            "sync /b0",
            "sync /b1",
            "sync /b2",
            "sync /b0x",
            "sync /b1x",
            "sync /b2x",
            "volume set v group virt",
            "volume set v nfs.disable on auth.allow 10.0.0.1, 10.0.0.2 user.heketi.id eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
        ]
    );
    assert_eq!(script.ran().len(), 10, "no look without need");
}

#[tokio::test]
async fn a_volume_whose_bricks_may_lose_what_they_are_marked_with_is_not_made() {
    let (script, runner) =
        Script::new(&[("sync /b1", Refuses(1, "sync: error syncing '/b1': Input/output error\n"))]);
    let error = runner.apply(&create()).await.unwrap_err();
    assert!(matches!(error, StepError::Remote(_)), "{error:?}");
    script.assert_used_up();
}

#[tokio::test]
async fn an_option_that_is_a_flag_is_refused_before_anything_is_sent() {
    let (script, runner) = Script::new(&[]);
    let step = Step::CreateVolume(VolumePlan { options: vec!["--mode=x y".to_owned()], ..plan() });
    let error = runner.apply(&step).await.unwrap_err();
    assert!(matches!(error, StepError::Refused { .. }) && error.text().contains("--mode=x y"));
    assert!(script.ran().is_empty());
}

#[tokio::test]
async fn a_volume_of_ours_that_is_there_is_made() {
    let (script, runner) = Script::new(&in_pool(&[EXISTS, STOPPED, STOPPED]));
    runner.apply(&create()).await.unwrap();
    script.assert_used_up();

    let (_, runner) = Script::new(&in_pool(&[EXISTS, HAND_MADE, HAND_MADE]));
    let error = runner.apply(&create()).await.unwrap_err();
    assert!(error.explanation().unwrap().contains("did not make"));
}

#[tokio::test]
async fn bricks_that_are_in_already_are_added() {
    let taken = "volume add-brick: failed: Brick: 10.10.10.19:/b2 not available. Brick may be containing or be contained by an existing brick.\n";
    let (script, runner) =
        Script::new(&in_pool(&[("volume add-brick", Refuses(1, taken)), STOPPED, STOPPED]));
    let spread = Step::CreateVolume(VolumePlan { durability: Durability::Distribute, ..plan() });
    runner.apply(&spread).await.unwrap();
    script.assert_used_up();
}

#[tokio::test]
async fn after_a_lost_reply_two_looks_have_to_agree() {
    // glusterd goes on after its command line: the first look comes too early.
    let (script, runner) = Script::new(&in_pool(&[("volume create", Lost), MISSING, STOPPED, STOPPED]));
    runner.apply(&create()).await.unwrap();
    script.assert_used_up();
    assert_eq!(script.times("volume create"), 1);

    let (script, runner) = Script::new(&in_pool(&[("volume create", Lost), MISSING, MISSING]));
    runner.apply(&create()).await.unwrap();
    assert_eq!(script.times("volume create"), 2);
}

#[tokio::test]
async fn a_busy_glusterd_is_waited_for_and_a_dead_peer_passed_over() {
    let busy = "volume start: v: failed: Another transaction is in progress for v. Please try again after some time.\n";
    let (script, runner) = Script::new(&[
        ("volume start", Refuses(1, busy)),
        ("gluster1 gluster", Unreachable),
        ("volume start", Says("")),
    ]);
    runner.apply(&Step::StartVolume(plan())).await.unwrap();
    script.assert_used_up();
    assert_eq!(script.times("volume start"), 3);
}

#[tokio::test]
async fn a_start_and_a_stop_that_are_done_are_success() {
    let started = Refuses(1, "volume start: v: failed: Volume v already started\n");
    let (_, runner) = Script::new(&[("volume start", started)]);
    runner.apply(&Step::StartVolume(plan())).await.unwrap();

    let (_, runner) = Script::new(&in_pool(&[NO_FILE, MISSING]));
    runner.apply(&Step::StopVolume(plan())).await.unwrap();
}

#[tokio::test]
async fn a_start_is_undone_where_nobody_wrote_and_else_started_again() {
    let (script, runner) = Script::new(&in_pool(&[STARTED, STARTED]));
    runner.undo(&Step::StartVolume(plan()), &[]).await.unwrap();
    assert_eq!(changes(&script), ["volume stop v force"]);
    assert_eq!(
        script.times("-name .glusterfs-anonymous-inode-* -not -name .trashcan -print -quit"),
        6,
        "before and after the stop"
    );

    // Known before it is stopped: it is not stopped then.
    let (script, runner) =
        Script::new(&in_pool(&[STARTED, STARTED, ("gluster2 find", Says("/b1/letter.txt\n"))]));
    let error = runner.undo(&Step::StartVolume(plan()), &[]).await.unwrap_err();
    assert!(error.holds_data() && error.host().unwrap().as_str() == "gluster2");
    assert!(changes(&script).is_empty());

    let between =
        [STARTED, STARTED, ("gluster2 find", Says("")), ("gluster2 find", Says("/b1/letter.txt\n"))];
    let (script, runner) = Script::new(&in_pool(&between));
    assert!(runner.undo(&Step::StartVolume(plan()), &[]).await.unwrap_err().holds_data());
    assert_eq!(changes(&script), ["volume stop v force", "volume start v"]);
}

#[tokio::test]
async fn a_brick_that_is_not_mounted_may_hold_data_and_a_directory_that_is_gone_does_not() {
    let gone = ("gluster2 find", Refuses(1, "find: '/b1': No such file or directory\n"));
    let (script, runner) = Script::new(&in_pool(&[STARTED, STARTED, gone]));
    let error = runner.undo(&Step::StartVolume(plan()), &[]).await.unwrap_err();
    assert!(error.explanation().unwrap().contains("is not mounted"), "{error:?}");
    assert!(changes(&script).is_empty());

    let mounted = ("gluster2 cat /proc/mounts", Says("/dev/mapper/x / xfs rw 0 0\n"));
    let (script, runner) = Script::new(&in_pool(&[STARTED, STARTED, gone, mounted]));
    runner.undo(&Step::StartVolume(plan()), &[]).await.unwrap();
    assert_eq!(changes(&script), ["volume stop v force"]);

    let no_program =
        ("gluster2 find", Refuses(127, "timeout: failed to run command 'find': No such file or directory\n"));
    let (_, runner) = Script::new(&in_pool(&[STARTED, STARTED, no_program]));
    assert!(runner.undo(&Step::StartVolume(plan()), &[]).await.is_err());
}

#[tokio::test]
async fn a_peer_that_knows_nothing_does_not_speak_for_the_pool() {
    let staging = "volume stop: v: failed: Staging failed on 10.10.10.18. Error: Volume v does not exist\n";
    let (script, runner) =
        Script::new(&[NO_FILE, MISSING, STARTED, STARTED, ("volume stop", Refuses(1, staging))]);
    assert!(runner.apply(&Step::StopVolume(plan())).await.is_err());
    assert_eq!(changes(&script), ["volume stop v force"]);

    let missing = "volume delete: v: failed: Volume v does not exist\n";
    let rules = [NO_FILE, STOPPED, ("volume delete", Refuses(1, missing)), MISSING, MISSING];
    let (_, runner) = Script::new(&in_pool(&rules));
    runner.apply(&Step::DeleteVolume(plan())).await.unwrap();
}

#[tokio::test]
async fn a_command_line_that_gave_up_waiting_says_nothing_about_the_volume() {
    tokio::time::pause();
    let cut_off = ("volume stop", Refuses(1, "Error : Request timed out\n"));
    let (script, runner) = Script::new(&in_pool(&[NO_FILE, STARTED, cut_off, STARTED, STOPPED, STOPPED]));
    runner.apply(&Step::StopVolume(plan())).await.unwrap();
    script.assert_used_up();
    assert_eq!(script.times("volume stop"), 1);
}

#[tokio::test]
async fn a_glusterd_that_did_not_come_to_an_end_is_asked_last() {
    tokio::time::pause();
    let cut_off = (
        "gluster1 gluster --mode=script --timeout=600 volume stop",
        Refuses(1, "Error : Request timed out\n"),
    );
    let (script, runner) = Script::new(&in_pool(&[
        NO_FILE,
        STARTED,
        cut_off,
        STARTED,
        STARTED,
        ("gluster2 gluster --mode=script --timeout=600 volume stop", Says("")),
    ]));
    runner.apply(&Step::StopVolume(plan())).await.unwrap();
    script.assert_used_up();
    assert_eq!(script.times("volume stop"), 2);
}

#[tokio::test]
async fn an_undo_of_a_create_waits_for_what_outlived_us_and_looks_twice() {
    let (script, runner) = Script::new(&in_pool(&[MISSING, STOPPED, STOPPED]));
    runner.undo(&create(), &[]).await.unwrap();
    assert!(script.ran()[0].ends_with(&format!("--xml [mortar-volume-{}]", "e".repeat(32))));
    assert_eq!(changes(&script), ["volume delete v"]);
}

#[tokio::test]
async fn a_volume_that_is_not_ours_is_left_alone() {
    for other in [HAND_MADE, OF_ANOTHER_SERVER, MISSING] {
        let (script, runner) = Script::new(&in_pool(&[other, other]));
        runner.undo(&create(), &[]).await.unwrap();
        assert!(changes(&script).is_empty());
    }
    for other in [HAND_MADE, OF_ANOTHER_SERVER] {
        for step in [Step::StopVolume(plan()), Step::DeleteVolume(plan())] {
            let (script, runner) = Script::new(&in_pool(&[NO_FILE, other]));
            assert!(runner.apply(&step).await.is_err());
            assert!(changes(&script).is_empty());
        }
    }
}

#[tokio::test]
async fn a_delete_says_what_is_done_and_what_can_be_asked_again() {
    let (_, runner) = Script::new(&in_pool(&[NO_FILE, MISSING]));
    runner.apply(&Step::DeleteVolume(plan())).await.unwrap();

    let down = "volume delete: v: failed: Some of the peers are down\n";
    let (_, runner) = Script::new(&in_pool(&[NO_FILE, STOPPED, ("volume delete", Refuses(1, down))]));
    let error = runner.apply(&Step::DeleteVolume(plan())).await.unwrap_err();
    assert!(error.is_temporary() && error.text() == down);

    let (_, runner) = Script::new(&in_pool(&[MISSING, MISSING]));
    assert!(runner.undo(&Step::DeleteVolume(plan()), &[]).await.unwrap_err().is_irreversible());
}
