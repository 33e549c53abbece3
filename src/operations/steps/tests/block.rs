//! Block volumes against a scripted gluster-block. The answers are in the form that its own documentation and heketi know.

use super::Answer::{Lost, Refuses, RefusesAloud, Says, Unreachable};
use super::{Answer, Rule, Script, peer};
use crate::model::sizes::GiB;
use crate::model::step::{BlockPlan, ResizePlan, Step, StepOutput};
use crate::operations::steps::StepError;

const MADE: &str = r#"{ "IQN": "iqn.2016-12.org.gluster-block:6b60", "USERNAME": "6b60", "PASSWORD": "Tr0ub4dor",
    "PORTAL(S)": [ "10.10.10.17:3260" ], "RESULT": "SUCCESS" }"#;
const FOUND: Rule = (
    "gluster-block info",
    Says(
        r#"{ "NAME": "disk", "GBID": "6b60", "SIZE": "8.0 GiB", "PASSWORD": "Tr0ub4dor",
            "EXPORTED ON": [ "10.10.10.17", "10.10.10.18", "10.10.10.19" ] }"#,
    ),
);
const LARGER: Rule = (
    "gluster-block info",
    Says(r#"{ "NAME": "disk", "GBID": "6b60", "SIZE": "20.0 GiB", "EXPORTED ON": [ "10.10.10.17" ] }"#),
);
const BEHIND: Rule = (
    "gluster-block info",
    Says(
        r#"{ "GBID": "6b60", "SIZE": "20.0 GiB", "EXPORTED ON": [ "10.10.10.17" ], "RESIZE FAILED ON": { "10.10.10.18": "8.0 GiB" } }"#,
    ),
);
const NONE: Rule = (
    "gluster-block info",
    Refuses(2, r#"{ "RESULT": "FAIL", "errCode": 2, "errMsg": "block vol/disk doesn't exist" }"#),
);
const NO_SPACE: &str = r#"{ "RESULT": "FAIL", "errCode": 28, "errMsg": "no space" }"#;

fn plan() -> BlockPlan {
    BlockPlan {
        block_volume: "b".repeat(32).parse().unwrap(),
        hosting: "vol".to_owned(),
        name: "disk".to_owned(),
        size: GiB::new(8).unwrap(),
        ha_count: 0,
        auth: true,
        fresh_hosting: false,
        hosts: (1..=3).map(peer).collect(),
        peers: (1..=2).map(peer).collect(),
    }
}

fn create() -> Step {
    Step::CreateBlockVolume(plan())
}

fn larger() -> Step {
    Step::ResizeBlockVolume(ResizePlan { block: plan(), size: GiB::new(20).unwrap() })
}

/// The commands that change something.
fn changes(script: &Script) -> Vec<String> {
    let changes = |line: &String| line.contains(" [") && !line.contains(" info ") && !line.starts_with("rm ");
    script.ran().into_iter().filter(changes).collect()
}

fn access(output: StepOutput) -> (Vec<String>, String) {
    let StepOutput::Block { access } = output else { panic!("{output:?}") };
    (access.hosts, access.login.unwrap().password.expose().to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_block_volume_is_made_under_its_lock_on_all_hosts() {
    let (script, runner) = Script::new(&[("gluster-block create", Says(MADE))]);
    let (hosts, password) = access(runner.apply(&create()).await.unwrap());
    assert_eq!(hosts, ["10.10.10.17", "10.10.10.18", "10.10.10.19"]);
    assert_eq!(password, "Tr0ub4dor");
    let lock = "b".repeat(32);
    let line = format!(
        "gluster-block create vol/disk ha 3 auth enable prealloc full 10.10.10.17,10.10.10.18,10.10.10.19 8GiB --json [mortar-block-{lock}]"
    );
    assert_eq!(script.ran(), [line]);
}

#[tokio::test(start_paused = true)]
async fn hosts_are_those_whose_glusterd_answers_and_too_few_are_refused() {
    let rules = [
        ("gluster1 systemctl", Unreachable),
        ("gluster-block create vol/disk ha 2 auth enable prealloc full 10.10.10.18,10.10.10.19", Says(MADE)),
    ];
    let (script, runner) = Script::new(&rules);
    runner.apply(&Step::CreateBlockVolume(BlockPlan { ha_count: 2, ..plan() })).await.unwrap();
    script.assert_used_up();
    let rules = [("gluster1 systemctl", Refuses(3, "")), ("gluster2 systemctl", Unreachable)];
    let (script, runner) = Script::new(&rules);
    let few = Step::CreateBlockVolume(BlockPlan { ha_count: 2, ..plan() });
    let error = runner.apply(&few).await.unwrap_err();
    assert_eq!(error.text(), "insufficient block hosts online");
    assert!(error.explanation().unwrap().contains("gluster1, gluster2"));
    assert!(changes(&script).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_create_whose_reply_was_lost_is_looked_for_and_its_password_with_it() {
    for answer in [
        Lost,
        Says("garbage"),
        Refuses(17, r#"{ "RESULT": "FAIL", "errMsg": "BLOCK with name: 'disk' already EXIST" }"#),
    ] {
        let (script, runner) = Script::new(&[("gluster-block create", answer), FOUND, FOUND, FOUND, FOUND]);
        let (hosts, password) = access(runner.apply(&create()).await.unwrap());
        assert_eq!((hosts.len(), password.as_str()), (3, "Tr0ub4dor"));
        script.assert_used_up();
        // On both peers behind the lock, and once more.
        assert_eq!((script.times("info"), script.times("info vol/disk --json [")), (4, 2));
    }
    let rules =
        [("gluster-block create", Lost), NONE, NONE, NONE, NONE, ("gluster-block create", Says(MADE))];
    let (script, runner) = Script::new(&rules);
    runner.apply(&create()).await.unwrap();
    script.assert_used_up();
}

#[tokio::test(start_paused = true)]
async fn a_block_volume_that_not_all_hosts_export_was_not_made() {
    const HALF: Rule = (
        "gluster-block info",
        Says(r#"{ "GBID": "6b60", "SIZE": "8.0 GiB", "EXPORTED ON": [ "10.10.10.18" ] }"#),
    );
    let (_, runner) = Script::new(&[("gluster-block create", Lost), HALF, HALF, HALF, HALF]);
    let error = runner.apply(&create()).await.unwrap_err();
    assert!(error.text().ends_with("is not exported on 10.10.10.17, 10.10.10.19"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_left_the_pool_does_not_make_a_block_volume_go() {
    const ELSEWHERE: Answer =
        Refuses(2, r#"{ "RESULT": "FAIL", "errCode": 2, "errMsg": "Volume vol does not exist" }"#);
    let (away, there) =
        (("gluster1 gluster-block info", ELSEWHERE), ("gluster2 gluster-block info", FOUND.1));
    let rules = [("gluster1 gluster-block delete", ELSEWHERE), away, there, away, there];
    let (_, runner) = Script::new(&rules);
    let error = runner.apply(&Step::DestroyBlockVolume(plan())).await.unwrap_err();
    assert!(error.explanation().unwrap().contains("gluster1"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_size_that_gluster_block_rounds_is_known_again() {
    const DONE: Rule = ("gluster-block modify", Says(r#"{ "RESULT": "SUCCESS" }"#));
    const ROUNDED: Rule = (
        "gluster-block info",
        Says(r#"{ "GBID": "6b60", "SIZE": "1.1 TiB", "EXPORTED ON": [ "10.10.10.17" ] }"#),
    );
    let size = GiB::new(1100).unwrap();
    let step = Step::ResizeBlockVolume(ResizePlan { block: plan(), size });
    let (script, runner) = Script::new(&[FOUND, DONE, ROUNDED, ROUNDED, ROUNDED, ROUNDED]);
    let output = runner.apply(&step).await.unwrap();
    let StepOutput::Resized { size: now, usable, refusal } = output else { panic!("{output:?}") };
    assert_eq!((now, usable, refusal), (size, size, None));
    script.assert_used_up();
}

#[tokio::test(start_paused = true)]
async fn a_refused_create_is_told_in_heketis_words() {
    for answer in [Refuses(28, NO_SPACE), RefusesAloud(NO_SPACE), Says(NO_SPACE)] {
        let (script, runner) = Script::new(&[("gluster-block create", answer)]);
        let error = runner.apply(&create()).await.unwrap_err();
        assert_eq!(error.text(), "Failed to create block volume: no space");
        assert_eq!(script.ran().len(), 1);
    }
    let rules = [("gluster-block create", Refuses(1, "PASSWORD: Tr0ub4dor")), NONE, NONE, NONE, NONE];
    let (_, runner) = Script::new(&rules);
    let error = runner.apply(&create()).await.unwrap_err();
    assert!(error.text().starts_with("Unparsable error during block volume create: "), "{error}");
    assert!(!format!("{error:?} {error} {:?}", error.explanation()).contains("Tr0ub4dor"));
}

#[tokio::test(start_paused = true)]
async fn what_has_the_name_already_is_somebody_elses() {
    let check = Step::CheckBlockVolume(plan());
    let (_, runner) = Script::new(&[FOUND]);
    assert!(matches!(runner.apply(&check).await.unwrap_err(), StepError::Foreign { .. }));
    let (script, runner) = Script::new(&[NONE]);
    runner.apply(&check).await.unwrap();
    assert!(changes(&script).is_empty());
    // The volume is made afterwards: whatever is said of it now, gluster-block works.
    let fresh = Step::CheckBlockVolume(BlockPlan { fresh_hosting: true, ..plan() });
    let (_, runner) =
        Script::new(&[("info", Refuses(255, r#"{ "RESULT": "FAIL", "errMsg": "what volume?" }"#))]);
    runner.apply(&fresh).await.unwrap();
    // Not so where something else speaks for it: bricks would be made in vain.
    let (_, runner) = Script::new(&[("info", Refuses(1, "error: not this time"))]);
    let error = runner.apply(&fresh).await.unwrap_err();
    assert!(error.text().starts_with("Unparsable error"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn another_peer_is_asked_where_gluster_block_does_not_work() {
    const STOPPED: &str = "Connection failed. Please check if gluster-block daemon is operational.";
    const MISSING: &str = "sudo: gluster-block: command not found";
    const NOT_ALLOWED: &str = "sudo: a password is required\n";
    for silent in [Unreachable, Refuses(255, STOPPED), Refuses(1, MISSING), Refuses(1, NOT_ALLOWED)] {
        let (_, runner) = Script::new(&[("gluster1 gluster-block", silent), NONE]);
        runner.apply(&Step::CheckBlockVolume(plan())).await.unwrap();
    }
    let text = async |answers: [Rule; 2]| {
        let (_, runner) = Script::new(&answers);
        let error = runner.apply(&Step::CheckBlockVolume(plan())).await.unwrap_err();
        assert!(error.is_temporary());
        error.text()
    };
    let both = |answer| [("gluster1 gluster-block", answer), ("gluster2 gluster-block", answer)];
    assert_eq!(
        text(both(Refuses(127, MISSING))).await,
        "gluster-block is not installed on gluster1, gluster2"
    );
    assert_eq!(
        text(both(Refuses(1, NOT_ALLOWED))).await,
        "gluster-block is not installed on gluster1, gluster2, or sudo does not run it there"
    );
    assert_eq!(
        text(both(Refuses(255, STOPPED))).await,
        "gluster-blockd does not answer on gluster1, gluster2"
    );
    assert_eq!(text(both(Unreachable)).await, "cannot reach gluster2");
}

#[tokio::test(start_paused = true)]
async fn a_block_volume_is_deleted_and_one_that_is_gone_is_fine() {
    const DELETED: &str = r#"{ "SUCCESSFUL ON": [ "10.10.10.17" ], "RESULT": "SUCCESS" }"#;
    const GONE: &str = r#"{ "RESULT": "FAIL", "errCode": 2, "errMsg": "block vol/disk doesn't exist" }"#;
    let delete = Step::DestroyBlockVolume(plan());
    let (script, runner) = Script::new(&[("gluster-block delete", Refuses(2, GONE)), NONE, NONE, NONE, NONE]);
    runner.apply(&delete).await.unwrap();
    script.assert_used_up();
    for answer in [Says(DELETED), Says("")] {
        let (script, runner) = Script::new(&[("gluster-block delete", answer)]);
        runner.apply(&delete).await.unwrap();
        // With the lock files on both peers.
        assert_eq!((script.times("gluster-block"), script.times("rm --force")), (1, 2));
    }
    let (script, runner) = Script::new(&[("gluster-block delete", Lost), NONE, NONE, NONE, NONE]);
    runner.apply(&delete).await.unwrap();
    script.assert_used_up();
    // As an undo it looks first.
    let (script, runner) = Script::new(&[NONE, NONE, NONE, NONE]);
    runner.undo(&create(), &[]).await.unwrap();
    assert!(changes(&script).is_empty());
    let (script, runner) =
        Script::new(&[FOUND, FOUND, FOUND, FOUND, ("gluster-block delete", Says(DELETED))]);
    runner.undo(&create(), &[]).await.unwrap();
    script.assert_used_up();
}

#[tokio::test(start_paused = true)]
async fn a_delete_that_is_refused_waits_for_hosts_that_are_away_and_for_nothing_else() {
    const BUSY: Rule = ("gluster-block delete", Refuses(16, r#"{ "RESULT": "FAIL", "errMsg": "busy" }"#));
    let delete = Step::DestroyBlockVolume(plan());
    let (_, runner) = Script::new(&[BUSY, FOUND, FOUND, FOUND, FOUND]);
    let error = runner.apply(&delete).await.unwrap_err();
    assert_eq!((error.text().as_str(), error.is_temporary()), ("busy", false));
    let (_, runner) = Script::new(&[BUSY, FOUND, FOUND, FOUND, FOUND, ("gluster3 systemctl", Unreachable)]);
    let error = runner.apply(&delete).await.unwrap_err();
    assert_eq!((error.text().as_str(), error.is_temporary()), ("busy", true));
    assert!(error.explanation().unwrap().contains("gluster3 does not answer"));
}

#[tokio::test(start_paused = true)]
async fn what_became_of_an_expansion_is_what_gluster_block_shows() {
    const DONE: Rule = ("gluster-block modify", Says(r#"{ "RESULT": "SUCCESS" }"#));
    const FAILED: Rule =
        ("gluster-block modify", Refuses(5, r#"{ "RESULT": "FAIL", "errMsg": "no reply" }"#));
    let gib = |size| GiB::new(size).unwrap();
    let check = async |rules: &[Rule], expected: (u64, Option<&str>)| {
        let (script, runner) = Script::new(rules);
        let output = runner.apply(&larger()).await.unwrap();
        let StepOutput::Resized { size, usable, refusal } = output else { panic!("{output:?}") };
        assert_eq!((size, usable), (gib(20), gib(expected.0)));
        assert_eq!(refusal.map(|refusal| refusal.text).as_deref(), expected.1);
        script.assert_used_up();
    };
    let refused = "Failed to expand block volume: no reply (see logs for details, and retry the operation)";
    check(&[FOUND, DONE, LARGER, LARGER, LARGER, LARGER], (20, None)).await;
    check(&[FOUND, ("gluster-block modify", Lost), LARGER, LARGER, LARGER, LARGER], (20, None)).await;
    check(&[FOUND, FAILED, BEHIND, BEHIND, BEHIND, BEHIND], (8, Some(refused))).await;
    // Another try finds it done, or behind on a host, and does the rest.
    check(&[LARGER], (20, None)).await;
    check(&[BEHIND, DONE, LARGER, LARGER, LARGER, LARGER], (20, None)).await;

    let (_, runner) = Script::new(&[FOUND, FAILED, FOUND, FOUND, FOUND, FOUND]);
    let error = runner.apply(&larger()).await.unwrap_err();
    assert_eq!(error.text(), refused);
    let (_, runner) = Script::new(&[FOUND, FOUND, FOUND, FOUND]);
    runner.undo(&larger(), &[]).await.unwrap();
    let (_, runner) = Script::new(&[BEHIND, BEHIND, BEHIND, BEHIND]);
    assert!(runner.undo(&larger(), &[]).await.unwrap_err().is_irreversible());
    let (_, runner) = Script::new(&[NONE, DONE, NONE, NONE, NONE, NONE]);
    assert!(runner.apply(&larger()).await.unwrap_err().text().ends_with("doesn't exist"));
}
