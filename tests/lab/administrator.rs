//! An administrator works on a peer by hand, without a pause, while the server does.

use mortar::api::VolumeInfo;
use serde_json::json;

use crate::audit;
use crate::peers::{on, try_on};
use crate::scenarios::Operator as _;
use crate::server::{PATIENCE, Server, wait_until};

/// What he does: `status` locks all volumes of the pool, `set` one. What was refused he does again.
const BY_HAND: &str = "\
touch /tmp/at-work; setsid sh -c '\
while [ -e /tmp/at-work ]; do n=$((n + 1)); \
if gluster volume status; then echo status >>/tmp/by-hand; fi; \
if gluster --mode=script volume set his user.note $n; then echo set >>/tmp/by-hand; fi; \
done; touch /tmp/at-home' </dev/null >/dev/null 2>&1 &";

/// How many changes are asked for at the same time.
const AT_ONCE: usize = 5;

/// Lets him go home: how often each of the two has succeeded.
fn ends() -> [usize; 2] {
    on(2, "rm /tmp/at-work");
    wait_until(PATIENCE, "his last command to end", || try_on(2, "test -e /tmp/at-home").is_ok());
    let done = on(2, "cat /tmp/by-hand");
    ["status", "set"].map(|command| done.lines().filter(|line| *line == command).count())
}

/// Begins all, then waits for all: the answers that are not so.
fn other_than(server: &Server, status: u16, jobs: &[String]) -> Vec<String> {
    let answers = jobs.iter().map(|job| server.finished(job));
    answers.filter(|(answer, _)| *answer != status).map(|(answer, text)| format!("{answer} {text}")).collect()
}

#[test]
#[ignore = "needs the lab: make test-all"]
fn ten_creates_and_ten_deletes_succeed_while_an_administrator_uses_gluster_by_hand() {
    let server = Server::patient();
    server.create("his", &["--size=1"]);
    on(2, BY_HAND);

    let mut failed = Vec::new();
    for round in 0..10 / AT_ONCE {
        let create = |number| {
            let name = format!("v{round}-{number}");
            let durability = json!({"type": "replicate", "replicate": {"replica": 3}});
            server.begin("POST", "/volumes", &json!({"size": 1, "name": name, "durability": durability}))
        };
        failed.extend(other_than(&server, 303, &(0..AT_ONCE).map(create).collect::<Vec<_>>()));
    }
    assert!(failed.is_empty(), "{} of 10 creates failed: {failed:#?}", failed.len());
    let made: Vec<VolumeInfo> = server.volumes().into_iter().filter(|volume| volume.name != "his").collect();
    assert_eq!(made.len(), 10);
    for some in made.chunks(AT_ONCE) {
        let delete =
            |volume: &VolumeInfo| server.begin("DELETE", &format!("/volumes/{}", volume.id), &json!({}));
        failed.extend(other_than(&server, 204, &some.iter().map(delete).collect::<Vec<_>>()));
    }
    let [status, set] = ends();
    eprintln!("by hand meanwhile: {status} times status, {set} times set; failed: {}", failed.len());
    assert!(failed.is_empty(), "{} of 10 deletes failed: {failed:#?}", failed.len());
    assert!(status > 0 && set > 0, "he was kept from his work: {status} and {set}");
    assert!(on(1, "gluster volume info his").contains("user.note: "));
    server.rests();
    audit::is_clean(&server);
}
