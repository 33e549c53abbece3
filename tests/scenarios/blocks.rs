//! Block volumes where nobody has installed gluster-block, which Debian does not package.

use mortar::api::VolumeInfo;

use super::{ADDRESSES, Operator, Others, Place};

pub fn peers_without_gluster_block_are_named_and_no_room_is_lost<P: Place>(place: &mut P) {
    place.start_with_topology();
    place.do_without_gluster_block();
    let hosting = place.create("hosting", &["--size=10", "--replica=3", "--block"]);
    let room = |volume: &VolumeInfo| (volume.blockinfo.freesize, volume.blockinfo.reservedsize);
    assert_eq!(room(&hosting), (9, 1));
    let (made, text) = place.mortar(&["blockvolume", "create", "--size=5", "--ha=3"]);
    assert!(!made, "{text}");
    let expected = ["gluster-block is not installed on", "Install it"];
    for words in expected.iter().chain(&ADDRESSES) {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    assert_eq!(room(&place.by_name("hosting")), (9, 1), "what was reserved is free again");
    place.audit(&Others::default());
    place.delete(&hosting);
    assert!(place.volumes().is_empty());
    place.audit(&Others::default());
}
