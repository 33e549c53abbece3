//! gluster-block on simulated peers.

use super::*;
use crate::executor::gluster_block::{Said, is_existing, is_not_installed, is_unanswered};
use crate::executor::gluster_block::{parse_created, parse_found, parse_list, said};

const CREATE: &str = "gluster-block create v/disk ha 2 auth enable prealloc full s1,s2 1GiB --json";
const INFO: &str = "gluster-block info v/disk --json";
const DELETE: &str = "gluster-block delete v/disk --json";

/// A started volume of 1 GiB with three copies.
async fn hosting(flavour: Flavour) -> Lab {
    let lab = lab(flavour);
    lab.three().await;
    lab.make_volume().await;
    lab.ok("m1", "gluster volume start v").await;
    lab
}

impl Lab {
    /// What gluster-block says of a failure.
    async fn fails(&self, line: &str) -> String {
        let (code, stderr) = self.refused("m1", line).await;
        assert_ne!(code, 0);
        let Some(Said::Failed(message)) = said(&stderr) else { panic!("{stderr}") };
        message
    }
}

#[tokio::test]
async fn a_block_volume_lives_in_its_volume_and_survives_a_restart() {
    let lab = hosting(Flavour::Strict).await;
    let made = parse_created(&lab.ok("m1", CREATE).await).unwrap();
    let lab = lab.reopened(Flavour::Strict);
    // The same on every peer.
    let found = parse_found(&lab.ok("m3", INFO).await).unwrap();
    assert_eq!((found.iqn(), &found.id, &found.password), (made.iqn, &made.username, &made.password));
    assert_eq!((found.size.get(), found.hosts), (1, vec!["s1".to_owned(), "s2".to_owned()]));
    assert_eq!(parse_list(&lab.ok("m2", "gluster-block list v --json").await).unwrap(), ["disk"]);
    let dump = lab.dump();
    assert_eq!((dump.blocks.len(), dump.blocks[0].auth), (1, true));
    assert!(!serde_json::to_string(&dump).unwrap().contains(found.password.expose()));
    lab.ok("m2", &format!("test -e {BRICK}/brick/block-store/{}", found.id)).await;
    assert!(is_existing(&lab.fails(CREATE).await));
    assert!(lab.fails(&CREATE.replace("disk", "more")).await.contains("No space left"));
    assert_eq!(said(&lab.ok("m1", DELETE).await), Some(Said::Done));
    for gone in [DELETE, INFO] {
        assert_eq!(lab.fails(gone).await, "block v/disk doesn't exist");
    }
    // Its directories stay.
    lab.ok("m2", &format!("test -d {BRICK}/brick/block-store")).await;
    lab.says("m2", &format!("test -e {BRICK}/brick/block-store/{}", found.id), 1, "").await;
    assert_eq!(lab.fails("gluster-block info w/disk --json").await, "Volume w does not exist");
}

#[tokio::test]
async fn every_host_that_exports_it_has_to_take_part() {
    let lab = hosting(Flavour::Strict).await;
    lab.ok("m1", CREATE).await;
    lab.control("m2", Action::Blockd { running: false });
    assert!(lab.fails(DELETE).await.contains("failed to delete on s2"));
    assert!(lab.fails(&CREATE.replace("disk", "more")).await.contains("failed to configure on s2"));
    assert!(lab.fails(&CREATE.replace("disk", "more").replace("s2", "s9")).await.contains("s9"));
    let (_, stderr) = lab.refused("m2", INFO).await;
    assert!(is_unanswered(&stderr), "{stderr}");
    lab.control("m3", Action::Blocks { installed: false });
    let (code, stderr) = lab.refused("m3", INFO).await;
    assert!(code == 127 && is_not_installed(&stderr), "{stderr}");
    lab.control("m2", Action::Blockd { running: true });
    lab.ok("m1", DELETE).await;
}

#[tokio::test]
async fn the_mock_gives_every_block_volume_the_same_login() {
    let lab = hosting(Flavour::Mock).await;
    let made = parse_created(&lab.ok("m1", CREATE).await).unwrap();
    let login = (made.username.as_str(), made.password.expose());
    assert_eq!((made.iqn.as_str(), login), ("fakeIQN", ("heketi-user", "secret")));
}
