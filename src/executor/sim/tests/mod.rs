//! Life cycles, refusals, restarts: through raw commands, as the steps send them.

mod block_volumes;
mod control;
mod gluster;
mod heal;
mod lvm;
mod restart;
mod seed;
mod sent;
mod snapshot;

use std::path::PathBuf;
use std::time::Duration;

use super::*;

const UUID: &str = "abcdef-0123-4567-89ab-cdef-0123-456789";
const BRICK: &str = "/var/lib/heketi/mounts/vg_d/brick_b";
const NODE: &str = "/dev/mapper/vg_d-brick_b";
const LVCREATE: &str = "/usr/sbin/lvm lvcreate -qq --autobackup=n --poolmetadataspare n --poolmetadatasize 8192K \
    --chunksize 256K --size 1048576K --thin vg_d/tp_q --virtualsize 1048576K --name brick_b";
const REPORT: &str = "--reportformat json --units b --nosuffix -o";

struct Lab {
    _directory: tempfile::TempDir,
    file: PathBuf,
    peers: SimCluster,
}

fn lab(flavour: Flavour) -> Lab {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("peers");
    let peers = SimCluster::open(&file, flavour).unwrap();
    Lab { _directory: directory, file, peers }
}

fn command(line: &str) -> Command {
    let mut words = line.split_whitespace();
    let program = words.next().unwrap();
    Command::look(program).args(words).deadline(Duration::from_millis(20))
}

impl Lab {
    async fn send(&self, host: &str, command: Command) -> Result<String, RemoteError> {
        self.peers.run(&Host::new(host).unwrap(), &command).await.map(|output| output.stdout)
    }

    async fn ok(&self, host: &str, line: &str) -> String {
        self.send(host, command(line)).await.unwrap_or_else(|error| panic!("{error}"))
    }

    async fn refused(&self, host: &str, line: &str) -> (i32, String) {
        match self.send(host, command(line)).await {
            Err(RemoteError::Exited { code, stderr, .. }) => (code, stderr),
            other => panic!("`{line}` was not refused: {other:?}"),
        }
    }

    async fn says(&self, host: &str, line: &str, code: i32, text: &str) {
        let (found, stderr) = self.refused(host, line).await;
        assert!(found == code && stderr.contains(text), "`{line}`: {found} {stderr}");
    }

    async fn append(&self, host: &str, text: &str) {
        let tee = Command::look("tee").args(["--append", "/etc/fstab"]).input(text);
        self.send(host, tee).await.unwrap();
    }

    async fn prepare(&self, host: &str) {
        self.ok(host, &format!("/usr/sbin/lvm pvcreate -qq --metadatasize=128M --dataalignment=256K --uuid {UUID} --norestorefile /dev/vdd")).await;
        self.ok(host, "/usr/sbin/lvm vgcreate -qq --physicalextentsize=4M --autobackup=n vg_d /dev/vdd")
            .await;
    }

    async fn make_brick(&self, host: &str) {
        self.ok(host, &format!("mkdir --parents {BRICK}")).await;
        self.ok(host, LVCREATE).await;
        self.ok(host, &format!("mkfs.xfs -i size=512 -n size=8192 {NODE}")).await;
        self.append(
            host,
            &format!("{NODE} {BRICK} xfs rw,noatime,nofail,x-systemd.device-timeout=180s 1 2\n"),
        )
        .await;
        self.ok(host, &format!("mount -o rw,noatime {NODE} {BRICK}")).await;
        self.ok(host, &format!("mkdir {BRICK}/brick")).await;
    }

    /// Three peers in one pool, known by two names each, with a brick each.
    async fn three(&self) {
        for (manage, storage) in [("m1", "s1"), ("m2", "s2"), ("m3", "s3")] {
            self.peers.introduce(manage, storage);
            self.prepare(manage).await;
            self.make_brick(manage).await;
        }
        for storage in ["s2", "s3"] {
            assert_eq!(
                self.ok("m1", &format!("gluster --mode=script peer probe {storage}")).await,
                "peer probe: success\n"
            );
        }
    }

    /// Another brick beside the first one, called after its letter; not in the table.
    async fn make_other_brick(&self, host: &str, letter: char) {
        let path = format!("/var/lib/heketi/mounts/vg_d/brick_{letter}");
        let node = format!("/dev/mapper/vg_d-brick_{letter}");
        let create =
            LVCREATE.replace("brick_b", &format!("brick_{letter}")).replace("tp_q", &format!("tp_{letter}"));
        for line in [
            format!("mkdir --parents {path}"),
            create,
            format!("mkfs.xfs -i size=512 -n size=8192 {node}"),
            format!("mount -o rw,noatime {node} {path}"),
            format!("mkdir {path}/brick"),
        ] {
            self.ok(host, &line).await;
        }
    }

    async fn make_volume(&self) {
        let bricks: Vec<String> =
            ["s1", "s2", "s3"].iter().map(|host| format!("{host}:{BRICK}/brick")).collect();
        self.ok(
            "m1",
            &format!("gluster --mode=script --timeout=600 volume create v replica 3 {}", bricks.join(" ")),
        )
        .await;
    }

    fn control(&self, host: &str, action: Action) {
        self.peers.control(&ControlOp { host: host.to_owned(), action }).unwrap();
    }

    fn reopened(self, flavour: Flavour) -> Lab {
        let peers = SimCluster::open(&self.file, flavour).unwrap();
        Lab { peers, ..self }
    }

    fn dump(&self) -> SimPeers {
        SimPeers::read(&self.file).unwrap()
    }
}
