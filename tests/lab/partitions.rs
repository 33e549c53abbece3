//! Peers that are cut off from the network, while nothing happens to them themselves.

use std::time::Instant;

use mortar::api::VolumeInfo;
use serde_json::json;

use crate::audit;
use crate::mounts::Mounted;
use crate::peers::{ADDRESSES, lab};
use crate::requests::ask;
use crate::scenarios::{Mounted as _, Operator as _};
use crate::server::Server;

fn link(peer: usize, state: &str) {
    lab(&["link", &peer.to_string(), state]);
}

/// A create that needs the peers that are away ends, and says which of them it could not do without.
fn is_refused(server: &Server, name: &str, away: &[usize]) {
    let begun = Instant::now();
    let body =
        json!({"size": 1, "name": name, "durability": {"type": "replicate", "replicate": {"replica": 3}}});
    let answer = ask(server, "POST", "/volumes", &body).expect("the server answers");
    eprintln!("without {away:?}: {} after {} s: {}", answer.status, begun.elapsed().as_secs(), answer.text);
    assert_eq!(answer.status, 500, "{}", answer.text);
    let is_named = |peer: &usize| answer.text.contains(ADDRESSES[peer - 1]);
    assert!(away.iter().any(is_named), "none of the peers {away:?} is named in {}", answer.text);
    assert!(server.volumes().iter().all(|volume| volume.name != name));
}

/// A delete that cannot end says that it goes on.
fn goes_on(server: &Server, volume: &VolumeInfo) {
    let path = format!("/volumes/{}", volume.id);
    let answer = ask(server, "DELETE", &path, &json!({})).expect("the server answers");
    eprintln!("delete: {} {}", answer.status, answer.text);
    assert_eq!(answer.status, 500, "{}", answer.text);
    assert!(answer.text.contains("in the background"), "{}", answer.text);
    assert!(server.volumes().iter().all(|other| other.id != volume.id), "it is not shown any more");
}

#[test]
#[ignore = "needs the lab: make test-all"]
fn one_peer_and_then_two_are_cut_off_and_nothing_is_lost() {
    let server = Server::with_topology();
    let kept = server.create("kept", &["--size=1"]);
    let unwanted = [server.create("first", &["--size=1"]), server.create("second", &["--size=1"])];
    let client = Mounted::new(&format!("{}:kept", ADDRESSES[0]));
    client.write("before", "all peers were there\n");

    link(3, "down");
    is_refused(&server, "without-one", &[3]);
    goes_on(&server, &unwanted[0]);
    client.write("meanwhile", "two of three were there\n");
    assert_eq!(client.read("before"), "all peers were there\n");

    link(2, "down");
    is_refused(&server, "without-two", &[2, 3]);
    goes_on(&server, &unwanted[1]);
    assert_eq!(server.volumes().iter().map(|volume| &volume.id).collect::<Vec<_>>(), [&kept.id]);

    [2, 3].iter().for_each(|peer| link(*peer, "up"));
    server.rests();
    audit::is_clean(&server);
    for (name, text) in [("before", "all peers were there\n"), ("meanwhile", "two of three were there\n")] {
        assert_eq!(client.read(name), text);
    }
    client.write("afterwards", "all of them are there again\n");
    client.unmount();

    let made = server.create("afterwards", &["--size=1"]);
    audit::is_clean(&server);
    [&made, &kept].iter().for_each(|volume| server.delete(volume));
    assert!(server.volumes().is_empty());
    audit::is_clean(&server);
}
