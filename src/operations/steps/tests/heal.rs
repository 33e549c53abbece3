use super::super::StepError;
use super::super::heal::LOOKS_BEFORE_REFUSAL;
use super::Answer::{Lost, RefusesAloud, Says, Unreachable};
use super::replace::replacement;
use super::volume::{MISSING, STARTED, STOPPED, changes, in_pool};
use super::{Answer, Rule, Script};
use crate::model::durability::Durability;
use crate::model::step::{ReplacePlan, Step, VolumePlan};

const AWAY: &str = "Transport endpoint is not connected";
const ON: &str = "Connected";

/// What `heal info` says of some bricks. The texts of a test live as long as it does.
fn heal(bricks: &[(&str, &str, &str)]) -> Rule {
    let brick = |(name, status, entries): &(&str, &str, &str)| {
        format!(
            "<brick hostUuid=\"u\"><name>{name}</name><status>{status}</status><numberOfEntries>{entries}</numberOfEntries></brick>"
        )
    };
    let bricks: String = bricks.iter().map(brick).collect();
    let xml = format!(
        "<?xml version=\"1.0\"?>\n<cliOutput><healInfo><bricks>{bricks}</bricks></healInfo><opRet>0</opRet><opErrno>0</opErrno><opErrstr/></cliOutput>"
    );
    ("volume heal v info --xml", Says(xml.leak()))
}

/// The bricks of the volume before, with a status and a count each.
fn set(states: [(&str, &str); 3]) -> Rule {
    let names = ["10.10.10.17:/b0", "10.10.10.18:/b1", "10.10.10.19:/b2"];
    let [a, b, c] = states;
    heal(&[(names[0], a.0, a.1), (names[1], b.0, b.1), (names[2], c.0, c.1)])
}

/// The same after the replacement of the second one.
fn mended(states: [(&str, &str); 3]) -> Rule {
    let [a, b, c] = states;
    heal(&[("10.10.10.17:/b0", a.0, a.1), ("10.10.10.18:/new", b.0, b.1), ("10.10.10.19:/b2", c.0, c.1)])
}

fn refusal(words: &str) -> Answer {
    let xml = format!(
        "<cliOutput><healInfo><bricks/></healInfo><opRet>-1</opRet><opErrno>107</opErrno><opErrstr>{words}</opErrstr></cliOutput>"
    );
    RefusesAloud(xml.leak())
}

const WHOLE: [(&str, &str); 3] = [(ON, "0"), (ON, "0"), (ON, "0")];
const NOT_STARTED: &str = "Volume v is not started (Or) All the bricks are not running.";

async fn check(rules: &[Rule]) -> Result<(), StepError> {
    let (script, runner) = Script::new(rules);
    let done = runner.apply(&Step::CheckHeal(replacement())).await.map(drop);
    assert!(changes(&script).is_empty());
    done
}

async fn refused(rule: Rule) -> String {
    let error = check(&[rule; LOOKS_BEFORE_REFUSAL as usize]).await.unwrap_err();
    assert!(matches!(error, StepError::Refused { .. }), "{error:?}");
    error.text().replace(&"b".repeat(32), "B")
}

#[tokio::test(start_paused = true)]
async fn a_brick_of_a_whole_set_may_go() {
    check(&[set(WHOLE)]).await.unwrap();
    check(&[("heal v info", Unreachable), set(WHOLE)]).await.unwrap();
    let own_glusterd_down = ("heal v info", refusal("v: Not able to fetch volfile from glusterd"));
    check(&[own_glusterd_down, set(WHOLE)]).await.unwrap();
    // It is away itself: that the others hold what it lacks is no surprise.
    check(&[set([(ON, "7"), (AWAY, "-"), (ON, "7")])]).await.unwrap();
    let nameless = ("information not available", AWAY, "-");
    check(&[heal(&[("10.10.10.17:/b0", ON, "0"), nameless, ("10.10.10.19:/b2", ON, "0")])]).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_brick_that_may_hold_the_good_copy_stays() {
    let source = "Cannot replace brick B as it is source brick for data to be healed";
    assert_eq!(refused(set([(ON, "0"), (ON, "1"), (ON, "0")])).await, source);
    // It may be the one that is to be healed, or the one to heal from: nobody says.
    assert_eq!(refused(set([(ON, "1"), (ON, "0"), (ON, "0")])).await, source);
    let cut = "Failed to process entries completely. (Input/output error)Number of entries: 3";
    assert_eq!(refused(set([(ON, "0"), (cut, ""), (ON, "0")])).await, source);
}

#[tokio::test(start_paused = true)]
async fn what_a_client_writes_at_the_moment_of_a_look_keeps_no_brick() {
    let writing = set([(ON, "1"), (ON, "1"), (ON, "0")]);
    check(&[writing, set([(ON, "0"), (ON, "1"), (ON, "0")]), set(WHOLE)]).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_brick_that_was_a_source_and_dies_at_the_next_look_stays() {
    let source = set([(ON, "0"), (ON, "3"), (ON, "0")]);
    let refused = check(&[source, set([(ON, "0"), (AWAY, "-"), (ON, "0")])]).await.unwrap_err();
    assert!(refused.text().ends_with("as it is source brick for data to be healed"), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn too_few_bricks_that_stay_keep_it_where_it_is() {
    let text =
        |online| format!("Cannot replace brick B as only {online} of 2 required peer bricks are online");
    assert_eq!(refused(set([(ON, "0"), (ON, "0"), (AWAY, "-")])).await, text(1));
    assert_eq!(refused(set([(AWAY, "-"), (AWAY, "-"), (ON, "3")])).await, text(1));
    assert_eq!(refused(heal(&[("10.10.10.18:/b1", ON, "0")])).await, text(0));
}

#[tokio::test(start_paused = true)]
async fn a_brick_that_nobody_knows_and_an_answer_that_says_nothing_stop_it() {
    let stranger = heal(&[("10.10.10.17:/srv/data", ON, "0")]);
    assert_eq!(refused(stranger).await, "Unable to determine heal status of brick");
    let words = ("heal v info", refusal(NOT_STARTED));
    let error = check(&[words; 3]).await.unwrap_err();
    assert_eq!(error.text(), format!("Unable to get heal info of volume : v : {NOT_STARTED}"));
    assert!(check(&[("heal v info", Lost); 3]).await.unwrap_err().host_failed());
}

#[tokio::test(start_paused = true)]
async fn the_only_copy_stays() {
    let (script, runner) = Script::new(&[]);
    let volume = replacement().volume;
    let alone = ReplacePlan {
        set: vec![volume.bricks[1].clone()],
        required: 1,
        volume: VolumePlan { durability: Durability::Distribute, ..volume },
        ..replacement()
    };
    let error = runner.apply(&Step::CheckHeal(alone.clone())).await.unwrap_err();
    assert!(error.text().ends_with(" as only 0 of 1 required peer bricks are online"));
    runner.apply(&Step::AwaitHeal(alone)).await.unwrap();
    assert!(script.ran().is_empty());
}

async fn wait(rules: &[Rule]) -> (Result<(), StepError>, u64) {
    let (script, runner) = Script::new(rules);
    let began = tokio::time::Instant::now();
    let done = runner.apply(&Step::AwaitHeal(replacement())).await.map(drop);
    script.assert_used_up();
    assert!(changes(&script).is_empty());
    (done, began.elapsed().as_secs())
}

#[tokio::test(start_paused = true)]
async fn healing_is_waited_for_until_two_looks_agree() {
    let (done, seconds) = wait(&[mended(WHOLE), mended(WHOLE)]).await;
    assert!(done.is_ok() && seconds == 1);

    let mending = mended([(ON, "5"), (ON, "0"), (ON, "5")]);
    let joining = mended([(ON, "0"), (AWAY, "-"), (ON, "0")]);
    let (done, seconds) =
        wait(&[joining, mended(WHOLE), mending, mending, mended(WHOLE), mended(WHOLE)]).await;
    assert!(done.is_ok());
    assert_eq!(seconds, 1 + 2 + 4 + 8 + 10, "the pause grows up to ten seconds");
}

#[tokio::test(start_paused = true)]
async fn a_brick_that_is_away_is_not_waited_for() {
    let away = mended([(ON, "0"), (ON, "0"), (AWAY, "-")]);
    assert!(wait(&[away, away]).await.0.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_is_nowhere_else_online_is_not_taken_for_healed() {
    let alone = mended([(AWAY, "-"), (ON, "0"), (AWAY, "-")]);
    assert!(wait(&[alone, alone, alone, mended(WHOLE), mended(WHOLE)]).await.0.is_ok());
    let (done, seconds) = wait(&[alone; 31]).await;
    let error = done.unwrap_err();
    assert!(error.text().starts_with("Nothing that brick 10.10.10.18:/new of volume v"), "{error:?}");
    assert!(matches!(error, StepError::InUse { .. }) && (200..400).contains(&seconds), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn an_arbiter_heals_no_data_and_a_dispersed_set_needs_as_many_parts_as_its_data() {
    let check = async |plan: ReplacePlan, states: [(&'static str, &'static str); 3], enough: bool| {
        let rules = if enough { vec![mended(states); 2] } else { vec![mended(states); 31] };
        let (script, runner) = Script::new(&rules);
        let done = runner.apply(&Step::AwaitHeal(plan)).await;
        script.assert_used_up();
        assert_eq!(done.is_ok(), enough, "{states:?} {done:?}");
    };
    let of = |durability, arbiter| {
        let plan = replacement();
        ReplacePlan { volume: VolumePlan { durability, arbiter, ..plan.volume.clone() }, ..plan }
    };
    let arbiter = || of(Durability::Replicate(3), true);
    check(arbiter(), [(ON, "0"), (ON, "0"), (AWAY, "-")], true).await;
    check(arbiter(), [(AWAY, "-"), (ON, "0"), (ON, "0")], false).await;
    let dispersed = || of(Durability::Disperse { data: 2, redundancy: 1 }, false);
    check(dispersed(), [(ON, "0"), (ON, "0"), (ON, "0")], true).await;
    check(dispersed(), [(ON, "0"), (ON, "0"), (AWAY, "-")], false).await;
}

#[tokio::test(start_paused = true)]
async fn looks_that_fail_are_repeated_but_not_for_ever() {
    let lost = [("heal v info", Lost); 3];
    let rules: Vec<Rule> = lost.into_iter().chain([mended(WHOLE), mended(WHOLE)]).collect();
    assert!(wait(&rules).await.0.is_ok());

    let away: Vec<Rule> = vec![("heal v info", Unreachable); 3 * 31];
    let (done, seconds) = wait(&away).await;
    assert!(done.unwrap_err().host_failed());
    assert!((200..400).contains(&seconds), "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn what_is_stopped_does_not_heal_and_what_is_gone_is_told() {
    let quiet = [("heal v info", refusal(NOT_STARTED)); 3];
    let with = |rules: &[Rule]| -> Vec<Rule> { quiet.into_iter().chain(in_pool(rules)).collect() };
    // Somebody stops it, and starts it again.
    let again: Vec<Rule> = with(&[STOPPED]).into_iter().chain([mended(WHOLE), mended(WHOLE)]).collect();
    let (done, seconds) = wait(&again).await;
    assert!(done.is_ok() && seconds == 1 + 2);
    let stopped: Vec<Rule> = (0..31).flat_map(|_| with(&[STOPPED])).collect();
    let error = wait(&stopped).await.0.unwrap_err();
    assert_eq!(error.text(), "Volume v is stopped: gluster does not heal it");
    assert!(matches!(error, StepError::InUse { .. }), "it is waited for in the background: {error:?}");

    let error = wait(&with(&[MISSING])).await.0.unwrap_err();
    assert_eq!(error.text(), "Volume v does not exist");

    // Started, but none of its bricks runs yet.
    let rules: Vec<Rule> = with(&[STARTED]).into_iter().chain([mended(WHOLE), mended(WHOLE)]).collect();
    assert!(wait(&rules).await.0.is_ok());
}

#[tokio::test(start_paused = true)]
async fn gluster_is_told_to_heal_again_what_it_has_left_for_a_minute() {
    let left = || mended([(ON, "0"), (ON, "0"), (ON, "3")]);
    // Looks after 1, 2, 4 and 8 seconds, and every ten from then on.
    let waits: Vec<Rule> = (0..10).map(|_| left()).collect();
    for answer in [Says("Launching heal operation"), RefusesAloud("Self-heal daemon is not running.")] {
        let told = [("volume heal v", answer)];
        let rules: Vec<Rule> =
            waits.iter().cloned().chain(told).chain([mended(WHOLE), mended(WHOLE)]).collect();
        let (script, runner) = Script::new(&rules);
        runner.apply(&Step::AwaitHeal(replacement())).await.unwrap();
        assert_eq!(changes(&script), ["volume heal v"]);
    }
}
