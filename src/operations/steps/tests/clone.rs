use super::super::StepError;
use super::Answer::{Lost, Refuses, Says};
use super::snapshot::{NO_SNAPSHOT, SNAPSHOT};
use super::volume::{NO_FILE, plan};
use super::{Answer, Rule, Script};
use crate::model::step::{BrickAt, ClonePlan, Step, StepOutput, VolumePlan};

pub(super) const NO_CLONE: Rule = (
    "volume info copy --xml",
    Says(
        "<cliOutput><opRet>-1</opRet><opErrno>30806</opErrno><opErrstr>Volume copy does not exist</opErrstr></cliOutput>",
    ),
);
pub(super) const DONE: Answer =
    Says("<cliOutput><opRet>0</opRet><opErrno>0</opErrno><opErrstr/></cliOutput>");

/// A refusal: under `--xml` a snapshot command ends with status 0 all the same.
pub(super) fn says_no(words: &str) -> Answer {
    Says(
        format!(
            "<cliOutput><opRet>-1</opRet><opErrno>30800</opErrno><opErrstr>{words}</opErrstr></cliOutput>"
        )
        .leak(),
    )
}

/// The clone as gluster lists it.
pub(super) fn clone(status: &str, id: &str) -> Rule {
    let brick = |n: u8| {
        format!(
            "<brick uuid=\"u\">x<name>10.10.10.{}:/run/gluster/snaps/5f2b/brick{n}/brick</name></brick>",
            16 + n
        )
    };
    let bricks: String = (1..=3).map(brick).collect();
    let xml = format!(
        "<cliOutput><opRet>0</opRet><opErrno>0</opErrno><opErrstr/><volInfo><volumes><volume><name>copy</name><statusStr>{status}</statusStr><bricks>{bricks}</bricks><options><option><name>user.heketi.id</name><value>{id}</value></option></options></volume><count>1</count></volumes></volInfo></cliOutput>"
    );
    ("volume info copy --xml", Says(xml.leak()))
}

/// What is mounted on a peer, the brick of the volume and perhaps that of the clone.
fn mounts(n: u8, with_clone: bool) -> Rule {
    let origin = format!("/dev/mapper/vg_d{n}-brick_b /b xfs rw 0 0\n");
    let copy = format!("/dev/mapper/vg_d{n}-5f2b_0 /run/gluster/snaps/5f2b/brick{n} xfs rw 0 0\n");
    let text = if with_clone { origin + &copy } else { origin };
    (format!("gluster{n} cat /proc/mounts").leak(), Says(text.leak()))
}

/// Every peer is asked, and all say the same.
pub(super) fn in_pool(rules: &[Rule]) -> Vec<Rule> {
    let asked = |rule: &Rule| if rule.0.contains(" info") { 3 } else { 1 };
    rules.iter().flat_map(|rule| std::iter::repeat_n(*rule, asked(rule))).collect()
}

pub(super) fn cloning() -> ClonePlan {
    ClonePlan {
        source: plan(),
        clone: "c".repeat(32).parse().unwrap(),
        name: "copy".to_owned(),
        snapshot: "tmpsnap_1".to_owned(),
    }
}

/// The bricks of the origin are one directory below their mounts.
fn mounted() -> ClonePlan {
    let mut plan = cloning();
    for brick in &mut plan.source.bricks {
        brick.path = "/b/brick".to_owned();
    }
    plan
}

/// The changing commands without what they have in common.
pub(super) fn changes(script: &Script) -> Vec<String> {
    let changing = script.ran().into_iter().filter(|line| line.ends_with(']') && !line.contains(" info "));
    changing
        .map(|line| {
            let line = line.split(" [").next().unwrap_or_default().to_owned();
            line.replace("gluster --mode=script --timeout=600 ", "").replace("--xml ", "")
        })
        .collect()
}

pub(super) fn source_id() -> String {
    "e".repeat(32)
}

#[tokio::test(start_paused = true)]
async fn a_clone_is_made_named_after_itself_and_started() {
    let rules = [clone("Created", &source_id()), mounts(1, true), mounts(2, true), mounts(3, true)];
    let (script, runner) = Script::new(&in_pool(&rules));
    let made = runner.apply(&Step::CloneSnapshot(mounted())).await.unwrap();
    script.assert_used_up();
    let StepOutput::Clone { bricks } = made else { panic!("{made:?}") };
    assert_eq!(bricks[1].path, "/run/gluster/snaps/5f2b/brick2/brick");
    assert!(bricks.iter().all(|brick| brick.logical_volume == "5f2b_0"));
    assert_eq!(
        changes(&script),
        [
            "snapshot activate tmpsnap_1",
            "snapshot clone copy tmpsnap_1",
            "sync /run/gluster/snaps/5f2b/brick1/brick",
            "sync /run/gluster/snaps/5f2b/brick2/brick",
            "sync /run/gluster/snaps/5f2b/brick3/brick",
            "volume start copy",
            "volume set copy user.heketi.id cccccccccccccccccccccccccccccccc",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_clone_that_is_there_or_whose_reply_is_lost_is_gone_on_with() {
    let active = ("snapshot activate", says_no("Snapshot tmpsnap_1 is already activated."));
    let exists = ("snapshot clone", says_no("Volume with name:copy already exists"));
    let found = clone("Started", &"c".repeat(32));
    let started = ("volume start", Refuses(1, "volume start: copy: failed: Volume copy already started\n"));
    for answer in [exists, ("snapshot clone", Lost)] {
        let rules =
            [active, answer, found, found, started, mounts(1, true), mounts(2, true), mounts(3, true)];
        let (script, runner) = Script::new(&in_pool(&rules));
        runner.apply(&Step::CloneSnapshot(mounted())).await.unwrap();
        script.assert_used_up();
        assert_eq!(script.times("snapshot clone"), 1);
    }
    let lost = ("snapshot clone", Lost);
    let rules = [lost, NO_CLONE, NO_CLONE, found, mounts(1, true), mounts(2, true), mounts(3, true)];
    let (script, runner) = Script::new(&in_pool(&rules));
    runner.apply(&Step::CloneSnapshot(mounted())).await.unwrap();
    assert_eq!(script.times("snapshot clone"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refused_clone_is_told_and_one_of_others_is_not_taken_for_it() {
    let no = ("snapshot clone", says_no("Failed to find :tmpsnap_1 snap"));
    let (_, runner) = Script::new(&[no]);
    let text = runner.apply(&Step::CloneSnapshot(mounted())).await.unwrap_err().text();
    assert_eq!(text, "Failed to clone snapshot tmpsnap_1 to volume copy: Failed to find :tmpsnap_1 snap");

    let exists = ("snapshot clone", says_no("Volume with name:copy already exists"));
    let strange = clone("Started", &"f".repeat(32));
    let (script, runner) = Script::new(&in_pool(&[exists, strange, strange]));
    assert!(matches!(
        runner.apply(&Step::CloneSnapshot(mounted())).await,
        Err(StepError::Refused { text, .. }) if text == "Volume with name:copy already exists"
    ));
    assert_eq!(script.times("volume set") + script.times("volume start"), 0);

    // Its brick is not where gluster says.
    let rules = [clone("Created", &source_id()), mounts(1, true), mounts(2, false)];
    let (_, runner) = Script::new(&in_pool(&rules));
    let error = runner.apply(&Step::CloneSnapshot(mounted())).await.unwrap_err();
    assert_eq!(error.text(), "/run/gluster/snaps/5f2b/brick2 is not mounted");
    assert!(error.is_temporary());
}

#[tokio::test(start_paused = true)]
async fn a_clone_is_taken_back_part_by_part_before_gluster_forgets_it() {
    let found = clone("Started", &source_id());
    let rules = [found, found, SNAPSHOT, SNAPSHOT, mounts(1, true), mounts(2, false), mounts(3, true)];
    let (script, runner) = Script::new(&in_pool(&rules));
    runner.undo(&Step::CloneSnapshot(mounted()), &[]).await.unwrap();
    script.assert_used_up();
    let changes = changes(&script);
    assert_eq!(
        changes[..5],
        [
            "volume stop copy force",
            "umount /run/gluster/snaps/5f2b/brick1",
            "/usr/sbin/lvm lvremove --autobackup=n -f vg_d1/5f2b_0",
            "rm --force --dir /run/gluster/snaps/5f2b/brick1",
            "rm --force --dir /run/gluster/snaps/5f2b",
        ]
    );
    // Unmounted already: it is in the group of its origin.
    assert!(changes.contains(&"/usr/sbin/lvm lvremove --autobackup=n -f vg_d2/5f2b_0".to_owned()));
    let at = changes.iter().position(|change| change == "volume delete copy").unwrap();
    let locks = changes[at + 1..]
        .iter()
        .all(|change| change.starts_with("rm --force --dir /run/lock/mortar-volume-c"));
    assert!(locks && changes.len() == at + 4);
}

#[tokio::test(start_paused = true)]
async fn a_clone_whose_snapshot_is_gone_has_been_made_and_is_gone_on_with() {
    let found = clone("Started", &"c".repeat(32));
    let (script, runner) = Script::new(&in_pool(&[found, found, NO_SNAPSHOT, NO_SNAPSHOT]));
    let error = runner.undo(&Step::CloneSnapshot(mounted()), &[]).await.unwrap_err();
    assert!(error.is_irreversible() && changes(&script).is_empty());

    let gone = ("snapshot activate", says_no("Snapshot (tmpsnap_1) does not exist"));
    let rules = [gone, found, found, mounts(1, true), mounts(2, true), mounts(3, true)];
    let (script, runner) = Script::new(&in_pool(&rules));
    runner.apply(&Step::CloneSnapshot(mounted())).await.unwrap();
    script.assert_used_up();
    assert_eq!(script.times("snapshot clone"), 0);

    let (_, runner) = Script::new(&in_pool(&[gone, NO_CLONE, NO_CLONE]));
    let error = runner.apply(&Step::CloneSnapshot(mounted())).await.unwrap_err();
    assert_eq!(error.text(), "Failed to activate snapshot tmpsnap_1: Snapshot (tmpsnap_1) does not exist");
}

#[tokio::test(start_paused = true)]
async fn a_clone_of_heketis_has_the_id_of_its_origin_and_is_known_by_its_bricks() {
    let bricks = |name: &str| {
        let at = |(n, brick): (usize, &BrickAt)| BrickAt {
            path: format!("/run/gluster/snaps/{name}/brick{}/brick", n + 1),
            ..brick.clone()
        };
        plan().bricks.iter().enumerate().map(at).collect()
    };
    let clone_of = |name| VolumePlan {
        volume: "c".repeat(32).parse().unwrap(),
        name: "copy".to_owned(),
        bricks: bricks(name),
        ..plan()
    };
    let found = clone("Started", &source_id());
    let (script, runner) = Script::new(&in_pool(&[NO_FILE, found]));
    runner.apply(&Step::StopVolume(clone_of("5f2b"))).await.unwrap();
    assert_eq!(script.times("volume stop copy"), 1);
    let (script, runner) = Script::new(&in_pool(&[NO_FILE, found]));
    assert!(runner.apply(&Step::StopVolume(clone_of("other"))).await.is_err());
    assert_eq!(script.times("volume stop copy"), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_clone_of_ours_is_not_taken_back() {
    for other in [NO_CLONE, clone("Started", &"f".repeat(32))] {
        let (script, runner) = Script::new(&in_pool(&[other, other]));
        runner.undo(&Step::CloneSnapshot(mounted()), &[]).await.unwrap();
        assert!(changes(&script).is_empty());
        assert!(script.ran()[0].ends_with(&format!("--xml [mortar-volume-{}]", source_id())));
    }
}
