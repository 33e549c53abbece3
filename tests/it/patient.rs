//! The client program waits for a job over the end of its server: the job goes on in the next one.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::conformance::program::free_port;
use crate::support::operator::replica_3;
use crate::support::{Audit, Lab, settled};

const SOON: Duration = Duration::from_secs(60);

#[test]
fn a_delete_is_waited_for_over_a_kill_of_the_server() {
    let mut lab = Lab::new();
    // The next server listens where the client asks.
    lab.top_setting("port", json!(free_port().unwrap().to_string()));
    lab.start();
    lab.three_peers();
    let volume = lab.create(&replica_3(10)).unwrap().id;
    // Gluster has deleted it by then: there is no way back.
    lab.hold(&["lvremove"]);
    lab.restart();

    let mut client = Command::new(env!("CARGO_BIN_EXE_mortar"));
    client.args([&format!("--server={}", lab.url()), "volume", "delete", &volume]);
    let client = client.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    assert!(settled(SOON, || lab.was_polled()), "{}", lab.log_tail());
    lab.kill();
    lab.inject(None);
    lab.open_gate();
    lab.start();

    let done = client.wait_with_output().unwrap();
    assert!(done.status.success(), "{done:?}");
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(
        (said(&done.stdout), said(&done.stderr)),
        (format!("Volume {volume} deleted\n"), String::new())
    );
    Audit::new().clean_within(&lab, SOON);
}
