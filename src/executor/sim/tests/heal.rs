//! Bricks that are replaced, and healing.

use super::*;
use crate::executor::gluster::{self, HealBrick};

const HEAL: &str = "gluster volume heal v info --xml";

impl Lab {
    async fn healing(&self) -> Vec<HealBrick> {
        gluster::parse_heal_info(&self.ok("m1", HEAL).await).unwrap().unwrap()
    }

    async fn entries(&self) -> Vec<Option<u64>> {
        self.healing().await.into_iter().map(|brick| brick.entries).collect()
    }
}

fn old() -> String {
    format!("s2:{BRICK}/brick")
}

fn new() -> String {
    format!("s2:{}/brick", BRICK.replace("_b", "_c"))
}

fn replace() -> String {
    format!("gluster --mode=script volume replace-brick v {} {} commit force", old(), new())
}

#[tokio::test]
async fn a_new_brick_gets_what_its_set_holds_look_by_look() {
    let lab = lab(Flavour::Strict);
    lab.three().await;
    lab.make_volume().await;
    for host in ["m1", "m3"] {
        lab.ok(host, &format!("chown :2000 {BRICK}/brick")).await;
    }
    lab.ok("m1", "gluster volume start v").await;
    lab.control("m1", Action::WriteFile { volume: "v".into(), name: "hello".into() });
    assert_eq!(lab.entries().await, [Some(0); 3]);
    lab.make_other_brick("m2", 'c').await;
    let said = lab.ok("m1", &replace()).await;
    assert_eq!(said, "volume replace-brick: success: replace-brick commit force operation successful\n");
    assert_eq!(lab.dump().volume("v").unwrap().bricks[1], new());
    // The old one is not in use any more, the new one is.
    lab.ok("m2", &format!("umount {BRICK}")).await;
    lab.says("m2", &format!("umount {}", BRICK.replace("_b", "_c")), 32, "target is busy").await;

    let lab = lab.reopened(Flavour::Strict);
    assert_eq!(lab.entries().await, [Some(2), Some(0), Some(2)]);
    lab.says("m2", &format!("test -e {}/hello", &new()[3..]), 1, "").await;
    assert_eq!(lab.entries().await, [Some(1), Some(0), Some(1)]);
    assert_eq!(lab.entries().await, [Some(0); 3]);
    lab.ok("m2", &format!("test -e {}/hello", &new()[3..])).await;
    assert_eq!(lab.ok("m2", &format!("stat --format=%g:%a {}", &new()[3..])).await, "2000:755\n");
    assert!(lab.dump().volume("v").unwrap().pending.is_empty());
}

#[tokio::test]
async fn a_replacement_is_refused_in_glusters_own_words() {
    let lab = lab(Flavour::Strict);
    lab.three().await;
    lab.make_volume().await;
    let failed = "volume replace-brick: failed: ";
    lab.says("m1", &replace(), 1, &format!("{failed}volume: v is not started")).await;
    lab.ok("m1", "gluster volume start v").await;
    lab.says("m1", &replace().replace(" v ", " w "), 1, &format!("{failed}volume: w does not exist")).await;
    lab.says("m1", &replace(), 1, "Failed to create brick directory for brick s2").await;
    let strange = replace().replace("s2:", "s9:");
    lab.says("m1", &strange, 1, &format!("brick: s9:{BRICK}/brick does not exist in volume: v")).await;
    let strange = replace().replace(&new(), &new().replace("s2", "s9"));
    lab.says("m1", &strange, 1, "Host s9 is not in 'Peer in Cluster' state").await;
    lab.make_other_brick("m2", 'c').await;
    let used = replace().replace(&new(), &format!("s3:{BRICK}/brick"));
    lab.says("m1", &used, 1, "Brick may be containing or be contained by an existing brick.").await;
    lab.control("m2", Action::Glusterd { running: false });
    lab.says("m1", &replace(), 1, &format!("{failed}Host s2 not connected")).await;
    // A peer that is away loses its brick to another one.
    lab.make_other_brick("m3", 'c').await;
    lab.ok("m1", &replace().replace(&new(), &new().replace("s2", "s3"))).await;
    lab.says("m1", &replace(), 1, "does not exist in volume: v").await;

    lab.ok("m1", "gluster volume stop v force").await;
    lab.make_other_brick("m1", 'd').await;
    let alone = format!("s1:{}/brick", BRICK.replace("_b", "_d"));
    lab.ok("m1", &format!("gluster volume create single {alone}")).await;
    lab.ok("m1", "gluster volume start single").await;
    let single = format!("gluster volume replace-brick single {alone} {alone} commit force");
    lab.says("m1", &single, 1, "replace-brick is not permitted on distribute only volumes.").await;
}

#[tokio::test]
async fn healing_shows_who_is_away_and_what_a_test_has_set() {
    let lab = lab(Flavour::Strict);
    lab.three().await;
    lab.make_volume().await;
    let refusal = |answer: Result<String, RemoteError>| match answer {
        Err(RemoteError::Exited { stdout, .. }) => gluster::parse_heal_info(&stdout).unwrap().unwrap_err(),
        other => panic!("{other:?}"),
    };
    let said = refusal(lab.send("m1", command(HEAL)).await);
    assert_eq!(said, "Volume v is not started (Or) All the bricks are not running.");
    lab.ok("m1", "gluster volume start v").await;
    let set = |entries| Action::Heal { volume: "v".into(), brick: old(), entries };
    lab.control("m1", set(7));
    let lab = lab.reopened(Flavour::Strict);
    for _ in 0..3 {
        assert_eq!(lab.entries().await, [Some(0), Some(7), Some(0)]);
    }
    assert_eq!(lab.dump().volume("v").unwrap().pending, [(old(), 7)].into());
    lab.control("m2", Action::Power { on: false });
    let found = lab.healing().await;
    assert!(!found[1].connected && found[1].entries.is_none() && found[0].connected);
    let plain = lab.ok("m1", "gluster volume heal v info").await;
    assert!(plain.contains("Status: Transport endpoint is not connected\nNumber of entries: -\n"));
    lab.control("m1", set(0));
    assert!(lab.dump().volume("v").unwrap().pending.is_empty());
    let op = ControlOp {
        host: "m1".into(),
        action: Action::Heal { volume: "v".into(), brick: "s9:/b".into(), entries: 1 },
    };
    assert!(lab.peers.control(&op).is_err());
    let json = serde_json::to_string(&ControlOp { host: "m1".into(), action: set(7) }).unwrap();
    assert_eq!(json, format!(r#"{{"host":"m1","op":"heal","volume":"v","brick":"{}","entries":7}}"#, old()));
}

/// A volume whose second brick has just been replaced by one that is mounted again after a restart.
async fn replaced() -> Lab {
    let lab = lab(Flavour::Strict);
    lab.three().await;
    lab.make_volume().await;
    lab.ok("m1", "gluster volume start v").await;
    lab.make_other_brick("m2", 'c').await;
    lab.append("m2", "/dev/mapper/vg_d-brick_c /var/lib/heketi/mounts/vg_d/brick_c xfs rw 1 2\n").await;
    lab.ok("m1", &replace()).await;
    lab
}

#[tokio::test]
async fn a_new_brick_whose_mark_nobody_had_written_is_lost_with_the_power() {
    let lab = replaced().await;
    lab.control("m2", Action::Power { on: false });
    lab.control("m2", Action::Power { on: true });
    assert_eq!(lab.entries().await, [Some(2), None, Some(2)]);
    let brick = "/var/lib/heketi/mounts/vg_d/brick_c/brick";
    lab.says("m2", &format!("sync {brick} {brick}/.glusterfs"), 1, ".glusterfs': No such file or directory")
        .await;
}

#[tokio::test]
async fn a_new_brick_that_is_away_is_healed_when_it_is_back() {
    let lab = replaced().await;
    let brick = "/var/lib/heketi/mounts/vg_d/brick_c/brick";
    lab.ok("m2", &format!("sync {brick} {brick}/.glusterfs")).await;
    lab.control("m2", Action::Power { on: false });
    for _ in 0..3 {
        assert_eq!(lab.entries().await, [Some(2), None, Some(2)]);
    }
    lab.control("m2", Action::Power { on: true });
    assert_eq!(lab.entries().await, [Some(2), Some(0), Some(2)]);
    assert_eq!(lab.entries().await, [Some(1), Some(0), Some(1)]);
    assert_eq!(lab.entries().await, [Some(0); 3]);
}
