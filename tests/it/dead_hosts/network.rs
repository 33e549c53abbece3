//! Hosts with a network of their own: each a name space with one cable to this machine, and a real sshd in it. What runs
//! there is a script that knows as much of LVM and gluster as a volume needs, and keeps its logical volumes as files.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::sshd::{Sshd, kill, run};
use crate::support::settled;

const SOON: Duration = Duration::from_secs(20);

/// In the place of every program, by whatever line it is called. `for last` leaves the last word.
const PROGRAM: &str = r#"#!/bin/sh
for last; do :; done
case " $* " in
*" lvcreate "*) : > "$STATE/$last" ;;
*" lvremove "*) rm -f "$STATE/${last##*/}" ;;
*thin_count*) echo 0 ;;
*" blkid "*) exit 2 ;;
*" volume info "*) echo "volume info: failed: Volume x does not exist" >&2; exit 1 ;;
*/info*) exit 1 ;;
esac
exit 0
"#;

/// How many hosts this process has made.
static MADE: AtomicU32 = AtomicU32::new(0);

/// So many hosts. They end with the value.
pub struct Network {
    /// The key with which they let us in, and its port; nobody listens there itself.
    key: Sshd,
    hosts: Vec<Host>,
}

struct Host {
    space: String,
    /// This machine's end of the cable, and the host's.
    ours: String,
    address: String,
    state: PathBuf,
    sshd: Option<Child>,
}

impl Network {
    /// Needs to be root.
    pub fn of(count: u8) -> Network {
        let key = Sshd::start();
        fs::write(key.path("env"), PROGRAM).unwrap();
        fs::set_permissions(key.path("env"), fs::Permissions::from_mode(0o755)).unwrap();
        let mut network = Network { key, hosts: Vec::new() };
        for _ in 0..count {
            let host = Host::new(&network.key);
            network.hosts.push(host);
        }
        let hosts = &network.hosts;
        let all_listen = || hosts.iter().all(|host| can_connect(&host.address, network.key.port));
        assert!(settled(SOON, all_listen), "an sshd does not listen");
        network
    }

    pub fn addresses(&self) -> Vec<String> {
        self.hosts.iter().map(|host| host.address.clone()).collect()
    }

    /// What the server is configured with.
    pub fn section(&self) -> serde_json::Value {
        let config = self.key.config();
        serde_json::json!({"keyfile": config.key, "user": config.user, "port": config.port.to_string()})
    }

    /// From now on nothing comes from a host any more: what is sent to it is lost, connections that there are and the first
    /// packet of new ones alike.
    pub fn kill(&self, address: &str) {
        self.host(address).route("add");
    }

    /// It is as it was before.
    pub fn revive(&self, address: &str) {
        self.host(address).route("del");
    }

    /// The logical volumes that are on a host.
    pub fn volumes_on(&self, address: &str) -> BTreeSet<String> {
        let entries = fs::read_dir(&self.host(address).state).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }

    fn host(&self, address: &str) -> &Host {
        self.hosts.iter().find(|host| host.address == address).unwrap()
    }
}

impl Host {
    fn new(key: &Sshd) -> Host {
        // Of the addresses that are meant for tests of networks (RFC 2544); another process may be at it, too.
        let (process, number) = (std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let (net, name) = (process % 15 * 16 + number % 16, format!("mtr{}-{number}", process % 100_000));
        let (ours, address) = (format!("198.18.{net}.1"), format!("198.18.{net}.2"));
        let state = key.path(&name);
        fs::create_dir(&state).unwrap();
        let mut host = Host { space: name.clone(), ours, address, state, sshd: None };
        host.connect(&name);
        let config = host.configure(key);
        let mut sshd = Command::new("ip");
        sshd.args(["netns", "exec", &name, "/usr/sbin/sshd", "-D", "-e", "-f"]).arg(config);
        host.sshd = Some(sshd.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        host
    }

    fn connect(&self, cable: &str) {
        let Host { space, ours, address, .. } = self;
        ip(&format!("netns add {space}"));
        ip(&format!("link add {cable} type veth peer name eth0 netns {space}"));
        ip(&format!("address add {ours}/30 dev {cable}"));
        ip(&format!("-n {space} address add {address}/30 dev eth0"));
        ip(&format!("link set {cable} up"));
        ip(&format!("-n {space} link set eth0 up"));
        // So that a host that says nothing is still sent to, and not told to be no neighbour.
        let card =
            Command::new("ip").args(["netns", "exec", space, "cat", "/sys/class/net/eth0/address"]).output();
        let card = String::from_utf8(card.unwrap().stdout).unwrap();
        ip(&format!("neighbour replace {address} lladdr {} dev {cable} nud permanent", card.trim()));
    }

    fn configure(&self, key: &Sshd) -> PathBuf {
        let folder = key.path("");
        let text = format!(
            "Port {}\nListenAddress {}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nUsePAM no\nStrictModes no\n\
             PasswordAuthentication no\nPermitRootLogin prohibit-password\n\
             SetEnv HOME={folder} PATH={folder}:/usr/bin:/bin STATE={}\n",
            key.port,
            self.address,
            key.path("host").display(),
            key.path("user.pub").display(),
            self.state.display(),
            folder = folder.display(),
        );
        let file = key.path(&format!("{}.config", self.space));
        fs::write(&file, text).unwrap();
        file
    }

    /// A way to nowhere that is more exact than the cable's.
    fn route(&self, change: &str) {
        ip(&format!("-n {} route {change} blackhole {}/32", self.space, self.ours));
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Some(mut sshd) = self.sshd.take() {
            sshd.kill().and_then(|()| sshd.wait()).ok();
        }
        // Connections have processes of their own, which would keep the name space, and its cable, for as long as they live.
        let pids = Command::new("ip").args(["netns", "pids", &self.space]).output();
        let pids =
            pids.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        pids.split_whitespace().filter_map(|pid| pid.parse().ok()).for_each(|pid| kill("-9", pid));
        run(Command::new("ip").args(["netns", "del", &self.space]));
        run(Command::new("ip").args(["link", "del", &self.space]).stderr(Stdio::null()));
    }
}

fn ip(arguments: &str) {
    let ran = run(Command::new("ip").args(arguments.split(' ')));
    assert!(ran, "`ip {arguments}` fails: it takes root, and iproute2");
}

fn can_connect(address: &str, port: u16) -> bool {
    let at = (address, port);
    let address = std::net::ToSocketAddrs::to_socket_addrs(&at).unwrap().next().unwrap();
    std::net::TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
}
