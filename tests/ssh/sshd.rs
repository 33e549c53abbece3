//! A real sshd on loopback, with keys, configuration and port of its own.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mortar::executor::ssh::{HostKeys, Ssh, SshConfig};
use mortar::model::host::Host;
use tempfile::TempDir;

/// Where Debian puts it.
const SSHD: &str = "/usr/sbin/sshd";

/// An sshd that ends with its value, and the files of a client.
pub struct Sshd {
    directory: TempDir,
    pub port: u16,
    first: String,
    more: String,
    child: Option<Child>,
}

impl Sshd {
    /// Starts one that lets the current user in with the key `user`.
    pub fn start() -> Sshd {
        Sshd::start_with(&["127.0.0.1", "::1"], "")
    }

    /// The same, for other addresses on loopback, and with more lines of configuration.
    pub fn start_with(addresses: &[&str], more: &str) -> Sshd {
        let directory = tempfile::Builder::new().prefix("ms").tempdir_in("/tmp").unwrap();
        let listen: String = addresses.iter().map(|address| format!("ListenAddress {address}\n")).collect();
        let (first, more) = (addresses[0].to_owned(), listen + more);
        let mut sshd = Sshd { directory, port: free_port(), first, more, child: None };
        sshd.make_key("user");
        sshd.make_key("host");
        sshd.run();
        sshd
    }

    /// A file of this test.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Makes a key pair; an older one of the name goes.
    pub fn make_key(&self, name: &str) {
        fs::remove_file(self.path(name)).ok();
        let made = run(Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(self.path(name)));
        assert!(made, "ssh-keygen");
    }

    /// Starts it, again after [`Sshd::stop`].
    pub fn run(&mut self) {
        assert!(Path::new(SSHD).exists(), "{SSHD} is missing: apt-get install openssh-server");
        // sshd as root wants its directory for separated privileges; elsewhere this is not needed.
        fs::create_dir_all("/run/sshd").ok();
        let text = format!(
            "Port {}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\n\
             UsePAM no\nStrictModes no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n\
             {}\nSetEnv HOME={}\n",
            self.port,
            self.path("host").display(),
            self.path("user.pub").display(),
            self.more,
            // So that bash, which reads ~/.bashrc under sshd, does not depend on this machine's. Of two such lines the
            // first one counts.
            self.directory.path().display(),
        );
        fs::write(self.path("sshd_config"), text).unwrap();
        let log = fs::File::create(self.path("sshd.log")).unwrap();
        let mut sshd = Command::new(SSHD);
        sshd.args(["-D", "-e", "-f"]).arg(self.path("sshd_config")).stdin(Stdio::null()).stderr(log);
        self.child = Some(sshd.spawn().unwrap());
        let begin = Instant::now();
        while std::net::TcpStream::connect((self.first.as_str(), self.port)).is_err() {
            let log = fs::read_to_string(self.path("sshd.log")).unwrap_or_default();
            assert!(begin.elapsed() < Duration::from_secs(10), "sshd does not listen: {log}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends the listener; connections stay.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// How a client reaches it.
    pub fn config(&self) -> SshConfig {
        SshConfig {
            user: current_user(),
            key: self.path("user"),
            port: self.port,
            sudo: false,
            host_keys: HostKeys::Learn,
            known_hosts: self.path("known_hosts"),
            control: self.path("c"),
            lock_wait: Duration::from_secs(1),
        }
    }

    /// A client.
    pub fn client(&self) -> Ssh {
        Ssh::new(self.config()).unwrap()
    }

    /// The process ids of the connections that the client holds.
    pub fn masters(&self) -> Vec<u32> {
        let sockets = fs::read_dir(self.path("c")).unwrap().map(|entry| entry.unwrap().path());
        sockets
            .filter(|path| path.extension().is_some_and(|end| end == "s"))
            .filter_map(|path| master(&path))
            .collect()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.stop();
    }
}

/// `Master running (pid=N)`.
fn master(socket: &Path) -> Option<u32> {
    let output =
        Command::new("ssh").args(["-F", "none", "-O", "check", "-S"]).arg(socket).arg("x").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    said.split_once("pid=")?.1.split(')').next()?.parse().ok()
}

/// A peer's name.
pub fn host(name: &str) -> Host {
    Host::new(name).unwrap()
}

/// Sends a signal to one process.
pub fn kill(signal: &str, pid: u32) {
    run(Command::new("kill").arg(signal).arg(pid.to_string()));
}

/// Whether a process is there and not just waiting to be collected.
pub fn lives(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// Accepts, says something or nothing, and never answers. Counts the connections.
pub fn silent(address: &str, port: u16, greeting: &'static [u8]) -> (u16, Arc<AtomicUsize>) {
    let (listener, count) = (TcpListener::bind((address, port)).unwrap(), Arc::new(AtomicUsize::new(0)));
    let (port, counter) = (listener.local_addr().unwrap().port(), Arc::clone(&count));
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            stream.write_all(greeting).unwrap();
            counter.fetch_add(1, Ordering::SeqCst);
            kept.push(stream);
        }
    });
    (port, count)
}

/// A port that nobody listens on.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Whether a program ended well.
pub fn run(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).status().unwrap().success()
}

fn current_user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
