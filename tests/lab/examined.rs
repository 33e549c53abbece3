//! What real peers tell of themselves is understood, and what was done to them by hand is found.

use crate::peers::{ADDRESSES, on};
use crate::scenarios::Operator as _;
use crate::server::Server;

/// The lines of a report, without those that any report has.
fn lines(server: &Server) -> Vec<String> {
    let found = server.get("/internal/state/examine/gluster");
    let report = found["report"].as_array().expect("a report");
    let lines = report.iter().map(|line| line.as_str().expect("a line").to_owned());
    lines.filter(|line| !line.starts_with("OnDemand ") && !line.starts_with("heketi volume list ")).collect()
}

fn create(server: &Server, words: &[&str]) {
    let (done, text) = server.mortar(&[&["volume"], words].concat());
    assert!(done, "{text}");
}

#[test]
#[ignore = "needs the lab: make test-all"]
fn an_examination_finds_what_was_done_by_hand_and_nothing_else() {
    let server = Server::with_topology();
    create(&server, &["create", "--size=1", "--name=data", "--snapshot-factor=1.5"]);
    let ids = server.client().volume_list().expect("the volumes").volumes;
    create(&server, &["clone", &ids[0], "--name=copy"]);
    assert_eq!(lines(&server), Vec::<String>::new());

    let data = server.client().volume_info(&ids[0]).expect("the volume");
    let brick_on = |peer: usize| {
        let on_it = data.bricks.iter().find(|brick| {
            let node = server.client().node_info(&brick.node).expect("its node");
            node.hostnames.manage[0] == ADDRESSES[peer - 1]
        });
        on_it.expect("a brick on each peer")
    };
    on(1, "gluster --mode=script volume stop copy force");
    let (away, listed) = (brick_on(2), brick_on(3));
    on(2, &format!("umount --lazy {}", away.path.trim_end_matches("/brick")));
    on(3, &format!("sed --in-place /brick_{}/d /etc/fstab", listed.id));
    on(1, &format!("lvm lvcreate -qq -L 64M -n mine vg_{}", brick_on(1).device));

    let expected = [
        vec!["volume copy is Stopped".to_owned()],
        vec![format!("vg_{}/mine", brick_on(1).device), ADDRESSES[0].to_owned(), "lvremove".to_owned()],
        vec![away.id.clone(), ADDRESSES[1].to_owned(), "is not mounted on".to_owned()],
        vec![listed.id.clone(), ADDRESSES[2].to_owned(), "has no line in /etc/fstab".to_owned()],
    ];
    let found = lines(&server);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for words in expected {
        let says_all = |line: &String| words.iter().all(|word| line.contains(word));
        assert!(found.iter().any(says_all), "{words:?} in {found:#?}");
    }
}
