use super::Answer::{Lost, Refuses, Says};
use super::{Rule, Script, peer};
use crate::executor::settings::PeerSettings;
use crate::model::step::Step;

const JOINED: Rule = (
    "peer status",
    Says("Number of Peers: 1\n\nHostname: 10.10.10.18\nUuid: b0e2\nState: Peer in Cluster (Connected)\n"),
);

fn probe() -> Step {
    Step::ProbePeer { peer: peer(2), via: vec![peer(1)], was_member: false }
}

#[tokio::test]
async fn a_peer_is_probed_once_and_waited_for() {
    let settings = PeerSettings { snapshot_limit: 10, ..PeerSettings::default() };
    let (script, runner) = Script::with(settings, &[JOINED]);
    runner.apply(&probe()).await.unwrap();
    assert_eq!(
        script.ran(),
        [
            "gluster --mode=script --timeout=600 peer probe 10.10.10.18 [mortar-pool]",
            "gluster --mode=script --timeout=600 peer status",
            "gluster --mode=script --timeout=600 snapshot config snap-max-hard-limit 10 [mortar-pool]",
        ]
    );

    let (script, runner) = Script::new(&[("peer probe", Lost), JOINED]);
    runner.apply(&probe()).await.unwrap();
    assert_eq!(script.times("peer probe"), 2);
}

#[tokio::test]
async fn the_first_node_is_only_asked_whether_glusterd_runs() {
    let alone = Step::ProbePeer { peer: peer(1), via: Vec::new(), was_member: false };
    let (script, runner) = Script::new(&[]);
    runner.apply(&alone).await.unwrap();
    assert_eq!(script.ran(), ["systemctl is-active glusterd"]);

    let (_, runner) = Script::new(&[("systemctl", Refuses(3, ""))]);
    let error = runner.apply(&alone).await.unwrap_err();
    assert_eq!(error.text(), "New Node doesn't have glusterd running");

    let (script, runner) = Script::new(&[]);
    runner.undo(&alone, &[]).await.unwrap();
    assert!(script.ran().is_empty());
}

#[tokio::test]
async fn a_refused_probe_says_what_to_do_in_gluster_s_own_words_first() {
    let words = "peer probe: failed: Probe returned with Transport endpoint is not connected\n";
    let (_, runner) = Script::new(&[("peer probe", Refuses(1, words))]);
    let error = runner.apply(&probe()).await.unwrap_err();
    assert_eq!(error.text(), words);
    assert!(error.explanation().unwrap().contains("port 24007"));
}
