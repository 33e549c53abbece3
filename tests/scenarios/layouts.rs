//! Volumes of every durability: what a client writes is on the bricks as it should be, they grow, and they go.

use mortar::api::VolumeInfo;
use serde_json::json;

use super::{Mounted, Operator, Others, Part, Place};

/// A volume to make, and what `gluster volume info` says of its bricks.
const MADE: [(&str, &[&str], &str); 4] = [
    ("alone", &["--size=1", "--durability=none"], "1"),
    ("copied", &["--size=1", "--replica=3"], "1 x 3 = 3"),
    ("arbitrated", &["--size=1", "--gluster-volume-options=user.heketi.arbiter true"], "1 x (2 + 1) = 3"),
    (
        "dispersed",
        &["--size=2", "--durability=disperse", "--disperse-data=2", "--redundancy=1"],
        "1 x (2 + 1) = 3",
    ),
];

pub fn every_durability_keeps_what_a_client_wrote_and_leaves_nothing<P: Place>(place: &mut P) {
    place.start_with_topology();
    for (name, flags, layout) in MADE {
        let volume = place.create(name, flags);
        assert_eq!(place.layout(name), layout, "{name}");
        keeps_what_is_written(place, &volume);
    }
    let arbiter = place.by_name("arbitrated");
    let mut sizes: Vec<u64> = arbiter.bricks.iter().map(|brick| brick.size).collect();
    sizes.sort_unstable();
    assert!(sizes[0] < 512 * 1024, "the arbiter is small: {sizes:?} KiB");
    assert!(sizes[1..].iter().all(|&size| size == 1024 * 1024), "the others hold all: {sizes:?} KiB");
    place.audit(&Others::default());

    grows(place, &place.by_name("copied"));
    for volume in place.volumes() {
        place.delete(&volume);
    }
    assert!(place.volumes().is_empty());
    place.audit(&Others::default());
}

/// A client writes, another one that remembers nothing reads, and each brick has its part.
fn keeps_what_is_written<P: Place>(place: &P, volume: &VolumeInfo) {
    let files = [("greeting", "hello from a client\n".to_owned()), ("letters", letters(volume))];
    let client = place.mount(&volume.name);
    files.iter().for_each(|(name, text)| client.write(name, text));
    client.unmount();
    let client = place.mount(&volume.name);
    for (name, text) in &files {
        assert!(client.read(name) == *text, "{name} of {} is another one", volume.name);
    }
    if let Some(size) = client.size() {
        // Less what the file systems of the bricks take for themselves.
        let full = (1 << 30) * volume.size.unsigned_abs();
        assert!((full * 9 / 10..=full).contains(&size), "{size} bytes of {full}");
    }
    client.unmount();
    let smallest = volume.bricks.iter().map(|brick| brick.size).min();
    for brick in &volume.bricks {
        let part = match volume.name.as_str() {
            "dispersed" => Part::Half,
            "arbitrated" if Some(brick.size) == smallest => Part::Name,
            _ => Part::All,
        };
        let (peer, path) = (place.peer_of(brick), format!("{}/letters", brick.path));
        assert!(place.holds(peer, &path, &files[1].1, part), "{path} should hold {part:?}");
    }
}

/// 1 MiB of text, another one for each volume.
fn letters(volume: &VolumeInfo) -> String {
    let lines = (0..).map(|number| format!("{number:>14} {}\n", volume.id));
    lines.take((1 << 20) / 48).collect::<String>() + &" ".repeat((1 << 20) % 48)
}

fn grows<P: Place>(place: &P, volume: &VolumeInfo) {
    let (grown, text) = place.mortar(&["volume", "expand", "--expand-size=1", &volume.id]);
    assert!(grown, "{text}");
    assert_eq!(place.layout(&volume.name), "2 x 3 = 6");
    let now = place.by_name(&volume.name);
    assert_eq!((now.size, now.bricks.len()), (2, 6));
    place.wait_until("the rebalance to end", || {
        let status = place.look(1, &["gluster", "volume", "rebalance", &volume.name, "status"]);
        status.is_ok_and(|status| status.contains(" completed ") && !status.contains(" in progress "))
    });
    let client = place.mount(&volume.name);
    assert!(client.read("letters") == letters(volume), "it has changed");
    client.unmount();
    let (told, text) = place.mortar(&["volume", "info", &volume.id]);
    assert!(told && text.contains("Size: 2\n") && text.contains("Durability Type: replicate\n"), "{text}");
    let durability = &place.get(&format!("/volumes/{}", volume.id))["durability"];
    assert_eq!((&durability["type"], &durability["replicate"]["replica"]), (&json!("replicate"), &json!(3)));
    place.audit(&Others::default());
}
