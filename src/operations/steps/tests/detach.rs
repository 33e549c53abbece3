use super::Answer::{Refuses, Says};
use super::{Rule, Script, peer};
use crate::model::step::Step;

const NO_VOLUMES: Rule = (
    "volume info",
    Says(
        "<cliOutput><opRet>0</opRet><opErrno>0</opErrno><opErrstr/><volInfo><volumes><count>0</count></volumes></volInfo></cliOutput>",
    ),
);

/// `certs` has bricks on both peers, `own` on the second one alone.
const VOLUMES: Rule = (
    "volume info",
    Says(
        "<cliOutput><opRet>0</opRet><opErrno>0</opErrno><opErrstr/><volInfo><volumes>\
         <volume><name>certs</name><statusStr>Started</statusStr><bricks><brick><name>10.10.10.17:/data/certs</name></brick>\
         <brick><name>10.10.10.18:/data/certs</name></brick></bricks></volume>\
         <volume><name>own</name><statusStr>Started</statusStr><bricks><brick><name>10.10.10.18:/data/own</name></brick></bricks></volume>\
         <count>2</count></volumes></volInfo></cliOutput>",
    ),
);

const OWN_ALONE: Rule = (
    "volume info",
    Says(
        "<cliOutput><opRet>0</opRet><opErrno>0</opErrno><opErrstr/><volInfo><volumes>\
         <volume><name>own</name><statusStr>Started</statusStr><bricks><brick><name>10.10.10.18:/data/own</name></brick></bricks></volume>\
         <count>1</count></volumes></volInfo></cliOutput>",
    ),
);

const CONNECTED: Rule = (
    "peer status",
    Says("Number of Peers: 1\n\nHostname: 10.10.10.18\nUuid: b0e2\nState: Peer in Cluster (Connected)\n"),
);
const AWAY: Rule = (
    "peer status",
    Says("Number of Peers: 1\n\nHostname: 10.10.10.18\nUuid: b0e2\nState: Peer in Cluster (Disconnected)\n"),
);

const DOWN: Rule = (
    "peer detach",
    Refuses(1, "peer detach: failed: One of the peers is probably down. Check with 'peer status'\n"),
);

fn detach(retired: &[&str], unwanted: &[&str]) -> Step {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Step::DetachPeer { peer: peer(2), via: vec![peer(1)], retired: owned(retired), unwanted: owned(unwanted) }
}

#[tokio::test]
async fn what_gluster_says_of_a_peer_that_cannot_leave_is_understood() {
    for words in [
        "peer detach: failed: 10.10.10.18 is not part of cluster\n",
        "peer detach: failed: Peer 10.10.10.18 hosts one or more bricks. If the peer is in not recoverable state\n",
        "peer detach: failed: Brick(s) with the peer 10.10.10.18 exist in cluster\n",
    ] {
        let (_, runner) = Script::new(&[NO_VOLUMES, ("peer detach", Refuses(1, words))]);
        runner.apply(&detach(&[], &[])).await.unwrap();
    }
}

#[tokio::test]
async fn a_peer_with_bricks_of_others_stays_in_the_pool_also_where_gluster_would_drop_them() {
    for volumes in [VOLUMES, OWN_ALONE] {
        let (script, runner) = Script::new(&[volumes, CONNECTED]);
        runner.apply(&detach(&[], &[])).await.unwrap();
        assert_eq!(script.times("peer detach"), 0);
    }
}

#[tokio::test]
async fn a_peer_that_is_away_leaves_with_what_is_to_go_but_not_with_what_others_have_there() {
    let (script, runner) = Script::new(&[OWN_ALONE, AWAY]);
    runner.apply(&detach(&[], &["own"])).await.unwrap();
    assert_eq!(script.times("peer detach"), 1);

    for (volumes, unwanted, named) in
        [(VOLUMES, &["own"][..], "certs"), (VOLUMES, &[], "certs, own"), (OWN_ALONE, &[], "own")]
    {
        let (script, runner) = Script::new(&[volumes, AWAY]);
        let refused = runner.apply(&detach(&[], unwanted)).await.unwrap_err();
        assert!(refused.text().ends_with(&format!("bricks of other volumes on it: {named}")), "{refused:?}");
        assert_eq!(script.times("peer detach"), 0);
    }
}

#[tokio::test]
async fn a_peer_that_is_up_leaves_when_the_volumes_on_it_that_are_to_go_are_gone() {
    let (script, runner) = Script::new(&[OWN_ALONE, CONNECTED]);
    let refused = runner.apply(&detach(&[], &["own"])).await.unwrap_err();
    assert!(refused.text().contains("volume own, which is still being deleted"), "{refused:?}");
    assert_eq!(script.times("peer detach"), 0);
}

#[tokio::test]
async fn a_peer_leaves_by_force_only_while_none_is_down_that_comes_back() {
    let (script, runner) = Script::new(&[NO_VOLUMES, DOWN, AWAY]);
    assert!(runner.apply(&detach(&["10.10.10.19"], &[])).await.unwrap_err().is_temporary());
    assert_eq!(script.times("force"), 0);

    let (script, runner) = Script::new(&[NO_VOLUMES, DOWN, AWAY]);
    runner.apply(&detach(&["10.10.10.18"], &[])).await.unwrap();
    assert_eq!(script.times("peer detach 10.10.10.18 force"), 1);
}

#[tokio::test]
async fn another_name_of_the_peer_that_is_asked_leaves_nothing_to_do_whatever_others_have_there() {
    let alone = ("peer status", Says("Number of Peers: 0\n"));
    let words = "peer detach: failed: 10.10.10.18 is localhost\n";
    let (script, runner) = Script::new(&[VOLUMES, alone, ("peer detach", Refuses(1, words))]);
    runner.apply(&detach(&[], &[])).await.unwrap();
    assert_eq!(script.times("peer detach"), 1);
}

#[tokio::test]
async fn a_rejected_peer_that_answers_keeps_the_bricks_of_others() {
    let rejected = (
        "peer status",
        Says("Number of Peers: 1\n\nHostname: 10.10.10.18\nUuid: b0e2\nState: Peer Rejected (Connected)\n"),
    );
    let (script, runner) = Script::new(&[OWN_ALONE, rejected]);
    runner.apply(&detach(&[], &[])).await.unwrap();
    assert_eq!(script.times("peer detach"), 0);
}
