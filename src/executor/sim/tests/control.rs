//! What a test does behind the server's back.

use super::*;
use crate::executor::lvm::parse_pvs;
use crate::executor::system;

#[tokio::test]
async fn the_control_file_is_followed_once() {
    let lab = lab(Flavour::Strict);
    let handle = SimHandle::new(&lab.file);
    let op = |action| ControlOp { host: "a".to_owned(), action };
    handle.send(&op(Action::Append { path: "/etc/fstab".into(), text: "# no line feed".into() })).unwrap();
    assert_eq!(lab.ok("a", "tail --bytes=1 /etc/fstab").await, "d");
    let lab = lab.reopened(Flavour::Strict);
    lab.append("a", "\nx\n").await;
    assert_eq!(lab.ok("a", "cat /etc/fstab").await, "# no line feed\nx\n");
    let json = serde_json::to_string(&op(Action::Refuse { why: Some(Refusal::HostKey) })).unwrap();
    assert_eq!(json, r#"{"host":"a","op":"refuse","why":"host_key"}"#);
    handle.send(&op(Action::Hang { on: true })).unwrap();
    assert!(matches!(lab.send("a", command("true")).await, Err(RemoteError::OutcomeUnknown { .. })));
    handle.send(&op(Action::Hang { on: false })).unwrap();
    handle.send(&op(Action::Refuse { why: Some(Refusal::Key) })).unwrap();
    let Err(RemoteError::Unreachable { source, .. }) = lab.send("a", command("true")).await else { panic!() };
    assert_eq!(source.to_string(), "Permission denied (publickey).");
}

#[tokio::test]
async fn other_peoples_things_can_be_there() {
    let lab = lab(Flavour::Strict);
    lab.three().await;
    let volumes = vec![NewVolume { name: "x".into(), size_kib: 8192 }];
    lab.control("m1", Action::ForeignGroup { path: "/dev/vde".into(), group: "data".into(), volumes });
    let pvs = lab.ok("m1", &format!("/usr/sbin/lvm pvs {REPORT} pv_name,pv_uuid,vg_name")).await;
    assert_eq!(parse_pvs(&pvs).unwrap().len(), 2);
    let lsblk =
        lab.ok("m1", "lsblk --json --bytes --paths --output NAME,TYPE,SIZE,FSTYPE,MOUNTPOINT /dev/vde").await;
    assert_eq!(system::parse_lsblk(&lsblk).unwrap().children[0].name, "/dev/mapper/data-x");
    let bricks = vec!["s1:/data/static".to_owned(), "s2:/data/static".to_owned()];
    lab.control(
        "m1",
        Action::ForeignVolume { name: "static".into(), bricks, started: true, options: vec![] },
    );
    assert_eq!(lab.dump().volume("static").unwrap().status, "Started");
    lab.control("m1", Action::Fill { path: "/dev/vdd".into(), leave_kib: 1_052_672 });
    let next = LVCREATE.replace("brick_b", "brick_c").replace("tp_q", "tp_c");
    lab.says("m1", &next, 5, "Insufficient free space: 258 extents needed, but only 257 available").await;
    lab.control("m1", Action::Hold { at: BRICK.into(), held: true });
    lab.says("m1", &format!("umount {BRICK}"), 32, "target is busy").await;
}

#[tokio::test]
async fn a_machine_has_all_its_names_whichever_came_first() {
    let lab = lab(Flavour::Strict);
    lab.control("s1", Action::Format { path: "/dev/vdd".into(), fs: "ext4".into() });
    lab.ok("m2", "systemctl is-active glusterd").await;
    lab.control("s2", Action::Format { path: "/dev/vdd".into(), fs: "ext4".into() });
    for (manage, storage) in [("m1", "s1"), ("m2", "s2"), ("m1", "s1")] {
        lab.peers.introduce(manage, storage);
        let found = lab.ok(manage, "wipefs --no-act --json /dev/vdd").await;
        assert_eq!(system::parse_signatures(&found).unwrap(), ["ext4"], "{manage}");
    }
    assert_eq!(lab.dump().host("m1").unwrap().names, ["s1", "m1"]);
}
