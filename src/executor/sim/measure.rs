//! What a command costs among 150,000 bricks: `cargo test --release -- --ignored --nocapture measure`.

use std::time::{Duration, Instant};

use super::*;

const KINDS: [&str; 17] = [
    "mkdir --parents",
    "mkdir",
    "lvcreate",
    "mkfs",
    "tee",
    "umount",
    "mount -o",
    "sed",
    "lvremove",
    "thin_count",
    "rm --force",
    "volume create",
    "volume set",
    "volume start",
    "volume info",
    "volume stop",
    "volume delete",
];
const HOSTS: usize = 3;
const DEVICES: usize = 16;
const BRICKS_A_DEVICE: usize = 3125;

fn command(line: &str) -> Command {
    let mut words = line.split_whitespace();
    let program = words.next().unwrap();
    Command::look(program).args(words)
}

fn group(device: usize) -> String {
    format!("vg_{device:032x}")
}

fn mount_point(device: usize, brick: usize) -> String {
    format!("/var/lib/heketi/mounts/{}/brick_{brick:032x}", group(device))
}

fn making(device: usize, brick: usize) -> Vec<Command> {
    let (group, point) = (group(device), mount_point(device, brick));
    let node = format!("/dev/mapper/{group}-brick_{brick:032x}");
    let line = format!(
        "{node} {point} xfs rw,inode64,noatime,nouuid,nofail,x-systemd.before=glusterd.service,x-systemd.device-timeout=180s 1 2\n"
    );
    vec![
        command(&format!("mkdir --parents {point}")),
        command(&format!(
            "/usr/sbin/lvm lvcreate -qq --autobackup=n --poolmetadataspare n --poolmetadatasize 4096K --chunksize 256K --size 65536K --thin {group}/tp_{brick:032x} --virtualsize 65536K --name brick_{brick:032x}"
        )),
        command(&format!("mkfs.xfs -i size=512 -n size=8192 {node}")),
        Command::look("tee").args(["--append", "/etc/fstab"]).input(line),
        command(&format!("mount -o rw,inode64,noatime,nouuid {node} {point}")),
        command(&format!("mkdir {point}/brick")),
    ]
}

fn unmaking(device: usize, brick: usize) -> Vec<Command> {
    let (group, point) = (group(device), mount_point(device, brick));
    let lines = [
        format!("umount {point}"),
        format!("sed --in-place -e \\,^/dev/mapper/{group}-brick_{brick:032x}[[:blank:]],d /etc/fstab"),
        format!("/usr/sbin/lvm lvremove --autobackup=n -f {group}/brick_{brick:032x}"),
        format!("/usr/sbin/lvm lvs --noheadings --options=thin_count {group}/tp_{brick:032x}"),
        format!("/usr/sbin/lvm lvremove --autobackup=n -f {group}/tp_{brick:032x}"),
        format!("rm --force --dir {point}"),
    ];
    lines.iter().map(|line| command(line)).collect()
}

fn volume(device: usize, brick: usize) -> Vec<Command> {
    let bricks: Vec<String> =
        (0..HOSTS).map(|host| format!("10.0.0.{host}:{}/brick", mount_point(device, brick))).collect();
    let name = format!("vol_{brick:032x}");
    vec![
        command(&format!(
            "gluster --mode=script --timeout=600 volume create {name} replica 3 {}",
            bricks.join(" ")
        )),
        command(&format!(
            "gluster --mode=script --timeout=600 volume set {name} nfs.disable on user.heketi.id {brick:032x}"
        )),
        command(&format!("gluster --mode=script --timeout=600 volume start {name}")),
    ]
}

fn ending(brick: usize) -> Vec<Command> {
    let name = format!("vol_{brick:032x}");
    let words = ["info NAME --xml", "stop NAME force", "delete NAME"];
    words
        .iter()
        .map(|word| command(&format!("gluster --mode=script volume {}", word.replace("NAME", &name))))
        .collect()
}

async fn run(peers: &SimCluster, host: usize, commands: Vec<Command>, costs: &mut Vec<(Duration, u8)>) {
    let host = Host::new(format!("10.0.0.{host}")).unwrap();
    for command in commands {
        let started = Instant::now();
        let result = peers.run(&host, &command).await;
        let cost = started.elapsed();
        let kind = KINDS.iter().position(|kind| command.to_string().contains(kind)).unwrap_or(KINDS.len());
        costs.push((cost, u8::try_from(kind).unwrap()));
        result.unwrap();
    }
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn report(what: &str, costs: &mut [(Duration, u8)]) {
    costs.sort();
    let sum: Duration = costs.iter().map(|(cost, _)| *cost).sum();
    let at = |share: usize| costs[(costs.len() - 1) * share / 1000].0;
    println!(
        "{what}: {} commands, mean {:?}, p50 {:?}, p99 {:?}, p99.9 {:?}, slowest {:?}",
        costs.len(),
        sum / u32::try_from(costs.len()).unwrap(),
        at(500),
        at(990),
        at(999),
        costs.last().unwrap()
    );
    for (number, kind) in KINDS.iter().enumerate() {
        let of_kind: Vec<Duration> =
            costs.iter().filter(|(_, found)| usize::from(*found) == number).map(|(cost, _)| *cost).collect();
        if let Ok(count @ 1..) = u32::try_from(of_kind.len()) {
            let slowest = of_kind.last().unwrap();
            println!("  {kind}: mean {:?}, slowest {slowest:?}", of_kind.iter().sum::<Duration>() / count);
        }
    }
}

#[tokio::test]
#[ignore = "takes a minute"]
async fn measure_a_command_among_150_000_bricks() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("peers");
    let peers = SimCluster::open(&file, Flavour::Mock).unwrap();
    let mut costs = Vec::new();
    for host in 0..HOSTS {
        for device in 0..DEVICES {
            let make = [
                format!("/usr/sbin/lvm pvcreate -qq /dev/vd{device}"),
                format!("/usr/sbin/lvm vgcreate -qq {} /dev/vd{device}", group(device)),
            ];
            run(&peers, host, make.iter().map(|line| command(line)).collect(), &mut costs).await;
        }
        if host > 0 {
            run(&peers, 0, vec![command(&format!("gluster peer probe 10.0.0.{host}"))], &mut costs).await;
        }
    }
    let before = resident_kib();
    let mut costs = Vec::new();
    for brick in 0..BRICKS_A_DEVICE {
        for device in 0..DEVICES {
            for host in 0..HOSTS {
                run(&peers, host, making(device, brick * DEVICES + device), &mut costs).await;
            }
            run(&peers, 0, volume(device, brick * DEVICES + device), &mut costs).await;
        }
    }
    report("making all", &mut costs);
    drop(costs);
    let bricks = (HOSTS * DEVICES * BRICKS_A_DEVICE) as u64;
    println!(
        "{bricks} bricks, {} bytes resident a brick, file {} bytes a brick",
        (resident_kib() - before) * 1024 / bricks,
        std::fs::metadata(&file).unwrap().len() / bricks
    );
    let mut costs = Vec::new();
    for number in 0..1000 {
        let (device, brick) = (number % DEVICES, number);
        run(&peers, 0, ending(brick), &mut costs).await;
        for host in 0..HOSTS {
            run(&peers, host, unmaking(device, brick), &mut costs).await;
            run(&peers, host, making(device, brick), &mut costs).await;
        }
        run(&peers, 1, volume(device, brick), &mut costs).await;
    }
    report("with all of them there", &mut costs);
    drop(peers);
    let started = Instant::now();
    let peers = SimCluster::open(&file, Flavour::Mock).unwrap();
    println!("open: {:?}", started.elapsed());
    let started = Instant::now();
    {
        let inner = &mut *peers.inner();
        inner.journal.compact(&inner.world.state).unwrap();
    }
    println!(
        "rewrite: {:?}, file {} bytes a brick",
        started.elapsed(),
        std::fs::metadata(&file).unwrap().len() / bricks
    );
}
