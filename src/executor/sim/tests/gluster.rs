//! Volumes as gluster has them.

use super::*;
use crate::executor::gluster;

#[tokio::test]
async fn a_volume_lives_and_gluster_refuses_in_its_own_words() {
    let lab = lab(Flavour::Strict);
    lab.three().await;
    assert!(gluster::is_in_cluster(&lab.ok("m2", "gluster --mode=script peer status").await, "s1"));
    let probed = lab.ok("m1", "gluster --mode=script peer probe s2").await;
    assert_eq!(probed, "peer probe: Host s2 port 24007 already in peer list\n");
    lab.make_volume().await;
    let info = || async {
        gluster::parse_volume_info(&lab.ok("m3", "gluster --mode=script volume info v --xml").await).unwrap()
    };
    assert_eq!(info().await[0].bricks[2], format!("s3:{BRICK}/brick"));
    lab.says(
        "m1",
        &format!("gluster volume create v s1:{BRICK}/brick"),
        1,
        "volume create: v: failed: Volume v already exists",
    )
    .await;
    lab.says(
        "m1",
        &format!("gluster volume create w s1:{BRICK}/brick"),
        1,
        "brick is already part of a volume",
    )
    .await;
    lab.says(
        "m1",
        &format!("gluster volume create w s9:{BRICK}/brick"),
        1,
        "is not in 'Peer in Cluster' state",
    )
    .await;
    lab.says("m1", &format!("gluster volume create w s1:{BRICK}"), 1, "is a mount point").await;
    lab.says("m1", "gluster volume create w s1:/srv/b", 1, "root partition").await;
    lab.says(
        "m1",
        "gluster volume set v no.such x",
        1,
        "volume set: failed: option : no.such does not exist",
    )
    .await;
    lab.ok("m1", "gluster volume set v nfs.disable on user.heketi.id abc").await;
    lab.ok("m1", "gluster volume set v group gluster-block").await;
    assert_eq!(info().await[0].option("user.heketi.id"), Some("abc"));
    lab.ok("m1", "gluster volume start v").await;
    assert!(info().await[0].started);
    let stored = lab.ok("m2", "cat /var/lib/glusterd/vols/v/info").await;
    assert_eq!(gluster::parse_stored_bricks(&stored).len(), 3);
    lab.says("m1", "gluster volume start v", 1, "Volume v already started").await;
    lab.says("m1", "gluster volume delete v", 1, "Volume needs to be stopped before deletion").await;
    lab.says("m2", &format!("umount {BRICK}"), 32, "target is busy").await;
    lab.says("m1", "gluster peer detach s2", 1, "hosts one or more bricks").await;
    let find = format!(
        "find {BRICK}/brick -mindepth 1 -maxdepth 1 -not -name .glusterfs -not -name .glusterfs-anonymous-inode-* -not -name .trashcan -print -quit"
    );
    assert_eq!(lab.ok("m2", &find).await, "");
    lab.control("m1", Action::WriteFile { volume: "v".into(), name: "hello".into() });
    assert_eq!(lab.ok("m2", &find).await, format!("{BRICK}/brick/hello\n"));
    lab.ok("m1", "gluster volume stop v force").await;
    lab.says("m1", "gluster volume stop v", 1, "is not in the started state").await;
    lab.control("m3", Action::Power { on: false });
    lab.says("m1", "gluster volume delete v", 1, "volume delete: v: failed: Some of the peers are down")
        .await;
    assert!(matches!(lab.send("m3", command("true")).await, Err(RemoteError::Unreachable { .. })));
    lab.control("m3", Action::Power { on: true });
    lab.ok("m1", "gluster volume delete v").await;
    lab.says("m1", "gluster volume delete v", 1, "Volume v does not exist").await;
    lab.ok("m2", &format!("umount {BRICK}")).await;
    lab.ok("m1", "gluster peer detach s2").await;
    lab.says("m1", "gluster peer detach s2", 1, "s2 is not part of cluster").await;
    let Err(RemoteError::Exited { stdout, .. }) =
        lab.send("m1", command("gluster volume info v --xml")).await
    else {
        panic!()
    };
    assert_eq!(gluster::parse_volume_info(&stdout), Some(vec![]));
}

#[tokio::test]
async fn a_volume_grows_and_is_spread() {
    let lab = lab(Flavour::Strict);
    lab.three().await;
    lab.make_volume().await;
    let more: Vec<String> =
        ["s1", "s2", "s3"].iter().map(|host| format!("{host}:{}/brick", BRICK.replace("_b", "_c"))).collect();
    for host in ["m1", "m2", "m3"] {
        lab.make_other_brick(host, 'c').await;
    }
    let status = || async {
        match lab.send("m2", command("gluster volume rebalance v status --xml")).await {
            Ok(text) => gluster::parse_rebalance_status(&text),
            Err(RemoteError::Exited { stdout, .. }) => gluster::parse_rebalance_status(&stdout),
            Err(error) => panic!("{error}"),
        }
    };
    lab.says("m1", "gluster volume rebalance v start", 1, "contains only 1 brick.\nNot performing").await;
    lab.ok("m1", &format!("gluster volume add-brick v {}", more.join(" "))).await;
    lab.says("m1", "gluster volume rebalance v start", 1, "needs to be started to perform rebalance").await;
    lab.ok("m1", "gluster volume start v").await;
    assert_eq!(status().await, Some(gluster::Rebalance::NotStarted));
    assert!(!lab.dump().volume("v").unwrap().rebalanced);
    let said = lab.ok("m1", "gluster volume rebalance v start").await;
    assert!(said.starts_with("volume rebalance: v: success: Rebalance on v has been started successfully."));
    assert_eq!(status().await, Some(gluster::Rebalance::Completed));
    assert!(lab.dump().volume("v").unwrap().rebalanced);
    lab.says("m1", "gluster volume rebalance w start", 1, "Volume w does not exist").await;
}
